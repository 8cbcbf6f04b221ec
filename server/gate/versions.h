// Versions of one result: which is newer, what they come to together, whether they are about the same patient. Pure functions,
// thread-safe.
#ifndef RESULTGATE_GATE_VERSIONS_H_
#define RESULTGATE_GATE_VERSIONS_H_

#include <string>

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
// both speak of differs at the same time and status. Both must be stamped.
VersionOrder CompareVersions(const v1::DiagnosticReport& submitted, const v1::DiagnosticReport& standing);

// Both together: every observation in its latest state, by its own time and status; the rest from `newer`, and the fields of the
// document that it does not fill from `older`. A message that corrects one observation of a panel so takes nothing away from the
// others, in whatever order messages come. Where the order is kUnclear, give the one with the greater digest as `newer`, so that
// the order of arrival does not matter.
v1::DiagnosticReport MergeVersions(const v1::DiagnosticReport& newer, const v1::DiagnosticReport& older);

// True if an identifier of one is an identifier of the other. Names are never compared.
bool SamePatient(const v1::Patient& a, const v1::Patient& b);

// True if the unit says the same and has the same status in both reports, times of status aside.
bool SameContent(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b, const std::string& unit_id);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_VERSIONS_H_
