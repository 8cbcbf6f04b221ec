// The times of results (v1::Turnaround): how they follow the log, and what is asked of them. They are made of the log's entries,
// but not in the transactions that append these: a thread of its own puts them together for many results at a time and gives them
// to the writer. What it has not reached yet is put together for each question, so that an answer is never behind.
#ifndef RESULTGATE_GATE_TURNAROUNDS_H_
#define RESULTGATE_GATE_TURNAROUNDS_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/summary.pb.h"
#include "server/gate/writer.h"
#include "server/store/store.h"

namespace resultgate::gate {

// So many entries are followed at a time.
inline constexpr int64_t kEntriesFollowed = 2048;
// A question puts together what so many entries tell of at most; a log that is further ahead is waited for.
inline constexpr int64_t kMostEntriesAhead = 20'000;

// Of one result, from its entries; `result` as it is kept, null where it cannot be read. nullopt where no entry decides it. Pure.
std::optional<v1::Turnaround> TurnaroundFrom(const std::vector<v1::Entry>& entries, const v1::Result* result);

// Of every result that an entry in (`after`, `last`] is about, as it was after `last`; in order of receipt.
absl::StatusOr<std::vector<v1::Turnaround>> ReadTurnarounds(const store::Reader& reader, int64_t after, int64_t last);

// Days are in `zone`; what waits has waited until `now`. InvalidArgument for a filter that is none, with all its mistakes;
// ResourceExhausted for too many groups; Unavailable while more than kMostEntriesAhead are to be followed. Thread-safe.
absl::StatusOr<v1::SummarizeResponse> Summarize(const store::Reader& reader, const v1::SummarizeRequest& request,
                                                absl::TimeZone zone, absl::Time now);
absl::StatusOr<v1::GetReportResponse> GetReport(const store::Reader& reader, const v1::GetReportRequest& request,
                                                absl::TimeZone zone, absl::Time now);

// Follows the log, from where it was. What fails is tried again after the next commits. Thread-safe.
class TurnaroundFollower {
 public:
  TurnaroundFollower(const store::Reader* reader, Writer* writer) : reader_(*reader), writer_(*writer) {}

  // Call once, when the writer has started.
  void Start();
  // Call before the writer ends.
  void Stop();
  // After each commit, on the writer's thread. Does not block.
  void Committed();

 private:
  void Loop();
  // One piece, if there is enough for one; true if there may be another.
  absl::StatusOr<bool> Follow();
  absl::Status Put(std::vector<v1::Turnaround> turnarounds, int64_t reach);

  const store::Reader& reader_;
  Writer& writer_;

  std::mutex mutex_;
  std::condition_variable wake_;
  int commits_ = 0;        // since it looked; guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_TURNAROUNDS_H_
