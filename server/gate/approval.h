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

namespace resultgate::gate {

// `reviewer` approved. Ends the reviews of these units (all where none is named) that wait for one; they go where no floor stands
// against it. Where a rule has somebody else look at what those who see for the patient may see, that goes on and is that owner's
// turn now: one owner's word is not another's (I8). The next approval ends it, when nothing waits for the patient any more. What
// somebody left who has died goes to no delegate: their right to see for the patient ended with the patient's life, and somebody
// with legal authority for the estate has another one (45 CFR 164.502(g)(4)). Without reasons nothing of them waited for a
// review.
Transition Approve(const v1::Result& result, const std::vector<std::string>& unit_ids, const std::string& reviewer,
                   absl::Time now);

// What Approve makes of the cells, before anything goes; `*reasons` gets what happened, as in Transition.
std::vector<policy::Cell> ApproveCells(const v1::Result& result, const std::vector<std::string>& unit_ids,
                                       const std::string& reviewer, absl::Time now, std::vector<std::string>* reasons);

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
