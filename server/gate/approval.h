// Approvals: what one ends, and what it still covers when a unit is decided anew: what the reviewer approved it for, and nothing
// that came since. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_APPROVAL_H_
#define RESULTGATE_GATE_APPROVAL_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/transition.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// `reviewer` approved. Ends the reviews of these units (all where none is named) that wait for one; they go where no floor stands
// against it. Where a rule has somebody else look at what those who see for the patient may see, that goes on and is that owner's
// turn now, until its end if the others' turns left none: one owner's word is not another's (I8). Whom rules ask `pack` says, the
// one that holds the result; by another, and of what escalated or was put off, the turns do. The next approval ends it, when
// nothing waits for the patient any more. What
// somebody left who has died goes to no delegate: their right to see for the patient ended with the patient's life, and somebody
// with legal authority for the estate has another one (45 CFR 164.502(g)(4)). Without reasons nothing of them waited for a
// review.
Transition Approve(const policy::Pack& pack, const v1::Result& result, const std::vector<std::string>& unit_ids,
                   const std::string& reviewer, absl::Time now);

// What Approve makes of the cells, before anything goes; `*reasons` gets what happened, as in Transition. `pack` may be null
// where AsksThePack says that it is not asked.
std::vector<policy::Cell> ApproveCells(const policy::Pack* pack, const v1::Result& result,
                                       const std::vector<std::string>& unit_ids, const std::string& reviewer, absl::Time now,
                                       std::vector<std::string>* reasons);

// True if rules have somebody else look at what those who see for the patient may see, so that the pack says who comes next.
bool AsksThePack(const v1::Result& result, const std::vector<std::string>& unit_ids, absl::Time now);

// What of the result an approval ends: all that waits of these units, but for what goes on with another owner.
std::vector<policy::Cell> EndedByApproval(const policy::Pack& pack, const v1::Result& result,
                                          const std::vector<std::string>& unit_ids, absl::Time now);

// True if an approval by `reviewer` at `now` made the outcome what it is: approved, or passed on to another owner.
bool IsOfApproval(const v1::Outcome& outcome, const std::string& reviewer, absl::Time now);

// The review that was approved; of what is withheld, and was not until its end, the one before. nullptr where none was.
const v1::Review* ApprovedReview(const v1::Outcome& outcome, absl::Time now);

// Read and approved, and nothing holds it now that did not when it was approved.
bool ApprovedFor(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now);

// The approval that outlasts the withholding that is asked for; nullptr where there is none, or a review is asked for beside that
// nobody has approved.
const v1::Review* ApprovalBehind(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_APPROVAL_H_
