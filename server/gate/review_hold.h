// A person determines that something of one result is held, ends that, or upholds it after a review: the only ways in which
// people make a result wait longer than its rules do.
//
// A danger to life or safety is determined by a licensed clinician of the patient's (45 CFR 171.201(c)(1), 164.524(a)(3)), and
// reviewed at the patient's request by another one who had no part in it (164.524(a)(4); determination_review.h). Whom the
// directory does not know as licensed is refused, also where it is empty.
//
// Privacy keeps a result from those who see for the patient, never from the patient: a hold that says so of the patient's own
// access has no end that the patient could bring about, nor anybody's licence, and would be the house's own policy by another
// name. What speaks of another person is held from the patient as a danger to that person (164.524(a)(3)(ii)), and reviewed as
// any; what the patient does not want to see yet, as the patient's request, which the patient lifts.
//
// Writer thread only. A failure is the store's; what may not be done is refused in the answer.
#ifndef RESULTGATE_GATE_REVIEW_HOLD_H_
#define RESULTGATE_GATE_REVIEW_HOLD_H_

#include "absl/status/status.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/answer.h"
#include "server/gate/desk.h"

namespace resultgate::gate {

absl::Status RunHold(const Desk& desk, const v1::HoldResultRequest& request, Answer<v1::HoldResultResponse>& answer);
absl::Status RunUpholdHold(const Desk& desk, const v1::UpholdHoldRequest& request, Answer<v1::UpholdHoldResponse>& answer);
absl::Status RunEndHold(const Desk& desk, const v1::EndHoldRequest& request, Answer<v1::EndHoldResponse>& answer);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REVIEW_HOLD_H_
