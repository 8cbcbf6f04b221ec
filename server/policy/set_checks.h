// What is wrong with the value sets of a pack, seen from the rules that name them.
#ifndef RESULTGATE_POLICY_SET_CHECKS_H_
#define RESULTGATE_POLICY_SET_CHECKS_H_

#include <set>
#include <string>

#include "server/policy/findings.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// Reports, by the checks' names (pack_checks.h): `wrong-class`, `redundant-codes`, `same-value-sets`, and `unused-value-set` for
// the sets whose files stand below `folder`, the pack's own. `meant` are those that a rule names that has a mistake.
void CheckValueSets(const Pack& pack, const std::string& folder, const std::set<std::string>& meant, Findings* findings);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_SET_CHECKS_H_
