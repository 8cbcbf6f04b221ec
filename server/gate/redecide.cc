#include "server/gate/redecide.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/gate/approval.h"
#include "server/gate/ask_anew.h"
#include "server/policy/holds.h"
#include "server/policy/review_plan.h"
#include "server/policy/verdict.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using base::ToProto;
using policy::Cell;

// What of an outcome holds the unit, part by part, each with the outcome that it comes from.
struct Parts {
  const v1::Outcome* not_final = nullptr;
  const v1::Outcome* floor = nullptr;     // with `not_before`
  const v1::Outcome* review = nullptr;    // with a review that waits
  const v1::Outcome* withheld = nullptr;  // with `withheld_until`
  std::optional<absl::Time> ceiling;
};

Parts PartsOf(const v1::Outcome& outcome) {
  Parts parts;
  if (outcome.disposition() == v1::DISPOSITION_NOT_FINAL) parts.not_final = &outcome;
  if (outcome.has_not_before() && parts.not_final == nullptr) parts.floor = &outcome;
  if (outcome.disposition() == v1::DISPOSITION_REVIEW) parts.review = &outcome;
  if (outcome.disposition() == v1::DISPOSITION_WITHHOLD) parts.withheld = &outcome;
  if (outcome.has_not_after()) parts.ceiling = FromProto(outcome.not_after());
  return parts;
}

absl::Time Floor(const v1::Outcome* outcome) {
  return outcome == nullptr ? absl::InfinitePast() : FromProto(outcome->not_before());
}

absl::Time Withheld(const v1::Outcome* outcome) {
  return outcome == nullptr ? absl::InfinitePast() : FromProto(outcome->withheld_until());
}

absl::Time ReviewEnd(const v1::Outcome* outcome) {
  return outcome == nullptr ? absl::InfinitePast() : policy::EndOf(outcome->review());
}

// What is asked for, but for a review that has been held already.
v1::Outcome WithoutWhatWasApproved(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now) {
  v1::Outcome made = asked;
  if (asked.disposition() != v1::DISPOSITION_REVIEW || !ApprovedFor(standing, asked, now)) return made;
  const bool waits = asked.has_not_before() && FromProto(asked.not_before()) > now;
  made.set_disposition(waits ? v1::DISPOSITION_DELAY : v1::DISPOSITION_RELEASE);
  made.clear_review();
  return made;
}

// No pack decides these.
bool IsOfNoPack(const v1::Outcome& outcome) {
  return outcome.disposition() == v1::DISPOSITION_QUARANTINE || outcome.disposition() == v1::DISPOSITION_NEVER;
}

// A review that should have been going on for a while is taken up where it would be: escalated, or over.
void CatchUp(v1::Outcome* outcome, absl::Time now) {
  v1::Review* review = outcome->mutable_review();
  if (review->on_expiry() != v1::ON_EXPIRY_ESCALATE || review->escalated() || FromProto(review->expires_at()) > now) return;
  const absl::Time end = policy::EndOf(*review);
  review->set_escalated(true);
  review->set_on_expiry(review->after_escalation());
  review->clear_turns();
  v1::ReviewTurn* turn = review->add_turns();
  *turn->mutable_owner() = review->escalate_to();
  *turn->mutable_until() = ToProto(end);
  *review->mutable_expires_at() = ToProto(end);
}

