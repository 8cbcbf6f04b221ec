// Files that the build puts into the program: server/policy/CMakeLists.txt lists them.
#ifndef RESULTGATE_POLICY_EMBEDDED_H_
#define RESULTGATE_POLICY_EMBEDDED_H_

#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::policy {

// The bytes of the file of that name; empty where there is none.
absl::string_view Embedded(absl::string_view name);

// The names of all files that begin with `prefix`, in order.
std::vector<absl::string_view> EmbeddedNames(absl::string_view prefix);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_EMBEDDED_H_
