// The pure steps of a result's life; the whole of it is in gate_test.cc.
#include "server/gate/transition.h"

#include <gtest/gtest.h>

#include "server/gate/approval.h"
#include "server/policy/decide.h"
#include "tests/gate/reports.h"
#include "tests/testing/packs.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::kFriday;

class TransitionTest : public ::testing::Test {
 protected:
  // A result of one observation and a document, held with this disposition until tomorrow.
  v1::Result Held(v1::Disposition disposition, v1::OnExpiry on_expiry) {
    v1::Result result;
    *result.mutable_report() = resultgate::testing::Cbc("F1");
    result.mutable_report()->set_narrative("text");
    v1::Outcome* outcome = result.mutable_decision()->add_outcomes();
    outcome->add_unit_ids("718-7");
    outcome->add_unit_ids(policy::kDocument);
    outcome->add_audiences(v1::AUDIENCE_PATIENT);
    outcome->set_disposition(disposition);
    outcome->set_state(v1::OUTCOME_STATE_HELD);
    v1::Review* review = outcome->mutable_review();
    for (const char* role : {"first", "second"}) {
      v1::ReviewTurn* turn = review->add_turns();
      turn->mutable_owner()->set_role(role);
      *turn->mutable_until() = base::ToProto(At(kFriday) + absl::Hours(review->turns_size() * 12));
    }
    *review->mutable_expires_at() = review->turns(1).until();
    review->set_on_expiry(on_expiry);
    review->mutable_escalate_to()->set_role("director");
    *review->mutable_escalate_for() = base::ToProto(absl::Hours(24));
    review->set_after_escalation(v1::ON_EXPIRY_RELEASE);
    *outcome->mutable_due_at() = review->turns(0).until();
    return result;
  }

  Transition AdvanceBy(v1::Result* result, absl::Duration by) {
    const Transition transition = Advance(*result, pack_->calendar(), At(kFriday) + by);
    *result->mutable_decision()->mutable_outcomes() = policy::ToOutcomes(transition.cells);
    return transition;
  }

  std::shared_ptr<const policy::Pack> pack_ = resultgate::testing::LoadPack("policies/default");
};

TEST_F(TransitionTest, BeforeItIsDueNothingHappens) {
  v1::Result result = Held(v1::DISPOSITION_REVIEW, v1::ON_EXPIRY_RELEASE);
  EXPECT_TRUE(AdvanceBy(&result, absl::Hours(12) - absl::Seconds(1)).reasons.empty());
}

TEST_F(TransitionTest, TurnsPassOnOneOwnerAtATime) {
  v1::Result result = Held(v1::DISPOSITION_REVIEW, v1::ON_EXPIRY_RELEASE);
  const Transition transition = AdvanceBy(&result, absl::Hours(12));
  ASSERT_EQ(transition.reasons.size(), 2u);
  EXPECT_EQ(transition.reasons[0], "718-7: now waits for second");
  EXPECT_TRUE(transition.releases.empty());
}

TEST_F(TransitionTest, AnExpiryReleasesUnreviewedAndTogether) {
  v1::Result result = Held(v1::DISPOSITION_REVIEW, v1::ON_EXPIRY_RELEASE);
  const Transition transition = AdvanceBy(&result, absl::Hours(24));
  ASSERT_EQ(transition.releases.size(), 1u);
  EXPECT_TRUE(transition.releases[0].unreviewed);
  EXPECT_EQ(transition.releases[0].unit_ids, (std::vector<std::string>{"718-7", "document"}));
}

TEST_F(TransitionTest, AnExpiryWaitsForAFloorThatStillStands) {
  v1::Result result = Held(v1::DISPOSITION_REVIEW, v1::ON_EXPIRY_RELEASE);
  *result.mutable_decision()->mutable_outcomes(0)->mutable_not_before() = base::ToProto(At(kFriday) + absl::Hours(72));
  EXPECT_TRUE(AdvanceBy(&result, absl::Hours(24)).releases.empty()) << "never before its floor (I1)";
  EXPECT_TRUE(AdvanceBy(&result, absl::Hours(72) - absl::Seconds(1)).releases.empty()) << "never before its floor (I1)";
  EXPECT_EQ(AdvanceBy(&result, absl::Hours(72)).releases.size(), 1u);
}

