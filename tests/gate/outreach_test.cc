// What is left to do after release, and who told that it was done.
#include "server/gate/outreach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/gate/follow_up.h"
#include "tests/gate/review_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOrderer[] = "1234567893";

v1::DiagnosticReport HighCbc(const std::string& order) {
  v1::DiagnosticReport report = Cbc(order, "19.1");
  report.mutable_observations(0)->set_interpretation(v1::INTERPRETATION_HIGH);
  return report;
}

std::vector<v1::OutreachTask> Tasks(ReviewGate& gate, v1::OutreachKind kind = v1::OUTREACH_KIND_UNSPECIFIED,
                                    const std::string& owner = "") {
  v1::ListOutreachRequest request;
  request.set_kind(kind);
  request.set_owner(owner);
  auto response = gate.gate().ListOutreach(request);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? std::vector<v1::OutreachTask>(response->tasks().begin(), response->tasks().end())
                       : std::vector<v1::OutreachTask>();
}

std::vector<v1::OutreachKind> Kinds(const std::vector<v1::OutreachTask>& tasks) {
  std::vector<v1::OutreachKind> kinds;
  for (const v1::OutreachTask& task : tasks) kinds.push_back(task.kind());
  return kinds;
}

absl::StatusOr<v1::RecordViewResponse> View(ReviewGate& gate, int64_t id, v1::Audience audience = v1::AUDIENCE_PATIENT) {
  v1::RecordViewRequest request;
  request.set_result_id(id);
  request.set_audience(audience);
  return gate.Call(&Gate::RecordView, request);
}

absl::Status Opened(ReviewGate& gate, int64_t id) {
  v1::RecordClinicianViewRequest request;
  request.set_result_id(id);
  request.set_clinician(kOrderer);
  return gate.Call(&Gate::RecordClinicianView, request).status();
}

absl::Status Contact(ReviewGate& gate, int64_t id) {
  v1::RecordContactRequest request;
  request.set_result_id(id);
  request.set_contacted_by("nurse-1");
  request.set_how("by telephone");
  return gate.Call(&Gate::RecordContact, request).status();
}

TEST(OutreachTest, ANormalResultOfAPatientWithThePortalLeavesNothingToDo) {
  ReviewGate gate;
  gate.Submit(Cbc("F1"));
  gate.AdvanceTo("2026-06-01T12:00:00-04:00");
  EXPECT_THAT(Tasks(gate), IsEmpty());
  EXPECT_THAT(*gate.store().ListOpen(0, 10), IsEmpty());
}

TEST(OutreachTest, AnAbnormalOneIsListedUntilItsClinicianAndItsPatientHaveSeenIt) {
  ReviewGate gate;
  const int64_t id = gate.Submit(HighCbc("F1"));
  const std::vector<v1::OutreachTask> at_once = Tasks(gate);
  ASSERT_THAT(Kinds(at_once), ElementsAre(v1::OUTREACH_KIND_NOT_OPENED)) << "your patient can see this now";
  EXPECT_TRUE(at_once[0].released());
  EXPECT_EQ(at_once[0].owner().person().value(), kOrderer);
  EXPECT_EQ(base::FromProto(at_once[0].deadline()), At("2026-03-09T15:00:00-04:00"));
  gate.AdvanceTo("2026-03-09T14:59:00-04:00");  // 71 h and 59 min: clocks went forward
  EXPECT_THAT(Kinds(Tasks(gate)), ElementsAre(v1::OUTREACH_KIND_NOT_OPENED));
  gate.AdvanceTo("2026-03-09T16:00:00-04:00");
  EXPECT_THAT(Kinds(Tasks(gate)), ElementsAre(v1::OUTREACH_KIND_NOT_VIEWED, v1::OUTREACH_KIND_NOT_OPENED));
  EXPECT_THAT(Tasks(gate, v1::OUTREACH_KIND_NOT_VIEWED, kOrderer), SizeIs(1));
  EXPECT_THAT(Tasks(gate, v1::OUTREACH_KIND_NOT_VIEWED, "somebody else"), IsEmpty());

  ASSERT_TRUE(View(gate, id).ok());
  EXPECT_THAT(Kinds(Tasks(gate)), ElementsAre(v1::OUTREACH_KIND_NOT_OPENED));
  ASSERT_EQ(Opened(gate, id), absl::OkStatus());
  EXPECT_THAT(Tasks(gate), IsEmpty());
  EXPECT_THAT(*gate.store().ListOpen(0, 10), IsEmpty()) << "what is done costs nothing any more";
}

