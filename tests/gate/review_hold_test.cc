// What people determine for one result, through the gate on a real database.
#include "server/gate/review_hold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "tests/gate/review_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kDetermining[] = "1234567893";
constexpr char kAnother[] = "1987654321";

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

v1::UpholdHoldRequest Uphold(ReviewGate& gate, int64_t id, const std::string& reviewer, int determination = 1) {
  v1::UpholdHoldRequest request = gate.About<v1::UpholdHoldRequest>(id, reviewer);
  request.set_determination_id(determination);
  request.set_reason("the danger has not passed");
  return request;
}

absl::StatusOr<v1::RequestReleaseResponse> Ask(ReviewGate& gate, int64_t id, v1::Audience audience = v1::AUDIENCE_PATIENT) {
  v1::RequestReleaseRequest request;
  request.set_result_id(id);
  request.mutable_patient()->set_system("MRN");
  request.mutable_patient()->set_value("p1");
  request.set_audience(audience);
  request.set_requested_by("account-1");
  return gate.Call(&Gate::RequestRelease, request);
}

// Of the result with this id, a danger that one of two licensed clinicians determines for 30 days.
int64_t SubmitWithDanger(ReviewGate& gate, std::vector<v1::Audience> audiences = {}) {
  gate.License(kDetermining);
  gate.License(kAnother);
  const int64_t id = gate.Submit(Biopsy("F1"));
  v1::HoldResultRequest hold = Hold(gate, id, v1::BASIS_TYPE_HARM_DETERMINATION, absl::Hours(24 * 30));
  for (const v1::Audience audience : audiences) hold.add_audiences(audience);
  const auto held = gate.Call(&Gate::Hold, hold);
  EXPECT_TRUE(held.ok()) << held.status();
  return id;
}

std::vector<v1::OutreachTask> ReviewTasks(ReviewGate& gate) {
  v1::ListOutreachRequest request;
  request.set_kind(v1::OUTREACH_KIND_DETERMINATION_REVIEW);
  const auto listed = gate.gate().ListOutreach(request);
  EXPECT_TRUE(listed.ok()) << listed.status();
  return {listed->tasks().begin(), listed->tasks().end()};
}

bool AllAre(const v1::Decision& decision, v1::OutcomeState state) {
  return std::all_of(decision.outcomes().begin(), decision.outcomes().end(),
                     [state](const v1::Outcome& outcome) { return outcome.state() == state; });
}

TEST(ReviewHoldTest, ADangerHoldsItPastItsReviewUntilItsEnd) {
  ReviewGate gate;
  gate.License(kDetermining);
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
  const int64_t id = SubmitWithDanger(gate);
  EXPECT_EQ(gate.Call(&Gate::EndHold, End(gate, id, 2)).status().code(), absl::StatusCode::kNotFound);
  const auto ended = gate.Call(&Gate::EndHold, End(gate, id, 1));
  ASSERT_TRUE(ended.ok()) << ended.status();
  ASSERT_THAT(ended->decision().outcomes(), SizeIs(1));
  EXPECT_EQ(ended->decision().outcomes(0).disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_THAT(gate.Review(id).determinations(), IsEmpty());
  EXPECT_EQ(gate.Call(&Gate::EndHold, End(gate, id, 1)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(gate.Entries(id).back().reviewed().action(), v1::REVIEW_ACTION_HOLD_ENDED);
  // The next one has a number of its own.
  EXPECT_EQ(gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_HARM_DETERMINATION, absl::Hours(24)))->determination_id(), 2);
}

TEST(ReviewHoldTest, WhatWasApprovedIsNotReviewedAgainOnceAHoldEnds) {
  ReviewGate gate;
  gate.License(kDetermining);
  const int64_t id = gate.Submit(Biopsy("F1"));
  ASSERT_TRUE(gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PATIENT_REQUEST, absl::Hours(24 * 14))).ok());
  const absl::Time floor = gate.clock().Now() + absl::Hours(24 * 14);
  v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(id, kAnother);
  approval.set_version(1);
  ASSERT_TRUE(gate.Call(&Gate::Approve, approval).ok());
  for (int determination = 2; determination <= 3; ++determination) {
    const auto held = gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_HARM_DETERMINATION, absl::Hours(24)));
    ASSERT_TRUE(held.ok()) << held.status();
    for (const v1::Outcome& outcome : held->decision().outcomes()) {
      EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_WITHHOLD) << outcome.DebugString();
    }
    const auto ended = gate.Call(&Gate::EndHold, End(gate, id, determination));
    ASSERT_TRUE(ended.ok()) << ended.status();
    for (const v1::Outcome& outcome : ended->decision().outcomes()) {
      EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_DELAY) << outcome.DebugString();
      EXPECT_EQ(base::FromProto(outcome.due_at()), floor);
      EXPECT_EQ(outcome.review().approved_by(), kAnother);
      EXPECT_FALSE(outcome.has_approved_review());
    }
  }
  gate.AdvanceTo("2026-03-30T12:00:00-04:00");
  EXPECT_TRUE(AllAre(gate.Review(id).result().decision(), v1::OUTCOME_STATE_RELEASED));
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
  const auto released = Ask(gate, id);
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_TRUE(released->released());
}

