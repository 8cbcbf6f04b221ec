// What reviews keep of their time after the gate was down: their owners could not see them meanwhile. At least four staffed
// hours, once, and never past a ceiling (design, "Clock"). Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_DOWNTIME_H_
#define RESULTGATE_GATE_DOWNTIME_H_

#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/calendar/calendar.h"
#include "server/gate/transition.h"

namespace resultgate::gate {

inline constexpr absl::Duration kAfterDowntime = absl::Hours(4);

// True where a gate that runs would have looked long before: its timer is never so late.
bool IsLate(absl::Time due, absl::Time now);

// True if so much staffed time passed between `since` and `until` that somebody was kept from their reviews. A gate that writes
// nothing at night, and starts then, was not missed.
bool WasMissed(const calendar::Calendar& calendar, absl::Time since, absl::Time until);

// Gives the owner of a review that time ends with a release the hours, counted from `now`, where it would end sooner; says so, or
// nothing where it keeps them anyway. The owner of one that is over has it on.
std::string KeepHours(const calendar::Calendar& calendar, absl::Time now, v1::Outcome* outcome);

// What time did to a result (Advance) by a gate that was down until shortly before `now`, each review that would end by time
// within the hours having kept them.
Transition AdvanceAfterDowntime(const v1::Result& result, const calendar::Calendar& calendar, absl::Time now);

// True if AdvanceAfterDowntime made the entry of `before`, and not Advance.
bool IsAfterDowntime(const v1::Entry& entry, const v1::Result& before);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DOWNTIME_H_
