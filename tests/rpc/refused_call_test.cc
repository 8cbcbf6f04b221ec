// Refused calls stand in the log: over a real channel, and what is kept of a request.
#include "server/rpc/refused_call.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "resultgate/v1/outreach_service.grpc.pb.h"
#include "resultgate/v1/policy_service.grpc.pb.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "resultgate/v1/retention_service.pb.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/audit/entry_words.h"
#include "server/rpc/status.h"
#include "tests/rpc/gate_server.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RefusedCallTest, KeepsNothingOfARequestButWhoAndWhichFields) {
  v1::ApproveReviewRequest request;
  request.set_result_id(7);
  request.set_reviewer("1234567893");
  request.mutable_comment()->set_text("a word about the patient");
  const absl::Status status = BadRequest({{"unit_ids[0]", "is no unit: a name"}, {"comment", "is too long"}, {"comment", "too"}});
  const v1::Entry entry = RefusedCall(request, status, CallerAt("ipv4:10.1.2.3:40123"));
  EXPECT_EQ(entry.actor(), "1234567893");
  EXPECT_EQ(entry.result_id(), 7);
  EXPECT_EQ(entry.call_refused().call(), "ApproveReview");
  EXPECT_EQ(entry.call_refused().code(), "INVALID_ARGUMENT");
  EXPECT_THAT(entry.call_refused().fields(), ElementsAre("unit_ids[0]", "comment"));
  EXPECT_EQ(entry.call_refused().peer(), "ipv4:10.1.2.3");
  EXPECT_THAT(entry.ShortDebugString(), ::testing::Not(HasSubstr("word about")));
  EXPECT_THAT(entry.ShortDebugString(), ::testing::Not(HasSubstr("a name")));

  EXPECT_EQ(entry.peer(), "ipv4:10.1.2.3");
  EXPECT_EQ(CallerAt("ipv6:%5B::1%5D:1").peer, "ipv6:[::1]");
  EXPECT_EQ(CallerAt("ipv6:[::1]:1").peer, "ipv6:[::1]");
  EXPECT_EQ(CallerAt("ipv6:%5Bfe80::1%25eth0%5D:50051").peer, "ipv6:[fe80::1%eth0]");
  EXPECT_EQ(CallerAt("unix:/run/a:b").peer, "unix:/run/a:b");
  EXPECT_EQ(CallerAt("").peer, "");
  request.set_result_id(-1);
  request.set_reviewer(std::string(10'000, 'x'));
  EXPECT_EQ(RefusedCall(request, status, {}).result_id(), 0);
  EXPECT_LE(RefusedCall(request, status, {}).actor().size(), 256u);
  // A patient may be who asks.
  v1::RequestReleaseRequest mine;
  mine.set_requested_by("NORTH|P1");
  EXPECT_EQ(RefusedCall(mine, absl::NotFoundError("no"), {}).actor(), "");
  v1::EraseResultRequest erasure;
  erasure.set_requested_by("records-1");
  EXPECT_EQ(RefusedCall(erasure, absl::FailedPreconditionError("no"), {}).actor(), "records-1");
  v1::SubmitResultRequest submitted;
  submitted.mutable_report()->set_sender("LAB|NORTH");
  EXPECT_EQ(RefusedCall(submitted, absl::FailedPreconditionError("no"), {}).actor(), "LAB|NORTH");
}

class RefusedCallsTest : public ::testing::Test {
 protected:
  template <typename Service, typename Method, typename Request, typename Response>
  grpc::StatusCode Call(Method method, const Request& request, Response* response) {
    const auto stub = Service::NewStub(gate_.channel());
    grpc::ClientContext context;
    return ((*stub).*method)(&context, request, response).error_code();
  }
  template <typename Request>
  grpc::StatusCode Approve(const Request& request) {
    v1::ApproveReviewResponse response;
    return Call<v1::ReviewService>(&v1::ReviewService::Stub::ApproveReview, request, &response);
  }
  v1::ApproveReviewRequest Approval(int64_t result_id) {
    v1::ApproveReviewRequest request;
    request.set_result_id(result_id);
    request.set_version(1);
    v1::GetReviewRequest read;
    read.set_result_id(result_id);
    const auto review = gate_.gate().GetReview(read);
    request.set_etag(review.ok() ? review->etag() : "none");
    request.set_reviewer("1234567893");
    return request;
  }

  std::vector<v1::Entry> Entries(v1::EntryKind kind) {
    v1::ListEntriesRequest request;
    request.set_kind(kind);
    request.set_page_size(1000);
    const auto listed = gate_.gate().ListEntries(request);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return {listed->entries().begin(), listed->entries().end()};
  }
  std::vector<std::string> Refused() {
    std::vector<std::string> lines;
    for (const v1::Entry& entry : Entries(v1::ENTRY_KIND_CALL_REFUSED)) {
      lines.push_back(absl::StrCat(entry.actor(), ", result ", entry.result_id(), ": ", audit::EntryText(entry)));
    }
    return lines;
  }
  v1::SubmitResultResponse Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    v1::SubmitResultResponse response;
    Call<v1::ResultGateService>(&v1::ResultGateService::Stub::SubmitResult, request, &response);
    return response;
  }

  GateServer gate_;
};

