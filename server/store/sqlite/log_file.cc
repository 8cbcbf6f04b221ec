#include "server/store/sqlite/log_file.h"

#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/status_macros.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/log_key.h"
#include "server/store/sqlite/log_tree.h"
#include "server/store/sqlite/queries.h"
#include "server/store/sqlite/schema.h"
#include "server/store/sqlite/term_queries.h"

namespace resultgate::store {

namespace {

class SqliteLogFile final : public LogFile {
 public:
  SqliteLogFile(Connection connection, std::string head)
      : connection_(std::move(connection)),
        head_(std::move(head)),
        size_(SizeOf(head_)),
        tiles_(&connection_),
        tree_(&tiles_, size_) {}

  const std::string& head() const override { return head_; }
  int64_t size() const override { return size_; }
  absl::StatusOr<audit::LogReport> Verify(const audit::VerifierKey& key, std::vector<audit::Checkpoint> witnessed,
                                          const std::function<void(int64_t done)>& progress) override;
  absl::Status ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take) override;
  absl::Status ForEachIn(int64_t first, int64_t last, const std::function<absl::Status(const audit::LogRow& row)>& take) override;
  absl::StatusOr<merkle::Proof> ProveInclusion(int64_t sequence) override;
  absl::StatusOr<std::optional<v1::Entry>> FindEntry(int64_t sequence) override;
  absl::StatusOr<std::vector<std::string>> Damage() override;
  absl::StatusOr<std::vector<v1::Entry>> EntriesOf(int64_t result_id, std::vector<int64_t>* unreadable) override;
  absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) override;
  absl::StatusOr<std::optional<v1::PackFiles>> FindPack(const std::string& digest) override;
  absl::StatusOr<std::optional<ResultRow>> FindResultRow(int64_t id) override;
  absl::StatusOr<std::optional<ReleaseRow>> FindReleaseRow(int64_t sequence) override;
  absl::StatusOr<std::vector<int64_t>> ResultIds() override;
  absl::StatusOr<std::vector<int64_t>> ReleaseSequences() override;
  absl::StatusOr<std::vector<std::string>> PackDigests() override;
  absl::Status ForEachKey(const std::function<void(absl::string_view key, int64_t result_id)>& take) override;
  absl::Status ForEachPatient(const std::function<void(int64_t id, absl::string_view record)>& take) override;
  absl::Status ForEachPatientKey(const std::function<void(absl::string_view key, int64_t patient_id)>& take) override;
  absl::Status ForEachOwner(const std::function<void(absl::string_view id, absl::string_view record)>& take) override;
  absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const std::string& key) override;
  absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t id) override;
  absl::StatusOr<std::optional<std::string>> FindTurnaroundRow(int64_t received_us, int64_t result_id) override;
  absl::Status ForEachTurnaround(const std::function<void(int64_t received_us, int64_t result_id)>& take) override;
  absl::StatusOr<int64_t> TurnaroundsReach() override;
  absl::StatusOr<int64_t> CountBlocks() override;
  absl::Status ForEachTerm(
      const std::function<void(absl::string_view term, int64_t block, absl::string_view entries)>& take) override;
  absl::StatusOr<std::vector<std::string>> Assigners() override;
  absl::StatusOr<std::vector<ActivationRow>> Activations() override;
  absl::StatusOr<std::vector<LegalHoldRow>> LegalHolds() override;

 private:
  // Adds what an integrity check of SQLite says.
  absl::Status FindDamage(const std::string& pragma, std::vector<std::string>* findings);
  absl::Status ForEachRow(absl::string_view sql, const std::function<void(const Statement& row)>& take);
  static int64_t SizeOf(const std::string& head) {
    const absl::StatusOr<audit::Checkpoint> checkpoint = audit::ReadCheckpoint(head);
    return checkpoint.ok() ? checkpoint->size : 0;
  }
  absl::StatusOr<std::vector<int64_t>> Numbers(absl::string_view sql);

  Connection connection_;
  const std::string head_;
  const int64_t size_;
  DatabaseTiles tiles_;
  merkle::TiledTree tree_;
};

absl::StatusOr<audit::LogReport> SqliteLogFile::Verify(const audit::VerifierKey& key, std::vector<audit::Checkpoint> witnessed,
                                                       const std::function<void(int64_t done)>& progress) {
  audit::LogVerifier verifier(audit::VerifyCheckpoint(head_, key), std::move(witnessed));
  std::vector<std::string> damage;
  for (const char* table : {"entries", "log_tiles", "log_head"}) {
    RG_RETURN_IF_ERROR(FindDamage(absl::StrCat("PRAGMA integrity_check(", table, ")"), &damage));
  }
  RG_RETURN_IF_ERROR(ReadWholeLog(connection_, &verifier, progress));
  audit::LogReport report = verifier.Finish();
  for (const std::string& message : damage) report.findings.push_back({0, 0, message});
  return report;
}

