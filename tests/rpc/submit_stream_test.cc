// SubmitResults over a real channel: every item is answered once, whatever becomes of the others and of the call.
#include "server/rpc/submit_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "tests/rpc/gate_server.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::rpc {
namespace {

using ::testing::UnorderedElementsAre;

using Answer = v1::SubmitResultsResponse::Answer;

class SubmitStreamTest : public ::testing::Test {
 protected:
  SubmitStreamTest() : stub_(v1::ResultGateService::NewStub(gate_.channel())) {}

  static void AddItem(const std::string& id, const v1::DiagnosticReport& report, v1::SubmitResultsRequest* request) {
    v1::SubmitResultsRequest::Item* item = request->add_items();
    item->set_id(id);
    *item->mutable_request()->mutable_report() = report;
  }

  // Sends the messages, ends the stream and returns all answers by id.
  std::multimap<std::string, Answer> Run(const std::vector<v1::SubmitResultsRequest>& messages, int* answer_messages = nullptr) {
    grpc::ClientContext context;
    const auto stream = stub_->SubmitResults(&context);
    std::thread writer([&] {
      for (const v1::SubmitResultsRequest& message : messages) EXPECT_TRUE(stream->Write(message));
      EXPECT_TRUE(stream->WritesDone());
    });
    std::multimap<std::string, Answer> answers;
    v1::SubmitResultsResponse response;
    while (stream->Read(&response)) {
      EXPECT_GE(response.answers_size(), 1);
      EXPECT_LE(response.answers_size(), static_cast<int>(kMostAnswers));
      if (answer_messages != nullptr) ++*answer_messages;
      for (const Answer& answer : response.answers()) answers.emplace(answer.id(), answer);
    }
    writer.join();
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return answers;
  }

  // What the log has of reports that were refused: the message, what was wrong, and who is to look for it.
  std::vector<std::string> Refused() {
    v1::ListEntriesRequest request;
    request.set_kind(v1::ENTRY_KIND_REFUSED);
    const auto listed = gate_.gate().ListEntries(request);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> lines;
    for (const v1::Entry& entry : listed->entries()) {
      const v1::Entry::Refused& refused = entry.refused();
      EXPECT_NE(refused.owner().role(), "");
      EXPECT_NE(entry.peer(), "");
      EXPECT_NE(refused.message_digest(), "");
      lines.push_back(absl::StrCat(refused.sender(), ": ", refused.issues(0).place()));
    }
    return lines;
  }

