// What reviewers and patients do about what is held, through the gate on a real database.
#include "server/gate/review_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "server/base/proto_time.h"
#include "server/gate/request_release.h"
#include "server/gate/review_turns.h"
#include "server/policy/asks.h"
#include "tests/gate/review_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kOrderer[] = "1234567893";
constexpr char kColleague[] = "1987654321";

v1::DiagnosticReport TexasBiopsy(const std::string& order) {
  v1::DiagnosticReport report = Biopsy(order);
  report.mutable_order()->mutable_jurisdictions()->add_values("US-TX");
  return report;
}

// Of a minor: what is sensitive goes to nobody but the patient.
v1::DiagnosticReport HivOfMinor(const std::string& order) {
  v1::DiagnosticReport report = resultgate::testing::Report(order, "75622-1");
  resultgate::testing::AddObservation(&report, "75622-1", "0")->set_interpretation(v1::INTERPRETATION_NOT_DETECTED);
  report.mutable_patient()->set_birth_date("2011-05-04");
  return report;
}

// With a test that no rule knows, for everybody to see once somebody has looked.
v1::DiagnosticReport HivAndMoreOfMinor(const std::string& order) {
  v1::DiagnosticReport report = HivOfMinor(order);
  resultgate::testing::SetLoinc(report.mutable_code(), "58410-2");
  report.mutable_code()->mutable_codings()->DeleteSubrange(0, 1);
  resultgate::testing::AddObservation(&report, "99999-9", "1");
  return report;
}

bool Holds(const v1::Decision& decision, v1::Audience audience) {
  return std::any_of(decision.outcomes().begin(), decision.outcomes().end(), [audience](const v1::Outcome& outcome) {
    return outcome.state() == v1::OUTCOME_STATE_HELD &&
           std::find(outcome.audiences().begin(), outcome.audiences().end(), audience) != outcome.audiences().end();
  });
}

v1::RequestReleaseRequest Ask(int64_t id, v1::Audience audience = v1::AUDIENCE_PATIENT) {
  v1::RequestReleaseRequest request;
  request.set_result_id(id);
  request.mutable_patient()->set_system("MRN");
  request.mutable_patient()->set_value("p1");
  request.set_audience(audience);
  request.set_requested_by("account-1");
  return request;
}

TEST(ReviewWorkTest, TheScreenHasWhatAReviewerNeeds) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  v1::SetPreferenceRequest wish;
  *wish.mutable_patient() = Biopsy("F1").patient().identifiers(0);
  wish.mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
  wish.mutable_preference()->set_after_days(2);
  ASSERT_TRUE(gate.Call(&Gate::SetPreference, wish).ok());
  const v1::GetReviewResponse review = gate.Review(id);
  EXPECT_EQ(review.result().report().narrative(), "benign breast tissue");
  ASSERT_THAT(review.reviews(), SizeIs(1));
  EXPECT_EQ(review.reviews(0).owner().person().value(), kOrderer);
  EXPECT_EQ(base::FromProto(review.reviews(0).turn_ends_at()), At("2026-03-09T15:00:00-04:00"));
  EXPECT_EQ(review.reviews(0).etag(), review.etag());
  ASSERT_GE(review.reasons_size(), 2);
  EXPECT_THAT(review.reasons(0).title(), HasSubstr("wait for the ordering clinician"));
  EXPECT_THAT(review.reasons(0).basis(), HasSubstr("organization policy: policies/README.md, Tissue"));
  EXPECT_EQ(review.reasons(0).lifted_by(), "provider, patient");
  EXPECT_EQ(review.preference(), "2 days after it is final");
  ASSERT_THAT(review.comments(), Not(IsEmpty())) << "what would go out, although a floor stands too";
  EXPECT_NE(review.comments(0).text(), "");
  EXPECT_THAT(review.history(), IsEmpty());
}

