// HL7 v2's data types that become the model's: CWE and CE, DTM and TS. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_HL7_TYPES_H_
#define RESULTGATE_INTAKE_HL7_TYPES_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "server/intake/codes.h"
#include "server/intake/hl7_message.h"

namespace resultgate::intake {

// Adds the codings of one CWE or CE (three triplets: 1 to 3, 4 to 6, 10 to 12) to `codeable_concept`, and its text where it has
// none yet. What is wrong becomes a warning at `place`. `report->sender()` must be set: local codes are filed under it.
void AddCwe(const Hl7Field& cwe, CodeUse use, absl::string_view place, v1::CodeableConcept* codeable_concept,
            v1::DiagnosticReport* report);

// The instant of a DTM or TS, null where it is empty, unreadable or, if `hour_needed`, a date only; the last two with a warning
// at `place`.
std::optional<absl::Time> ReadDtm(const Hl7Field& dtm, absl::TimeZone zone, bool hour_needed, absl::string_view place,
                                  v1::DiagnosticReport* report);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_HL7_TYPES_H_
