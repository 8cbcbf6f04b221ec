#include "server/gate/downtime.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using base::ToProto;
using policy::Cell;

constexpr absl::Duration kLateness = absl::Minutes(15);

// Time ends the review, and the unit goes; it did not keep its hours once already.
bool EndsByTime(const v1::Outcome& outcome, absl::Time now) {
  const v1::Review& review = outcome.review();
  return outcome.state() == v1::OUTCOME_STATE_HELD && outcome.disposition() == v1::DISPOSITION_REVIEW &&
         review.turns_size() > 0 && !review.extended_after_downtime() && FromProto(review.started_at()) <= now &&
         (review.on_expiry() != v1::ON_EXPIRY_ESCALATE || review.escalated());
}

}  // namespace

bool IsLate(absl::Time due, absl::Time now) {
  return now > due + kLateness;
}

bool WasMissed(const calendar::Calendar& calendar, absl::Time since, absl::Time until) {
  return IsLate(since, until) && calendar.AddStaffed(since, kLateness) <= until;
}

std::string KeepHours(const calendar::Calendar& calendar, absl::Time now, v1::Outcome* outcome) {
  v1::Review* review = outcome->mutable_review();
  absl::Time until = calendar.AddStaffed(now, kAfterDowntime);
  if (outcome->has_not_after()) until = std::max(now, std::min(until, FromProto(outcome->not_after())));
  const bool over = FromProto(review->expires_at()) <= now;
  if (!over && until <= FromProto(review->expires_at())) return "";
  const v1::Owner owner = policy::CurrentTurn(*review, now).owner();
  if (over) {
    review->clear_turns();
    *review->add_turns()->mutable_owner() = owner;
  }
  *review->mutable_turns(review->turns_size() - 1)->mutable_until() = ToProto(until);
  *review->mutable_expires_at() = ToProto(until);
  review->set_extended_after_downtime(true);
  *outcome->mutable_due_at() = policy::CurrentTurn(*review, now).until();
  if (over) return absl::StrCat("the gate was down when the review expired: ", owner.role(), " keeps four staffed hours");
  return absl::StrCat("the gate was down and the review would expire soon: ", owner.role(), " keeps four staffed hours");
}

Transition AdvanceAfterDowntime(const v1::Result& result, const calendar::Calendar& calendar, absl::Time now) {
  std::vector<std::string> kept;
  std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  for (Cell& cell : cells) {
    if (!EndsByTime(cell.outcome, now)) continue;
    const std::string reason = KeepHours(calendar, now, &cell.outcome);
    const std::string told = absl::StrCat(cell.unit_id, ": ", reason);
    if (!reason.empty() && std::find(kept.begin(), kept.end(), told) == kept.end()) kept.push_back(told);
  }
  if (kept.empty()) return Advance(result, calendar, now);
  v1::Result after = result;
  *after.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(cells);
  Transition transition = Advance(after, calendar, now);
  transition.reasons.insert(transition.reasons.begin(), kept.begin(), kept.end());
  return transition;
}

bool IsAfterDowntime(const v1::Entry& entry, const v1::Result& before) {
  std::map<std::pair<std::string, v1::Audience>, v1::Outcome> standing;
  for (Cell& cell : policy::ToCells(before.decision().outcomes())) {
    standing.emplace(std::make_pair(cell.unit_id, cell.audience), std::move(cell.outcome));
  }
  const std::vector<Cell> logged = policy::ToCells(entry.advanced().outcomes());
  return std::any_of(logged.begin(), logged.end(), [&](const Cell& cell) {
    const auto found = standing.find({cell.unit_id, cell.audience});
    const bool newly = found != standing.end() && cell.outcome.review().extended_after_downtime() &&
                       !found->second.review().extended_after_downtime();
    return newly && !IsLate(FromProto(found->second.review().expires_at()), FromProto(entry.time()));
  });
}

}  // namespace resultgate::gate
