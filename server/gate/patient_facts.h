// What the gate knows of a patient, put together from what it was told and what a report says. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_PATIENT_FACTS_H_
#define RESULTGATE_GATE_PATIENT_FACTS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"
#include "server/policy/personal.h"

namespace resultgate::gate {

// What was told of one patient, merged records together.
struct KnownPatient {
  v1::Patient facts;  // without identifiers
  std::vector<v1::RelatedPerson> people;
};

// Puts the records of one patient together. Of a fact that several have, what was told last counts; a known condition counts in
// whichever record it stands, and so does a death until somebody tells the contrary after the last merge. Of preferences the more
// private one holds: every wait, and `immediate` only where all records say so, until one is recorded after the last merge. What
// is confidential in one is confidential.
KnownPatient Together(const std::vector<v1::PatientRecord>& records);

// The patient as decisions see it: what the report lacks is filled from what is known. A death counts whoever tells it. Known
// conditions, preferences and the portal account come from what is known alone, never from a report.
v1::Patient InForce(const v1::Patient& sent, const v1::Patient& known);

// Takes out of a report what is not its sender's to say, with an issue for each.
void DropWhatReportsDoNotSay(v1::DiagnosticReport* report);

// What is confidential from the people who see for the patient, as determinations on this report's units. One of a category that
// the pack does not know is about all of them.
policy::Determinations ConfidentialIn(const v1::DiagnosticReport& report, const std::vector<v1::RelatedPerson>& people,
                                      const policy::Pack& pack);

// The report as decisions see it: with what was known of its patient and discussed. `*scratch` is used where that differs.
const v1::DiagnosticReport& ReportInForce(const v1::Result& result, v1::DiagnosticReport* scratch);

// Decides the standing version of a result with all that is known of it: the patient, determinations, what is confidential.
// `context.determinations` is filled here.
v1::Decision DecideStanding(const policy::Pack& pack, const v1::Result& result, policy::Context context, absl::Time now);

// The next birthday after `now` at which a law may take from somebody the right to see for the patient: one of the tenth to the
// twenty-first, at local midnight. InfiniteFuture() where none comes, or the birth date is not known. Of a date without day or
// month the first one counts: from then on the age is in doubt.
absl::Time NextBirthday(const v1::Patient& patient, const absl::TimeZone& zone, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_PATIENT_FACTS_H_
