// Results of which it was in doubt whose they are, or which moved to another patient, on a real database: what people said of
// them before, and what they may say after.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/gate/review_turns.h"
#include "server/gate/submit.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::scenario::BareGate;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::Later;

constexpr char kNurse[] = "nurse-7";

v1::DiagnosticReport Of(v1::DiagnosticReport report, const std::string& mrn) {
  report.mutable_patient()->mutable_identifiers(0)->set_value(mrn);
  return report;
}

v1::DiagnosticReport Corrected(v1::DiagnosticReport report, const std::string& mrn) {
  report = Later(Of(std::move(report), mrn), absl::Minutes(10));
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  return report;
}

class MovedResultTest : public ::testing::Test {
 protected:
  MovedResultTest() : gate_(MakePack(absl::StrCat(kRoutine, TissueReview("3 business days")))) {
    gate_.RecordRestorer("reviewer-2");
  }

  v1::Result Get(int64_t id) { return **gate_.store().FindResult(id); }

  v1::OutcomeState StateOf(int64_t id, const std::string& unit) {
    const v1::Result result = Get(id);
    return policy::OutcomeOf(&result.decision(), unit, v1::AUDIENCE_PATIENT)->state();
  }

  absl::Status Approve(int64_t id, const std::string& reviewer) { return gate_.Approve(id, Get(id).version(), reviewer); }

  template <typename Request>
  Request About(int64_t id) {
    Request request;
    request.set_result_id(id);
    request.set_etag(ReviewEtag(Get(id)));
    request.set_reviewer(kNurse);
    request.set_reason("asked by telephone");
    return request;
  }

  void Hold(int64_t id, absl::Duration time) {
    auto request = About<v1::HoldResultRequest>(id);
    request.set_type(v1::BASIS_TYPE_PATIENT_REQUEST);
    *request.mutable_until() = base::ToProto(gate_.clock().Now() + time);
    gate_.Ask(&Gate::Hold, request);
  }

  absl::Status EndHold(int64_t id, int determination_id) {
    auto request = About<v1::EndHoldRequest>(id);
    request.set_determination_id(determination_id);
    return gate_.Call(&Gate::EndHold, request).status();
  }

  BareGate gate_;
};

// Whoever spoke did so of what was in doubt then. Another patient's report under the same order is another doubt.
TEST_F(MovedResultTest, ALaterMessageThatDoubtsAgainAsksTwoPeopleAnew) {
  const int64_t id = gate_.Submit(Of(Cbc("F1"), "p1")).result_id();
  gate_.Submit(Of(Cbc("F1", "9.0"), "p2"));
  ASSERT_EQ(StandingQuarantine(Get(id)), kOrderReused);
  ASSERT_TRUE(Approve(id, "reviewer-1").ok());
  gate_.Submit(Of(Cbc("F1", "8.0"), "p3"));
  ASSERT_TRUE(Approve(id, "reviewer-2").ok());
  EXPECT_EQ(StandingQuarantine(Get(id)), kOrderReused) << "the first to speak of it now";
  ASSERT_TRUE(Approve(id, "reviewer-1").ok());
  EXPECT_EQ(StandingQuarantine(Get(id)), "");
  EXPECT_EQ(StateOf(id, "718-7"), v1::OUTCOME_STATE_RELEASED);
  // What two have settled is asked anew, too, and both of them again.
  gate_.Submit(Of(Cbc("F1", "7.0"), "p4"));
  EXPECT_EQ(StandingQuarantine(Get(id)), kOrderReused);
  EXPECT_EQ(StateOf(id, "718-7"), v1::OUTCOME_STATE_HELD);
  ASSERT_TRUE(Approve(id, "reviewer-2").ok());
  EXPECT_EQ(Approve(id, "reviewer-2").code(), absl::StatusCode::kFailedPrecondition) << "one person is not two";
  EXPECT_EQ(StateOf(id, "718-7"), v1::OUTCOME_STATE_HELD);
  ASSERT_TRUE(Approve(id, "reviewer-1").ok());
  EXPECT_EQ(StateOf(id, "718-7"), v1::OUTCOME_STATE_RELEASED);
}

TEST_F(MovedResultTest, WhatTheFirstPatientAskedForEndsAndWhatTheOtherAsksForMayBeEnded) {
  const int64_t id = gate_.Submit(Of(Biopsy("F1"), "p1")).result_id();
  Hold(id, absl::Hours(200));
  gate_.MoveTo(gate_.clock().Now() + absl::Minutes(20));
  ASSERT_EQ(gate_.Submit(Corrected(Biopsy("F1"), "p2")).result_id(), id);
  ASSERT_EQ(StandingQuarantine(Get(id)), kOtherPatient);
  EXPECT_LE(base::FromProto(Get(id).determinations(0).until()), gate_.clock().Now());
  ASSERT_TRUE(Approve(id, "reviewer-1").ok());
  ASSERT_TRUE(Approve(id, "reviewer-2").ok());
  EXPECT_FALSE(EndHold(id, 1).ok()) << "it is over";

  Hold(id, absl::Hours(300));
  ASSERT_TRUE(Approve(id, "1234567893").ok());
  EXPECT_EQ(StateOf(id, policy::kDocument), v1::OUTCOME_STATE_HELD) << "by the other patient's wish";
  const absl::Status ended = EndHold(id, 2);
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_EQ(StateOf(id, policy::kDocument), v1::OUTCOME_STATE_RELEASED);
  EXPECT_EQ(gate_.Releases().back().patient_identifiers(0).value(), "p2");
}

TEST_F(MovedResultTest, WhatAPatientAskedForStandsUnderTheOtherNumberAndMayBeEnded) {
  const int64_t id = gate_.Submit(Of(Biopsy("F1"), "p1")).result_id();
  Hold(id, absl::Hours(200));
  v1::MergePatientsRequest merge;
  merge.set_actor("him-1");
  *merge.mutable_survivor() = Biopsy("F1").patient().identifiers(0);
  *merge.mutable_merged() = merge.survivor();
  merge.mutable_merged()->set_value("p2");
  gate_.Ask(&Gate::MergePatients, merge);
  gate_.MoveTo(gate_.clock().Now() + absl::Minutes(20));
  ASSERT_EQ(gate_.Submit(Corrected(Biopsy("F1"), "p2")).result_id(), id);
  ASSERT_EQ(StandingQuarantine(Get(id)), "");
  ASSERT_TRUE(Approve(id, "1234567893").ok());
  EXPECT_EQ(StateOf(id, policy::kDocument), v1::OUTCOME_STATE_HELD);
  const absl::Status ended = EndHold(id, 1);
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_EQ(StateOf(id, policy::kDocument), v1::OUTCOME_STATE_RELEASED);
  EXPECT_EQ(gate_.Releases().back().patient_identifiers(0).value(), "p2");
}

}  // namespace
}  // namespace resultgate::gate
