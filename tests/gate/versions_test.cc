#include "server/gate/versions.h"

#include <gtest/gtest.h>

#include "server/gate/attached_files.h"
#include "server/intake/tables.h"
#include "server/policy/decide.h"
#include "tests/gate/reports.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::AddObservation;
using ::resultgate::testing::At;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::Later;

v1::DiagnosticReport WithStatus(v1::DiagnosticReport report, v1::ResultStatus status) {
  report.set_status(status);
  for (v1::Observation& observation : *report.mutable_observations()) observation.set_status(status);
  return report;
}

TEST(CompareVersions, TimeOfStatusFirstThenStatus) {
  const v1::DiagnosticReport final_report = Cbc("F1");
  const v1::DiagnosticReport corrected = WithStatus(Cbc("F1", "9.9"), v1::RESULT_STATUS_CORRECTED);
  EXPECT_EQ(CompareVersions(Later(corrected, absl::Minutes(1)), final_report), VersionOrder::kNewer);
  EXPECT_EQ(CompareVersions(final_report, Later(corrected, absl::Minutes(1))), VersionOrder::kOlder);
  EXPECT_EQ(CompareVersions(Later(corrected, -absl::Minutes(1)), final_report), VersionOrder::kOlder)
      << "time counts before status";
  EXPECT_EQ(CompareVersions(corrected, final_report), VersionOrder::kNewer) << "at the same time the status counts";
  EXPECT_EQ(CompareVersions(final_report, corrected), VersionOrder::kOlder);
}

TEST(CompareVersions, WhereATimeIsMissingTheStatusCounts) {
  v1::DiagnosticReport preliminary = WithStatus(Cbc("F1"), v1::RESULT_STATUS_PRELIMINARY);
  v1::DiagnosticReport final_report = Cbc("F1");
  final_report.clear_issued();
  EXPECT_EQ(CompareVersions(final_report, preliminary), VersionOrder::kNewer);
  EXPECT_EQ(CompareVersions(preliminary, final_report), VersionOrder::kOlder);
}

TEST(CompareVersions, TheMessagesTimeStandsInForAMissingTimeOfStatus) {
  v1::DiagnosticReport first = Cbc("F1", "1");
  v1::DiagnosticReport second = Cbc("F1", "2");
  first.clear_issued();
  second.clear_issued();
  first.mutable_message_time()->set_seconds(100);
  second.mutable_message_time()->set_seconds(200);
  EXPECT_EQ(CompareVersions(second, first), VersionOrder::kNewer);
  EXPECT_EQ(CompareVersions(first, second), VersionOrder::kOlder);
}

TEST(CompareVersions, AnObservationsOwnTimeCounts) {
  v1::DiagnosticReport first = Cbc("F1", "1");
  v1::DiagnosticReport second = Cbc("F1", "2");
  *second.mutable_observations(0)->mutable_issued() = base::ToProto(base::FromProto(first.issued()) + absl::Minutes(1));
  StampTimes(&first, At(resultgate::testing::kFriday));
  StampTimes(&second, At(resultgate::testing::kFriday));
  EXPECT_EQ(CompareVersions(second, first), VersionOrder::kNewer);
}

TEST(StampTimes, DropsTimesToComeAndInheritsTheReports) {
  v1::DiagnosticReport report = Cbc("F1");
  AddObservation(&report, "4544-3", "41");
  *report.mutable_observations(1)->mutable_issued() = base::ToProto(At("2026-03-06T14:30:00-05:00"));
  report.mutable_observations(0)->mutable_status_time()->set_seconds(1);
  StampTimes(&report, At(resultgate::testing::kFriday));
  EXPECT_EQ(report.observations(0).status_time().seconds(), report.issued().seconds()) << "what a sender wrote is dropped";
  EXPECT_EQ(report.observations(1).status_time().seconds(), report.observations(1).issued().seconds());
  *report.mutable_issued() = base::ToProto(At("2062-03-06T14:30:00-05:00"));
  StampTimes(&report, At(resultgate::testing::kFriday));
  EXPECT_FALSE(report.has_issued()) << "one wrong year must not shut out every correction to come";
  EXPECT_FALSE(report.observations(0).has_status_time());
  EXPECT_EQ(report.issues_size(), 1);
}

