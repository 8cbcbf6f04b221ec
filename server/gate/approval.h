// What an approval still covers when a unit is decided anew: what the reviewer approved it for, and nothing that came since. Pure
// functions, thread-safe.
#ifndef RESULTGATE_GATE_APPROVAL_H_
#define RESULTGATE_GATE_APPROVAL_H_

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"

namespace resultgate::gate {

// The review that was approved; of what is withheld, and was not until its end, the one before. nullptr where none was.
const v1::Review* ApprovedReview(const v1::Outcome& outcome, absl::Time now);

// Read and approved, and nothing holds it now that did not when it was approved.
bool ApprovedFor(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now);

// The approval that outlasts the withholding that is asked for; nullptr where there is none, or a review is asked for beside that
// nobody has approved.
const v1::Review* ApprovalBehind(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_APPROVAL_H_
