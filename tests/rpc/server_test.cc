// The unary calls, health and reflection, over a real channel.
#include "server/rpc/server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "resultgate/v1/policy_service.grpc.pb.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/base/digest.h"
#include "tests/rpc/gate_server.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::rpc {
namespace {

using ::testing::HasSubstr;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest()
      : results_(v1::ResultGateService::NewStub(gate_.channel())),
        reviews_(v1::ReviewService::NewStub(gate_.channel())),
        releases_(v1::ReleaseService::NewStub(gate_.channel())),
        audit_(v1::AuditService::NewStub(gate_.channel())),
        policy_(v1::PolicyService::NewStub(gate_.channel())) {}

  // Calls `method` of `stub`.
  template <typename Stub, typename Method, typename Request, typename Response>
  static grpc::Status Call(Stub& stub, Method method, const Request& request, Response* response) {
    grpc::ClientContext context;
    return ((*stub).*method)(&context, request, response);
  }

  grpc::Status Submit(const v1::DiagnosticReport& report, v1::SubmitResultResponse* response) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    return Call(results_, &v1::ResultGateService::Stub::SubmitResult, request, response);
  }

  std::vector<v1::Entry> Entries(v1::EntryKind kind) {
    v1::ListEntriesRequest request;
    v1::ListEntriesResponse response;
    request.set_kind(kind);
    const grpc::Status status = Call(audit_, &v1::AuditService::Stub::ListEntries, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.entries().begin(), response.entries().end()};
  }

  GateServer gate_;
  const std::unique_ptr<v1::ResultGateService::Stub> results_;
  const std::unique_ptr<v1::ReviewService::Stub> reviews_;
  const std::unique_ptr<v1::ReleaseService::Stub> releases_;
  const std::unique_ptr<v1::AuditService::Stub> audit_;
  const std::unique_ptr<v1::PolicyService::Stub> policy_;
};

TEST_F(ServerTest, SummarizesAndTellsStories) {
  v1::SubmitResultResponse count, biopsy;
  ASSERT_TRUE(Submit(testing::BloodCount(1), &count).ok());
  ASSERT_TRUE(Submit(testing::Biopsy(2), &biopsy).ok());
  v1::SummarizeRequest asked;
  asked.add_group_by(v1::SUMMARY_DIMENSION_CATEGORY);
  v1::SummarizeResponse summary;
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::Summarize, asked, &summary).ok());
  EXPECT_EQ(summary.total().results(), 2);
  EXPECT_EQ(summary.total().released(), 1);
  EXPECT_EQ(summary.total().waiting(), 1);
  EXPECT_EQ(summary.groups_size(), 2);
  asked.clear_group_by();
  asked.add_group_by(v1::SUMMARY_DIMENSION_BASIS);
  asked.set_filter("state = held");
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::Summarize, asked, &summary).ok());
  ASSERT_EQ(summary.groups_size(), 1);
  EXPECT_EQ(summary.groups(0).keys(0), "organization-policy");

  v1::GetReportRequest report;
  report.set_report(v1::REPORT_KIND_HOLDS_BY_BASIS);
  v1::GetReportResponse reported;
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::GetReport, report, &reported).ok());
  EXPECT_EQ(reported.total().held(), 1);
  EXPECT_EQ(reported.total().overruns(), 0);

  v1::GetHistoryRequest whose;
  whose.set_result_id(biopsy.result_id());
  v1::GetHistoryResponse history;
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::GetHistory, whose, &history).ok());
  ASSERT_EQ(history.events_size(), 1);
  EXPECT_EQ(history.events(0).kind(), "decided");
  EXPECT_THAT(history.text(), HasSubstr("because of rule "));
  whose.set_result_id(99);
  EXPECT_EQ(Call(audit_, &v1::AuditService::Stub::GetHistory, whose, &history).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServerTest, WhoReadsInTheLogStandsInIt) {
  v1::SubmitResultResponse biopsy;
  ASSERT_TRUE(Submit(testing::Biopsy(1), &biopsy).ok());
  v1::ListEntriesRequest list;
  list.set_filter("patient = MRN1 AND kind = decided");
  list.set_page_size(1);
  list.set_actor("compliance:7");
  v1::ListEntriesResponse page;
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::ListEntries, list, &page).ok());
  v1::GetHistoryRequest whose;
  whose.set_result_id(biopsy.result_id());
  v1::GetHistoryResponse history;
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::GetHistory, whose, &history).ok());
  v1::GetInclusionProofRequest proof;
  proof.set_sequence(history.events(0).sequence());
  proof.set_actor("compliance:7");
  v1::GetInclusionProofResponse proved;
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::GetInclusionProof, proof, &proved).ok());
  v1::RecordExportRequest exported;
  exported.set_format("csv");
  exported.set_entries(12);
  exported.set_filter("patient = MRN1 AND kind = decided");
  v1::RecordExportResponse recorded;
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::RecordExport, exported, &recorded).ok());
  EXPECT_GT(recorded.entry_sequence(), 0);
  // What was refused gave nothing.
  list.set_filter("rul = x");
  EXPECT_FALSE(Call(audit_, &v1::AuditService::Stub::ListEntries, list, &page).ok());
  exported.set_filter("rul = x");
  EXPECT_EQ(Call(audit_, &v1::AuditService::Stub::RecordExport, exported, &recorded).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);

  const std::vector<v1::Entry> queried = Entries(v1::ENTRY_KIND_QUERIED);
  ASSERT_EQ(queried.size(), 4);
  EXPECT_EQ(queried[0].actor(), "compliance:7");
  EXPECT_EQ(queried[0].queried().query(), v1::QUERY_ENTRIES);
  EXPECT_EQ(queried[0].queried().filter(), "patient = *** AND kind = decided");
  EXPECT_EQ(queried[1].actor(), "unknown");
  EXPECT_EQ(queried[1].queried().query(), v1::QUERY_HISTORY);
  EXPECT_EQ(queried[1].queried().answered(), 1);
  EXPECT_EQ(queried[1].result_id(), biopsy.result_id());
  EXPECT_EQ(queried[2].actor(), "compliance:7");
  EXPECT_EQ(queried[2].queried().query(), v1::QUERY_PROOF);
  EXPECT_EQ(queried[2].result_id(), biopsy.result_id());
  EXPECT_EQ(queried[3].queried().format(), "csv");
  EXPECT_EQ(queried[3].queried().filter(), "patient = *** AND kind = decided");
  EXPECT_EQ(queried[3].sequence(), recorded.entry_sequence());

  // A page that gives something is a query of its own.
  v1::ListEntriesRequest paged;
  paged.set_page_size(1);
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::ListEntries, paged, &page).ok());
  paged.set_page_token(page.next_page_token());
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::ListEntries, paged, &page).ok());
  EXPECT_EQ(Entries(v1::ENTRY_KIND_QUERIED).size(), 7) << "these two, and the look at them above";
  paged.set_filter("result = 99");
  paged.clear_page_token();
  ASSERT_TRUE(Call(audit_, &v1::AuditService::Stub::ListEntries, paged, &page).ok());
  EXPECT_EQ(Entries(v1::ENTRY_KIND_QUERIED).size(), 9) << "a question without an answer, too";
}

