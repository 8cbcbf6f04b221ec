// StreamReleases over a real channel: the backlog, then what comes, in order.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "resultgate/v1/release_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "server/rpc/follow_stream.h"
#include "tests/rpc/gate_server.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::rpc {
namespace {

using ::testing::ElementsAre;

class ReleaseStreamTest : public ::testing::Test {
 protected:
  ReleaseStreamTest()
      : results_(v1::ResultGateService::NewStub(gate_.channel())), releases_(v1::ReleaseService::NewStub(gate_.channel())) {}

  int64_t Submit(const v1::DiagnosticReport& report) {
    grpc::ClientContext context;
    v1::SubmitResultRequest request;
    v1::SubmitResultResponse response;
    *request.mutable_report() = report;
    const grpc::Status status = results_->SubmitResult(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.result_id();
  }

  int Acknowledge(const std::vector<int64_t>& sequences, grpc::StatusCode expected = grpc::StatusCode::OK) {
    grpc::ClientContext context;
    v1::AcknowledgeReleasesRequest request;
    v1::AcknowledgeReleasesResponse response;
    for (const int64_t sequence : sequences) request.add_sequences(sequence);
    EXPECT_EQ(releases_->AcknowledgeReleases(&context, request, &response).error_code(), expected);
    return response.newly_acknowledged();
  }

  std::vector<v1::Release> UntilCurrent(int64_t after, bool unacknowledged_only) {
    grpc::ClientContext context;
    v1::StreamReleasesRequest request;
    request.set_after_sequence(after);
    request.set_unacknowledged_only(unacknowledged_only);
    request.set_until_current(true);
    const auto stream = releases_->StreamReleases(&context, request);
    std::vector<v1::Release> releases;
    v1::StreamReleasesResponse response;
    while (stream->Read(&response)) releases.push_back(response.release());
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return releases;
  }

  GateServer gate_;
  const std::unique_ptr<v1::ResultGateService::Stub> results_;
  const std::unique_ptr<v1::ReleaseService::Stub> releases_;
};

TEST_F(ReleaseStreamTest, NothingIsThere) {
  EXPECT_TRUE(UntilCurrent(0, false).empty());
}

TEST_F(ReleaseStreamTest, TheBacklogFromACursor) {
  // Several pages of the read-ahead.
  constexpr int kReports = 3 * kReadAhead + 5;
  for (int i = 0; i < kReports; ++i) Submit(testing::BloodCount(i));
  Submit(testing::Biopsy(9999));  // held: not in the stream
  const std::vector<v1::Release> all = UntilCurrent(0, false);
  ASSERT_EQ(all.size(), kReports);
  for (int i = 0; i < kReports; ++i) {
    EXPECT_EQ(all[i].content().order().filler_order_number(), testing::FillerNumber(i));
    EXPECT_EQ(all[i].content().observations_size(), 6);
    EXPECT_GT(all[i].sequence(), i == 0 ? 0 : all[i - 1].sequence());
  }
  EXPECT_EQ(UntilCurrent(all[kReports - 3].sequence(), false).size(), 2);
  EXPECT_TRUE(UntilCurrent(all.back().sequence(), false).empty());
}

TEST_F(ReleaseStreamTest, WhatIsAcknowledgedIsLeftOut) {
  for (int i = 0; i < 4; ++i) Submit(testing::BloodCount(i));
  const std::vector<v1::Release> all = UntilCurrent(0, true);
  ASSERT_EQ(all.size(), 4);
  EXPECT_EQ(Acknowledge({all[0].sequence(), all[2].sequence()}), 2);
  EXPECT_EQ(Acknowledge({all[0].sequence()}), 0);
  Acknowledge({all[1].sequence(), 1'000'000}, grpc::StatusCode::NOT_FOUND);
  std::vector<int64_t> left;
  for (const v1::Release& release : UntilCurrent(0, true)) left.push_back(release.sequence());
  EXPECT_THAT(left, ElementsAre(all[1].sequence(), all[3].sequence()));
  EXPECT_EQ(UntilCurrent(0, false).size(), 4);
}

TEST_F(ReleaseStreamTest, WhatComesFollowsWhatIsThere) {
  const int64_t first = Submit(testing::BloodCount(1));
  grpc::ClientContext context;
  const auto stream = releases_->StreamReleases(&context, v1::StreamReleasesRequest());
  v1::StreamReleasesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.release().result_id(), first);
  for (int i = 2; i < 20; ++i) {
    const int64_t next = Submit(testing::BloodCount(i));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.release().result_id(), next);
  }
  context.TryCancel();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(ReleaseStreamTest, SeveralStreamsWhileResultsComeInLoseNothing) {
  constexpr int kReports = 300;
  constexpr int kStreams = 4;
  std::vector<std::thread> readers;
  for (int i = 0; i < kStreams; ++i) {
    readers.emplace_back([this] {
      grpc::ClientContext context;
      const auto stream = releases_->StreamReleases(&context, v1::StreamReleasesRequest());
      v1::StreamReleasesResponse response;
      int64_t last = 0;
      for (int number = 0; number < kReports; ++number) {
        ASSERT_TRUE(stream->Read(&response));
        EXPECT_EQ(response.release().sequence(), last + 1);
        last = response.release().sequence();
      }
      context.TryCancel();
      EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
    });
  }
  for (int i = 0; i < kReports; ++i) Submit(testing::BloodCount(i));
  for (std::thread& reader : readers) reader.join();
}

TEST_F(ReleaseStreamTest, AWrongCursorIsRefused) {
  grpc::ClientContext context;
  v1::StreamReleasesRequest request;
  request.set_after_sequence(-1);
  const auto stream = releases_->StreamReleases(&context, request);
  v1::StreamReleasesResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_EQ(DetailsOf(status).field_violations_size(), 1);
  EXPECT_EQ(DetailsOf(status).field_violations(0).field(), "after_sequence");
}

TEST_F(ReleaseStreamTest, EndsWhenTheServerStops) {
  const int64_t first = Submit(testing::BloodCount(1));
  grpc::ClientContext context;
  const auto stream = releases_->StreamReleases(&context, v1::StreamReleasesRequest());
  v1::StreamReleasesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.release().result_id(), first);
  gate_.server().Stop();
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  // Ended by the gate, not cut off.
  EXPECT_EQ(status.error_message(), "the gate is stopping; go on from the last one seen");
}

}  // namespace
}  // namespace resultgate::rpc
