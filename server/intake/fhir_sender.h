// Who sent a FHIR message: part of every key, so that it must be the same in every version of a report. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_FHIR_SENDER_H_
#define RESULTGATE_INTAKE_FHIR_SENDER_H_

#include <string>

#include "server/intake/fhir_bundle.h"
#include "server/json/json.h"

namespace resultgate::intake {

// The first that is there: MessageHeader.source, the performing organisation of `resource` (a DiagnosticReport or Observation),
// the Composition's author, meta.source, any performer; else `unknown-fhir-sender`. An identifier is written `system|value`. Ids
// that are made anew for every message (`urn:uuid:`) are not taken.
std::string FhirSender(const FhirBundle& bundle, json::Value root, json::Value resource);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_FHIR_SENDER_H_
