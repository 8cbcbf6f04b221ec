// That a clinician has discussed a result with its patient, and what follows: rules may ask for it (`order.discussed_at`), and
// hold nothing that they would not hold of a result that was discussed. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_DISCUSSION_H_
#define RESULTGATE_GATE_DISCUSSION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/transition.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// When the patient was told, as far as anybody says so.
std::optional<absl::Time> DiscussedAt(const v1::ApproveReviewRequest& request, absl::Time now);

// InvalidArgument where it cannot have been: in the future, or before there was anything to discuss.
absl::Status CheckDiscussedAt(absl::Time discussed_at, const v1::Result& result, absl::Time now);

// It is a fact from now on, and a patient who was told was reached.
void KeepDiscussion(absl::Time discussed_at, const std::string& how, v1::Result* result, v1::Entry::Approved* approved);

// True if something of the result waits for anything but whose it is: a discussion may let it go.
bool MayBeDiscussed(const v1::Result& result);

// What becomes of a result in which the discussion stands. `cells` are all of its, with what was approved along with it
// (ApproveCells); what the discussion alone ends ends in them, by `pack`, the one that holds the result: nothing goes later by
// it. Nothing ends where another pack has decided it, or the version before is not known: then what is asked may be less than
// what was. `previous` as for AskAnew. The reasons are the caller's.
Transition TakeDiscussion(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                          std::vector<policy::Cell> cells, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DISCUSSION_H_
