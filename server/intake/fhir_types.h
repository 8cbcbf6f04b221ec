// FHIR R4's data types that become the model's. Readers are lenient in shape (one object where a list belongs) and strict in
// meaning. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_FHIR_TYPES_H_
#define RESULTGATE_INTAKE_FHIR_TYPES_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "server/intake/codes.h"
#include "server/json/json.h"

namespace resultgate::intake {

// CodeableConcept. What is wrong with a code becomes a warning of `report`.
v1::CodeableConcept ReadCodeableConcept(json::Value value, CodeUse use, v1::DiagnosticReport* report);

// True for a resource inside another one's `contained`: its id is the other's own affair, and two messages' `#obs1` have nothing
// in common.
bool IsContained(json::Value resource);

// Identifier; false if it has no value.
bool ReadIdentifier(json::Value value, v1::Identifier* identifier);

// The code of an Identifier's type, as `MR`, `PLAC`, `FILL` or `ACSN`; empty if none was given.
std::string IdentifierType(json::Value identifier);

// Quantity, with the number as written; false if it has none.
bool ReadQuantity(json::Value value, v1::Quantity* quantity);

// A Quantity, Range or Ratio as a person reads it.
std::string QuantityText(json::Value quantity);

// dateTime or instant. Null where it is absent, unreadable or, if `hour_needed`, a date only; the last two with a warning.
std::optional<absl::Time> ReadDateTime(json::Value value, absl::TimeZone zone, bool hour_needed, v1::DiagnosticReport* report);

// `status` of a resource, with a warning where it is missing or not one of FHIR's.
v1::ResultStatus ReadFhirStatus(json::Value resource, v1::DiagnosticReport* report);

// What the categories say, most specific first.
v1::Section ReadCategories(json::Value resource);

// True if a resource says that it is a part of itself alone: meta.tag SUBSETTED (FHIR R4 Resource.meta, _summary and _elements).
bool IsSubset(json::Value resource);

// True if a resource is marked as test data: meta.security HTEST, or the v2 processing id as meta.tag.
bool IsTestData(json::Value resource);

// A label on the resource that says more than the model holds (confidentiality, sensitivity) or an extension that changes its
// meaning: a warning each. True if its meaning may be changed.
bool WarnOfLabels(json::Value resource, v1::DiagnosticReport* report);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_FHIR_TYPES_H_