TEST_F(ServerTest, SubmitsGetsAndLists) {
  v1::SubmitResultResponse first, again, held;
  ASSERT_TRUE(Submit(testing::BloodCount(1), &first).ok());
  EXPECT_EQ(first.disposal(), v1::SubmitResultResponse::DISPOSAL_NEW);
  EXPECT_EQ(first.version(), 1);
  ASSERT_EQ(first.decision().outcomes_size(), 1);
  EXPECT_EQ(first.decision().outcomes(0).state(), v1::OUTCOME_STATE_RELEASED);
  ASSERT_TRUE(Submit(testing::BloodCount(1), &again).ok());
  EXPECT_EQ(again.disposal(), v1::SubmitResultResponse::DISPOSAL_DUPLICATE);
  EXPECT_EQ(again.result_id(), first.result_id());
  ASSERT_TRUE(Submit(testing::Biopsy(2), &held).ok());

  v1::GetResultRequest get;
  v1::GetResultResponse got;
  get.set_result_id(first.result_id());
  ASSERT_TRUE(Call(results_, &v1::ResultGateService::Stub::GetResult, get, &got).ok());
  EXPECT_EQ(got.result().report().order().filler_order_number(), testing::FillerNumber(1));
  get.set_result_id(99);
  EXPECT_EQ(Call(results_, &v1::ResultGateService::Stub::GetResult, get, &got).error_code(), grpc::StatusCode::NOT_FOUND);

  v1::ListResultsRequest list;
  v1::ListResultsResponse listed;
  list.set_page_size(1);
  ASSERT_TRUE(Call(results_, &v1::ResultGateService::Stub::ListResults, list, &listed).ok());
  ASSERT_EQ(listed.results_size(), 1);
  EXPECT_EQ(listed.results(0).id(), first.result_id());
  list.set_page_token(listed.next_page_token());
  ASSERT_TRUE(Call(results_, &v1::ResultGateService::Stub::ListResults, list, &listed).ok());
  ASSERT_EQ(listed.results_size(), 1);
  EXPECT_EQ(listed.results(0).id(), held.result_id());
  list.set_page_token("no token");
  EXPECT_EQ(Call(results_, &v1::ResultGateService::Stub::ListResults, list, &listed).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServerTest, RefusesWhatIsWrongWithEveryViolationAndWritesItDown) {
  v1::DiagnosticReport report = testing::BloodCount(1);
  report.clear_sender();
  report.clear_patient();
  report.set_message_id("M1");
  report.mutable_observations(3)->set_id("document");
  v1::SubmitResultResponse response;
  const grpc::Status status = Submit(report, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const google::rpc::BadRequest details = DetailsOf(status);
  ASSERT_EQ(details.field_violations_size(), 3);
  EXPECT_EQ(details.field_violations(0).field(), "report.sender");
  EXPECT_EQ(details.field_violations(1).field(), "report.patient.identifiers");
  EXPECT_EQ(details.field_violations(2).field(), "report.observations[3].id");

  const std::vector<v1::Entry> refused = Entries(v1::ENTRY_KIND_REFUSED);
  ASSERT_EQ(refused.size(), 1);
  EXPECT_EQ(refused[0].refused().sender(), "unknown");
  EXPECT_EQ(refused[0].refused().message_id(), "M1");
  EXPECT_EQ(refused[0].refused().message_digest(), base::DigestText(report.SerializeAsString()));
  ASSERT_EQ(refused[0].refused().issues_size(), 3);
  EXPECT_EQ(refused[0].refused().issues(2).place(), "report.observations[3].id");
  EXPECT_FALSE(refused[0].refused().owner().role().empty());
}

TEST_F(ServerTest, ARequestWithoutAReportIsNoReport) {
  v1::SubmitResultResponse response;
  const grpc::Status status = Call(results_, &v1::ResultGateService::Stub::SubmitResult, v1::SubmitResultRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Entries(v1::ENTRY_KIND_REFUSED).empty());
}

TEST_F(ServerTest, TestMessagesAreTakenOnlyWhenAsked) {
  v1::SubmitResultRequest request;
  v1::SubmitResultResponse response;
  *request.mutable_report() = testing::BloodCount(1);
  request.mutable_report()->set_test_message(true);
  EXPECT_EQ(Call(results_, &v1::ResultGateService::Stub::SubmitResult, request, &response).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  request.set_accept_test_message(true);
  EXPECT_TRUE(Call(results_, &v1::ResultGateService::Stub::SubmitResult, request, &response).ok());
}

TEST_F(ServerTest, RecordsARefusal) {
  v1::RefuseResultRequest request;
  v1::RefuseResultResponse response;
  EXPECT_EQ(Call(results_, &v1::ResultGateService::Stub::RefuseResult, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.set_sender("LAB|NORTH");
  request.set_message_digest(base::DigestText("x"));
  request.add_issues()->set_message("no segment begins with MSH");
  ASSERT_TRUE(Call(results_, &v1::ResultGateService::Stub::RefuseResult, request, &response).ok());
  const std::vector<v1::Entry> refused = Entries(v1::ENTRY_KIND_REFUSED);
  ASSERT_EQ(refused.size(), 1);
  EXPECT_EQ(refused[0].sequence(), response.entry_sequence());
}

TEST_F(ServerTest, ListsAndApprovesReviews) {
  v1::SubmitResultResponse held;
  ASSERT_TRUE(Submit(testing::Biopsy(1), &held).ok());
  v1::ListReviewsResponse listed;
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::ListReviews, v1::ListReviewsRequest(), &listed).ok());
  ASSERT_GE(listed.reviews_size(), 1);
  EXPECT_EQ(listed.reviews(0).result_id(), held.result_id());

  v1::ApproveReviewRequest approve;
  v1::ApproveReviewResponse approved;
  approve.set_result_id(held.result_id());
  EXPECT_EQ(DetailsOf(Call(reviews_, &v1::ReviewService::Stub::ApproveReview, approve, &approved)).field_violations_size(), 3);
  approve.set_reviewer("D1");
  approve.set_etag(listed.reviews(0).etag());
  approve.set_version(7);
  EXPECT_EQ(Call(reviews_, &v1::ReviewService::Stub::ApproveReview, approve, &approved).error_code(), grpc::StatusCode::ABORTED);
  approve.set_version(1);
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::ApproveReview, approve, &approved).ok());
  for (const v1::Outcome& outcome : approved.decision().outcomes()) EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_RELEASED);
  ASSERT_TRUE(Call(reviews_, &v1::ReviewService::Stub::ListReviews, v1::ListReviewsRequest(), &listed).ok());
  EXPECT_EQ(listed.reviews_size(), 0);
}

