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
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/audit/checkpoint.h"
#include "server/audit/key.h"
#include "server/audit/log_verifier.h"
#include "server/merkle/proof.h"

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

  // Recomputes everything, and looks whether the tables of the log and what finds their rows are whole, as Damage does for all.
  // `progress` may be null; it is called now and then with the entries done.
  virtual absl::StatusOr<audit::LogReport> Verify(const audit::VerifierKey& key, std::vector<audit::Checkpoint> witnessed,
                                                  const std::function<void(int64_t done)>& progress) = 0;

  // What is wrong with the file below its rows, one line each: pages that cannot be right, indexes that lack a row of their table
  // or have one too many. The first 100.
  virtual absl::StatusOr<std::vector<std::string>> Damage() = 0;

  // Calls `take` for each entry in order; or for those from `first` to `last`.
  virtual absl::Status ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take) = 0;
  virtual absl::Status ForEachIn(int64_t first, int64_t last,
                                 const std::function<absl::Status(const audit::LogRow& row)>& take) = 0;

  // That the entry is in the tree of `size()` entries. OutOfRange unless 1 <= sequence <= size().
  virtual absl::StatusOr<merkle::Proof> ProveInclusion(int64_t sequence) = 0;

  // What stands in the log or beside it, one by one; nullopt where there is none, DataLoss where it cannot be read.
  virtual absl::StatusOr<std::optional<v1::Entry>> FindEntry(int64_t sequence) = 0;
  // Those of a result's entries that can be read, in order; `unreadable` is given the others' sequences.
  virtual absl::StatusOr<std::vector<v1::Entry>> EntriesOf(int64_t result_id, std::vector<int64_t>* unreadable) = 0;
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

  // A row that is one message; what it is found by stands in the message too.
  virtual absl::Status ForEachPatient(const std::function<void(int64_t id, absl::string_view record)>& take) = 0;
  virtual absl::Status ForEachPatientKey(const std::function<void(absl::string_view key, int64_t patient_id)>& take) = 0;
  virtual absl::Status ForEachOwner(const std::function<void(absl::string_view id, absl::string_view record)>& take) = 0;
  // As a Reader has them; DataLoss where the record cannot be read.
  virtual absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const std::string& key) = 0;
  virtual absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t id) = 0;

  // The times of a result, which stand under that of its receipt; nullopt where there are none. All of them; the last entry that
  // they tell of.
  virtual absl::StatusOr<std::optional<std::string>> FindTurnaroundRow(int64_t received_us, int64_t result_id) = 0;
  virtual absl::Status ForEachTurnaround(const std::function<void(int64_t received_us, int64_t result_id)>& take) = 0;
  virtual absl::StatusOr<int64_t> TurnaroundsReach() = 0;

  // As a Reader has it; and every row of the terms of entries.
  virtual absl::StatusOr<int64_t> CountBlocks() = 0;
  virtual absl::Status ForEachTerm(
      const std::function<void(absl::string_view term, int64_t block, absl::string_view entries)>& take) = 0;

  // Who gave patients their identifiers, in order.
  virtual absl::StatusOr<std::vector<std::string>> Assigners() = 0;

  // A pack became active, as the table beside the log has it.
  struct ActivationRow {
    int64_t sequence = 0;
    std::string digest;
  };
  // In order.
  virtual absl::StatusOr<std::vector<ActivationRow>> Activations() = 0;
  // A legal hold that stands.
  struct LegalHoldRow {
    int64_t id = 0;
    int64_t result_id = 0;  // 0: none
    int64_t patient_id = 0;
    std::string record;
  };
  // In order.
  virtual absl::StatusOr<std::vector<LegalHoldRow>> LegalHolds() = 0;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_LOG_FILE_H_
