// What people determine for one result, through the gate on a real database.
#include "server/gate/review_hold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "tests/gate/review_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::HoldResultRequest Hold(ReviewGate& gate, int64_t id, v1::BasisType type, absl::Duration duration) {
  v1::HoldResultRequest request = gate.About<v1::HoldResultRequest>(id);
  request.set_type(type);
  request.set_reason("to be told in person");
  *request.mutable_until() = base::ToProto(gate.clock().Now() + duration);
  return request;
}

v1::EndHoldRequest End(ReviewGate& gate, int64_t id, int determination) {
  v1::EndHoldRequest request = gate.About<v1::EndHoldRequest>(id);
  request.set_determination_id(determination);
  request.set_reason("was told today");
  return request;
}

bool AllAre(const v1::Decision& decision, v1::OutcomeState state) {
  return std::all_of(decision.outcomes().begin(), decision.outcomes().end(),
                     [state](const v1::Outcome& outcome) { return outcome.state() == state; });
}

TEST(ReviewHoldTest, ADangerHoldsItPastItsReviewUntilItsEnd) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  const auto held = gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_HARM_DETERMINATION, absl::Hours(24 * 30)));
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(held->determination_id(), 1);
  for (const v1::Outcome& outcome : held->decision().outcomes()) {
    EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_WITHHOLD) << outcome.DebugString();
    EXPECT_EQ(base::FromProto(outcome.withheld_until()), gate.clock().Now() + absl::Hours(24 * 30));
  }
  ASSERT_THAT(gate.Review(id).determinations(), SizeIs(1));
  EXPECT_EQ(gate.Review(id).determinations(0).determined_by(), "1234567893");
  const v1::Entry entry = gate.Entries(id).back();
  EXPECT_EQ(entry.reviewed().action(), v1::REVIEW_ACTION_HELD);
  EXPECT_EQ(entry.reviewed().reason(), "to be told in person");
  EXPECT_EQ(entry.reviewed().determination().type(), v1::BASIS_TYPE_HARM_DETERMINATION);
  gate.AdvanceTo("2026-03-30T12:00:00-04:00");  // long after the review would have been over
  EXPECT_TRUE(AllAre(gate.Review(id).result().decision(), v1::OUTCOME_STATE_HELD));
}

TEST(ReviewHoldTest, WhatIsEndedEarlyWaitsAsItsRulesSay) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  ASSERT_TRUE(gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PRIVACY, absl::Hours(24 * 30))).ok());
  EXPECT_EQ(gate.Call(&Gate::EndHold, End(gate, id, 2)).status().code(), absl::StatusCode::kNotFound);
  const auto ended = gate.Call(&Gate::EndHold, End(gate, id, 1));
  ASSERT_TRUE(ended.ok()) << ended.status();
  ASSERT_THAT(ended->decision().outcomes(), SizeIs(1));
  EXPECT_EQ(ended->decision().outcomes(0).disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_THAT(gate.Review(id).determinations(), IsEmpty());
  EXPECT_EQ(gate.Call(&Gate::EndHold, End(gate, id, 1)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(gate.Entries(id).back().reviewed().action(), v1::REVIEW_ACTION_HOLD_ENDED);
  // The next one has a number of its own.
  EXPECT_EQ(gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PRIVACY, absl::Hours(24)))->determination_id(), 2);
}

TEST(ReviewHoldTest, ThePatientsOwnRequestIsAFloorThatThePatientMayLift) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Cbc("F1"));
  const auto held = gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PATIENT_REQUEST, absl::Hours(24 * 14)));
  ASSERT_TRUE(held.ok()) << held.status() << ": the portal has not acknowledged it";
  EXPECT_TRUE(AllAre(held->decision(), v1::OUTCOME_STATE_HELD));
  const v1::Entry entry = gate.Entries(id).back();
  ASSERT_THAT(entry.reviewed().releases(), SizeIs(1));
  EXPECT_EQ(entry.reviewed().releases(0).kind(), v1::RELEASE_KIND_RETRACTION);
  v1::RequestReleaseRequest asked;
  asked.set_result_id(id);
  asked.mutable_patient()->set_system("MRN");
  asked.mutable_patient()->set_value("p1");
  asked.set_audience(v1::AUDIENCE_PATIENT);
  asked.set_requested_by("account-1");
  const auto released = gate.Call(&Gate::RequestRelease, asked);
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_TRUE(released->released());
}

TEST(ReviewHoldTest, WhatIsPublishedStaysPublished) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Cbc("F1"));
  v1::AcknowledgeReleasesRequest acknowledged;
  acknowledged.add_sequences(1);
  ASSERT_TRUE(gate.Call(&Gate::Acknowledge, acknowledged).ok());
  const absl::Status late = gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PRIVACY, absl::Hours(24))).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(late.message()), HasSubstr("stays published"));
  EXPECT_THAT(gate.Review(id).determinations(), IsEmpty());

  // From those who see for the patient it may be kept still.
  v1::HoldResultRequest from_delegates = Hold(gate, id, v1::BASIS_TYPE_PRIVACY, absl::Hours(24));
  from_delegates.add_audiences(v1::AUDIENCE_DELEGATE);
  ASSERT_TRUE(gate.Call(&Gate::Hold, from_delegates).ok());
  const v1::GetReviewResponse review = gate.Review(id);
  for (const v1::Outcome& outcome : review.result().decision().outcomes()) {
    const auto& audiences = outcome.audiences();
    const bool delegates = std::count(audiences.begin(), audiences.end(), v1::AUDIENCE_DELEGATE) > 0;
    EXPECT_EQ(outcome.state() == v1::OUTCOME_STATE_HELD, delegates) << outcome.DebugString();
  }
}

TEST(ReviewHoldTest, NobodyHoldsItForeverOrUnread) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  for (const absl::Duration duration : {-absl::Hours(1), absl::ZeroDuration(), absl::Hours(24 * 367)}) {
    EXPECT_EQ(gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PRIVACY, duration)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << duration;
  }
  v1::HoldResultRequest request = Hold(gate, id, v1::BASIS_TYPE_PRIVACY, absl::Hours(1));
  request.add_unit_ids("no such unit");
  EXPECT_EQ(gate.Call(&Gate::Hold, request).status().code(), absl::StatusCode::kInvalidArgument);
  request = Hold(gate, id, v1::BASIS_TYPE_PRIVACY, absl::Hours(1));
  v1::HandOverReviewRequest hand_over = gate.About<v1::HandOverReviewRequest>(id);
  hand_over.mutable_to()->set_role("results-pool");
  hand_over.set_reason("away");
  ASSERT_TRUE(gate.Call(&Gate::HandOver, hand_over).ok());
  EXPECT_EQ(gate.Call(&Gate::Hold, request).status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(gate.Review(id).determinations(), IsEmpty());
}

}  // namespace
}  // namespace resultgate::gate
