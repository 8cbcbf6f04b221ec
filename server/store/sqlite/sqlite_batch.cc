#include "server/store/sqlite/sqlite_batch.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "server/base/proto_bytes.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/merkle/hash.h"
#include "server/store/sqlite/queries.h"
#include "server/store/sqlite/term_queries.h"

namespace resultgate::store {

namespace {

constexpr size_t kKeyBytes = 32;

const absl::Status& StatusIn(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusIn(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

// The caller's mistakes leave the transaction as it was.
bool IsCallersMistake(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status);
}

absl::Status Run(Connection& connection, absl::string_view sql) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql));
  return statement.Run();
}

// A commit whose fsync failed may have left all of its frames in the WAL, commit mark included: invisible to this process, but
// the next one would find a batch that was reported as failed. A commit that changes nothing takes their place; what follows it
// no longer fits its checksums.
absl::Status Repair(Writer& writer) {
  RG_ASSIGN_OR_RETURN(const int64_t version, writer.connection.QueryInt("PRAGMA user_version"));
  RG_RETURN_IF_ERROR(writer.connection.Execute(absl::StrCat("PRAGMA user_version = ", version)));
  writer.needs_repair = false;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Batch>> SqliteBatch::Begin(Writer* writer) {
  if (writer->busy.exchange(true, std::memory_order_acquire)) {
    return absl::FailedPreconditionError("a batch is open already: one at a time");
  }
  std::unique_ptr<SqliteBatch> batch(new SqliteBatch(writer));
  if (writer->needs_repair) RG_RETURN_IF_ERROR(Repair(*writer));
  RG_RETURN_IF_ERROR(Run(writer->connection, "BEGIN IMMEDIATE"));
  return batch;
}

SqliteBatch::~SqliteBatch() {
  Rollback();
  writer_.busy.store(false, std::memory_order_release);
}

void SqliteBatch::Rollback() {
  // It cannot fail in a way that matters: the WAL's end is only moved by a commit.
  if (writer_.connection.InTransaction()) Run(writer_.connection, "ROLLBACK").IgnoreError();
}

template <typename Work>
auto SqliteBatch::Do(Work work) -> decltype(work()) {
  if (!ended_.ok()) return ended_;
  auto outcome = work();
  const absl::Status& status = StatusIn(outcome);
  if (!status.ok() && !IsCallersMistake(status)) ended_ = status;
  return outcome;
}

absl::StatusOr<std::vector<int64_t>> SqliteBatch::FindByKey(const Key& key) {
  return Do([&] { return keys_.Find(key); });
}

absl::StatusOr<std::optional<v1::Result>> SqliteBatch::FindResult(int64_t id) {
  return Do([&] { return store::FindResult(writer_.connection, id); });
}

absl::StatusOr<std::optional<OutboxRow>> SqliteBatch::FindRelease(int64_t sequence) {
  return Do([&] { return store::FindRelease(writer_.connection, sequence); });
}

absl::StatusOr<std::vector<int64_t>> SqliteBatch::FindDue(absl::Time now, int limit) {
  return Do([&] { return store::FindDue(writer_.connection, now, limit); });
}

absl::StatusOr<std::optional<int64_t>> SqliteBatch::FindPatientByKey(const Key& key) {
  return Do([&] { return store::FindPatientByKey(writer_.connection, key); });
}

absl::StatusOr<std::optional<v1::PatientRecord>> SqliteBatch::FindPatient(int64_t id) {
  return Do([&] { return store::FindPatient(writer_.connection, id); });
}

absl::StatusOr<std::optional<v1::DirectoryOwner>> SqliteBatch::FindOwner(const std::string& id) {
  return Do([&] { return store::FindOwner(writer_.connection, id); });
}

absl::StatusOr<std::vector<v1::Entry>> SqliteBatch::EntriesOf(int64_t result_id) {
  return Do([&]() -> absl::StatusOr<std::vector<v1::Entry>> {
    if (result_id == 0) return std::vector<v1::Entry>();
    return store::ListEntries(writer_.connection, 0, result_id, std::numeric_limits<int>::max());
  });
}

absl::StatusOr<std::vector<Settled>> SqliteBatch::FindSettled(const Settled& after, absl::Time until, int limit) {
  return Do([&] { return store::FindSettled(writer_.connection, after, until, limit); });
}

absl::StatusOr<std::optional<v1::LegalHold>> SqliteBatch::FindLegalHold(int64_t id) {
  return Do([&] { return store::FindLegalHold(writer_.connection, id); });
}

absl::StatusOr<std::vector<v1::LegalHold>> SqliteBatch::LegalHoldsOn(int64_t patient_id) {
  return Do([&] { return store::LegalHoldsOn(writer_.connection, patient_id); });
}

absl::StatusOr<bool> SqliteBatch::IsOnLegalHold(int64_t result_id, const std::vector<int64_t>& patient_ids) {
  return Do([&] { return store::IsOnLegalHold(writer_.connection, result_id, patient_ids); });
}

absl::Status SqliteBatch::PutResult(const v1::Result& result) {
  return Do([&]() -> absl::Status {
    if (result.id() < 1 || result.id() > given_.result) {
      return absl::InvalidArgumentError(absl::StrCat("result id ", result.id(), " was not given by NextResultId"));
    }
    const std::string record = result.SerializeAsString();
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kPutResult));
    statement.BindInt(1, result.id());
    const std::optional<int64_t> due_us = DueMicros(result);
    if (due_us.has_value()) {
      statement.BindInt(2, *due_us);
    } else {
      statement.BindNull(2);
    }
    statement.BindInt(3, HeldFor(result));
    statement.BindBlob(4, record);
    statement.BindInt(5, result.follow_up().open() ? 1 : 0);
    if (const std::optional<int64_t> settled_us = SettledMicros(result)) {
      statement.BindInt(6, *settled_us);
    } else {
      statement.BindNull(6);
    }
    RG_RETURN_IF_ERROR(statement.Run());
    used_.result = std::max(used_.result, result.id());
    return absl::OkStatus();
  });
}