// What its parts come to now: disposition, due time.
void Settle(v1::Outcome* outcome, absl::Time now) {
  outcome->set_state(v1::OUTCOME_STATE_HELD);
  outcome->clear_due_at();
  if (outcome->disposition() == v1::DISPOSITION_NOT_FINAL) {
    *outcome->mutable_due_at() = policy::CurrentTurn(outcome->review(), now).until();
    return;
  }
  if (outcome->disposition() == v1::DISPOSITION_WITHHOLD) {
    const bool over = FromProto(outcome->withheld_until()) <= now;
    *outcome->mutable_due_at() = over ? policy::CurrentTurn(outcome->review(), now).until() : outcome->withheld_until();
    return;
  }
  if (outcome->disposition() == v1::DISPOSITION_REVIEW) {
    CatchUp(outcome, now);
    if (FromProto(outcome->review().expires_at()) > now) {
      *outcome->mutable_due_at() = policy::CurrentTurn(outcome->review(), now).until();
      return;
    }
    outcome->set_released_unreviewed(true);
  }
  const bool waits = outcome->has_not_before() && FromProto(outcome->not_before()) > now;
  outcome->set_disposition(waits ? v1::DISPOSITION_DELAY : v1::DISPOSITION_RELEASE);
  if (waits) *outcome->mutable_due_at() = outcome->not_before();
}

// The rules of these outcomes that have an effect which one of them was taken for, by id and effect.
class Rules {
 public:
  void Take(const v1::Outcome* from, const std::vector<v1::RuleEffect>& effects) {
    if (from == nullptr) return;
    for (const v1::AppliedRule& rule : from->rules()) {
      if (std::find(effects.begin(), effects.end(), rule.effect()) != effects.end()) {
        rules_.emplace(std::make_pair(rule.rule_id(), rule.effect()), rule);
      }
    }
  }
  // Who ended what stays written down.
  void TakeLifted(const v1::Outcome& from) {
    for (const v1::AppliedRule& rule : from.rules()) {
      if (rule.lifted()) rules_.emplace(std::make_pair(rule.rule_id(), rule.effect()), rule);
    }
  }
  void Give(v1::Outcome* to) const {
    std::set<std::string> unknown;
    to->clear_rules();
    for (const auto& [key, rule] : rules_) {
      *to->add_rules() = rule;
      unknown.insert(rule.unknown_facts().begin(), rule.unknown_facts().end());
    }
    to->clear_unknown_facts();
    for (const std::string& fact : unknown) to->add_unknown_facts(fact);
  }

 private:
  std::map<std::pair<std::string, int>, v1::AppliedRule> rules_;
};

// An outcome of these parts.
v1::Outcome Build(const v1::Outcome& standing, const v1::Outcome& asked, const Parts& parts, absl::Time now) {
  v1::Outcome made;
  made.set_release_sequence(standing.release_sequence());
  made.set_disposition(v1::DISPOSITION_RELEASE);
  if (parts.floor != nullptr) *made.mutable_not_before() = parts.floor->not_before();
  if (parts.ceiling) *made.mutable_not_after() = ToProto(*parts.ceiling);
  if (parts.withheld != nullptr) {
    made.set_disposition(v1::DISPOSITION_WITHHOLD);
    *made.mutable_withheld_until() = parts.withheld->withheld_until();
    *made.mutable_review() = parts.withheld->review();
    const bool goes_on = parts.withheld == &standing && parts.review == nullptr;
    const v1::Review* approved = goes_on ? ApprovedReview(standing, now) : ApprovalBehind(standing, asked, now);
    if (approved != nullptr) *made.mutable_approved_review() = *approved;
  } else if (parts.review != nullptr) {
    made.set_disposition(v1::DISPOSITION_REVIEW);
    *made.mutable_review() = parts.review->review();
  } else if (standing.has_approved_review() && ApprovedReview(standing, now) != nullptr) {
    *made.mutable_review() = standing.approved_review();
  } else if (KnowsItsReview(standing) && standing.disposition() != v1::DISPOSITION_REVIEW) {
    *made.mutable_review() = standing.review();  // who has read it, or had the time to, is not forgotten
    made.set_released_unreviewed(standing.released_unreviewed());
  }
  Rules rules;
  rules.Take(&asked, {v1::RULE_EFFECT_PERMIT, v1::RULE_EFFECT_DEADLINE, v1::RULE_EFFECT_NOTICE, v1::RULE_EFFECT_NEXT_STEP});
  if (asked.has_next_step()) *made.mutable_next_step() = asked.next_step();
  rules.Take(parts.floor, {v1::RULE_EFFECT_DELAY});
  rules.Take(parts.review, {v1::RULE_EFFECT_REVIEW});
  rules.Take(parts.withheld, {v1::RULE_EFFECT_WITHHOLD, v1::RULE_EFFECT_REVIEW});
  if (ApprovedReview(made, now) != nullptr) rules.Take(&standing, {v1::RULE_EFFECT_REVIEW});  // what the approval was for
  rules.TakeLifted(asked);
  rules.Give(&made);
  std::set<std::string> conflicts;
  for (const v1::Outcome* held_by : {parts.floor, parts.review, parts.withheld}) {
    if (held_by != nullptr && made.has_not_after()) conflicts.insert(held_by->conflicts().begin(), held_by->conflicts().end());
  }
  for (const std::string& conflict : conflicts) made.add_conflicts(conflict);
  Settle(&made, now);
  return made;
}

