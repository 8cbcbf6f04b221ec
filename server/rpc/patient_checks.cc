// What each request of PatientService must hold before it is passed on.

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "server/rpc/checks.h"

namespace resultgate::rpc {
namespace {

constexpr int kMostIdentifiers = 100;
constexpr int kMostConditions = 10000;
constexpr int kMostDays = 90;
constexpr int kMostWishes = 100;
constexpr const char* kFacts[] = {"birth_date", "deceased",      "gender",        "known_conditions",
                                  "language",   "notifications", "portal_account"};

// `1970-05-04`, or without day, or without month (FHIR date).
bool IsDate(absl::string_view text) {
  int parts[3] = {0, 1, 1};
  constexpr size_t kLengths[] = {4, 2, 2};
  size_t count = 0;
  for (const absl::string_view part : absl::StrSplit(text, '-')) {
    if (count == 3 || part.size() != kLengths[count] || !std::all_of(part.begin(), part.end(), absl::ascii_isdigit)) return false;
    if (!absl::SimpleAtoi(part, &parts[count++])) return false;
  }
  // A day that the month does not have is normalised to another one.
  const absl::CivilDay day(parts[0], parts[1], parts[2]);
  return parts[0] > 0 && day.month() == parts[1] && day.day() == parts[2];
}

void CheckIdentifier(const std::string& field, const v1::Identifier& identifier, Violations* violations) {
  if (identifier.value().empty())
    violations->push_back({absl::StrCat(field, ".value"), "is required: an empty one never matches"});
  CheckName(absl::StrCat(field, ".value"), identifier.value(), /*required=*/false, violations);
  CheckName(absl::StrCat(field, ".system"), identifier.system(), /*required=*/false, violations);
}

void CheckActor(const std::string& actor, Violations* violations) {
  CheckName("actor", actor, /*required=*/true, violations);
}

void CheckNotifications(const v1::NotificationWishList& wishes, Violations* violations) {
  if (wishes.values_size() > kMostWishes) violations->push_back({"facts.notifications", "must hold at most 100"});
  std::set<std::string> categories;
  for (int i = 0; i < wishes.values_size(); ++i) {
    const std::string field = absl::StrCat("facts.notifications.values[", i, "]");
    const v1::NotificationWish& wish = wishes.values(i);
    CheckName(absl::StrCat(field, ".category"), wish.category(), /*required=*/false, violations);
    if (!categories.insert(wish.category()).second) {
      violations->push_back({absl::StrCat(field, ".category"), "must be another one than that of the wishes before"});
    }
    for (int c = 0; c < wish.channels_size(); ++c) {
      if (wish.channels(c) == 0 || !v1::NotificationChannel_IsValid(wish.channels(c))) {
        violations->push_back({absl::StrCat(field, ".channels[", c, "]"), "must be a channel of this version of the API"});
      }
    }
  }
}

void CheckFacts(const v1::Patient& facts, Violations* violations) {
  if (facts.identifiers().empty()) violations->push_back({"facts.identifiers", "must hold at least one"});
  if (facts.identifiers_size() > kMostIdentifiers) violations->push_back({"facts.identifiers", "must hold at most 100"});
  for (int i = 0; i < facts.identifiers_size(); ++i) {
    CheckIdentifier(absl::StrCat("facts.identifiers[", i, "]"), facts.identifiers(i), violations);
  }
  if (facts.has_birth_date() && !IsDate(facts.birth_date())) {
    violations->push_back({"facts.birth_date", "must be a date as `1970-05-04`, `1970-05` or `1970`"});
  }
  if (facts.has_gender() && (!v1::AdministrativeGender_IsValid(facts.gender()) || facts.gender() == 0)) {
    violations->push_back({"facts.gender", "must be a gender of this version of the API"});
  }
  if (facts.known_conditions().values_size() > kMostConditions) {
    violations->push_back({"facts.known_conditions", "must hold at most 10000"});
  }
  CheckNotifications(facts.notifications(), violations);
  if (facts.has_preference() || facts.category_preferences_size() > 0) {
    violations->push_back({"facts.preference", "is set by SetPreference"});
  }
}

}  // namespace

Violations Check(const v1::GetPatientRequest& request) {
  Violations violations;
  CheckIdentifier("patient", request.patient(), &violations);
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::UpdatePatientRequest& request) {
  Violations violations;
  CheckActor(request.actor(), &violations);
  CheckFacts(request.facts(), &violations);
  for (int i = 0; i < request.forget_size(); ++i) {
    if (std::find(std::begin(kFacts), std::end(kFacts), request.forget(i)) == std::end(kFacts)) {
      violations.push_back({absl::StrCat("forget[", i, "]"),
                            "must be birth_date, deceased, gender, known_conditions, language, notifications or portal_account"});
    }
  }
  if (request.has_recorded_at()) CheckTime("recorded_at", request.recorded_at(), &violations);
  return violations;
}

Violations Check(const v1::SetPreferenceRequest& request) {
  using Preference = v1::ReleasePreference;
  Violations violations;
  CheckIdentifier("patient", request.patient(), &violations);
  const Preference& preference = request.preference();
  if (!Preference::Timing_IsValid(preference.timing())) {
    violations.push_back({"preference.timing", "must be a timing of this version of the API"});
  }
  const bool days = preference.timing() == Preference::TIMING_AFTER_DAYS;
  if (days && (preference.after_days() < 1 || preference.after_days() > kMostDays)) {
    violations.push_back({"preference.after_days", "must be from 1 to 90"});
  }
  if (!days && preference.after_days() != 0) violations.push_back({"preference.after_days", "is for AFTER_DAYS only"});
  CheckName("preference.category", preference.category(), /*required=*/false, &violations);
  CheckName("preference.recorded_by", preference.recorded_by(), /*required=*/true, &violations);
  if (preference.has_recorded_at()) CheckTime("preference.recorded_at", preference.recorded_at(), &violations);
  return violations;
}

Violations Check(const v1::PutRelatedPersonRequest& request) {
  Violations violations;
  CheckActor(request.actor(), &violations);
  CheckIdentifier("patient", request.patient(), &violations);
  const v1::RelatedPerson& person = request.person();
  CheckIdentifier("person.person", person.person(), &violations);
  if (person.audience() != v1::AUDIENCE_REPRESENTATIVE && person.audience() != v1::AUDIENCE_DELEGATE) {
    violations.push_back({"person.audience", "must be REPRESENTATIVE or DELEGATE"});
  }
  CheckName("person.relationship", person.relationship(), /*required=*/false, &violations);
  if (person.confidential_size() > 100) violations.push_back({"person.confidential", "must hold at most 100"});
  for (int i = 0; i < person.confidential_size(); ++i) {
    const std::string field = absl::StrCat("person.confidential[", i, "]");
    const v1::ConfidentialCategory& confidential = person.confidential(i);
    CheckName(absl::StrCat(field, ".category"), confidential.category(), /*required=*/true, &violations);
    CheckName(absl::StrCat(field, ".reason"), confidential.reason(), /*required=*/true, &violations);
    if (!confidential.has_until()) violations.push_back({absl::StrCat(field, ".until"), "is required: every hold has an end"});
    CheckTime(absl::StrCat(field, ".until"), confidential.until(), &violations);
    if (!confidential.determined_by().empty()) {
      violations.push_back({absl::StrCat(field, ".determined_by"), "must be empty: the gate fills in the actor"});
    }
  }
  return violations;
}

Violations Check(const v1::RemoveRelatedPersonRequest& request) {
  Violations violations;
  CheckActor(request.actor(), &violations);
  CheckIdentifier("patient", request.patient(), &violations);
  CheckIdentifier("person", request.person(), &violations);
  return violations;
}

Violations Check(const v1::MergePatientsRequest& request) {
  Violations violations;
  CheckActor(request.actor(), &violations);
  CheckIdentifier("survivor", request.survivor(), &violations);
  CheckIdentifier("merged", request.merged(), &violations);
  return violations;
}

Violations Check(const v1::UnmergePatientsRequest& request) {
  Violations violations;
  CheckActor(request.actor(), &violations);
  CheckIdentifier("survivor", request.survivor(), &violations);
  CheckIdentifier("merged", request.merged(), &violations);
  return violations;
}

}  // namespace resultgate::rpc