// What these versions come to, whatever their order.
Standing Together(const std::vector<v1::DiagnosticReport>& reports) {
  std::vector<v1::DiagnosticReport> versions;
  for (v1::DiagnosticReport report : reports) {
    StampTimes(&report, At(resultgate::testing::kFriday));
    InsertVersion(std::move(report), &versions);
  }
  return PutTogether(versions);
}

TEST(PutTogether, EveryObservationInItsLatestState) {
  v1::DiagnosticReport first = Cbc("F1", "1");
  AddObservation(&first, "4544-3", "41");
  const v1::DiagnosticReport third = Later(Cbc("F1", "3"), absl::Minutes(20));
  v1::DiagnosticReport second = Later(resultgate::testing::Report("F1", "58410-2"), absl::Minutes(10));
  AddObservation(&second, "4544-3", "42");
  const Standing standing = Together({third, first, second});
  EXPECT_EQ(standing.report.observations(0).quantity().value(), "3");
  EXPECT_EQ(standing.report.observations(1).quantity().value(), "42") << "late, but the latest word on this observation";
  EXPECT_EQ(standing.doubt, "");
}

TEST(CompareVersions, DifferentContentOfTheSameUnitAtTheSameTimeIsUnclear) {
  EXPECT_EQ(CompareVersions(Cbc("F1", "1"), Cbc("F1", "2")), VersionOrder::kUnclear);
  v1::DiagnosticReport other_part = resultgate::testing::Report("F1", "58410-2");
  AddObservation(&other_part, "4544-3", "41");
  EXPECT_EQ(CompareVersions(other_part, Cbc("F1")), VersionOrder::kNewer) << "parts of one report do not contradict each other";
}

TEST(PutTogether, TakesNothingAwayThatTheNewerDoesNotMention) {
  v1::DiagnosticReport older = Cbc("F1", "1");
  AddObservation(&older, "4544-3", "41");
  older.set_narrative("the older text");
  v1::DiagnosticReport newer = Later(Cbc("F1", "2"), absl::Minutes(1));
  const v1::DiagnosticReport together = Together({older, newer}).report;
  ASSERT_EQ(together.observations_size(), 2);
  EXPECT_EQ(together.observations(0).quantity().value(), "2");
  EXPECT_EQ(together.observations(1).quantity().value(), "41");
  EXPECT_EQ(together.narrative(), "the older text");
  newer.set_narrative("the newer text");
  EXPECT_EQ(Together({older, newer}).report.narrative(), "the newer text");
  newer.clear_narrative();
  newer.add_notes("a remark");
  EXPECT_EQ(Together({older, newer}).report.narrative(), "the older text") << "a remark alone takes no narrative away";
}

// The text of the middle version stands, although the last one, which says nothing of it, came before it did.
TEST(PutTogether, AFieldOfTheDocumentIsThatOfTheLastVersionThatFillsIt) {
  v1::DiagnosticReport first = Cbc("F1", "1");
  first.set_narrative("first");
  v1::DiagnosticReport second = Later(Cbc("F1", "1"), absl::Minutes(1));
  second.set_narrative("second");
  const v1::DiagnosticReport third = Later(Cbc("F1", "2"), absl::Minutes(2));
  EXPECT_EQ(Together({first, third, second}).report.narrative(), "second");
}

TEST(PutTogether, WhatIsAppendedIsAddedToWhatStood) {
  v1::DiagnosticReport base = resultgate::testing::Biopsy("F1");
  base.add_conclusion_codes()->set_text("benign");
  v1::DiagnosticReport addendum = Later(resultgate::testing::Biopsy("F1"), absl::Minutes(1));
  addendum.set_status(v1::RESULT_STATUS_APPENDED);
  addendum.set_narrative("a second reading");
  addendum.add_conclusion_codes()->set_text("malignant");
  const v1::DiagnosticReport together = Together({addendum, base}).report;
  EXPECT_EQ(together.narrative(), "benign breast tissue\n\na second reading");
  EXPECT_EQ(together.conclusion_codes_size(), 2) << "rules see the union";
  addendum.set_narrative("benign breast tissue, with an addendum");
  EXPECT_EQ(Together({addendum, base}).report.narrative(), addendum.narrative()) << "the sender repeated what stood";
}

