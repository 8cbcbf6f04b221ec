// The writing side of the SQLite store: the one writer's state and the batch that works on it.
#ifndef RESULTGATE_STORE_SQLITE_SQLITE_BATCH_H_
#define RESULTGATE_STORE_SQLITE_SQLITE_BATCH_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/audit/key.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/log_tree.h"
#include "server/store/sqlite/recent_keys.h"
#include "server/store/store.h"

namespace resultgate::store {

// The highest ids in use.
struct LastIds {
  int64_t result = 0;
  int64_t entry = 0;
  int64_t release = 0;
  int64_t patient = 0;
};

// What outlives a batch. Belongs to the batch while `busy`; the flag's release and acquire hand the rest from one batch's thread
// to the next's.
struct Writer {
  Connection connection;
  const audit::SigningKey log_key;
  // As committed.
  LastIds last;
  LogEdge log;
  const std::unique_ptr<RecentKeys> recent_keys;
  // A commit failed and its frames may still stand behind the end of the WAL: see Repair.
  bool needs_repair = false;
  std::atomic<bool> busy{false};
};

class SqliteBatch final : public Batch {
 public:
  // FailedPrecondition while another batch lives.
  static absl::StatusOr<std::unique_ptr<Batch>> Begin(Writer* writer);
  ~SqliteBatch() override;

  int64_t NextResultId() override { return ++given_.result; }
  int64_t NextEntrySequence() override { return ++given_.entry; }
  int64_t NextReleaseSequence() override { return ++given_.release; }
  int64_t NextPatientId() override { return ++given_.patient; }

  absl::StatusOr<std::vector<int64_t>> FindByKey(const Key& key) override;
  absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) override;
  absl::StatusOr<std::optional<OutboxRow>> FindRelease(int64_t sequence) override;
  absl::StatusOr<std::vector<int64_t>> FindDue(absl::Time now, int limit) override;
  absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const Key& key) override;
  absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t id) override;
  absl::StatusOr<std::optional<v1::DirectoryOwner>> FindOwner(const std::string& id) override;

  absl::StatusOr<std::vector<v1::Entry>> EntriesOf(int64_t result_id) override;
  absl::StatusOr<std::vector<Settled>> FindSettled(const Settled& after, absl::Time until, int limit) override;
  absl::StatusOr<std::optional<v1::LegalHold>> FindLegalHold(int64_t id) override;
  absl::StatusOr<std::vector<v1::LegalHold>> LegalHoldsOn(int64_t patient_id) override;
  absl::StatusOr<bool> IsOnLegalHold(int64_t result_id, const std::vector<int64_t>& patient_ids) override;

  absl::Status PutResult(const v1::Result& result) override;
  absl::Status PutKey(const Key& key, int64_t result_id) override;
  absl::StatusOr<int> RemoveKeys(const std::string& prefix, int64_t result_id) override;
  absl::Status PutPack(const std::string& digest, const v1::PackFiles& files) override;
  absl::Status AppendEntry(const v1::Entry& entry) override;
  absl::Status AppendRelease(const v1::Release& release) override;
  absl::Status ReplaceRelease(const v1::Release& release) override;
  absl::Status PutLegalHold(const v1::LegalHold& hold) override;
  absl::Status RemoveLegalHold(int64_t id) override;
  absl::Status PutPatient(const v1::PatientRecord& record) override;
  absl::Status PutPatientKey(const Key& key, int64_t patient_id) override;
  absl::Status PutAssigner(const std::string& system) override;
  absl::Status PutOwner(const v1::DirectoryOwner& owner) override;
  absl::Status RemoveOwner(const std::string& id) override;
  absl::Status AcknowledgeRelease(int64_t sequence) override;
  absl::Status PutTurnarounds(absl::Span<const v1::Turnaround> turnarounds, int64_t reach) override;
  absl::Status PutBlock(int64_t block, absl::Span<const TermEntries> terms) override;

  absl::Status Commit() override;

 private:
  explicit SqliteBatch(Writer* writer)
      : writer_(*writer),
        given_(writer->last),
        used_(writer->last),
        log_(writer->log),
        keys_(&writer->connection, writer->recent_keys.get()) {}

  // Runs `work` on the connection, unless the batch has ended, and ends it if SQLite fails: after an I/O error or on a full disk
  // SQLite has rolled back by itself, and whatever came next would be written, and committed, outside of the transaction.
  template <typename Work>
  auto Do(Work work) -> decltype(work());
  void Rollback();

  Writer& writer_;
  LastIds given_;
  LastIds used_;
  LogEdge log_;
  KeyWrites keys_;
  // OK while the batch takes work; then why it does not.
  absl::Status ended_;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_SQLITE_BATCH_H_
