// The notice that a result is in process, through the gate on a real database: what the portal is told of it, when, and what not.
#include "server/gate/in_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/gate/replay_log.h"
#include "server/gate/stored_check.h"
#include "server/store/sqlite/log_file.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::scenario::BareGate;
using ::resultgate::testing::AddObservation;
using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::Later;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kClass[] = "author: author-1\nin_process:\n  - codes: [tissue]\n";

v1::PackFiles Pack(const std::string& rules = "") {
  return MakePack(absl::StrCat(kRoutine, TissueReview("3 business days"), rules), kClass);
}

// It names no tests, and holds a result longer than any rule of a class of tests.
constexpr char kStudy[] =
    "  - {id: study, title: t, when: order.facility == \"STUDY\", then: {withhold: {until: 100 days}}, basis: {type: research, "
    "citation: c}}\n";

v1::DiagnosticReport InStudy(const std::string& order) {
  v1::DiagnosticReport report = Biopsy(order);
  report.mutable_order()->set_facility("STUDY");
  return report;
}

// Everything that stands is decided again to the same, and what is kept is what was logged.
void ExpectSound(BareGate& gate) {
  gate.Stop();
  const auto log = store::OpenLogFile(gate.database());
  ASSERT_TRUE(log.ok()) << log.status();
  const auto replay = ReplayLog(**log, {}, nullptr);
  ASSERT_TRUE(replay.ok()) << replay.status();
  for (const Replayed& replayed : replay->differences) {
    for (const std::string& detail : replayed.details)
      ADD_FAILURE() << replayed.sequence << " " << replayed.kind << ": " << detail;
  }
  const auto stored = CheckStored(**log, nullptr);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT(stored->findings, IsEmpty());
}

// `in process by 2026-03-12T04:00:00Z to patient`, one for each release that stands.
std::vector<std::string> Told(BareGate& gate) {
  std::vector<std::string> told;
  for (const v1::Release& release : gate.Releases()) {
    std::string line = v1::ReleaseKind_Name(release.kind()).substr(sizeof("RELEASE_KIND_") - 1);
    for (const int audience : release.audiences()) absl::StrAppend(&line, " ", audience);
    if (release.has_expected_by()) absl::StrAppend(&line, " by ", base::FormatUtc(base::FromProto(release.expected_by())));
    told.push_back(line);
  }
  return told;
}

constexpr char kNotice[] = "IN_PROCESS 1 by 2026-03-12T04:00:00Z";

TEST(InProcessNoticeTest, SaysOfAResultThatWaitsTheClassesDayAndNothingElse) {
  BareGate gate(Pack());
  gate.Submit(Biopsy("F1"));
  const std::vector<v1::Release> releases = gate.Releases();
  ASSERT_EQ(releases.size(), 1u);
  const v1::Release& notice = releases[0];
  EXPECT_EQ(notice.kind(), v1::RELEASE_KIND_IN_PROCESS);
  EXPECT_THAT(notice.audiences(), ElementsAre(v1::AUDIENCE_PATIENT)) << "nobody else learns that there is a result";
  EXPECT_EQ(base::FormatUtc(base::FromProto(notice.expected_by())), "2026-03-12T04:00:00Z");
  EXPECT_THAT(notice.unit_ids(), IsEmpty());
  EXPECT_FALSE(notice.has_content());
  EXPECT_FALSE(notice.has_notification());
  EXPECT_EQ(notice.comment().variant(), "in-process");
  EXPECT_THAT(notice.comment().text(), HasSubstr("It is expected by March 11, 2026."));
  EXPECT_THAT(notice.SerializeAsString(), Not(HasSubstr("60567-5"))) << "no code of it";
  ExpectSound(gate);
}

