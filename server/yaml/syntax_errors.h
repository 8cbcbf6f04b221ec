// The YAML library's complaints, in words for people who write rules and have never read the YAML specification.
#ifndef RESULTGATE_YAML_SYNTAX_ERRORS_H_
#define RESULTGATE_YAML_SYNTAX_ERRORS_H_

#include <string>
#include <vector>

#include "server/base/file_issue.h"

namespace resultgate::yaml {

struct Explanation {
  std::string message;
  std::string suggestion;
};

// What `complaint` (yaml-cpp's, at `place` of the file with these lines) mostly means. Pure function.
Explanation ExplainSyntaxError(const std::string& complaint, const base::Place& place, const std::vector<std::string>& lines);

}  // namespace resultgate::yaml

#endif  // RESULTGATE_YAML_SYNTAX_ERRORS_H_
