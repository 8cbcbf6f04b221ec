// Where the gate keeps everything: results, log entries, releases. One interface per use-case; sqlite/ stands behind it.
//
// The one promise that matters: a batch is durable as a whole (on disk, fsynced) or it never was. Failures are absl::Status: Unavailable for
// I/O errors and a full disk (nothing of the batch happened; try again), DataLoss for a damaged file, NotFound where a method says so.
#ifndef RESULTGATE_STORE_STORE_H_
#define RESULTGATE_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result.pb.h"

namespace resultgate::store {

// Exact lookups by 32-byte keys that gate/ computes (digests of normalised reports; sender and order numbers; …). What they mean is
// not the store's business. A key may lead to several results.
using Key = std::string;

// One row of the outbox. `release.content` is not stored: gate/ fills it from the result when it is delivered.
struct OutboxRow {
  v1::Release release;
  bool acknowledged = false;
};

// Reads see what was committed, as of the moment of the call. Thread-safe: any number of threads may read while one writes.
class Reader {
 public:
  virtual ~Reader() = default;

  // nullopt if there is none.
  virtual absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) const = 0;
  // Results with id > `after_id`, in order of id, at most `limit`.
  virtual absl::StatusOr<std::vector<v1::Result>> ListResults(int64_t after_id, int limit) const = 0;
  // Results of which a unit is held for a review, quarantine, withholding or missing final, in order of id, with id > `after_id`, at most `limit`.
  virtual absl::StatusOr<std::vector<v1::Result>> ListHeld(int64_t after_id, int limit) const = 0;
  // Entries with sequence > `after_sequence`, in order, at most `limit`. `result_id` 0: of all results.
  virtual absl::StatusOr<std::vector<v1::Entry>> ListEntries(int64_t after_sequence, int64_t result_id, int limit) const = 0;
  // Outbox rows with sequence > `after_sequence`, in order, at most `limit`.
  virtual absl::StatusOr<std::vector<OutboxRow>> ListOutbox(int64_t after_sequence, bool unacknowledged_only, int limit) const = 0;
};

// One transaction. Lookups see what the batch itself has written. Used by one thread. Destroyed without a successful Commit it leaves
// nothing behind.
class Batch {
 public:
  virtual ~Batch() = default;

  // The next unused ids. Ids of a batch that never committed may be given again.
  virtual int64_t NextResultId() = 0;
  virtual int64_t NextEntrySequence() = 0;
  virtual int64_t NextReleaseSequence() = 0;

  // Ids of results that hold this key, in order.
  virtual absl::StatusOr<std::vector<int64_t>> FindByKey(const Key& key) = 0;
  virtual absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) = 0;
  virtual absl::StatusOr<std::optional<OutboxRow>> FindRelease(int64_t sequence) = 0;
  // Ids of results whose `due_at` is not after `now`, the earliest first, at most `limit`.
  virtual absl::StatusOr<std::vector<int64_t>> FindDue(absl::Time now, int limit) = 0;

  // Inserts or replaces the result under its id; `due_at` feeds FindDue, and the outcomes' states feed ListHeld.
  virtual absl::Status PutResult(const v1::Result& result) = 0;
  // Adds a key to a result; doing so again changes nothing.
  virtual absl::Status PutKey(const Key& key, int64_t result_id) = 0;
  // Appends; the sequence must be the one that NextEntrySequence gave. The exact bytes are stored.
  virtual absl::Status AppendEntry(const v1::Entry& entry) = 0;
  // Appends; the sequence must be the one that NextReleaseSequence gave.
  virtual absl::Status AppendRelease(const v1::Release& release) = 0;
  virtual absl::Status AcknowledgeRelease(int64_t sequence) = 0;

  // Makes all of it durable: when it returns OK it has been fsynced.
  virtual absl::Status Commit() = 0;
};

class Store : public Reader {
 public:
  // Begins the one transaction that may be open at a time. The store must outlive it.
  virtual absl::StatusOr<std::unique_ptr<Batch>> Begin() = 0;
  // The earliest `due_at` of all results, or InfiniteFuture().
  virtual absl::StatusOr<absl::Time> EarliestDue() const = 0;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_STORE_H_
