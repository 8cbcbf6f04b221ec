// The log of a database file, for whoever proves it: read as it is, beside the gate that serves it or without one. Nothing is
// written; no gate has to trust it, and it need not trust a gate.
#ifndef RESULTGATE_STORE_SQLITE_LOG_FILE_H_
#define RESULTGATE_STORE_SQLITE_LOG_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

  // Calls `take` for each entry in order.
  absl::Status ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take);

 private:
  LogFile(Connection connection, std::string head) : connection_(std::move(connection)), head_(std::move(head)) {}

  Connection connection_;
  std::string head_;
  int64_t size_ = 0;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_LOG_FILE_H_