TEST_F(RefusedCallsTest, StandInTheLogWithWhoWhichAndWhy) {
  const int64_t biopsy = Submit(testing::Biopsy(1)).result_id();
  EXPECT_EQ(Approve(v1::ApproveReviewRequest()), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Approve(Approval(99)), grpc::StatusCode::NOT_FOUND);
  v1::ApproveReviewRequest other = Approval(biopsy);
  other.set_version(2);
  EXPECT_EQ(Approve(other), grpc::StatusCode::ABORTED);
  v1::RecordViewRequest viewed;
  viewed.set_result_id(biopsy);
  viewed.set_audience(v1::AUDIENCE_PATIENT);
  v1::RecordViewResponse recorded;
  EXPECT_EQ(Call<v1::OutreachService>(&v1::OutreachService::Stub::RecordView, viewed, &recorded),
            grpc::StatusCode::FAILED_PRECONDITION);
  v1::GetResultRequest get;
  get.set_result_id(98);
  v1::GetResultResponse got;
  EXPECT_EQ(Call<v1::ResultGateService>(&v1::ResultGateService::Stub::GetResult, get, &got), grpc::StatusCode::NOT_FOUND);
  v1::ListEntriesRequest list;
  list.set_filter("patient = P1 AND rul = x");
  list.set_actor("compliance-7");
  v1::ListEntriesResponse listed;
  EXPECT_EQ(Call<v1::AuditService>(&v1::AuditService::Stub::ListEntries, list, &listed), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Approve(Approval(biopsy)), grpc::StatusCode::OK);
  const std::vector<v1::Entry> entries = Entries(v1::ENTRY_KIND_CALL_REFUSED);
  ASSERT_EQ(entries.size(), 6u);
  EXPECT_THAT(entries[0].call_refused().fields(), ElementsAre("result_id", "etag", "reviewer", "version"));
  EXPECT_THAT(entries[0].call_refused().peer(), ::testing::AnyOf("ipv4:127.0.0.1", "ipv6:[::1]"));
  for (const v1::Entry& entry : entries) EXPECT_THAT(entry.ShortDebugString(), ::testing::Not(HasSubstr("P1")));
  EXPECT_THAT(Refused(), ElementsAre("unknown, result 0: ApproveReview: INVALID_ARGUMENT; result_id, etag, reviewer, version",
                                     "1234567893, result 0: ApproveReview: NOT_FOUND",
                                     absl::StrCat("1234567893, result ", biopsy, ": ApproveReview: ABORTED"),
                                     absl::StrCat("unknown, result ", biopsy, ": RecordView: FAILED_PRECONDITION"),
                                     "unknown, result 0: GetResult: NOT_FOUND",
                                     "compliance-7, result 0: ListEntries: INVALID_ARGUMENT; filter"));
}