void Put(ReviewGate& gate, const v1::DirectoryOwner& owner) {
  v1::PutOwnerRequest request;
  request.set_actor("staff-office");
  *request.mutable_owner() = owner;
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, request).ok());
}

TEST(OutreachTest, WhatSomebodyIsToDoWhoIsAwayIsForWhoeverStandsIn) {
  ReviewGate gate;
  gate.Submit(HighCbc("F1"));
  v1::DirectoryOwner orderer;
  orderer.set_id(kOrderer);
  orderer.set_kind(v1::OWNER_KIND_CLINICIAN);
  orderer.set_left(true);
  orderer.set_covered_by("dr-2");
  Put(gate, orderer);
  const std::vector<v1::OutreachTask> covered = Tasks(gate, v1::OUTREACH_KIND_NOT_OPENED, "dr-2");
  ASSERT_THAT(covered, SizeIs(1));
  EXPECT_EQ(covered[0].owner().role(), "ordering-provider");
  EXPECT_THAT(Tasks(gate, v1::OUTREACH_KIND_NOT_OPENED, kOrderer), IsEmpty());

  orderer.clear_covered_by();
  Put(gate, orderer);
  EXPECT_THAT(Tasks(gate, v1::OUTREACH_KIND_NOT_OPENED, "results-pool"), SizeIs(1)) << "nobody covers";

  orderer.set_left(false);
  v1::Absence* absence = orderer.add_absences();
  *absence->mutable_from() = base::ToProto(At("2026-03-06T00:00:00-05:00"));
  *absence->mutable_until() = base::ToProto(At("2026-03-16T00:00:00-04:00"));
  absence->set_delegate("dr-3");
  Put(gate, orderer);
  EXPECT_THAT(Tasks(gate, v1::OUTREACH_KIND_NOT_OPENED, "dr-3"), SizeIs(1));
  gate.AdvanceTo("2026-03-16T09:00:00-04:00");
  EXPECT_THAT(Tasks(gate, v1::OUTREACH_KIND_NOT_OPENED, kOrderer), SizeIs(1)) << "late, and back";
}

TEST(OutreachTest, WhatIsHeldAndAbnormalIsListedForItsClinicianToo) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  const std::vector<v1::OutreachTask> tasks = Tasks(gate);
  ASSERT_THAT(Kinds(tasks), ElementsAre(v1::OUTREACH_KIND_NOT_OPENED));
  EXPECT_FALSE(tasks[0].released());
  // Who approves it has read it.
  v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(id);
  approval.set_version(1);
  ASSERT_TRUE(gate.Call(&Gate::Approve, approval).ok());
  EXPECT_THAT(Tasks(gate), IsEmpty());
}

