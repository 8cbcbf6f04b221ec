// Decisions, times and codes in a few words, for tables. Pure functions, thread-safe. Empty fields give empty text.
#ifndef RESULTGATE_APP_WORDS_H_
#define RESULTGATE_APP_WORDS_H_

#include <google/protobuf/repeated_field.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "resultgate/v1/activation.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/audit/entry_words.h"

namespace resultgate::app {

// The words of the log, which its stories have too.
using audit::ActivationText;
using audit::AudiencesText;
using audit::DisposalText;
using audit::EntryText;
using audit::HeldText;
using audit::LocalTime;
using audit::OutcomeText;
using audit::OwnerText;
using audit::ReleaseKindText;

// `Fri 03-06 21:05`, where a table is wide and its times are near.
std::string ShortTime(const google::protobuf::Timestamp& time, absl::TimeZone zone);

// The sender's words for a concept, else the first display, else the first code.
std::string ConceptText(const v1::CodeableConcept& codeable_concept);

// The value of the first identifier.
std::string PatientText(const v1::Patient& patient);

// `all 14` where the outcome holds all units of the report, the names of up to three, else `5 of 14`.
std::string UnitsText(const v1::DiagnosticReport& report, const google::protobuf::RepeatedPtrField<std::string>& unit_ids);

// `7.1 mmol/L`, `<5`, a coded answer, a text; empty where there is no value.
std::string ValueText(const v1::Observation& observation);
// `critical high`; empty where the laboratory gave no flag.
std::string FlagText(const v1::Observation& observation);
// `app, text message`.
std::string ChannelsText(const google::protobuf::RepeatedField<int>& channels);
// `final`, `entered in error`.
std::string StatusText(v1::ResultStatus status);

// What becomes of a review by itself: `expires Tue 2026-03-10 17:00, then released`.
std::string ExpiryText(const v1::Outcome& outcome, absl::TimeZone zone);

// When the units may go at the earliest by themselves; for a review `by` and its expiry. Empty once they have gone, or where
// nothing is known.
std::string NotBeforeText(const v1::Outcome& outcome, absl::TimeZone zone);

// Whose turn it is at `now`: a default Owner if nobody's, because nothing waits.
v1::Owner OwnerAt(const v1::Outcome& outcome, absl::Time now);

// The ids of the rules that had a part, each once, those that hold it first. A lifted one is written `(biopsy-review)`.
std::string RulesText(const v1::Outcome& outcome);

// `earlier`, `later`, `new hold`, `same`.
std::string HeldChangeText(v1::HeldChange change);
std::string SectionText(v1::Section section);
// `first start`, `request`, `rollback`, `development`.
std::string CauseText(v1::ActivationCause cause);

// The first line of a text.
std::string FirstLine(absl::string_view text);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_WORDS_H_