TEST(ReviewHoldTest, WhatIsPublishedStaysPublished) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Cbc("F1"));
  v1::AcknowledgeReleasesRequest acknowledged;
  acknowledged.add_sequences(1);
  ASSERT_TRUE(gate.Call(&Gate::Acknowledge, acknowledged).ok());
  const absl::Status late = gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PATIENT_REQUEST, absl::Hours(24))).status();
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

TEST(ReviewHoldTest, WhatWasDeterminedForOnePatientHoldsNothingFromAnother) {
  ReviewGate gate;
  v1::PutOwnerRequest restorers;
  restorers.set_actor("staff-office");
  restorers.mutable_owner()->set_id("health-information-management");
  restorers.mutable_owner()->set_kind(v1::OWNER_KIND_POOL);
  restorers.mutable_owner()->add_members("privacy-2");
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, restorers).ok());
  const int64_t id = SubmitWithDanger(gate);
  v1::DiagnosticReport moved = resultgate::testing::Later(Biopsy("F1"), absl::Minutes(5));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  ASSERT_EQ(gate.Submit(moved), id);
  for (const char* person : {"privacy-1", "privacy-2"}) {
    v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(id, person);
    approval.set_version(2);
    ASSERT_TRUE(gate.Call(&Gate::Approve, approval).ok()) << person;
  }
  const v1::GetReviewResponse review = gate.Review(id);
  EXPECT_THAT(review.determinations(), IsEmpty());
  for (const v1::Outcome& outcome : review.result().decision().outcomes()) {
    EXPECT_NE(outcome.disposition(), v1::DISPOSITION_WITHHOLD) << outcome.DebugString();
  }
}

TEST(ReviewHoldTest, NobodyHoldsItForeverOrUnread) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  for (const absl::Duration duration : {-absl::Hours(1), absl::ZeroDuration(), absl::Hours(24 * 367)}) {
    EXPECT_EQ(gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PATIENT_REQUEST, duration)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << duration;
  }
  v1::HoldResultRequest request = Hold(gate, id, v1::BASIS_TYPE_PATIENT_REQUEST, absl::Hours(1));
  request.add_unit_ids("no such unit");
  EXPECT_EQ(gate.Call(&Gate::Hold, request).status().code(), absl::StatusCode::kInvalidArgument);
  request = Hold(gate, id, v1::BASIS_TYPE_PATIENT_REQUEST, absl::Hours(1));
  v1::HandOverReviewRequest hand_over = gate.About<v1::HandOverReviewRequest>(id);
  hand_over.mutable_to()->set_role("results-pool");
  hand_over.set_reason("away");
  ASSERT_TRUE(gate.Call(&Gate::HandOver, hand_over).ok());
  EXPECT_EQ(gate.Call(&Gate::Hold, request).status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(gate.Review(id).determinations(), IsEmpty());
}

