// What a decision means (design, section 4), sentence by sentence.
#include "server/policy/decide.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "server/base/proto_time.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"
#include "tests/policy/decide_fixture.h"
#include "tests/testing/rounds.h"

namespace resultgate::policy {
namespace {

TEST_F(DecideTest, APermittedFinalObservationGoesNow) {
  Decide(kRoutine, Cbc());
  EXPECT_EQ(Word("718-7"), "release");
  EXPECT_EQ(cells_.size(), 3u);
  EXPECT_EQ(cells_.count({kDocument, v1::AUDIENCE_PATIENT}), 0u) << "a report without text, codes or files has no document";
}

TEST_F(DecideTest, EachUnitNeedsItsOwnPermitSoNothingTravelsAsAStowaway) {
  v1::DiagnosticReport report = Cbc();
  AddObservation(&report, "33914-3");
  report.add_notes("a remark");
  Decide(kRoutine, report);
  EXPECT_EQ(Word("718-7"), "release");
  EXPECT_EQ(Word("33914-3"), "review");
  EXPECT_EQ(Cell_("33914-3").rules(0).rule_id(), "default");
  EXPECT_EQ(Word(kDocument), "review") << "the document waits for whatever an observation of its report waits for";
}

TEST_F(DecideTest, AHeaderCanHoldEverythingUnderItButLetNothingGo) {
  v1::DiagnosticReport tissue = Report("60567-5");
  AddObservation(&tissue, "718-7");
  Decide(std::string(kRoutine) + kTissue, tissue);
  EXPECT_EQ(Word("718-7"), "review");
  v1::DiagnosticReport routine = Report("58410-2");
  AddObservation(&routine, "33914-3");
  Decide(kRoutine, routine);
  EXPECT_EQ(Word("33914-3"), "review");
}

TEST_F(DecideTest, TheOrdersCodeHoldsTooButItsReasonSaysNothing) {
  v1::DiagnosticReport report = Cbc();
  v1::Coding* coding = report.mutable_order()->mutable_code()->add_codings();
  coding->set_system("http://loinc.org");
  coding->set_code("22637-3");
  Decide(std::string(kRoutine) + kTissue, report);
  EXPECT_EQ(Word("718-7"), "review");
  v1::DiagnosticReport with_reason = Cbc();
  *with_reason.mutable_order()->add_reason_codes() = report.order().code();
  Decide(std::string(kRoutine) + kTissue, with_reason);
  EXPECT_EQ(Word("718-7"), "release");
}

TEST_F(DecideTest, AFileThatWasSentAsSomethingElseHoldsItsDocument) {
  v1::DiagnosticReport report = Cbc();
  v1::Attachment* file = report.add_presented_forms();
  file->set_data("pdf");
  Decide(std::string(kRoutine) + kSensitive, report);
  EXPECT_EQ(Word(kDocument), "release");
  v1::Coding* coding = file->mutable_code()->add_codings();
  coding->set_system("http://loinc.org");
  coding->set_code("56888-1");
  Decide(std::string(kRoutine) + kSensitive, report);
  EXPECT_EQ(Word(kDocument), "delay");
  EXPECT_EQ(Word("718-7"), "release");
  report.mutable_code()->clear_codings();
  Decide(kSensitive, report);
  EXPECT_EQ(Word(kDocument), "review") << "a file's code is no permit";
}

TEST_F(DecideTest, TheFloorIsTheLatestAndADelayIsNoPermit) {
  v1::DiagnosticReport report = Report("56888-1");
  AddObservation(&report, "56888-1");
  Decide(
      std::string(kSensitive) +
          "  - {id: statute, title: t, match: {codes: [sensitive]}, then: {delay: 72 h}, basis: {type: statute, citation: c}}\n",
      report);
  EXPECT_EQ(Word("56888-1"), "delay");
  EXPECT_EQ(Local(Cell_("56888-1").not_before()), "2026-03-09T15:00:00-04:00");
  EXPECT_EQ(Cell_("56888-1").due_at().seconds(), Cell_("56888-1").not_before().seconds());
  Decide("  - {id: wait, title: t, match: {codes: [sensitive]}, then: {delay: 1 day}, basis: {type: privacy, citation: c}}\n",
         report);
  EXPECT_EQ(Word("56888-1"), "review") << "the end of a delay is never a permit";
  EXPECT_TRUE(Cell_("56888-1").has_not_before());
}

TEST_F(DecideTest, ReviewsMergeInOrderOfRuleId) {
  v1::DiagnosticReport report = Report("60567-5");
  AddObservation(&report, "22637-3");
  Decide(std::string(kTissue) +
             "  - {id: another, title: t, match: {codes: [tissue]}, then: {review: {owners: [results-pool, ordering-provider], "
             "each: 1 day, "
             "expires: 1 day, on_expiry: {escalate: {to: director, for: 1 day, then: release}}}}, basis: {type: "
             "organization-policy, citation: c}}\n",
         report);
  const v1::Review& review = Cell_("22637-3").review();
  ASSERT_EQ(review.turns_size(), 3);
  EXPECT_EQ(review.turns(0).owner().role(), "results-pool");
  EXPECT_EQ(review.turns(1).owner().role(), "ordering-provider");
  EXPECT_EQ(review.turns(1).owner().person().value(), "1234567893");
  EXPECT_EQ(review.turns(2).owner().role(), "pathology-pool");
  EXPECT_EQ(Local(review.expires_at()), "2026-03-11T15:00:00-04:00") << "the latest expiry";
  EXPECT_EQ(review.on_expiry(), v1::ON_EXPIRY_ESCALATE) << "the strictest ending";
  EXPECT_EQ(review.escalate_to().role(), "director");
}

TEST_F(DecideTest, AnOwnerThatTheOrderDoesNotNameIsPassedOver) {
  v1::DiagnosticReport report = Report("60567-5");
  report.mutable_order()->clear_ordering_provider();
  AddObservation(&report, "22637-3");
  Decide(kTissue, report);
  EXPECT_EQ(Cell_("22637-3").review().turns(0).owner().role(), "pathology-pool");
  Decide(
      "  - {id: nobody, title: t, match: {codes: [tissue]}, then: {review: {owners: [ordering-provider], each: 1 day, expires: 1 "
      "day, "
      "on_expiry: release}}, basis: {type: organization-policy, citation: c}}\n",
      report);
  EXPECT_EQ(Cell_("22637-3").review().turns(0).owner().role(), "results-pool")
      << "where nobody is left, the default's owners are asked";
}

TEST_F(DecideTest, AnExpiryOutsideStaffedHoursMovesToTheNextStaffedHour) {
  v1::DiagnosticReport report = Report("60567-5");
  AddObservation(&report, "22637-3");
  Context context;
  context.received_at = At("2026-03-05T20:00:00-05:00");  // a Thursday evening; three business days end on Tuesday evening
  Decide(kTissue, report, context);
  EXPECT_EQ(Local(Cell_("22637-3").review().expires_at()), "2026-03-11T08:00:00-04:00");
}

TEST_F(DecideTest, NotFinalIsNeverReleasedUnlessTheRuleSaysPreliminary) {
  const v1::ResultStatus not_final[] = {v1::RESULT_STATUS_UNSPECIFIED, v1::RESULT_STATUS_REGISTERED,
                                        v1::RESULT_STATUS_PRELIMINARY, v1::RESULT_STATUS_UNKNOWN};
  for (const v1::ResultStatus status : not_final) {
    v1::DiagnosticReport report = Report("58410-2");
    AddObservation(&report, "718-7", status);
    report.add_notes("a remark");
    Decide(kRoutine, report);
    EXPECT_EQ(Word("718-7"), "not-final") << status;
    EXPECT_EQ(Word(kDocument), "not-final") << "the least final of a report's observations counts for its document";
    EXPECT_TRUE(Cell_("718-7").has_review() && Cell_("718-7").review().turns_size() > 0) << "somebody watches it";
  }
  const std::string early = "  - {id: early, title: t, match: {codes: [routine]}, then: {release: preliminary}}\n";
  v1::DiagnosticReport report = Report("58410-2");
  AddObservation(&report, "718-7", v1::RESULT_STATUS_PRELIMINARY);
  Decide(early, report);
  EXPECT_EQ(Word("718-7"), "release");
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_UNKNOWN);
  Decide(early, report);
  EXPECT_EQ(Word("718-7"), "not-final") << "an unknown status is not preliminary";
}

TEST_F(DecideTest, AReportThatSaysFinalDoesNotMakeItsObservationsFinal) {
  v1::DiagnosticReport report = Report("58410-2", v1::RESULT_STATUS_FINAL);
  AddObservation(&report, "718-7", v1::RESULT_STATUS_PRELIMINARY);
  Decide(kRoutine, report);
  EXPECT_EQ(Word("718-7"), "not-final");
}

TEST_F(DecideTest, EnteredInErrorNeverGoes) {
  v1::DiagnosticReport report = Report("58410-2");
  AddObservation(&report, "718-7", v1::RESULT_STATUS_ENTERED_IN_ERROR);
  Decide(kRoutine, report);
  EXPECT_EQ(Word("718-7"), "never");
  EXPECT_EQ(Cell_("718-7").state(), v1::OUTCOME_STATE_CLOSED);
}

TEST_F(DecideTest, AnUnknownRestrictionCountsAndAnUnknownPermitDoesNot) {
  v1::DiagnosticReport report = Cbc();
  Decide(std::string(kRoutine) +
             "  - {id: minors, title: t, when: age(patient) < 18, then: {review: {owners: [results-pool], each: 1 day, expires: "
             "1 day, on_expiry: "
             "release}}, basis: {type: privacy, citation: c}}\n",
         report);
  EXPECT_EQ(Word("718-7"), "review");
  EXPECT_EQ(Cell_("718-7").unknown_facts(0), "patient.birth_date");
  report.mutable_patient()->set_birth_date("1970-01-01");
  Decide("  - {id: adults, title: t, match: {codes: [routine]}, when: age(patient) >= 18, then: {release: now}}\n", report);
  EXPECT_EQ(Word("718-7"), "release");
  report.mutable_patient()->clear_birth_date();
  Decide("  - {id: adults, title: t, match: {codes: [routine]}, when: age(patient) >= 18, then: {release: now}}\n", report);
  EXPECT_EQ(Word("718-7"), "review");
}

TEST_F(DecideTest, AnUnknownWithholdingIsTheDefaultReview) {
  const std::string rules = std::string(kRoutine) +
                            "  - {id: minors, title: t, when: age(patient) < 18, then: {withhold: {until: 30 days}}, basis: "
                            "{type: privacy, citation: c}}\n";
  v1::DiagnosticReport report = Cbc();
  Decide(rules, report);
  EXPECT_EQ(Word("718-7"), "review");
  report.mutable_patient()->set_birth_date("2015-01-01");
  Decide(rules, report);
  EXPECT_EQ(Word("718-7"), "withhold");
  EXPECT_EQ(Local(Cell_("718-7").withheld_until()), "2026-04-05T00:00:00-04:00");
  EXPECT_TRUE(Cell_("718-7").has_review()) << "a withholding has an owner too";
}

TEST_F(DecideTest, ARuleThatFailsCountsAsUnknown) {
  v1::DiagnosticReport report = Cbc();
  report.mutable_observations(0)->mutable_quantity()->set_value("many");
  Decide(std::string(kRoutine) +
             "  - {id: fails, title: t, outcome_dependent: why, when: double(observation.quantity.value) > 5.0, then: {delay: 72 "
             "h}, basis: "
             "{type: statute, citation: c}}\n",
         report);
  EXPECT_EQ(Word("718-7"), "delay");
}

TEST_F(DecideTest, ACancerThatTheRecordHoldsIsNotNewAndAnUnknownRecordHoldsNone) {
  const std::string rules =
      "  - {id: path, title: t, match: {codes: [tissue]}, then: {release: now}}\n"
      "  - id: new-cancer\n    title: t\n    outcome_dependent: the test\n    when: report.conclusion_codes.exists(c, c in "
      "valueset(\"malignant\") && !(c in "
      "patient.known_conditions))\n"
      "    then: {review: {owners: [ordering-provider], each: 1 day, expires: 1 day, on_expiry: release}}\n"
      "    basis: {type: organization-policy, citation: c}\n";
  v1::DiagnosticReport report = Report("60567-5");
  v1::Coding* diagnosis = report.add_conclusion_codes()->add_codings();
  diagnosis->set_system("http://hl7.org/fhir/sid/icd-10-cm");
  diagnosis->set_code("C50.911");
  Decide(rules, report);
  EXPECT_EQ(Word(kDocument), "review");
  EXPECT_EQ(Cell_(kDocument).unknown_facts(0), "patient.known_conditions");
  report.mutable_patient()->mutable_known_conditions();
  Decide(rules, report);
  EXPECT_EQ(Word(kDocument), "review");
  EXPECT_EQ(Cell_(kDocument).unknown_facts_size(), 0);
  *report.mutable_patient()->mutable_known_conditions()->add_values() = report.conclusion_codes(0);
  Decide(rules, report);
  EXPECT_EQ(Word(kDocument), "release");
}

TEST_F(DecideTest, WhatBindsThePatientBindsDelegateAndRepresentative) {
  v1::DiagnosticReport report = Cbc();
  Decide(std::string(kRoutine) +
             "  - {id: only-patient, title: t, audiences: [patient], match: {codes: [routine]}, then: {delay: 72 h}, basis: "
             "{type: statute, "
             "citation: c}}\n",
         report);
  for (const v1::Audience audience : kAudiences) EXPECT_EQ(Word("718-7", audience), "delay") << audience;
  Decide(std::string(kRoutine) +
             "  - {id: only-delegate, title: t, audiences: [delegate], match: {codes: [routine]}, then: {delay: 72 h}, basis: "
             "{type: privacy, "
             "citation: c}}\n",
         report);
  EXPECT_EQ(Word("718-7", v1::AUDIENCE_PATIENT), "release");
  EXPECT_EQ(Word("718-7", v1::AUDIENCE_DELEGATE), "delay");
}

TEST_F(DecideTest, APermitForOthersOnlyLetsNothingGoThatThePatientMayNotSee) {
  Decide("  - {id: others, title: t, audiences: [representative, delegate], match: {codes: [routine]}, then: {release: now}}\n",
         Cbc());
  for (const v1::Audience audience : kAudiences) EXPECT_EQ(Word("718-7", audience), "review") << audience;
}

TEST_F(DecideTest, APreferenceForImmediateLiftsWhatThePatientMayLift) {
  v1::DiagnosticReport report = Report("60567-5");
  AddObservation(&report, "22637-3");
  report.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_IMMEDIATE);
  Decide(kTissue, report);
  EXPECT_EQ(Word("22637-3"), "release");
  EXPECT_TRUE(Cell_("22637-3").rules(0).lifted());
  Decide(std::string(kTissue) +
             "  - {id: statute, title: t, match: {codes: [tissue]}, then: {delay: 72 h}, lifted_by: [provider], basis: {type: "
             "statute, citation: c}}\n",
         report);
  EXPECT_EQ(Word("22637-3"), "delay") << "a statute that names only the provider stays";
  AddObservation(&report, "33914-3");
  report.mutable_code()->clear_codings();
  Decide(kTissue, report);
  EXPECT_EQ(Word("33914-3"), "review") << "what nothing classifies is not what the patient asked for";
}

