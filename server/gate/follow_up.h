// What is left to do about a result after its release, or beside it. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_FOLLOW_UP_H_
#define RESULTGATE_GATE_FOLLOW_UP_H_

#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/outreach_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// True if something of the result is out for this audience, with its content.
bool IsOutFor(const v1::Result& result, v1::Audience audience);

// True if the laboratory flagged a value, or a rule had something reviewed that is told in words, because words have no flag: the
// document, a finding, a diagnosis. A number without a flag is not known to be normal, but nobody says that it is not.
bool IsAbnormal(const v1::Result& result);

// When something of it was last released to this audience, of what is out for it; InfinitePast where nothing is.
absl::Time LastReleasedTo(const v1::Result& result, v1::Audience audience);

// What somebody has to do at `now` or later, without times; empty for most. NOT_VIEWED from the moment of release on.
//
// The patient knows of a release what was seen or told at or after it; of a notice what was seen of what it is about, or told
// after its clock started.
std::vector<v1::OutreachKind> DutiesOf(const v1::Result& result, absl::Time now);

// The same with owner, since and deadline, in the order of DutiesOf. `pack` gives working days, pools, and how long a notice may
// take.
//
//   NOT_VIEWED     since release + `not_viewed_after`, for one business day; its owner is the ordering provider
//   NO_ACCOUNT     since release, for three business days; the pack's last default owner, a pool
//   NOT_OPENED     since release or the begin of the review, for one business day; the ordering provider. Also of what went as a
//                  correction, since then, whatever it says: somebody may have acted on what was wrong
//   NOTICE_DUE     since the result was final, as long as the rule says; the ordering provider
//   REACH_PATIENT  since release, for one business day; who had the review last
//
// The release is the first that the patient does not know of, for NOT_OPENED the first of all.
//
//   DETERMINATION_REVIEW  one for each that nobody has answered, as it was opened (determination_review.h)
//
// Where the order names no provider, the pool. Who stands in for an owner who is away says ListOutreach.
std::vector<v1::OutreachTask> TasksOf(const v1::Result& result, const policy::Pack& pack, absl::Duration not_viewed_after,
                                      absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_FOLLOW_UP_H_