TEST_F(ServerTest, WrongRequestsAreRefusedByEveryMethod) {
  v1::ListResultsRequest results;
  results.set_page_size(1001);
  v1::ListResultsResponse result_page;
  EXPECT_EQ(
      DetailsOf(Call(results_, &v1::ResultGateService::Stub::ListResults, results, &result_page)).field_violations(0).field(),
      "page_size");
  v1::ListReviewsRequest reviews;
  reviews.set_page_size(-1);
  v1::ListReviewsResponse review_page;
  EXPECT_EQ(DetailsOf(Call(reviews_, &v1::ReviewService::Stub::ListReviews, reviews, &review_page)).field_violations(0).field(),
            "page_size");
  v1::ListEntriesRequest entries;
  entries.set_result_id(-1);
  v1::ListEntriesResponse entry_page;
  EXPECT_EQ(DetailsOf(Call(audit_, &v1::AuditService::Stub::ListEntries, entries, &entry_page)).field_violations(0).field(),
            "result_id");
  v1::AcknowledgeReleasesResponse acknowledged;
  EXPECT_EQ(
      DetailsOf(Call(releases_, &v1::ReleaseService::Stub::AcknowledgeReleases, v1::AcknowledgeReleasesRequest(), &acknowledged))
          .field_violations(0)
          .field(),
      "sequences");
  v1::DecideResponse decided;
  EXPECT_EQ(DetailsOf(Call(policy_, &v1::PolicyService::Stub::Decide, v1::DecideRequest(), &decided)).field_violations(0).field(),
            "report");
}

