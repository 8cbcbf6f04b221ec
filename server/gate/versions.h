// Versions of one result: which is newer, what they come to together, whether they are about the same patient. Pure functions,
// thread-safe.
#ifndef RESULTGATE_GATE_VERSIONS_H_
#define RESULTGATE_GATE_VERSIONS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::gate {

enum class VersionOrder {
  kNewer,    // the submitted version replaces the standing one
  kOlder,    // it comes late
  kUnclear,  // the same time and status but other content for the same unit: nobody can tell which is right
};

// Puts the times in order that versions are compared by: times more than a day after `received` are dropped, because one wrong
// year would shut out every correction to come, with an issue on the report; each observation's `status_time` becomes its own
// time of status (OBX-19, FHIR issued), else its report's (OBR-22, issued), else its message's (MSH-7, Bundle.timestamp).
void StampTimes(v1::DiagnosticReport* report, absl::Time received);

// How `submitted` stands to `standing`: by time of status where both have one, then by status. kUnclear only where a unit that
// both speak of differs at the same time and status; a correction that is a `snapshot` speaks of the document by having none.
// Both must be stamped.
VersionOrder CompareVersions(const v1::DiagnosticReport& submitted, const v1::DiagnosticReport& standing);

// True of a status without the value that it confirms (HL7 v2 `U`), which an earlier version may hold.
bool OnlyConfirms(const v1::Observation& observation);

// Why what the versions come to must not be shown before people have looked; each says what is wrong.
inline constexpr char kUnclearOrder[] = "two versions of the same time and status differ, so nobody can tell which is right";
inline constexpr char kNothingToConfirm[] = "a status came that confirms a value sent earlier, and no such value is here";
inline constexpr char kTakenBack[] = "the sender took it back as wrong, and other versions say it is right";

// What all versions of a result come to.
struct Standing {
  v1::DiagnosticReport report;
  std::string doubt;  // one of the above, or empty
};

// Puts `version` where it belongs among `versions`, which are in order: by time of status where all have one, then by status,
// then what takes a file back behind what does not, then by digest. So the list hangs on what was sent, and not on the order in
// which it came (I7).
void InsertVersion(v1::DiagnosticReport version, std::vector<v1::DiagnosticReport>* versions);

// Puts versions (at least one, stamped, in order, of one patient) together. Every observation stands in its latest state, by its
// own time and status; a field of the document as the last version says that fills it; the rest as the last version has it. So a
// message that corrects one observation of a panel takes nothing away from the others. A version that says all that stands
// (`snapshot`, as a FHIR DiagnosticReport) takes away what it lacks of the document (narrative, conclusion, codes, notes, files)
// where it says that it corrects, or is of a later stage than what came before, as a final after a preliminary one; not so one
// that is appended, cancelled or entered in error, and one of the same stage, because labs send the words of a report in one
// resource and its values in the next. What is appended is added to what stood; a status that confirms a
// value sent earlier (HL7 v2 `U`) makes that value final. Where two versions of one time and status differ, the one with the
// greater digest stands, with what it lacks of the other's document, in doubt, until a later one speaks of the same unit. Files
// are put together as attached_files.h says; a coded final diagnosis that is taken back takes its conclusion code with it.
Standing PutTogether(const std::vector<v1::DiagnosticReport>& versions);

// True if an identifier of one is an identifier of the other. Names are never compared.
bool SamePatient(const v1::Patient& a, const v1::Patient& b);

// True if the unit says the same and has the same status in both reports, times of status aside.
bool SameContent(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b, const std::string& unit_id);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_VERSIONS_H_
