// The decision, worked out the plain way: every rule is asked, one after the other, for every unit and audience, its whole
// condition at once; what they ask for is combined in the messages themselves. What policy::Decide is compared with.
#ifndef RESULTGATE_TESTS_POLICY_REFERENCE_DECIDE_H_
#define RESULTGATE_TESTS_POLICY_REFERENCE_DECIDE_H_

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"

namespace resultgate::policy::reference {

// As policy::Decide.
v1::Decision Decide(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now);

}  // namespace resultgate::policy::reference

#endif  // RESULTGATE_TESTS_POLICY_REFERENCE_DECIDE_H_
