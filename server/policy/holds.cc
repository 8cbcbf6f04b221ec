#include "server/policy/holds.h"

#include <algorithm>

#include "server/base/proto_time.h"
#include "server/policy/verdict.h"

namespace resultgate::policy {

std::vector<std::string> HoldsOf(const v1::Outcome& outcome, absl::Time now) {
  std::vector<std::string> ids;
  if (outcome.disposition() == v1::DISPOSITION_RELEASE) return ids;
  for (const v1::AppliedRule& rule : outcome.rules()) {
    const bool floor_stands = outcome.has_not_before() && base::FromProto(outcome.not_before()) > now;
    const bool holds = rule.effect() == v1::RULE_EFFECT_REVIEW || rule.effect() == v1::RULE_EFFECT_WITHHOLD ||
                       (rule.effect() == v1::RULE_EFFECT_DELAY && floor_stands);
    if (holds && !rule.lifted()) ids.push_back(rule.rule_id());
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

bool IsLeftByTheDead(const v1::Outcome& outcome) {
  return outcome.disposition() == v1::DISPOSITION_WITHHOLD &&
         std::any_of(outcome.rules().begin(), outcome.rules().end(),
                     [](const v1::AppliedRule& rule) { return rule.rule_id() == kDeceasedRule; });
}

}  // namespace resultgate::policy
