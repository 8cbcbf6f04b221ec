// HL7's code tables, read into the model's enumerations. A code that a table does not hold is never read as the harmless one.
// Sources: HL7 v2 tables 0004, 0074, 0078, 0085, 0123 (terminology.hl7.org); FHIR R4 observation-status,
// diagnostic-report-status, observation-category, v3-ObservationInterpretation, v3-ActCode (encounter). Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_TABLES_H_
#define RESULTGATE_INTAKE_TABLES_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::intake {

// OBR-25, table 0123. UNKNOWN for what the table does not hold; `Y` and `Z` answer queries and are UNKNOWN too.
v1::ResultStatus ReportStatusFromV2(absl::string_view code);

// Observation.data_absent_reason of a status that confirms a value sent earlier (0085 `U` and `V` without a value): whoever keeps
// versions finds it there.
inline constexpr char kSentEarlier[] = "sent-earlier";

// OBX-11, table 0085. `U` and `V` confirm a value sent earlier, so that without one here they are UNKNOWN.
v1::ResultStatus ObservationStatusFromV2(absl::string_view code, bool has_value);

// True for `U` and `V`.
bool ConfirmsEarlierValue(absl::string_view code);

// Observation.status and DiagnosticReport.status.
v1::ResultStatus StatusFromFhir(absl::string_view code);

// Complete in the sender's eyes: final, amended, corrected, appended.
bool IsFinalLike(v1::ResultStatus status);

// The one of two statuses that is further from final.
v1::ResultStatus LeastFinal(v1::ResultStatus a, v1::ResultStatus b);

// Table 0078 and v3-ObservationInterpretation, which share their codes.
v1::Interpretation InterpretationFromCode(absl::string_view code);

// The more severe of two; `a` where they are equally severe.
v1::Interpretation MoreSevere(v1::Interpretation a, v1::Interpretation b);

// OBR-24, table 0074. UNCLASSIFIED for what the table does not hold.
v1::Section SectionFromV2(absl::string_view code);

// A coding of DiagnosticReport.category or Observation.category. UNCLASSIFIED for what is not known.
v1::Section SectionFromCategory(absl::string_view system, absl::string_view code);

// The one of two sections that says more, as PATHOLOGY rather than LABORATORY.
v1::Section MoreSpecific(v1::Section a, v1::Section b);

// PV1-2, table 0004 and the words that senders write instead; nullopt for `N`, `U` and nothing.
std::optional<v1::EncounterClass> EncounterClassFromV2(absl::string_view code);

// Encounter.class; nullopt for nothing.
std::optional<v1::EncounterClass> EncounterClassFromFhir(absl::string_view code);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_TABLES_H_
