#include "server/store/sqlite/queries.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"

namespace resultgate::store {

namespace {

absl::Status Damaged(absl::string_view table, int64_t key) {
  return absl::DataLossError(absl::StrCat("database: row ", key, " of `", table, "` is damaged"));
}

absl::StatusOr<v1::Result> ReadResult(const Statement& row) {
  v1::Result result;
  const absl::string_view record = row.Blob(1);
  if (!result.ParseFromArray(record.data(), static_cast<int>(record.size())) || result.id() != row.Int(0)) {
    return Damaged("results", row.Int(0));
  }
  return result;
}

absl::StatusOr<v1::Entry> ReadEntry(const Statement& row) {
  v1::Entry entry;
  const absl::string_view bytes = row.Blob(1);
  if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || entry.sequence() != row.Int(0)) {
    return Damaged("entries", row.Int(0));
  }
  return entry;
}

absl::StatusOr<OutboxRow> ReadOutboxRow(const Statement& row) {
  OutboxRow outbox_row;
  outbox_row.acknowledged = row.Int(1) != 0;
  const absl::string_view bytes = row.Blob(2);
  if (!outbox_row.release.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      outbox_row.release.sequence() != row.Int(0)) {
    return Damaged("outbox", row.Int(0));
  }
  return outbox_row;
}

absl::StatusOr<v1::PatientRecord> ReadPatient(const Statement& row) {
  v1::PatientRecord patient;
  const absl::string_view record = row.Blob(1);
  if (!patient.ParseFromArray(record.data(), static_cast<int>(record.size())) || patient.id() != row.Int(0)) {
    return Damaged("patients", row.Int(0));
  }
  return patient;
}

absl::StatusOr<v1::DirectoryOwner> ReadOwner(const Statement& row) {
  v1::DirectoryOwner owner;
  const std::string id(row.Blob(0));
  const absl::string_view record = row.Blob(1);
  if (!owner.ParseFromArray(record.data(), static_cast<int>(record.size())) || owner.id() != id) {
    return absl::DataLossError(absl::StrCat("database: owner `", id, "` is damaged"));
  }
  return owner;
}

absl::StatusOr<v1::LegalHold> ReadLegalHold(const Statement& row) {
  v1::LegalHold hold;
  const absl::string_view record = row.Blob(1);
  if (!hold.ParseFromArray(record.data(), static_cast<int>(record.size())) || hold.id() != row.Int(0)) {
    return Damaged("legal_holds", row.Int(0));
  }
  return hold;
}

absl::StatusOr<Settled> ReadSettled(const Statement& row) {
  return Settled{absl::FromUnixMicros(row.Int(0)), row.Int(1)};
}

// Whole microseconds, rounded up.
int64_t MicrosUp(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  return absl::FromUnixMicros(micros) < time ? micros + 1 : micros;
}

absl::StatusOr<int64_t> ReadId(const Statement& row) {
  return row.Int(0);
}

// All rows of a bound statement.
template <typename T>
absl::StatusOr<std::vector<T>> ReadAll(Statement& statement, absl::StatusOr<T> (*read)(const Statement&)) {
  std::vector<T> rows;
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return rows;
    RG_ASSIGN_OR_RETURN(T row, read(statement));
    rows.push_back(std::move(row));
  }
}

// The row of a bound statement that gives one at most.
template <typename T>
absl::StatusOr<std::optional<T>> ReadOne(Statement& statement, absl::StatusOr<T> (*read)(const Statement&)) {
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return std::optional<T>();
  RG_ASSIGN_OR_RETURN(T row, read(statement));
  return std::optional<T>(std::move(row));
}

}  // namespace

std::optional<int64_t> DueMicros(const v1::Result& result) {
  if (!result.has_due_at()) return std::nullopt;
  return MicrosUp(base::FromProto(result.due_at()));
}

int HeldFor(const v1::Result& result) {
  bool held = false;
  bool reviewed = false;
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (outcome.state() != v1::OUTCOME_STATE_HELD) continue;
    held = true;
    reviewed = reviewed || (outcome.has_review() && !outcome.review().has_approved_at());
  }
  if (!held) return 0;
  return reviewed || !DueMicros(result) ? 2 : 1;
}