// With all that a document holds.
v1::DiagnosticReport WithDocument(v1::DiagnosticReport report) {
  report.set_narrative("old narrative");
  report.set_conclusion("old conclusion");
  report.add_conclusion_codes()->set_text("old code");
  report.add_notes("old remark");
  report.add_presented_forms()->set_data("old file");
  return report;
}

v1::DiagnosticReport Whole(v1::DiagnosticReport report) {
  report.set_snapshot(true);
  return report;
}

v1::DiagnosticReport Corrected(v1::DiagnosticReport report) {
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  return report;
}

TEST(PutTogether, WhatAWholeReportLacksStandsNoMoreInWhateverOrder) {
  const struct {
    v1::ResultStatus before;
    v1::ResultStatus status;
    bool is_whole;
    bool gone;
    const char* why;
  } cases[] = {
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_CORRECTED, false, false, "an HL7 v2 message may hold only what changed"},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_CORRECTED, true, true, "a FHIR resource says all"},
      {v1::RESULT_STATUS_CORRECTED, v1::RESULT_STATUS_CORRECTED, true, true, "and so does the next correction"},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_AMENDED, true, true, "and so it does here"},
      {v1::RESULT_STATUS_PRELIMINARY, v1::RESULT_STATUS_FINAL, true, true, "what was preliminary is over"},
      {v1::RESULT_STATUS_PRELIMINARY, v1::RESULT_STATUS_FINAL, false, false, "a part of what was preliminary"},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_FINAL, true, false, "words in one resource, values in the next"},
      {v1::RESULT_STATUS_PRELIMINARY, v1::RESULT_STATUS_PRELIMINARY, true, false, "likewise"},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_PRELIMINARY, true, false, "no later stage"},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_UNKNOWN, true, false, "whatever it means"},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_APPENDED, true, false, "that adds"},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_CANCELLED, true, false, "it tells what became of it, and not what it is"},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_ENTERED_IN_ERROR, true, false, "what was wrong stays known"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    v1::DiagnosticReport first = WithDocument(Cbc("F1"));
    first.set_status(c.before);
    v1::DiagnosticReport second = Later(Cbc("F1"), absl::Minutes(1));
    second.set_status(c.status);
    second.set_snapshot(c.is_whole);
    for (const Standing& standing : {Together({first, second}), Together({second, first})}) {
      EXPECT_EQ(policy::HasDocument(standing.report), !c.gone);
      v1::DiagnosticReport expected = c.gone ? Cbc("F1") : first;
      EXPECT_EQ(standing.report.narrative(), expected.narrative());
      EXPECT_EQ(standing.report.conclusion(), expected.conclusion());
      EXPECT_EQ(standing.report.conclusion_codes_size(), expected.conclusion_codes_size());
      EXPECT_EQ(standing.report.notes_size(), expected.notes_size());
      EXPECT_EQ(standing.report.presented_forms_size(), expected.presented_forms_size());
      EXPECT_EQ(standing.report.observations_size(), 1) << "observations stand until somebody speaks of them";
      EXPECT_EQ(standing.doubt, "");
    }
  }
  v1::DiagnosticReport second = Corrected(Whole(Later(Cbc("F1"), absl::Minutes(1))));
  second.set_conclusion("new conclusion");
  const v1::DiagnosticReport together = Together({WithDocument(Cbc("F1")), second}).report;
  EXPECT_EQ(together.conclusion(), "new conclusion");
  EXPECT_EQ(together.narrative(), "");
  EXPECT_EQ(together.presented_forms_size(), 0) << "the file may tell what was withdrawn";
}

TEST(PutTogether, AFileThatAWholeReportLacksMayComeAgain) {
  const v1::DiagnosticReport without = Corrected(Whole(Later(Cbc("F1"), absl::Minutes(1))));
  EXPECT_EQ(
      Together({WithDocument(Cbc("F1")), without, Corrected(Whole(Later(WithDocument(Cbc("F1")), absl::Minutes(2))))}).doubt, "")
      << "nobody said that it was wrong";
}

