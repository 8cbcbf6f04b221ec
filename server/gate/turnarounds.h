// The times of results (v1::Turnaround), and what is asked of them. They are made of the log's entries, but not in the
// transactions that append these: log_follower.h puts them together for many results at a time. What that has not reached yet is
// put together for each question, so that an answer is never behind.
#ifndef RESULTGATE_GATE_TURNAROUNDS_H_
#define RESULTGATE_GATE_TURNAROUNDS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/summary.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// A question puts together what so many entries tell of at most; a log that is further ahead is waited for.
inline constexpr int64_t kMostEntriesAhead = 20'000;

// Of one result, from its entries; `result` as it is kept, null where it cannot be read. nullopt where no entry decides it. Pure.
std::optional<v1::Turnaround> TurnaroundFrom(const std::vector<v1::Entry>& entries, const v1::Result* result);

// Of every result that an entry in (`after`, `last`] is about, as it was after `last`; in order of receipt. `take`, which may be
// null, gets each of those entries, in no order.
absl::StatusOr<std::vector<v1::Turnaround>> ReadTurnarounds(const store::Reader& reader, int64_t after, int64_t last,
                                                            const std::function<void(const v1::Entry&)>& take = nullptr);

// Days are in `zone`; what waits has waited until `now`. InvalidArgument for a filter that is none, with all its mistakes;
// ResourceExhausted for too many groups; Unavailable while more than kMostEntriesAhead are to be followed. Thread-safe.
absl::StatusOr<v1::SummarizeResponse> Summarize(const store::Reader& reader, const v1::SummarizeRequest& request,
                                                absl::TimeZone zone, absl::Time now);
absl::StatusOr<v1::GetReportResponse> GetReport(const store::Reader& reader, const v1::GetReportRequest& request,
                                                absl::TimeZone zone, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_TURNAROUNDS_H_