v1::Outcome AsAsked(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now) {
  v1::Outcome made = asked;
  made.set_release_sequence(standing.release_sequence());
  const bool reviews = asked.disposition() == v1::DISPOSITION_REVIEW;
  const v1::Review* behind = ApprovalBehind(standing, asked, now);
  if (asked.disposition() == v1::DISPOSITION_WITHHOLD && behind != nullptr) {
    *made.mutable_approved_review() = *behind;
  } else if (reviews && ApprovedFor(standing, asked, now)) {
    *made.mutable_review() = *ApprovedReview(standing, now);
    made.set_disposition(v1::DISPOSITION_RELEASE);
  } else if (reviews && standing.disposition() == v1::DISPOSITION_REVIEW && ReviewEnd(&asked) == ReviewEnd(&standing)) {
    *made.mutable_review() = standing.review();  // the same review, as far as it has come
  }
  Settle(&made, now);
  return made;
}

// The part of the two that ends earlier or later; `standing` where they end together.
const v1::Outcome* Earlier(const v1::Outcome* standing, const v1::Outcome* asked, absl::Time (*end)(const v1::Outcome*)) {
  return end(asked) < end(standing) ? asked : standing;
}
const v1::Outcome* Later(const v1::Outcome* standing, const v1::Outcome* asked, absl::Time (*end)(const v1::Outcome*)) {
  return end(asked) > end(standing) ? asked : standing;
}

// Of two withholdings that end together: the one that is asked for now where a death, told or taken back, makes the owner
// another.
const v1::Outcome* OwnersKept(const v1::Outcome* chosen, const v1::Outcome* asked) {
  const bool both = chosen != nullptr && asked != nullptr;
  const bool another = both && policy::IsLeftByTheDead(*chosen) != policy::IsLeftByTheDead(*asked);
  return another && Withheld(chosen) == Withheld(asked) ? asked : chosen;
}

v1::Outcome Relax(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now) {
  const Parts old = PartsOf(standing);
  const Parts anew = PartsOf(asked);
  if (anew.not_final != nullptr || standing.disposition() == v1::DISPOSITION_RELEASE) return standing;
  if (old.not_final != nullptr) return AsAsked(standing, asked, now);
  Parts parts;
  parts.floor = Earlier(old.floor, anew.floor, Floor);
  parts.withheld = OwnersKept(Earlier(old.withheld, anew.withheld, Withheld), anew.withheld);
  if (old.withheld != nullptr && anew.withheld == nullptr) {
    parts.review = anew.review;
  } else if (anew.withheld != nullptr || old.review == nullptr) {
    parts.review = old.review;
  } else {
    const bool prolonged = anew.review != nullptr && old.review->review().extended_after_downtime();
    parts.review = prolonged ? old.review : Earlier(old.review, anew.review, ReviewEnd);
  }
  parts.ceiling =
      old.ceiling && anew.ceiling ? std::min(*old.ceiling, *anew.ceiling) : (old.ceiling ? old.ceiling : anew.ceiling);
  v1::Outcome made = Build(standing, asked, parts, now);
  // A review that has run out is for the clock, as below.
  const bool ran_out = old.review != nullptr && anew.review != nullptr && ReviewEnd(old.review) <= now;
  if (ran_out && made.disposition() == v1::DISPOSITION_RELEASE && !ApprovedFor(standing, asked, now)) return standing;
  const absl::Time goes = GoesBy(made, now);
  if (goes >= GoesBy(standing, now) || goes >= GoesBy(asked, now)) return made;
  // Held by both in different ways: a mixture must not let it go before either of them does. A mere delay in place of what held
  // it is no addition.
  const bool only_delayed = anew.review == nullptr && anew.withheld == nullptr;
  return only_delayed && GoesBy(asked, now) < GoesBy(standing, now) ? AsAsked(standing, asked, now) : standing;
}

