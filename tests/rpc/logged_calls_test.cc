// That the log has every call that gives what is told of results, and everything that was sent to the portal: who, what, from
// where. Over a real channel.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "resultgate/v1/outreach_service.grpc.pb.h"
#include "resultgate/v1/patient_service.grpc.pb.h"
#include "resultgate/v1/policy_service.grpc.pb.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/audit/entry_words.h"
#include "server/rpc/read_notes.h"
#include "tests/rpc/gate_server.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::rpc {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LoggedCallsTest : public ::testing::Test {
 protected:
  template <typename Service, typename Method, typename Request, typename Response>
  grpc::StatusCode Call(Method method, const Request& request, Response* response) {
    const auto stub = Service::NewStub(gate_.channel());
    grpc::ClientContext context;
    return ((*stub).*method)(&context, request, response).error_code();
  }
  int64_t Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    v1::SubmitResultResponse response;
    EXPECT_EQ(Call<v1::ResultGateService>(&v1::ResultGateService::Stub::SubmitResult, request, &response), grpc::StatusCode::OK);
    return response.result_id();
  }
  v1::GetReviewResponse Review(int64_t result_id, const std::string& reviewer) {
    v1::GetReviewRequest request;
    request.set_result_id(result_id);
    request.set_reviewer(reviewer);
    v1::GetReviewResponse response;
    EXPECT_EQ(Call<v1::ReviewService>(&v1::ReviewService::Stub::GetReview, request, &response), grpc::StatusCode::OK);
    return response;
  }
  int Results(const std::string& actor, const std::string& page_token = "", std::string* next = nullptr) {
    v1::ListResultsRequest request;
    request.set_actor(actor);
    request.set_page_token(page_token);
    request.set_page_size(next == nullptr ? 0 : 1);
    v1::ListResultsResponse response;
    EXPECT_EQ(Call<v1::ResultGateService>(&v1::ResultGateService::Stub::ListResults, request, &response), grpc::StatusCode::OK);
    if (next != nullptr) *next = response.next_page_token();
    return response.results_size();
  }
  // Reads in this process, which are not logged.
  std::vector<v1::Entry> Entries(v1::EntryKind kind) {
    v1::ListEntriesRequest request;
    request.set_kind(kind);
    request.set_page_size(1000);
    const auto listed = gate_.gate().ListEntries(request);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return {listed->entries().begin(), listed->entries().end()};
  }
  std::vector<std::string> Lines(v1::EntryKind kind) {
    std::vector<std::string> lines;
    for (const v1::Entry& entry : Entries(kind)) {
      EXPECT_THAT(entry.peer(), AnyOf("ipv4:127.0.0.1", "ipv6:[::1]")) << entry.ShortDebugString();
      lines.push_back(absl::StrCat(entry.actor(), ", result ", entry.result_id(), ": ", audit::EntryText(entry)));
    }
    return lines;
  }

  GateServer gate_;
};

