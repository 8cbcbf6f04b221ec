// Scenarios 1 to 4, 6 and 7: a result comes early, comes right, is put right, is confirmed, is cancelled, is added to.
#include <gmock/gmock.h>

#include <algorithm>

#include "server/base/proto_time.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::At;
using testing::Biopsy;
using ::testing::HasSubstr;
using testing::Later;

class ScenarioStatus : public ScenarioTest {};

TEST_F(ScenarioStatus, Scenario01APreliminaryWaitsAndTheClockStartsWithTheFirstFinal) {
  const Response early = Submit(
      Oru{.status = "P", .issued = "20260304140000-0500", .observations = {{.loinc = "718-7", .value = "12.0", .status = "P"}}});
  EXPECT_EQ(OutcomeOf(early.result_id(), "718-7").disposition(), v1::DISPOSITION_NOT_FINAL);
  EXPECT_FALSE(early.decision().has_clock_start());
  MoveTo("2026-03-20T15:00:00-04:00");
  EXPECT_EQ(See("718-7"), "") << "no time makes it final";
  EXPECT_GT(OutcomeOf(early.result_id(), "718-7").review().overruns(), 0) << "somebody watches it meanwhile";
  const Response final_report =
      Submit(Oru{.issued = "20260320130000-0400", .observations = {{.loinc = "718-7", .value = "13.9"}}});
  EXPECT_EQ(final_report.result_id(), early.result_id());
  EXPECT_EQ(base::FromProto(final_report.decision().clock_start()), At("2026-03-20T13:00:00-04:00"))
      << "when it was issued, not when it came, nor when the preliminary did";
  EXPECT_EQ(See("718-7"), "13.9");
}

TEST_F(ScenarioStatus, Scenario01APreliminaryGoesWhereThePackOptsIn) {
  UsePack(gate::MakePack("  - {id: routine, title: t, match: {codes: [routine]}, then: {release: preliminary}}\n"));
  Submit(Oru{.status = "P", .observations = {{.loinc = "718-7", .value = "12.0", .status = "P"}}});
  EXPECT_EQ(See("718-7"), "12.0");
  EXPECT_THAT(CommentOf("718-7").variant(), HasSubstr("preliminary"));
  Submit(Oru{.status = "P", .observations = {{.loinc = "6690-2", .value = "7.0", .status = "P"}}});
  EXPECT_EQ(See("6690-2"), "") << "that one nobody let go";
}

TEST_F(ScenarioStatus, Scenario02ACorrectionOfWhatIsOutGoesAtOnceInWordsThatSayIt) {
  Submit(Oru{.observations = {{.loinc = "718-7", .value = "3.9"}}});
  EXPECT_EQ(See("718-7"), "3.9");
  portal().Acknowledge();
  const Response corrected = Submit(
      Oru{.status = "C", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "13.9", .status = "C"}}});
  EXPECT_EQ(corrected.version(), 2);
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_THAT(CommentOf("718-7").variant(), HasSubstr("corrected"));
  EXPECT_EQ(portal().ShownTo("p1", "718-7").version, 2) << "the first version stands there no more";
}

TEST_F(ScenarioStatus, Scenario02WhatWasReadAndApprovedIsNotHeldAgainByTheSameRules) {
  const Response first = Submit(Biopsy("F1"));
  EXPECT_EQ(See("document"), "");
  ASSERT_TRUE(Approve(first.result_id(), 1).ok());
  EXPECT_EQ(See("document"), "benign breast tissue");
  v1::DiagnosticReport corrected = Later(Biopsy("F1"), absl::Minutes(30));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.set_narrative("benign breast tissue, left side");
  Submit(corrected);
  EXPECT_EQ(See("document"), "benign breast tissue, left side");
  EXPECT_THAT(CommentOf("document").variant(), HasSubstr("corrected"));
  EXPECT_TRUE(OutcomeOf(first.result_id(), "document").released_unreviewed()) << "these words no clinician has read yet";
}

