// A rule's condition taken apart, for people: each key of `match` and each part of `when` with what it comes to. Pure functions,
// thread-safe.
#ifndef RESULTGATE_POLICY_RULE_PARTS_H_
#define RESULTGATE_POLICY_RULE_PARTS_H_

#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/explanation.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/match.h"
#include "server/policy/pack.h"
#include "server/policy/units.h"

namespace resultgate::policy {

// For one unit of `report` and one audience. Does not look at the rule's audiences and dates. A rule that permits or limits and
// also restricts is taken apart as a restriction, whose codes may stand in the report's header.
std::vector<v1::ExplainedPart> PartsOf(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit,
                                       v1::Audience audience, absl::Time now, const absl::TimeZone& zone);

// What the protocol of the rule's review covers, taken apart in the same way, each whole part behind `covers: `; empty where it
// has none.
std::vector<v1::ExplainedPart> ProtocolPartsOf(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit,
                                               v1::Audience audience, absl::Time now, const absl::TimeZone& zone);

// What the parts come to together: the parts of depth 0 must all hold.
v1::Truth Together(const std::vector<v1::ExplainedPart>& parts);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_RULE_PARTS_H_