TEST(InProcessNoticeTest, NoneOfWhatGoesAtOnceOrIsOfAnotherClass) {
  BareGate gate(
      Pack("  - {id: imaging, title: t, match: {codes: [imaging]}, then: {release: now, delay: 3 days}, basis: {type: "
           "organization-policy, citation: c}}\n"));
  gate.Submit(Cbc("F1"));
  gate.Submit(testing::Report("F2", "36643-5"));
  EXPECT_THAT(Told(gate), ElementsAre("RESULT 1 2 3"));
  // Ordered as tissue, and all of it may go.
  BareGate other(
      MakePack(absl::StrCat(kRoutine, "  - {id: t, title: t, match: {codes: [tissue]}, then: {release: now}}\n"), kClass));
  other.Submit(Biopsy("F1"));
  EXPECT_THAT(Told(other), ElementsAre("RESULT 1 2 3"));
}

// Held for a review, for a time, by a law, for a study, by a person who fears a danger: the same words and the same day.
TEST(InProcessNoticeTest, IsTheSameWhateverItWaitsFor) {
  std::set<std::string> notices;
  const auto take = [&notices](BareGate& gate) {
    for (v1::Release notice : gate.Releases()) {
      EXPECT_EQ(notice.kind(), v1::RELEASE_KIND_IN_PROCESS);
      notice.clear_sequence();
      notice.clear_result_id();
      notice.clear_report_sequence();
      notice.clear_idempotency_key();
      notice.clear_released_at();
      notice.clear_version();
      notice.mutable_comment()->clear_chosen_because();
      notices.insert(notice.SerializeAsString());
    }
  };
  BareGate gate(Pack());
  gate.Submit(Biopsy("F1"));
  v1::DiagnosticReport two = Biopsy("F2");  // an observation beside the text, out of its range
  AddObservation(&two, "60567-5", "99")->set_interpretation(v1::INTERPRETATION_CRITICAL_HIGH);
  gate.Submit(two);
  v1::PutOwnerRequest put;
  put.set_actor("staff-office");
  put.mutable_owner()->set_id("1234567893");
  put.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
  put.mutable_owner()->set_licensed(true);
  gate.Ask(&Gate::PutOwner, put);
  const v1::SubmitResultResponse third = gate.Submit(Biopsy("F3"));
  v1::GetReviewRequest about;
  about.set_result_id(third.result_id());
  v1::HoldResultRequest hold;
  hold.set_result_id(third.result_id());
  hold.set_etag(gate.gate().GetReview(about)->etag());
  hold.set_reviewer("1234567893");
  hold.set_type(v1::BASIS_TYPE_HARM_DETERMINATION);
  hold.set_reason("to be told in person");
  *hold.mutable_until() = base::ToProto(gate.clock().Now() + absl::Hours(24 * 100));
  gate.Ask(&Gate::Hold, hold);
  EXPECT_EQ(gate.Releases().size(), 3u);
  take(gate);
  EXPECT_EQ(notices.size(), 1u);
  ExpectSound(gate);
}

TEST(InProcessNoticeTest, TheResultTakesItsPlaceAndIsNoCorrection) {
  BareGate gate(Pack());
  const v1::SubmitResultResponse response = gate.Submit(Biopsy("F1"));
  v1::GetReviewRequest about;
  about.set_result_id(response.result_id());
  const auto review = gate.gate().GetReview(about);
  ASSERT_TRUE(review.ok());
  for (const v1::Comment& comment : review->comments()) EXPECT_THAT(comment.variant(), Not(HasSubstr("corrected")));
  EXPECT_EQ(review->comments_size(), 1) << "what goes out is previewed, not the notice";
  ASSERT_TRUE(gate.Approve(response.result_id(), 1, "r").ok());
  EXPECT_THAT(Told(gate), ElementsAre("RESULT 1 2 3")) << "one release for all, and the notice is overtaken";
  EXPECT_THAT(gate.Releases()[0].comment().variant(), Not(HasSubstr("corrected")));
  ExpectSound(gate);
}

