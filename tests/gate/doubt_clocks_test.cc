// Clocks of units of one report that came at different times, through doubts and late messages, on a real database: what holds a
// unit holds it from when that was first final, and a doubt neither shortens nor lengthens it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "server/gate/ask_anew.h"
#include "server/gate/decision_before.h"
#include "server/gate/keys.h"
#include "server/gate/logged_state.h"
#include "server/gate/replay_log.h"
#include "server/gate/submit.h"
#include "server/gate/versions.h"
#include "server/intake/tables.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"
#include "server/policy/units.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/log_file.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::scenario::BareGate;
using ::resultgate::testing::AddObservation;
using ::resultgate::testing::At;
using ::resultgate::testing::Later;
using ::resultgate::testing::Report;

// Its numbers go at once but for two, which go three and four days after they were first final; its words go after one day.
constexpr char kLetterCode[] = "11488-4";
constexpr char kSlow[] = "36643-5";
constexpr char kSlower[] = "24604-1";

v1::PackFiles LetterPack() {
  v1::PackFiles files = MakePack(absl::StrCat(kRoutine, R"(  - id: letter-delay
    title: t
    match: {codes: [letter], unit: document}
    then: {release: now, delay: 24 h}
    lifted_by: [patient]
    basis: {type: organization-policy, citation: c}
  - id: slow-delay
    title: t
    match: {codes: [imaging], unit: observation}
    then: {release: now, delay: 72 h}
    lifted_by: [patient]
    basis: {type: organization-policy, citation: c}
  - id: slower-delay
    title: t
    match: {codes: [slower], unit: observation}
    then: {release: now, delay: 96 h}
    lifted_by: [patient]
    basis: {type: organization-policy, citation: c}
)"));
  AddSet("letter", kLetterCode, &files);
  AddSet("slower", kSlower, &files);
  return files;
}

v1::DiagnosticReport Numbers(const std::string& value = "13.9") {
  v1::DiagnosticReport report = Report("F1", kLetterCode);
  AddObservation(&report, "718-7", value);
  return report;
}

v1::DiagnosticReport WithWords(const std::string& words, absl::Duration later) {
  v1::DiagnosticReport report = Later(Numbers(), later);
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  report.set_narrative(words);
  return report;
}

class DoubtClocksTest : public ::testing::Test {
 protected:
  // `after`: the time of issue of Numbers().
  int64_t SubmitAt(absl::Duration after, const v1::DiagnosticReport& report) {
    gate_.MoveTo(kIssued + after);
    return gate_.Submit(report).result_id();
  }
  v1::Result Get(int64_t id) { return **gate_.store().FindResult(id); }
  v1::Outcome OutcomeOf(int64_t id, const std::string& unit) {
    const v1::Result result = Get(id);
    return *policy::OutcomeOf(&result.decision(), unit, v1::AUDIENCE_PATIENT);
  }
  absl::Duration FloorOf(int64_t id, const std::string& unit) {
    return base::FromProto(OutcomeOf(id, unit).not_before()) - kIssued;
  }
  absl::Status ApproveAt(absl::Duration after, int64_t id, const std::string& reviewer) {
    gate_.MoveTo(kIssued + after);
    return gate_.Approve(id, Get(id).version(), reviewer);
  }
  // It waits for its floor, and goes then.
  void ExpectToGoAt(absl::Duration floor, int64_t id, const std::string& unit) {
    EXPECT_EQ(FloorOf(id, unit), floor);
    gate_.MoveTo(kIssued + floor - absl::Minutes(1));
    EXPECT_EQ(OutcomeOf(id, unit).state(), v1::OUTCOME_STATE_HELD);
    gate_.MoveTo(kIssued + floor);
    EXPECT_EQ(OutcomeOf(id, unit).state(), v1::OUTCOME_STATE_RELEASED);
  }
  // Every decision that can be made again comes out as it was logged; `made`: how many can.
  void ExpectSameAgain(int64_t made) {
    gate_.Stop();
    const auto log = store::OpenLogFile(gate_.database());
    ASSERT_TRUE(log.ok()) << log.status();
    const auto replayed = ReplayLog(**log, {}, nullptr);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    for (const Replayed& difference : replayed->differences) ADD_FAILURE() << absl::StrJoin(difference.details, "; ");
    EXPECT_EQ(replayed->same, made);
  }

  const absl::Time kIssued = At("2026-03-06T14:00:00-05:00");
  BareGate gate_{LetterPack()};
};

// A correction added words, two more messages contradicted each other, and a person said which stands.
TEST_F(DoubtClocksTest, WhatHeldTheWordsBeforeADoubtHoldsThemAfterAPersonEndedIt) {
  const int64_t id = SubmitAt(absl::Hours(1), Numbers());
  SubmitAt(absl::Hours(11), WithWords("no change", absl::Hours(10)));
  EXPECT_EQ(FloorOf(id, policy::kDocument), absl::Hours(34));
  SubmitAt(absl::Hours(12), WithWords("a small change", absl::Hours(10)));
  ASSERT_EQ(StandingQuarantine(Get(id)), kUnclearOrder);
  ASSERT_TRUE(ApproveAt(absl::Hours(30), id, "reviewer-1").ok());
  EXPECT_EQ(OutcomeOf(id, "718-7").state(), v1::OUTCOME_STATE_RELEASED) << "nothing held it before, either";
  ExpectToGoAt(absl::Hours(34), id, policy::kDocument);
  ExpectSameAgain(3);
}

// A message that ends the doubt does not make the patient wait anew.
TEST_F(DoubtClocksTest, AMessageThatEndsADoubtStartsNoClockAnew) {
  const int64_t id = SubmitAt(absl::Hours(1), WithWords("no change", absl::ZeroDuration()));
  SubmitAt(absl::Hours(2), WithWords("a small change", absl::ZeroDuration()));
  ASSERT_EQ(StandingQuarantine(Get(id)), kUnclearOrder);
  SubmitAt(absl::Hours(13), WithWords("no change at all", absl::Hours(12)));
  ASSERT_EQ(StandingQuarantine(Get(id)), "");
  ExpectToGoAt(absl::Hours(24), id, policy::kDocument);
  ExpectSameAgain(4);
}

TEST_F(DoubtClocksTest, WhatADoubtfulMessageAddsWaitsFromThatOn) {
  const int64_t id = SubmitAt(absl::Hours(1), Numbers());
  SubmitAt(absl::Hours(11), WithWords("no change", absl::Hours(10)));
  v1::DiagnosticReport twin = WithWords("a small change", absl::Hours(10));
  AddObservation(&twin, kSlow, "1");
  SubmitAt(absl::Hours(12), twin);
  ASSERT_EQ(StandingQuarantine(Get(id)), kUnclearOrder);
  ASSERT_TRUE(ApproveAt(absl::Hours(30), id, "reviewer-1").ok());
  ExpectToGoAt(absl::Hours(82), id, kSlow);
}

TEST_F(DoubtClocksTest, WhatWasTakenBackAndIsRestoredGoesOnAsItWaited) {
  gate_.RecordRestorer("reviewer-2");
  const int64_t id = SubmitAt(absl::Hours(1), Numbers());
  SubmitAt(absl::Hours(11), WithWords("no change", absl::Hours(10)));
  v1::DiagnosticReport wrong = WithWords("", absl::Hours(12));
  wrong.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  SubmitAt(absl::Hours(12), wrong);
  SubmitAt(absl::Hours(14), WithWords("no change", absl::Hours(13)));
  ASSERT_EQ(StandingQuarantine(Get(id)), kTakenBack);
  ASSERT_TRUE(ApproveAt(absl::Hours(15), id, "reviewer-1").ok());
  ASSERT_TRUE(ApproveAt(absl::Hours(16), id, "reviewer-2").ok());
  ExpectToGoAt(absl::Hours(34), id, policy::kDocument);
}

// Where it was in doubt from its first message, nothing had been decided: clocks start with the report.
TEST_F(DoubtClocksTest, WhatWasAlwaysInDoubtStartsWithItsReport) {
  v1::DiagnosticReport confirms = WithWords("no change", absl::ZeroDuration());
  confirms.mutable_observations(0)->clear_quantity();
  confirms.mutable_observations(0)->set_data_absent_reason(intake::kSentEarlier);
  const int64_t id = SubmitAt(absl::Hours(1), confirms);
  ASSERT_EQ(StandingQuarantine(Get(id)), kNothingToConfirm);
  ASSERT_TRUE(ApproveAt(absl::Hours(6), id, "reviewer-1").ok());
  ExpectToGoAt(absl::Hours(24), id, policy::kDocument);
}

// What came to it then is counted from the last of its versions.
TEST_F(DoubtClocksTest, WhatIsAddedToWhatWasAlwaysInDoubtWaitsFromThatOn) {
  const auto confirms = [](v1::DiagnosticReport report) {
    report.mutable_observations(0)->clear_quantity();
    report.mutable_observations(0)->set_data_absent_reason(intake::kSentEarlier);
    return report;
  };
  const int64_t id = SubmitAt(absl::Hours(1), confirms(Numbers()));
  SubmitAt(absl::Hours(11), confirms(WithWords("no change", absl::Hours(10))));
  ASSERT_EQ(StandingQuarantine(Get(id)), kNothingToConfirm);
  ASSERT_TRUE(ApproveAt(absl::Hours(12), id, "reviewer-1").ok());
  ExpectToGoAt(absl::Hours(34), id, policy::kDocument);
}

// A review that nobody could do begins anew, and its whole time is left.
TEST_F(DoubtClocksTest, AReviewBeginsWhenTheDoubtEnds) {
  BareGate gate(MakePack(absl::StrCat(kRoutine, TissueReview("2 business days"))));
  const int64_t id = gate.Submit(resultgate::testing::Biopsy("F2")).result_id();
  v1::DiagnosticReport twin = resultgate::testing::Biopsy("F2");
  twin.set_narrative("malignant breast tissue");
  gate.Submit(twin);
  gate.MoveTo(At("2026-03-17T09:00:00-04:00"));
  ASSERT_EQ(StandingQuarantine(**gate.store().FindResult(id)), kUnclearOrder);
  ASSERT_TRUE(gate.Approve(id, 2, "reviewer-1").ok());
  const v1::Result result = **gate.store().FindResult(id);
  const v1::Outcome outcome = *policy::OutcomeOf(&result.decision(), policy::kDocument, v1::AUDIENCE_PATIENT);
  EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_HELD);
  EXPECT_EQ(base::FromProto(outcome.review().expires_at()), At("2026-03-19T09:00:00-04:00"));
}

