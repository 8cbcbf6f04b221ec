// Plans a review: who is asked, one after the other, until when. Pure.
#ifndef RESULTGATE_TESTS_POLICY_REFERENCE_REVIEW_PLAN_H_
#define RESULTGATE_TESTS_POLICY_REFERENCE_REVIEW_PLAN_H_

#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/calendar/calendar.h"
#include "server/policy/pack.h"
#include "server/policy/review_plan.h"

namespace resultgate::policy::reference {

// Merges `asks` (at least one, in order of rule id) into one review. It begins at `start`, or when somebody is there next to see
// it: a working day that began on Saturday would be over when the first one comes in on Monday. Owners joined in that order and
// each once, the latest expiry, the strictest ending. A role that this order fills with nobody is passed over; where nobody is
// left, the pack's default owners are asked. An expiry that no statute set moves to the next staffed hour, so that nobody is told
// anything by a timer at night.
v1::Review PlanReview(const Pack& pack, const v1::ServiceRequest& order, const std::vector<AskedReview>& asks, absl::Time start);

}  // namespace resultgate::policy::reference

#endif  // RESULTGATE_TESTS_POLICY_REFERENCE_REVIEW_PLAN_H_
