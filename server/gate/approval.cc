#include "server/gate/approval.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/holds.h"
#include "server/policy/review_plan.h"

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

const std::string& OwnerOf(const v1::Outcome& outcome, absl::Time now) {
  return policy::CurrentTurn(outcome.review(), now).owner().role();
}

}  // namespace

std::vector<Cell> ApproveCells(const v1::Result& result, const std::vector<std::string>& unit_ids, const std::string& reviewer,
                               absl::Time now, std::vector<std::string>* reasons) {
  const auto say = [reasons](std::string reason) {
    if (std::find(reasons->begin(), reasons->end(), reason) == reasons->end()) reasons->push_back(std::move(reason));
  };
  std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  std::map<std::string, v1::Outcome> patients;  // what waits for the patient
  for (const Cell& cell : cells) {
    if (cell.audience == v1::AUDIENCE_PATIENT && WaitsForAPerson(cell.outcome, now)) patients.emplace(cell.unit_id, cell.outcome);
  }
  for (Cell& cell : cells) {
    v1::Outcome& outcome = cell.outcome;
    const bool named = unit_ids.empty() || std::find(unit_ids.begin(), unit_ids.end(), cell.unit_id) != unit_ids.end();
    if (!named || !WaitsForAPerson(outcome, now)) continue;
    const auto patient = patients.find(cell.unit_id);
    const bool for_another = patient != patients.end() && AsksMoreThan(patient->second, outcome) &&
                             OwnerOf(patient->second, now) != OwnerOf(outcome, now);
    if (for_another) continue;
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
