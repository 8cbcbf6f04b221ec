// Scenarios 20 and 23: a patient who asks while something is held, by a rule or by a clinician's word, and a study that blinds a
// result.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "server/base/proto_time.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::At;
using testing::Biopsy;
using testing::Cbc;
using ::testing::HasSubstr;

// A statute on tissue, which these may lift.
std::string Statute(const std::string& lifters) {
  return "  - {id: tissue-permit, title: t, match: {codes: [tissue]}, then: {release: now}}\n"
         "  - id: tissue-law\n    title: t\n    match: {codes: [tissue]}\n    then: {delay: 3 business days}\n    lifted_by: [" +
         lifters +
         "]\n    basis: {type: statute, citation: the statute}\n"
         "    verified: {by: counsel, on: 2026-01-05, text_digest: \"sha256:" +
         std::string(64, '0') + "\"}\n";
}

class ScenarioRequest : public ScenarioTest {
 protected:
  grpc::Status Ask(int64_t result_id, v1::RequestReleaseResponse* response) {
    grpc::ClientContext context;
    v1::RequestReleaseRequest request;
    request.set_result_id(result_id);
    request.mutable_patient()->set_system("MRN");
    request.mutable_patient()->set_value("p1");
    request.set_audience(v1::AUDIENCE_PATIENT);
    request.set_requested_by("account-1");
    return releases().RequestRelease(&context, request, response);
  }
  v1::RequestReleaseResponse Ask(int64_t result_id) {
    v1::RequestReleaseResponse response;
    const grpc::Status status = Ask(result_id, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  void License(const std::string& id) {
    grpc::ClientContext context;
    v1::PutOwnerRequest request;
    request.set_actor("staff-office");
    request.mutable_owner()->set_id(id);
    request.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
    request.mutable_owner()->set_licensed(true);
    v1::PutOwnerResponse response;
    EXPECT_TRUE(directory().PutOwner(&context, request, &response).ok());
  }
  // Holds the result for a danger until a time.
  grpc::Status HoldForDanger(int64_t result_id, const std::string& reviewer, const std::string& until) {
    grpc::ClientContext context;
    v1::HoldResultRequest request;
    request.set_result_id(result_id);
    request.set_etag(Etag(result_id));
    request.set_reviewer(reviewer);
    request.set_type(v1::BASIS_TYPE_HARM_DETERMINATION);
    request.set_reason("a danger that was seen today");
    *request.mutable_until() = base::ToProto(At(until));
    v1::HoldResultResponse response;
    return reviews().HoldResult(&context, request, &response);
  }
  grpc::Status Uphold(int64_t result_id, const std::string& reviewer) {
    grpc::ClientContext context;
    v1::UpholdHoldRequest request;
    request.set_result_id(result_id);
    request.set_etag(Etag(result_id));
    request.set_reviewer(reviewer);
    request.set_determination_id(1);
    request.set_reason("it has not passed");
    v1::UpholdHoldResponse response;
    return reviews().UpholdHold(&context, request, &response);
  }
  grpc::Status End(int64_t result_id, const std::string& reviewer) {
    grpc::ClientContext context;
    v1::EndHoldRequest request;
    request.set_result_id(result_id);
    request.set_etag(Etag(result_id));
    request.set_reviewer(reviewer);
    request.set_determination_id(1);
    request.set_reason("it has passed");
    v1::EndHoldResponse response;
    return reviews().EndHold(&context, request, &response);
  }
  std::vector<v1::OutreachTask> DeterminationReviews() {
    grpc::ClientContext context;
    v1::ListOutreachRequest request;
    request.set_kind(v1::OUTREACH_KIND_DETERMINATION_REVIEW);
    v1::ListOutreachResponse response;
    EXPECT_TRUE(outreach().ListOutreach(&context, request, &response).ok());
    return {response.tasks().begin(), response.tasks().end()};
  }

 private:
  std::string Etag(int64_t result_id) {
    grpc::ClientContext context;
    v1::GetReviewRequest request;
    request.set_result_id(result_id);
    v1::GetReviewResponse response;
    EXPECT_TRUE(reviews().GetReview(&context, request, &response).ok());
    return response.etag();
  }
};

TEST_F(ScenarioRequest, Scenario20WhereThePatientMayEndTheWaitAskingEndsIt) {
  UsePack(gate::MakePack(gate::kRoutine + Statute("provider, patient")));
  const Response held = Submit(Biopsy("F1"));
  EXPECT_EQ(See("document"), "");
  EXPECT_TRUE(Ask(held.result_id()).released());
  EXPECT_EQ(See("document"), "benign breast tissue");
  const std::vector<v1::Entry> asked = Entries(v1::ENTRY_KIND_RELEASE_REQUESTED, held.result_id());
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].actor(), "account-1");
  EXPECT_FALSE(asked[0].release_requested().releases().empty());
}

