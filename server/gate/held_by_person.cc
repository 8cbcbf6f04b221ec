#include "server/gate/held_by_person.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/gate/ask_anew.h"
#include "server/gate/determination_review.h"
#include "server/gate/lifting.h"
#include "server/policy/outcomes.h"
#include "server/policy/personal.h"

namespace resultgate::gate {
namespace {

using policy::Cell;

bool Tells(const v1::Outcome& outcome, const std::string& rule_id) {
  return std::any_of(outcome.rules().begin(), outcome.rules().end(),
                     [&rule_id](const v1::AppliedRule& rule) { return rule.rule_id() == rule_id; });
}

// The patient had asked for what was held: once nothing is held by it any more, what the patient may lift ends too.
void LiftAsAsked(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous, v1::Audience asked_as,
                 absl::Time now, Anew* anew) {
  v1::Result ended = result;
  if (anew->changed) *ended.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(anew->transition.cells);
  Anew lifted = Lift(pack, ended, previous, v1::LIFTER_PATIENT, now, asked_as);
  if (!lifted.changed) return;
  std::vector<PlannedRelease>& releases = lifted.transition.releases;
  releases.insert(releases.begin(), anew->transition.releases.begin(), anew->transition.releases.end());
  *anew = std::move(lifted);
}

}  // namespace

Anew HoldByPerson(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                  const v1::Determination& determination, absl::Time now) {
  const std::string rule_id = policy::RuleIdOf(determination);
  std::vector<Cell> asked = AskAnew(pack, result, previous, now);
  asked.erase(std::remove_if(asked.begin(), asked.end(), [&](const Cell& cell) { return !Tells(cell.outcome, rule_id); }),
              asked.end());
  Reconsidering how;
  how.held.tighten = how.withdraw_related = how.withdraw_undelivered = true;
  return Reconsider(result, asked, how, now);
}

Anew EndHoldByPerson(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                     const v1::Determination& determination, absl::Time now) {
  const std::string rule_id = policy::RuleIdOf(determination);
  std::vector<Cell> asked = AskAnew(pack, result, previous, now);
  const std::vector<Cell> standing = policy::ToCells(result.decision().outcomes());
  const auto held_by_it = [&](const Cell& cell) {
    return std::any_of(standing.begin(), standing.end(), [&](const Cell& own) {
      return own.unit_id == cell.unit_id && own.audience == cell.audience && Tells(own.outcome, rule_id);
    });
  };
  asked.erase(std::remove_if(asked.begin(), asked.end(), [&](const Cell& cell) { return !held_by_it(cell); }), asked.end());
  Reconsidering how;
  how.held.relax = true;
  Anew anew = Reconsider(result, asked, how, now);
  if (const v1::DeterminationReview* review = FindReview(result, determination.id()); review != nullptr) {
    LiftAsAsked(pack, result, previous, review->requested_as(), now, &anew);
  }
  return anew;
}

}  // namespace resultgate::gate
