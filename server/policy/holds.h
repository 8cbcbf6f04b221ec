// What holds a unit, from its decision alone. Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_HOLDS_H_
#define RESULTGATE_POLICY_HOLDS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"

namespace resultgate::policy {

// The ids of the rules that hold the unit at `now`, in order: not lifted, no permits and deadlines, no floors that have passed.
std::vector<std::string> HoldsOf(const v1::Outcome& outcome, absl::Time now);

// True for what somebody left who has died, and nobody has said yet whom it goes to.
bool IsLeftByTheDead(const v1::Outcome& outcome);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_HOLDS_H_
