// The order and the specimen behind a DiagnosticReport or Observation. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_FHIR_ORDER_H_
#define RESULTGATE_INTAKE_FHIR_ORDER_H_

#include "resultgate/v1/model.pb.h"
#include "server/intake/fhir_bundle.h"
#include "server/json/json.h"

namespace resultgate::intake {

// Fills `report->order()` from basedOn, encounter and the typed identifiers (PLAC, FILL, ACSN) of `resource`.
void ReadFhirOrder(const FhirBundle& bundle, json::Value resource, v1::DiagnosticReport* report);

// Accession number, else identifier, else id of the resource's specimen; empty where none is named.
std::string ReadSpecimenId(const FhirBundle& bundle, json::Value resource);

// What was wrong with the resource's specimens (Specimen.condition), added to the report's.
void ReadSpecimenConditions(const FhirBundle& bundle, json::Value resource, v1::DiagnosticReport* report);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_FHIR_ORDER_H_