TEST(ReviewWorkTest, TheScreenHasWhatThePatientHadBefore) {
  ReviewGate gate;
  const int64_t first = gate.Submit(Cbc("F1", "13.1"));
  v1::DiagnosticReport others = Cbc("F2", "9.9");
  others.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  gate.Submit(others);
  gate.Submit(Biopsy("F3"));
  gate.clock().Advance(absl::Hours(1));
  v1::DiagnosticReport latest = Cbc("F4", "12.5");
  *latest.mutable_issued() = base::ToProto(gate.clock().Now());
  const v1::GetReviewResponse review = gate.Review(gate.Submit(latest));
  ASSERT_GT(review.prior_results_size(), 0);
  for (const v1::PriorResult& prior : review.prior_results()) {
    EXPECT_EQ(prior.result_id(), first) << "another test, and another patient's, are none: " << prior.DebugString();
  }
  EXPECT_THAT(gate.Review(first).prior_results(), IsEmpty()) << "what came later is not prior";
}

TEST(ReviewWorkTest, WhoStandsInForSomebodyClaims) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  v1::PutOwnerRequest owner;
  owner.mutable_owner()->set_id(kOrderer);
  owner.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
  owner.set_actor("staff-office");
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, owner).ok());
  EXPECT_EQ(gate.Call(&Gate::Claim, gate.About<v1::ClaimReviewRequest>(id, kColleague)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  v1::PutAbsenceRequest away;
  away.set_id(kOrderer);
  away.mutable_absence()->set_delegate(kColleague);
  *away.mutable_absence()->mutable_from() = base::ToProto(gate.clock().Now());
  *away.mutable_absence()->mutable_until() = base::ToProto(gate.clock().Now() + absl::Hours(24 * 14));
  away.set_actor("staff-office");
  ASSERT_TRUE(gate.Call(&Gate::PutAbsence, away).ok());
  EXPECT_EQ(gate.Review(id).reviews(0).owner().person().value(), kColleague);
  ASSERT_TRUE(gate.Call(&Gate::Claim, gate.About<v1::ClaimReviewRequest>(id, kColleague)).ok());
  EXPECT_EQ(gate.Review(id).reviews(0).owner().person().value(), kColleague);
  EXPECT_EQ(gate.Entries(id).back().on_behalf_of(), kOrderer);
  const int64_t unclaimed = gate.Submit(Biopsy("F2"));
  const int64_t by_another = gate.Submit(Biopsy("F3"));
  for (const int64_t each : {id, unclaimed, by_another}) {
    v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(each, each == by_another ? "dr-3" : kColleague);
    approval.set_version(1);
    ASSERT_TRUE(gate.Call(&Gate::Approve, approval).ok());
    EXPECT_EQ(gate.Entries(each).back().on_behalf_of(), each == by_another ? "" : kOrderer) << each;
  }
}

TEST(ReviewWorkTest, OfTwoReviewersWhoActAtOnceOneWins) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  const auto mine = gate.About<v1::ClaimReviewRequest>(id, kOrderer);
  const auto theirs = gate.About<v1::ClaimReviewRequest>(id, kColleague);
  v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(id, kColleague);
  approval.set_version(1);
  v1::HandOverReviewRequest hand_over = gate.About<v1::HandOverReviewRequest>(id, kColleague);
  hand_over.mutable_to()->set_role("pathology-pool");
  ASSERT_TRUE(gate.Call(&Gate::HandOver, hand_over).ok());
  EXPECT_EQ(gate.Call(&Gate::Claim, mine).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(gate.Call(&Gate::Approve, approval).status().code(), absl::StatusCode::kAborted);
  // The pool's turn now: the first to claim has it, and who knows that is told whose it is.
  const auto claimed = gate.Call(&Gate::Claim, gate.About<v1::ClaimReviewRequest>(id, kOrderer));
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  EXPECT_EQ(claimed->etag(), gate.Review(id).etag());
  EXPECT_EQ(gate.Call(&Gate::Claim, theirs).status().code(), absl::StatusCode::kAborted);
  const auto late = gate.Call(&Gate::Claim, gate.About<v1::ClaimReviewRequest>(id, kColleague)).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(late.message()), HasSubstr("pathology-pool 1234567893's already"));
  const v1::GetReviewResponse review = gate.Review(id);
  EXPECT_EQ(review.reviews(0).owner().role(), "pathology-pool");
  EXPECT_EQ(review.reviews(0).owner().person().value(), kOrderer);
  ASSERT_THAT(review.history(), SizeIs(2));
  EXPECT_EQ(review.history(0).what(), "handed over");
  EXPECT_EQ(review.history(1).what(), "claimed");
}

