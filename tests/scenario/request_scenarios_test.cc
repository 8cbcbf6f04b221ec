// Scenarios 20 and 23: a patient who asks while something is held, and a study that blinds a result.
#include <gmock/gmock.h>

#include <string>

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