TEST_F(DecideTest, APreferenceForLaterAddsAFloorOnThePatientsRequest) {
  v1::DiagnosticReport report = Cbc();
  report.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
  report.mutable_patient()->mutable_preference()->set_after_days(7);
  Decide(kRoutine, report);
  EXPECT_EQ(Word("718-7"), "delay");
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-13T00:00:00-04:00");
  EXPECT_EQ(Cell_("718-7").rules(0).basis().type(), v1::BASIS_TYPE_PATIENT_REQUEST);
  // A number that no portal lets anybody choose waits neither for nothing nor for ever.
  const std::pair<int, const char*> odd[] = {{0, "2026-03-07T00:00:00-05:00"},
                                             {-3, "2026-03-07T00:00:00-05:00"},
                                             {91, "2026-06-04T00:00:00-04:00"},
                                             {4000, "2026-06-04T00:00:00-04:00"}};
  for (const auto& [days, until] : odd) {
    report.mutable_patient()->mutable_preference()->set_after_days(days);
    Decide(kRoutine, report);
    EXPECT_EQ(Local(Cell_("718-7").not_before()), until) << days;
  }
}

TEST_F(DecideTest, ACeilingCutsWeakerHoldsAndGivesWayToAnEqualOne) {
  v1::DiagnosticReport report = Report("60567-5");
  AddObservation(&report, "22637-3");
  const std::string deadline =
      "  - {id: ceiling, title: t, match: {codes: [tissue]}, then: {deadline: {within: 24 h, duty: release}}, basis: {type: "
      "statute, citation: c}}\n";
  Decide(std::string(kTissue) + deadline, report);
  EXPECT_EQ(Local(Cell_("22637-3").review().expires_at()), "2026-03-07T14:00:00-05:00") << "24 hours after it was issued";
  EXPECT_EQ(Cell_("22637-3").review().on_expiry(), v1::ON_EXPIRY_RELEASE);
  EXPECT_EQ(Local(Cell_("22637-3").not_after()), "2026-03-07T14:00:00-05:00");
  // Doubt about whose result it is binds more than a statute; two statutes that collide would not load.
  Decide(deadline +
             "  - {id: floor, title: t, match: {codes: [tissue]}, then: {release: now, delay: 72 h}, basis: {type: identity, "
             "citation: c}}\n",
         report);
  EXPECT_EQ(Local(Cell_("22637-3").not_before()), "2026-03-09T15:00:00-04:00");
  EXPECT_EQ(Cell_("22637-3").conflicts_size(), 1);
}