TEST(ReviewWorkTest, HandingOverMovesTheOwnerAndNotTheClock) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  const v1::PendingReview before = gate.Review(id).reviews(0);
  v1::HandOverReviewRequest request = gate.About<v1::HandOverReviewRequest>(id);
  request.mutable_to()->mutable_person()->set_value(kColleague);
  request.set_reason("on leave from tomorrow");
  ASSERT_TRUE(gate.Call(&Gate::HandOver, request).ok());
  const v1::PendingReview after = gate.Review(id).reviews(0);
  EXPECT_EQ(after.owner().role(), "ordering-provider");
  EXPECT_EQ(after.owner().person().value(), kColleague);
  EXPECT_EQ(after.turn_ends_at().seconds(), before.turn_ends_at().seconds());
  EXPECT_EQ(after.outcome().review().expires_at().seconds(), before.outcome().review().expires_at().seconds());
  EXPECT_EQ(gate.Entries(id).back().reviewed().reason(), "on leave from tomorrow");
  v1::HandOverReviewRequest again = gate.About<v1::HandOverReviewRequest>(id);
  again.mutable_to()->mutable_person()->set_value(kColleague);
  EXPECT_EQ(gate.Call(&Gate::HandOver, again).status().code(), absl::StatusCode::kFailedPrecondition);
}

// Nobody knows how old the patient is, so the records pool looks at what relatives may see: that is not the clinician's to say.
TEST(ReviewWorkTest, AnApprovalEndsNothingThatAnotherOwnerReviewsForRelatives) {
  ReviewGate gate;
  v1::DiagnosticReport report = Biopsy("F1");
  report.mutable_patient()->clear_birth_date();
  const int64_t id = gate.Submit(report);
  const auto approve = [&](const std::string& reviewer) {
    v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(id, reviewer);
    approval.set_version(1);
    return gate.Call(&Gate::Approve, approval).status();
  };
  const auto state = [&](v1::Audience audience) {
    const v1::Result result = **gate.store().FindResult(id);
    return policy::OutcomeOf(&result.decision(), "document", audience)->state();
  };
  ASSERT_TRUE(approve(kOrderer).ok());
  EXPECT_EQ(state(v1::AUDIENCE_PATIENT), v1::OUTCOME_STATE_RELEASED);
  EXPECT_EQ(state(v1::AUDIENCE_REPRESENTATIVE), v1::OUTCOME_STATE_HELD);
  ASSERT_EQ(gate.Review(id).reviews_size(), 1);
  EXPECT_EQ(gate.Review(id).reviews(0).owner().role(), "health-information-management") << "theirs now";
  ASSERT_TRUE(approve("records-1").ok());
  EXPECT_EQ(state(v1::AUDIENCE_REPRESENTATIVE), v1::OUTCOME_STATE_RELEASED);
}

// Unit by unit, too: the clinician's second word is not the other owner's.
TEST(ReviewWorkTest, AnApprovalOfTheRestEndsNothingThatIsAnotherOwners) {
  ReviewGate gate;
  v1::DiagnosticReport report = Biopsy("F1");
  report.mutable_patient()->clear_birth_date();
  testing::AddObservation(&report, "718-7", "13.9");
  const int64_t id = gate.Submit(report);
  for (const char* unit : {"document", ""}) {
    v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(id, kOrderer);
    approval.set_version(1);
    if (*unit != '\0') approval.add_unit_ids(unit);
    ASSERT_TRUE(gate.Call(&Gate::Approve, approval).ok()) << unit;
  }
  const v1::Result result = **gate.store().FindResult(id);
  for (const char* unit : {"document", "718-7"}) {
    EXPECT_EQ(policy::OutcomeOf(&result.decision(), unit, v1::AUDIENCE_PATIENT)->state(), v1::OUTCOME_STATE_RELEASED) << unit;
    EXPECT_EQ(policy::OutcomeOf(&result.decision(), unit, v1::AUDIENCE_REPRESENTATIVE)->state(), v1::OUTCOME_STATE_HELD) << unit;
  }
}

