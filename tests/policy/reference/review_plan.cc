#include "tests/policy/reference/review_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "server/base/proto_time.h"

namespace resultgate::policy::reference {
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

// The protocol by which all asks leave it to one pool first; of several the one with the shortest turn. nullptr: there is none.
const ReviewAsk::Protocol* CommonProtocol(const std::vector<AskedReview>& asks, const calendar::Calendar& calendar,
                                          absl::Time start) {
  std::set<std::string> pools;
  std::map<absl::Time, const ReviewAsk::Protocol*> by_end;
  for (const AskedReview& asked : asks) {
    if (!asked.covered) return nullptr;
    pools.insert(asked.ask->protocol->pool);
    by_end.emplace(calendar.Add(start, asked.ask->protocol->each), &*asked.ask->protocol);
  }
  return pools.size() == 1 ? by_end.begin()->second : nullptr;
}

}  // namespace

v1::Review PlanReview(const Pack& pack, const v1::ServiceRequest& order, const std::vector<AskedReview>& asks, absl::Time start) {
  const calendar::Calendar& calendar = pack.CalendarFor(order);
  v1::Review review;
  start = calendar.NextStaffed(start);
  *review.mutable_started_at() = base::ToProto(start);
  std::set<std::string> asked;
  absl::Time at = start;
  std::vector<absl::Time> expiries;
  const ReviewAsk* escalation = nullptr;
  if (const ReviewAsk::Protocol* protocol = CommonProtocol(asks, calendar, start); protocol != nullptr) {
    at = calendar.Add(at, protocol->each);
    asked.insert(protocol->pool);
    v1::ReviewTurn* turn = review.add_turns();
    turn->mutable_owner()->set_role(protocol->pool);
    *turn->mutable_until() = base::ToProto(at);
  }
  const int before_owners = review.turns_size();
  for (const auto& [ask, by_statute, covered] : asks) {
    AddTurns(*ask, order, calendar, &asked, &at, &review);
    const absl::Time ends = calendar.Add(start, ask->expires);
    expiries.push_back(by_statute ? ends : calendar.NextStaffed(ends));
    review.set_on_expiry(std::max(review.on_expiry(), ask->on_expiry));
    // What one of them does at the end is done at the latest after the escalation that another one asks for.
    const bool escalates = ask->on_expiry == v1::ON_EXPIRY_ESCALATE;
    review.set_after_escalation(std::max(review.after_escalation(), escalates ? ask->after_escalation : ask->on_expiry));
    if (escalates && escalation == nullptr) escalation = ask;
  }
  if (review.turns_size() == before_owners) AddTurns(pack.default_review(), order, calendar, &asked, &at, &review);
  const absl::Time expires = *std::max_element(expiries.begin(), expiries.end());
  *review.mutable_expires_at() = base::ToProto(expires);
  if (escalation != nullptr) {
    // The latest end of any: business days keep the time of day, so of two expiries the later one may lead to the earlier end.
    absl::Time ends = expires;
    for (const auto& [ask, by_statute, covered] : asks) {
      if (ask->on_expiry != v1::ON_EXPIRY_ESCALATE) continue;
      for (const absl::Time expiry : expiries) ends = std::max(ends, calendar.Add(expiry, ask->escalate_for));
    }
    review.mutable_escalate_to()->set_role(escalation->escalate_to);
    *review.mutable_escalate_for() = base::ToProto(ends - expires);
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

}  // namespace resultgate::policy::reference