TEST_F(DecideTest, ADeadlineOfTheHeaderLetsNoStowawayGo) {
  v1::DiagnosticReport report = Report("58410-2");
  AddObservation(&report, "33914-3");
  Decide(
      "  - {id: ceiling, title: t, match: {codes: [routine]}, then: {deadline: {within: 24 h, duty: release}}, basis: {type: "
      "statute, "
      "citation: c}}\n",
      report);
  EXPECT_FALSE(Cell_("33914-3").has_not_after());
}

TEST_F(DecideTest, ACeilingCutsTheEscalationToo) {
  v1::DiagnosticReport report = Report("58410-2");
  AddObservation(&report, "56888-1");
  Decide(
      "  - {id: ceiling, title: t, match: {codes: [sensitive]}, then: {deadline: {within: 100 h, duty: release}}, basis: {type: "
      "statute, "
      "citation: c}}\n",
      report);
  EXPECT_EQ(Cell_("56888-1").review().on_expiry(), v1::ON_EXPIRY_RELEASE)
      << "two business days and one more of escalation pass the ceiling";
  EXPECT_LE(base::FromProto(Cell_("56888-1").review().expires_at()), At("2026-03-10T23:00:00Z"));
}

TEST_F(DecideTest, TheLongestEscalationCountsAndTheStrictestEnd) {
  const auto review = [](const std::string& id, const std::string& on_expiry) {
    return "  - {id: " + id +
           ", title: t, match: {codes: [tissue]}, then: {review: {owners: [results-pool], each: 1 day, expires: 1 day, "
           "on_expiry: " +
           on_expiry + "}}, basis: {type: organization-policy, citation: c}}\n";
  };
  v1::DiagnosticReport report = Report("60567-5");
  AddObservation(&report, "22637-3");
  Decide(review("a", "{escalate: {to: director, for: 1 day, then: release}}") +
             review("b", "{escalate: {to: records, for: 9 days, then: release}}") + review("c", "release_with_outreach"),
         report);
  EXPECT_GT(base::FromProto(Cell_("22637-3").review().escalate_for()), absl::Hours(8 * 24));
  EXPECT_EQ(Cell_("22637-3").review().after_escalation(), v1::ON_EXPIRY_RELEASE_WITH_OUTREACH);
}

