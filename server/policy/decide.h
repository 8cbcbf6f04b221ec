// The decision: a pure function of pack, report, context and time.
#ifndef RESULTGATE_POLICY_DECIDE_H_
#define RESULTGATE_POLICY_DECIDE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// What a decision must know beyond the report itself.
struct Context {
  // When the gate received this version.
  absl::Time received_at;
  // Where legal clocks started with an earlier final version: kept by a correction. Absent for a first final version.
  std::optional<absl::Time> clock_start;
  // The decision that stands for the version before, for what a correction keeps and what starts anew. May be null.
  const v1::Decision* previous = nullptr;
  // Who acted to have the result released now (ReleaseNow: the provider; RequestRelease: the patient): every restriction that
  // names one of them ends. What nobody of them may lift stands, and the outcome says until when.
  std::vector<v1::Lifter> acted;
  // Why the report cannot be told apart from another or put in order; empty if it can. Everything of it is then quarantined.
  std::string quarantine;
};

// The unit id of a report's document: narrative, conclusion, notes and attached files.
inline constexpr char kDocument[] = "document";

// True if the report has a document unit.
bool HasDocument(const v1::DiagnosticReport& report);

// The status of an observation: its own, but a report that is cancelled or entered in error takes all of its observations with
// it, for a withdrawal may come as the report's status alone (HL7 v2 OBR-25 X; FHIR entered-in-error).
v1::ResultStatus EffectiveStatus(const v1::DiagnosticReport& report, const v1::Observation& observation);

// The status of a unit: an observation's effective one; for the document the least final of the report's and its observations'.
v1::ResultStatus UnitStatus(const v1::DiagnosticReport& report, const std::string& unit_id);

// True for FINAL, AMENDED, CORRECTED and APPENDED.
bool IsFinal(v1::ResultStatus status);

// Where legal clocks start for this version: `context.clock_start` if set, else the earlier of issued and received (received,
// where issued is absent or more than 31 days back), if any unit is final; absent while none is.
std::optional<absl::Time> ClockStart(const v1::DiagnosticReport& report, const Context& context);

// True if the rule speaks for what became final at `first_final`, by its dates of effect: a law holds for what became final
// while it was in force.
bool IsInForce(const Rule& rule, absl::Time first_final, const absl::TimeZone& zone);

// Decides every unit for every audience. Every (unit, audience) is in exactly one outcome; outcomes are in order of their first
// unit in the report, the document last. The same arguments give the same bytes.
v1::Decision Decide(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_DECIDE_H_