TEST_F(ScenarioRequest, Scenario20WhereTheLawLetsNobodyEndItTheAnswerIsTheDate) {
  UsePack(gate::MakePack(gate::kRoutine + Statute("")));
  const Response held = Submit(Biopsy("F1"));
  const v1::RequestReleaseResponse answer = Ask(held.result_id());
  EXPECT_FALSE(answer.released());
  ASSERT_EQ(answer.waits_size(), 1);
  EXPECT_EQ(base::FromProto(answer.waits(0).until()), At("2026-03-11T14:00:00-04:00"));
  EXPECT_THAT(answer.waits(0).because(), HasSubstr("the statute"));
  EXPECT_EQ(See("document"), "");
  EXPECT_EQ(Entries(v1::ENTRY_KIND_RELEASE_REQUESTED, held.result_id()).size(), 1u) << "that it was asked for is kept";
  MoveTo("2026-03-11T13:59:59-04:00");
  EXPECT_EQ(See("document"), "");
  MoveTo("2026-03-11T14:00:00-04:00");
  EXPECT_EQ(See("document"), "benign breast tissue") << "the date was right";
}

TEST_F(ScenarioRequest, Scenario20WhatAClinicianDeterminedToBeADangerAnotherOneReviews) {
  const Response held = Submit(Biopsy("F1"));
  EXPECT_EQ(HoldForDanger(held.result_id(), "clinician-1", "2026-04-03T12:00:00-04:00").error_code(),
            grpc::StatusCode::FAILED_PRECONDITION)
      << "nobody knows of a licence";
  License("clinician-1");
  License("clinician-2");
  ASSERT_TRUE(HoldForDanger(held.result_id(), "clinician-1", "2026-04-03T12:00:00-04:00").ok());
  MoveTo("2026-03-20T12:00:00-04:00");
  EXPECT_EQ(See("document"), "") << "its review would have been over";
  EXPECT_TRUE(DeterminationReviews().empty());

  const v1::RequestReleaseResponse answer = Ask(held.result_id());
  EXPECT_FALSE(answer.released());
  ASSERT_EQ(answer.waits_size(), 1);
  EXPECT_THAT(answer.waits(0).because(), HasSubstr("because you asked, another clinician reviews it"));
  EXPECT_EQ(base::FromProto(answer.waits(0).review_deadline()), At("2026-03-25T12:00:00-04:00"));
  Stop();
  Start();
  ASSERT_EQ(DeterminationReviews().size(), 1u) << "it survives a restart";
  EXPECT_EQ(DeterminationReviews()[0].owner().role(), "medical-director");
  EXPECT_EQ(DeterminationReviews()[0].determined_by(), "clinician-1");

  EXPECT_EQ(Uphold(held.result_id(), "clinician-1").error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  ASSERT_TRUE(Uphold(held.result_id(), "clinician-2").ok());
  EXPECT_TRUE(DeterminationReviews().empty());
  EXPECT_EQ(See("document"), "");
  EXPECT_THAT(Ask(held.result_id()).waits(0).because(), HasSubstr("it stands: it has not passed"));
  const std::vector<v1::Entry> reviewed = Entries(v1::ENTRY_KIND_REVIEWED, held.result_id());
  ASSERT_EQ(reviewed.size(), 2u);
  EXPECT_EQ(reviewed[1].reviewed().action(), v1::REVIEW_ACTION_HOLD_UPHELD);
  EXPECT_EQ(reviewed[1].actor(), "clinician-2");

  ASSERT_TRUE(End(held.result_id(), "clinician-2").ok()) << "who upheld it may come to another view";
  EXPECT_EQ(See("document"), "benign breast tissue") << "what the patient has asked for goes by itself";
}

TEST_F(ScenarioRequest, Scenario23AStudyBlindsAResultUntilItsEndAndThenAPersonDecides) {
  UsePack(gate::MakePack(gate::kRoutine + std::string("  - id: study\n    title: t\n    match: {codes: [routine]}\n"
                                                      "    then: {withhold: {until: 30 days}}\n"
                                                      "    basis: {type: research, citation: protocol 17}\n")));
  const Response blinded = Submit(Cbc("F1"));
  for (const v1::Audience audience : {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE}) {
    const v1::Outcome outcome = OutcomeOf(blinded.result_id(), "718-7", audience);
    EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_WITHHOLD);
    EXPECT_EQ(base::FromProto(outcome.withheld_until()), At("2026-04-05T00:00:00-04:00"));
  }
  v1::RequestReleaseResponse nothing;
  EXPECT_EQ(Ask(blinded.result_id(), &nothing).error_code(), grpc::StatusCode::NOT_FOUND)
      << "who is blinded is not told that there is anything, and does not end it by asking";
  EXPECT_FALSE(Approve(blinded.result_id(), 1).ok()) << "nobody is asked before the study ends";
  MoveTo("2026-04-04T23:59:00-04:00");
  EXPECT_TRUE(Reviews().empty());
  EXPECT_EQ(See("718-7"), "");
  MoveTo("2026-04-07T12:00:00-04:00");
  EXPECT_EQ(See("718-7"), "") << "no time ends it";
  ASSERT_FALSE(Reviews().empty()) << "its owner does";
  EXPECT_TRUE(Approve(blinded.result_id(), 1).ok());
  EXPECT_EQ(See("718-7"), "13.9");
}

}  // namespace
}  // namespace resultgate::scenario
