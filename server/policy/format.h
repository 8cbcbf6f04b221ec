// `resultgate policy fmt`: the files of a pack in one layout, with every comment kept.
//
// Keys stand in the order of file_format.h; a report in a test keeps the order of its author. server/yaml/format.h says the rest.
// Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_FORMAT_H_
#define RESULTGATE_POLICY_FORMAT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"

namespace resultgate::policy {

// `text`, the content of `file`, formatted as the kind of file that its keys say it is. Nothing where it is not well formed YAML
// or would not say the same afterwards: `issues` say why.
std::optional<std::string> FormatFile(const std::string& file, absl::string_view text, base::FileIssues* issues);

// What differs, line by line: `-` before, `+` after, three lines around each change; empty where nothing does.
std::string LineDifference(absl::string_view before, absl::string_view after);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_FORMAT_H_
