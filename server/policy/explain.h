// Why a report is decided as it is, for people: for each unit and audience the rules with the parts of their conditions, and the
// clock from the result's first final to its release.
//
// Explains a report by itself, as a first version. Pure functions, thread-safe. Times are in the zone of the order's facility.
#ifndef RESULTGATE_POLICY_EXPLAIN_H_
#define RESULTGATE_POLICY_EXPLAIN_H_

#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/explanation.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

v1::Explanation Explain(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now);

// In words, a line each. `all`: with the rules that plainly do not speak for a unit; they are counted otherwise.
std::string ToText(const v1::Explanation& explanation, bool all);

// `true    codes: [routine]`, a line for each part, indented by `indent` and its depth, with what is missing.
std::string PartLines(const google::protobuf::RepeatedPtrField<v1::ExplainedPart>& parts, int indent);

// `everybody`, or `patient, delegate`.
std::string AudienceWords(const google::protobuf::RepeatedField<int>& audiences);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_EXPLAIN_H_