TEST_F(DecideTest, AUnitThatWasNotFinalBeforeStartsItsClockNow) {
  const std::string rules =
      "  - {id: statute, title: t, match: {codes: [routine]}, then: {release: now, delay: 72 h}, basis: {type: statute, "
      "citation: c}}\n";
  v1::DiagnosticReport report = Cbc();
  *report.mutable_issued() = base::ToProto(At("2026-03-02T12:00:00-05:00"));
  Decide(rules, report);
  EXPECT_EQ(Word("718-7"), "release") << "72 hours have passed";
  const v1::Decision before = decision_;
  *report.mutable_issued() = base::ToProto(At("2026-03-06T12:00:00-05:00"));
  report.set_narrative("text that came later");
  Context context;
  context.received_at = At(kNow);
  context.previous = &before;
  context.clock_start = base::FromProto(before.clock_start());
  Decide(rules, report, context);
  EXPECT_EQ(Word("718-7"), "release");
  EXPECT_EQ(Local(Cell_(kDocument).not_before()), "2026-03-09T13:00:00-04:00") << "its own first final is this version";
}

TEST_F(DecideTest, ManyObservationsAreDecidedInLinearTime) {
  // The condition reads every observation of the report: evaluated once for the report, not once for each of its thousand units,
  // it takes a thousand steps and not a million, which is the limit of the expression language.
  v1::DiagnosticReport report = Report("58410-2");
  for (int i = 0; i < 1000; ++i) AddObservation(&report, "718-7")->set_id("o" + std::to_string(i));
  Decide(std::string(kRoutine) +
             "  - {id: cancer, title: t, outcome_dependent: why, when: 'report.observations.exists(o, has(o.codeable_concept) && "
             "o.codeable_concept in "
             "valueset(\"malignant\"))', then: {delay: 72 h}, basis: {type: statute, citation: c}}\n",
         report);
  EXPECT_EQ(Word("o999"), "release");
}