TEST(ReviewHoldTest, OnlyALicensedClinicianDeterminesADanger) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  const auto refused = [&] {
    const absl::Status status =
        gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_HARM_DETERMINATION, absl::Hours(24))).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("1234567893"), HasSubstr("licensed"), HasSubstr("directory")));
    return status.code() == absl::StatusCode::kFailedPrecondition;
  };
  EXPECT_TRUE(refused()) << "an empty directory knows nobody";
  v1::PutOwnerRequest put;
  put.set_actor("staff-office");
  put.mutable_owner()->set_id(kDetermining);
  put.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, put).ok());
  EXPECT_TRUE(refused()) << "whom it knows, but not as licensed";
  put.mutable_owner()->set_licensed(true);
  put.mutable_owner()->set_left(true);
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, put).ok());
  EXPECT_TRUE(refused()) << "who works here no more";
  EXPECT_THAT(gate.Review(id).determinations(), IsEmpty());
  EXPECT_TRUE(gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_PATIENT_REQUEST, absl::Hours(24))).ok())
      << "the patient's request asks for no licence";
  put.mutable_owner()->set_left(false);
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, put).ok());
  EXPECT_TRUE(gate.Call(&Gate::Hold, Hold(gate, id, v1::BASIS_TYPE_HARM_DETERMINATION, absl::Hours(24))).ok());
}

TEST(ReviewHoldTest, WhoAsksIsToldOfADangerAndAnotherClinicianReviewsIt) {
  ReviewGate gate;
  const int64_t id = SubmitWithDanger(gate);
  EXPECT_THAT(ReviewTasks(gate), IsEmpty()) << "nobody has asked";
  for (int i = 0; i < 2; ++i) {
    const auto asked = Ask(gate, id);
    ASSERT_TRUE(asked.ok()) << asked.status();
    EXPECT_FALSE(asked->released());
    ASSERT_THAT(asked->waits(), SizeIs(1));
    EXPECT_EQ(asked->waits(0).because(),
              "a clinician's decision about your safety, which ends Sun 2026-04-05 16:00; because you asked, another clinician "
              "reviews it");
    EXPECT_FALSE(asked->waits(0).has_until()) << "no time releases it";
    EXPECT_EQ(base::FromProto(asked->waits(0).review_deadline()), At("2026-03-11T15:00:00-04:00"));
    const v1::Entry entry = gate.Entries(id).back();
    EXPECT_EQ(entry.release_requested().reviewed_determination_ids_size(), i == 0 ? 1 : 0) << "asking again opens no other one";
  }
  const std::vector<v1::OutreachTask> tasks = ReviewTasks(gate);
  ASSERT_THAT(tasks, SizeIs(1));
  EXPECT_EQ(tasks[0].owner().role(), "medical-director");
  EXPECT_EQ(tasks[0].determination_id(), 1);
  EXPECT_EQ(tasks[0].determined_by(), kDetermining);
  EXPECT_EQ(base::FromProto(tasks[0].deadline()), At("2026-03-11T15:00:00-04:00"));
  EXPECT_FALSE(tasks[0].released());
}