// Their digests, and with them their order, differ from one text to the next.
TEST(PutTogether, OneOfTwoWholeReportsOfOneTimeLacksTheWords) {
  for (const std::string words : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    SCOPED_TRACE(words);
    v1::DiagnosticReport with = Corrected(Whole(Cbc("F1")));
    with.set_conclusion(words);
    const v1::DiagnosticReport without = Corrected(Whole(Cbc("F1")));
    EXPECT_EQ(CompareVersions(with, without), VersionOrder::kUnclear);
    EXPECT_EQ(CompareVersions(without, with), VersionOrder::kUnclear);
    EXPECT_EQ(CompareVersions(Corrected(Cbc("F1")), with), VersionOrder::kNewer) << "a part says nothing of the rest";
    const v1::DiagnosticReport before = Later(WithDocument(Cbc("F1")), -absl::Minutes(1));
    for (const Standing& standing : {Together({with, without}), Together({without, with}), Together({with, before, without})}) {
      EXPECT_EQ(standing.doubt, kUnclearOrder);
      EXPECT_EQ(standing.report.conclusion(), words) << "whoever looks into it sees them";
      EXPECT_EQ(standing.report.narrative(), "") << "neither has what was before";
    }
    EXPECT_EQ(Together({with, Corrected(Cbc("F1", "13.9"))}).doubt, "") << "a part of it";
    const Standing later = Together({with, Corrected(Whole(Later(Cbc("F1"), absl::Minutes(1)))), without});
    EXPECT_EQ(later.doubt, "");
    EXPECT_EQ(later.report.conclusion(), "");
    // What speaks of other things at the same time keeps no old words.
    v1::DiagnosticReport other = Corrected(resultgate::testing::Report("F1", "58410-2"));
    AddObservation(&other, "4544-3", "41")->set_data_absent_reason(words);
    const Standing beside = Together({other, before, without});
    EXPECT_EQ(beside.doubt, "");
    EXPECT_FALSE(policy::HasDocument(beside.report));
  }
}

// What is said of one part of a document says nothing of the others.
TEST(PutTogether, OfWordsInDoubtALaterMessageSettlesThoseThatItSpeaksOf) {
  v1::DiagnosticReport one = Cbc("F1");
  v1::DiagnosticReport other = Cbc("F1");
  one.set_narrative("words 2");
  other.set_narrative("words 36");
  EXPECT_EQ(Together({one, other}).doubt, kUnclearOrder);
  v1::DiagnosticReport later = Later(Cbc("F1"), absl::Minutes(1));
  later.set_conclusion("a conclusion");
  EXPECT_EQ(Together({one, other, later}).doubt, kUnclearOrder) << "which narrative is right nobody knows";
  v1::DiagnosticReport added = Later(Cbc("F1"), absl::Minutes(1));
  added.set_narrative("an addendum");
  added.set_status(v1::RESULT_STATUS_APPENDED);
  EXPECT_EQ(Together({one, other, added}).doubt, kUnclearOrder) << "what is added does not tell it either";
  later.set_narrative("words 40");
  EXPECT_EQ(Together({one, other, later}).doubt, "");
  other.clear_narrative();
  other.set_conclusion("a conclusion");
  EXPECT_EQ(Together({one, other}).doubt, "") << "they do not differ: each has its part";
}

// Scenario 12, as FHIR has it.
TEST(PutTogether, PiecesOfOneReportTakeNothingAway) {
  for (const std::string words : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    SCOPED_TRACE(words);
    v1::DiagnosticReport with = Whole(Cbc("F1"));
    with.set_conclusion(words);
    for (const int minutes : {-1, 0, 1}) {
      const v1::DiagnosticReport without = Whole(Later(Cbc("F1"), absl::Minutes(minutes)));
      const Standing standing = Together({with, without});
      EXPECT_EQ(standing.doubt, "") << minutes;
      EXPECT_EQ(standing.report.conclusion(), words) << minutes;
    }
    // After the preliminary words either of two finals may be all: nobody can tell.
    v1::DiagnosticReport early = Later(WithDocument(Cbc("F1")), -absl::Minutes(1));
    early.set_status(v1::RESULT_STATUS_PRELIMINARY);
    const Standing standing = Together({with, early, Whole(Cbc("F1"))});
    EXPECT_EQ(standing.doubt, kUnclearOrder);
    EXPECT_EQ(standing.report.conclusion(), words);
    EXPECT_EQ(standing.report.narrative(), "");
  }
}