TEST_F(DecideTest, ClocksRunFromTheEarlierOfIssuedAndReceivedAndIgnoreImplausibleTimes) {
  const std::string rules =
      "  - {id: statute, title: t, match: {codes: [routine]}, then: {release: now, delay: 72 h}, basis: {type: statute, "
      "citation: c}}\n";
  v1::DiagnosticReport report = Cbc();
  Decide(rules, report);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00");
  *report.mutable_issued() = base::ToProto(At("2027-01-01T00:00:00Z"));
  Decide(rules, report);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T16:00:00-04:00") << "a time to come is not taken";
  *report.mutable_issued() = base::ToProto(At("1926-01-01T00:00:00Z"));
  Decide(rules, report);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T16:00:00-04:00") << "a time long gone would end the wait at once";
  report.clear_issued();
  Decide(rules, report);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T16:00:00-04:00");
}

TEST_F(DecideTest, ACorrectionKeepsTheClockButWhatIsNewStartsWithIt) {
  const std::string rules =
      "  - {id: a-statute, title: t, match: {codes: [routine]}, then: {release: now, delay: 72 h}, basis: {type: statute, "
      "citation: c}}\n"
      "  - {id: b-corrected, title: t, match: {codes: [routine], status: [corrected]}, then: {delay: 72 h}, basis: {type: "
      "statute, citation: c}}\n";
  v1::DiagnosticReport report = Cbc();
  *report.mutable_issued() = base::ToProto(At("2026-03-04T12:00:00-05:00"));
  Decide(rules, report);
  const v1::Decision before = decision_;
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-07T12:00:00-05:00");
  *report.mutable_issued() = base::ToProto(At("2026-03-06T12:00:00-05:00"));
  Context context;
  context.received_at = At(kNow);
  context.previous = &before;
  context.clock_start = base::FromProto(before.clock_start());
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-07T12:00:00-05:00") << "the clock is kept";
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T13:00:00-04:00")
      << "what did not apply before starts at the correction's issue";
}

