// One FHIR message to reports: which resources belong together. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_FHIR_REPORT_H_
#define RESULTGATE_INTAKE_FHIR_REPORT_H_

#include "absl/strings/string_view.h"
#include "server/intake/intake.h"

namespace resultgate::intake {

// Every DiagnosticReport is a report with its results and their members; every Observation that neither a DiagnosticReport nor
// another Observation holds is a report of its own, with its members. The former is a `snapshot`, unless it is tagged SUBSETTED.
// The latter is none: it is the whole of an observation, but may be a part of what a DiagnosticReport of the same order told,
// whose conclusion it must not take away.
Message ReadFhir(absl::string_view text, const Options& options);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_FHIR_REPORT_H_