// OBX-11 `U`: final, the value having come as preliminary.
TEST(PutTogether, AConfirmationMakesTheEarlierValueFinal) {
  v1::DiagnosticReport preliminary = WithStatus(Cbc("F1", "13.9"), v1::RESULT_STATUS_PRELIMINARY);
  v1::DiagnosticReport confirmation = Later(Cbc("F1"), absl::Minutes(5));
  confirmation.mutable_observations(0)->clear_value();
  confirmation.mutable_observations(0)->set_status(v1::RESULT_STATUS_UNKNOWN);
  confirmation.mutable_observations(0)->set_data_absent_reason(intake::kSentEarlier);
  const Standing standing = Together({confirmation, preliminary});
  EXPECT_EQ(standing.report.observations(0).quantity().value(), "13.9");
  EXPECT_EQ(standing.report.observations(0).status(), v1::RESULT_STATUS_FINAL);
  EXPECT_EQ(standing.doubt, "");
  EXPECT_EQ(Together({confirmation}).doubt, kNothingToConfirm);
  EXPECT_EQ(Together({confirmation}).report.observations(0).status(), v1::RESULT_STATUS_UNKNOWN);
}

TEST(PutTogether, TwoVersionsOfOneTimeAreInDoubtUntilALaterOneSpeaksOfTheSame) {
  EXPECT_EQ(Together({Cbc("F1", "1"), Cbc("F1", "2")}).doubt, kUnclearOrder);
  EXPECT_EQ(Together({Cbc("F1", "1"), Later(Cbc("F1", "3"), absl::Minutes(1)), Cbc("F1", "2")}).doubt, "");
  v1::DiagnosticReport of_another = Later(resultgate::testing::Report("F1", "58410-2"), absl::Minutes(1));
  AddObservation(&of_another, "4544-3", "41");
  EXPECT_EQ(Together({Cbc("F1", "1"), of_another, Cbc("F1", "2")}).doubt, kUnclearOrder);
}

TEST(PutTogether, WhatWasTakenBackAndComesAgainIsInDoubtInWhateverOrder) {
  const v1::DiagnosticReport wrong = Later(WithStatus(Cbc("F1"), v1::RESULT_STATUS_ENTERED_IN_ERROR), absl::Minutes(1));
  const v1::DiagnosticReport again = Later(Cbc("F1", "2"), absl::Minutes(2));
  EXPECT_EQ(Together({Cbc("F1"), wrong}).doubt, "") << "it is gone";
  EXPECT_EQ(Together({wrong, Cbc("F1")}).doubt, "");
  EXPECT_EQ(Together({Cbc("F1"), wrong, again}).doubt, kTakenBack);
  EXPECT_EQ(Together({again, wrong}).doubt, kTakenBack);
}

v1::DiagnosticReport WithFile(int minutes, const std::string& code, const std::string& data,
                              v1::ResultStatus status = v1::RESULT_STATUS_FINAL) {
  v1::DiagnosticReport report = Later(resultgate::testing::Report("F1", "58410-2"), absl::Minutes(minutes));
  v1::Attachment* file = report.add_presented_forms();
  file->set_data(data);
  if (!code.empty()) file->mutable_code()->add_codings()->set_code(code);
  file->set_title("title of " + code);
  file->set_status(status);
  return report;
}

std::string FilesOf(const Standing& standing) {
  std::string files;
  for (const v1::Attachment& file : standing.report.presented_forms()) files += policy::IsVoid(file) ? "-" : file.data();
  return files;
}

constexpr v1::ResultStatus kWrong = v1::RESULT_STATUS_ENTERED_IN_ERROR;
constexpr v1::ResultStatus kCancelled = v1::RESULT_STATUS_CANCELLED;