TEST_F(TransitionTest, EscalationMovesToOneOwnerAndThenEnds) {
  v1::Result result = Held(v1::DISPOSITION_REVIEW, v1::ON_EXPIRY_ESCALATE);
  EXPECT_TRUE(AdvanceBy(&result, absl::Hours(24)).releases.empty());
  EXPECT_EQ(result.decision().outcomes(0).review().turns_size(), 1);
  EXPECT_EQ(result.decision().outcomes(0).review().turns(0).owner().role(), "director");
  const absl::Time ends = base::FromProto(result.decision().outcomes(0).due_at());
  EXPECT_FALSE(AdvanceBy(&result, ends - At(kFriday)).releases.empty());
}

TEST_F(TransitionTest, AfterDowntimeAReviewKeepsFourStaffedHoursOnce) {
  v1::Result result = Held(v1::DISPOSITION_REVIEW, v1::ON_EXPIRY_RELEASE);
  // It expired on Saturday; the gate is back on Sunday at two in the morning.
  EXPECT_TRUE(AdvanceBy(&result, absl::Hours(35)).releases.empty());
  EXPECT_EQ(base::FormatUtc(base::FromProto(result.decision().outcomes(0).due_at())), "2026-03-09T16:00:00Z") << "Monday noon";
  EXPECT_FALSE(AdvanceBy(&result, absl::Hours(24 * 30)).releases.empty()) << "once";
}

TEST_F(TransitionTest, WhatMayNotGoByTimeComesBackAndIsCounted) {
  for (const v1::Disposition disposition : {v1::DISPOSITION_NOT_FINAL, v1::DISPOSITION_QUARANTINE, v1::DISPOSITION_WITHHOLD}) {
    v1::Result result = Held(disposition, v1::ON_EXPIRY_RELEASE);
    for (int day = 1; day <= 14; ++day) {
      EXPECT_TRUE(AdvanceBy(&result, absl::Hours(24 * day)).releases.empty()) << v1::Disposition_Name(disposition) << " (I2, I4)";
    }
    const v1::Review& review = result.decision().outcomes(0).review();
    EXPECT_GE(review.overruns(), 8) << "each business day";
    EXPECT_GT(base::FromProto(review.expires_at()), At(kFriday) + absl::Hours(24 * 14));
  }
}

TEST_F(TransitionTest, ADocumentWaitsForObservationsThatAreHeldForTheSameAudience) {
  v1::Result result = Held(v1::DISPOSITION_REVIEW, v1::ON_EXPIRY_RELEASE);
  const Transition transition = Approve(*pack_, result, {policy::kDocument}, "reviewer-1", At(kFriday));
  EXPECT_FALSE(transition.reasons.empty());
  EXPECT_TRUE(transition.releases.empty()) << "the text may tell what the observation says";
  *result.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(transition.cells);
  const Transition rest = Approve(*pack_, result, {"718-7"}, "reviewer-1", At(kFriday));
  ASSERT_EQ(rest.releases.size(), 1u);
  EXPECT_EQ(rest.releases[0].unit_ids.size(), 2u);
}

TEST_F(TransitionTest, ApprovalEndsNoWithholdingAndNoFloor) {
  v1::Result withheld = Held(v1::DISPOSITION_WITHHOLD, v1::ON_EXPIRY_RELEASE);
  *withheld.mutable_decision()->mutable_outcomes(0)->mutable_withheld_until() = base::ToProto(At(kFriday) + absl::Hours(1));
  EXPECT_TRUE(Approve(*pack_, withheld, {}, "reviewer-1", At(kFriday)).reasons.empty());
  EXPECT_FALSE(Approve(*pack_, withheld, {}, "reviewer-1", At(kFriday) + absl::Hours(1)).releases.empty())
      << "then its owner decides";
  v1::Result floored = Held(v1::DISPOSITION_REVIEW, v1::ON_EXPIRY_RELEASE);
  *floored.mutable_decision()->mutable_outcomes(0)->mutable_not_before() = base::ToProto(At(kFriday) + absl::Hours(72));
  const Transition approved = Approve(*pack_, floored, {}, "reviewer-1", At(kFriday));
  EXPECT_FALSE(approved.reasons.empty());
  EXPECT_TRUE(approved.releases.empty()) << "an approval ends the review, not a statute";
  EXPECT_EQ(EarliestDue(policy::ToOutcomes(approved.cells)), At(kFriday) + absl::Hours(72));
}

}  // namespace
}  // namespace resultgate::gate
