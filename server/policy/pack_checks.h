// What is wrong with a pack as a whole, beyond each rule by itself: rules that never speak or add nothing, floors past ceilings,
// holds that no law is behind.
//
// Every check has a name, printed with its finding as `[never-matches]`. `ignore: [{check: …, reason: …}]` on the rule (or in
// pack.yaml, for the whole pack) silences it where it stands; an `ignore` that silences nothing is a finding itself, so that
// none outlives its reason. Findings are proofs (server/expr/analysis.h): what cannot be told is not said.
#ifndef RESULTGATE_POLICY_PACK_CHECKS_H_
#define RESULTGATE_POLICY_PACK_CHECKS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/base/file_issue.h"
#include "server/policy/findings.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// `when` holds whatever the report says, so that it decides nothing; or a protocol covers all that its rule is about.
inline constexpr char kAlwaysMatches[] = "always-matches";
// A calendar that lists its holidays by date only, and so knows none after its last year.
inline constexpr char kCalendarEnds[] = "calendar-ends";
// A rule whose `expires` is over.
inline constexpr char kExpiredRule[] = "expired-rule";
// A delay or a review that can end after a deadline for the same result; refused where both are statutes.
inline constexpr char kFloorPastCeiling[] = "floor-past-ceiling";
// A class of `in_process` of which only some results wait, by what was found: who reads that one is in process would know.
inline constexpr char kInProcessTells[] = "in-process-tells";
// A condition that contradicts itself, or a protocol that covers nothing of what its rule is about.
inline constexpr char kNeverMatches[] = "never-matches";
// A rule whose `effective` is to come.
inline constexpr char kNotYetInForce[] = "not-yet-in-force";
// A permit by the code of the report or the order, which lets go whatever stands under that header.
inline constexpr char kPermitByHeader[] = "permit-by-header";
// A rule that asks for nothing that another does not ask for already, wherever it speaks; or for what it cannot have: a deadline
// for others than the patient, `release: now` of what is not final.
inline constexpr char kPointlessRule[] = "pointless-rule";
// A protocol whose pool may have the review until it ends, so that no owner is ever asked.
inline constexpr char kProtocolTakesAll[] = "protocol-takes-all";
// A value set that a rule names beside another one that holds all of it.
inline constexpr char kRedundantCodes[] = "redundant-codes";
// Two value sets with the same codes.
inline constexpr char kSameValueSets[] = "same-value-sets";
// In a pack for the United States, a hold by the organisation's own policy (45 CFR 171; domain: an organisation-wide delay so
// that a clinician can look first is likely information blocking), or in the name of an individual reason that it does not ask
// for.
inline constexpr char kUnlawfulHold[] = "unlawful-hold";
// An `ignore` that silences nothing.
inline constexpr char kUnusedIgnore[] = "unused-ignore";
// A value set of the pack's own that no rule names.
inline constexpr char kUnusedValueSet[] = "unused-value-set";
// `codes` by codes of a kind that nothing observed is coded with: diagnoses, answers.
inline constexpr char kWrongClass[] = "wrong-class";

// True for a pack whose `jurisdiction` is the United States or a part of it.
bool IsAmerican(const Pack& pack);

// The names of all checks, in order.
const std::vector<std::string>& CheckNames();

// Appends what is wrong to `issues`. `folder` is the pack's own; without `now` the dates of effect are not looked at.
void CheckPack(const Pack& pack, const std::string& folder, const FileLines& lines, const std::optional<absl::Time>& now,
               base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PACK_CHECKS_H_
