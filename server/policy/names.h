// Enumeration values as authors write them: without their type's prefix, in any case, with `-` for `_`, as `critical-high`.
// Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_NAMES_H_
#define RESULTGATE_POLICY_NAMES_H_

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::policy {

// The number of the value that `word` names, UNSPECIFIED (0) excepted; nullopt if there is none.
std::optional<int> EnumNumber(const google::protobuf::EnumDescriptor* type, absl::string_view word);

// `critical-high` for INTERPRETATION_CRITICAL_HIGH; `unspecified` for 0; the number itself where the type does not know it.
std::string EnumWord(const google::protobuf::EnumDescriptor* type, int number);

// All words of a type but `unspecified`, for suggestions.
std::vector<std::string> EnumWords(const google::protobuf::EnumDescriptor* type);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_NAMES_H_
