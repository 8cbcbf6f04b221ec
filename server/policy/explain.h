// Why a report is decided as it is, for people: for each unit and audience the rules with the parts of their conditions, and the
// clock from the result's first final to its release.
//
// Explains a report by itself, as a first version. Pure functions, thread-safe. Times are in the pack's zone. What is explained
// names codes of rules and facts, and the report's own identifiers of units; no values.
#ifndef RESULTGATE_POLICY_EXPLAIN_H_
#define RESULTGATE_POLICY_EXPLAIN_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/expr/expr.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// A key of `match` or a part of `when`.
struct ExplainedPart {
  std::string text;
  int depth = 0;
  expr::Truth truth = expr::Truth::kFalse;
  std::vector<std::string> missing;  // facts, for kUnknown
};

struct ExplainedRule {
  const Rule* rule = nullptr;
  bool has_part = false;  // in the outcome
  bool in_force = true;   // by its dates of effect
  std::vector<ExplainedPart> parts;
};

// The units and audiences that fare alike, by one of them.
struct ExplainedOutcome {
  v1::Outcome outcome;
  std::vector<ExplainedRule> rules;  // all of the pack, in order of id
  std::vector<std::string> clock;    // the arithmetic, a line each
};

struct Explanation {
  v1::Decision decision;
  std::vector<ExplainedOutcome> outcomes;  // in the order of the decision's
};

Explanation Explain(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now);

// In words, a line each. `all`: with the rules that plainly do not speak for a unit; they are counted otherwise.
std::string ToText(const Pack& pack, const Explanation& explanation, bool all);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_EXPLAIN_H_
