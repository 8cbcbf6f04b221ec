// How two packs differ, rule by rule. Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_WHATIF_PACK_DIFFERENCE_H_
#define RESULTGATE_POLICY_WHATIF_PACK_DIFFERENCE_H_

#include <map>
#include <string>
#include <vector>

#include "resultgate/v1/what_if.pb.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// Every rule of either pack, by id.
std::map<std::string, v1::RuleImpact::Change> RuleChanges(const Pack& before, const Pack& after);

// What else differs and may move a unit: zone, reviews of the pack's own, precedence, facts, the calendar. In words.
std::vector<std::string> SettingChanges(const Pack& before, const Pack& after);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_WHATIF_PACK_DIFFERENCE_H_
