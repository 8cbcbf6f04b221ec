#include "server/policy/shared_conditions.h"

#include "server/policy/model_environment.h"

namespace resultgate::policy {

void SharedConditions::Add(size_t rule, const expr::Program& program, size_t conjunct) {
  const expr::Conjunct& part = program.conjuncts()[conjunct];
  const auto [at, added] = by_key_.try_emplace(part.key, static_cast<uint32_t>(conditions_.size()));
  if (added) {
    conditions_.push_back(
        {&program, conjunct, part.Reads(ModelEnvironment::kObservation), part.Reads(ModelEnvironment::kAudience)});
  }
  if (of_rule_.size() <= rule) of_rule_.resize(rule + 1);
  of_rule_[rule].push_back(at->second);
}

void SharedConditions::Finish(size_t rules) {
  of_rule_.resize(rules);
  by_key_.clear();
}

}  // namespace resultgate::policy
