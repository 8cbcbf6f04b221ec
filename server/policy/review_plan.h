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

// A review that a rule, or the pack, asks for.
struct AskedReview {
  const ReviewAsk* ask = nullptr;
  bool by_statute = false;
};

// Merges `asks` (at least one, in order of rule id) into one review. It begins at `start`, or when somebody is there next to see
// it: a working day that began on Saturday would be over when the first one comes in on Monday. Owners joined in that order and
// each once, the latest expiry, the strictest ending. A role that this order fills with nobody is passed over; where nobody is
// left, the pack's default owners are asked. An expiry that no statute set moves to the next staffed hour, so that nobody is told
// anything by a timer at night.
v1::Review PlanReview(const Pack& pack, const v1::ServiceRequest& order, const std::vector<AskedReview>& asks, absl::Time start);

// When it ends at the latest, its escalation included.
absl::Time EndOf(const v1::Review& review);

// Whose turn it is at `now`: the first turn that has not ended, else the last. The review must have a turn.
const v1::ReviewTurn& CurrentTurn(const v1::Review& review, absl::Time now);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_REVIEW_PLAN_H_