TEST(ReviewWorkTest, ACorrectionStaysWithWhoHasTheReview) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  v1::HandOverReviewRequest request = gate.About<v1::HandOverReviewRequest>(id);
  request.mutable_to()->mutable_person()->set_value(kColleague);
  ASSERT_TRUE(gate.Call(&Gate::HandOver, request).ok());
  const v1::PendingReview before = gate.Review(id).reviews(0);
  v1::DiagnosticReport corrected = testing::Later(Biopsy("F1"), absl::Minutes(5));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.set_narrative("benign tissue of the breast");
  gate.Submit(corrected);
  const v1::PendingReview after = gate.Review(id).reviews(0);
  EXPECT_EQ(after.owner().person().value(), kColleague);
  EXPECT_EQ(after.turn_ends_at().seconds(), before.turn_ends_at().seconds());
  // Who orders it now is somebody else: then it is theirs.
  corrected = testing::Later(corrected, absl::Minutes(5));
  corrected.mutable_order()->mutable_ordering_provider()->set_value("dr-9");
  gate.Submit(corrected);
  EXPECT_EQ(gate.Review(id).reviews(0).owner().person().value(), "dr-9");
}

TEST(ReviewWorkTest, APoolThatDoesNotExistGetsNothing) {
  ReviewGate gate;
  v1::HandOverReviewRequest request = gate.About<v1::HandOverReviewRequest>(gate.Submit(Biopsy("F1")));
  request.mutable_to()->set_role("patology-pool");
  const absl::Status status = gate.Call(&Gate::HandOver, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("pathology-pool"));
}

TEST(ReviewWorkTest, WhoCannotDecidePassesItOnUntilNobodyIsLeft) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  v1::RefuseReviewRequest request = gate.About<v1::RefuseReviewRequest>(id);
  request.set_reason("needs a pathologist");
  const auto refused = gate.Call(&Gate::RefuseReview, request);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(gate.Review(id).reviews(0).owner().role(), "pathology-pool");
  EXPECT_EQ(gate.Entries(id).back().reviewed().action(), v1::REVIEW_ACTION_REFUSED);
  request = gate.About<v1::RefuseReviewRequest>(id);
  request.set_reason("nor can we");
  const absl::Status last = gate.Call(&Gate::RefuseReview, request).status();
  EXPECT_EQ(last.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(last.message()), HasSubstr("nobody comes after pathology-pool"));
  // The turn that was given back is over by the clock too: it does not come back.
  gate.AdvanceTo("2026-03-09T16:00:00-04:00");
  EXPECT_EQ(gate.Review(id).reviews(0).owner().role(), "pathology-pool");
}

TEST(ReviewWorkTest, TheLastOwnerWhoCannotDecideEscalates) {
  ReviewGate gate;
  // A code that no rule knows: the pack's default review, with an escalation.
  v1::DiagnosticReport report = resultgate::testing::Report("F1", "99999-9");
  resultgate::testing::AddObservation(&report, "99999-9", "1");
  const int64_t id = gate.Submit(report);
  for (const char* next : {"results-pool", "medical-director"}) {
    v1::RefuseReviewRequest request = gate.About<v1::RefuseReviewRequest>(id);
    request.set_reason("unknown to me");
    ASSERT_TRUE(gate.Call(&Gate::RefuseReview, request).ok());
    EXPECT_EQ(gate.Review(id).reviews(0).owner().role(), next);
  }
  EXPECT_TRUE(gate.Review(id).reviews(0).outcome().review().escalated());
}

TEST(ReviewWorkTest, ADiscussionIsAFactOfTheOrder) {
  ReviewGate gate;
  v1::DiagnosticReport biopsy = Biopsy("F1");
  *biopsy.mutable_effective() = base::ToProto(At("2026-03-05T09:00:00-05:00"));
  const int64_t id = gate.Submit(biopsy);
  v1::ApproveReviewRequest request = gate.About<v1::ApproveReviewRequest>(id);
  request.set_version(1);
  request.set_discussed_how("by telephone");
  *request.mutable_discussed_at() = base::ToProto(At("2025-03-06T09:00:00-05:00"));
  EXPECT_EQ(gate.Call(&Gate::Approve, request).status().code(), absl::StatusCode::kInvalidArgument) << "before the specimen";
  *request.mutable_discussed_at() = base::ToProto(At("2026-03-06T16:00:00-05:00"));
  EXPECT_EQ(gate.Call(&Gate::Approve, request).status().code(), absl::StatusCode::kInvalidArgument) << "in the future";
  request.clear_discussed_at();
  ASSERT_TRUE(gate.Call(&Gate::Approve, request).ok());
  const v1::GetReviewResponse review = gate.Review(id);
  EXPECT_EQ(review.result().discussed_how(), "by telephone");
  EXPECT_EQ(base::FromProto(review.result().discussed_at()), At(resultgate::testing::kFriday));
  EXPECT_EQ(base::FromProto(review.result().follow_up().contacted_at()), At(resultgate::testing::kFriday));
  EXPECT_EQ(gate.Entries(id).back().approved().discussed_how(), "by telephone");
  EXPECT_EQ(review.history(0).what(), "approved and discussed");
}