  GateServer gate_;
  const std::unique_ptr<v1::ResultGateService::Stub> stub_;
};

TEST_F(SubmitStreamTest, NothingSentNothingAnswered) {
  EXPECT_TRUE(Run({}).empty());
}

TEST_F(SubmitStreamTest, EachItemByItself) {
  v1::SubmitResultsRequest message;
  v1::DiagnosticReport wrong = testing::BloodCount(2);
  wrong.clear_sender();
  v1::DiagnosticReport test = testing::BloodCount(3);
  test.set_test_message(true);
  AddItem("good", testing::BloodCount(1), &message);
  AddItem("wrong", wrong, &message);
  AddItem("test", test, &message);
  AddItem("", testing::BloodCount(4), &message);
  AddItem(std::string(129, 'x'), testing::BloodCount(5), &message);
  message.add_items()->set_id("nothing");
  AddItem("held", testing::Biopsy(6), &message);

  const auto answers = Run({message});
  ASSERT_EQ(answers.size(), 7);
  EXPECT_EQ(answers.find("good")->second.response().decision().outcomes(0).state(), v1::OUTCOME_STATE_RELEASED);
  EXPECT_EQ(answers.find("held")->second.response().decision().outcomes(0).state(), v1::OUTCOME_STATE_HELD);
  EXPECT_EQ(answers.find("test")->second.error().code(), grpc::StatusCode::FAILED_PRECONDITION);
  for (const std::string& id : {std::string("wrong"), std::string(), std::string(129, 'x'), std::string("nothing")}) {
    ASSERT_EQ(answers.count(id), 1) << id;
    const google::rpc::Status& error = answers.find(id)->second.error();
    EXPECT_EQ(error.code(), grpc::StatusCode::INVALID_ARGUMENT) << id;
    ASSERT_EQ(error.details_size(), 1) << id;
    google::rpc::BadRequest details;
    EXPECT_TRUE(error.details(0).UnpackTo(&details)) << id;
  }
  // Whatever was wrong with it, a report that is not taken is not lost.
  const std::string sender = testing::BloodCount(4).sender();
  EXPECT_THAT(Refused(), UnorderedElementsAre("unknown: report.sender", absl::StrCat(sender, ": id"),
                                              absl::StrCat(sender, ": id"), absl::StrCat(sender, ": test_message")));
}

TEST_F(SubmitStreamTest, AnIdInFlightIsNotTakenTwice) {
  v1::SubmitResultsRequest message;
  AddItem("a", testing::BloodCount(1), &message);
  AddItem("a", testing::BloodCount(2), &message);
  const auto answers = Run({message});
  ASSERT_EQ(answers.count("a"), 2);
  int taken = 0, refused = 0;
  for (const auto& [id, answer] : answers) {
    taken += answer.has_response();
    refused += answer.error().code() == grpc::StatusCode::INVALID_ARGUMENT;
  }
  // The first may be durable before the second is looked at; then its id is free again.
  EXPECT_GE(taken, 1);
  EXPECT_EQ(taken + refused, 2);
  EXPECT_EQ(Refused().size(), static_cast<size_t>(refused));
}

TEST_F(SubmitStreamTest, AnIdIsFreeOnceAnswered) {
  grpc::ClientContext context;
  const auto stream = stub_->SubmitResults(&context);
  for (int i = 0; i < 3; ++i) {
    v1::SubmitResultsRequest message;
    v1::SubmitResultsResponse response;
    AddItem("again", testing::BloodCount(i), &message);
    ASSERT_TRUE(stream->Write(message));
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.answers_size(), 1);
    EXPECT_TRUE(response.answers(0).has_response());
  }
  EXPECT_TRUE(stream->WritesDone());
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(SubmitStreamTest, MoreItemsThanAMessageMayHold) {
  v1::SubmitResultsRequest message;
  for (int i = 0; i < 258; ++i) AddItem(absl::StrCat(i), testing::BloodCount(i), &message);
  const auto answers = Run({message});
  ASSERT_EQ(answers.size(), 258);
  EXPECT_TRUE(answers.find("255")->second.has_response());
  EXPECT_EQ(answers.find("256")->second.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answers.find("257")->second.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  const std::string items = absl::StrCat(testing::BloodCount(1).sender(), ": items");
  EXPECT_THAT(Refused(), UnorderedElementsAre(items, items));
}

TEST_F(SubmitStreamTest, ManyAreAnsweredOnceEachAndTogether) {
  // Beyond what one stream may have in flight, so that reading pauses and goes on.
  constexpr int kReports = 3000;
  constexpr int kBatch = 50;
  std::vector<v1::SubmitResultsRequest> messages(kReports / kBatch);
  for (int i = 0; i < kReports; ++i) AddItem(absl::StrCat(i), testing::BloodCount(i), &messages[i / kBatch]);
  int answer_messages = 0;
  const auto answers = Run(messages, &answer_messages);
  EXPECT_EQ(answers.size(), kReports);
  std::set<int64_t> results;
  for (const auto& [id, answer] : answers) {
    ASSERT_TRUE(answer.has_response()) << id << ": " << answer.error().message();
    EXPECT_TRUE(results.insert(answer.response().result_id()).second) << id;
  }
  EXPECT_LT(answer_messages, kReports / 2);
}

TEST_F(SubmitStreamTest, ACancelledStreamLosesNothingThatWasTaken) {
  constexpr int kReports = 400;
  v1::SubmitResultsRequest message;
  for (int i = 0; i < 100; ++i) AddItem(absl::StrCat(i), testing::BloodCount(i), &message);
  {
    grpc::ClientContext context;
    const auto stream = stub_->SubmitResults(&context);
    for (int i = 0; i < kReports / 100; ++i) {
      ASSERT_TRUE(stream->Write(message));
      if (i == 0) {
        v1::SubmitResultsResponse response;
        ASSERT_TRUE(stream->Read(&response));
      }
    }
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  const auto answers = Run({message});
  ASSERT_EQ(answers.size(), 100);
  std::set<int64_t> results;
  int duplicates = 0;
  for (const auto& [id, answer] : answers) {
    ASSERT_TRUE(answer.has_response());
    results.insert(answer.response().result_id());
    duplicates += answer.response().disposal() == v1::SubmitResultResponse::DISPOSAL_DUPLICATE;
  }
  EXPECT_EQ(results.size(), 100);
  EXPECT_GE(duplicates, 1);
}

TEST_F(SubmitStreamTest, TheServerStopsUnderAnOpenStream) {
  grpc::ClientContext context;
  const auto stream = stub_->SubmitResults(&context);
  v1::SubmitResultsRequest message;
  v1::SubmitResultsResponse response;
  AddItem("a", testing::BloodCount(1), &message);
  ASSERT_TRUE(stream->Write(message));
  ASSERT_TRUE(stream->Read(&response));
  gate_.server().Stop();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace resultgate::rpc
