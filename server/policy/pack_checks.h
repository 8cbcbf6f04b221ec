// What is wrong with a pack as a whole, beyond each rule by itself: rules that never speak or add nothing, floors past ceilings,
// holds that no law is behind.
//
// Every check has a name, printed with its finding as `[never-matches]`. `ignore: [{check: …, reason: …}]` on the rule (or in
// pack.yaml, for the whole pack) silences it where it stands; an `ignore` that silences nothing is a finding itself, so that
// none outlives its reason. Findings are proofs (server/expr/analysis.h): what cannot be told is not said.
#ifndef RESULTGATE_POLICY_PACK_CHECKS_H_
#define RESULTGATE_POLICY_PACK_CHECKS_H_

#include <map>
#include <string>
#include <vector>

#include "server/base/file_issue.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// The names of all checks, in order:
//   always-matches       `when` holds whatever the report says, so that it decides nothing
//   floor-past-ceiling   a delay that can end after a deadline for the same result; refused where both are statutes
//   never-matches        a condition that contradicts itself
//   pointless-rule       a rule that asks for nothing that another does not ask for already, wherever it speaks
//   unlawful-hold        in a pack for the United States, a hold by the organisation's own policy (45 CFR 171; domain: an
//                        organisation-wide delay so that a clinician can look first is likely information blocking)
//   unused-ignore        an `ignore` that silences nothing
const std::vector<std::string>& CheckNames();

// Appends what is wrong to `issues`. `lines` are the lines of each rule file, for the source line of a finding.
void CheckPack(const Pack& pack, const std::map<std::string, std::vector<std::string>>& lines, base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PACK_CHECKS_H_