absl::Status SqliteBatch::PutKey(const Key& key, int64_t result_id) {
  return Do([&]() -> absl::Status {
    if (key.size() != kKeyBytes) {
      return absl::InvalidArgumentError(absl::StrCat("a key has ", kKeyBytes, " bytes, not ", key.size()));
    }
    return keys_.Put(key, result_id);
  });
}

absl::StatusOr<int> SqliteBatch::RemoveKeys(const std::string& prefix, int64_t result_id) {
  return Do([&]() -> absl::StatusOr<int> {
    if (prefix.empty() || prefix.size() > kKeyBytes) return absl::InvalidArgumentError("a key begins with 1 to 32 bytes");
    const std::string first = prefix + std::string(kKeyBytes - prefix.size(), '\x00');
    const std::string last = prefix + std::string(kKeyBytes - prefix.size(), '\xff');
    return keys_.Remove(first, last, result_id);
  });
}

absl::Status SqliteBatch::PutPack(const std::string& digest, const v1::PackFiles& files) {
  return Do([&]() -> absl::Status {
    if (digest.empty()) return absl::InvalidArgumentError("a pack has a digest");
    const std::string bytes = files.SerializeAsString();
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kPutPack));
    statement.BindBlob(1, digest);
    statement.BindBlob(2, bytes);
    return statement.Run();
  });
}

