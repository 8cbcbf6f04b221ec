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

class ScenarioStatus : public ScenarioTest {
 protected:
  // Who has to do something, as the lists have it.
  std::vector<v1::OutreachTask> Tasks() {
    grpc::ClientContext context;
    v1::ListOutreachResponse response;
    EXPECT_TRUE(outreach().ListOutreach(&context, v1::ListOutreachRequest(), &response).ok());
    return {response.tasks().begin(), response.tasks().end()};
  }
  // Of all that waits, what the stream says of this result.
  v1::ReviewEvent EventOf(int64_t result_id) {
    grpc::ClientContext context;
    v1::StreamReviewEventsRequest request;
    request.set_until_current(true);
    const auto stream = reviews().StreamReviewEvents(&context, request);
    v1::StreamReviewEventsResponse response;
    v1::ReviewEvent event;
    while (stream->Read(&response)) {
      if (response.event().result_id() == result_id) event = response.event();
    }
    EXPECT_TRUE(stream->Finish().ok());
    return event;
  }
};

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

TEST_F(ScenarioStatus, Scenario02AClinicianIsToldOfACorrectionThatWentAtOnceWhateverItSays) {
  const Response first = Submit(Oru{.observations = {{.loinc = "718-7", .value = "3.9"}}});
  EXPECT_TRUE(Tasks().empty()) << "flagged normal, as far as anybody says";
  MoveTo("2026-03-06T16:00:00-05:00");
  Submit(
      Oru{.status = "C", .issued = "20260306153000-0500", .observations = {{.loinc = "718-7", .value = "13.9", .status = "C"}}});
  const std::vector<v1::OutreachTask> tasks = Tasks();
  ASSERT_EQ(tasks.size(), 1u) << "somebody may have acted on the wrong value";
  EXPECT_EQ(tasks[0].kind(), v1::OUTREACH_KIND_NOT_OPENED);
  EXPECT_TRUE(tasks[0].released());
  EXPECT_EQ(base::FromProto(tasks[0].since()), At("2026-03-06T16:00:00-05:00")) << "since the correction";
  v1::RecordClinicianViewRequest opened;
  opened.set_result_id(first.result_id());
  opened.set_clinician("1234567893");
  grpc::ClientContext context;
  v1::RecordClinicianViewResponse recorded;
  ASSERT_TRUE(outreach().RecordClinicianView(&context, opened, &recorded).ok());
  EXPECT_TRUE(Tasks().empty());
}

TEST_F(ScenarioStatus, Scenario02WhatIsAddedOrConfirmedCorrectsNothing) {
  Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}, {.loinc = "6690-2", .value = "7.0", .status = "P"}}});
  MoveTo("2026-03-06T16:00:00-05:00");
  Submit(Oru{.issued = "20260306153000-0500",
             .observations = {{.loinc = "718-7", .value = "13.9"}, {.loinc = "6690-2", .value = "7.1"}}});
  EXPECT_EQ(See("6690-2"), "7.1");
  EXPECT_TRUE(Tasks().empty()) << "nobody could act on what was never final";
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
  const Response waits = Submit(Biopsy("F2"));
  const Response first = Submit(Oru{.observations = {{.loinc = "718-7", .value = "3.9"}}});
  EXPECT_EQ(See("718-7"), "3.9");
  Oru corrected{.status = "C", .issued = "20260306143000-0500", .section = "SP"};
  corrected.observations = {{.loinc = "718-7", .value = "13.9", .status = "C"}};
  const Response held = Submit(corrected);
  EXPECT_EQ(OutcomeOf(held.result_id(), "718-7").disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_EQ(See("718-7"), "being corrected") << "nobody may rely on the old value while the new one waits";
  EXPECT_FALSE(portal().ShownTo("p1", "718-7").comment.text().empty());
  // Its review is urgent: it is before what waits as long.
  const std::vector<v1::PendingReview> list = Reviews();
  ASSERT_GE(list.size(), 2u);
  EXPECT_EQ(list[0].result_id(), first.result_id());
  EXPECT_TRUE(list[0].corrects());
  for (const v1::PendingReview& review : list) EXPECT_EQ(review.corrects(), review.result_id() == first.result_id());
  EXPECT_TRUE(EventOf(first.result_id()).corrects());
  EXPECT_FALSE(EventOf(waits.result_id()).corrects());
  ASSERT_TRUE(Approve(first.result_id(), 2).ok());
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_FALSE(EventOf(first.result_id()).corrects());
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

// A biopsy that is held, and then was not performed: whoever waits for it should know to come again.
TEST_F(ScenarioStatus, Scenario06ACancellationEndsItsTimersAndIsSaidAsSuch) {
  Oru biopsy{.service = "60567-5", .section = "SP", .observations = {{.loinc = "22634-0", .value = "benign", .flag = ""}}};
  const Response held = Submit(biopsy);
  EXPECT_EQ(OutcomeOf(held.result_id(), "22634-0").disposition(), v1::DISPOSITION_REVIEW);
  ASSERT_TRUE(Get(held.result_id()).has_due_at());
  EXPECT_EQ(Reviews().size(), 1u);
  EXPECT_EQ(See("22634-0"), "");
  biopsy.status = "X";
  biopsy.issued = "20260306143000-0500";
  biopsy.observations = {{.loinc = "22634-0", .value = "", .status = "X"}};
  Submit(biopsy);
  EXPECT_EQ(OutcomeOf(held.result_id(), "22634-0").state(), v1::OUTCOME_STATE_RELEASED);
  EXPECT_FALSE(OutcomeOf(held.result_id(), "22634-0").has_review());
  EXPECT_FALSE(Get(held.result_id()).has_due_at()) << "no timer runs any more";
  EXPECT_TRUE(Reviews().empty()) << "nobody is asked to look at it";
  EXPECT_EQ(See("22634-0"), "not performed");
  EXPECT_EQ(portal().ShownTo("p1", "22634-0").content, "") << "nor is what was held before told";
  EXPECT_EQ(CommentOf("22634-0").variant(), "cancelled");
  MoveTo("2026-04-06T15:00:00-04:00");
  EXPECT_EQ(See("22634-0"), "not performed");
}

// It is performed after all: nobody has seen or read it, so it passes its whole review.
TEST_F(ScenarioStatus, Scenario06ABiopsyThatComesAfterItWasCancelledIsReviewed) {
  Oru biopsy{.status = "X", .service = "60567-5", .section = "SP"};
  biopsy.observations = {{.loinc = "22634-0", .value = "", .status = "X"}};
  const Response cancelled = Submit(biopsy);
  EXPECT_EQ(See("22634-0"), "not performed");
  MoveTo("2026-03-09T12:00:00-04:00");
  biopsy.status = "F";
  biopsy.issued = "20260309113000-0400";
  biopsy.observations = {{.loinc = "22634-0", .value = "benign", .flag = ""}};
  Submit(biopsy);
  const v1::Outcome outcome = OutcomeOf(cancelled.result_id(), "22634-0");
  EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_EQ(base::FromProto(outcome.review().expires_at()), At("2026-03-12T12:00:00-04:00"));
  EXPECT_EQ(See("22634-0"), "being corrected");
  MoveTo("2026-03-12T11:59:59-04:00");
  EXPECT_EQ(See("22634-0"), "being corrected");
  MoveTo("2026-03-12T12:00:00-04:00");
  EXPECT_EQ(See("22634-0"), "benign");
}

TEST_F(ScenarioStatus, Scenario06WhatWasOutIsReplacedByThatItWasNotPerformed) {
  Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}}});
  Submit(Oru{.status = "X", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "", .status = "X"}}});
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
