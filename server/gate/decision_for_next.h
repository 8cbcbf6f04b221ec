// What of the decisions before counts for the next one on a result. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_DECISION_FOR_NEXT_H_
#define RESULTGATE_GATE_DECISION_FOR_NEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {

// The units that begin with the version `report` of a result that stood as `before`: tests that were not performed then and are
// now, for which nobody has waited, at which nobody has looked and that nobody has seen yet.
std::vector<std::string> BegunUnits(const v1::DiagnosticReport& before, const v1::DiagnosticReport& report);

// Where legal clocks started by the decision; absent where nothing was final.
std::optional<absl::Time> ClockOf(const v1::Decision& decision);
// Where legal clocks start with a version of the same patient that was received then: with it, if that is earlier than `before`
// has it. Absent while nothing is final.
std::optional<absl::Time> ClockWith(const v1::DiagnosticReport& version, const v1::Decision& before, absl::Time received);

// The units of which a version that was received then tells that they were final earlier than the report is known to have been:
// it came late. Empty if it sets back no clock.
std::vector<std::string> SetBackUnits(const v1::DiagnosticReport& version, const v1::Decision& before, absl::Time received);

// What of a decision counts for the next version: all but what it says of the units that begin with that. The clocks of the units
// that are set back start at `clock_start`, if they started with the report's; those of the others do not move.
v1::Decision DecisionForNext(v1::Decision before, const std::vector<std::string>& begun, const std::vector<std::string>& set_back,
                             std::optional<absl::Time> clock_start);

// True if some of it is quarantined or said to be wrong.
bool HasDoubt(const policy::Outcomes& outcomes);

// The decision that stands, with what had been decided of each unit before that came into doubt: `before` has that. What was in
// doubt, or not final, from the first stays as it is: no rule had spoken of it, so each that does now is new. Nobody could review
// while it was in doubt: reviews begin anew.
v1::Decision WithoutDoubt(v1::Decision standing, const v1::Decision& before);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DECISION_FOR_NEXT_H_