TEST_F(LoggedCallsTest, EveryReadOfWhatResultsSay) {
  const int64_t count = Submit(testing::BloodCount(1));
  Submit(testing::Biopsy(2));
  v1::GetResultRequest result;
  result.set_result_id(count);
  result.set_actor("clerk-1");
  v1::GetResultResponse got;
  EXPECT_EQ(Call<v1::ResultGateService>(&v1::ResultGateService::Stub::GetResult, result, &got), grpc::StatusCode::OK);
  v1::ListResultsRequest results;
  results.set_state(v1::OUTCOME_STATE_HELD);
  results.mutable_received_since()->set_seconds(1'700'000'000);
  v1::ListResultsResponse page;
  EXPECT_EQ(Call<v1::ResultGateService>(&v1::ResultGateService::Stub::ListResults, results, &page), grpc::StatusCode::OK);
  v1::GetReleaseRequest release;
  release.set_sequence(1);
  release.set_actor("letters");
  v1::GetReleaseResponse letter;
  EXPECT_EQ(Call<v1::ReleaseService>(&v1::ReleaseService::Stub::GetRelease, release, &letter), grpc::StatusCode::OK);
  v1::UpdatePatientRequest update;
  update.set_actor("registration");
  *update.mutable_facts()->add_identifiers() = testing::BloodCount(1).patient().identifiers(0);
  update.mutable_facts()->set_language("es");
  v1::UpdatePatientResponse updated;
  EXPECT_EQ(Call<v1::PatientService>(&v1::PatientService::Stub::UpdatePatient, update, &updated), grpc::StatusCode::OK);
  v1::GetPatientRequest patient;
  *patient.mutable_patient() = testing::BloodCount(1).patient().identifiers(0);
  patient.set_actor("clerk-1");
  v1::GetPatientResponse known;
  EXPECT_EQ(Call<v1::PatientService>(&v1::PatientService::Stub::GetPatient, patient, &known), grpc::StatusCode::OK);
  v1::ListOutreachRequest outreach;
  outreach.set_actor("nurse-7");
  outreach.set_kind(v1::OUTREACH_KIND_REFUSED_MESSAGE);
  v1::ListOutreachResponse tasks;
  EXPECT_EQ(Call<v1::OutreachService>(&v1::OutreachService::Stub::ListOutreach, outreach, &tasks), grpc::StatusCode::OK);
  v1::ListActivationsRequest activations;
  activations.set_actor("compliance-7");
  v1::ListActivationsResponse packs;
  EXPECT_EQ(Call<v1::PolicyService>(&v1::PolicyService::Stub::ListActivations, activations, &packs), grpc::StatusCode::OK);
  v1::GetWorkloadRequest workload;
  workload.set_actor("compliance-7");
  workload.mutable_since()->set_seconds(1'772'000'000);
  v1::GetWorkloadResponse rows;
  EXPECT_EQ(Call<v1::ReviewService>(&v1::ReviewService::Stub::GetWorkload, workload, &rows), grpc::StatusCode::OK);
  v1::RecordExportRequest backup;
  backup.set_actor("operator");
  backup.set_format("backup");
  backup.set_entries(12);
  v1::RecordExportResponse recorded;
  EXPECT_EQ(Call<v1::AuditService>(&v1::AuditService::Stub::RecordExport, backup, &recorded), grpc::StatusCode::OK);
  EXPECT_THAT(
      Lines(v1::ENTRY_KIND_QUERIED),
      ElementsAre(
          "clerk-1, result 1: result, 1 given",
          "unknown, result 2: results where result >= 2 AND result <= 2 AND state = held AND time >= 2023-11-14T22:13:20Z, "
          "1 given",
          "letters, result 1: result where release = 1, 1 given", "clerk-1, result 0: patient where record = 1, 1 given",
          "nurse-7, result 0: outreach where kind = refused-message, 0 given", "compliance-7, result 0: activations, 1 given",
          absl::StrCat("compliance-7, result 0: workload where time >= 2026-02-25T06:13:20Z, ", rows.rows_size(), " given"),
          "operator, result 0: backup, 12 given"));
}

TEST_F(LoggedCallsTest, AScreenThatAsksAgainAndAgainIsLoggedWhereItIsGivenSomethingElse) {
  Submit(testing::BloodCount(1));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Results("dashboard-1"), 1);
  EXPECT_EQ(Results("dashboard-2"), 1);
  EXPECT_THAT(Entries(v1::ENTRY_KIND_QUERIED), SizeIs(2));
  Submit(testing::BloodCount(2));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Results("dashboard-1"), 2);
  EXPECT_THAT(Lines(v1::ENTRY_KIND_QUERIED),
              ElementsAre("dashboard-1, result 1: results where result >= 1 AND result <= 1, 1 given",
                          "dashboard-2, result 1: results where result >= 1 AND result <= 1, 1 given",
                          "dashboard-1, result 0: results where result >= 1 AND result <= 2, 2 given"));
  std::string next;
  Results("clerk-1", "", &next);
  Results("clerk-1", next, &next);
  EXPECT_EQ(Lines(v1::ENTRY_KIND_QUERIED).back(), "clerk-1, result 2: results where result >= 2 AND result <= 2, 1 given");
}