TEST(PutTogether, AFileThatIsTakenBackIsGoneInWhateverOrder) {
  const v1::DiagnosticReport file = WithFile(0, "PDF", "a");
  const v1::DiagnosticReport wrong = WithFile(1, "PDF", "a", kWrong);
  for (const Standing& standing : {Together({file, wrong}), Together({wrong, file})}) {
    EXPECT_EQ(FilesOf(standing), "-");
    EXPECT_EQ(standing.report.presented_forms(0).data(), "") << "nothing of it is kept in what stands";
    EXPECT_EQ(policy::UnitStatus(standing.report, policy::kDocument), kWrong);
    EXPECT_EQ(standing.doubt, "") << "it is gone";
  }
  // At one time and status the file is gone, too, whatever their digests.
  EXPECT_EQ(FilesOf(Together({file, WithFile(0, "PDF", "", kWrong)})), "-");
  EXPECT_EQ(Together({file, WithFile(0, "PDF", "", kWrong)}).doubt, "");
  EXPECT_EQ(Together({wrong, WithFile(0, "PDF", "b", kWrong), file}).report.presented_forms_size(), 1);
}

TEST(PutTogether, AFileThatWasTakenBackAndComesAgainIsInDoubtInWhateverOrder) {
  const v1::DiagnosticReport file = WithFile(0, "PDF", "a");
  const v1::DiagnosticReport wrong = WithFile(1, "PDF", "", kWrong);
  EXPECT_EQ(Together({file, wrong, WithFile(2, "PDF", "a")}).doubt, kTakenBack);
  EXPECT_EQ(Together({WithFile(2, "PDF", "b"), wrong}).doubt, kTakenBack);
  EXPECT_EQ(Together({file, wrong, WithFile(2, "IMG", "a")}).doubt, kTakenBack) << "the same under another name";
  EXPECT_EQ(Together({file, wrong, WithFile(2, "IMG", "b")}).doubt, "") << "another file";
  EXPECT_EQ(Together({file, wrong, WithFile(2, "PDF", "b"), WithFile(3, "PDF", "", kWrong)}).doubt, "") << "gone again";
  EXPECT_EQ(Together({file, WithFile(1, "PDF", "", kCancelled), WithFile(2, "PDF", "b")}).doubt, "") << "made after all";
  // The sender says at once which is wrong and which is right.
  v1::DiagnosticReport both = wrong;
  *both.add_presented_forms() = WithFile(0, "PDF", "b").presented_forms(0);
  EXPECT_EQ(FilesOf(Together({both, file})), "b-");
  EXPECT_EQ(Together({both, file}).doubt, "");
  EXPECT_EQ(Together({file, both, WithFile(2, "PDF", "c")}).doubt, "");
  EXPECT_EQ(Together({file, both, WithFile(2, "PDF", "a")}).doubt, kTakenBack);
}

TEST(PutTogether, AFileIsKnownByItsCodeElseByItsTitle) {
  EXPECT_EQ(FilesOf(Together({WithFile(0, "PDF", "a"), WithFile(1, "IMG", "", kWrong)})), "a-");
  v1::DiagnosticReport by_title = WithFile(1, "", "", kWrong);
  by_title.mutable_presented_forms(0)->set_title("title of PDF");
  EXPECT_EQ(FilesOf(Together({WithFile(0, "PDF", "a"), by_title})), "-");
  by_title.mutable_presented_forms(0)->clear_title();
  EXPECT_EQ(FilesOf(Together({WithFile(0, "PDF", "a"), by_title})), "-") << "nobody can tell which one";
  // An addendum takes back what it names, and leaves the rest.
  v1::DiagnosticReport two = WithFile(0, "PDF", "a");
  *two.add_presented_forms() = WithFile(0, "IMG", "b").presented_forms(0);
  v1::DiagnosticReport addendum = WithFile(1, "PDF", "", kWrong);
  *addendum.add_presented_forms() = WithFile(0, "NEW", "c").presented_forms(0);
  addendum.set_status(v1::RESULT_STATUS_APPENDED);
  EXPECT_EQ(FilesOf(Together({two, addendum})), "bc-");
}

