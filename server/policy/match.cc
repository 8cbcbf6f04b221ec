#include "server/policy/match.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace resultgate::policy {
namespace {

using expr::Truth;

template <typename List, typename Value>
bool Lists(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Truth ToTruth(bool value) {
  return value ? Truth::kTrue : Truth::kFalse;
}

}  // namespace

const char* NameOf(MatchKey key) {
  constexpr const char* kNames[] = {"unit", "section", "status", "interpretation", "encounter_class", "jurisdiction"};
  return kNames[static_cast<size_t>(key)];
}

const std::string& FactOf(MatchKey key) {
  static const auto* const kFacts = new std::array<std::string, std::size(kMatchKeys)>{
      "", "", "", "observation.interpretation", "order.encounter_class", "order.jurisdictions"};
  return (*kFacts)[static_cast<size_t>(key)];
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

Truth KeyHolds(MatchKey key, const Match& match, const v1::DiagnosticReport& report, const Unit& unit) {
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
      if (!unit.observation->has_interpretation()) return Truth::kUnknown;
      return ToTruth(Lists(match.interpretations, unit.observation->interpretation()));
    case MatchKey::kEncounterClass:
      if (!order.has_encounter_class()) return Truth::kUnknown;
      return ToTruth(Lists(match.encounter_classes, order.encounter_class()));
    case MatchKey::kJurisdiction: {
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

}  // namespace resultgate::policy