v1::Outcome Tighten(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now) {
  const Parts old = PartsOf(standing);
  const Parts anew = PartsOf(asked);
  if (old.not_final != nullptr) return standing;
  if (anew.not_final != nullptr) return AsAsked(standing, asked, now);
  Parts parts;
  parts.floor = Later(old.floor, anew.floor, Floor);
  parts.withheld = OwnersKept(Later(old.withheld, anew.withheld, Withheld), anew.withheld);
  const bool over = anew.review != nullptr && ReviewEnd(anew.review) <= now;
  parts.review = over ? old.review : Later(old.review, anew.review, ReviewEnd);
  if (old.ceiling && anew.ceiling) parts.ceiling = std::max(*old.ceiling, *anew.ceiling);
  v1::Outcome made = Build(standing, asked, parts, now);
  // What has run out since is let go, or given its hours after a downtime, when its time comes (due_desk.h), and not by the way.
  const bool lets_go = made.disposition() == v1::DISPOSITION_RELEASE && standing.disposition() != v1::DISPOSITION_RELEASE;
  return lets_go || GoesBy(made, now) < GoesBy(standing, now) ? standing : made;
}

// A delegate's, of somebody who was told to have died (transition.h, Approve).
bool IsClosedByDeath(const v1::Outcome& outcome) {
  return outcome.state() == v1::OUTCOME_STATE_CLOSED && policy::IsLeftByTheDead(outcome);
}

// What is out, and may be taken back from this audience.
bool MayBeTakenBack(const v1::Outcome& out, bool related, const Reconsidering& how) {
  if (out.state() == v1::OUTCOME_STATE_RELEASED && how.withdraw_undelivered) return true;
  return (out.state() == v1::OUTCOME_STATE_RELEASED || out.state() == v1::OUTCOME_STATE_PUBLISHED) && related &&
         how.withdraw_related;
}

// It is asked to be held, by now, for something that did not speak against it when it went.
bool AddsAHold(const v1::Outcome& out, const v1::Outcome& asked, absl::Time now) {
  const v1::Outcome made = AsAsked(out, asked, now);
  const bool held = made.disposition() == v1::DISPOSITION_DELAY || made.disposition() == v1::DISPOSITION_REVIEW ||
                    made.disposition() == v1::DISPOSITION_WITHHOLD;
  // A death takes nothing away that the portal shows.
  const auto& rules = asked.rules();
  const bool died = std::any_of(rules.begin(), rules.end(),
                                [](const v1::AppliedRule& rule) { return rule.rule_id() == policy::kDeceasedRule; });
  return held && !(died && out.state() == v1::OUTCOME_STATE_PUBLISHED) && !AsksNothingNew(asked, out);
}