TEST(ReviewWorkTest, AProviderReleasesWhatAProviderMayLift) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  const auto released = gate.Call(&Gate::ReleaseNow, gate.About<v1::ReleaseNowRequest>(id));
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_THAT(released->still_held(), IsEmpty());
  EXPECT_THAT(released->comments(), Not(IsEmpty()));
  const v1::Outcome& outcome = released->decision().outcomes(0);
  EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_RELEASED);
  EXPECT_FALSE(outcome.released_unreviewed()) << "a provider has it released";
  EXPECT_TRUE(std::any_of(outcome.rules().begin(), outcome.rules().end(), [](const v1::AppliedRule& rule) {
    return rule.rule_id() == "biopsy-review" && rule.lifted();
  })) << outcome.DebugString();
  EXPECT_EQ(gate.Call(&Gate::ReleaseNow, gate.About<v1::ReleaseNowRequest>(id)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

// A parent and a delegate see one test of the panel, the patient both; what was written about both is for the patient alone.
TEST(ReviewWorkTest, WordsAreForThoseWhoSeeAllThatTheyAreAbout) {
  ReviewGate gate;
  const int64_t id = gate.Submit(HivAndMoreOfMinor("F1"));
  v1::ApproveReviewRequest request = gate.About<v1::ApproveReviewRequest>(id);
  request.set_version(1);
  request.mutable_comment()->set_text("Both tests are negative.");
  ASSERT_TRUE(gate.Call(&Gate::Approve, request).ok());
  int64_t scanned = 0;
  const auto releases = gate.gate().ReadReleases(0, false, 100, &scanned);
  ASSERT_TRUE(releases.ok()) << releases.status();
  bool patient_reads = false;
  bool parent_sees = false;
  for (const v1::Release& release : *releases) {
    const bool words = release.comment().DebugString().find("are negative") != std::string::npos;
    for (const int audience : release.audiences()) {
      patient_reads = patient_reads || (audience == v1::AUDIENCE_PATIENT && words);
      parent_sees = parent_sees || audience == v1::AUDIENCE_REPRESENTATIVE;
      EXPECT_FALSE(audience != v1::AUDIENCE_PATIENT && words) << release.DebugString();
    }
  }
  EXPECT_TRUE(patient_reads);
  EXPECT_TRUE(parent_sees) << "of the other test";
}

// Neither in words, nor by what there is no answer to, nor by what it lets go.
TEST(ReviewWorkTest, AParentWhoAsksLearnsNothingOfWhatIsConfidential) {
  ReviewGate gate;
  const int64_t both = gate.Submit(HivAndMoreOfMinor("F1"));
  v1::DiagnosticReport report = HivOfMinor("F2");
  report.set_status(v1::RESULT_STATUS_PRELIMINARY);
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  const int64_t preliminary = gate.Submit(report);
  report = HivOfMinor("F3");
  report.mutable_patient()->clear_birth_date();
  const int64_t of_unknown_age = gate.Submit(report);
  const int64_t confidential = gate.Submit(HivOfMinor("F4"));
  const auto ask = [&gate](int64_t id, v1::Audience audience) { return gate.Call(&Gate::RequestRelease, Ask(id, audience)); };
  for (const int64_t id : {preliminary, of_unknown_age, confidential}) {
    EXPECT_EQ(ask(id, v1::AUDIENCE_REPRESENTATIVE).status().code(), absl::StatusCode::kNotFound) << id;
    EXPECT_EQ(ask(id, v1::AUDIENCE_DELEGATE).status().code(), absl::StatusCode::kNotFound) << id;
  }
  ASSERT_TRUE(ask(both, v1::AUDIENCE_REPRESENTATIVE).ok()) << "of the test that is not confidential";
  const v1::GetReviewResponse review = gate.Review(both);
  for (const v1::Outcome& outcome : review.result().decision().outcomes()) {
    const auto& units = outcome.unit_ids();
    if (std::count(units.begin(), units.end(), "75622-1") == 0) continue;
    EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_HELD) << outcome.DebugString();
  }
  ASSERT_TRUE(ask(both, v1::AUDIENCE_PATIENT).ok());
}

TEST(ReviewWorkTest, WhatNobodyMayLiftIsAnsweredWithDateAndLaw) {
  ReviewGate gate("policies/us");
  const int64_t id = gate.Submit(TexasBiopsy("F1"));
  const auto released = gate.Call(&Gate::ReleaseNow, gate.About<v1::ReleaseNowRequest>(id));
  ASSERT_TRUE(released.ok()) << released.status();
  ASSERT_THAT(released->still_held(), SizeIs(1));
  // Final on Friday 6 March: the third day after begins on Monday.
  EXPECT_EQ(base::FromProto(released->still_held(0).until()), At("2026-03-09T00:00:00-04:00"));
  EXPECT_THAT(released->still_held(0).reasons(0).basis(), HasSubstr("statute: Tex. Occ. Code 159.0062"));

  const auto asked = gate.Call(&Gate::RequestRelease, Ask(id));
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_FALSE(asked->released());
  ASSERT_THAT(asked->waits(), SizeIs(1)) << "two rules of one law are one answer";
  EXPECT_EQ(asked->waits(0).because(), "the law: Tex. Occ. Code 159.0062");
  EXPECT_EQ(base::FromProto(asked->waits(0).until()), At("2026-03-09T00:00:00-04:00"));
  EXPECT_EQ(base::FromProto(gate.Entries(id).back().release_requested().answered_until()), At("2026-03-09T00:00:00-04:00"));
}

TEST(RequestReleaseTest, ThePatientLiftsWhatThePatientMayLiftAndReadsItUnreviewed) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  const auto asked = gate.Call(&Gate::RequestRelease, Ask(id));
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_TRUE(asked->released());
  EXPECT_THAT(asked->waits(), IsEmpty());
  const v1::Outcome outcome = gate.Review(id).result().decision().outcomes(0);
  EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_RELEASED);
  EXPECT_TRUE(outcome.released_unreviewed());
  const v1::Entry entry = gate.Entries(id).back();
  EXPECT_EQ(entry.actor(), "account-1");
  EXPECT_THAT(entry.release_requested().releases(), SizeIs(1));
  // Again: the same state, and it is logged.
  const auto again = gate.Call(&Gate::RequestRelease, Ask(id));
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->released());
}

