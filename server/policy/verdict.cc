#include "server/policy/verdict.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/proto_time.h"
#include "server/policy/personal.h"

namespace resultgate::policy {
namespace {

constexpr char kAlong[] = " (it holds another report of the same order)";

void SetBasis(v1::BasisType type, std::string citation, v1::AppliedRule* rule) {
  rule->mutable_basis()->set_type(type);
  rule->mutable_basis()->set_citation(std::move(citation));
}

void ToProto(const Applied& applied, const Pack& pack, const std::string& quarantine, v1::AppliedRule* rule) {
  rule->set_effect(applied.effect);
  rule->set_lifted(applied.lifted);
  for (const std::string* fact : applied.missing) rule->add_unknown_facts(*fact);
  if (applied.clock) *rule->mutable_clock_start() = base::ToProto(*applied.clock);
  const Source& source = applied.source;
  rule->set_rule_id(source.Id());
  switch (source.by) {
    case Applied::By::kRule:
      if (applied.effect != v1::RULE_EFFECT_PERMIT && applied.effect != v1::RULE_EFFECT_NEXT_STEP) {
        *rule->mutable_basis() = source.rule->basis;
        // The rule's condition does not hold of this report, so the reason names the other one.
        if (applied.along) rule->mutable_basis()->mutable_citation()->append(kAlong);
        for (const v1::Lifter lifter : source.rule->lifted_by) rule->add_lifted_by(lifter);
      }
      rule->set_unverified(source.rule->unverified());
      break;
    case Applied::By::kPreference: {
      const std::string& category = source.preference->category();
      SetBasis(v1::BASIS_TYPE_PATIENT_REQUEST,
               category.empty() ? "the patient's own request" : absl::StrCat("the patient's own request for ", category), rule);
      // Who has reviewed it has done what the patient asked to wait for.
      if (applied.effect == v1::RULE_EFFECT_REVIEW) rule->add_lifted_by(v1::LIFTER_PROVIDER);
      rule->add_lifted_by(v1::LIFTER_PATIENT);
      break;
    }
    case Applied::By::kDetermination:
      SetBasis(source.determination->type(),
               absl::StrCat(source.determination->reason(), " (determined by ", source.determination->determined_by(), ")"),
               rule);
      for (const v1::Lifter lifter : {v1::LIFTER_PROVIDER, v1::LIFTER_PATIENT}) {
        if (MayLift(*source.determination, lifter)) rule->add_lifted_by(lifter);
      }
      break;
    case Applied::By::kDeceased:
      SetBasis(v1::BASIS_TYPE_PRIVACY, "the patient has died: whom the records go to is asked first (45 CFR 164.502(g)(4))",
               rule);
      break;
    case Applied::By::kDefault:
      SetBasis(v1::BASIS_TYPE_ORGANIZATION_POLICY, absl::StrCat("pack ", pack.name(), ", default"), rule);
      rule->add_lifted_by(v1::LIFTER_PROVIDER);
      rule->add_lifted_by(v1::LIFTER_PATIENT);
      break;
    case Applied::By::kNotFinal:
      SetBasis(v1::BASIS_TYPE_ORGANIZATION_POLICY, "only final results are released", rule);
      break;
    case Applied::By::kQuarantine:
      SetBasis(v1::BASIS_TYPE_IDENTITY, quarantine, rule);
      break;
  }
}

bool Same(const v1::NextStep* a, const v1::NextStep* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->kind() == b->kind() && a->within_days() == b->within_days();
}

std::string ToText(const Conflict& conflict) {
  if (conflict.withholding) {
    return absl::StrCat("the withholding of ", conflict.of->Id(), " ends with a person, whatever the deadline");
  }
  return absl::StrCat(conflict.of ? absl::StrCat("the floor of ", conflict.of->Id()) : "the review",
                      " stands against an earlier deadline of no stronger basis");
}

}  // namespace

bool IsReservedRuleId(absl::string_view id) {
  for (const char* own : {kDefaultRule, kPreferenceRule, kNotFinalRule, kQuarantineRule, kDeceasedRule, kConfidentialRule}) {
    if (id == own) return true;
  }
  int64_t number = 0;
  return absl::ConsumePrefix(&id, kDeterminationPrefix) && absl::SimpleAtoi(id, &number);
}

std::string Source::Id() const {
  switch (by) {
    case By::kRule:
      return rule->id;
    case By::kPreference:
      return kPreferenceRule;
    case By::kDetermination:
      return RuleIdOf(*determination);
    case By::kDeceased:
      return kDeceasedRule;
    case By::kDefault:
      return kDefaultRule;
    case By::kNotFinal:
      return kNotFinalRule;
    case By::kQuarantine:
      return kQuarantineRule;
  }
  return "";
}

bool Applied::operator==(const Applied& other) const {
  return source == other.source && effect == other.effect && lifted == other.lifted && along == other.along &&
         missing == other.missing && clock == other.clock;
}

bool HoldsAlong(const v1::AppliedRule& rule) {
  return absl::EndsWith(rule.basis().citation(), kAlong);
}

void Verdict::Clear() {
  disposition = v1::DISPOSITION_UNSPECIFIED;
  state = v1::OUTCOME_STATE_HELD;
  not_before = not_after = withheld_until = due_at = std::nullopt;
  has_review = false;
  next_step = nullptr;
  applied.clear();
  conflicts.clear();
}

bool Verdict::operator==(const Verdict& other) const {
  return disposition == other.disposition && state == other.state && not_before == other.not_before &&
         not_after == other.not_after && withheld_until == other.withheld_until && due_at == other.due_at &&
         has_review == other.has_review && (!has_review || review == other.review) && Same(next_step, other.next_step) &&
         applied == other.applied && conflicts == other.conflicts;
}

void ToProto(const Verdict& verdict, const Pack& pack, const v1::ServiceRequest& order, const std::string& quarantine,
             v1::Outcome* outcome) {
  outcome->set_disposition(verdict.disposition);
  outcome->set_state(verdict.state);
  if (verdict.not_before) *outcome->mutable_not_before() = base::ToProto(*verdict.not_before);
  if (verdict.not_after) *outcome->mutable_not_after() = base::ToProto(*verdict.not_after);
  if (verdict.withheld_until) *outcome->mutable_withheld_until() = base::ToProto(*verdict.withheld_until);
  if (verdict.due_at) *outcome->mutable_due_at() = base::ToProto(*verdict.due_at);
  if (verdict.has_review) ToProto(verdict.review, order, outcome->mutable_review());
  if (verdict.next_step != nullptr) *outcome->mutable_next_step() = *verdict.next_step;
  std::set<absl::string_view> unknown;
  for (const Applied& applied : verdict.applied) {
    ToProto(applied, pack, quarantine, outcome->add_rules());
    for (const std::string* fact : applied.missing) unknown.insert(*fact);
  }
  for (const absl::string_view fact : unknown) outcome->add_unknown_facts(std::string(fact));
  for (const Conflict& conflict : verdict.conflicts) outcome->add_conflicts(ToText(conflict));
}

}  // namespace resultgate::policy