TEST(InProcessNoticeTest, WhileTheRestWaitsANoticeFollowsEachRelease) {
  BareGate gate(Pack());
  v1::DiagnosticReport report = Cbc("F1");
  report.mutable_order()->mutable_code()->CopyFrom(Biopsy("x").code());  // ordered as tissue
  report.clear_narrative();
  AddObservation(&report, "60567-5", "1");
  const v1::SubmitResultResponse response = gate.Submit(report);
  // By the order's code all of it is held.
  EXPECT_THAT(Told(gate), ElementsAre(kNotice));
  v1::ApproveReviewRequest approve;
  approve.set_result_id(response.result_id());
  approve.set_version(1);
  approve.set_reviewer("r");
  approve.add_unit_ids("718-7");
  gate.Ask(&Gate::Approve, approve);
  EXPECT_THAT(Told(gate), ElementsAre("RESULT 1 2 3", kNotice));
  EXPECT_GT(gate.Releases()[1].report_sequence(), gate.Releases()[0].report_sequence());
  // Doing nothing tells nothing.
  const size_t before = gate.Releases().size();
  gate.Restart();
  gate.Submit(report);
  EXPECT_EQ(gate.Releases().size(), before);
  ASSERT_TRUE(gate.Approve(response.result_id(), 1, "r").ok());
  EXPECT_THAT(Told(gate), ElementsAre("RESULT 1 2 3", "RESULT 1 2 3"));
  ExpectSound(gate);
}

TEST(InProcessNoticeTest, IsTakenBackAsAResultIs) {
  BareGate gate(Pack());
  gate.Submit(Biopsy("F1"));
  v1::DiagnosticReport wrong = Later(Biopsy("F1"), absl::Minutes(1));
  wrong.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  gate.Submit(wrong);
  EXPECT_THAT(Told(gate), ElementsAre("RETRACTION 1"));
  EXPECT_THAT(gate.Releases()[0].unit_ids(), IsEmpty());
  // Another patient's, as it turns out: the first one's is taken away, and the second reads nothing before people have looked.
  gate.Submit(Biopsy("F2"));
  v1::DiagnosticReport moved = Later(Biopsy("F2"), absl::Minutes(1));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  gate.Submit(moved);
  EXPECT_THAT(Told(gate), ElementsAre("RETRACTION 1", "RETRACTION 1"));
  EXPECT_EQ(gate.Releases()[1].patient_identifiers(0).value(), "p1");
  // In doubt: another patient's under the same order.
  gate.Submit(Biopsy("F3"));
  v1::DiagnosticReport other = Later(Biopsy("F3"), absl::Minutes(1));
  other.mutable_patient()->mutable_identifiers(0)->set_value("p3");
  gate.Submit(other);
  EXPECT_THAT(Told(gate), ElementsAre("RETRACTION 1", "RETRACTION 1", "RETRACTION 1"));
  ExpectSound(gate);
}

TEST(InProcessNoticeTest, WhileTheRestWaitsNoneIsTakenBackForAPart) {
  BareGate gate(Pack());
  v1::DiagnosticReport report = Cbc("F1");
  *report.mutable_order()->mutable_code() = Biopsy("x").code();
  AddObservation(&report, "60567-5", "1");
  gate.Submit(report);
  const std::vector<v1::Release> before = gate.Releases();
  report = Later(std::move(report), absl::Minutes(1));
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  gate.Submit(report);
  EXPECT_THAT(Told(gate), ElementsAre(kNotice));
  EXPECT_EQ(gate.Releases()[0].sequence(), before.at(0).sequence()) << "the notice names no part";
  ExpectSound(gate);
}

TEST(InProcessNoticeTest, OfWhatIsHeldForPrivacyOrLeftByTheDeadNothingIsRead) {
  BareGate gate(
      Pack("  - {id: vip, title: t, when: order.facility == \"VIP\", then: {delay: 30 days}, basis: {type: privacy, "
           "citation: c}}\n"));
  v1::DiagnosticReport secret = Biopsy("F0");
  secret.mutable_order()->set_facility("VIP");
  gate.Submit(secret);
  EXPECT_THAT(Told(gate), IsEmpty());
  gate.Submit(Biopsy("F1"));
  // The class waits as long as any of its rules may hold it, whichever does.
  constexpr char kLater[] = "IN_PROCESS 1 by 2026-04-06T04:00:00Z";
  EXPECT_THAT(Told(gate), ElementsAre(kLater));
  v1::UpdatePatientRequest told;
  told.set_actor("adt");
  *told.mutable_facts()->add_identifiers() = Biopsy("F1").patient().identifiers(0);
  told.mutable_facts()->set_deceased(true);
  gate.Ask(&Gate::UpdatePatient, told);
  EXPECT_THAT(Told(gate), ElementsAre("RETRACTION 1"));
  told.mutable_facts()->set_deceased(false);
  gate.Ask(&Gate::UpdatePatient, told);
  EXPECT_THAT(Told(gate), ElementsAre("RETRACTION 1", kLater)) << "it waits like any other again";
  ExpectSound(gate);
}

