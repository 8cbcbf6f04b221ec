// Scenarios 22, 24 and 26: calendars and clocks, a gate that was down, a portal that does not take what it is sent.
#include <gmock/gmock.h>

#include <algorithm>

#include "server/base/proto_time.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::At;
using testing::Biopsy;
using testing::Cbc;

class ScenarioClock : public ScenarioTest {
 protected:
  // A chest X-ray, final at `issued`, received then, or later.
  Response SubmitImaging(const std::string& order, const std::string& issued, const std::string& received = "") {
    MoveTo(received.empty() ? issued : received);
    v1::DiagnosticReport report = testing::Report(order, "36643-5");
    report.set_section(v1::SECTION_IMAGING);
    report.set_narrative(order);
    report.mutable_patient()->mutable_identifiers(0)->set_value(order);
    *report.mutable_issued() = base::ToProto(At(issued));
    return Submit(report);
  }

  // A biopsy whose review ended while the gate was down; it is Thursday, 8:00.
  Response SubmitAndMissItsEnd() {
    const Response held = Submit(Biopsy("F1"));
    Stop();
    MoveClockWhileDown("2026-03-12T08:00:00-04:00");  // it ended the day before, at 15:00
    Start();
    MoveTo(Now());
    return held;
  }

  absl::Time FloorOf(const Response& response) {
    return base::FromProto(OutcomeOf(response.result_id(), "document").not_before());
  }
};

// "Before the third day after the date": it does not matter at what hour it became final, and the clocks change in between.
TEST_F(ScenarioClock, Scenario22TheThirdDayAfterTheDateBeginsAtMidnight) {
  UsePack(gate::MakePack(std::string(gate::kRoutine) + gate::ImagingDelay("3 days")));
  const Response evening = SubmitImaging("before-midnight", "2026-03-06T23:59:59-05:00");
  const Response night = SubmitImaging("after-midnight", "2026-03-07T00:00:01-05:00");
  EXPECT_EQ(FloorOf(evening), At("2026-03-09T00:00:00-04:00"));
  EXPECT_EQ(FloorOf(night), At("2026-03-10T00:00:00-04:00"));
  MoveTo("2026-03-08T23:59:59-04:00");
  EXPECT_EQ(See("document", "before-midnight"), "");
  MoveTo("2026-03-09T00:00:00-04:00");
  EXPECT_EQ(See("document", "before-midnight"), "before-midnight");
  EXPECT_EQ(See("document", "after-midnight"), "");
}

TEST_F(ScenarioClock, Scenario22SeventyTwoHoursAreElapsedHoursAlsoWhereTheClockJumps) {
  UsePack(gate::MakePack(std::string(gate::kRoutine) + gate::ImagingDelay("72 h")));
  const Response response = SubmitImaging("F1", "2026-03-06T15:00:00-05:00");
  EXPECT_EQ(FloorOf(response), At("2026-03-09T16:00:00-04:00"));
}

// That a test was not performed is out; the result that comes after all was seen by nobody, and waits like any other.
TEST_F(ScenarioClock, Scenario06WhatComesAfterACancellationWaitsItsWholeTime) {
  UsePack(gate::MakePack(std::string(gate::kRoutine) + gate::ImagingDelay("72 h")));
  v1::DiagnosticReport report = testing::Report("F1", "36643-5");
  report.set_section(v1::SECTION_IMAGING);
  testing::AddObservation(&report, "36643-5", "1", v1::RESULT_STATUS_CANCELLED);
  report.mutable_observations(0)->clear_value();
  report.set_status(v1::RESULT_STATUS_CANCELLED);
  Submit(report);
  EXPECT_EQ(See("36643-5"), "not performed") << "at once: there is no value that a delay could be for";
  MoveTo("2026-03-10T12:00:00-04:00");
  report.mutable_observations()->Clear();
  testing::AddObservation(&report, "36643-5", "7", v1::RESULT_STATUS_CORRECTED);
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  *report.mutable_issued() = base::ToProto(At("2026-03-10T11:00:00-04:00"));
  const Response performed = Submit(report);
  EXPECT_EQ(base::FromProto(OutcomeOf(performed.result_id(), "36643-5").not_before()), At("2026-03-13T11:00:00-04:00"));
  MoveTo("2026-03-13T10:59:59-04:00");
  EXPECT_EQ(See("36643-5"), "being corrected");
  MoveTo("2026-03-13T11:00:00-04:00");
  EXPECT_EQ(See("36643-5"), "7");
}