// No time of issue was sent: what came in doubt counts from when it was received, not from when a person found the time for it.
TEST_F(DoubtClocksTest, WithoutATimeOfIssueTheReceiptCounts) {
  v1::DiagnosticReport first = Numbers();
  first.clear_issued();
  v1::DiagnosticReport twin = Numbers("9.9");
  twin.clear_issued();
  AddObservation(&twin, kSlow, "1");
  const int64_t id = SubmitAt(absl::Hours(1), first);
  SubmitAt(absl::Hours(11), twin);
  ASSERT_EQ(StandingQuarantine(Get(id)), kUnclearOrder);
  ASSERT_TRUE(ApproveAt(absl::Hours(40), id, "reviewer-1").ok());
  ExpectToGoAt(absl::Hours(83), id, kSlow);
  ExpectSameAgain(2);
}

// All of it was taken back, an older message of a part came late, and two people restored what came again.
TEST_F(DoubtClocksTest, WhatComesLateWhileNothingStandsSetsBackItsOwnClocks) {
  gate_.RecordRestorer("reviewer-2");
  v1::DiagnosticReport both = Later(Numbers(), absl::Hours(2));
  AddObservation(&both, kSlow, "1");
  AddObservation(&both, kSlower, "2");
  const int64_t id = SubmitAt(absl::Hours(3), both);
  v1::DiagnosticReport wrong = Later(both, absl::Hours(1));
  wrong.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  SubmitAt(absl::Hours(4), wrong);
  v1::DiagnosticReport late = Numbers();
  AddObservation(&late, kSlow, "1");
  SubmitAt(absl::Hours(5), late);
  EXPECT_EQ(base::FromProto(Get(id).decision().clock_start()), kIssued);
  SubmitAt(absl::Hours(7), Later(both, absl::Hours(4)));
  ASSERT_EQ(StandingQuarantine(Get(id)), kTakenBack);
  ASSERT_TRUE(ApproveAt(absl::Hours(8), id, "reviewer-1").ok());
  ASSERT_TRUE(ApproveAt(absl::Hours(9), id, "reviewer-2").ok());
  EXPECT_EQ(FloorOf(id, kSlow), absl::Hours(72));
  ExpectToGoAt(absl::Hours(98), id, kSlower);
}

