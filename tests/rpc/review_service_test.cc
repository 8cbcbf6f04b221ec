// ReviewService, RequestRelease and OutreachService over a real channel: what reaches the gate, and the stream that a worklist
// reads.
#include "server/rpc/review_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "resultgate/v1/directory_service.grpc.pb.h"
#include "resultgate/v1/outreach_service.grpc.pb.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "tests/rpc/gate_server.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReviewServiceTest : public ::testing::Test {
 protected:
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(const std::unique_ptr<Stub>& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                    Response* response) {
    grpc::ClientContext context;
    return (stub.get()->*method)(&context, request, response);
  }

  int64_t Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    v1::SubmitResultResponse response;
    *request.mutable_report() = report;
    const grpc::Status status =
        Call(v1::ResultGateService::NewStub(gate_.channel()), &v1::ResultGateService::Stub::SubmitResult, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.result_id();
  }

  std::string Etag(int64_t id) {
    v1::GetReviewRequest request;
    v1::GetReviewResponse response;
    request.set_result_id(id);
    EXPECT_TRUE(Call(reviews_, &v1::ReviewService::Stub::GetReview, request, &response).ok());
    return response.etag();
  }

  GateServer gate_;
  const std::unique_ptr<v1::ReviewService::Stub> reviews_ = v1::ReviewService::NewStub(gate_.channel());
  const std::unique_ptr<v1::ReleaseService::Stub> releases_ = v1::ReleaseService::NewStub(gate_.channel());
  const std::unique_ptr<v1::OutreachService::Stub> outreach_ = v1::OutreachService::NewStub(gate_.channel());
};

TEST_F(ReviewServiceTest, EachActReachesTheGateOnceAndItsEtagProtectsIt) {
  const int64_t id = Submit(testing::Biopsy(1));
  v1::HandOverReviewRequest hand_over;
  v1::HandOverReviewResponse handed_over;
  EXPECT_THAT(DetailsOf(Call(reviews_, &v1::ReviewService::Stub::HandOverReview, hand_over, &handed_over)).field_violations(),
              SizeIs(4));
  const std::string etag = Etag(id);
  hand_over.set_result_id(id);
  hand_over.set_etag(etag);
  hand_over.set_reviewer("clinician-1");
  hand_over.mutable_to()->set_role("pathology-pool");
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::HandOverReview, hand_over, &handed_over).ok());

  v1::ClaimReviewRequest claim;
  v1::ClaimReviewResponse claimed;
  claim.set_result_id(id);
  claim.set_etag(etag);
  claim.set_reviewer("pathologist-1");
  EXPECT_EQ(Call(reviews_, &v1::ReviewService::Stub::ClaimReview, claim, &claimed).error_code(), grpc::StatusCode::ABORTED);
  claim.set_etag(handed_over.etag());
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::ClaimReview, claim, &claimed).ok());

  v1::RefuseReviewRequest refuse;
  v1::RefuseReviewResponse refused;
  refuse.set_result_id(id);
  refuse.set_etag(claimed.etag());
  refuse.set_reviewer("pathologist-1");
  EXPECT_EQ(DetailsOf(Call(reviews_, &v1::ReviewService::Stub::RefuseReview, refuse, &refused)).field_violations(0).field(),
            "reason");

  v1::ReleaseNowRequest release;
  v1::ReleaseNowResponse released;
  release.set_result_id(id);
  release.set_etag(claimed.etag());
  release.set_reviewer("pathologist-1");
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::ReleaseNow, release, &released).ok());
  EXPECT_THAT(released.still_held(), IsEmpty());

  v1::RecordViewRequest view;
  v1::RecordViewResponse viewed;
  view.set_result_id(id);
  view.set_audience(v1::AUDIENCE_PATIENT);
  ASSERT_TRUE(Call(outreach_, &v1::OutreachService::Stub::RecordView, view, &viewed).ok());
  EXPECT_TRUE(viewed.first());
  v1::ListOutreachRequest list;
  v1::ListOutreachResponse listed;
  ASSERT_TRUE(Call(outreach_, &v1::OutreachService::Stub::ListOutreach, list, &listed).ok());
  ASSERT_THAT(listed.tasks(), SizeIs(1));
  EXPECT_EQ(listed.tasks(0).kind(), v1::OUTREACH_KIND_NOT_OPENED);

  v1::GetWorkloadRequest workload;
  v1::GetWorkloadResponse rows;
  EXPECT_EQ(Call(reviews_, &v1::ReviewService::Stub::GetWorkload, workload, &rows).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  workload.mutable_since()->set_seconds(1772000000);
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::GetWorkload, workload, &rows).ok());
  EXPECT_GE(rows.rows_size(), 1);
}

