// What the log is told of reads: who was given what. Without names and values; a patient is told by the number of the record.
// Pure functions, thread-safe.
#ifndef RESULTGATE_RPC_READ_NOTES_H_
#define RESULTGATE_RPC_READ_NOTES_H_

#include <cstdint>
#include <string>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/outreach_service.pb.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/policy_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "resultgate/v1/review_service.pb.h"

namespace resultgate::rpc {

// Metadata of a GetReview call whose answer is only for what is done next, as its etag: nobody has opened the result by it, so it
// is logged as a query of who acts, and not as a clinician's view.
inline constexpr char kReadsToAct[] = "resultgate-reads-to-act";

// An entry that says that `answered` of what was asked for were given.
v1::Entry QueryEntry(const std::string& actor, v1::Query query, int64_t answered);

v1::Entry NoteResult(const v1::GetResultRequest& request, const v1::GetResultResponse& response);
// Each page, with the numbers of the first and last result on it.
v1::Entry NoteResults(const v1::ListResultsRequest& request, const v1::ListResultsResponse& response);
v1::Entry NoteReview(const v1::GetReviewRequest& request, const v1::GetReviewResponse& response);
v1::Entry NoteRelease(const v1::GetReleaseRequest& request, const v1::GetReleaseResponse& response);
v1::Entry NotePatient(const v1::GetPatientRequest& request, const v1::GetPatientResponse& response);
// Each page.
v1::Entry NoteOutreach(const v1::ListOutreachRequest& request, const v1::ListOutreachResponse& response);
v1::Entry NoteActivations(const v1::ListActivationsRequest& request, const v1::ListActivationsResponse& response);
v1::Entry NoteWorkload(const v1::GetWorkloadRequest& request, const v1::GetWorkloadResponse& response);

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_READ_NOTES_H_
