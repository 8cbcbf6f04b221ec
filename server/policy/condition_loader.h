// A condition from YAML: a rule's `when`, and what a protocol covers.
#ifndef RESULTGATE_POLICY_CONDITION_LOADER_H_
#define RESULTGATE_POLICY_CONDITION_LOADER_H_

#include <memory>
#include <string>

#include "server/base/file_issue.h"
#include "server/expr/expr.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

// Compiles what stands under the key that `what` names in messages. Null where it is wrong; every mistake is reported where it
// stands in the file. The environment must outlive the result.
std::shared_ptr<const expr::Program> LoadCondition(const yaml::Document& document, const yaml::Node& node,
                                                   const std::string& what, const expr::Environment& environment,
                                                   base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_CONDITION_LOADER_H_