absl::Status SqliteBatch::AppendEntry(const v1::Entry& entry) {
  return Do([&]() -> absl::Status {
    if (entry.sequence() != used_.entry + 1 || entry.sequence() > given_.entry) {
      return absl::InvalidArgumentError(absl::StrCat("entry ", entry.sequence(), " is out of order: ", used_.entry,
                                                     " is the last, ", given_.entry, " was given"));
    }
    if (entry.has_activated()) {
      const std::string& digest = entry.activated().pack_digest();
      RG_ASSIGN_OR_RETURN(const std::optional<v1::PackFiles> files, store::FindPack(writer_.connection, digest));
      if (!files) return absl::InvalidArgumentError(absl::StrCat("pack ", digest, " was not put"));
    }
    const std::string bytes = entry.SerializeAsString();
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kAppendEntry));
    statement.BindInt(1, entry.sequence());
    if (entry.result_id() != 0) {
      statement.BindInt(2, entry.result_id());
    } else {
      statement.BindNull(2);
    }
    statement.BindBlob(3, bytes);
    const merkle::Hash leaf = merkle::HashLeaf(bytes);
    statement.BindBlob(4, merkle::Bytes(leaf));
    RG_RETURN_IF_ERROR(statement.Run());
    used_.entry = entry.sequence();
    log_.Append(leaf);
    if (!entry.has_activated()) return absl::OkStatus();
    RG_ASSIGN_OR_RETURN(Statement activation, writer_.connection.Prepare(sql::kAppendActivation));
    activation.BindInt(1, entry.sequence());
    activation.BindBlob(2, entry.activated().pack_digest());
    return activation.Run();
  });
}

absl::Status SqliteBatch::AppendRelease(const v1::Release& release) {
  return Do([&]() -> absl::Status {
    if (release.sequence() <= writer_.last.release || release.sequence() > given_.release) {
      return absl::InvalidArgumentError(absl::StrCat("release ", release.sequence(), " was not given by NextReleaseSequence"));
    }
    std::string bytes;
    if (release.has_content()) {
      v1::Release without_content = release;
      without_content.clear_content();
      bytes = without_content.SerializeAsString();
    } else {
      bytes = release.SerializeAsString();
    }
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kAppendRelease));
    statement.BindInt(1, release.sequence());
    statement.BindInt(2, release.result_id());
    statement.BindBlob(3, bytes);
    RG_RETURN_IF_ERROR(statement.Run());
    used_.release = std::max(used_.release, release.sequence());
    return absl::OkStatus();
  });
}

absl::Status SqliteBatch::PutPatient(const v1::PatientRecord& patient) {
  return Do([&]() -> absl::Status {
    if (patient.id() < 1 || patient.id() > given_.patient) {
      return absl::InvalidArgumentError(absl::StrCat("patient id ", patient.id(), " was not given by NextPatientId"));
    }
    // The log has digests of these bytes (gate/patients.h).
    const std::string record = base::DeterministicBytes(patient);
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kPutPatient));
    statement.BindInt(1, patient.id());
    statement.BindBlob(2, record);
    RG_RETURN_IF_ERROR(statement.Run());
    used_.patient = std::max(used_.patient, patient.id());
    return absl::OkStatus();
  });
}

absl::Status SqliteBatch::PutPatientKey(const Key& key, int64_t patient_id) {
  return Do([&]() -> absl::Status {
    if (key.size() != kKeyBytes) {
      return absl::InvalidArgumentError(absl::StrCat("a key has ", kKeyBytes, " bytes, not ", key.size()));
    }
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kPutPatientKey));
    statement.BindBlob(1, key);
    statement.BindInt(2, patient_id);
    return statement.Run();
  });
}

absl::Status SqliteBatch::PutAssigner(const std::string& system) {
  return Do([&] { return store::PutAssigner(writer_.connection, system); });
}

absl::Status SqliteBatch::PutOwner(const v1::DirectoryOwner& owner) {
  return Do([&]() -> absl::Status {
    if (owner.id().empty()) return absl::InvalidArgumentError("an owner has an id");
    const std::string record = owner.SerializeAsString();
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kPutOwner));
    statement.BindBlob(1, owner.id());
    statement.BindBlob(2, record);
    return statement.Run();
  });
}

