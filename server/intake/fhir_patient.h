// Whose a FHIR resource is. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_FHIR_PATIENT_H_
#define RESULTGATE_INTAKE_FHIR_PATIENT_H_

#include <string>

#include "resultgate/v1/model.pb.h"
#include "server/intake/fhir_bundle.h"
#include "server/json/json.h"

namespace resultgate::intake {

// What a subject reference says.
struct Subject {
  // The Patient, if the message holds it.
  json::Value patient;
  // Where it does not: what the reference itself says.
  v1::Identifier identifier;
  // True if it names something other than a patient: a device, a group, a place.
  bool other = false;

  // False if nobody is named.
  bool IsPatient() const { return patient.IsPresent() || !identifier.value().empty(); }
  // The same person, as far as this message can tell.
  bool IsSameAs(const Subject& that) const;
};

Subject ReadSubject(const FhirBundle& bundle, json::Value subject);

// Identifiers, birth date, sex, language and death; never names and never conditions. False if no identifier can be told.
bool ReadPatient(const Subject& subject, v1::DiagnosticReport* report);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_FHIR_PATIENT_H_