TEST_F(LoggedCallsTest, WhoReadsAReviewHasOpenedTheResult) {
  v1::DiagnosticReport biopsy = testing::Biopsy(1);
  const int64_t id = Submit(biopsy);
  const std::string etag = Review(id, "").etag();
  EXPECT_THAT(Lines(v1::ENTRY_KIND_QUERIED), ElementsAre("unknown, result 1: result, 1 given"));
  EXPECT_THAT(Entries(v1::ENTRY_KIND_FOLLOWED_UP), IsEmpty()) << "nobody in particular is no clinician";
  EXPECT_EQ(Review(id, "clinician-1").etag(), etag);
  EXPECT_EQ(Review(id, "clinician-1").etag(), etag) << "to read is no change";
  Review(id, "clinician-2");
  EXPECT_THAT(Lines(v1::ENTRY_KIND_FOLLOWED_UP),
              ElementsAre("clinician-1, result 1: clinician viewed", "clinician-2, result 1: clinician viewed"));
  EXPECT_THAT(Lines(v1::ENTRY_KIND_QUERIED),
              ElementsAre("unknown, result 1: result, 1 given", "clinician-1, result 1: result, 1 given"));
  const v1::Result read = Review(id, "clinician-1").result();
  EXPECT_TRUE(read.follow_up().has_clinician_viewed_at());
  // Whoever opened a version has not opened the next.
  biopsy.set_conclusion("amended");
  biopsy.set_status(v1::RESULT_STATUS_CORRECTED);
  biopsy.mutable_issued()->set_seconds(biopsy.issued().seconds() + 60);
  ASSERT_EQ(Submit(biopsy), id);
  Review(id, "clinician-1");
  const std::vector<v1::Entry> views = Entries(v1::ENTRY_KIND_FOLLOWED_UP);
  ASSERT_THAT(views, SizeIs(3));
  EXPECT_EQ(views[2].version(), 2);
}

// Who acts has to have read the etag, which a program does for them: the log has who it was, and nobody has opened the result.
TEST_F(LoggedCallsTest, WhoReadsAReviewOnlyToActHasNotOpenedTheResult) {
  const int64_t id = Submit(testing::Biopsy(1));
  v1::GetReviewRequest request;
  request.set_result_id(id);
  request.set_reviewer("clinician-1");
  v1::GetReviewResponse response;
  grpc::ClientContext context;
  context.AddMetadata(kReadsToAct, "yes");
  EXPECT_TRUE(v1::ReviewService::NewStub(gate_.channel())->GetReview(&context, request, &response).ok());
  EXPECT_EQ(response.etag(), Review(id, "").etag());
  EXPECT_THAT(Lines(v1::ENTRY_KIND_QUERIED),
              ElementsAre("clinician-1, result 1: result, 1 given", "unknown, result 1: result, 1 given"));
  EXPECT_THAT(Entries(v1::ENTRY_KIND_FOLLOWED_UP), IsEmpty());
  EXPECT_FALSE(Review(id, "").result().follow_up().has_clinician_viewed_at());
}