TEST_F(DecideTest, DoubtAboutIdentityQuarantinesEverything) {
  Context context;
  context.quarantine = "the report moved to another patient";
  Decide(kRoutine, Cbc(), context);
  EXPECT_EQ(Word("718-7"), "quarantine");
  EXPECT_EQ(Cell_("718-7").review().turns(0).owner().role(), "records");
  EXPECT_EQ(Cell_("718-7").rules(0).basis().type(), v1::BASIS_TYPE_IDENTITY);
}

// I3: every hold has a basis, one owner at a time and an expiry. I6: same inputs, same decision. I10: adding a restriction never
// shortens a hold. Over random packs and reports.
TEST_F(DecideTest, RandomPacksKeepThePromises) {
  const unsigned seed = 4711;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto pick = [&random](std::initializer_list<const char*> from) { return *(from.begin() + random() % from.size()); };
  const auto restriction = [&](const std::string& id) {
    const std::string condition =
        pick({"match: {codes: [routine]}", "match: {codes: [tissue]}", "match: {section: [laboratory]}",
              "when: age(patient) < 18", "match: {codes: [sensitive], unit: observation}", "when: \"true\""});
    const std::string then =
        pick({"delay: 72 h", "delay: 3 business days", "delay: next business morning", "withhold: {until: 9 days}",
              "review: {owners: [results-pool], each: 1 business day, expires: 2 business days, on_expiry: release}"});
    const std::string basis = pick({"statute", "privacy", "organization-policy"});
    const std::string audience = pick({"", "audiences: [delegate], ", "audiences: [patient], "});
    return absl::StrCat("  - {id: ", id, ", title: t, ", audience, condition, ", then: {", then, "}, basis: {type: ", basis,
                        ", citation: c}}\n");
  };
  // When a unit goes at the earliest without anybody's action: a bound that a further restriction must not lower.
  const auto earliest = [](const v1::Outcome& outcome) {
    if (outcome.disposition() == v1::DISPOSITION_RELEASE) return absl::InfinitePast();
    if (outcome.disposition() == v1::DISPOSITION_WITHHOLD) return absl::InfiniteFuture();
    absl::Time at = outcome.has_not_before() ? base::FromProto(outcome.not_before()) : absl::InfinitePast();
    if (outcome.disposition() == v1::DISPOSITION_REVIEW) at = std::max(at, base::FromProto(outcome.review().expires_at()));
    return at;
  };
  for (int round = 0; round < ::resultgate::testing::Rounds(300); ++round) {
    v1::DiagnosticReport report = Report(pick({"58410-2", "60567-5", "99999-9"}));
    for (int i = 0; i < 3; ++i) {
      const char* codes[] = {"718-7", "56888-1", "33914-3"};
      if (random() % 2 == 0)
        AddObservation(&report, codes[i], random() % 4 == 0 ? v1::RESULT_STATUS_PRELIMINARY : v1::RESULT_STATUS_FINAL);
    }
    if (random() % 2 == 0) report.mutable_patient()->set_birth_date("2015-01-01");
    std::string rules = std::string(kRoutine) + kSensitive;
    const int count = static_cast<int>(random() % 4);
    for (int i = 0; i < count; ++i) rules += restriction(absl::StrCat("r", i));
    Decide(rules, report);
    const auto before = cells_;
    const std::string bytes = decision_.SerializeAsString();
    Decide(rules, report);
    ASSERT_EQ(decision_.SerializeAsString(), bytes) << "same inputs, same decision (I6)";
    for (const auto& [key, outcome] : before) {
      if (outcome.disposition() == v1::DISPOSITION_RELEASE) continue;
      ASSERT_TRUE(outcome.has_due_at()) << rules;
      ASSERT_GT(outcome.rules_size(), 0) << "a hold has a basis (I3)";
      if (outcome.disposition() != v1::DISPOSITION_DELAY) {
        ASSERT_GT(outcome.review().turns_size(), 0) << "a hold has an owner (I3)";
        ASSERT_TRUE(outcome.review().has_expires_at()) << "a hold has an expiry (I3)";
      }
    }
    Decide(rules + restriction("zz-added"), report);
    for (const auto& [key, outcome] : before) {
      const v1::Outcome& after = cells_.at(key);
      ASSERT_GE(earliest(after), earliest(outcome)) << key.first << " for " << key.second << " (I10)\n" << rules;
      if (outcome.disposition() == v1::DISPOSITION_REVIEW) {
        ASSERT_TRUE(after.has_review()) << "(I10)";
      }
    }
  }
}

}  // namespace
}  // namespace resultgate::policy
