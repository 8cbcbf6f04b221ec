// What a decision was made from, and how the log says so: whoever decides again (replay.h) builds it anew and knows whether it is
// what it was. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_DECISION_FACTS_H_
#define RESULTGATE_GATE_DECISION_FACTS_H_

#include <string>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/policy/decide.h"

namespace resultgate::gate {

// Digest (content_digest.h) of the report that a decision on the result's standing version is made from.
std::string FactsDigest(const v1::Result& result);
bool IsFactsDigest(const std::string& digest, const v1::Result& result);
// Digest of a report from which the versions of a result start, other than one that was sent: of all but what was noted on it
// since
// (`issues`). `salt` is the result's.
std::string BaseDigest(const std::string& salt, v1::DiagnosticReport report);
bool IsBaseDigest(const std::string& digest, const std::string& salt, v1::DiagnosticReport report);
// What a decision is made from beside the report: what is known of the patient, determined for the result and discussed.
void CopyKnown(const v1::Result& from, v1::Result* to);
// Digest of that; empty where nothing is known.
std::string KnownDigest(const v1::Result& result);
bool IsKnownDigest(const std::string& digest, const v1::Result& result);

// All versions of the result, in order; of a first version that one.
std::vector<v1::DiagnosticReport> VersionsOf(const v1::Result& result);

// Says on the report why its legal times do not run from its issue, unless an issue says already what is wrong with that.
void NoteDoubtOfIssue(const policy::Context& context, v1::DiagnosticReport* report);

// What decisions use of a report and may be known for ever: section, codes, statuses and times of issue. No values, no words,
// those for codes among them; the ids of observations stand in the log anyway.
v1::Entry::DecisionFacts LastingFacts(const v1::DiagnosticReport& report);

v1::Entry::OrderHold ToProto(const policy::OrderHold& hold);
policy::OrderHold FromProto(const v1::Entry::OrderHold& hold);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DECISION_FACTS_H_
