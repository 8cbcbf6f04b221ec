// What reviewers ask for, made durable: each reads the result, asks a pure function what comes of it (transition.h,
// review_turns.h, redecide.h), and writes result, log entry and releases into the batch.
//
// Writer thread only. A failure is the store's; what may not be done is refused in the answer.
#ifndef RESULTGATE_GATE_REVIEW_WORK_H_
#define RESULTGATE_GATE_REVIEW_WORK_H_

#include "absl/status/status.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/answer.h"
#include "server/gate/desk.h"

namespace resultgate::gate {

absl::Status RunApprove(const Desk& desk, const v1::ApproveReviewRequest& request, Answer<v1::ApproveReviewResponse>& answer);
absl::Status RunClaim(const Desk& desk, const v1::ClaimReviewRequest& request, Answer<v1::ClaimReviewResponse>& answer);
absl::Status RunHandOver(const Desk& desk, const v1::HandOverReviewRequest& request, Answer<v1::HandOverReviewResponse>& answer);
absl::Status RunRefuseReview(const Desk& desk, const v1::RefuseReviewRequest& request, Answer<v1::RefuseReviewResponse>& answer);
absl::Status RunReleaseNow(const Desk& desk, const v1::ReleaseNowRequest& request, Answer<v1::ReleaseNowResponse>& answer);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REVIEW_WORK_H_
