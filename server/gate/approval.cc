#include "server/gate/approval.h"

#include "server/base/proto_time.h"
#include "server/gate/transition.h"

namespace resultgate::gate {

const v1::Review* ApprovedReview(const v1::Outcome& outcome, absl::Time now) {
  if (outcome.has_approved_review())
    return base::FromProto(outcome.withheld_until()) > now ? &outcome.approved_review() : nullptr;
  return outcome.review().has_approved_at() ? &outcome.review() : nullptr;
}

bool ApprovedFor(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now) {
  return ApprovedReview(standing, now) != nullptr && AsksNothingNew(asked, standing);
}

const v1::Review* ApprovalBehind(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now) {
  v1::Outcome reviews;
  for (const v1::AppliedRule& rule : asked.rules()) {
    if (rule.effect() == v1::RULE_EFFECT_REVIEW) *reviews.add_rules() = rule;
  }
  return ApprovedFor(standing, reviews, now) ? ApprovedReview(standing, now) : nullptr;
}

}  // namespace resultgate::gate
