#include "server/policy/match.h"

#include <algorithm>

#include "server/policy/decide.h"
#include "server/policy/model_environment.h"

namespace resultgate::policy {
namespace {

using expr::Truth;

template <typename List, typename Value>
bool Lists(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// A header can hold everything under it, but can let nothing go (design, "The rule language").
bool CodesMatch(const Match& match, const valueset::Membership& sets) {
  return match.codes.empty() || std::any_of(match.codes.begin(), match.codes.end(),
                                            [&sets](const valueset::ValueSet* set) { return sets.Has(set->number()); });
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
  if (!match.jurisdictions.empty()) {
    if (!report.order().has_jurisdictions()) {
      truth = Truth::kUnknown;
      unknown->push_back("order.jurisdictions");
    } else {
      const auto& places = report.order().jurisdictions().values();
      const bool any = std::any_of(places.begin(), places.end(),
                                   [&match](const std::string& place) { return Lists(match.jurisdictions, place); });
      if (!any) return Truth::kFalse;
    }
  }
  return truth;
}

}  // namespace

std::vector<Unit> UnitsOf(const valueset::Registry& value_sets, const v1::DiagnosticReport& report) {
  const valueset::Membership of_report = value_sets.SetsThatHold(report.code());
  valueset::Membership of_header = of_report;
  of_header.Add(value_sets.SetsThatHold(report.order().code()));
  std::vector<Unit> units;
  units.reserve(static_cast<size_t>(report.observations_size()) + 1);
  for (const v1::Observation& observation : report.observations()) {
    const valueset::Membership own = value_sets.SetsThatHold(observation.code());
    units.push_back({observation.id(), &observation, EffectiveStatus(report, observation), own, of_header});
    units.back().any_sets.Add(own);
  }
  if (HasDocument(report)) {
    units.push_back({kDocument, nullptr, UnitStatus(report, kDocument), of_report, of_header});
    // A file that was sent as something of its own (an HIV report as PDF under a blood count) holds the document that it is part
    // of.
    for (const v1::Attachment& file : report.presented_forms()) units.back().any_sets.Add(value_sets.SetsThatHold(file.code()));
  }
  return units;
}

RuleTruth Evaluate(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit, v1::Audience audience, absl::Time now,
                   const absl::TimeZone& zone, ReportConditions* conditions) {
  RuleTruth result;
  const bool own = CodesMatch(rule.match, unit.own_sets);
  const bool restricts = rule.then.restricts() && CodesMatch(rule.match, unit.any_sets);
  const bool permits = rule.then.permit && own;
  const bool limits = rule.then.deadline && own;
  if (!restricts && !permits && !limits) return result;
  if (rule.observations_only && unit.observation == nullptr) return result;
  std::vector<std::string> unknown;
  Truth truth = OtherKeysMatch(rule.match, report, unit, &unknown);
  if (truth == Truth::kFalse) return result;
  if (rule.when != nullptr) {
    const auto evaluate = [&] {
      return rule.when->Evaluate(ModelEnvironment::Activate(report, unit.observation, audience, now, zone));
    };
    expr::Evaluation own_evaluation;
    const expr::Evaluation* evaluation = &own_evaluation;
    if (rule.reads_observation) {
      own_evaluation = evaluate();
    } else {
      const auto [found, inserted] =
          conditions->try_emplace({&rule, rule.reads_audience ? audience : v1::AUDIENCE_UNSPECIFIED}, expr::Evaluation());
      if (inserted) found->second = evaluate();
      evaluation = &found->second;
    }
    if (evaluation->truth == Truth::kFalse) return result;
    if (evaluation->truth == Truth::kUnknown) {
      truth = Truth::kUnknown;
      unknown.insert(unknown.end(), evaluation->unknown_facts.begin(), evaluation->unknown_facts.end());
      // A rule that fails is as unknown as one that lacks a fact, and says so in the same place.
      if (!evaluation->error.empty()) unknown.push_back("error: " + evaluation->error);
    }
  }
  if (restricts) result.as_restriction = truth;
  if (permits) result.as_permit = truth;
  if (limits) result.as_deadline = truth;
  if (truth == Truth::kUnknown) result.unknown_facts = std::move(unknown);
  return result;
}

}  // namespace resultgate::policy
