#include "server/policy/review_plan.h"

#include <algorithm>

#include "server/base/proto_time.h"

namespace resultgate::policy {
namespace {

void AddTurns(const ReviewAsk& ask, const v1::ServiceRequest& order, const calendar::Calendar& calendar, absl::Time* at,
              ReviewPlan* plan) {
  for (const std::string& role : ask.owners) {
    const auto is_role = [&role](const ReviewPlan::Turn& turn) { return *turn.role == role; };
    if (IsNobody(role, order) || std::any_of(plan->turns.begin(), plan->turns.end(), is_role)) continue;
    *at = calendar.Add(*at, ask.each);
    plan->turns.push_back({&role, *at});
  }
}

// The first turn, where there is a protocol that all of them agree on: what one of them does not leave to the pool, nobody does.
void AddProtocolTurn(absl::Span<const AskedReview> asks, const calendar::Calendar& calendar, absl::Time* at, ReviewPlan* plan) {
  const std::string* pool = nullptr;
  absl::Time until = absl::InfiniteFuture();
  for (const AskedReview& asked : asks) {
    if (!asked.covered) return;
    const ReviewAsk::Protocol& protocol = *asked.ask->protocol;
    if (pool != nullptr && *pool != protocol.pool) return;
    pool = &protocol.pool;
    until = std::min(until, calendar.Add(*at, protocol.each));
  }
  *at = until;
  plan->turns.push_back({pool, until});
}

absl::Time ExpiryOf(const AskedReview& asked, const calendar::Calendar& calendar, absl::Time start) {
  const absl::Time ends = calendar.Add(start, asked.ask->expires);
  return asked.by_statute ? ends : calendar.NextStaffed(ends);
}

// The latest end of any: business days keep the time of day, so of two expiries the later one may lead to the earlier end.
absl::Time EscalationEnds(absl::Span<const AskedReview> asks, const calendar::Calendar& calendar, absl::Time start,
                          absl::Time expires) {
  absl::Time ends = expires;
  for (const AskedReview& escalating : asks) {
    if (escalating.ask->on_expiry != v1::ON_EXPIRY_ESCALATE) continue;
    for (const AskedReview& asked : asks) {
      ends = std::max(ends, calendar.Add(ExpiryOf(asked, calendar, start), escalating.ask->escalate_for));
    }
  }
  return ends;
}

}  // namespace

bool IsNobody(const std::string& role, const v1::ServiceRequest& order) {
  return role == "covering-provider" || (role == kOrderingProvider && order.ordering_provider().value().empty());
}

absl::Time ReviewPlan::TurnEndsAt(absl::Time now) const {
  for (const Turn& turn : turns) {
    if (now < turn.until) return turn.until;
  }
  return turns.back().until;
}

bool ReviewPlan::operator==(const ReviewPlan& other) const {
  const bool same_escalation = (escalate_to == nullptr) == (other.escalate_to == nullptr) &&
                               (escalate_to == nullptr || *escalate_to == *other.escalate_to) &&
                               escalate_for == other.escalate_for && after_escalation == other.after_escalation;
  return same_escalation && turns == other.turns && started_at == other.started_at && expires_at == other.expires_at &&
         on_expiry == other.on_expiry;
}

void PlanReview(const Pack& pack, const v1::ServiceRequest& order, absl::Span<const AskedReview> asks, absl::Time start,
                ReviewPlan* plan) {
  const calendar::Calendar& calendar = pack.CalendarFor(order);
  start = calendar.NextStaffed(start);
  plan->turns.clear();
  plan->started_at = start;
  plan->expires_at = absl::InfinitePast();
  plan->on_expiry = plan->after_escalation = v1::ON_EXPIRY_UNSPECIFIED;
  plan->escalate_to = nullptr;
  plan->escalate_for = absl::ZeroDuration();
  absl::Time at = start;
  AddProtocolTurn(asks, calendar, &at, plan);
  const size_t before_owners = plan->turns.size();
  for (const AskedReview& asked : asks) {
    const ReviewAsk& ask = *asked.ask;
    AddTurns(ask, order, calendar, &at, plan);
    plan->expires_at = std::max(plan->expires_at, ExpiryOf(asked, calendar, start));
    plan->on_expiry = std::max(plan->on_expiry, ask.on_expiry);
    // What one of them does at the end is done at the latest after the escalation that another one asks for.
    const bool escalates = ask.on_expiry == v1::ON_EXPIRY_ESCALATE;
    plan->after_escalation = std::max(plan->after_escalation, escalates ? ask.after_escalation : ask.on_expiry);
    if (escalates && plan->escalate_to == nullptr) plan->escalate_to = &ask.escalate_to;
  }
  if (plan->turns.size() == before_owners) AddTurns(pack.default_review(), order, calendar, &at, plan);
  if (plan->escalate_to != nullptr) {
    plan->escalate_for = EscalationEnds(asks, calendar, start, plan->expires_at) - plan->expires_at;
  } else {
    plan->after_escalation = v1::ON_EXPIRY_UNSPECIFIED;
  }
  // The last turn that begins before the expiry lasts until then.
  size_t last = 0;
  while (last + 1 < plan->turns.size() && plan->turns[last].until < plan->expires_at) ++last;
  plan->turns.resize(last + 1);
  plan->turns[last].until = plan->expires_at;
}

void ToProto(const ReviewPlan& plan, const v1::ServiceRequest& order, v1::Review* review) {
  *review->mutable_started_at() = base::ToProto(plan.started_at);
  *review->mutable_expires_at() = base::ToProto(plan.expires_at);
  review->set_on_expiry(plan.on_expiry);
  for (const ReviewPlan::Turn& planned : plan.turns) {
    v1::ReviewTurn* turn = review->add_turns();
    turn->mutable_owner()->set_role(*planned.role);
    if (*planned.role == kOrderingProvider) *turn->mutable_owner()->mutable_person() = order.ordering_provider();
    *turn->mutable_until() = base::ToProto(planned.until);
  }
  if (plan.escalate_to == nullptr) return;
  review->mutable_escalate_to()->set_role(*plan.escalate_to);
  *review->mutable_escalate_for() = base::ToProto(plan.escalate_for);
  review->set_after_escalation(plan.after_escalation);
}

absl::Time EndOf(const v1::Review& review) {
  const absl::Time expires = base::FromProto(review.expires_at());
  return review.on_expiry() == v1::ON_EXPIRY_ESCALATE ? expires + base::FromProto(review.escalate_for()) : expires;
}

const v1::ReviewTurn& CurrentTurn(const v1::Review& review, absl::Time now) {
  for (const v1::ReviewTurn& turn : review.turns()) {
    if (now < base::FromProto(turn.until())) return turn;
  }
  return review.turns(review.turns_size() - 1);
}

}  // namespace resultgate::policy