// What holds the unit is the same, whatever rules stand beside it.
bool HoldsAlike(const v1::Outcome& a, const v1::Outcome& b) {
  const auto bytes = [](v1::Outcome outcome) {
    outcome.clear_rules();
    outcome.clear_unknown_facts();
    outcome.clear_conflicts();
    outcome.clear_not_after();
    outcome.clear_due_at();
    // A floor that has passed holds nothing, nor does a review that is over.
    if (outcome.disposition() == v1::DISPOSITION_RELEASE) outcome.clear_not_before();
    if (outcome.disposition() == v1::DISPOSITION_RELEASE || outcome.disposition() == v1::DISPOSITION_DELAY)
      outcome.clear_review();
    return outcome.SerializeAsString();
  };
  return bytes(a) == bytes(b);
}

}  // namespace

absl::Time GoesBy(const v1::Outcome& held, absl::Time now) {
  const absl::Time floor = held.has_not_before() ? std::max(now, FromProto(held.not_before())) : now;
  switch (held.disposition()) {
    case v1::DISPOSITION_RELEASE:
      return now;
    case v1::DISPOSITION_DELAY:
      return floor;
    case v1::DISPOSITION_REVIEW:
      return std::max(floor, policy::EndOf(held.review()));
    default:
      return absl::InfiniteFuture();
  }
}

v1::HeldChange Compare(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now) {
  if (IsOfNoPack(standing) || IsOfNoPack(asked)) return v1::HELD_CHANGE_SAME;
  const Parts old = PartsOf(standing);
  const Parts anew = PartsOf(asked);
  const bool new_review =
      anew.review != nullptr && old.review == nullptr && ReviewEnd(anew.review) > now && !ApprovedFor(standing, asked, now);
  const bool new_hold = old.not_final == nullptr && old.withheld == nullptr &&
                        (new_review || anew.withheld != nullptr || anew.not_final != nullptr);
  if (new_hold) return v1::HELD_CHANGE_NEW_HOLD;
  absl::Time before = GoesBy(standing, now);
  absl::Time after = anew.review != nullptr && ApprovedFor(standing, asked, now) ? GoesBy(AsAsked(standing, asked, now), now)
                                                                                 : GoesBy(asked, now);
  if (old.withheld != nullptr && anew.withheld != nullptr) {
    before = Withheld(old.withheld);
    after = Withheld(anew.withheld);
  }
  if (after < before) return v1::HELD_CHANGE_EARLIER;
  return after > before ? v1::HELD_CHANGE_LATER : v1::HELD_CHANGE_SAME;
}

v1::Outcome Merge(const v1::Outcome& standing, const v1::Outcome& asked, const Redeciding& how, absl::Time now) {
  if (standing.state() != v1::OUTCOME_STATE_HELD || IsOfNoPack(standing) || IsOfNoPack(asked)) return standing;
  v1::Outcome made = standing;
  if (how.relax && how.tighten) {
    made = AsAsked(standing, asked, now);
  } else if (how.relax) {
    made = Relax(standing, WithoutWhatWasApproved(standing, asked, now), now);
  } else if (how.tighten) {
    made = Tighten(standing, WithoutWhatWasApproved(standing, asked, now), now);
  }
  return HoldsAlike(standing, made) ? standing : made;
}

Anew DecideAnew(const v1::Result& result, const std::vector<Cell>& asked, const Redeciding& how, absl::Time now) {
  std::map<std::pair<std::string, v1::Audience>, const v1::Outcome*> asked_of;
  for (const Cell& cell : asked) asked_of[{cell.unit_id, cell.audience}] = &cell.outcome;
  Anew anew;
  anew.whole = true;
  std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  for (Cell& cell : cells) {
    const auto found = asked_of.find({cell.unit_id, cell.audience});
    if (cell.outcome.state() != v1::OUTCOME_STATE_HELD || found == asked_of.end()) continue;
    v1::Outcome made = Merge(cell.outcome, *found->second, how, now);
    anew.changed = anew.changed || made.SerializeAsString() != cell.outcome.SerializeAsString();
    const v1::Outcome as_asked = Merge(cell.outcome, *found->second, {/*relax=*/true, /*tighten=*/true}, now);
    anew.whole = anew.whole && HoldsAlike(made, as_asked);
    cell.outcome = std::move(made);
  }
  if (!anew.changed) return Anew();
  anew.transition = TakeRedecided(result, std::move(cells), now);
  for (const PlannedRelease& release : anew.transition.releases) {
    anew.released.insert(release.unit_ids.begin(), release.unit_ids.end());
  }
  return anew;
}

