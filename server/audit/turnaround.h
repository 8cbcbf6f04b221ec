// The times of one result, put together from its log entries: when it was final, what held its units and for how long, when they
// went and were seen (v1::Turnaround). What summaries and reports count. Pure functions, thread-safe.
#ifndef RESULTGATE_AUDIT_TURNAROUND_H_
#define RESULTGATE_AUDIT_TURNAROUND_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/summary.pb.h"

namespace resultgate::audit {

// A timer is not late, and a hold not too long, within this: the writer takes what comes due together with what else there is.
inline constexpr absl::Duration kTimerLateness = absl::Minutes(1);

// `entries` are all of one result, in order; nullopt where none of them decides it. `report`, the result's as it stands, says who
// made it, what its patient reads and where; null where it cannot be read. Whether it is abnormal, and the patient's account, are
// left to whoever knows.
//
// A review holds until it is over, whatever ended it; a withholding as long as the unit is withheld; a delay until its floor, and
// where nothing else holds the unit, until it went.
std::optional<v1::Turnaround> TurnaroundOf(const std::vector<v1::Entry>& entries, const v1::DiagnosticReport* report);

// True until the hold is over. One whose end is known beforehand has it already.
bool StillHolds(const v1::Turnaround::Hold& hold, absl::Time now);

// By how much the hold is, or at `now` has been, longer than its basis allows; nullopt where it is not.
std::optional<absl::Duration> OverrunOf(const v1::Turnaround::Hold& hold, absl::Time now);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_TURNAROUND_H_