// Nor does it go by the deadline of the cancellation when a wish of the patient has it decided anew.
TEST_F(ScenarioClock, Scenario06AWishStartsNotTheClockOfACancellation) {
  UsePack(gate::MakePack(absl::StrCat(gate::kRoutine, gate::ImagingReview(),
                                      "  - id: deadline\n    title: t\n    match: {codes: [imaging]}\n"
                                      "    then: {deadline: {within: 40 h, duty: release}}\n"
                                      "    basis: {type: privacy, citation: c}\n")));
  v1::DiagnosticReport report = testing::Report("F1", "36643-5");
  report.set_section(v1::SECTION_IMAGING);
  report.set_status(v1::RESULT_STATUS_CANCELLED);
  testing::AddObservation(&report, "36643-5", "1", v1::RESULT_STATUS_CANCELLED);
  report.mutable_observations(0)->clear_value();
  Submit(report);
  MoveTo("2026-03-10T12:00:00-04:00");
  const auto says = [&report](const std::string& value, v1::ResultStatus status, const std::string& issued) {
    report.mutable_observations()->Clear();
    testing::AddObservation(&report, "36643-5", value, status);
    report.set_status(status);
    *report.mutable_issued() = base::ToProto(At(issued));
  };
  says("7", v1::RESULT_STATUS_FINAL, "2026-03-10T11:00:00-04:00");
  const int64_t id = Submit(report).result_id();
  grpc::ClientContext context;
  v1::SetPreferenceRequest request;
  v1::SetPreferenceResponse response;
  *request.mutable_patient() = report.patient().identifiers(0);
  request.mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
  request.mutable_preference()->set_after_days(5);
  request.mutable_preference()->set_recorded_by("nurse-7");
  const grpc::Status status = patients().SetPreference(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const absl::Time deadline = At("2026-03-12T03:00:00-04:00");
  EXPECT_EQ(base::FromProto(OutcomeOf(id, "36643-5").not_after()), deadline);
  MoveTo("2026-03-10T13:00:00-04:00");
  says("8", v1::RESULT_STATUS_CORRECTED, "2026-03-10T12:30:00-04:00");
  Submit(report);
  EXPECT_EQ(base::FromProto(OutcomeOf(id, "36643-5").not_after()), deadline);
  MoveTo("2026-03-12T02:59:59-04:00");
  EXPECT_EQ(See("36643-5"), "being corrected");
}

TEST_F(ScenarioClock, Scenario22BusinessDaysPassOverWeekends) {
  UsePack(gate::MakePack(std::string(gate::kRoutine) + gate::ImagingDelay("3 business days")));
  const Response response = SubmitImaging("F1", "2026-03-06T15:00:00-05:00");
  EXPECT_EQ(FloorOf(response), At("2026-03-11T15:00:00-04:00"));
}

TEST_F(ScenarioClock, Scenario24WhatCameDueWhileTheGateWasDownGoesOnceInOrderAndIsListed) {
  UsePack(gate::MakePack(std::string(gate::kRoutine) + gate::ImagingDelay("72 h")));
  // What came later is due earlier.
  const Response second = SubmitImaging("second", "2026-03-06T15:10:00-05:00");
  const Response first = SubmitImaging("first", "2026-03-06T15:00:00-05:00", "2026-03-06T15:20:00-05:00");
  ASSERT_LT(second.result_id(), first.result_id());
  SubmitImaging("later", "2026-03-08T15:00:00-04:00");
  Stop();
  MoveClockWhileDown("2026-03-10T10:00:00-04:00");
  Start();
  MoveTo(Now());
  EXPECT_EQ(See("document", "first"), "first");
  EXPECT_EQ(See("document", "second"), "second");
  EXPECT_EQ(See("document", "later"), "") << "not yet due";
  const std::vector<v1::Entry> overdue = Entries(v1::ENTRY_KIND_OVERDUE);
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_EQ(overdue[0].overdue().results(), 2);
  EXPECT_EQ(base::FromProto(overdue[0].overdue().since()), At("2026-03-09T16:00:00-04:00"));
  ASSERT_EQ(overdue[0].overdue().due_size(), 2);
  EXPECT_EQ(overdue[0].overdue().due(0).result_id(), first.result_id());
  EXPECT_EQ(base::FromProto(overdue[0].overdue().due(0).due_at()), At("2026-03-09T16:00:00-04:00"));
  EXPECT_EQ(overdue[0].overdue().due(1).result_id(), second.result_id());
  const std::vector<v1::Entry> advanced = Entries(v1::ENTRY_KIND_ADVANCED);
  ASSERT_EQ(advanced.size(), 2u) << "once each";
  EXPECT_LT(overdue[0].sequence(), advanced[0].sequence()) << "told before anything goes";
  EXPECT_EQ(advanced[0].result_id(), first.result_id()) << "the earliest first, whenever it came";
  EXPECT_EQ(advanced[1].result_id(), second.result_id());
  Stop();
  Start();
  MoveTo(Now());
  EXPECT_EQ(portal().Read(), 0) << "nothing goes twice";
  EXPECT_EQ(Entries(v1::ENTRY_KIND_OVERDUE).size(), 1u) << "and nothing is overdue any more";
}

TEST_F(ScenarioClock, Scenario24AReviewThatEndedMeanwhileKeepsFourStaffedHours) {
  const Response held = SubmitAndMissItsEnd();
  EXPECT_EQ(See("document"), "");
  MoveTo("2026-03-12T11:59:00-04:00");
  EXPECT_EQ(See("document"), "");
  MoveTo("2026-03-12T12:00:00-04:00");
  EXPECT_EQ(See("document"), "benign breast tissue");
  EXPECT_TRUE(OutcomeOf(held.result_id(), "document").released_unreviewed());
}

TEST_F(ScenarioClock, Scenario24ACorrectionLeavesTheReviewTheHoursThatItKept) {
  const Response held = SubmitAndMissItsEnd();
  MoveTo("2026-03-12T09:00:00-04:00");
  v1::DiagnosticReport corrected = testing::Later(Biopsy("F1"), absl::Hours(66));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.set_narrative("benign tissue of the breast");
  Submit(corrected);
  const v1::Outcome outcome = OutcomeOf(held.result_id(), "document");
  EXPECT_EQ(base::FromProto(outcome.review().expires_at()), At("2026-03-12T12:00:00-04:00")) << "neither less nor anew";
  EXPECT_EQ(base::FromProto(outcome.due_at()), At("2026-03-12T12:00:00-04:00"));
  MoveTo("2026-03-12T12:00:00-04:00");
  EXPECT_EQ(See("document"), "benign tissue of the breast");
}

TEST_F(ScenarioClock, Scenario24WhatWasAnsweredIsThereAfterwards) {
  const Response response = Submit(Cbc("F1"));
  Stop();
  Start();
  EXPECT_EQ(Get(response.result_id()).version(), 1);
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_EQ(Submit(Cbc("F1")).disposal(), Response::DISPOSAL_DUPLICATE) << "the sender, who heard nothing, sends it again";
}

TEST_F(ScenarioClock, Scenario26WhatThePortalDidNotConfirmComesAgainAndIsPublishedOnceInEffect) {
  const Response response = Submit(Cbc("F1"));
  EXPECT_EQ(portal().Read(), 1);
  EXPECT_EQ(OutcomeOf(response.result_id(), "718-7").state(), v1::OUTCOME_STATE_RELEASED)
      << "committed here, and nobody knows yet whether it is shown";
  EXPECT_TRUE(Entries(v1::ENTRY_KIND_ACKNOWLEDGED).empty());
  EXPECT_EQ(portal().Read(/*again=*/true), 1) << "the answer was lost, so it comes again";
  EXPECT_EQ(portal().repeated(), 1) << "by its report's sequence the portal knows it";
  EXPECT_EQ(See("718-7"), "13.9");
  portal().Acknowledge();
  EXPECT_EQ(OutcomeOf(response.result_id(), "718-7").state(), v1::OUTCOME_STATE_PUBLISHED);
  EXPECT_EQ(Entries(v1::ENTRY_KIND_ACKNOWLEDGED).size(), 1u);
  EXPECT_EQ(portal().Read(/*again=*/true), 0);
}

TEST_F(ScenarioClock, Scenario26APortalThatWasAwayNeverShowsWhatWasWithdrawnMeanwhile) {
  Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}}});
  Submit(Oru{.status = "C", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "", .status = "W"}}});
  EXPECT_EQ(portal().Read(), 1) << "the withdrawal alone";
  EXPECT_EQ(portal().See("p1", "718-7"), "");
}

}  // namespace
}  // namespace resultgate::scenario
