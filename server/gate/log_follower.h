// What is made of the log after it was written, many entries at a time, so that no submission waits for it: the times of results
// (turnarounds.h), which figures count, and the terms of entries (audit/entry_terms.h), by which filters find them. A thread of
// its own puts them together and gives them to the writer. What it has not reached yet is looked at entry by entry.
#ifndef RESULTGATE_GATE_LOG_FOLLOWER_H_
#define RESULTGATE_GATE_LOG_FOLLOWER_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "resultgate/v1/summary.pb.h"
#include "server/audit/entry_terms.h"
#include "server/gate/writer.h"
#include "server/store/store.h"

namespace resultgate::gate {

// So many entries are followed at a time: a block of terms.
inline constexpr int64_t kEntriesFollowed = audit::kEntriesInBlock;

// What is made of a piece of the log.
struct FollowedPiece {
  // The times of the results that it is about, and the last entry that they tell of; nullopt where they were made before.
  std::optional<int64_t> reach;
  std::vector<v1::Turnaround> turnarounds;
  // The terms of its entries, and which block it is; nullopt where they were made before.
  std::optional<int64_t> block;
  std::vector<store::TermEntries> terms;
};

// The next piece, from where it was; nullopt where the log has no whole one. Thread-safe.
absl::StatusOr<std::optional<FollowedPiece>> ReadNextPiece(const store::Reader& reader);
absl::Status PutPiece(store::Batch& batch, const FollowedPiece& piece);

// Follows the log, from where it was. What fails is tried again after the next commits. Thread-safe.
class LogFollower {
 public:
  LogFollower(const store::Reader* reader, Writer* writer) : reader_(*reader), writer_(*writer) {}

  // Call once, when the writer has started.
  void Start();
  // Call before the writer ends.
  void Stop();
  // After each commit, on the writer's thread. Does not block.
  void Committed();

 private:
  void Loop();
  // One piece, if there is one; true if there may be another.
  absl::StatusOr<bool> Follow();

  const store::Reader& reader_;
  Writer& writer_;

  std::mutex mutex_;
  std::condition_variable wake_;
  int commits_ = 0;        // since it looked; guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_LOG_FOLLOWER_H_