absl::StatusOr<std::vector<std::string>> SqliteLogFile::Damage() {
  std::vector<std::string> findings;
  RG_RETURN_IF_ERROR(FindDamage("PRAGMA integrity_check", &findings));
  return findings;
}

// It names tables, indexes, rows and pages, never values.
absl::Status SqliteLogFile::FindDamage(const std::string& pragma, std::vector<std::string>* findings) {
  return ForEachRow(pragma, [findings](const Statement& row) {
    for (const absl::string_view line : absl::StrSplit(row.Blob(0), '\n', absl::SkipEmpty())) {
      if (line != "ok" && !absl::StartsWith(line, "*** ")) findings->push_back(absl::StrCat("the file is damaged: ", line));
    }
  });
}

absl::Status SqliteLogFile::ForEachRow(absl::string_view sql, const std::function<void(const Statement& row)>& take) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql));
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return absl::OkStatus();
    take(statement);
  }
}

absl::Status SqliteLogFile::ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take) {
  return ForEachEntry(connection_, 0, take);
}

absl::Status SqliteLogFile::ForEachIn(int64_t first, int64_t last,
                                      const std::function<absl::Status(const audit::LogRow& row)>& take) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kReadEntriesIn));
  statement.BindInt(1, first);
  statement.BindInt(2, last);
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return absl::OkStatus();
    RG_RETURN_IF_ERROR(take({statement.Int(0), statement.Int(1), statement.Blob(2), statement.Blob(3)}));
  }
}

absl::StatusOr<merkle::Proof> SqliteLogFile::ProveInclusion(int64_t sequence) {
  return merkle::ProveInclusion(tree_, sequence - 1);
}

absl::StatusOr<std::optional<v1::Entry>> SqliteLogFile::FindEntry(int64_t sequence) {
  RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> entries, ListEntries(connection_, sequence - 1, 0, 1));
  if (entries.empty() || entries.front().sequence() != sequence) return std::optional<v1::Entry>();
  return std::optional<v1::Entry>(std::move(entries.front()));
}

absl::StatusOr<std::vector<v1::Entry>> SqliteLogFile::EntriesOf(int64_t result_id, std::vector<int64_t>* unreadable) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kListEntriesOfResult));
  statement.BindInt(1, 0);
  statement.BindInt(2, std::numeric_limits<int>::max());
  statement.BindInt(3, result_id);
  std::vector<v1::Entry> entries;
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return entries;
    v1::Entry entry;
    const absl::string_view bytes = statement.Blob(1);
    if (entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) && entry.sequence() == statement.Int(0)) {
      entries.push_back(std::move(entry));
    } else {
      unreadable->push_back(statement.Int(0));
    }
  }
}

absl::StatusOr<std::optional<v1::Result>> SqliteLogFile::FindResult(int64_t id) {
  return store::FindResult(connection_, id);
}

absl::StatusOr<std::optional<v1::PackFiles>> SqliteLogFile::FindPack(const std::string& digest) {
  return store::FindPack(connection_, digest);
}

absl::StatusOr<std::optional<LogFile::ResultRow>> SqliteLogFile::FindResultRow(int64_t id) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kReadResultRow));
  statement.BindInt(1, id);
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return std::optional<ResultRow>();
  ResultRow row;
  if (statement.Int(0) != 0) row.due_us = statement.Int(1);
  row.held = statement.Int(2);
  row.record = std::string(statement.Blob(3));
  v1::Result result;
  std::optional<int64_t> settled_us;
  if (statement.Int(5) != 0) settled_us = statement.Int(6);
  row.fits = result.ParseFromString(row.record) && row.held == HeldFor(result) && row.due_us == DueMicros(result) &&
             statement.Int(4) == (result.follow_up().open() ? 1 : 0) && settled_us == SettledMicros(result);
  return std::optional<ResultRow>(std::move(row));
}

absl::StatusOr<std::optional<LogFile::ReleaseRow>> SqliteLogFile::FindReleaseRow(int64_t sequence) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kReadReleaseRow));
  statement.BindInt(1, sequence);
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return std::optional<ReleaseRow>();
  return std::optional<ReleaseRow>({statement.Int(0), statement.Int(1), std::string(statement.Blob(2))});
}

absl::StatusOr<std::vector<int64_t>> SqliteLogFile::Numbers(absl::string_view sql) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql));
  std::vector<int64_t> numbers;
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return numbers;
    numbers.push_back(statement.Int(0));
  }
}

absl::StatusOr<std::vector<int64_t>> SqliteLogFile::ResultIds() {
  return Numbers(sql::kReadResultIds);
}

absl::StatusOr<std::vector<int64_t>> SqliteLogFile::ReleaseSequences() {
  return Numbers(sql::kReadReleaseSequences);
}

absl::StatusOr<std::vector<std::string>> SqliteLogFile::PackDigests() {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kReadPackDigests));
  std::vector<std::string> digests;
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return digests;
    digests.emplace_back(statement.Blob(0));
  }
}