TEST(InProcessNoticeTest, AfterTheDayItSaysThatNobodyCanSay) {
  BareGate gate(Pack(kStudy));
  gate.Submit(InStudy("F1"));
  EXPECT_THAT(Told(gate), ElementsAre(kNotice));
  gate.MoveTo(At("2026-03-11T23:59:59-04:00"));
  EXPECT_THAT(Told(gate), ElementsAre(kNotice));
  gate.MoveTo(At("2026-03-12T00:00:00-04:00"));
  EXPECT_THAT(Told(gate), ElementsAre("IN_PROCESS 1"));
  EXPECT_EQ(gate.Releases()[0].comment().variant(), "in-process-undated");
  const int64_t sequence = gate.Releases()[0].sequence();
  gate.MoveTo(At("2026-03-30T12:00:00-04:00"));
  EXPECT_EQ(gate.Releases()[0].sequence(), sequence) << "it is said once";
  ExpectSound(gate);
}

TEST(InProcessNoticeTest, WhatIsBeingCorrectedSaysThatAndNothingElse) {
  BareGate gate(
      Pack("  - {id: cells, title: t, match: {section: cytology}, then: {review: {owners: [pathology-pool], each: 1 business "
           "day, expires: 2 business days, on_expiry: release}}, basis: {type: organization-policy, citation: c}}\n"));
  const v1::SubmitResultResponse response = gate.Submit(Biopsy("F1"));
  ASSERT_TRUE(gate.Approve(response.result_id(), 1, "r").ok());
  v1::DiagnosticReport corrected = Later(Biopsy("F1"), absl::Minutes(1));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.set_section(v1::SECTION_CYTOLOGY);  // which holds it anew
  corrected.set_narrative("something else");
  gate.Submit(corrected);
  EXPECT_THAT(Told(gate), ElementsAre("BEING_CORRECTED 1 2 3"));
  ASSERT_TRUE(gate.Approve(response.result_id(), 2, "r").ok());
  EXPECT_THAT(Told(gate), ElementsAre("RESULT 1 2 3"));
  EXPECT_THAT(gate.Releases()[0].comment().variant(), HasSubstr("corrected")) << "this one replaces what was wrong";
  ExpectSound(gate);
}

// A pack without the class: what was said goes on to its day, and nothing new is said.
TEST(InProcessNoticeTest, ANoticeGoesOnWhenThePackThatSaidItIsReplaced) {
  BareGate gate(Pack(kStudy));
  const v1::SubmitResultResponse first = gate.Submit(Biopsy("F1"));
  gate.Submit(InStudy("F2"));
  v1::ActivatePackRequest request;
  *request.mutable_files() = MakePack(absl::StrCat(kRoutine, TissueReview("9 business days")));
  request.set_approver("approver-1");
  ASSERT_TRUE(gate.gate().ActivatePack(request).ok());
  gate.Submit(Biopsy("F3"));
  EXPECT_THAT(Told(gate), ElementsAre(kNotice, kNotice));
  ASSERT_TRUE(gate.Approve(first.result_id(), 1, "r").ok());
  EXPECT_THAT(Told(gate), ElementsAre(kNotice, "RESULT 1 2 3"));
  gate.MoveTo(At("2026-03-12T00:00:00-04:00"));
  EXPECT_THAT(Told(gate), ElementsAre("RESULT 1 2 3", "IN_PROCESS 1"));
  ExpectSound(gate);
}

}  // namespace
}  // namespace resultgate::gate