TEST_F(ServerTest, SaysWhatItWouldDecideAndKeepsNothing) {
  v1::GetActivePackResponse active;
  ASSERT_TRUE(Call(policy_, &v1::PolicyService::Stub::GetActivePack, v1::GetActivePackRequest(), &active).ok());
  EXPECT_EQ(active.pack().name(), "default");
  EXPECT_GT(active.pack().rules_size(), 5);

  v1::DecideRequest request;
  v1::DecideResponse decided;
  *request.mutable_report() = testing::Biopsy(1);
  ASSERT_TRUE(Call(policy_, &v1::PolicyService::Stub::Decide, request, &decided).ok());
  ASSERT_GE(decided.decision().outcomes_size(), 1);
  EXPECT_EQ(decided.decision().outcomes(0).disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_TRUE(Entries(v1::ENTRY_KIND_DECIDED).empty());
}

TEST_F(ServerTest, TakesAReportWithItsDocument) {
  v1::DiagnosticReport report = testing::Biopsy(1);
  for (int i = 0; i < 2; ++i) report.add_presented_forms()->set_data(std::string(3 * 1024 * 1024, 'x'));
  v1::SubmitResultResponse response;
  EXPECT_TRUE(Submit(report, &response).ok());
  report.add_presented_forms()->set_data(std::string(3 * 1024 * 1024, 'x'));
  EXPECT_EQ(Submit(report, &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, ASecondServerDoesNotShareThePort) {
  ServerOptions options;
  options.address = absl::StrCat("127.0.0.1:", gate_.server().port());
  EXPECT_EQ(Server::Start(&gate_.gate(), options).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServerTest, StoppingTwiceIsStoppingOnce) {
  gate_.server().Stop();
  gate_.server().Stop();
  v1::SubmitResultResponse response;
  EXPECT_EQ(Submit(testing::BloodCount(1), &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

// Debian packages no stubs for these two services, so their few bytes are written by hand.

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

grpc::ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

TEST_F(ServerTest, IsHealthy) {
  for (const char* service : {"", "resultgate.v1.ResultGateService"}) {
    grpc::GenericStub stub(gate_.channel());
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const std::string name(service);
    // HealthCheckRequest.service, field 1.
    const auto call = stub.PrepareUnaryCall(
        &context, "/grpc.health.v1.Health/Check",
        Buffer(name.empty() ? "" : absl::StrCat("\x0a", std::string(1, static_cast<char>(name.size())), name)), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(Bytes(response), "\x08\x01") << service;  // SERVING
    queue.Shutdown();
  }
}

TEST_F(ServerTest, ReflectsItsServices) {
  grpc::GenericStub stub(gate_.channel());
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto call = stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  call->Write(Buffer("\x3a\x01*"), nullptr);  // ServerReflectionRequest.list_services, field 7
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  const std::string services = Bytes(response);
  for (const char* service : {"ResultGateService", "ReviewService", "ReleaseService", "AuditService", "PolicyService",
                              "PatientService", "DirectoryService", "OutreachService"}) {
    EXPECT_THAT(services, HasSubstr(absl::StrCat("resultgate.v1.", service)));
  }
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
  call->WritesDone(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  grpc::Status status;
  call->Finish(&status, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_TRUE(status.ok()) << status.error_message();
  queue.Shutdown();
}

}  // namespace
}  // namespace resultgate::rpc