TEST(FileWasTakenBack, WhereWhatStoodIsGoneByTheSendersWord) {
  const v1::DiagnosticReport file = WithFile(0, "PDF", "a");
  const v1::DiagnosticReport wrong = WithFile(1, "PDF", "", kWrong);
  v1::DiagnosticReport both = wrong;
  *both.add_presented_forms() = WithFile(0, "PDF", "b").presented_forms(0);
  const auto after = [&](const std::vector<v1::DiagnosticReport>& more) {
    std::vector<v1::DiagnosticReport> before = {file};
    before.insert(before.end(), more.begin(), more.end() - 1);
    std::vector<v1::DiagnosticReport> now = before;
    now.push_back(more.back());
    return FileWasTakenBack(Together(before).report, Together(now).report);
  };
  EXPECT_TRUE(after({wrong}));
  EXPECT_TRUE(after({both}));
  EXPECT_FALSE(after({WithFile(1, "PDF", "b")})) << "it was replaced";
  EXPECT_FALSE(after({WithFile(1, "PDF", "", kCancelled)}));
  EXPECT_FALSE(after({WithFile(1, "IMG", "", kWrong)}));
  EXPECT_FALSE(after({wrong, WithFile(2, "PDF", "", kWrong)})) << "it was gone before";
  EXPECT_FALSE(after({both, WithFile(2, "PDF", "c")})) << "an old word took back what was there before it";
  EXPECT_TRUE(after({both, WithFile(2, "PDF", "", kWrong)}));
}

TEST(PutTogether, ADiagnosisThatIsTakenBackIsNoConclusionAnyMore) {
  v1::DiagnosticReport first = resultgate::testing::Report("F1", "60567-5");
  v1::Observation* diagnosis = first.add_observations();
  diagnosis->set_id("22637-3");
  resultgate::testing::SetLoinc(diagnosis->mutable_code(), "22637-3");
  diagnosis->mutable_codeable_concept()->add_codings()->set_code("C50.912");
  diagnosis->set_status(v1::RESULT_STATUS_FINAL);
  *first.add_conclusion_codes() = diagnosis->codeable_concept();
  first.add_conclusion_codes()->set_text("of another source");
  v1::DiagnosticReport wrong = Later(first, absl::Minutes(1));
  wrong.clear_conclusion_codes();
  wrong.mutable_observations(0)->clear_codeable_concept();
  wrong.mutable_observations(0)->set_status(kWrong);
  for (const Standing& standing : {Together({first, wrong}), Together({wrong, first})}) {
    ASSERT_EQ(standing.report.conclusion_codes_size(), 1);
    EXPECT_EQ(standing.report.conclusion_codes(0).text(), "of another source");
  }
  EXPECT_EQ(Together({first}).report.conclusion_codes_size(), 2);
}

TEST(SamePatient, ComparesIdentifiersOnly) {
  v1::Patient a;
  a.add_identifiers()->set_value("1");
  v1::Patient b = a;
  EXPECT_TRUE(SamePatient(a, b));
  b.mutable_identifiers(0)->set_system("other");
  EXPECT_FALSE(SamePatient(a, b)) << "the same number of another assigner is another patient";
  *b.add_identifiers() = a.identifiers(0);
  EXPECT_TRUE(SamePatient(a, b));
  EXPECT_FALSE(SamePatient(v1::Patient(), v1::Patient()));
}

TEST(SameContent, ByUnitWithoutTimes) {
  v1::DiagnosticReport a = Cbc("F1");
  v1::DiagnosticReport b = a;
  b.mutable_observations(0)->mutable_issued()->set_seconds(5);
  EXPECT_TRUE(SameContent(a, b, "718-7"));
  b.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  EXPECT_FALSE(SameContent(a, b, "718-7"));
  b.set_narrative("text");
  EXPECT_FALSE(SameContent(a, b, policy::kDocument));
  a = b;
  b.add_presented_forms()->set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  EXPECT_TRUE(SameContent(a, b, policy::kDocument)) << "nothing of it was there";
  a.add_presented_forms()->set_data("file");
  EXPECT_FALSE(SameContent(a, b, policy::kDocument));
}

}  // namespace
}  // namespace resultgate::gate
