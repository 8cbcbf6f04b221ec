// The log of a database file, for whoever proves it: read as it is, beside the gate that serves it or without one. Nothing is
// written; no gate has to trust it, and it need not trust a gate.
#ifndef RESULTGATE_STORE_LOG_FILE_H_
#define RESULTGATE_STORE_LOG_FILE_H_

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
#include "resultgate/v1/retention_service.pb.h"
#include "server/audit/checkpoint.h"
#include "server/audit/key.h"
#include "server/audit/log_verifier.h"

namespace resultgate::store {

// A snapshot: all reads see the log as it was when it was opened. While it lives, the gate that serves the file cannot shorten
// its write-ahead log. Not thread-safe.
class LogFile {
 public:
  virtual ~LogFile() = default;

  // The signed head.
  virtual const std::string& head() const = 0;
  // How many entries it claims; 0 if it cannot be read.
  virtual int64_t size() const = 0;

  // Recomputes everything. `progress` may be null; it is called now and then with the entries done.
  virtual absl::StatusOr<audit::LogReport> Verify(const audit::VerifierKey& key, std::vector<audit::Checkpoint> witnessed,
                                                  const std::function<void(int64_t done)>& progress) = 0;

  // Calls `take` for each entry in order; or for those from `first` to `last`.
  virtual absl::Status ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take) = 0;
  virtual absl::Status ForEachIn(int64_t first, int64_t last,
                                 const std::function<absl::Status(const audit::LogRow& row)>& take) = 0;

  // What stands in the log or beside it, one by one; nullopt where there is none, DataLoss where it cannot be read.
  virtual absl::StatusOr<std::optional<v1::Entry>> FindEntry(int64_t sequence) = 0;
  virtual absl::StatusOr<std::vector<v1::Entry>> EntriesOf(int64_t result_id) = 0;
  virtual absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) = 0;
  virtual absl::StatusOr<std::optional<v1::PackFiles>> FindPack(const std::string& digest) = 0;

  // Rows of the tables beside the log, as they are; nullopt where there is none.
  struct ResultRow {
    std::optional<int64_t> due_us;
    int64_t held = 0;
    std::string record;
    bool fits = false;  // the columns are those of the record
  };
  virtual absl::StatusOr<std::optional<ResultRow>> FindResultRow(int64_t id) = 0;
  struct ReleaseRow {
    int64_t acknowledged = 0;
    int64_t result_id = 0;
    std::string bytes;
  };
  virtual absl::StatusOr<std::optional<ReleaseRow>> FindReleaseRow(int64_t sequence) = 0;
  // Results that have a row, or that an entry is about; releases that have a row; in order.
  virtual absl::StatusOr<std::vector<int64_t>> ResultIds() = 0;
  virtual absl::StatusOr<std::vector<int64_t>> ReleaseSequences() = 0;
  virtual absl::StatusOr<std::vector<std::string>> PackDigests() = 0;
  virtual absl::Status ForEachKey(const std::function<void(absl::string_view key, int64_t result_id)>& take) = 0;

  // Who gave patients their identifiers, in order.
  virtual absl::StatusOr<std::vector<std::string>> Assigners() = 0;

  // A pack became active, as the table beside the log has it.
  struct ActivationRow {
    int64_t sequence = 0;
    std::string digest;
  };
  // In order.
  virtual absl::StatusOr<std::vector<ActivationRow>> Activations() = 0;
  // The legal holds that stand, in order.
  virtual absl::StatusOr<std::vector<v1::LegalHold>> LegalHolds() = 0;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_LOG_FILE_H_