TEST_F(RefusedCallsTest, WhatHasAnEntryOfItsOwnHasNoOther) {
  v1::DiagnosticReport wrong = testing::Biopsy(1);
  wrong.set_sender(std::string(1000, 'x'));
  Submit(wrong);
  EXPECT_EQ(Entries(v1::ENTRY_KIND_REFUSED).size(), 1u);
  v1::ActivatePackRequest activate;
  activate.set_approver("1234567893");
  v1::PackFiles::File* file = activate.mutable_files()->add_files();
  file->set_path("small/pack.yaml");
  file->set_content("no pack");
  v1::ActivatePackResponse activated;
  EXPECT_NE(Call<v1::PolicyService>(&v1::PolicyService::Stub::ActivatePack, activate, &activated), grpc::StatusCode::OK);
  EXPECT_EQ(Entries(v1::ENTRY_KIND_ACTIVATION_REFUSED).size(), 1u);
  EXPECT_THAT(Refused(), IsEmpty());
  // These have none.
  EXPECT_EQ(Submit(v1::DiagnosticReport()).result_id(), 0);
  v1::SubmitResultRequest nothing;
  v1::SubmitResultResponse response;
  Call<v1::ResultGateService>(&v1::ResultGateService::Stub::SubmitResult, nothing, &response);
  v1::DiagnosticReport test = testing::Biopsy(2);
  test.set_test_message(true);
  Submit(test);
  EXPECT_THAT(Refused(), ElementsAre(HasSubstr("unknown, result 0: SubmitResult: INVALID_ARGUMENT"),
                                     absl::StrCat(test.sender(), ", result 0: SubmitResult: FAILED_PRECONDITION")));
}

TEST_F(RefusedCallsTest, ThatThereWasTooMuchToDoIsCounted) {
  absl::Status told;
  for (int i = 0; i < 3; ++i) {
    FinishRefused(&gate_.gate(), v1::SubmitResultRequest(), {}, absl::ResourceExhaustedError("too many wait"),
                  [&told](const absl::Status& status) { told = status; });
    EXPECT_EQ(told.code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(TooMuch(&gate_.gate(), "too many reads wait").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Refused(), IsEmpty());
  EXPECT_EQ(Approve(Approval(99)), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(Refused(),
              ElementsAre("1234567893, result 0: ApproveReview: NOT_FOUND; 4 more refused calls before, only counted"));
}

TEST_F(RefusedCallsTest, AStreamThatIsRefusedEndsWhenTheLogHasIt) {
  const auto reviews = v1::ReviewService::NewStub(gate_.channel());
  const auto releases = v1::ReleaseService::NewStub(gate_.channel());
  for (int i = 1; i <= 20; ++i) {
    grpc::ClientContext context;
    v1::StreamReleasesRequest wrong;
    wrong.set_after_sequence(-1);
    EXPECT_EQ(releases->StreamReleases(&context, wrong)->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(Refused().size(), 2u * i - 1);
    grpc::ClientContext other;
    v1::StreamReviewEventsRequest cursor;
    cursor.set_after_cursor(-1);
    EXPECT_EQ(reviews->StreamReviewEvents(&other, cursor)->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(Refused().size(), 2u * i);
  }
}

TEST_F(RefusedCallsTest, AFloodOfThemDoesNotFillTheLog) {
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Approve(Approval(99)), grpc::StatusCode::NOT_FOUND);
  // All within a minute or two, however slow the machine is.
  const size_t refused = Entries(v1::ENTRY_KIND_CALL_REFUSED).size();
  EXPECT_GE(refused, 60u);
  EXPECT_LE(refused, 130u);
}

}  // namespace
}  // namespace resultgate::rpc
