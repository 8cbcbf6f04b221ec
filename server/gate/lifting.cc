#include "server/gate/lifting.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/audit/entry_words.h"
#include "server/base/proto_time.h"
#include "server/gate/ask_anew.h"
#include "server/gate/determination_review.h"
#include "server/policy/holds.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"
#include "server/policy/personal.h"
#include "server/policy/verdict.h"

namespace resultgate::gate {
namespace {

using policy::Cell;

// It waited for a person, and nobody has looked.
bool WasToBeReviewed(const v1::Outcome& standing, const v1::Outcome& made) {
  return standing.disposition() == v1::DISPOSITION_REVIEW && made.disposition() != v1::DISPOSITION_REVIEW &&
         !standing.review().has_approved_at();
}

// What holds each unit from the patient.
std::map<std::string, std::vector<std::string>> HoldsOfPatient(const std::vector<Cell>& cells, absl::Time now) {
  std::map<std::string, std::vector<std::string>> holds;
  for (const Cell& cell : cells) {
    std::vector<std::string>& of_unit = holds[cell.unit_id];
    const bool held = cell.outcome.state() == v1::OUTCOME_STATE_HELD;
    if (cell.audience == v1::AUDIENCE_PATIENT && held) of_unit = policy::HoldsOf(cell.outcome, now);
  }
  return holds;
}

// True if nothing else holds the outcome than what holds the patient's.
bool HeldNoFurther(const v1::Outcome& outcome, const std::vector<std::string>& patient, absl::Time now) {
  const std::vector<std::string> own = policy::HoldsOf(outcome, now);
  return std::includes(patient.begin(), patient.end(), own.begin(), own.end());
}

std::string Words(const google::protobuf::EnumDescriptor* type, int value) {
  return absl::StrReplaceAll(policy::EnumWord(type, value), {{"-", " "}});
}

std::string TitleOf(const policy::Pack& pack, const std::string& rule_id) {
  for (const policy::Rule& rule : pack.rules()) {
    if (rule.id == rule_id) return rule.title;
  }
  if (rule_id == policy::kDefaultRule) return "No rule lets this code go, so somebody looks at it first";
  if (rule_id == policy::kNotFinalRule) return "Only final results go";
  if (rule_id == policy::kQuarantineRule) return "It cannot be told apart from another result, or put in order";
  if (rule_id == policy::kPreferenceRule) return "The patient asked to wait";
  if (rule_id == policy::kDeceasedRule) return "The patient has died";
  if (rule_id == policy::kConfidentialRule) return "It is confidential from them, by the patient's record";
  if (absl::StartsWith(rule_id, policy::kDeterminationPrefix)) return "A person determined it for this one result";
  return "";
}

std::string AsksOf(const policy::Pack& pack, const v1::AppliedRule& rule, const v1::Outcome& outcome) {
  const auto local = [&pack](const google::protobuf::Timestamp& time) { return audit::LocalTime(time, pack.calendar().zone()); };
  switch (rule.effect()) {
    case v1::RULE_EFFECT_REVIEW:
      return "a review";
    case v1::RULE_EFFECT_DELAY:
      return outcome.has_not_before() ? absl::StrCat("a wait; nothing goes before ", local(outcome.not_before())) : "a wait";
    case v1::RULE_EFFECT_WITHHOLD:
      return outcome.has_withheld_until() ? absl::StrCat("nothing until ", local(outcome.withheld_until())) : "nothing";
    default:
      return "";
  }
}

}  // namespace

Anew Lift(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous, v1::Lifter lifter, absl::Time now,
          v1::Audience asking) {
  const bool own_pack = pack.digest() == result.decision().pack_digest();
  if (!own_pack) return Anew();
  std::map<std::pair<std::string, v1::Audience>, v1::Outcome> asked;
  for (Cell& cell : AskAnew(pack, result, previous, now, {lifter})) {
    asked.emplace(std::make_pair(cell.unit_id, cell.audience), std::move(cell.outcome));
  }
  Anew anew;
  std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  const std::map<std::string, std::vector<std::string>> holds_patient = HoldsOfPatient(cells, now);
  for (Cell& cell : cells) {
    const auto found = asked.find({cell.unit_id, cell.audience});
    if (cell.outcome.state() != v1::OUTCOME_STATE_HELD || found == asked.end()) continue;
    if (asking != v1::AUDIENCE_PATIENT && !MayBeToldThatItWaits(result, cell.unit_id, asking, now)) continue;
    // Whoever asks on the patient's side asks for what the patient may see. What is kept from others apart from that stays kept.
    if (lifter == v1::LIFTER_PATIENT && !HeldNoFurther(cell.outcome, holds_patient.at(cell.unit_id), now)) continue;
    v1::Outcome made = Merge(cell.outcome, found->second, {/*relax=*/true, /*tighten=*/false}, now);
    // A provider who has it released has seen it; a patient who asks for it reads it before anybody has.
    if (lifter == v1::LIFTER_PATIENT && WasToBeReviewed(cell.outcome, made)) made.set_released_unreviewed(true);
    anew.changed = anew.changed || made.SerializeAsString() != cell.outcome.SerializeAsString();
    cell.outcome = std::move(made);
  }
  if (!anew.changed) return Anew();
  anew.transition = TakeRedecided(result, std::move(cells), now);
  for (const PlannedRelease& release : anew.transition.releases) {
    anew.released.insert(release.unit_ids.begin(), release.unit_ids.end());
  }
  return anew;
}

bool MayBeToldThatItWaits(const v1::Result& result, const std::string& unit_id, v1::Audience audience, absl::Time now) {
  const std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const Cell& cell) {
    return cell.unit_id == unit_id && cell.audience == audience && cell.outcome.state() == v1::OUTCOME_STATE_HELD;
  });
  if (found == cells.end()) return false;
  const v1::Disposition disposition = found->outcome.disposition();
  if (disposition == v1::DISPOSITION_QUARANTINE || disposition == v1::DISPOSITION_NEVER) return false;
  // Of what is withheld only a danger to the patient may be told (determination_review.h).
  if (disposition == v1::DISPOSITION_WITHHOLD && DangersOf(result, found->outcome).empty()) return false;
  if (audience == v1::AUDIENCE_PATIENT) return true;
  return disposition != v1::DISPOSITION_NOT_FINAL && HeldNoFurther(found->outcome, HoldsOfPatient(cells, now).at(unit_id), now);
}

