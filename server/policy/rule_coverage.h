// What the tests of a pack try of its rules: each part of each condition true, false and, where that can be, unknown.
#ifndef RESULTGATE_POLICY_RULE_COVERAGE_H_
#define RESULTGATE_POLICY_RULE_COVERAGE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// One way that a part can come out, counted where the part decides: where everything beside it leaves the rule open. A blood
// count tells nothing of a rule for biopsies but that its codes do not hold.
struct Branches {
  bool when_true = false;
  bool when_false = false;
  bool when_unknown = false;
  bool can_be_unknown = false;  // proved by leaving facts out of the tests' own reports

  int all() const { return can_be_unknown ? 3 : 2; }
  int tried() const { return (when_true ? 1 : 0) + (when_false ? 1 : 0) + (when_unknown ? 1 : 0); }
};

struct CoveredPart {
  std::string text;
  int depth = 0;  // 0, or 1 for a part of an `||`
  Branches branches;
};

struct RuleCoverage {
  const Rule* rule = nullptr;
  Branches whole;                  // matched, did not match, unknown
  std::vector<CoveredPart> parts;  // last, as `covers: …`, those of its protocol: counted where the rule itself is not false
};

// Looks at one test after the other. Not thread-safe; `pack` must outlive it.
class RuleCoverageCounter {
 public:
  explicit RuleCoverageCounter(const Pack& pack);

  void Add(const v1::DiagnosticReport& report, const Context& context, absl::Time now);
  // In order of rule id.
  const std::vector<RuleCoverage>& rules() const { return rules_; }

 private:
  const Pack& pack_;
  std::vector<RuleCoverage> rules_;
};

// How many branches of all parts were tried, and how many there are. A part that is the literal `true` has none.
int TriedBranches(const std::vector<RuleCoverage>& rules);
int AllBranches(const std::vector<RuleCoverage>& rules);

// What no test tries, a line each: `biopsy-review (file:7): no test makes this unknown: age(patient) < 18`.
std::vector<std::string> Untried(const std::vector<RuleCoverage>& rules);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_RULE_COVERAGE_H_
