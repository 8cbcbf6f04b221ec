// A FHIR Observation and its components to the model's observations. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_FHIR_OBSERVATION_H_
#define RESULTGATE_INTAKE_FHIR_OBSERVATION_H_

#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "server/intake/finish.h"
#include "server/json/json.h"

namespace resultgate::intake {

// Adds the Observation, then its components as `<id>/<code of the component>`. Its id is the resource's; one that only groups
// others (members and no value of its own) is known by its code instead, because real senders give such headers a new id in every
// version.
void AddFhirObservation(json::Value resource, absl::TimeZone zone, ObservationIds* ids, v1::DiagnosticReport* report);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_FHIR_OBSERVATION_H_
