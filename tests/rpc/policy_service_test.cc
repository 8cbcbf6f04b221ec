// Activation over gRPC: the whole way, and how a refusal is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_replace.h"
#include "resultgate/v1/policy_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "tests/rpc/gate_server.h"
#include "tests/testing/packs.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::rpc {
namespace {

using ::testing::HasSubstr;

class PolicyServiceTest : public ::testing::Test {
 protected:
  grpc::Status Activate(const v1::ActivatePackRequest& request, v1::ActivatePackResponse* response) {
    grpc::ClientContext context;
    return policy_->ActivatePack(&context, request, response);
  }

  // The shipped pack of United States law, by somebody, approved by somebody else.
  static v1::ActivatePackRequest UnitedStates() {
    static const auto* files = new v1::PackFiles(*testing::LoadPackWithFiles("policies/us").files);
    v1::ActivatePackRequest request;
    *request.mutable_files() = *files;
    request.set_author("author-1");
    request.set_approver("approver-1");
    return request;
  }

  std::string ActiveName() {
    grpc::ClientContext context;
    v1::GetActivePackResponse response;
    EXPECT_TRUE(policy_->GetActivePack(&context, {}, &response).ok());
    return response.pack().name();
  }

  GateServer gate_;
  const std::unique_ptr<v1::PolicyService::Stub> policy_ = v1::PolicyService::NewStub(gate_.channel());
};

TEST_F(PolicyServiceTest, ActivatesListsRedecidesAndRollsBack) {
  const auto results = v1::ResultGateService::NewStub(gate_.channel());
  {
    grpc::ClientContext context;
    v1::SubmitResultRequest request;
    v1::SubmitResultResponse response;
    *request.mutable_report() = testing::Biopsy(1);
    ASSERT_TRUE(results->SubmitResult(&context, request, &response).ok());
  }
  v1::ActivatePackRequest request = UnitedStates();
  request.set_validate_only(true);
  v1::ActivatePackResponse response;
  grpc::Status status = Activate(request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.held().results(), 1);
  EXPECT_EQ(ActiveName(), "default");
  request.set_validate_only(false);
  ASSERT_TRUE(Activate(request, &response).ok());
  EXPECT_EQ(ActiveName(), response.activation().pack());
  EXPECT_EQ(Activate(request, &response).error_code(), grpc::StatusCode::ALREADY_EXISTS);

  v1::RedecideHeldResponse redecided;
  {
    grpc::ClientContext context;
    v1::RedecideHeldRequest wrong;
    wrong.set_actor("approver-1");
    wrong.set_release_held(77);
    status = policy_->RedecideHeld(&context, wrong, &redecided);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_THAT(status.error_message(), HasSubstr("77 was confirmed; nothing was done"));
  }
  {
    grpc::ClientContext context;
    v1::RollbackPackRequest rollback;
    rollback.set_approver("approver-1");
    rollback.set_author("author-1");
    v1::RollbackPackResponse back;
    status = policy_->RollbackPack(&context, rollback, &back);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(ActiveName(), "default");
  }
  grpc::ClientContext context;
  v1::ListActivationsResponse list;
  v1::ListActivationsRequest newest;
  newest.set_page_size(2);
  ASSERT_TRUE(policy_->ListActivations(&context, newest, &list).ok());
  ASSERT_EQ(list.activations_size(), 2);
  EXPECT_EQ(list.activations(0).cause(), v1::ACTIVATION_CAUSE_ROLLBACK);
  grpc::ClientContext next;
  newest.set_page_token(list.next_page_token());
  ASSERT_TRUE(policy_->ListActivations(&next, newest, &list).ok());
  ASSERT_EQ(list.activations_size(), 1);
  EXPECT_EQ(list.activations(0).cause(), v1::ACTIVATION_CAUSE_FIRST_START);
  EXPECT_TRUE(list.next_page_token().empty());
}

TEST_F(PolicyServiceTest, ARefusalNamesEveryPlace) {
  v1::ActivatePackRequest request = UnitedStates();
  for (v1::PackFiles::File& file : *request.mutable_files()->mutable_files()) {
    if (file.path() == "us/federal.yaml") *file.mutable_content() = absl::StrReplaceAll(file.content(), {{"then:", "than:"}});
  }
  v1::ActivatePackResponse response;
  const grpc::Status status = Activate(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("the pack cannot be used"));
  const google::rpc::BadRequest details = DetailsOf(status);
  ASSERT_GE(details.field_violations_size(), 2);
  EXPECT_THAT(details.field_violations(0).field(), ::testing::MatchesRegex("us/federal.yaml:[0-9]+:[0-9]+"));
  EXPECT_THAT(details.field_violations(0).description(), HasSubstr("then"));
  EXPECT_EQ(ActiveName(), "default");

  v1::ActivatePackRequest same_person = UnitedStates();
  same_person.set_approver("author-1");
  const grpc::Status refused = Activate(same_person, &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(refused.error_message(), "who wrote the pack cannot approve it; a second person must");

  const grpc::Status empty = Activate({}, &response);
  EXPECT_EQ(empty.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(empty).field_violations_size(), 2) << "files and approver";
}

}  // namespace
}  // namespace resultgate::rpc
