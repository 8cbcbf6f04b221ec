#include "server/gate/patient_facts.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "server/base/proto_time.h"
#include "server/policy/units.h"

namespace resultgate::gate {
namespace {

using Preference = v1::ReleasePreference;

bool IsAsked(const Preference& preference) {
  return preference.timing() != Preference::TIMING_UNSPECIFIED;
}

// What a record says of a category itself; of none: the overall preference.
const Preference* Said(const v1::PatientRecord& record, const std::string& category) {
  const v1::Patient& facts = record.facts();
  if (category.empty()) return facts.has_preference() ? &facts.preference() : nullptr;
  for (const Preference& preference : facts.category_preferences()) {
    if (preference.category() == category) return &preference;
  }
  return nullptr;
}

// What holds for a category by one record; null where nothing was asked.
const Preference* Holding(const v1::PatientRecord& record, const std::string& category) {
  const Preference* said = Said(record, category);
  if (said == nullptr || !IsAsked(*said)) said = Said(record, "");
  return said != nullptr && IsAsked(*said) ? said : nullptr;
}

// The most private of what the records say: every wait that no other one covers, or `immediate` where all say so.
std::vector<Preference> MostPrivate(const std::vector<v1::PatientRecord>& records, const std::string& category) {
  std::optional<Preference> days;
  std::optional<Preference> review;
  std::optional<Preference> immediate;
  bool all_immediate = true;
  for (const v1::PatientRecord& record : records) {
    const Preference* holding = Holding(record, category);
    all_immediate = all_immediate && holding != nullptr && holding->timing() == Preference::TIMING_IMMEDIATE;
    if (holding == nullptr) continue;
    if (holding->timing() == Preference::TIMING_AFTER_DAYS && (!days || days->after_days() < holding->after_days())) {
      days = *holding;
    }
    if (holding->timing() == Preference::TIMING_AFTER_REVIEW && !review) review = *holding;
    if (holding->timing() == Preference::TIMING_IMMEDIATE && !immediate) immediate = *holding;
  }
  std::vector<Preference> private_ones;
  if (days) private_ones.push_back(*days);
  if (review) private_ones.push_back(*review);
  if (private_ones.empty() && all_immediate && immediate) private_ones.push_back(*immediate);
  for (Preference& preference : private_ones) preference.set_category(category);
  return private_ones;
}

// When the last of the records was merged into another.
absl::Time LastMerge(const std::vector<v1::PatientRecord>& records) {
  absl::Time last = absl::InfinitePast();
  for (const v1::PatientRecord& record : records) {
    if (record.has_merged_at()) last = std::max(last, base::FromProto(record.merged_at()));
  }
  return last;
}

// The preferences for a category, or overall ones, that hold for all records together.
std::vector<Preference> PreferencesFor(const std::vector<v1::PatientRecord>& records, const std::string& category) {
  // Recorded since the records were merged: somebody has looked.
  const Preference* last = nullptr;
  for (const v1::PatientRecord& record : records) {
    const Preference* said = Said(record, category);
    if (said == nullptr || !said->has_recorded_at() || base::FromProto(said->recorded_at()) <= LastMerge(records)) continue;
    if (last == nullptr || base::FromProto(last->recorded_at()) < base::FromProto(said->recorded_at())) last = said;
  }
  if (last == nullptr) return MostPrivate(records, category);
  return IsAsked(*last) ? std::vector<Preference>{*last} : std::vector<Preference>();
}

void AddPreferences(const std::vector<v1::PatientRecord>& records, v1::Patient* facts) {
  std::set<std::string> categories;
  for (const v1::PatientRecord& record : records) {
    for (const Preference& preference : record.facts().category_preferences()) categories.insert(preference.category());
  }
  std::vector<Preference> overall = PreferencesFor(records, "");
  if (!overall.empty()) *facts->mutable_preference() = overall.front();
  // Two that wait in different ways both hold.
  for (size_t i = 1; i < overall.size(); ++i) *facts->add_category_preferences() = std::move(overall[i]);
  for (const std::string& category : categories) {
    for (Preference& preference : PreferencesFor(records, category)) {
      *facts->add_category_preferences() = std::move(preference);
    }
  }
}

void AddConditions(const v1::Patient& from, v1::Patient* facts) {
  if (!from.has_known_conditions()) return;
  auto* known = facts->mutable_known_conditions()->mutable_values();
  for (const v1::CodeableConcept& condition : from.known_conditions().values()) {
    const auto same = [&condition](const v1::CodeableConcept& other) {
      return other.SerializeAsString() == condition.SerializeAsString();
    };
    if (std::none_of(known->begin(), known->end(), same)) *known->Add() = condition;
  }
}

absl::Time RecordedAt(const v1::PatientRecord& record, const char* fact) {
  const auto at = record.recorded_at().find(fact);
  return at == record.recorded_at().end() ? absl::InfinitePast() : base::FromProto(at->second);
}

// The facts of the record in which `has` says that it is and which was told last; null where none has it.
template <typename Has>
const v1::Patient* LastTold(const std::vector<v1::PatientRecord>& records, const char* fact, const Has& has) {
  const v1::PatientRecord* last = nullptr;
  for (const v1::PatientRecord& record : records) {
    if (has(record.facts()) && (last == nullptr || RecordedAt(*last, fact) < RecordedAt(record, fact))) last = &record;
  }
  return last == nullptr ? nullptr : &last->facts();
}

void AddDeath(const std::vector<v1::PatientRecord>& records, v1::Patient* facts) {
  const char* const kFact = "deceased";
  const v1::Patient* last = LastTold(records, kFact, [](const v1::Patient& told) { return told.has_deceased(); });
  if (last == nullptr) return;
  // Told before the records were one patient's, either may be right.
  const bool any = std::any_of(records.begin(), records.end(), [&](const v1::PatientRecord& record) {
    return record.facts().deceased() && (&record.facts() == last || RecordedAt(record, kFact) <= LastMerge(records));
  });
  const bool settled = std::any_of(records.begin(), records.end(), [&](const v1::PatientRecord& record) {
    return &record.facts() == last && RecordedAt(record, kFact) > LastMerge(records);
  });
  facts->set_deceased(settled ? last->deceased() : any);
}

// Every wish of every record: where they differ, what all of them allow counts.
void AddNotifications(const std::vector<v1::PatientRecord>& records, v1::Patient* facts) {
  for (const v1::PatientRecord& record : records) {
    if (record.facts().has_notifications()) facts->mutable_notifications()->MergeFrom(record.facts().notifications());
  }
}

void AddFacts(const std::vector<v1::PatientRecord>& records, v1::Patient* facts) {
  if (auto* last = LastTold(records, "birth_date", [](const auto& told) { return told.has_birth_date(); })) {
    facts->set_birth_date(last->birth_date());
  }
  if (auto* last = LastTold(records, "gender", [](const auto& told) { return told.has_gender(); })) {
    facts->set_gender(last->gender());
  }
  if (auto* last = LastTold(records, "language", [](const auto& told) { return told.has_language(); })) {
    facts->set_language(last->language());
  }
  if (auto* last = LastTold(records, "portal_account", [](const auto& told) { return told.has_portal_account(); })) {
    facts->set_portal_account(last->portal_account());
  }
  AddNotifications(records, facts);
  AddDeath(records, facts);
}

}  // namespace

KnownPatient Together(const std::vector<v1::PatientRecord>& records) {
  KnownPatient known;
  if (records.empty()) return known;
  for (const v1::PatientRecord& record : records) {
    AddConditions(record.facts(), &known.facts);
    known.people.insert(known.people.end(), record.related_people().begin(), record.related_people().end());
  }
  AddFacts(records, &known.facts);
  AddPreferences(records, &known.facts);
  return known;
}

v1::Patient InForce(const v1::Patient& sent, const v1::Patient& known) {
  v1::Patient patient = known;
  *patient.mutable_identifiers() = sent.identifiers();
  if (sent.has_birth_date()) patient.set_birth_date(sent.birth_date());
  if (sent.has_gender()) patient.set_gender(sent.gender());
  if (sent.has_language()) patient.set_language(sent.language());
  if (sent.has_deceased()) patient.set_deceased(sent.deceased() || known.deceased());
  return patient;
}

void DropWhatReportsDoNotSay(v1::DiagnosticReport* report) {
  if (!report->has_patient()) return;
  v1::Patient* patient = report->mutable_patient();
  const auto drop = [report](const char* place) {
    v1::Issue* issue = report->add_issues();
    issue->set_severity(v1::Issue::SEVERITY_WARNING);
    issue->set_place(place);
    issue->set_message("a report does not tell this of its patient; it was dropped, and what PatientService was told counts");
  };
  if (patient->has_known_conditions()) drop("patient.known_conditions");
  if (patient->has_preference()) drop("patient.preference");
  if (patient->category_preferences_size() > 0) drop("patient.category_preferences");
  if (patient->has_portal_account()) drop("patient.portal_account");
  if (patient->has_notifications()) drop("patient.notifications");
  patient->clear_known_conditions();
  patient->clear_preference();
  patient->clear_category_preferences();
  patient->clear_portal_account();
  patient->clear_notifications();
}

policy::Determinations ConfidentialIn(const v1::DiagnosticReport& report, const std::vector<v1::RelatedPerson>& people,
                                      const policy::Pack& pack) {
  policy::Determinations determinations;
  std::optional<policy::Units> units;
  for (const v1::RelatedPerson& person : people) {
    for (const v1::ConfidentialCategory& confidential : person.confidential()) {
      v1::Determination determination;
      const valueset::ValueSet* set = pack.value_sets().Find(confidential.category());
      if (set != nullptr) {
        if (!units) units.emplace(pack.value_sets(), report);
        for (const policy::Unit& unit : *units) {
          if (unit.any_sets.Has(set->number())) determination.add_unit_ids(std::string(unit.id));
        }
        if (determination.unit_ids().empty()) continue;
      }
      determination.set_type(v1::BASIS_TYPE_PRIVACY);
      determination.set_determined_by(confidential.determined_by());
      determination.set_reason(confidential.reason());
      *determination.mutable_until() = confidential.until();
      determination.add_audiences(person.audience());
      *determinations.Add() = std::move(determination);
    }
  }
  return determinations;
}

const v1::DiagnosticReport& ReportInForce(const v1::Result& result, v1::DiagnosticReport* scratch) {
  const bool discussed = result.has_discussed_at() && !result.report().order().has_discussed_at();
  if (!result.has_known_patient() && !discussed) return result.report();
  *scratch = result.report();
  if (result.has_known_patient()) *scratch->mutable_patient() = InForce(result.report().patient(), result.known_patient());
  if (discussed) {
    *scratch->mutable_order()->mutable_discussed_at() = result.discussed_at();
    scratch->mutable_order()->set_discussed_how(result.discussed_how());
  }
  return *scratch;
}

v1::Decision DecideStanding(const policy::Pack& pack, const v1::Result& result, policy::Context context, absl::Time now) {
  v1::DiagnosticReport scratch;
  policy::Determinations determinations = result.confidential();
  determinations.MergeFrom(result.determinations());
  context.determinations = &determinations;
  return policy::Decide(pack, ReportInForce(result, &scratch), context, now);
}

absl::Time NextBirthday(const v1::Patient& patient, const absl::TimeZone& zone, absl::Time now) {
  constexpr int kFirst = 10;
  constexpr int kLast = 21;
  const std::vector<std::string> parts = absl::StrSplit(patient.birth_date(), '-');
  int date[3] = {0, 1, 1};
  for (size_t i = 0; i < std::min<size_t>(parts.size(), 3); ++i) {
    if (!absl::SimpleAtoi(parts[i], &date[i])) return absl::InfiniteFuture();
  }
  for (int age = kFirst; age <= kLast; ++age) {
    const absl::Time birthday = absl::FromCivil(absl::CivilDay(date[0] + age, date[1], date[2]), zone);
    if (birthday > now) return birthday;
  }
  return absl::InfiniteFuture();
}

}  // namespace resultgate::gate