std::optional<int64_t> SettledMicros(const v1::Result& result) {
  if (result.has_erased() || !result.has_report() || result.follow_up().open()) return std::nullopt;
  // A birthday is to change who sees it.
  if (result.has_reconsider_at()) return std::nullopt;
  absl::Time since = base::FromProto(result.received_at());
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (outcome.state() == v1::OUTCOME_STATE_HELD || outcome.state() == v1::OUTCOME_STATE_RELEASED) return std::nullopt;
    if (outcome.has_released_at()) since = std::max(since, base::FromProto(outcome.released_at()));
  }
  return MicrosUp(since);
}

absl::StatusOr<std::optional<v1::Result>> FindResult(Connection& connection, int64_t id) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindResult));
  statement.BindInt(1, id);
  return ReadOne<v1::Result>(statement, ReadResult);
}

absl::StatusOr<std::vector<v1::Result>> ListResults(Connection& connection, absl::string_view sql, int64_t after_id, int limit) {
  if (limit < 1) return std::vector<v1::Result>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql));
  statement.BindInt(1, after_id);
  statement.BindInt(2, limit);
  return ReadAll<v1::Result>(statement, ReadResult);
}

absl::StatusOr<std::vector<v1::Result>> ListSome(Connection& connection, absl::string_view sql, int64_t after_id, int limit) {
  std::vector<v1::Result> results;
  if (limit < 1) return results;
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql));
  statement.BindInt(1, after_id);
  // No limit in SQL: it would count rows that are passed over, and a page of nothing but those would look like the end.
  while (static_cast<int>(results.size()) < limit) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) break;
    absl::StatusOr<v1::Result> result = ReadResult(statement);
    if (result.ok()) results.push_back(*std::move(result));
  }
  return results;
}

absl::StatusOr<std::vector<int64_t>> ListHeldIds(Connection& connection) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListHeldIds));
  RG_ASSIGN_OR_RETURN(std::vector<int64_t> ids, ReadAll<int64_t>(statement, ReadId));
  std::sort(ids.begin(), ids.end());
  return ids;
}

absl::StatusOr<std::vector<int64_t>> FindByKey(Connection& connection, const Key& key) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindByKey));
  statement.BindBlob(1, key);
  return ReadAll<int64_t>(statement, ReadId);
}

absl::StatusOr<std::vector<int64_t>> FindDue(Connection& connection, absl::Time now, int limit) {
  if (limit < 1) return std::vector<int64_t>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindDue));
  statement.BindInt(1, absl::ToUnixMicros(now));
  statement.BindInt(2, limit);
  return ReadAll<int64_t>(statement, ReadId);
}

absl::StatusOr<absl::Time> EarliestDue(Connection& connection) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kEarliestDue));
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  return found ? absl::FromUnixMicros(statement.Int(0)) : absl::InfiniteFuture();
}

absl::StatusOr<int64_t> CountDue(Connection& connection, absl::Time now) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kCountDue));
  statement.BindInt(1, absl::ToUnixMicros(now));
  RG_ASSIGN_OR_RETURN(const std::optional<int64_t> count, ReadOne<int64_t>(statement, ReadId));
  return count.value_or(0);
}

absl::StatusOr<std::vector<v1::Entry>> ListEntries(Connection& connection, int64_t after_sequence, int64_t result_id, int limit) {
  if (limit < 1) return std::vector<v1::Entry>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(result_id == 0 ? sql::kListEntries : sql::kListEntriesOfResult));
  statement.BindInt(1, after_sequence);
  statement.BindInt(2, limit);
  if (result_id != 0) statement.BindInt(3, result_id);
  return ReadAll<v1::Entry>(statement, ReadEntry);
}

absl::StatusOr<std::vector<v1::Entry>> ListEntriesBackward(Connection& connection, int64_t before_sequence, int64_t result_id,
                                                           int limit) {
  if (limit < 1) return std::vector<v1::Entry>();
  RG_ASSIGN_OR_RETURN(Statement statement,
                      connection.Prepare(result_id == 0 ? sql::kListEntriesBackward : sql::kListEntriesOfResultBackward));
  statement.BindInt(1, before_sequence > 0 ? before_sequence : std::numeric_limits<int64_t>::max());
  statement.BindInt(2, limit);
  if (result_id != 0) statement.BindInt(3, result_id);
  return ReadAll<v1::Entry>(statement, ReadEntry);
}