TEST(ReviewHoldTest, WhatIsUpheldStandsAndTheReasonIsTold) {
  ReviewGate gate;
  const int64_t id = SubmitWithDanger(gate);
  EXPECT_EQ(gate.Call(&Gate::UpholdHold, Uphold(gate, id, kAnother)).status().code(), absl::StatusCode::kFailedPrecondition)
      << "nobody has asked for it";
  ASSERT_TRUE(Ask(gate, id).ok());
  const absl::Status own = gate.Call(&Gate::UpholdHold, Uphold(gate, id, kDetermining)).status();
  EXPECT_EQ(own.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(own.message()), HasSubstr("who determined it may not review it"));
  const absl::Status unlicensed = gate.Call(&Gate::UpholdHold, Uphold(gate, id, "clerk-1")).status();
  EXPECT_EQ(unlicensed.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(unlicensed.message()), HasSubstr("licensed"));
  EXPECT_EQ(gate.Call(&Gate::UpholdHold, Uphold(gate, id, kAnother, 2)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(ReviewTasks(gate), SizeIs(1)) << "none of these was an answer";

  const v1::EndHoldRequest read_before = End(gate, id, 1);
  const auto upheld = gate.Call(&Gate::UpholdHold, Uphold(gate, id, kAnother));
  ASSERT_TRUE(upheld.ok()) << upheld.status();
  EXPECT_TRUE(AllAre(upheld->decision(), v1::OUTCOME_STATE_HELD));
  EXPECT_NE(upheld->etag(), read_before.etag());
  EXPECT_EQ(gate.Call(&Gate::EndHold, read_before).status().code(), absl::StatusCode::kAborted) << "of two answers one wins";
  const v1::Entry entry = gate.Entries(id).back();
  EXPECT_EQ(entry.reviewed().action(), v1::REVIEW_ACTION_HOLD_UPHELD);
  EXPECT_EQ(entry.actor(), kAnother);
  EXPECT_EQ(entry.reviewed().reason(), "the danger has not passed");
  EXPECT_EQ(entry.reviewed().determination().determined_by(), kDetermining);
  EXPECT_THAT(ReviewTasks(gate), IsEmpty());
  EXPECT_EQ(gate.Call(&Gate::UpholdHold, Uphold(gate, id, kAnother)).status().code(), absl::StatusCode::kFailedPrecondition)
      << "it was answered";

  const auto again = Ask(gate, id);
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_THAT(again->waits(), SizeIs(1));
  EXPECT_THAT(again->waits(0).because(),
              HasSubstr("another clinician has reviewed it, and it stands: the danger has not passed"));
  EXPECT_FALSE(again->waits(0).has_review_deadline());
  EXPECT_THAT(ReviewTasks(gate), IsEmpty()) << "what was reviewed is not reviewed again";
}

TEST(ReviewHoldTest, WhatAReviewerEndsGoesAsThePatientHadAsked) {
  ReviewGate gate;
  const int64_t id = SubmitWithDanger(gate);
  ASSERT_TRUE(Ask(gate, id).ok());
  v1::EndHoldRequest end = End(gate, id, 1);
  end.set_reviewer(kAnother);
  const auto ended = gate.Call(&Gate::EndHold, end);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_TRUE(AllAre(ended->decision(), v1::OUTCOME_STATE_RELEASED)) << "its rules hold nothing that the patient may not lift";
  EXPECT_THAT(ended->comments(), Not(IsEmpty()));
  EXPECT_THAT(ReviewTasks(gate), IsEmpty());
  EXPECT_EQ(gate.Entries(id).back().reviewed().action(), v1::REVIEW_ACTION_HOLD_ENDED);
}

TEST(ReviewHoldTest, OnlyALicensedClinicianEndsADanger) {
  ReviewGate gate;
  const int64_t id = SubmitWithDanger(gate);
  v1::EndHoldRequest end = End(gate, id, 1);
  end.set_reviewer("clerk-1");
  EXPECT_EQ(gate.Call(&Gate::EndHold, end).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(gate.Call(&Gate::ReleaseNow, gate.About<v1::ReleaseNowRequest>(id, "clerk-1")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(AllAre(gate.Review(id).result().decision(), v1::OUTCOME_STATE_HELD));
  const auto released = gate.Call(&Gate::ReleaseNow, gate.About<v1::ReleaseNowRequest>(id, kAnother));
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_TRUE(AllAre(released->decision(), v1::OUTCOME_STATE_RELEASED));
}

TEST(ReviewHoldTest, AReviewThatNobodyAnswersIsOverWhenTheDeterminationEnds) {
  ReviewGate gate;
  const int64_t id = SubmitWithDanger(gate);
  gate.AdvanceTo("2026-04-03T12:00:00-04:00");  // a Friday, two days before
  ASSERT_TRUE(Ask(gate, id).ok());
  ASSERT_THAT(ReviewTasks(gate), SizeIs(1));
  EXPECT_EQ(base::FromProto(ReviewTasks(gate)[0].deadline()), At("2026-04-05T16:00:00-04:00")) << "never after the end";
  gate.AdvanceTo("2026-04-06T12:00:00-04:00");
  EXPECT_THAT(ReviewTasks(gate), IsEmpty());
  EXPECT_THAT(gate.Review(id).reviews(), Not(IsEmpty())) << "as before: somebody decides then";
  EXPECT_EQ(gate.Call(&Gate::UpholdHold, Uphold(gate, id, kAnother)).status().code(), absl::StatusCode::kFailedPrecondition);
  const auto asked = Ask(gate, id);
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_TRUE(asked->released()) << "what is over holds nothing that the patient may lift";
}

TEST(ReviewHoldTest, NobodyIsToldOfADangerThatLiesWithThem) {
  ReviewGate gate;
  const int64_t id = SubmitWithDanger(gate, {v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE});
  EXPECT_EQ(Ask(gate, id, v1::AUDIENCE_REPRESENTATIVE).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(ReviewTasks(gate), IsEmpty());
  EXPECT_TRUE(Ask(gate, id)->released()) << "the patient is told nothing either: nothing is kept from the patient";
  EXPECT_THAT(ReviewTasks(gate), IsEmpty());
}

// Anything else would be the house's own hold, by another name, that nobody outside it can end.
TEST(ReviewHoldTest, PrivacyKeepsNothingFromThePatient) {
  ReviewGate gate;
  gate.License(kDetermining);
  const int64_t id = gate.Submit(Biopsy("F1"));
  using Audiences = std::vector<v1::Audience>;
  for (const Audiences& audiences :
       {Audiences{}, Audiences{v1::AUDIENCE_PATIENT}, Audiences{v1::AUDIENCE_DELEGATE, v1::AUDIENCE_PATIENT}}) {
    v1::HoldResultRequest hold = Hold(gate, id, v1::BASIS_TYPE_PRIVACY, absl::Hours(24));
    for (const v1::Audience audience : audiences) hold.add_audiences(audience);
    const absl::Status refused = gate.Call(&Gate::Hold, hold).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << hold.DebugString();
    EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("audiences"), HasSubstr("HARM_DETERMINATION")));
  }
  EXPECT_THAT(gate.Review(id).determinations(), IsEmpty());
  v1::HoldResultRequest hold = Hold(gate, id, v1::BASIS_TYPE_PRIVACY, absl::Hours(24 * 60));
  hold.add_audiences(v1::AUDIENCE_REPRESENTATIVE);
  hold.add_audiences(v1::AUDIENCE_DELEGATE);
  ASSERT_TRUE(gate.Call(&Gate::Hold, hold).ok());
  EXPECT_EQ(Ask(gate, id, v1::AUDIENCE_REPRESENTATIVE).status().code(), absl::StatusCode::kNotFound);
  const auto asked = Ask(gate, id);
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_TRUE(asked->released()) << "the patient's own access waits for its rules alone";
}

TEST(ReviewHoldTest, TheReviewIsNobodysWhoDeterminedIt) {
  ReviewGate gate;
  v1::PutOwnerRequest director;
  director.set_actor("staff-office");
  director.mutable_owner()->set_id("medical-director");
  director.mutable_owner()->set_kind(v1::OWNER_KIND_POOL);
  director.mutable_owner()->add_members(kDetermining);
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, director).ok());
  ASSERT_TRUE(Ask(gate, SubmitWithDanger(gate)).ok());
  ASSERT_THAT(ReviewTasks(gate), SizeIs(1));
  EXPECT_EQ(ReviewTasks(gate)[0].owner().role(), "results-pool");
}

}  // namespace
}  // namespace resultgate::gate
