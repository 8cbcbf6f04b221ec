// Whether a rule speaks for a unit: three-valued, because what is not known is neither yes nor no.
#ifndef RESULTGATE_POLICY_MATCH_H_
#define RESULTGATE_POLICY_MATCH_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/expr/expr.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// One unit of a report, as rules see it.
struct Unit {
  std::string id;
  const v1::Observation* observation = nullptr;  // nullptr: the document
  v1::ResultStatus status = v1::RESULT_STATUS_UNSPECIFIED;
};

// What a rule comes to for one unit and audience.
struct RuleTruth {
  expr::Truth as_restriction = expr::Truth::kFalse;  // codes may match anywhere in the report's header or the unit
  expr::Truth as_permit = expr::Truth::kFalse;       // codes must match the unit's own
  std::vector<std::string> unknown_facts;            // in order, for kUnknown
};

// Evaluates `rule` for a unit. Does not look at the rule's audiences. Pure.
RuleTruth Evaluate(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit, v1::Audience audience, absl::Time now,
                   const absl::TimeZone& zone);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_MATCH_H_