// Two patients who had been one are two again, and two people have said whose the only version is: asked anew at once, the pack
// says the same.
TEST_F(DoubtClocksTest, AFirstVersionThatWasInDoubtHasADecisionBefore) {
  gate_.RecordRestorer("reviewer-2");
  v1::MergePatientsRequest merge;
  merge.set_actor("records");
  merge.mutable_survivor()->set_system("MRN");
  merge.mutable_survivor()->set_value("p1");
  merge.mutable_merged()->set_system("MRN");
  merge.mutable_merged()->set_value("p2");
  gate_.Ask(&Gate::MergePatients, merge);
  v1::DiagnosticReport report = WithWords("no change", absl::ZeroDuration());
  *report.mutable_patient()->add_identifiers() = merge.merged();
  const int64_t id = SubmitAt(absl::Hours(1), report);
  EXPECT_FALSE(DecisionBefore(gate_.store(), Get(id))->has_value());
  v1::UnmergePatientsRequest unmerge;
  unmerge.set_actor("records");
  *unmerge.mutable_survivor() = merge.survivor();
  *unmerge.mutable_merged() = merge.merged();
  gate_.Ask(&Gate::UnmergePatients, unmerge);
  ASSERT_EQ(StandingQuarantine(Get(id)), kOtherPatient);
  ASSERT_TRUE(ApproveAt(absl::Hours(2), id, "reviewer-1").ok());
  ASSERT_TRUE(ApproveAt(absl::Hours(3), id, "reviewer-2").ok());
  ASSERT_EQ(Get(id).version(), 1);
  const std::optional<v1::Decision> before = *DecisionBefore(gate_.store(), Get(id));
  ASSERT_TRUE(before.has_value());
  const auto cells = AskAnew(*gate_.pack().pack, Get(id), &*before, kIssued + absl::Hours(3));
  LoggedCells asked = ToLoggedCells(policy::ToOutcomes(cells)), stands = ToLoggedCells(Get(id).decision().outcomes());
  for (const v1::Audience audience : policy::kAudiences) {
    for (LoggedCells* of : {&asked, &stands}) of->erase({"718-7", audience});  // it is out
  }
  EXPECT_THAT(DifferencesOf(stands, asked), ::testing::IsEmpty());
  ExpectToGoAt(absl::Hours(24), id, policy::kDocument);
  ExpectSameAgain(5);
}

