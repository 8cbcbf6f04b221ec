#include "server/gate/review_turns.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"

namespace resultgate::gate {
namespace {

using policy::Cell;

// Of a digest, what tells two states of one result apart.
constexpr size_t kEtagDigits = 16;

// The position of the turn that stands at `now`.
int CurrentTurnIndex(const v1::Review& review, absl::Time now) {
  const v1::ReviewTurn& current = policy::CurrentTurn(review, now);
  int index = 0;
  while (&review.turns(index) != &current) ++index;
  return index;
}

std::string InWords(const v1::Owner& owner) {
  if (owner.person().value().empty()) return owner.role();
  return owner.role().empty() ? owner.person().value() : absl::StrCat(owner.role(), " ", owner.person().value());
}

// Changes the turn of each cell that is meant; `change` says why it may not be.
template <typename Change>
absl::StatusOr<std::vector<Cell>> ChangeTurns(const v1::Result& result, const std::vector<std::string>& unit_ids, Change change) {
  std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  for (const std::string& unit : unit_ids) {
    const auto waits = [&unit](const Cell& cell) { return cell.unit_id == unit && WaitsForOwner(cell.outcome); };
    if (std::none_of(cells.begin(), cells.end(), waits)) {
      return absl::InvalidArgumentError(absl::StrCat("unit `", unit, "` does not wait for a review"));
    }
  }
  bool any = false;
  for (Cell& cell : cells) {
    const bool named = unit_ids.empty() || std::find(unit_ids.begin(), unit_ids.end(), cell.unit_id) != unit_ids.end();
    if (!named || !WaitsForOwner(cell.outcome)) continue;
    RG_RETURN_IF_ERROR(change(&cell.outcome));
    any = true;
  }
  if (!any) return absl::FailedPreconditionError("nothing of the result waits for a review");
  return cells;
}

}  // namespace

bool WaitsForOwner(const v1::Outcome& outcome) {
  return outcome.state() == v1::OUTCOME_STATE_HELD && outcome.review().turns_size() > 0 && !outcome.review().has_approved_at() &&
         outcome.disposition() != v1::DISPOSITION_DELAY && outcome.disposition() != v1::DISPOSITION_RELEASE;
}

std::string ReviewEtag(const v1::Result& result) {
  std::string state = absl::StrCat(result.id(), ":");
  for (v1::Outcome outcome : result.decision().outcomes()) {
    if (outcome.state() != v1::OUTCOME_STATE_HELD) continue;
    outcome.clear_due_at();
    absl::StrAppend(&state, outcome.SerializeAsString());
  }
  for (const v1::DeterminationReview& review : result.determination_reviews()) {
    if (!review.upheld_by().empty()) absl::StrAppend(&state, review.SerializeAsString());
  }
  // `sha256:` says nothing here.
  return absl::StrCat(result.version(), "-", base::DigestText(state).substr(7, kEtagDigits));
}

std::string OnBehalfOf(const v1::Result& result, const std::string& person, const Directory& directory,
                       const absl::TimeZone& zone, absl::Time now) {
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (!WaitsForOwner(outcome)) continue;
    v1::Review review = outcome.review();
    v1::Owner* owner = review.mutable_turns(CurrentTurnIndex(review, now))->mutable_owner();
    // Who claimed the turn of whoever ordered it stands in for them still.
    const bool claimed = owner->role() == policy::kOrderingProvider && owner->person().value() == person;
    if (claimed) *owner->mutable_person() = result.report().order().ordering_provider();
    std::string away;
    const v1::ReviewTurn turn = directory.TurnAt(review, zone, now, &away);
    const std::string& stands_in = DirectoryId(turn.owner());
    if (!away.empty() && away != person && (stands_in == person || directory.IsMember(stands_in, person))) return away;
  }
  return "";
}

absl::StatusOr<Transition> Claim(const v1::Result& result, const std::vector<std::string>& unit_ids, const std::string& person,
                                 const Directory& directory, const absl::TimeZone& zone, absl::Time now) {
  Transition transition;
  RG_ASSIGN_OR_RETURN(
      transition.cells, ChangeTurns(result, unit_ids, [&](v1::Outcome* outcome) -> absl::Status {
        v1::Review* review = outcome->mutable_review();
        v1::Owner owner = directory.TurnAt(*review, zone, now).owner();
        const std::string& standing = owner.person().value();
        if (!standing.empty() && standing != person) {
          return absl::FailedPreconditionError(absl::StrCat(
              "the review is ", InWords(owner), "'s already; ask for it to be handed over, or hand it over yourself"));
        }
        owner.mutable_person()->set_value(person);
        *review->mutable_turns(CurrentTurnIndex(*review, now))->mutable_owner() = std::move(owner);
        return absl::OkStatus();
      }));
  transition.reasons.push_back(absl::StrCat("claimed by ", person));
  return transition;
}

absl::StatusOr<Transition> HandOver(const v1::Result& result, const std::vector<std::string>& unit_ids, const v1::Owner& to,
                                    absl::Time now) {
  Transition transition;
  RG_ASSIGN_OR_RETURN(transition.cells, ChangeTurns(result, unit_ids, [&](v1::Outcome* outcome) -> absl::Status {
                        v1::Review* review = outcome->mutable_review();
                        v1::Owner* owner = review->mutable_turns(CurrentTurnIndex(*review, now))->mutable_owner();
                        v1::Owner next = to;
                        if (next.role().empty()) next.set_role(owner->role());
                        if (next.SerializeAsString() == owner->SerializeAsString()) {
                          return absl::FailedPreconditionError(absl::StrCat("the review is ", InWords(next), "'s already"));
                        }
                        *owner = std::move(next);
                        return absl::OkStatus();
                      }));
  transition.reasons.push_back(absl::StrCat("handed over to ", InWords(to)));
  return transition;
}

absl::StatusOr<Transition> EndTurn(const v1::Result& result, const std::vector<std::string>& unit_ids,
                                   const calendar::Calendar& calendar, absl::Time now) {
  RG_ASSIGN_OR_RETURN(
      const std::vector<Cell> cells, ChangeTurns(result, unit_ids, [&](v1::Outcome* outcome) -> absl::Status {
        if (outcome->disposition() == v1::DISPOSITION_WITHHOLD && base::FromProto(outcome->withheld_until()) > now) {
          return absl::FailedPreconditionError("what is withheld waits for nobody yet");
        }
        v1::Review* review = outcome->mutable_review();
        const int turn = CurrentTurnIndex(*review, now);
        const bool last = turn + 1 == review->turns_size();
        const bool escalates = review->on_expiry() == v1::ON_EXPIRY_ESCALATE && !review->escalated();
        if (last && !escalates) {
          return absl::FailedPreconditionError(absl::StrCat("nobody comes after ", InWords(review->turns(turn).owner()),
                                                            "; hand it over to somebody who can decide"));
        }
        *review->mutable_turns(turn)->mutable_until() = base::ToProto(now);
        if (last) *review->mutable_expires_at() = base::ToProto(now);
        *outcome->mutable_due_at() = base::ToProto(now);
        return absl::OkStatus();
      }));
  // What a turn that is over comes to, the clock knows.
  v1::Result ended = result;
  *ended.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(cells);
  return Advance(ended, calendar, now);
}

}  // namespace resultgate::gate