TEST(RequestReleaseTest, NothingTellsAParentThatSomethingIsKept) {
  ReviewGate gate;
  const int64_t id = gate.Submit(HivOfMinor("F1"));
  ASSERT_TRUE(Holds(gate.Review(id).result().decision(), v1::AUDIENCE_REPRESENTATIVE));
  const absl::Status kept = gate.Call(&Gate::RequestRelease, Ask(id, v1::AUDIENCE_REPRESENTATIVE)).status();
  const absl::Status absent = gate.Call(&Gate::RequestRelease, Ask(9999, v1::AUDIENCE_REPRESENTATIVE)).status();
  EXPECT_EQ(kept.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(kept, absent) << "the answer is the same as where there is no result";
  EXPECT_TRUE(Holds(gate.Review(id).result().decision(), v1::AUDIENCE_REPRESENTATIVE));
  // Nor does the patient's own wish show it to them, although the rule names the patient as one who may lift it.
  (void)gate.Call(&Gate::RequestRelease, Ask(id));
  EXPECT_FALSE(Holds(gate.Review(id).result().decision(), v1::AUDIENCE_PATIENT));
  EXPECT_TRUE(Holds(gate.Review(id).result().decision(), v1::AUDIENCE_REPRESENTATIVE));
}

TEST(RequestReleaseTest, AnotherPatientsResultIsNotThere) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  v1::RequestReleaseRequest request = Ask(id);
  request.mutable_patient()->set_value("p2");
  EXPECT_EQ(gate.Call(&Gate::RequestRelease, request).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Holds(gate.Review(id).result().decision(), v1::AUDIENCE_PATIENT));
}

