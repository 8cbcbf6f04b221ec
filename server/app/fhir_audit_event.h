// A log entry as a FHIR R4 AuditEvent (hl7.org/fhir/R4/auditevent.html), for those who collect audit trails of many systems.
// Pure function, thread-safe.
#ifndef RESULTGATE_APP_FHIR_AUDIT_EVENT_H_
#define RESULTGATE_APP_FHIR_AUDIT_EVENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/audit/log_verifier.h"

namespace resultgate::app {

// The resource as JSON on one line, without a line feed; DataLoss where the row's bytes are no entry. What was done is `subtype`,
// the result an entity by its identifier; an entity for the log's own line carries its sequence, its hash and its exact bytes, so
// that the event can be held against the log. Who stood in for somebody is an agent, and so is whom they stood in for.
absl::StatusOr<std::string> ToFhirAuditEvent(const audit::LogRow& row);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_FHIR_AUDIT_EVENT_H_
