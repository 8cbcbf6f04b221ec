#include "server/policy/review_plan.h"

#include <algorithm>
#include <optional>
#include <set>

#include "server/base/proto_time.h"

namespace resultgate::policy {
namespace {

// The owner that a role means for this order; nullopt where it means nobody. Who covers for whom is not known here, so
// `covering-provider` means nobody.
std::optional<v1::Owner> Resolve(const std::string& role, const v1::ServiceRequest& order) {
  v1::Owner owner;
  owner.set_role(role);
  if (role == "covering-provider") return std::nullopt;
  if (role == "ordering-provider") {
    if (order.ordering_provider().value().empty()) return std::nullopt;
    *owner.mutable_person() = order.ordering_provider();
  }
  return owner;
}

void AddTurns(const ReviewAsk& ask, const v1::ServiceRequest& order, const calendar::Calendar& calendar,
              std::set<std::string>* asked, absl::Time* at, v1::Review* review) {
  for (const std::string& role : ask.owners) {
    const std::optional<v1::Owner> owner = Resolve(role, order);
    if (!owner.has_value() || !asked->insert(role).second) continue;
    *at = calendar.Add(*at, ask.each);
    v1::ReviewTurn* turn = review->add_turns();
    *turn->mutable_owner() = *owner;
    *turn->mutable_until() = base::ToProto(*at);
  }
}

}  // namespace

v1::Review PlanReview(const Pack& pack, const v1::ServiceRequest& order, const std::vector<const ReviewAsk*>& asks,
                      absl::Time start, bool by_statute) {
  const calendar::Calendar& calendar = pack.calendar();
  v1::Review review;
  *review.mutable_started_at() = base::ToProto(start);
  std::set<std::string> asked;
  absl::Time at = start;
  absl::Time expires = start;
  const ReviewAsk* escalation = nullptr;
  absl::Duration escalate_for;
  for (const ReviewAsk* ask : asks) {
    AddTurns(*ask, order, calendar, &asked, &at, &review);
    expires = std::max(expires, calendar.Add(start, ask->expires));
    review.set_on_expiry(std::max(review.on_expiry(), ask->on_expiry));
    // What one of them does at the end is done at the latest after the escalation that another one asks for.
    const bool escalates = ask->on_expiry == v1::ON_EXPIRY_ESCALATE;
    review.set_after_escalation(std::max(review.after_escalation(), escalates ? ask->after_escalation : ask->on_expiry));
    if (escalates && escalation == nullptr) escalation = ask;
  }
  if (review.turns().empty()) AddTurns(pack.default_review(), order, calendar, &asked, &at, &review);
  if (!by_statute) expires = calendar.NextStaffed(expires);
  *review.mutable_expires_at() = base::ToProto(expires);
  if (escalation != nullptr) {
    for (const ReviewAsk* ask : asks) {
      if (ask->on_expiry == v1::ON_EXPIRY_ESCALATE) {
        escalate_for = std::max(escalate_for, calendar.Add(expires, ask->escalate_for) - expires);
      }
    }
    review.mutable_escalate_to()->set_role(escalation->escalate_to);
    *review.mutable_escalate_for() = base::ToProto(escalate_for);
  } else {
    review.clear_after_escalation();
  }
  // The last turn that begins before the expiry lasts until then.
  int last = 0;
  while (last + 1 < review.turns_size() && base::FromProto(review.turns(last).until()) < expires) ++last;
  review.mutable_turns()->DeleteSubrange(last + 1, review.turns_size() - last - 1);
  *review.mutable_turns(last)->mutable_until() = review.expires_at();
  return review;
}

const v1::ReviewTurn& CurrentTurn(const v1::Review& review, absl::Time now) {
  for (const v1::ReviewTurn& turn : review.turns()) {
    if (now < base::FromProto(turn.until())) return turn;
  }
  return review.turns(review.turns_size() - 1);
}

}  // namespace resultgate::policy