Anew Reconsider(const v1::Result& result, const std::vector<Cell>& asked, const Reconsidering& how, absl::Time now) {
  std::map<std::pair<std::string, v1::Audience>, const v1::Outcome*> asked_of;
  for (const Cell& cell : asked) asked_of[{cell.unit_id, cell.audience}] = &cell.outcome;
  Anew anew;
  std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  std::vector<Cell> withdrawn;
  for (Cell& cell : cells) {
    const auto found = asked_of.find({cell.unit_id, cell.audience});
    if (found == asked_of.end()) continue;
    const v1::Outcome& wanted = *found->second;
    const bool related = cell.audience != v1::AUDIENCE_PATIENT;
    if (how.related_only && !related) continue;
    const std::string before = cell.outcome.SerializeAsString();
    if (cell.outcome.state() == v1::OUTCOME_STATE_HELD) {
      // One after the other: a review keeps what it has come to, which a decision from nothing would not know.
      if (how.held.relax) cell.outcome = Merge(cell.outcome, wanted, {/*relax=*/true, /*tighten=*/false}, now);
      if (how.held.tighten) cell.outcome = Merge(cell.outcome, wanted, {/*relax=*/false, /*tighten=*/true}, now);
    } else if (MayBeTakenBack(cell.outcome, related, how) && AddsAHold(cell.outcome, wanted, now)) {
      cell.outcome = AsAsked(cell.outcome, wanted, now);
      cell.outcome.clear_release_sequence();  // nothing of it is shown
      withdrawn.push_back(cell);
    } else if (how.held.relax && IsClosedByDeath(cell.outcome) && !IsOfNoPack(wanted) && !policy::IsLeftByTheDead(wanted)) {
      cell.outcome = AsAsked(cell.outcome, wanted, now);
      cell.outcome.clear_release_sequence();
    }
    anew.changed = anew.changed || cell.outcome.SerializeAsString() != before;
  }
  // Who approved what others alone were asked for has not reviewed what the patient waits for now: theirs ends no sooner (I8).
  std::set<std::string> patient_waits;
  for (const Cell& cell : cells) {
    const bool waits = cell.outcome.state() == v1::OUTCOME_STATE_HELD && cell.outcome.disposition() == v1::DISPOSITION_REVIEW;
    if (cell.audience == v1::AUDIENCE_PATIENT && waits) patient_waits.insert(cell.unit_id);
  }
  for (Cell& cell : cells) {
    const auto found = asked_of.find({cell.unit_id, cell.audience});
    if (found == asked_of.end() || cell.audience == v1::AUDIENCE_PATIENT || patient_waits.count(cell.unit_id) == 0) continue;
    const bool goes_by_approval =
        cell.outcome.state() == v1::OUTCOME_STATE_HELD &&
        (cell.outcome.disposition() == v1::DISPOSITION_DELAY || cell.outcome.disposition() == v1::DISPOSITION_RELEASE) &&
        cell.outcome.review().has_approved_at();
    if (!how.held.tighten || !goes_by_approval || found->second->disposition() != v1::DISPOSITION_REVIEW) continue;
    const int64_t release_sequence = cell.outcome.release_sequence();
    cell.outcome = *found->second;
    cell.outcome.set_release_sequence(release_sequence);
    Settle(&cell.outcome, now);
    anew.changed = true;
  }
  if (!anew.changed) return Anew();
  anew.transition = TakeRedecided(result, std::move(cells), now, withdrawn);
  return anew;
}

}  // namespace resultgate::gate