// Nothing is left of them that would be released as corrected, and whoever read them may have acted on them.
TEST(OutreachTest, WordsThatTheSenderWithdrewAreForAClinicianToRead) {
  for (const bool read_before : {false, true}) {
    SCOPED_TRACE(read_before);
    ReviewGate gate;
    v1::DiagnosticReport report = Cbc("F1");
    report.set_snapshot(true);
    report.set_conclusion("A sign of it.");
    const int64_t id = gate.Submit(report);
    ASSERT_THAT(Tasks(gate), IsEmpty());
    v1::RecordClinicianViewRequest opened;
    opened.set_result_id(id);
    opened.set_clinician(kOrderer);
    if (read_before) {
      ASSERT_TRUE(gate.Call(&Gate::RecordClinicianView, opened).ok());
    }
    gate.AdvanceTo("2026-03-06T16:00:00-05:00");
    v1::DiagnosticReport corrected = resultgate::testing::Later(report, absl::Hours(1));
    corrected.set_status(v1::RESULT_STATUS_CORRECTED);
    corrected.clear_conclusion();
    ASSERT_EQ(gate.Submit(corrected), id);
    gate.AdvanceTo("2026-03-06T17:00:00-05:00");
    v1::DiagnosticReport again = resultgate::testing::Later(corrected, absl::Hours(1));
    again.mutable_observations(0)->mutable_quantity()->set_value("13.8");
    ASSERT_EQ(gate.Submit(again), id);
    const std::vector<v1::OutreachTask> tasks = Tasks(gate);
    ASSERT_THAT(Kinds(tasks), ElementsAre(v1::OUTREACH_KIND_NOT_OPENED));
    EXPECT_EQ(base::FromProto(tasks[0].since()), At("2026-03-06T16:00:00-05:00")) << "from then on, whatever came since";
    ASSERT_TRUE(gate.Call(&Gate::RecordClinicianView, opened).ok());
    EXPECT_THAT(Tasks(gate), IsEmpty());
    gate.AdvanceTo("2026-03-06T18:00:00-05:00");
    v1::DiagnosticReport once_more = resultgate::testing::Later(corrected, absl::Hours(2));
    once_more.mutable_observations(0)->mutable_quantity()->set_value("13.7");
    ASSERT_EQ(gate.Submit(once_more), id);
    ASSERT_THAT(Kinds(Tasks(gate)), ElementsAre(v1::OUTREACH_KIND_NOT_OPENED));
    EXPECT_EQ(base::FromProto(Tasks(gate)[0].since()), At("2026-03-06T18:00:00-05:00")) << "what was withdrawn has been read";
  }
}

// Nobody can have acted on what was never shown.
TEST(OutreachTest, WordsThatWereNeverShownAreNoneThatWereWithdrawn) {
  ReviewGate gate;
  v1::DiagnosticReport report = Cbc("F1");
  report.set_snapshot(true);
  report.set_status(v1::RESULT_STATUS_PRELIMINARY);
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  report.set_conclusion("A sign of it.");
  const int64_t id = gate.Submit(report);
  v1::DiagnosticReport last = resultgate::testing::Later(report, absl::Hours(1));
  last.set_status(v1::RESULT_STATUS_FINAL);
  last.mutable_observations(0)->set_status(v1::RESULT_STATUS_FINAL);
  last.clear_conclusion();
  gate.AdvanceTo("2026-03-06T16:00:00-05:00");
  ASSERT_EQ(gate.Submit(last), id);
  EXPECT_EQ((*gate.store().FindResult(id))->report().conclusion(), "");
  EXPECT_FALSE((*gate.store().FindResult(id))->follow_up().has_withdrawn_at());
  EXPECT_THAT(Tasks(gate), IsEmpty());
}

