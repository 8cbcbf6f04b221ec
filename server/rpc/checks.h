// What each request must hold before it is passed on: the limits that the proto files state. Pure functions, thread-safe.
//
// Each returns every violation, in the order of the fields; empty if the request may go on. What needs the gate's state (does
// this result exist?) is not asked here.
#ifndef RESULTGATE_RPC_CHECKS_H_
#define RESULTGATE_RPC_CHECKS_H_

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/directory_service.pb.h"
#include "resultgate/v1/outreach_service.pb.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/policy_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "resultgate/v1/retention_service.pb.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/validate.h"

namespace resultgate::rpc {

using Violations = std::vector<gate::Violation>;

// Parts that many requests have: 0 to 1,000; positive; at most 256 bytes without control characters, because a line of the log
// names who did what; in the range of google/protobuf/timestamp.proto.
void CheckPageSize(int page_size, Violations* violations);
void CheckId(const std::string& field, int64_t id, Violations* violations);
void CheckName(const std::string& field, const std::string& name, bool required, Violations* violations);
void CheckTime(const std::string& field, const google::protobuf::Timestamp& time, Violations* violations);

// Words of a person that go into the log: at most 1,000 bytes.
void CheckReason(const std::string& reason, bool required, Violations* violations);

// A sender's or message's name as requests take it: a space for each control character, and cut to 256 bytes between two
// characters of UTF-8. What comes with a message that cannot be read is still to be told.
std::string CutName(std::string name);

Violations Check(const v1::SubmitResultRequest& request);
Violations Check(const v1::RefuseResultRequest& request);
Violations Check(const v1::GetResultRequest& request);
Violations Check(const v1::ListResultsRequest& request);
Violations Check(const v1::ListReviewsRequest& request);
Violations Check(const v1::GetReviewRequest& request);
Violations Check(const v1::ClaimReviewRequest& request);
Violations Check(const v1::ApproveReviewRequest& request);
Violations Check(const v1::ReleaseNowRequest& request);
Violations Check(const v1::HandOverReviewRequest& request);
Violations Check(const v1::RefuseReviewRequest& request);
Violations Check(const v1::HoldResultRequest& request);
Violations Check(const v1::EndHoldRequest& request);
Violations Check(const v1::UpholdHoldRequest& request);
Violations Check(const v1::StreamReviewEventsRequest& request);
Violations Check(const v1::GetWorkloadRequest& request);
Violations Check(const v1::StreamReleasesRequest& request);
Violations Check(const v1::RequestReleaseRequest& request);
Violations Check(const v1::AcknowledgeReleasesRequest& request);
Violations Check(const v1::GetReleaseRequest& request);
Violations Check(const v1::RecordViewRequest& request);
Violations Check(const v1::RecordClinicianViewRequest& request);
Violations Check(const v1::RecordContactRequest& request);
Violations Check(const v1::RecordMessageRequest& request);
Violations Check(const v1::SettleRefusalRequest& request);
Violations Check(const v1::ListOutreachRequest& request);
Violations Check(const v1::PlaceLegalHoldRequest& request);
Violations Check(const v1::EndLegalHoldRequest& request);
Violations Check(const v1::ListLegalHoldsRequest& request);
Violations Check(const v1::EraseResultRequest& request);
Violations Check(const v1::ListEntriesRequest& request);
Violations Check(const v1::SummarizeRequest& request);
Violations Check(const v1::GetReportRequest& request);
Violations Check(const v1::GetHistoryRequest& request);
Violations Check(const v1::RecordExportRequest& request);
Violations Check(const v1::GetCheckpointRequest& request);
Violations Check(const v1::GetInclusionProofRequest& request);
Violations Check(const v1::GetConsistencyProofRequest& request);
Violations Check(const v1::DecideRequest& request);
Violations Check(const v1::ActivatePackRequest& request);
Violations Check(const v1::RollbackPackRequest& request);
Violations Check(const v1::ListActivationsRequest& request);
Violations Check(const v1::RedecideHeldRequest& request);
Violations Check(const v1::GetPatientRequest& request);
Violations Check(const v1::UpdatePatientRequest& request);
Violations Check(const v1::SetPreferenceRequest& request);
Violations Check(const v1::PutRelatedPersonRequest& request);
Violations Check(const v1::RemoveRelatedPersonRequest& request);
Violations Check(const v1::MergePatientsRequest& request);
Violations Check(const v1::UnmergePatientsRequest& request);
Violations Check(const v1::PutOwnerRequest& request);
Violations Check(const v1::RemoveOwnerRequest& request);
Violations Check(const v1::ListOwnersRequest& request);
Violations Check(const v1::PutAbsenceRequest& request);
Violations Check(const v1::RemoveAbsenceRequest& request);

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_CHECKS_H_
