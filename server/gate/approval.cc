#include "server/gate/approval.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/holds.h"
#include "server/policy/review_plan.h"
#include "server/policy/verdict.h"

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

bool IsAmong(const std::vector<std::string>& roles, const std::string& role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

// Whom the rules ask whose reviews were merged into this one, as the pack has it: of a long chain the last ones may have no turn.
// nullopt where that is not what came of it: the pack does not know a rule, or people gave somebody else a turn.
std::optional<std::vector<std::string>> OwnersAsked(const policy::Pack& pack, const v1::Outcome& outcome) {
  std::vector<std::string> roles, others;
  const auto ask = [&roles, &others](const policy::ReviewAsk& review) {
    roles.insert(roles.end(), review.owners.begin(), review.owners.end());
    if (review.protocol) others.push_back(review.protocol->pool);
  };
  for (const v1::AppliedRule& applied : outcome.rules()) {
    if (applied.lifted() || applied.effect() != v1::RULE_EFFECT_REVIEW) continue;
    const auto& rules = pack.rules();
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const policy::Rule& r) { return r.id == applied.rule_id(); });
    const bool known = rule != rules.end();
    if (!known && applied.rule_id() != policy::kDefaultRule) return std::nullopt;
    const bool own = known && rule->then.review;
    if (own) ask(*rule->then.review);
    // Where it is not known whether a rule withholds, the pack's own review stands for that.
    const bool may_withhold = known && rule->then.withhold_until && !applied.unknown_facts().empty();
    if (!own || may_withhold) ask(pack.default_review());
  }
  for (const v1::ReviewTurn& turn : outcome.review().turns()) {
    if (!IsAmong(roles, turn.owner().role()) && !IsAmong(others, turn.owner().role())) return std::nullopt;
  }
  return roles;
}

// Whose word a review still waits for that the patient's does not ask for: one who has a turn in it, or whose turn the others'
// left no time for.
struct Another {
  int turn = -1;     // of that owner; -1: none
  std::string role;  // without a turn; empty: nobody
};

// By the turns alone: where a review has come to somebody's last, those before are not known any more.
Another OfTurns(const v1::Review& patients, const v1::Review& review) {
  Another another{review.turns_size() - 1, ""};
  for (; another.turn >= 0; --another.turn) {
    const std::string& role = review.turns(another.turn).owner().role();
    const auto is_it = [&role](const v1::ReviewTurn& other) { return other.owner().role() == role; };
    if (std::none_of(patients.turns().begin(), patients.turns().end(), is_it)) break;
  }
  return another;
}

Another WhomElse(const policy::Pack& pack, const v1::Result& result, const v1::Outcome& patients, const v1::Outcome& outcome,
                 absl::Time now) {
  const v1::Review& review = outcome.review();
  const bool as_planned = outcome.disposition() == v1::DISPOSITION_REVIEW && !review.escalated() && review.overruns() == 0 &&
                          !review.extended_after_downtime() && pack.digest() == result.decision().pack_digest();
  const std::optional<std::vector<std::string>> asked = as_planned ? OwnersAsked(pack, outcome) : std::nullopt;
  std::optional<std::vector<std::string>> asked_for_patient = as_planned ? OwnersAsked(pack, patients) : std::nullopt;
  if (!asked || !asked_for_patient) return OfTurns(patients.review(), review);
  std::vector<std::string> of_patient = *std::move(asked_for_patient);
  for (const v1::ReviewTurn& turn : patients.review().turns()) of_patient.push_back(turn.owner().role());
  Another another;
  std::string without_turn;
  for (const std::string& role : *asked) {
    if (IsAmong(of_patient, role)) continue;
    for (int i = 0; i < review.turns_size(); ++i) {
      if (review.turns(i).owner().role() != role) continue;
      // The first who can still have it; else one whose time has passed.
      const bool passed = base::FromProto(review.turns(i).until()) <= now;
      if (!passed) return {i, ""};
      another.turn = i;
    }
    const bool nobody = policy::IsNobody(role, result.report().order());
    if (another.turn < 0 && !nobody && without_turn.empty()) without_turn = role;
  }
  if (another.turn < 0) another.role = without_turn;
  return another;
}