TEST_F(ScenarioStatus, Scenario02ACorrectionIntoAClassThatWaitsIsHeldBehindNeutralWords) {
  const Response first = Submit(Oru{.observations = {{.loinc = "718-7", .value = "3.9"}}});
  EXPECT_EQ(See("718-7"), "3.9");
  Oru corrected{.status = "C", .issued = "20260306143000-0500", .section = "SP"};
  corrected.observations = {{.loinc = "718-7", .value = "13.9", .status = "C"}};
  const Response held = Submit(corrected);
  EXPECT_EQ(OutcomeOf(held.result_id(), "718-7").disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_EQ(See("718-7"), "being corrected") << "nobody may rely on the old value while the new one waits";
  EXPECT_FALSE(portal().ShownTo("p1", "718-7").comment.text().empty());
  ASSERT_TRUE(Approve(first.result_id(), 2).ok());
  EXPECT_EQ(See("718-7"), "13.9");
}

TEST_F(ScenarioStatus, Scenario03ACorrectionOfWhatIsHeldReplacesItAndKeepsTheClock) {
  const Response first = Submit(Biopsy("F1"));
  MoveTo("2026-03-09T10:00:00-04:00");
  v1::DiagnosticReport corrected = Later(Biopsy("F1"), absl::Hours(66));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.set_narrative("benign breast tissue, left side");
  const Response second = Submit(corrected);
  EXPECT_EQ(second.result_id(), first.result_id());
  EXPECT_EQ(second.decision().clock_start().seconds(), first.decision().clock_start().seconds());
  EXPECT_EQ(OutcomeOf(first.result_id(), "document").review().expires_at().seconds(),
            first.decision().outcomes(0).review().expires_at().seconds());
  EXPECT_EQ(See("document"), "");
  ASSERT_TRUE(Approve(first.result_id(), 2).ok());
  EXPECT_EQ(See("document"), "benign breast tissue, left side");
}

TEST_F(ScenarioStatus, Scenario03ACorrectionFromBenignToMalignantIsClassifiedAnew) {
  const Response first = Submit(Biopsy("F1"));
  MoveTo("2026-03-09T10:00:00-04:00");
  v1::DiagnosticReport corrected = Later(Biopsy("F1"), absl::Hours(66));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.set_narrative("invasive carcinoma");
  v1::Coding* coding = corrected.add_conclusion_codes()->add_codings();
  coding->set_system("http://hl7.org/fhir/sid/icd-10-cm");
  coding->set_code("C50.912");
  corrected.mutable_patient()->mutable_known_conditions();
  const Response second = Submit(corrected);
  const v1::Outcome outcome = OutcomeOf(first.result_id(), "document");
  EXPECT_TRUE(std::any_of(outcome.rules().begin(), outcome.rules().end(),
                          [](const v1::AppliedRule& rule) { return rule.rule_id() == "new-cancer-review"; }));
  EXPECT_GT(outcome.review().expires_at().seconds(), first.decision().outcomes(0).review().expires_at().seconds())
      << "what nobody could see before has its whole time";
}

TEST_F(ScenarioStatus, Scenario04AStatusAloneMakesTheStoredValueFinal) {
  Submit(Oru{.status = "P", .observations = {{.loinc = "718-7", .value = "13.9", .status = "P"}}});
  EXPECT_EQ(See("718-7"), "");
  Submit(Oru{.issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "", .status = "U"}}});
  EXPECT_EQ(See("718-7"), "13.9");
}

TEST_F(ScenarioStatus, Scenario04AStatusAloneWithNothingStoredIsQuarantinedUntilTheValueComes) {
  const Response alone =
      Submit(Oru{.issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "", .status = "U"}}});
  const v1::Outcome outcome = OutcomeOf(alone.result_id(), "718-7");
  EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_QUARANTINE);
  EXPECT_EQ(outcome.review().turns(0).owner().role(), "health-information-management");
  EXPECT_EQ(See("718-7"), "");
  Submit(Oru{.status = "P", .observations = {{.loinc = "718-7", .value = "13.9", .status = "P"}}});
  EXPECT_EQ(See("718-7"), "13.9") << "late, but that is the value that was confirmed";
}

TEST_F(ScenarioStatus, Scenario06ACancellationEndsItsTimersAndIsSaidAsSuch) {
  const Response held = Submit(Biopsy("F1"));
  ASSERT_TRUE(Get(held.result_id()).has_due_at());
  v1::DiagnosticReport cancelled = Later(Biopsy("F1"), absl::Minutes(30));
  cancelled.set_status(v1::RESULT_STATUS_CANCELLED);
  cancelled.clear_narrative();
  Submit(cancelled);
  Submit(Oru{.filler = "F2", .observations = {{.loinc = "718-7", .value = "13.9"}}});
  Submit(Oru{.filler = "F2",
             .status = "X",
             .issued = "20260306143000-0500",
             .observations = {{.loinc = "718-7", .value = "", .status = "X"}}});
  EXPECT_EQ(See("718-7"), "not performed");
  EXPECT_THAT(CommentOf("718-7").variant(), HasSubstr("cancelled"));
  EXPECT_THAT(CommentOf("718-7").variant(), Not(HasSubstr("normal")));
}

TEST_F(ScenarioStatus, Scenario07AnAddendumGoesWithTheBaseThatIsOut) {
  const Response base = Submit(Biopsy("F1"));
  ASSERT_TRUE(Approve(base.result_id(), 1).ok());
  v1::DiagnosticReport addendum = Later(Biopsy("F1"), absl::Minutes(30));
  addendum.set_status(v1::RESULT_STATUS_APPENDED);
  addendum.set_narrative("No further levels needed.");
  Submit(addendum);
  EXPECT_EQ(See("document"), "benign breast tissue\n\nNo further levels needed.");
}

TEST_F(ScenarioStatus, Scenario07AMalignantAddendumToABenignBaseIsClassifiedOnBoth) {
  const Response base = Submit(Biopsy("F1"));
  ASSERT_TRUE(Approve(base.result_id(), 1).ok());
  EXPECT_EQ(See("document"), "benign breast tissue");
  v1::DiagnosticReport addendum = Later(Biopsy("F1"), absl::Minutes(30));
  addendum.set_status(v1::RESULT_STATUS_APPENDED);
  addendum.set_narrative("On deeper levels: invasive carcinoma.");
  v1::Coding* coding = addendum.add_conclusion_codes()->add_codings();
  coding->set_system("http://hl7.org/fhir/sid/icd-10-cm");
  coding->set_code("C50.912");
  addendum.mutable_patient()->mutable_known_conditions();
  Submit(addendum);
  EXPECT_EQ(OutcomeOf(base.result_id(), "document").disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_EQ(See("document"), "being corrected") << "told by a person, and the benign words are gone at once";
}

}  // namespace
}  // namespace resultgate::scenario
