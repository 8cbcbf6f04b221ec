// What each request must hold before it is passed on: the limits that the proto files state. Pure functions, thread-safe.
//
// Each returns every violation, in the order of the fields; empty if the request may go on. What needs the gate's state (does
// this result exist?) is not asked here.
#ifndef RESULTGATE_RPC_CHECKS_H_
#define RESULTGATE_RPC_CHECKS_H_

#include <string>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/policy_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/validate.h"

namespace resultgate::rpc {

using Violations = std::vector<gate::Violation>;

// A sender's or message's name, cut to the 256 bytes that requests take, between two characters of UTF-8.
std::string CutName(std::string name);

Violations Check(const v1::SubmitResultRequest& request);
Violations Check(const v1::RefuseResultRequest& request);
Violations Check(const v1::GetResultRequest& request);
Violations Check(const v1::ListResultsRequest& request);
Violations Check(const v1::ListReviewsRequest& request);
Violations Check(const v1::ApproveReviewRequest& request);
Violations Check(const v1::StreamReleasesRequest& request);
Violations Check(const v1::AcknowledgeReleasesRequest& request);
Violations Check(const v1::GetReleaseRequest& request);
Violations Check(const v1::ListEntriesRequest& request);
Violations Check(const v1::GetCheckpointRequest& request);
Violations Check(const v1::GetInclusionProofRequest& request);
Violations Check(const v1::GetConsistencyProofRequest& request);
Violations Check(const v1::DecideRequest& request);
Violations Check(const v1::ActivatePackRequest& request);
Violations Check(const v1::RollbackPackRequest& request);
Violations Check(const v1::ListActivationsRequest& request);
Violations Check(const v1::RedecideHeldRequest& request);

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_CHECKS_H_
