// A person determines that something of one result is held, or ends that: the only ways in which people make a result wait longer
// than its rules do.
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
absl::Status RunEndHold(const Desk& desk, const v1::EndHoldRequest& request, Answer<v1::EndHoldResponse>& answer);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REVIEW_HOLD_H_