std::vector<v1::HoldReason> ReasonsFor(const policy::Pack& pack, const v1::Outcome& outcome, absl::Time now) {
  const std::vector<std::string> holds = policy::HoldsOf(outcome, now);
  std::vector<v1::HoldReason> reasons;
  for (const v1::AppliedRule& rule : outcome.rules()) {
    const bool restricts = rule.effect() == v1::RULE_EFFECT_REVIEW || rule.effect() == v1::RULE_EFFECT_DELAY ||
                           rule.effect() == v1::RULE_EFFECT_WITHHOLD;
    if (!restricts || rule.lifted() || std::find(holds.begin(), holds.end(), rule.rule_id()) == holds.end()) continue;
    v1::HoldReason reason;
    reason.set_rule_id(rule.rule_id());
    reason.set_title(TitleOf(pack, rule.rule_id()));
    reason.set_asks(AsksOf(pack, rule, outcome));
    if (rule.has_basis()) {
      reason.set_basis(absl::StrCat(Words(v1::BasisType_descriptor(), rule.basis().type()),
                                    rule.basis().citation().empty() ? "" : ": ", rule.basis().citation(),
                                    rule.unverified() ? " (nobody has compared the rule with the law's text)" : ""));
    }
    reason.set_lifted_by(absl::StrJoin(rule.lifted_by(), ", ", [](std::string* out, int lifter) {
      absl::StrAppend(out, Words(v1::Lifter_descriptor(), lifter));
    }));
    *reason.mutable_unknown_facts() = rule.unknown_facts();
    reasons.push_back(std::move(reason));
  }
  return reasons;
}

std::vector<v1::StillHeld> StillHeldOf(const policy::Pack& pack, const policy::Outcomes& outcomes, absl::Time now) {
  std::vector<v1::StillHeld> still_held;
  for (const v1::Outcome& outcome : outcomes) {
    if (outcome.state() != v1::OUTCOME_STATE_HELD) continue;
    v1::StillHeld held;
    *held.mutable_unit_ids() = outcome.unit_ids();
    *held.mutable_audiences() = outcome.audiences();
    if (const absl::Time goes = GoesBy(outcome, now); goes < absl::InfiniteFuture()) *held.mutable_until() = base::ToProto(goes);
    for (v1::HoldReason& reason : ReasonsFor(pack, outcome, now)) *held.add_reasons() = std::move(reason);
    still_held.push_back(std::move(held));
  }
  return still_held;
}

}  // namespace resultgate::gate
