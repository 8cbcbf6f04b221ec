// Plans a review: who is asked, one after the other, until when. Pure.
#ifndef RESULTGATE_POLICY_REVIEW_PLAN_H_
#define RESULTGATE_POLICY_REVIEW_PLAN_H_

#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/calendar/calendar.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// Merges `asks` (at least one, in order of rule id) into one review that begins at `start`: owners joined in that order and each
// once, the latest expiry, the strictest ending. A role that this order fills with nobody is passed over; where nobody is left,
// the pack's default owners are asked. An expiry moves to the next staffed hour unless a statute set it (`by_statute`), so that
// nobody is told anything by a timer at night.
v1::Review PlanReview(const Pack& pack, const v1::ServiceRequest& order, const std::vector<const ReviewAsk*>& asks,
                      absl::Time start, bool by_statute);

// Whose turn it is at `now`: the first turn that has not ended, else the last. The review must have a turn.
const v1::ReviewTurn& CurrentTurn(const v1::Review& review, absl::Time now);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_REVIEW_PLAN_H_
