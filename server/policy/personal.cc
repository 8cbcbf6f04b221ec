#include "server/policy/personal.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"

namespace resultgate::policy {
namespace {

using Timing = v1::ReleasePreference;

bool Waits(const v1::ReleasePreference& preference) {
  return preference.timing() == Timing::TIMING_AFTER_DAYS || preference.timing() == Timing::TIMING_AFTER_REVIEW;
}

bool IsAsked(const v1::ReleasePreference& preference) {
  return Waits(preference) || preference.timing() == Timing::TIMING_IMMEDIATE;
}

// Said twice, a wish counts once.
void AddWait(const WishToWait& wait, std::vector<WishToWait>* waits) {
  if (std::find(waits->begin(), waits->end(), wait) == waits->end()) waits->push_back(wait);
}

// What the patient prefers for one unit, its own codings considered.
void AddPreferences(const valueset::Registry& value_sets, const v1::Patient& patient, const Unit& unit, PersonalAsks* asks) {
  bool spoken_for = false;
  bool at_once = false;
  const auto add = [&](const v1::ReleasePreference& preference, bool unknown_category) {
    spoken_for = true;
    if (Waits(preference)) {
      AddWait({&preference, unknown_category}, &asks->waits);
    } else {
      at_once = true;
    }
  };
  for (const v1::ReleasePreference& preference : patient.category_preferences()) {
    if (!IsAsked(preference) || preference.category().empty()) continue;
    const valueset::ValueSet* set = value_sets.Find(preference.category());
    const valueset::Membership& sets = Waits(preference) ? unit.any_sets : unit.own_sets;
    if (set == nullptr ? Waits(preference) : sets.Has(set->number())) add(preference, set == nullptr);
  }
  if (!spoken_for) {
    if (IsAsked(patient.preference())) add(patient.preference(), false);
    for (const v1::ReleasePreference& preference : patient.category_preferences()) {
      if (IsAsked(preference) && preference.category().empty()) add(preference, false);
    }
  }
  asks->at_once = at_once && asks->waits.empty();
}

// A document tells what its report's observations say.
void AddWaitsOf(const PersonalAsks& observation, PersonalAsks* document) {
  for (const WishToWait& wait : observation.waits) AddWait(wait, &document->waits);
  document->at_once = document->at_once && observation.at_once;
}

bool Holds(const v1::Determination& determination, const Unit& unit, v1::Audience audience, absl::Time now) {
  if (base::FromProto(determination.until()) <= now) return false;
  const auto& units = determination.unit_ids();
  const bool tells_of_it = unit.observation == nullptr;
  if (!units.empty() && !tells_of_it && std::find(units.begin(), units.end(), unit.id) == units.end()) return false;
  const auto& audiences = determination.audiences();
  return audiences.empty() || std::find(audiences.begin(), audiences.end(), v1::AUDIENCE_PATIENT) != audiences.end() ||
         std::find(audiences.begin(), audiences.end(), audience) != audiences.end();
}

}  // namespace

bool WishToWait::operator==(const WishToWait& other) const {
  return preference->category() == other.preference->category() && preference->timing() == other.preference->timing() &&
         preference->after_days() == other.preference->after_days() && unknown_category == other.unknown_category;
}

void PersonalAsks::Clear() {
  determinations.clear();
  waits.clear();
  at_once = deceased = false;
}

bool PersonalAsks::operator==(const PersonalAsks& other) const {
  return determinations == other.determinations && waits == other.waits && at_once == other.at_once && deceased == other.deceased;
}

void Personal::Fill(const valueset::Registry& value_sets, const v1::DiagnosticReport& report, const Units& units,
                    const Determinations* determinations, absl::Time now) {
  const v1::Patient& patient = report.patient();
  const bool determined = determinations != nullptr && !determinations->empty();
  any_ = determined || patient.deceased() || patient.has_preference() || patient.category_preferences_size() > 0;
  of_.Clear();
  if (!any_) return;
  for (const Unit& unit : units) {
    auto& asks = of_.Next();
    asks[0].Clear();
    asks[0].deceased = patient.deceased();
    AddPreferences(value_sets, patient, unit, &asks[0]);
  }
  const bool has_document = units.size() > 0 && units.back().observation == nullptr;
  for (size_t u = 0; has_document && u + 1 < units.size(); ++u) AddWaitsOf(of_[u][0], &of_.back()[0]);
  if (has_document && !of_.back()[0].waits.empty()) of_.back()[0].at_once = false;
  for (size_t u = 0; u < units.size(); ++u) {
    if (units[u].status == v1::RESULT_STATUS_CANCELLED) of_[u][0].waits.clear();
    for (size_t a = 1; a < kAudienceCount; ++a) of_[u][a] = of_[u][0];
    if (!determined) continue;
    for (size_t a = 0; a < kAudienceCount; ++a) {
      for (const v1::Determination& determination : *determinations) {
        if (Holds(determination, units[u], kAudiences[a], now)) of_[u][a].determinations.push_back(&determination);
      }
    }
  }
}

std::string RuleIdOf(const v1::Determination& determination) {
  return determination.id() == 0 ? kConfidentialRule : absl::StrCat(kDeterminationPrefix, determination.id());
}

bool MayLift(const v1::Determination& determination, v1::Lifter lifter) {
  const auto& audiences = determination.audiences();
  const bool from_patient =
      audiences.empty() || std::find(audiences.begin(), audiences.end(), v1::AUDIENCE_PATIENT) != audiences.end();
  if (!from_patient) return false;
  return (determination.type() == v1::BASIS_TYPE_HARM_DETERMINATION && lifter == v1::LIFTER_PROVIDER) ||
         (determination.type() == v1::BASIS_TYPE_PATIENT_REQUEST && lifter == v1::LIFTER_PATIENT);
}

}  // namespace resultgate::policy
