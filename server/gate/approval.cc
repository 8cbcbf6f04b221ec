#include "server/gate/approval.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/holds.h"

namespace resultgate::gate {
namespace {

using policy::Cell;

// A review, or a withholding whose time is over: then its owner decides.
bool WaitsForAPerson(const v1::Outcome& outcome, absl::Time now) {
  return outcome.state() == v1::OUTCOME_STATE_HELD &&
         (outcome.disposition() == v1::DISPOSITION_REVIEW ||
          (outcome.disposition() == v1::DISPOSITION_WITHHOLD && base::FromProto(outcome.withheld_until()) <= now));
}

// A rule asks for a review here that asks for none of the patient's.
bool AsksMoreThan(const v1::Outcome& patients, const v1::Outcome& outcome) {
  const auto asks = [](const v1::AppliedRule& rule) {
    return !rule.lifted() && (rule.effect() == v1::RULE_EFFECT_REVIEW || rule.effect() == v1::RULE_EFFECT_WITHHOLD);
  };
  return std::any_of(outcome.rules().begin(), outcome.rules().end(), [&](const v1::AppliedRule& rule) {
    return asks(rule) && std::none_of(patients.rules().begin(), patients.rules().end(), [&](const v1::AppliedRule& other) {
             return asks(other) && other.rule_id() == rule.rule_id();
           });
  });
}

// The last turn of an owner who has none in the patient's review; -1 where nobody else is asked.
int TurnOfAnother(const v1::Review& patients, const v1::Review& review) {
  int turn = review.turns_size() - 1;
  for (; turn >= 0; --turn) {
    const std::string& role = review.turns(turn).owner().role();
    const auto is_it = [&role](const v1::ReviewTurn& other) { return other.owner().role() == role; };
    if (std::none_of(patients.turns().begin(), patients.turns().end(), is_it)) break;
  }
  return turn;
}

// The turns before this one are over; where its time has passed already, the others keep theirs.
void PassOn(int turn, absl::Time now, v1::Outcome* outcome) {
  v1::Review* review = outcome->mutable_review();
  if (base::FromProto(review->turns(turn).until()) <= now) return;
  for (int i = 0; i < turn; ++i) {
    if (base::FromProto(review->turns(i).until()) > now) *review->mutable_turns(i)->mutable_until() = base::ToProto(now);
  }
  *outcome->mutable_due_at() = review->turns(turn).until();
}

}  // namespace

std::vector<Cell> ApproveCells(const v1::Result& result, const std::vector<std::string>& unit_ids, const std::string& reviewer,
                               absl::Time now, std::vector<std::string>* reasons) {
  const auto say = [reasons](std::string reason) {
    if (std::find(reasons->begin(), reasons->end(), reason) == reasons->end()) reasons->push_back(std::move(reason));
  };
  std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  const auto approved = [&](const Cell& cell) {
    const bool named = unit_ids.empty() || std::find(unit_ids.begin(), unit_ids.end(), cell.unit_id) != unit_ids.end();
    return named && WaitsForAPerson(cell.outcome, now);
  };
  std::map<std::string, v1::Outcome> patients;
  bool for_patient = false;
  for (const Cell& cell : cells) {
    if (cell.audience != v1::AUDIENCE_PATIENT) continue;
    patients.emplace(cell.unit_id, cell.outcome);
    for_patient = for_patient || approved(cell);
  }
  for (Cell& cell : cells) {
    if (!approved(cell)) continue;
    v1::Outcome& outcome = cell.outcome;
    const auto patient = patients.find(cell.unit_id);
    if (for_patient && patient != patients.end() && AsksMoreThan(patient->second, outcome)) {
      const int turn = TurnOfAnother(patient->second.review(), outcome.review());
      if (turn >= 0) {
        PassOn(turn, now, &outcome);
        continue;
      }
    }
    outcome.mutable_review()->set_approved_by(reviewer);
    *outcome.mutable_review()->mutable_approved_at() = base::ToProto(now);
    outcome.clear_approved_review();
    if (cell.audience == v1::AUDIENCE_DELEGATE && policy::IsLeftByTheDead(outcome)) {
      outcome.set_state(v1::OUTCOME_STATE_CLOSED);
      outcome.clear_due_at();
      say(absl::StrCat(cell.unit_id, ": approved; delegates of who has died see nothing of it"));
      continue;
    }
    EndReview(&outcome, now);
    say(absl::StrCat(cell.unit_id, ": approved"));
  }
  return cells;
}

Transition Approve(const v1::Result& result, const std::vector<std::string>& unit_ids, const std::string& reviewer,
                   absl::Time now) {
  std::vector<std::string> reasons;
  Transition transition = TakeRedecided(result, ApproveCells(result, unit_ids, reviewer, now, &reasons), now);
  transition.reasons = std::move(reasons);
  return transition;
}

bool IsOfApproval(const v1::Outcome& outcome, const std::string& reviewer, absl::Time now) {
  const v1::Review& review = outcome.review();
  if (review.has_approved_at()) return review.approved_by() == reviewer && base::FromProto(review.approved_at()) == now;
  return std::any_of(review.turns().begin(), review.turns().end(),
                     [now](const v1::ReviewTurn& turn) { return base::FromProto(turn.until()) == now; });
}

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
