// Rules from YAML: `rules:` of one file, and the parts that pack.yaml shares with them.
#ifndef RESULTGATE_POLICY_RULE_LOADER_H_
#define RESULTGATE_POLICY_RULE_LOADER_H_

#include <string>
#include <vector>

#include "server/base/file_issue.h"
#include "server/expr/expr.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

// What rules may name.
struct RuleVocabulary {
  const valueset::Registry* value_sets = nullptr;
  const expr::Environment* environment = nullptr;
  // Roles and pools that may own a review.
  std::vector<std::string> owners;
};

// Reads the rules of `document` and appends them to `rules`; every mistake is appended to `issues`.
void LoadRules(const yaml::Document& document, const RuleVocabulary& vocabulary, std::vector<Rule>* rules,
               base::FileIssues* issues);

// Reads `owners`, `each`, `expires`, `on_expiry` of a review; `what` names it in messages.
ReviewAsk LoadReview(const yaml::Document& document, const yaml::Node& node, const std::string& what,
                     const std::vector<std::string>& known_owners, base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_RULE_LOADER_H_