// All events after a cursor.
std::vector<v1::ReviewEvent> Events(ReviewGate& gate, int64_t after) {
  ReviewCursor cursor(after);
  std::vector<v1::ReviewEvent> events;
  for (;;) {
    const absl::StatusOr<bool> more = gate.gate().ReadReviewEvents(&cursor, 2, &events);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return events;
  }
}

TEST(ReviewEventsTest, AWorklistIsToldWhatWaitsAndEachChange) {
  ReviewGate gate;
  const int64_t first = gate.Submit(Biopsy("F1"));
  gate.Submit(Cbc("F2"));
  const int64_t third = gate.Submit(Biopsy("F3"));
  const std::vector<v1::ReviewEvent> list = Events(gate, 0);
  ASSERT_THAT(list, SizeIs(3)) << "what went at once is not on the list; the last event says that the list is whole";
  EXPECT_EQ(list[0].result_id(), first);
  EXPECT_EQ(list[0].cursor(), 0);
  EXPECT_EQ(list[1].result_id(), third);
  EXPECT_EQ(list[0].etag(), gate.Review(first).etag());
  ASSERT_THAT(list[0].waiting(), SizeIs(1));
  EXPECT_EQ(list[0].waiting(0).owner().person().value(), kOrderer);
  EXPECT_THAT(list[0].waiting(0).rule_ids(), ElementsAre("biopsy-review", "tissue-section-review"));
  EXPECT_EQ(list[2].result_id(), 0);
  const int64_t cursor = list[2].cursor();
  EXPECT_THAT(Events(gate, cursor), IsEmpty());

  ASSERT_TRUE(gate.Call(&Gate::Claim, gate.About<v1::ClaimReviewRequest>(third)).ok());
  v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(first);
  approval.set_version(1);
  ASSERT_TRUE(gate.Call(&Gate::Approve, approval).ok());
  const std::vector<v1::ReviewEvent> changes = Events(gate, cursor);
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].result_id(), third);
  EXPECT_EQ(changes[1].result_id(), first);
  EXPECT_THAT(changes[1].waiting(), IsEmpty()) << "take it off the list";
  // The clock passes a turn on: that is an event too.
  gate.AdvanceTo("2026-03-09T15:30:00-04:00");
  const std::vector<v1::ReviewEvent> passed = Events(gate, changes[1].cursor());
  ASSERT_THAT(passed, SizeIs(1));
  EXPECT_EQ(passed[0].waiting(0).owner().role(), "pathology-pool");
  for (const v1::ReviewEvent& event : list) {
    EXPECT_THAT(event.DebugString(), Not(HasSubstr("p1"))) << "no patient";
    EXPECT_THAT(event.DebugString(), Not(HasSubstr("breast"))) << "no value";
  }
}

TEST(ReviewEventsTest, AWorklistIsToldWhenSomebodyGoesAndComesBack) {
  ReviewGate gate;
  gate.Submit(Biopsy("F1"));
  v1::PutOwnerRequest put;
  put.set_actor("staff-office");
  put.mutable_owner()->set_id(kOrderer);
  put.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, put).ok());
  v1::PutAbsenceRequest absence;
  absence.set_actor("staff-office");
  absence.set_id(kOrderer);
  *absence.mutable_absence()->mutable_from() = base::ToProto(gate.clock().Now() + absl::Hours(1));
  *absence.mutable_absence()->mutable_until() = base::ToProto(gate.clock().Now() + absl::Hours(3));
  absence.mutable_absence()->set_delegate("dr-2");

  ReviewCursor cursor(0);
  std::mutex mutex;
  std::condition_variable told;
  int woken = 0;
  const int64_t subscriber = gate.gate().Subscribe(Feed::kReviews, [&] {
    const std::lock_guard<std::mutex> lock(mutex);
    ++woken;
    told.notify_all();
  });
  const auto owner = [&]() -> std::string {
    std::vector<v1::ReviewEvent> events;
    for (;;) {
      const absl::StatusOr<bool> more = gate.gate().ReadReviewEvents(&cursor, 2, &events);
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.ok() || !*more) break;
    }
    return events.empty() ? "" : events[0].waiting(0).owner().person().value();
  };
  EXPECT_EQ(owner(), kOrderer);
  EXPECT_EQ(owner(), "") << "nothing changed";
  ASSERT_TRUE(gate.Call(&Gate::PutAbsence, absence).ok());
  EXPECT_EQ(owner(), kOrderer) << "the directory changed: all is told again";
  for (const char* expected : {"dr-2", kOrderer}) {
    {
      std::unique_lock<std::mutex> lock(mutex);
      woken = 0;
      lock.unlock();
      gate.clock().Advance(absl::Minutes(90));
      lock.lock();
      EXPECT_TRUE(told.wait_for(lock, std::chrono::minutes(1), [&] { return woken > 0; }))
          << "a follower is woken, although nothing was written";
    }
    EXPECT_EQ(owner(), expected);
    EXPECT_EQ(owner(), "");
  }
  gate.gate().Unsubscribe(subscriber);
}