TEST(OutreachTest, OnlyWhatIsOutCanBeSeen) {
  ReviewGate gate;
  const int64_t held = gate.Submit(Biopsy("F1"));
  EXPECT_EQ(View(gate, held).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(View(gate, 9999).status().code(), absl::StatusCode::kNotFound);
}

TEST(OutreachTest, EveryViewIsLoggedOnceAndTheFirstCounts) {
  ReviewGate gate;
  const int64_t id = gate.Submit(HighCbc("F1"));
  EXPECT_TRUE(View(gate, id)->first());
  v1::RecordViewRequest again;
  again.set_result_id(id);
  again.set_audience(v1::AUDIENCE_PATIENT);
  again.set_viewer("account-1");
  *again.mutable_viewed_at() = base::ToProto(gate.clock().Now());
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(gate.Call(&Gate::RecordView, again)->first());
  again.set_viewer("account-2");
  EXPECT_TRUE(gate.Call(&Gate::RecordView, again).ok());
  v1::RecordClinicianViewRequest opened;
  opened.set_result_id(id);
  opened.set_clinician(kOrderer);
  *opened.mutable_viewed_at() = again.viewed_at();
  EXPECT_TRUE(gate.Call(&Gate::RecordClinicianView, opened)->first());
  EXPECT_FALSE(gate.Call(&Gate::RecordClinicianView, opened)->first());
  std::vector<std::string> views;
  for (const v1::Entry& entry : gate.Entries(id)) {
    if (entry.has_followed_up())
      views.push_back(absl::StrCat(v1::FollowUpKind_Name(entry.followed_up().kind()), " ", entry.actor()));
  }
  EXPECT_THAT(views, ElementsAre("FOLLOW_UP_KIND_VIEWED portal", "FOLLOW_UP_KIND_VIEWED account-1",
                                 "FOLLOW_UP_KIND_VIEWED account-2", absl::StrCat("FOLLOW_UP_KIND_CLINICIAN_VIEWED ", kOrderer)));
}

TEST(OutreachTest, APatientWithoutThePortalGetsALetterOrACall) {
  ReviewGate gate;
  v1::DiagnosticReport report = Cbc("F1");
  report.mutable_patient()->set_language("es");
  const int64_t id = gate.Submit(report);
  EXPECT_THAT(Tasks(gate), IsEmpty());
  v1::UpdatePatientRequest told;
  *told.mutable_facts()->mutable_identifiers() = report.patient().identifiers();
  told.mutable_facts()->set_portal_account(false);
  told.mutable_facts()->mutable_notifications()->add_values()->add_channels(v1::NOTIFICATION_CHANNEL_LETTER);
  told.set_actor("registration");
  ASSERT_TRUE(gate.Call(&Gate::UpdatePatient, told).ok());
  const std::vector<v1::OutreachTask> tasks = Tasks(gate);
  ASSERT_THAT(Kinds(tasks), ElementsAre(v1::OUTREACH_KIND_NO_ACCOUNT));
  EXPECT_EQ(tasks[0].language(), "es");
  EXPECT_THAT(tasks[0].channels(), ElementsAre(v1::NOTIFICATION_CHANNEL_LETTER));
  EXPECT_EQ(tasks[0].owner().role(), "results-pool");
  EXPECT_EQ(base::FromProto(tasks[0].deadline()), At("2026-03-11T15:00:00-04:00"));
  ASSERT_THAT(tasks[0].release_sequences(), SizeIs(1));
  v1::GetReleaseRequest shown;
  shown.set_sequence(tasks[0].release_sequences(0));
  shown.set_form(v1::COMMENT_FORM_LETTER);
  const auto letter = gate.gate().GetRelease(shown);
  ASSERT_TRUE(letter.ok()) << letter.status();
  EXPECT_THAT(letter->document(), HasSubstr("lang=\"es\""));
  ASSERT_EQ(Contact(gate, id), absl::OkStatus());
  EXPECT_THAT(Tasks(gate), IsEmpty());
  EXPECT_EQ(gate.Entries(id).back().followed_up().category(), "by telephone");
}

TEST(OutreachTest, WhatWentUnreviewedByItsRuleIsToldByAPerson) {
  ReviewGate gate;
  v1::DiagnosticReport report = resultgate::testing::Report("F1", "51958-7");
  report.set_section(v1::SECTION_GENETICS);
  report.set_narrative("no variant found");
  const int64_t id = gate.Submit(report);
  gate.AdvanceTo("2026-03-11T15:05:00-04:00");
  EXPECT_THAT(Kinds(Tasks(gate)), ElementsAre(v1::OUTREACH_KIND_NOT_OPENED, v1::OUTREACH_KIND_REACH_PATIENT));
  EXPECT_EQ(Tasks(gate, v1::OUTREACH_KIND_REACH_PATIENT)[0].owner().role(), "genetics-pool");
  ASSERT_EQ(Contact(gate, id), absl::OkStatus());
  EXPECT_THAT(Kinds(Tasks(gate)), ElementsAre(v1::OUTREACH_KIND_NOT_OPENED));
}

TEST(OutreachTest, ARefusedMessageWaitsUntilSomebodyHasLooked) {
  ReviewGate gate;
  v1::RefuseResultRequest refusal;
  refusal.set_sender("LAB|NORTH");
  refusal.set_message_id("M1");
  refusal.set_message_digest(base::DigestText("MSH"));
  refusal.add_issues()->set_message("no segment begins with PID");
  const auto refused = gate.Call(&Gate::Refuse, refusal);
  ASSERT_TRUE(refused.ok());
  const std::vector<v1::OutreachTask> tasks = Tasks(gate);
  ASSERT_THAT(Kinds(tasks), ElementsAre(v1::OUTREACH_KIND_REFUSED_MESSAGE));
  EXPECT_EQ(tasks[0].owner().role(), "health-information-management");
  EXPECT_EQ(tasks[0].message_id(), "M1");
  v1::SettleRefusalRequest settle;
  settle.set_entry_sequence(refused->entry_sequence() - 1);
  settle.set_settled_by("him-1");
  settle.set_how("sent again as M2");
  EXPECT_EQ(gate.Call(&Gate::SettleRefusal, settle).status().code(), absl::StatusCode::kNotFound) << "no refusal";
  settle.set_entry_sequence(refused->entry_sequence());
  gate.AdvanceTo("2027-03-08T12:00:00-05:00");
  EXPECT_THAT(Tasks(gate, v1::OUTREACH_KIND_REFUSED_MESSAGE), SizeIs(1)) << "however long nobody looks";
  EXPECT_THAT(Tasks(gate, v1::OUTREACH_KIND_NOT_OPENED), IsEmpty());
  ASSERT_TRUE(gate.Call(&Gate::SettleRefusal, settle).ok());
  EXPECT_THAT(Tasks(gate), IsEmpty());
  settle.set_settled_by("him-2");
  EXPECT_TRUE(gate.Call(&Gate::SettleRefusal, settle).ok());
  int settled = 0;
  for (const v1::Entry& entry : gate.Entries(0)) {
    if (entry.followed_up().kind() == v1::FOLLOW_UP_KIND_REFUSAL_SETTLED) ++settled;
  }
  EXPECT_EQ(settled, 1) << "told twice, logged once";
}

// A blood count that was seen on the 6th, and an HIV test of the same report that went unreviewed on the 16th.
v1::Result SeenBeforeTheRest() {
  v1::Result result;
  v1::Outcome* routine = result.mutable_decision()->add_outcomes();
  routine->add_unit_ids("718-7");
  routine->add_audiences(v1::AUDIENCE_PATIENT);
  routine->set_state(v1::OUTCOME_STATE_RELEASED);
  *routine->mutable_released_at() = base::ToProto(At("2026-03-06T15:00:00-05:00"));
  v1::Outcome* hiv = result.mutable_decision()->add_outcomes();
  *hiv = *routine;
  hiv->set_unit_ids(0, "7918-6");
  *hiv->mutable_released_at() = base::ToProto(At("2026-03-16T15:00:00-04:00"));
  hiv->set_released_unreviewed(true);
  hiv->mutable_review()->set_on_expiry(v1::ON_EXPIRY_RELEASE_WITH_OUTREACH);
  v1::Observation* observation = result.mutable_report()->add_observations();
  observation->set_id("7918-6");
  observation->set_interpretation(v1::INTERPRETATION_HIGH);
  v1::FollowUp* done = result.mutable_follow_up();
  *done->mutable_clinician_viewed_at() = routine->released_at();
  *done->mutable_first_viewed_at() = routine->released_at();
  *done->mutable_last_viewed_at() = routine->released_at();
  return result;
}

TEST(OutreachTest, AViewOrAContactTellsOfWhatWasReleasedByThen) {
  const auto seven_days_later = At("2026-03-23T15:00:00-04:00");
  v1::Result result = SeenBeforeTheRest();
  EXPECT_THAT(DutiesOf(result, seven_days_later), ElementsAre(v1::OUTREACH_KIND_NOT_VIEWED, v1::OUTREACH_KIND_REACH_PATIENT));
  *result.mutable_follow_up()->mutable_contacted_at() = base::ToProto(At("2026-03-16T14:59:59-04:00"));
  EXPECT_THAT(DutiesOf(result, seven_days_later), ElementsAre(v1::OUTREACH_KIND_NOT_VIEWED, v1::OUTREACH_KIND_REACH_PATIENT));
  v1::Result contacted = result;
  *contacted.mutable_follow_up()->mutable_contacted_at() = base::ToProto(At("2026-03-16T15:00:00-04:00"));
  EXPECT_THAT(DutiesOf(contacted, seven_days_later), IsEmpty());
  v1::Result seen = result;
  *seen.mutable_follow_up()->mutable_last_viewed_at() = base::ToProto(At("2026-03-17T15:00:00-04:00"));
  EXPECT_THAT(DutiesOf(seen, seven_days_later), IsEmpty());
  // What is not abnormal and goes later asks for nothing: what is was seen.
  v1::Outcome* late = seen.mutable_decision()->mutable_outcomes(0);
  *late->mutable_released_at() = base::ToProto(At("2026-03-18T15:00:00-04:00"));
  EXPECT_THAT(DutiesOf(seen, seven_days_later), IsEmpty());
  // Without an account, everything is to be told.
  seen.mutable_known_patient()->set_portal_account(false);
  EXPECT_THAT(DutiesOf(seen, seven_days_later), ElementsAre(v1::OUTREACH_KIND_NO_ACCOUNT));
}

TEST(OutreachTest, ANoticeIsMetByAViewOfWhatItIsAboutOrByAContactAfterItsClockStarted) {
  v1::Result result = SeenBeforeTheRest();
  *result.mutable_decision()->mutable_clock_start() = base::ToProto(At("2026-03-06T14:00:00-05:00"));
  v1::Outcome* hiv = result.mutable_decision()->mutable_outcomes(1);
  hiv->clear_review();
  v1::AppliedRule* rule = hiv->add_rules();
  rule->set_rule_id("summary");
  rule->set_effect(v1::RULE_EFFECT_NOTICE);
  result.mutable_report()->clear_observations();
  const auto later = At("2026-03-23T15:00:00-04:00");
  EXPECT_THAT(DutiesOf(result, later), ElementsAre(v1::OUTREACH_KIND_NOTICE_DUE));
  v1::Result seen = result;
  *seen.mutable_follow_up()->mutable_last_viewed_at() = base::ToProto(At("2026-03-16T15:00:00-04:00"));
  EXPECT_THAT(DutiesOf(seen, later), IsEmpty());
  hiv->set_state(v1::OUTCOME_STATE_HELD);
  hiv->clear_released_at();
  EXPECT_THAT(DutiesOf(result, later), ElementsAre(v1::OUTREACH_KIND_NOTICE_DUE)) << "what is held has nobody seen";
  *result.mutable_follow_up()->mutable_contacted_at() = base::ToProto(At("2026-03-06T13:00:00-05:00"));
  EXPECT_THAT(DutiesOf(result, later), ElementsAre(v1::OUTREACH_KIND_NOTICE_DUE));
  *result.mutable_follow_up()->mutable_contacted_at() = base::ToProto(At("2026-03-10T13:00:00-04:00"));
  EXPECT_THAT(DutiesOf(result, later), IsEmpty());
}

TEST(OutreachTest, WhatGoesLaterIsToBeSeenFromThenOn) {
  ReviewGate gate;
  v1::DiagnosticReport report = Cbc("F1");
  resultgate::testing::AddObservation(&report, "7918-6", "2")->set_interpretation(v1::INTERPRETATION_HIGH);
  const int64_t id = gate.Submit(report);
  ASSERT_TRUE(View(gate, id).ok()) << "the blood count";
  ASSERT_EQ(Opened(gate, id), absl::OkStatus());
  gate.AdvanceTo("2026-03-09T15:01:00-04:00");  // the review of the HIV test expires
  EXPECT_THAT(Tasks(gate), IsEmpty()) << "not yet";
  gate.AdvanceTo("2026-03-12T16:00:00-04:00");
  const std::vector<v1::OutreachTask> tasks = Tasks(gate);
  ASSERT_THAT(Kinds(tasks), ElementsAre(v1::OUTREACH_KIND_NOT_VIEWED));
  EXPECT_GE(base::FromProto(tasks[0].since()), At("2026-03-12T15:00:00-04:00"))
      << "three days after it went, not the blood count";
  const auto seen = View(gate, id);
  ASSERT_TRUE(seen.ok());
  EXPECT_FALSE(seen->first());
  EXPECT_THAT(Tasks(gate), IsEmpty());
}

TEST(OutreachTest, NobodyHasSeenOrToldWhatWasNotThereYet) {
  ReviewGate gate;
  const int64_t id = gate.Submit(HighCbc("F1"));
  v1::RecordViewRequest view;
  view.set_result_id(id);
  view.set_audience(v1::AUDIENCE_PATIENT);
  v1::RecordClinicianViewRequest opened;
  opened.set_result_id(id);
  opened.set_clinician(kOrderer);
  v1::RecordContactRequest contact;
  contact.set_result_id(id);
  contact.set_contacted_by("nurse-1");
  contact.set_how("by telephone");
  const auto at = [&](const std::string& time) {
    *view.mutable_viewed_at() = base::ToProto(At(time));
    *opened.mutable_viewed_at() = view.viewed_at();
    *contact.mutable_contacted_at() = view.viewed_at();
  };
  const size_t received = gate.Entries(id).size();
  for (const std::string time : {"0001-01-01T00:00:00Z", "2020-03-06T15:00:00-05:00", "2026-03-06T14:59:59-05:00"}) {
    at(time);
    const absl::Status refused[] = {gate.Call(&Gate::RecordView, view).status(),
                                    gate.Call(&Gate::RecordClinicianView, opened).status(),
                                    gate.Call(&Gate::RecordContact, contact).status()};
    for (const absl::Status& status : refused) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << time;
      EXPECT_THAT(std::string(status.message()), ::testing::ContainsRegex("^(viewed|contacted)_at is "));
    }
  }
  EXPECT_THAT(gate.Entries(id), SizeIs(received)) << "and nothing of it is logged";

  gate.AdvanceTo("2026-03-07T12:00:00-05:00");
  v1::DiagnosticReport corrected = resultgate::testing::Later(HighCbc("F1"), absl::Hours(20));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.mutable_observations(0)->mutable_quantity()->set_value("21.4");
  ASSERT_EQ(gate.Submit(corrected), id);
  const size_t before = gate.Entries(id).size();
  at("2026-03-06T16:00:00-05:00");
  EXPECT_FALSE(gate.Call(&Gate::RecordView, view)->first());
  EXPECT_FALSE(gate.Call(&Gate::RecordClinicianView, opened)->first());
  EXPECT_TRUE(gate.Call(&Gate::RecordContact, contact).ok());
  EXPECT_THAT(gate.Entries(id), SizeIs(before + 3)) << "that of the first version happened";
  const v1::FollowUp done = (*gate.store().FindResult(id))->follow_up();
  EXPECT_FALSE(done.has_first_viewed_at() || done.has_clinician_viewed_at() || done.has_contacted_at()) << done.DebugString();

  at("2026-03-07T12:00:00-05:00");
  EXPECT_TRUE(gate.Call(&Gate::RecordView, view)->first());
  EXPECT_TRUE(gate.Call(&Gate::RecordClinicianView, opened)->first());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(gate.Call(&Gate::RecordContact, contact).ok());
  EXPECT_THAT(gate.Entries(id), SizeIs(before + 6)) << "a contact that is told twice is logged once";
  EXPECT_THAT(gate.Entries(id).back().followed_up().told_digest(), ::testing::StartsWith("sha256:"));
  EXPECT_THAT(Tasks(gate), IsEmpty());
}

TEST(OutreachTest, ADutyToNotifyIsMetByAContact) {
  v1::Result result;
  v1::Outcome* outcome = result.mutable_decision()->add_outcomes();
  outcome->add_unit_ids("document");
  outcome->add_audiences(v1::AUDIENCE_PATIENT);
  outcome->set_state(v1::OUTCOME_STATE_HELD);
  EXPECT_THAT(DutiesOf(result, At(testing::kFriday)), IsEmpty());
  v1::AppliedRule* rule = outcome->add_rules();
  rule->set_rule_id("mammogram-summary");
  rule->set_effect(v1::RULE_EFFECT_NOTICE);
  EXPECT_THAT(DutiesOf(result, At(testing::kFriday)), ElementsAre(v1::OUTREACH_KIND_NOTICE_DUE)) << "held or not";
  *result.mutable_follow_up()->mutable_contacted_at() = base::ToProto(At("2026-03-06T15:00:00-05:00"));
  EXPECT_THAT(DutiesOf(result, At(testing::kFriday)), IsEmpty());
}

}  // namespace
}  // namespace resultgate::gate
