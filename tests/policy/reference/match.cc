#include "tests/policy/reference/match.h"

#include <algorithm>

#include "server/policy/model_environment.h"

namespace resultgate::policy::reference {
namespace {

using expr::Truth;

template <typename List, typename Value>
bool Lists(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The keys of `match` but `codes`.
Truth OtherKeysMatch(const Match& match, const v1::DiagnosticReport& report, const Unit& unit,
                     std::vector<std::string>* unknown) {
  Truth truth = Truth::kTrue;
  for (const MatchKey key : kMatchKeys) {
    if (!IsGiven(key, match)) continue;
    const char* missing = nullptr;
    const Truth holds = KeyHolds(key, match, report, unit, &missing);
    if (holds == Truth::kFalse) return holds;
    if (holds == Truth::kTrue) continue;
    truth = Truth::kUnknown;
    unknown->push_back(missing);
  }
  return truth;
}

Truth ToTruth(bool value) {
  return value ? Truth::kTrue : Truth::kFalse;
}

}  // namespace

const char* NameOf(MatchKey key) {
  constexpr const char* kNames[] = {"unit", "section", "status", "interpretation", "encounter_class", "jurisdiction"};
  return kNames[static_cast<size_t>(key)];
}

bool IsGiven(MatchKey key, const Match& match) {
  switch (key) {
    case MatchKey::kUnit:
      return match.unit != Match::Unit::kAny;
    case MatchKey::kSection:
      return !match.sections.empty();
    case MatchKey::kStatus:
      return !match.statuses.empty();
    case MatchKey::kInterpretation:
      return !match.interpretations.empty();
    case MatchKey::kEncounterClass:
      return !match.encounter_classes.empty();
    case MatchKey::kJurisdiction:
      return !match.jurisdictions.empty();
  }
  return false;
}

Truth KeyHolds(MatchKey key, const Match& match, const v1::DiagnosticReport& report, const Unit& unit, const char** missing) {
  const v1::ServiceRequest& order = report.order();
  switch (key) {
    case MatchKey::kUnit:
      return ToTruth((match.unit == Match::Unit::kObservation) == (unit.observation != nullptr));
    case MatchKey::kSection:
      return ToTruth(Lists(match.sections, report.section()));
    case MatchKey::kStatus:
      return ToTruth(Lists(match.statuses, unit.status));
    case MatchKey::kInterpretation:
      if (unit.observation == nullptr) return Truth::kFalse;
      *missing = "observation.interpretation";
      if (!unit.observation->has_interpretation()) return Truth::kUnknown;
      return ToTruth(Lists(match.interpretations, unit.observation->interpretation()));
    case MatchKey::kEncounterClass:
      *missing = "order.encounter_class";
      if (!order.has_encounter_class()) return Truth::kUnknown;
      return ToTruth(Lists(match.encounter_classes, order.encounter_class()));
    case MatchKey::kJurisdiction: {
      *missing = "order.jurisdictions";
      if (!order.has_jurisdictions()) return Truth::kUnknown;
      const auto& places = order.jurisdictions().values();
      return ToTruth(std::any_of(places.begin(), places.end(),
                                 [&match](const std::string& place) { return Lists(match.jurisdictions, place); }));
    }
  }
  return Truth::kFalse;
}

// A header can hold everything under it, but can let nothing go (design, "The rule language").
bool CodesHold(const Match& match, const Unit& unit, bool permits) {
  const valueset::Membership& sets = permits ? unit.own_sets : unit.any_sets;
  return match.codes.empty() || std::any_of(match.codes.begin(), match.codes.end(),
                                            [&sets](const valueset::ValueSet* set) { return sets.Has(set->number()); });
}

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
    for (const v1::Attachment& file : report.presented_forms()) {
      if (!IsVoid(file)) units.back().any_sets.Add(value_sets.SetsThatHold(file.code()));
    }
  }
  return units;
}

RuleTruth Evaluate(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit, v1::Audience audience, absl::Time now,
                   const absl::TimeZone& zone, ReportConditions* conditions) {
  RuleTruth result;
  const bool own = CodesHold(rule.match, unit, /*permits=*/true);
  const bool restricts = rule.then.restricts() && CodesHold(rule.match, unit, /*permits=*/false);
  const bool permits = rule.then.permit && own;
  const bool limits = rule.then.deadline && own;
  const bool advises = rule.then.next_step && own;
  if (!restricts && !permits && !limits && !advises) return result;
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
  if (advises) result.as_next_step = truth;
  if (truth == Truth::kUnknown) result.unknown_facts = std::move(unknown);
  return result;
}

}  // namespace resultgate::policy::reference