absl::StatusOr<std::optional<std::string>> FindEntryBytes(Connection& connection, int64_t sequence) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindEntry));
  statement.BindInt(1, sequence);
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  return found ? std::optional<std::string>(statement.Blob(0)) : std::nullopt;
}

absl::StatusOr<std::optional<v1::PackFiles>> FindPack(Connection& connection, const std::string& digest) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindPack));
  statement.BindBlob(1, digest);
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return std::optional<v1::PackFiles>();
  v1::PackFiles files;
  const absl::string_view bytes = statement.Blob(0);
  if (!files.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(absl::StrCat("database: pack ", digest, " is damaged"));
  }
  return std::optional<v1::PackFiles>(std::move(files));
}

absl::StatusOr<std::vector<v1::Entry>> ListEntriesAboutNone(Connection& connection, int64_t before_sequence, int limit) {
  if (limit < 1) return std::vector<v1::Entry>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListEntriesAboutNone));
  statement.BindInt(1, before_sequence > 0 ? before_sequence : std::numeric_limits<int64_t>::max());
  statement.BindInt(2, limit);
  return ReadAll<v1::Entry>(statement, ReadEntry);
}

absl::StatusOr<std::vector<v1::Entry>> ListActivations(Connection& connection, int64_t before_sequence, int limit) {
  if (limit < 1) return std::vector<v1::Entry>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListActivations));
  statement.BindInt(1, before_sequence > 0 ? before_sequence : std::numeric_limits<int64_t>::max());
  statement.BindInt(2, limit);
  return ReadAll<v1::Entry>(statement, ReadEntry);
}

absl::StatusOr<std::optional<OutboxRow>> FindRelease(Connection& connection, int64_t sequence) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindRelease));
  statement.BindInt(1, sequence);
  return ReadOne<OutboxRow>(statement, ReadOutboxRow);
}

absl::StatusOr<std::vector<OutboxRow>> ListOutbox(Connection& connection, int64_t after_sequence, bool unacknowledged_only,
                                                  int limit) {
  if (limit < 1) return std::vector<OutboxRow>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(unacknowledged_only ? sql::kListUnacknowledged : sql::kListOutbox));
  statement.BindInt(1, after_sequence);
  statement.BindInt(2, limit);
  return ReadAll<OutboxRow>(statement, ReadOutboxRow);
}

absl::StatusOr<std::optional<int64_t>> FindPatientByKey(Connection& connection, const Key& key) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindPatientByKey));
  statement.BindBlob(1, key);
  return ReadOne<int64_t>(statement, ReadId);
}

absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(Connection& connection, int64_t id) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindPatient));
  statement.BindInt(1, id);
  return ReadOne<v1::PatientRecord>(statement, ReadPatient);
}

absl::StatusOr<std::optional<v1::DirectoryOwner>> FindOwner(Connection& connection, const std::string& id) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindOwner));
  statement.BindBlob(1, id);
  return ReadOne<v1::DirectoryOwner>(statement, ReadOwner);
}

absl::StatusOr<std::vector<v1::DirectoryOwner>> ListOwners(Connection& connection, const std::string& after_id, int limit) {
  if (limit < 1) return std::vector<v1::DirectoryOwner>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListOwners));
  statement.BindBlob(1, after_id);
  statement.BindInt(2, limit);
  return ReadAll<v1::DirectoryOwner>(statement, ReadOwner);
}

absl::StatusOr<std::vector<int64_t>> ListResultsTold(Connection& connection, int64_t after_sequence, int64_t last_sequence) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListResultsTold));
  statement.BindInt(1, after_sequence);
  statement.BindInt(2, last_sequence);
  RG_ASSIGN_OR_RETURN(std::vector<int64_t> ids, ReadAll<int64_t>(statement, ReadId));
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

absl::Status ForEachTurnaround(Connection& connection, absl::Time from, absl::Time until,
                               const std::function<void(const v1::Turnaround&)>& take) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListTurnarounds));
  statement.BindInt(1, absl::ToUnixMicros(from));
  // Up to the microsecond that `until` is in: wider than what is asked for, never narrower.
  const int64_t until_us = absl::ToUnixMicros(until);
  const bool within = until < absl::InfiniteFuture() && absl::FromUnixMicros(until_us) < until;
  statement.BindInt(2, until_us + (within ? 1 : 0));
  v1::Turnaround turnaround;  // its memory is used again
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return absl::OkStatus();
    const absl::string_view record = statement.Blob(1);
    if (!turnaround.ParseFromArray(record.data(), static_cast<int>(record.size())) ||
        turnaround.result_id() != statement.Int(0)) {
      return Damaged("turnarounds", statement.Int(0));
    }
    take(turnaround);
  }
}

