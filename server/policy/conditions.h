// A rule's condition, `match` and `when` together, as something that proofs can be made about.
#ifndef RESULTGATE_POLICY_CONDITIONS_H_
#define RESULTGATE_POLICY_CONDITIONS_H_

#include "server/expr/analysis.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// When the rule speaks for a unit, its audiences and dates aside. Pure.
expr::Condition ConditionOf(const Rule& rule);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_CONDITIONS_H_
