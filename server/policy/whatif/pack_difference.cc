#include "server/policy/whatif/pack_difference.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "server/policy/sentence.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {
namespace {

using calendar::Calendar;

std::set<std::string> SetsOf(const Rule& rule) {
  std::set<std::string> names;
  for (const valueset::ValueSet* set : rule.match.codes) names.insert(set->name());
  for (const expr::Program* condition : ConditionsOf(rule)) {
    names.insert(condition->code_sets().begin(), condition->code_sets().end());
  }
  return names;
}

// A sentence says all that a rule does, but names value sets by their titles.
std::string Meaning(const Rule& rule) {
  return absl::StrCat(Sentence(rule), "\n", absl::StrJoin(SetsOf(rule), ","));
}

std::set<std::string> CodesOf(const valueset::ValueSet* set) {
  std::set<std::string> codes;
  if (set == nullptr) return codes;
  for (const valueset::ValueSet::Entry& entry : set->entries()) {
    codes.insert(absl::StrCat(entry.system, "|", entry.code, entry.descendants ? "*" : ""));
  }
  return codes;
}

std::string Text(const ReviewAsk& review) {
  return absl::StrJoin({absl::StrJoin(review.owners, ","), calendar::ToString(review.each), calendar::ToString(review.expires),
                        absl::StrCat(review.on_expiry), review.escalate_to, calendar::ToString(review.escalate_for),
                        absl::StrCat(review.after_escalation)},
                       ";");
}

// What the pack's `facts:` mean, as they would fill a report that lacks them all.
std::string Facts(const Pack& pack) {
  v1::DiagnosticReport filled;
  std::vector<std::string> paths;
  pack.FillAssumedFacts({}, &filled, &paths);
  return filled.SerializeAsString();
}

std::string Ranks(const Pack& pack) {
  std::string text;
  for (int basis = 1; basis < v1::BasisType_ARRAYSIZE; ++basis) {
    absl::StrAppend(&text, pack.RankOf(static_cast<v1::BasisType>(basis)), " ");
  }
  return text;
}

// The days of twenty years on which the two calendars differ.
int DifferentDays(const Calendar& before, const Calendar& after) {
  int days = 0;
  for (absl::CivilDay day(2020, 1, 1); day < absl::CivilDay(2040, 1, 1); ++day) {
    if (before.IsBusinessDay(day) != after.IsBusinessDay(day)) ++days;
  }
  return days;
}

// True if somebody is there at other times, on days that are business days in both. A year holds each weekday often enough.
bool OtherHours(const Calendar& before, const Calendar& after) {
  std::set<absl::Weekday> seen;
  for (absl::CivilDay day(2026, 1, 1); seen.size() < 7 && day < absl::CivilDay(2027, 1, 1); ++day) {
    if (!before.IsBusinessDay(day) || !after.IsBusinessDay(day)) continue;
    if (!seen.insert(absl::GetWeekday(day)).second) continue;
    const absl::Time midnight = absl::FromCivil(day, before.zone());
    for (int minute = 0; minute < 24 * 60; ++minute) {
      const absl::Time time = midnight + absl::Minutes(minute);
      if (before.IsStaffed(time) != after.IsStaffed(time)) return true;
    }
  }
  return false;
}

// By what time is counted for orders of a facility.
struct Clock {
  const std::string& zone_name;
  const Calendar& calendar;
};

Clock ClockOf(const Pack& pack, const std::string& facility_name) {
  const Facility* facility = FindFacility(pack.facilities(), facility_name);
  if (facility == nullptr) return {pack.time_zone_name(), pack.calendar()};
  return {facility->time_zone_name, *facility->calendar};
}

void AddClockChanges(const Clock& before, const Clock& after, const std::string& whose, std::vector<std::string>* changes) {
  if (before.zone_name != after.zone_name) {
    changes->push_back(absl::StrCat(whose, "zone: ", before.zone_name, " becomes ", after.zone_name));
  }
  if (const int days = DifferentDays(before.calendar, after.calendar); days > 0) {
    changes->push_back(absl::StrCat(whose, "business days: ", days, " days from 2020 to 2039 differ"));
  }
  if (OtherHours(before.calendar, after.calendar)) changes->push_back(absl::StrCat(whose, "staffed hours"));
}

}  // namespace

std::map<std::string, v1::RuleImpact::Change> RuleChanges(const Pack& before, const Pack& after) {
  std::map<std::string, v1::RuleImpact::Change> changes;
  std::map<std::string, const Rule*> old;
  for (const Rule& rule : before.rules()) {
    old[rule.id] = &rule;
    changes[rule.id] = v1::RuleImpact::CHANGE_REMOVED;
  }
  for (const Rule& rule : after.rules()) {
    const auto found = old.find(rule.id);
    if (found == old.end()) {
      changes[rule.id] = v1::RuleImpact::CHANGE_ADDED;
      continue;
    }
    const std::set<std::string> sets = SetsOf(rule);
    const bool other_codes = std::any_of(sets.begin(), sets.end(), [&](const std::string& name) {
      return CodesOf(before.value_sets().Find(name)) != CodesOf(after.value_sets().Find(name));
    });
    changes[rule.id] = Meaning(*found->second) != Meaning(rule) ? v1::RuleImpact::CHANGE_CHANGED
                       : other_codes                            ? v1::RuleImpact::CHANGE_CODES
                                                                : v1::RuleImpact::CHANGE_SAME;
  }
  return changes;
}

std::vector<std::string> SettingChanges(const Pack& before, const Pack& after) {
  std::vector<std::string> changes;
  AddClockChanges(ClockOf(before, ""), ClockOf(after, ""), "", &changes);
  std::set<std::string> facilities;
  for (const Pack* pack : {&before, &after}) {
    for (const Facility& facility : pack->facilities()) facilities.insert(facility.name);
  }
  for (const std::string& name : facilities) {
    AddClockChanges(ClockOf(before, name), ClockOf(after, name), absl::StrCat("facility ", name, ": "), &changes);
  }
  if (Text(before.default_review()) != Text(after.default_review())) changes.emplace_back("the default review");
  if (Text(before.quarantine_review()) != Text(after.quarantine_review())) changes.emplace_back("the quarantine's review");
  if (Ranks(before) != Ranks(after)) changes.emplace_back("precedence");
  if (Facts(before) != Facts(after)) changes.emplace_back("facts");
  return changes;
}

}  // namespace resultgate::policy