TEST_F(ReviewServiceTest, ThePatientsSideIsAnswered) {
  const int64_t id = Submit(testing::Biopsy(1));
  v1::RequestReleaseRequest request;
  v1::RequestReleaseResponse response;
  request.set_audience(v1::AUDIENCE_DELEGATE);
  EXPECT_THAT(DetailsOf(Call(releases_, &v1::ReleaseService::Stub::RequestRelease, request, &response)).field_violations(),
              SizeIs(4));
  request.set_result_id(id);
  *request.mutable_patient() = testing::Biopsy(1).patient().identifiers(0);
  request.set_audience(v1::AUDIENCE_PATIENT);
  request.set_requested_by("account-1");
  const grpc::Status status = Call(releases_, &v1::ReleaseService::Stub::RequestRelease, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.released());
}

TEST_F(ReviewServiceTest, ADangerIsDeterminedAndReviewedByLicensedPeople) {
  const int64_t id = Submit(testing::Biopsy(1));
  v1::HoldResultRequest hold;
  v1::HoldResultResponse held;
  hold.set_result_id(id);
  hold.set_etag(Etag(id));
  hold.set_reviewer("clinician-1");
  hold.set_type(v1::BASIS_TYPE_HARM_DETERMINATION);
  hold.set_reason("a danger");
  hold.mutable_until()->set_seconds(1774000000);  // 2026-03-20
  const grpc::Status unknown = Call(reviews_, &v1::ReviewService::Stub::HoldResult, hold, &held);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(unknown.error_message(), HasSubstr("`clinician-1` as a licensed clinician"));
  for (const char* person : {"clinician-1", "clinician-2"}) {
    v1::PutOwnerRequest put;
    v1::PutOwnerResponse response;
    put.set_actor("staff-office");
    put.mutable_owner()->set_id(person);
    put.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
    put.mutable_owner()->set_licensed(true);
    ASSERT_TRUE(Call(v1::DirectoryService::NewStub(gate_.channel()), &v1::DirectoryService::Stub::PutOwner, put, &response).ok());
  }
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::HoldResult, hold, &held).ok());
  v1::RequestReleaseRequest ask;
  v1::RequestReleaseResponse asked;
  ask.set_result_id(id);
  *ask.mutable_patient() = testing::Biopsy(1).patient().identifiers(0);
  ask.set_audience(v1::AUDIENCE_PATIENT);
  ask.set_requested_by("account-1");
  ASSERT_TRUE(Call(releases_, &v1::ReleaseService::Stub::RequestRelease, ask, &asked).ok());
  ASSERT_THAT(asked.waits(), SizeIs(1));
  EXPECT_TRUE(asked.waits(0).has_review_deadline());
  v1::UpholdHoldRequest uphold;
  v1::UpholdHoldResponse upheld;
  EXPECT_THAT(DetailsOf(Call(reviews_, &v1::ReviewService::Stub::UpholdHold, uphold, &upheld)).field_violations(), SizeIs(5));
  uphold.set_result_id(id);
  uphold.set_etag(held.etag());
  uphold.set_reviewer("clinician-2");
  uphold.set_determination_id(held.determination_id());
  uphold.set_reason("it is one");
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::UpholdHold, uphold, &upheld).ok());
  EXPECT_NE(upheld.etag(), held.etag());
}

TEST_F(ReviewServiceTest, AWorklistFollowsWhatWaits) {
  const int64_t first = Submit(testing::Biopsy(1));
  grpc::ClientContext context;
  const auto stream = reviews_->StreamReviewEvents(&context, v1::StreamReviewEventsRequest());
  v1::StreamReviewEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.event().result_id(), first);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.event().result_id(), 0) << "the list is whole";
  EXPECT_GT(response.event().cursor(), 0);
  // What comes now is told, although nothing is released by it.
  const int64_t second = Submit(testing::Biopsy(2));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.event().result_id(), second);
  EXPECT_THAT(response.event().waiting(), SizeIs(1));
  gate_.server().Stop();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ReviewServiceTest, AWrongCursorIsRefused) {
  grpc::ClientContext context;
  v1::StreamReviewEventsRequest request;
  request.set_after_cursor(-1);
  const auto stream = reviews_->StreamReviewEvents(&context, request);
  v1::StreamReviewEventsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("after_cursor"));
}

}  // namespace
}  // namespace resultgate::rpc