TEST_F(LoggedCallsTest, WhatIsSentToThePortal) {
  constexpr int kReports = 300;
  for (int i = 0; i < kReports; ++i) Submit(testing::BloodCount(i));
  const auto releases = v1::ReleaseService::NewStub(gate_.channel());
  v1::StreamReleasesRequest request;
  request.set_until_current(true);
  request.set_consumer("portal-1");
  v1::StreamReleasesResponse response;
  {
    grpc::ClientContext context;
    const auto stream = releases->StreamReleases(&context, request);
    while (stream->Read(&response)) {
    }
    EXPECT_TRUE(stream->Finish().ok());
  }
  request.set_after_sequence(kReports - 1);
  request.clear_consumer();
  {
    grpc::ClientContext context;
    const auto stream = releases->StreamReleases(&context, request);
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_TRUE(stream->Finish().ok());
  }
  // The entries were queued before the streams ended: what is durable after that comes after them.
  v1::AcknowledgeReleasesRequest acknowledge;
  acknowledge.add_sequences(kReports);
  v1::AcknowledgeReleasesResponse acknowledged;
  EXPECT_EQ(Call<v1::ReleaseService>(&v1::ReleaseService::Stub::AcknowledgeReleases, acknowledge, &acknowledged),
            grpc::StatusCode::OK);
  EXPECT_THAT(
      Lines(v1::ENTRY_KIND_DELIVERED),
      ElementsAre("portal-1, result 0: 256 releases sent, to portal-1", "portal-1, result 0: 44 releases sent, to portal-1",
                  absl::StrCat("portal, result ", kReports, ": release ", kReports, " sent, to portal")));
  EXPECT_EQ(Entries(v1::ENTRY_KIND_DELIVERED)[1].delivered().release_sequences(43), kReports);
}

TEST_F(LoggedCallsTest, FromWhereEachCallCame) {
  v1::DiagnosticReport biopsy = testing::Biopsy(1);
  const int64_t id = Submit(biopsy);
  Submit(biopsy);
  v1::DiagnosticReport wrong = testing::Biopsy(2);
  wrong.clear_sender();
  v1::SubmitResultRequest refused;
  *refused.mutable_report() = wrong;
  v1::SubmitResultResponse answer;
  EXPECT_EQ(Call<v1::ResultGateService>(&v1::ResultGateService::Stub::SubmitResult, refused, &answer),
            grpc::StatusCode::INVALID_ARGUMENT);
  v1::ApproveReviewRequest approve;
  approve.set_result_id(id);
  approve.set_version(1);
  approve.set_reviewer("1234567893");
  approve.set_etag(Review(id, "1234567893").etag());
  v1::ApproveReviewResponse approved;
  EXPECT_EQ(Call<v1::ReviewService>(&v1::ReviewService::Stub::ApproveReview, approve, &approved), grpc::StatusCode::OK);
  EXPECT_EQ(Call<v1::ReviewService>(&v1::ReviewService::Stub::ApproveReview, approve, &approved), grpc::StatusCode::ABORTED);
  v1::RollbackPackRequest rollback;
  rollback.set_approver("1234567893");
  v1::RollbackPackResponse rolled_back;
  EXPECT_NE(Call<v1::PolicyService>(&v1::PolicyService::Stub::RollbackPack, rollback, &rolled_back), grpc::StatusCode::OK);
  int calls = 0;
  for (const v1::Entry& entry : Entries(v1::ENTRY_KIND_UNSPECIFIED)) {
    if (entry.actor() == "gate") {
      EXPECT_EQ(entry.peer(), "") << entry.ShortDebugString();
      continue;
    }
    EXPECT_THAT(entry.peer(), AnyOf("ipv4:127.0.0.1", "ipv6:[::1]")) << entry.ShortDebugString();
    ++calls;
  }
  EXPECT_GE(calls, 6);
}

TEST_F(LoggedCallsTest, AFilterByResultIsAQuestionAboutIt) {
  const int64_t id = Submit(testing::BloodCount(1));
  v1::ListEntriesRequest request;
  request.set_actor("compliance-7");
  request.set_filter(absl::StrCat("result = ", id));
  v1::ListEntriesResponse response;
  EXPECT_EQ(Call<v1::AuditService>(&v1::AuditService::Stub::ListEntries, request, &response), grpc::StatusCode::OK);
  request.set_filter("result = 99");
  EXPECT_EQ(Call<v1::AuditService>(&v1::AuditService::Stub::ListEntries, request, &response), grpc::StatusCode::OK);
  EXPECT_THAT(Lines(v1::ENTRY_KIND_QUERIED), ElementsAre("compliance-7, result 1: entries where result = 1, 1 given",
                                                         "compliance-7, result 0: entries where result = 99, 0 given"));
}

}  // namespace
}  // namespace resultgate::rpc
