#include "server/policy/match.h"

#include <algorithm>

#include "server/policy/model_environment.h"

namespace resultgate::policy {
namespace {

using expr::Truth;

template <typename List, typename Value>
bool Lists(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool AnySetHolds(const std::vector<const valueset::ValueSet*>& sets, const v1::CodeableConcept& code) {
  return std::any_of(sets.begin(), sets.end(), [&code](const valueset::ValueSet* set) { return set->Contains(code); });
}

// A header can hold everything under it, but can let nothing go (design, "The rule language").
bool CodesMatch(const Match& match, const v1::DiagnosticReport& report, const Unit& unit, bool own_only) {
  if (match.codes.empty()) return true;
  const v1::CodeableConcept& own = unit.observation != nullptr ? unit.observation->code() : report.code();
  if (AnySetHolds(match.codes, own)) return true;
  if (own_only) return false;
  // A file that was sent as something of its own (an HIV report as PDF under a blood count) holds the document that it is part
  // of.
  const auto& files = report.presented_forms();
  if (unit.observation == nullptr && std::any_of(files.begin(), files.end(), [&match](const v1::Attachment& file) {
        return AnySetHolds(match.codes, file.code());
      })) {
    return true;
  }
  return AnySetHolds(match.codes, report.code()) || AnySetHolds(match.codes, report.order().code());
}

// The keys of `match` but `codes`.
Truth OtherKeysMatch(const Match& match, const v1::DiagnosticReport& report, const Unit& unit,
                     std::vector<std::string>* unknown) {
  if (match.unit == Match::Unit::kObservation && unit.observation == nullptr) return Truth::kFalse;
  if (match.unit == Match::Unit::kDocument && unit.observation != nullptr) return Truth::kFalse;
  if (!match.sections.empty() && !Lists(match.sections, report.section())) return Truth::kFalse;
  if (!match.statuses.empty() && !Lists(match.statuses, unit.status)) return Truth::kFalse;
  Truth truth = Truth::kTrue;
  if (!match.interpretations.empty()) {
    if (unit.observation == nullptr) return Truth::kFalse;
    if (!unit.observation->has_interpretation()) {
      truth = Truth::kUnknown;
      unknown->push_back("observation.interpretation");
    } else if (!Lists(match.interpretations, unit.observation->interpretation())) {
      return Truth::kFalse;
    }
  }
  if (!match.encounter_classes.empty()) {
    if (!report.order().has_encounter_class()) {
      truth = Truth::kUnknown;
      unknown->push_back("order.encounter_class");
    } else if (!Lists(match.encounter_classes, report.order().encounter_class())) {
      return Truth::kFalse;
    }
  }
  return truth;
}

}  // namespace

RuleTruth Evaluate(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit, v1::Audience audience, absl::Time now,
                   const absl::TimeZone& zone) {
  RuleTruth result;
  const bool restricts =
      (rule.then.restricts() || rule.then.deadline) && CodesMatch(rule.match, report, unit, /*own_only=*/false);
  const bool permits = rule.then.permit && CodesMatch(rule.match, report, unit, /*own_only=*/true);
  if (!restricts && !permits) return result;
  if (rule.observations_only && unit.observation == nullptr) return result;
  std::vector<std::string> unknown;
  Truth truth = OtherKeysMatch(rule.match, report, unit, &unknown);
  if (truth == Truth::kFalse) return result;
  if (rule.when != nullptr) {
    const expr::Evaluation evaluation =
        rule.when->Evaluate(ModelEnvironment::Activate(report, unit.observation, audience, now, zone));
    if (evaluation.truth == Truth::kFalse) return result;
    if (evaluation.truth == Truth::kUnknown) {
      truth = Truth::kUnknown;
      unknown.insert(unknown.end(), evaluation.unknown_facts.begin(), evaluation.unknown_facts.end());
      // A rule that fails is as unknown as one that lacks a fact, and says so in the same place.
      if (!evaluation.error.empty()) unknown.push_back("error: " + evaluation.error);
    }
  }
  if (restricts) result.as_restriction = truth;
  if (permits) result.as_permit = truth;
  if (truth == Truth::kUnknown) result.unknown_facts = std::move(unknown);
  return result;
}

}  // namespace resultgate::policy