// The turns before that owner's are over; where its time, or the whole review's, has passed already, the others keep theirs.
void PassOn(const Another& to, const v1::Identifier& ordering_provider, absl::Time now, v1::Outcome* outcome) {
  v1::Review* review = outcome->mutable_review();
  if (base::FromProto(to.turn >= 0 ? review->turns(to.turn).until() : review->expires_at()) <= now) return;
  const int before = to.turn >= 0 ? to.turn : review->turns_size();
  for (int i = 0; i < before; ++i) {
    if (base::FromProto(review->turns(i).until()) > now) *review->mutable_turns(i)->mutable_until() = base::ToProto(now);
  }
  if (to.turn < 0) {
    v1::ReviewTurn* turn = review->add_turns();
    turn->mutable_owner()->set_role(to.role);
    if (to.role == policy::kOrderingProvider) *turn->mutable_owner()->mutable_person() = ordering_provider;
    *turn->mutable_until() = review->expires_at();
  }
  *outcome->mutable_due_at() = review->turns(before).until();
}

// What an approval of these units is about.
class Approval {
 public:
  Approval(const policy::Pack* pack, const v1::Result& result, const std::vector<std::string>& unit_ids, absl::Time now)
      : pack_(pack), result_(result), unit_ids_(unit_ids), now_(now), cells_(policy::ToCells(result.decision().outcomes())) {
    for (const Cell& cell : cells_) {
      if (cell.audience != v1::AUDIENCE_PATIENT) continue;
      patients_.emplace(cell.unit_id, cell.outcome);
      for_patient_ = for_patient_ || IsMeant(cell);
    }
  }

  const std::vector<Cell>& cells() const { return cells_; }

  bool IsMeant(const Cell& cell) const {
    return (unit_ids_.empty() || IsAmong(unit_ids_, cell.unit_id)) && WaitsForAPerson(cell.outcome, now_);
  }

  // A rule asks for a review of the cell that asks for none of the patient's.
  bool IsAskedMore(const Cell& cell) const {
    const auto patient = patients_.find(cell.unit_id);
    return for_patient_ && patient != patients_.end() && AsksMoreThan(patient->second, cell.outcome);
  }

  // Whose word the cell, which is meant, waits for after this one; nullopt where it ends with this one.
  std::optional<Another> WaitsFor(const Cell& cell) const {
    if (!IsAskedMore(cell)) return std::nullopt;
    Another another = WhomElse(*pack_, result_, patients_.at(cell.unit_id), cell.outcome, now_);
    if (another.turn < 0 && another.role.empty()) return std::nullopt;
    return another;
  }

 private:
  const policy::Pack* const pack_;
  const v1::Result& result_;
  const std::vector<std::string>& unit_ids_;
  const absl::Time now_;
  const std::vector<Cell> cells_;
  std::map<std::string, v1::Outcome> patients_;  // by unit
  bool for_patient_ = false;
};

}  // namespace

std::vector<Cell> ApproveCells(const policy::Pack* pack, const v1::Result& result, const std::vector<std::string>& unit_ids,
                               const std::string& reviewer, absl::Time now, std::vector<std::string>* reasons) {
  const auto say = [reasons](std::string reason) {
    if (std::find(reasons->begin(), reasons->end(), reason) == reasons->end()) reasons->push_back(std::move(reason));
  };
  const Approval approval(pack, result, unit_ids, now);
  std::vector<Cell> cells = approval.cells();
  for (Cell& cell : cells) {
    if (!approval.IsMeant(cell)) continue;
    v1::Outcome& outcome = cell.outcome;
    if (const std::optional<Another> another = approval.WaitsFor(cell)) {
      PassOn(*another, result.report().order().ordering_provider(), now, &outcome);
      continue;
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

bool AsksThePack(const v1::Result& result, const std::vector<std::string>& unit_ids, absl::Time now) {
  const Approval approval(nullptr, result, unit_ids, now);
  return std::any_of(approval.cells().begin(), approval.cells().end(),
                     [&approval](const Cell& cell) { return approval.IsMeant(cell) && approval.IsAskedMore(cell); });
}

std::vector<Cell> EndedByApproval(const policy::Pack& pack, const v1::Result& result, const std::vector<std::string>& unit_ids,
                                  absl::Time now) {
  const Approval approval(&pack, result, unit_ids, now);
  std::vector<Cell> ended;
  for (const Cell& cell : approval.cells()) {
    if (approval.IsMeant(cell) && !approval.WaitsFor(cell)) ended.push_back(cell);
  }
  return ended;
}

Transition Approve(const policy::Pack& pack, const v1::Result& result, const std::vector<std::string>& unit_ids,
                   const std::string& reviewer, absl::Time now) {
  std::vector<std::string> reasons;
  Transition transition = TakeRedecided(result, ApproveCells(&pack, result, unit_ids, reviewer, now, &reasons), now);
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
