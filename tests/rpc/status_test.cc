#include "server/rpc/status.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace resultgate::rpc {
namespace {

google::rpc::BadRequest Details(const google::rpc::Status& status) {
  google::rpc::BadRequest request;
  EXPECT_EQ(status.details_size(), 1);
  EXPECT_TRUE(status.details(0).UnpackTo(&request));
  return request;
}

TEST(StatusTest, CodesStayWhatTheyAre) {
  struct Case {
    absl::Status status;
    grpc::StatusCode code;
  };
  const Case cases[] = {
      {absl::OkStatus(), grpc::StatusCode::OK},
      {absl::CancelledError("x"), grpc::StatusCode::CANCELLED},
      {absl::InvalidArgumentError("x"), grpc::StatusCode::INVALID_ARGUMENT},
      {absl::NotFoundError("x"), grpc::StatusCode::NOT_FOUND},
      {absl::FailedPreconditionError("x"), grpc::StatusCode::FAILED_PRECONDITION},
      {absl::AbortedError("x"), grpc::StatusCode::ABORTED},
      {absl::ResourceExhaustedError("x"), grpc::StatusCode::RESOURCE_EXHAUSTED},
      {absl::UnavailableError("x"), grpc::StatusCode::UNAVAILABLE},
      {absl::DataLossError("x"), grpc::StatusCode::DATA_LOSS},
      {absl::InternalError("x"), grpc::StatusCode::INTERNAL},
  };
  for (const Case& c : cases) {
    const grpc::Status status = ToGrpcStatus(c.status);
    EXPECT_EQ(status.error_code(), c.code) << c.status;
    EXPECT_EQ(status.error_message(), c.status.message()) << c.status;
    EXPECT_EQ(status.error_details(), "") << c.status;
    EXPECT_EQ(ToRpcStatus(c.status).code(), c.code) << c.status;
  }
}

TEST(StatusTest, NoViolationIsNoError) {
  EXPECT_TRUE(BadRequest({}).ok());
}

TEST(StatusTest, AllViolationsAtOnce) {
  const absl::Status status = BadRequest({{"report.sender", "must not be empty"}, {"report.occurrence", "must not be negative"}});
  EXPECT_EQ(status.message(), "2 violations; the first is report.sender: must not be empty");
  const google::rpc::BadRequest details = Details(ToRpcStatus(status));
  ASSERT_EQ(details.field_violations_size(), 2);
  EXPECT_EQ(details.field_violations(0).field(), "report.sender");
  EXPECT_EQ(details.field_violations(1).field(), "report.occurrence");
  EXPECT_EQ(details.field_violations(1).description(), "must not be negative");

  google::rpc::Status wire;
  ASSERT_TRUE(wire.ParseFromString(ToGrpcStatus(status).error_details()));
  EXPECT_EQ(wire.code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Details(wire).field_violations_size(), 2);
}

TEST(StatusTest, TrailersStaySmall) {
  std::vector<gate::Violation> violations;
  for (int i = 0; i < 1000; ++i) violations.push_back({absl::StrCat("report.observations[", i, "].id"), "must not be empty"});
  const absl::Status status = BadRequest(violations);
  const google::rpc::BadRequest details = Details(ToRpcStatus(status));
  EXPECT_LE(details.ByteSizeLong(), kLargestDetails);
  const int kept = details.field_violations_size() - 1;
  EXPECT_GT(kept, 50);
  EXPECT_EQ(details.field_violations(kept).description(), absl::StrCat(1000 - kept, " more violations, left out here"));

  const absl::Status long_one = BadRequest({{std::string(100'000, 'x'), std::string(100'000, 'y')}});
  EXPECT_LE(ToGrpcStatus(long_one).error_details().size() + ToGrpcStatus(long_one).error_message().size(), kLargestDetails);
}

}  // namespace
}  // namespace resultgate::rpc
