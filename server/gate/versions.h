// Versions of one result: which is newer, what they come to together, whether they are about the same patient. Pure functions,
// thread-safe.
#ifndef RESULTGATE_GATE_VERSIONS_H_
#define RESULTGATE_GATE_VERSIONS_H_

#include <string>

#include "resultgate/v1/model.pb.h"

namespace resultgate::gate {

enum class VersionOrder {
  kNewer,    // the submitted version replaces the standing one
  kOlder,    // it comes late
  kUnclear,  // the same time and status but other content for the same unit: nobody can tell which is right
};

// How `submitted` stands to `standing`: by time of status (OBX-19, OBR-22, FHIR issued; else the message's own time) where both
// have one, then by status rank. Does not look at content that both share.
VersionOrder CompareVersions(const v1::DiagnosticReport& submitted, const v1::DiagnosticReport& standing);

// `newer` with the observations and, where it has none, the document of `older` that it does not mention: a message that corrects
// one observation of a panel takes nothing away from the others. Where both stand side by side by kUnclear, give the one with the
// greater digest as `newer`, so that the order of arrival does not matter.
v1::DiagnosticReport MergeVersions(const v1::DiagnosticReport& newer, const v1::DiagnosticReport& older);

// True if an identifier of one is an identifier of the other. Names are never compared.
bool SamePatient(const v1::Patient& a, const v1::Patient& b);

// True if the unit says the same in both reports, times of status aside.
bool SameContent(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b, const std::string& unit_id);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_VERSIONS_H_
