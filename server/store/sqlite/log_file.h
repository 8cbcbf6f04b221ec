// The log of a database file, for whoever proves it: read as it is, beside the gate that serves it or without one. Nothing is
// written; no gate has to trust it, and it need not trust a gate.
#ifndef RESULTGATE_STORE_SQLITE_LOG_FILE_H_
#define RESULTGATE_STORE_SQLITE_LOG_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/activation.pb.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/audit/checkpoint.h"
#include "server/audit/key.h"
#include "server/audit/log_verifier.h"
#include "server/store/sqlite/database.h"

namespace resultgate::store {

// A snapshot: all reads see the log as it was when it was opened. While it lives, the gate that serves the file cannot shorten
// its write-ahead log. Not thread-safe.
class LogFile {
 public:
  // FailedPrecondition for a file that is no gate's database or of another version; Unavailable where it cannot be read; DataLoss
  // where it is too damaged to be read.
  static absl::StatusOr<std::unique_ptr<LogFile>> Open(const std::string& path);

  // The public key that belongs to the key file beside the database, `PATH.key`; NotFound where there is none.
  static absl::StatusOr<audit::VerifierKey> KeyBeside(const std::string& path);

  // The signed head.
  const std::string& head() const { return head_; }
  // How many entries it claims; 0 if it cannot be read.
  int64_t size() const { return size_; }

  // Recomputes everything. `progress` may be null; it is called now and then with the entries done.
  absl::StatusOr<audit::LogReport> Verify(const audit::VerifierKey& key, std::vector<audit::Checkpoint> witnessed,
                                          const std::function<void(int64_t done)>& progress);

  // Calls `take` for each entry in order; or for those from `first` to `last`.
  absl::Status ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take);
  absl::Status ForEachIn(int64_t first, int64_t last, const std::function<absl::Status(const audit::LogRow& row)>& take);

  // What stands in the log or beside it, one by one; nullopt where there is none, DataLoss where it cannot be read.
  absl::StatusOr<std::optional<v1::Entry>> FindEntry(int64_t sequence);
  absl::StatusOr<std::vector<v1::Entry>> EntriesOf(int64_t result_id);
  absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id);
  absl::StatusOr<std::optional<v1::PackFiles>> FindPack(const std::string& digest);

  // Rows of the tables beside the log, as they are; nullopt where there is none.
  struct ResultRow {
    std::optional<int64_t> due_us;
    int64_t held = 0;
    std::string record;
  };
  absl::StatusOr<std::optional<ResultRow>> FindResultRow(int64_t id);
  struct ReleaseRow {
    int64_t acknowledged = 0;
    int64_t result_id = 0;
    std::string bytes;
  };
  absl::StatusOr<std::optional<ReleaseRow>> FindReleaseRow(int64_t sequence);
  // Results that have a row, or that an entry is about; releases that have a row; in order.
  absl::StatusOr<std::vector<int64_t>> ResultIds();
  absl::StatusOr<std::vector<int64_t>> ReleaseSequences();
  absl::StatusOr<std::vector<std::string>> PackDigests();
  absl::Status ForEachKey(const std::function<void(absl::string_view key, int64_t result_id)>& take);

  // A pack became active, as the table beside the log has it.
  struct ActivationRow {
    int64_t sequence = 0;
    std::string digest;
  };
  // In order.
  absl::StatusOr<std::vector<ActivationRow>> Activations();

 private:
  absl::StatusOr<std::vector<int64_t>> Numbers(absl::string_view sql);

  LogFile(Connection connection, std::string head) : connection_(std::move(connection)), head_(std::move(head)) {}

  Connection connection_;
  std::string head_;
  int64_t size_ = 0;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_LOG_FILE_H_