absl::StatusOr<std::vector<int64_t>> ListEntrySequences(Connection& connection, int64_t result_id) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListEntrySequences));
  statement.BindInt(1, result_id);
  std::vector<int64_t> sequences;
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return sequences;
    sequences.push_back(statement.Int(0));
  }
}

absl::StatusOr<std::vector<std::string>> ListAssigners(Connection& connection, int limit) {
  std::vector<std::string> systems;
  if (limit < 1) return systems;
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListAssigners));
  statement.BindInt(1, limit);
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return systems;
    systems.emplace_back(statement.Blob(0));
  }
}

absl::Status PutAssigner(Connection& connection, const std::string& system) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kPutAssigner));
  statement.BindBlob(1, system);
  return statement.Run();
}

absl::Status PutAllAssigners(Connection& connection) {
  std::set<std::string> systems;
  {
    RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare("SELECT record FROM results"));
    v1::Result result;  // its memory is used again
    while (true) {
      RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
      if (!more) break;
      const absl::string_view record = statement.Blob(0);
      // One that cannot be read is found wherever it is asked for.
      if (!result.ParseFromArray(record.data(), static_cast<int>(record.size()))) continue;
      for (const v1::Identifier& identifier : result.report().patient().identifiers()) {
        if (!identifier.value().empty()) systems.insert(identifier.system());
      }
    }
  }
  for (const std::string& system : systems) RG_RETURN_IF_ERROR(PutAssigner(connection, system));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> TurnaroundsReach(Connection& connection) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kTurnaroundsReach));
  RG_ASSIGN_OR_RETURN(const std::optional<int64_t> sequence, ReadOne<int64_t>(statement, ReadId));
  return sequence.value_or(0);
}

absl::StatusOr<std::vector<Settled>> FindSettled(Connection& connection, const Settled& after, absl::Time until, int limit) {
  if (limit < 1) return std::vector<Settled>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindSettled));
  statement.BindInt(1, absl::ToUnixMicros(after.since));
  statement.BindInt(2, after.result_id);
  statement.BindInt(3, absl::ToUnixMicros(until));
  statement.BindInt(4, limit);
  return ReadAll<Settled>(statement, ReadSettled);
}

absl::StatusOr<std::vector<v1::LegalHold>> ListLegalHolds(Connection& connection, int64_t after_id, int limit) {
  if (limit < 1) return std::vector<v1::LegalHold>();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListLegalHolds));
  statement.BindInt(1, after_id);
  statement.BindInt(2, limit);
  return ReadAll<v1::LegalHold>(statement, ReadLegalHold);
}

absl::StatusOr<std::optional<v1::LegalHold>> FindLegalHold(Connection& connection, int64_t id) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindLegalHold));
  statement.BindInt(1, id);
  return ReadOne<v1::LegalHold>(statement, ReadLegalHold);
}

absl::StatusOr<std::vector<v1::LegalHold>> LegalHoldsOn(Connection& connection, int64_t patient_id) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kLegalHoldsOn));
  statement.BindInt(1, patient_id);
  return ReadAll<v1::LegalHold>(statement, ReadLegalHold);
}

absl::StatusOr<bool> IsOnLegalHold(Connection& connection, int64_t result_id, const std::vector<int64_t>& patient_ids) {
  const auto finds = [&connection](const char* sql, int64_t id) -> absl::StatusOr<bool> {
    RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql));
    statement.BindInt(1, id);
    return statement.Step();
  };
  RG_ASSIGN_OR_RETURN(bool found, finds(sql::kIsResultOnHold, result_id));
  for (size_t i = 0; !found && i < patient_ids.size(); ++i) {
    RG_ASSIGN_OR_RETURN(found, finds(sql::kIsPatientOnHold, patient_ids[i]));
  }
  return found;
}

}  // namespace resultgate::store