absl::Status SqliteBatch::RemoveOwner(const std::string& id) {
  return Do([&]() -> absl::Status {
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kRemoveOwner));
    statement.BindBlob(1, id);
    RG_RETURN_IF_ERROR(statement.Run());
    if (writer_.connection.Changes() == 0) return absl::NotFoundError(absl::StrCat("no owner `", id, "`"));
    return absl::OkStatus();
  });
}

absl::Status SqliteBatch::ReplaceRelease(const v1::Release& release) {
  return Do([&]() -> absl::Status {
    const std::string bytes = release.SerializeAsString();
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kReplaceRelease));
    statement.BindInt(1, release.sequence());
    statement.BindBlob(2, bytes);
    RG_RETURN_IF_ERROR(statement.Run());
    if (writer_.connection.Changes() == 0) return absl::NotFoundError(absl::StrCat("no release ", release.sequence()));
    return absl::OkStatus();
  });
}

absl::Status SqliteBatch::PutLegalHold(const v1::LegalHold& hold) {
  return Do([&]() -> absl::Status {
    const std::string record = hold.SerializeAsString();
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kPutLegalHold));
    statement.BindInt(1, hold.id());
    if (hold.result_id() != 0) {
      statement.BindInt(2, hold.result_id());
    } else {
      statement.BindNull(2);
    }
    if (hold.patient_id() != 0) {
      statement.BindInt(3, hold.patient_id());
    } else {
      statement.BindNull(3);
    }
    statement.BindBlob(4, record);
    return statement.Run();
  });
}

absl::Status SqliteBatch::RemoveLegalHold(int64_t id) {
  return Do([&]() -> absl::Status {
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kRemoveLegalHold));
    statement.BindInt(1, id);
    RG_RETURN_IF_ERROR(statement.Run());
    if (writer_.connection.Changes() == 0) return absl::NotFoundError(absl::StrCat("no legal hold ", id));
    return absl::OkStatus();
  });
}

absl::Status SqliteBatch::AcknowledgeRelease(int64_t sequence) {
  return Do([&]() -> absl::Status {
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kAcknowledgeRelease));
    statement.BindInt(1, sequence);
    RG_RETURN_IF_ERROR(statement.Run());
    if (writer_.connection.Changes() == 0) return absl::NotFoundError(absl::StrCat("no release ", sequence));
    return absl::OkStatus();
  });
}

absl::Status SqliteBatch::PutTurnarounds(absl::Span<const v1::Turnaround> turnarounds, int64_t reach) {
  return Do([&]() -> absl::Status {
    for (const v1::Turnaround& turnaround : turnarounds) {
      const std::string record = turnaround.SerializeAsString();
      RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kPutTurnaround));
      statement.BindInt(1, absl::ToUnixMicros(base::FromProto(turnaround.received_at())));
      statement.BindInt(2, turnaround.result_id());
      statement.BindBlob(3, record);
      RG_RETURN_IF_ERROR(statement.Run());
    }
    RG_ASSIGN_OR_RETURN(Statement statement, writer_.connection.Prepare(sql::kPutTurnaroundsReach));
    statement.BindInt(1, reach);
    return statement.Run();
  });
}

absl::Status SqliteBatch::PutBlock(int64_t block, absl::Span<const TermEntries> terms) {
  return Do([&] { return store::PutBlock(writer_.connection, block, terms); });
}

absl::Status SqliteBatch::Commit() {
  RG_RETURN_IF_ERROR(Do([&]() -> absl::Status {
    RG_RETURN_IF_ERROR(keys_.MoveSome());
    return log_.Write(writer_.connection, writer_.log_key);
  }));
  ended_ = Run(writer_.connection, "COMMIT");
  if (!ended_.ok()) {
    Rollback();
    writer_.needs_repair = true;
    Repair(writer_).IgnoreError();  // Begin tries again, and says so where it fails
    return ended_;
  }
  writer_.last = used_;
  writer_.log = log_;
  keys_.Committed();
  ended_ = absl::FailedPreconditionError("the batch is committed");
  return absl::OkStatus();
}

}  // namespace resultgate::store