// What comes late tells of its own units that they were final earlier, and nothing of others.
TEST_F(DoubtClocksTest, ALateMessageSetsBackTheClocksOfItsOwnUnits) {
  const auto both = [](absl::Duration later) {
    v1::DiagnosticReport report = Later(Numbers(), later);
    AddObservation(&report, kSlow, "1");
    AddObservation(&report, kSlower, "2");
    return report;
  };
  const int64_t id = SubmitAt(absl::Hours(3), both(absl::Hours(2)));
  EXPECT_EQ(FloorOf(id, kSlow), absl::Hours(74));
  EXPECT_EQ(FloorOf(id, kSlower), absl::Hours(98));
  v1::DiagnosticReport first = Numbers();
  AddObservation(&first, kSlow, "1");
  ASSERT_EQ(SubmitAt(absl::Hours(4), first), id);
  EXPECT_EQ(base::FromProto(Get(id).decision().clock_start()), kIssued);
  EXPECT_EQ(FloorOf(id, kSlow), absl::Hours(72));
  EXPECT_EQ(FloorOf(id, kSlower), absl::Hours(98));
  // Nor does what comes after it.
  SubmitAt(absl::Hours(6), both(absl::Hours(5)));
  EXPECT_EQ(FloorOf(id, kSlow), absl::Hours(72));
  ExpectToGoAt(absl::Hours(98), id, kSlower);
  ExpectSameAgain(5);
}

// The log's list of them is held against the message.
TEST_F(DoubtClocksTest, UnitsThatWereNotSetBackAreSaid) {
  v1::DiagnosticReport second = Later(Numbers(), absl::Hours(2));
  AddObservation(&second, kSlower, "2");
  SubmitAt(absl::Hours(3), second);
  SubmitAt(absl::Hours(4), Numbers());
  gate_.Stop();
  {
    store::Connection connection = *store::Connection::Open(gate_.database(), store::Connection::Mode::kReadWriteCreate);
    constexpr char kLast[] = "WHERE sequence = (SELECT max(sequence) FROM entries WHERE result_id = 1)";
    store::Statement read = *connection.Prepare(absl::StrCat("SELECT bytes FROM entries ", kLast));
    ASSERT_TRUE(*read.Step());
    v1::Entry entry;
    ASSERT_TRUE(entry.ParseFromString(std::string(read.Blob(0))));
    ASSERT_THAT(entry.decided().set_back_unit_ids(), ::testing::ElementsAre("718-7"));
    entry.mutable_decided()->add_set_back_unit_ids("9999-9");
    const std::string bytes = entry.SerializeAsString();
    store::Statement write = *connection.Prepare(absl::StrCat("UPDATE entries SET bytes = ?1 ", kLast));
    write.BindBlob(1, bytes);
    ASSERT_EQ(write.Run(), absl::OkStatus());
  }
  const auto log = store::OpenLogFile(gate_.database());
  ASSERT_TRUE(log.ok()) << log.status();
  const auto replayed = ReplayLog(**log, {}, nullptr);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  ASSERT_EQ(replayed->different, 1);
  EXPECT_THAT(replayed->differences[0].details, ::testing::ElementsAre("set_back_unit_ids: logged 718-7, 9999-9, now 718-7"));
}

}  // namespace
}  // namespace resultgate::gate