absl::Status SqliteLogFile::ForEachKey(const std::function<void(absl::string_view key, int64_t result_id)>& take) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kReadKeys));
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return absl::OkStatus();
    take(statement.Blob(0), statement.Int(1));
  }
}

absl::Status SqliteLogFile::ForEachPatient(const std::function<void(int64_t id, absl::string_view record)>& take) {
  return ForEachRow(sql::kReadPatients, [&take](const Statement& row) { take(row.Int(0), row.Blob(1)); });
}

absl::Status SqliteLogFile::ForEachPatientKey(const std::function<void(absl::string_view key, int64_t patient_id)>& take) {
  return ForEachRow(sql::kReadPatientKeys, [&take](const Statement& row) { take(row.Blob(0), row.Int(1)); });
}

absl::Status SqliteLogFile::ForEachOwner(const std::function<void(absl::string_view id, absl::string_view record)>& take) {
  return ForEachRow(sql::kReadOwners, [&take](const Statement& row) { take(row.Blob(0), row.Blob(1)); });
}

absl::StatusOr<std::optional<int64_t>> SqliteLogFile::FindPatientByKey(const std::string& key) {
  return store::FindPatientByKey(connection_, key);
}

absl::StatusOr<std::optional<v1::PatientRecord>> SqliteLogFile::FindPatient(int64_t id) {
  return store::FindPatient(connection_, id);
}

absl::StatusOr<std::optional<std::string>> SqliteLogFile::FindTurnaroundRow(int64_t received_us, int64_t result_id) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kReadTurnaroundRow));
  statement.BindInt(1, received_us);
  statement.BindInt(2, result_id);
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  return found ? std::optional<std::string>(statement.Blob(0)) : std::nullopt;
}

absl::Status SqliteLogFile::ForEachTurnaround(const std::function<void(int64_t received_us, int64_t result_id)>& take) {
  return ForEachRow(sql::kReadTurnarounds, [&take](const Statement& row) { take(row.Int(0), row.Int(1)); });
}

absl::StatusOr<int64_t> SqliteLogFile::TurnaroundsReach() {
  return store::TurnaroundsReach(connection_);
}

absl::StatusOr<int64_t> SqliteLogFile::CountBlocks() {
  return store::CountBlocks(connection_);
}

absl::Status SqliteLogFile::ForEachTerm(
    const std::function<void(absl::string_view term, int64_t block, absl::string_view entries)>& take) {
  return ForEachRow(sql::kReadTerms, [&take](const Statement& row) { take(row.Blob(0), row.Int(1), row.Blob(2)); });
}

absl::StatusOr<std::vector<std::string>> SqliteLogFile::Assigners() {
  return ListAssigners(connection_, std::numeric_limits<int>::max());
}

absl::StatusOr<std::vector<LogFile::ActivationRow>> SqliteLogFile::Activations() {
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kReadActivations));
  std::vector<ActivationRow> rows;
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return rows;
    rows.push_back({statement.Int(0), std::string(statement.Blob(1))});
  }
}

absl::StatusOr<std::vector<LogFile::LegalHoldRow>> SqliteLogFile::LegalHolds() {
  std::vector<LegalHoldRow> rows;
  RG_RETURN_IF_ERROR(ForEachRow(sql::kReadLegalHolds, [&rows](const Statement& row) {
    rows.push_back({row.Int(0), row.Int(1), row.Int(2), std::string(row.Blob(3))});
  }));
  return rows;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogFile>> OpenLogFile(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error || !std::filesystem::exists(absolute, error))
    return absl::NotFoundError(absl::StrCat("there is no file `", path, "`"));
  RG_ASSIGN_OR_RETURN(Connection connection, Connection::Open(absolute.string(), Connection::Mode::kReadOnly));
  RG_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  RG_ASSIGN_OR_RETURN(const int64_t application_id, connection.QueryInt("PRAGMA application_id"));
  RG_ASSIGN_OR_RETURN(const int64_t version, connection.QueryInt("PRAGMA user_version"));
  if (application_id != kApplicationId) return absl::FailedPreconditionError("the file is not a database of this program");
  if (version != static_cast<int64_t>(Migrations().size())) {
    return absl::FailedPreconditionError(absl::StrCat("the database has schema version ", version,
                                                      ", and this program reads version ", Migrations().size(),
                                                      "; use the program that wrote it"));
  }
  RG_ASSIGN_OR_RETURN(std::string head, ReadHead(connection));
  return std::make_unique<SqliteLogFile>(std::move(connection), std::move(head));
}

absl::StatusOr<audit::VerifierKey> KeyBeside(const std::string& path) {
  RG_ASSIGN_OR_RETURN(const audit::SigningKey key, ReadLogKey(absl::StrCat(path, ".key")));
  return key.verifier();
}

}  // namespace resultgate::store
