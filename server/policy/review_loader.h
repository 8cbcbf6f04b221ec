// A review from YAML: of a rule, and of the pack's `default` and `quarantine`.
#ifndef RESULTGATE_POLICY_REVIEW_LOADER_H_
#define RESULTGATE_POLICY_REVIEW_LOADER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"
#include "server/expr/expr.h"
#include "server/policy/pack.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

// Who an order itself names; everybody else that a review may wait for is one of the pack's pools.
inline constexpr absl::string_view kRoles[] = {"ordering-provider", "covering-provider"};

// True for a name of kRoles.
bool IsRole(absl::string_view name);

// Reads `owners`, `each`, `expires`, `on_expiry` and `protocol` of a review; `what` names it in messages. `environment`: what the
// protocol's condition may speak of; nullptr for a review that can have no protocol, because no rule asks for it.
ReviewAsk LoadReview(const yaml::Document& document, const yaml::Node& node, const std::string& what,
                     const std::vector<std::string>& known_owners, const expr::Environment* environment,
                     base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_REVIEW_LOADER_H_