TEST(ReviewEventsTest, WhereHoursOrAnAbsenceEndOnlyWhatTheyConcernIsTold) {
  ReviewGate gate;
  v1::DiagnosticReport of_dr_3 = Biopsy("F1");
  of_dr_3.mutable_order()->mutable_ordering_provider()->set_value("dr-3");
  const int64_t concerned = gate.Submit(of_dr_3);
  gate.Submit(Biopsy("F2"));
  v1::PutOwnerRequest put;
  put.set_actor("staff-office");
  put.mutable_owner()->set_id("dr-3");
  put.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
  v1::StaffedHours* hours = put.mutable_owner()->add_staffed_hours();
  hours->set_weekday(v1::WEEKDAY_FRIDAY);
  hours->set_from("08:00");
  hours->set_until("17:00");
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, put).ok());
  ReviewCursor cursor(0);
  const auto read = [&] {
    std::vector<v1::ReviewEvent> events;
    for (;;) {
      const absl::StatusOr<bool> more = gate.gate().ReadReviewEvents(&cursor, 2, &events);
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.ok() || !*more) return events;
    }
  };
  EXPECT_THAT(read(), SizeIs(3));
  gate.AdvanceTo("2026-03-06T17:00:00-05:00");
  const std::vector<v1::ReviewEvent> told = read();
  ASSERT_THAT(told, SizeIs(1)) << "nobody else's turn is another's now";
  EXPECT_EQ(told[0].result_id(), concerned);
  EXPECT_NE(told[0].waiting(0).owner().person().value(), "dr-3");
  EXPECT_GT(told[0].cursor(), 0) << "no list: whoever stops here goes on here";
  EXPECT_THAT(read(), IsEmpty());
}

TEST(ReviewEventsTest, WhoComesBackIsToldAllWhereTurnsMayHaveChanged) {
  ReviewGate gate;
  const int64_t approved = gate.Submit(Biopsy("F1"));
  gate.Submit(Biopsy("F2"));
  v1::PutOwnerRequest put;
  put.set_actor("staff-office");
  put.mutable_owner()->set_id("dr-3");
  put.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
  v1::StaffedHours* hours = put.mutable_owner()->add_staffed_hours();
  hours->set_weekday(v1::WEEKDAY_FRIDAY);
  hours->set_from("08:00");
  hours->set_until("17:00");
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, put).ok());
  const int64_t cursor = Events(gate, 0).back().cursor();
  EXPECT_THAT(Events(gate, cursor), IsEmpty());
  v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(approved);
  approval.set_version(1);
  ASSERT_TRUE(gate.Call(&Gate::Approve, approval).ok());
  gate.AdvanceTo("2026-03-06T17:00:00-05:00");
  const std::vector<v1::ReviewEvent> told = Events(gate, cursor);
  ASSERT_THAT(told, SizeIs(3)) << "the list, that it is whole, and what waits no longer";
  EXPECT_NE(told[0].result_id(), approved);
  EXPECT_EQ(told[1].cursor(), cursor) << "whatever came since follows";
  EXPECT_EQ(told[2].result_id(), approved);
  EXPECT_THAT(told[2].waiting(), IsEmpty());
  ReviewCursor beyond(cursor + 100);
  std::vector<v1::ReviewEvent> events;
  EXPECT_EQ(gate.gate().ReadReviewEvents(&beyond, 2, &events).status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace resultgate::gate
