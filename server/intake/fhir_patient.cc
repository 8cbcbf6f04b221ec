#include "server/intake/fhir_patient.h"

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/intake/codes.h"
#include "server/intake/fhir_types.h"
#include "server/intake/issues.h"
#include "server/intake/times.h"
#include "server/text/plain.h"

namespace resultgate::intake {
namespace {

using json::Value;

// The system of a Patient's resource id, where it has no identifier.
constexpr absl::string_view kResourceId = "fhir:Patient";

// More identifiers than this are no person's.
constexpr int kMostIdentifiers = 100;

void ReadIdentifiers(Value patient, v1::Patient* result) {
  bool has_record_number = false;
  for (const Value& element : patient["identifier"].AsList()) {
    if (result->identifiers_size() >= kMostIdentifiers) break;
    v1::Identifier identifier;
    if (element["use"].string() == "old" || !ReadIdentifier(element, &identifier)) continue;
    *result->add_identifiers() = std::move(identifier);
    // The medical record number is the sender's main one.
    if (IdentifierType(element) == "MR" && !has_record_number) {
      has_record_number = true;
      for (int i = result->identifiers_size() - 1; i > 0; --i) result->mutable_identifiers()->SwapElements(i, i - 1);
    }
  }
  const absl::string_view id = patient["id"].string();
  if (result->identifiers_size() == 0 && !id.empty()) {
    v1::Identifier* identifier = result->add_identifiers();
    identifier->set_system(std::string(kResourceId));
    identifier->set_value(std::string(id));
  }
}

// The language that is preferred, or the only one.
std::string Language(Value patient) {
  const std::vector<Value> communications = patient["communication"].AsList();
  for (const Value& communication : communications) {
    if (!communication["preferred"].IsTrue() && communications.size() != 1) continue;
    for (const Value& coding : communication["language"]["coding"].AsList()) {
      const std::string tag = text::CanonicalLanguage(coding["code"].string());
      if (!tag.empty() && tag != "und") return tag;
    }
  }
  return "";
}

}  // namespace

bool Subject::IsSameAs(const Subject& that) const {
  if (patient.IsPresent() || that.patient.IsPresent()) return patient == that.patient;
  return identifier.system() == that.identifier.system() && identifier.value() == that.identifier.value();
}

Subject ReadSubject(const FhirBundle& bundle, Value reference) {
  Subject subject;
  const Value resource = bundle.Resolve(reference);
  if (resource.IsPresent()) {
    if (resource["resourceType"].string() == "Patient") {
      subject.patient = resource;
    } else {
      subject.other = true;
    }
    return subject;
  }
  absl::string_view url = reference["reference"].string();
  const absl::string_view type = reference["type"].string();
  if (!type.empty() && type != "Patient") {
    subject.other = true;
    return subject;
  }
  if (absl::ConsumePrefix(&url, "Patient?identifier=")) {
    const size_t bar = url.find('|');
    subject.identifier.set_system(std::string(bar == absl::string_view::npos ? "" : url.substr(0, bar)));
    subject.identifier.set_value(std::string(bar == absl::string_view::npos ? url : url.substr(bar + 1)));
    return subject;
  }
  const TypeAndId literal = ParseReference(url);
  if (literal.type == "Patient") {
    subject.identifier.set_system(std::string(kResourceId));
    subject.identifier.set_value(literal.id);
  } else if (!literal.type.empty()) {
    subject.other = true;
  } else {
    ReadIdentifier(reference["identifier"], &subject.identifier);
  }
  return subject;
}

bool ReadPatient(const Subject& subject, v1::DiagnosticReport* report) {
  v1::Patient* result = report->mutable_patient();
  const Value patient = subject.patient;
  if (!patient.IsPresent()) {
    if (subject.identifier.value().empty()) return false;
    *result->add_identifiers() = subject.identifier;
    return true;
  }
  ReadIdentifiers(patient, result);
  if (const Value birth_date = patient["birthDate"]; birth_date.IsPresent()) {
    const std::string date = ParseDate(birth_date.string());
    if (date.empty()) {
      Warn(birth_date.Path(), "the date of birth cannot be read and counts as not known; expected YYYY[-MM[-DD]]", report);
    } else {
      result->set_birth_date(date);
    }
  }
  const absl::string_view gender = patient["gender"].string();
  if (gender == "male") result->set_gender(v1::ADMINISTRATIVE_GENDER_MALE);
  if (gender == "female") result->set_gender(v1::ADMINISTRATIVE_GENDER_FEMALE);
  if (gender == "other") result->set_gender(v1::ADMINISTRATIVE_GENDER_OTHER);
  if (const std::string language = Language(patient); !language.empty()) result->set_language(language);
  if (patient["deceasedBoolean"].IsTrue() || patient["deceasedDateTime"].IsString()) {
    result->set_deceased(true);
  } else if (patient["deceasedBoolean"].IsFalse()) {
    result->set_deceased(false);
  }
  for (const Value& extension : patient["extension"].AsList()) {
    if (absl::EndsWith(extension["url"].string(), "patient-animal"))
      Warn(extension.Path(), "the subject is an animal; expected a person", report);
  }
  return result->identifiers_size() > 0;
}

}  // namespace resultgate::intake
