// CEL's own conformance cases (github.com/google/cel-spec) as JSON lines, in the format of
// ../shared/data/cel-conformance/README.md.
//
// A case `expr` with a value is asked as `(expr) == (value)`; one with an error as `(expr) == (expr)`. What does not compile is
// outside the subset, for the reason that the compiler gives; what compiles must give CEL's answer.
#ifndef RESULTGATE_TESTS_EXPR_CONFORMANCE_H_
#define RESULTGATE_TESTS_EXPR_CONFORMANCE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace resultgate::expr {

struct ConformanceCase {
  enum class Outcome { kPassed, kFailed, kOutside };

  std::string name;
  Outcome outcome = Outcome::kPassed;
  std::string why;  // for kFailed what came instead, for kOutside the reason
};

// Runs the cases of one file, in its order. An error where the file cannot be read or a line is no case.
absl::StatusOr<std::vector<ConformanceCase>> RunConformanceFile(const std::string& path);

}  // namespace resultgate::expr

#endif  // RESULTGATE_TESTS_EXPR_CONFORMANCE_H_
