// From when times run, and to when they move (design, "Clock" and "Corrections").
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

class ClockTest : public DecideTest {
 protected:
  static std::string Review(const std::string& id, const std::string& basis, const std::string& expires) {
    return absl::StrCat("  - {id: ", id,
                        ", title: t, match: {codes: [routine]}, then: {release: now, review: {owners: [results-pool], ",
                        "each: 1 day, expires: ", expires, ", on_expiry: release}}, basis: {type: ", basis, ", citation: c}}\n");
  }

  std::string ExpiryOf(const std::string& rules, const std::string& received) {
    Context context;
    context.received_at = At(received);
    Decide(rules, Cbc(), context);
    return Local(Cell_("718-7").review().expires_at());
  }
};

TEST_F(ClockTest, AnExpiryMovesToStaffedHoursUnlessAStatuteSetIt) {
  // 30 hours after Friday morning is Saturday.
  const std::string friday = "2026-03-06T09:00:00-05:00";
  EXPECT_EQ(ExpiryOf(Review("a", "organization-policy", "30 h"), friday), "2026-03-09T08:00:00-04:00");
  EXPECT_EQ(ExpiryOf(Review("a", "statute", "30 h"), friday), "2026-03-07T15:00:00-05:00");
  // A statute's review that it is merged with does not bring it back into the night.
  EXPECT_EQ(ExpiryOf(Review("a", "organization-policy", "30 h") + Review("b", "statute", "4 h"), friday),
            "2026-03-09T08:00:00-04:00");
  EXPECT_EQ(ExpiryOf(Review("a", "organization-policy", "4 h") + Review("b", "statute", "30 h"), friday),
            "2026-03-07T15:00:00-05:00");
}

TEST_F(ClockTest, AReviewBeginsWhenItsOwnerCanFirstSeeIt) {
  // From Saturday morning one working day would end on Monday as the first one comes in.
  const std::string rules = Review("a", "organization-policy", "1 business day");
  EXPECT_EQ(ExpiryOf(rules, "2026-03-07T09:00:00-05:00"), "2026-03-10T08:00:00-04:00");
  EXPECT_EQ(Local(Cell_("718-7").review().started_at()), "2026-03-09T08:00:00-04:00");
  EXPECT_EQ(ExpiryOf(rules, "2026-03-05T20:00:00-05:00"), "2026-03-09T08:00:00-04:00");
  EXPECT_EQ(ExpiryOf(rules, "2026-03-05T09:00:00-05:00"), "2026-03-06T09:00:00-05:00");
}

TEST_F(ClockTest, AReviewRunsFromReceiptHoweverLateTheReportCame) {
  v1::DiagnosticReport report = Cbc();
  *report.mutable_issued() = base::ToProto(At("2026-02-20T09:00:00-05:00"));
  Context context;
  context.received_at = At("2026-03-05T09:00:00-05:00");
  Decide(Review("a", "organization-policy", "1 business day"), report, context);
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), "2026-03-06T09:00:00-05:00");
}

TEST_F(ClockTest, AnExpiryThatMovesToStaffedHoursNeverMovesPastACeiling) {
  // 30 hours after Friday morning is Saturday, which moves to Monday; the law's 48 hours are over on Sunday.
  const std::string rules =
      Review("a", "organization-policy", "30 h") +
      "  - {id: b, title: t, match: {codes: [routine]}, then: {deadline: {within: 48 h, duty: release}}, basis: {type: statute, "
      "citation: c}}\n";
  v1::DiagnosticReport report = Cbc();
  *report.mutable_issued() = base::ToProto(At("2026-03-06T09:00:00-05:00"));
  Context context;
  context.received_at = At("2026-03-06T09:00:00-05:00");
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), "2026-03-08T10:00:00-04:00");
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 0);
}

TEST_F(ClockTest, ACeilingRunsFromFirstFinalAsAFloorDoes) {
  const auto ceiling = [this](const v1::DiagnosticReport& report, const Context& context) {
    Decide(absl::StrCat(kRoutine,
                        "  - {id: b, title: t, match: {codes: [routine]}, then: {deadline: {within: 72 h, duty: release}}, "
                        "basis: {type: statute, citation: c}}\n"),
           report, context);
    return Local(Cell_("718-7").not_after());
  };
  v1::DiagnosticReport report = Cbc();
  Context context;
  context.received_at = At(kNow);
  EXPECT_EQ(ceiling(report, context), "2026-03-09T15:00:00-04:00") << "issued an hour before it was received";
  report.clear_issued();
  EXPECT_EQ(ceiling(report, context), "2026-03-09T16:00:00-04:00");
  context.clock_start = At("2026-03-04T09:00:00-05:00");
  EXPECT_EQ(ceiling(report, context), "2026-03-07T09:00:00-05:00") << "a correction keeps the clock";
}

TEST_F(ClockTest, WhereTheTimeOfIssueCannotBeBelievedTheClockRunsFromTheReceiptAndSaysWhy) {
  struct Case {
    const char* issued;  // received at 15:00
    const char* starts;
    const char* why;
  };
  const Case cases[] = {
      {"2026-03-06T14:00:00-05:00", "2026-03-06T14:00:00-05:00", ""},
      {"2026-02-03T15:00:00-05:00", "2026-02-03T15:00:00-05:00", ""},
      {"2026-02-03T14:59:59-05:00", kNow, "the time of issue lies more than 31 days before the receipt"},
      {"2026-03-06T16:00:00-05:00", kNow, ""},
      {"2026-03-06T16:00:01-05:00", kNow, "the time of issue lies after the receipt"},
      {"", kNow, "no time of issue was sent"},
  };
  Context context;
  context.received_at = At(kNow);
  for (const Case& c : cases) {
    SCOPED_TRACE(c.issued);
    v1::DiagnosticReport report = Cbc();
    report.clear_issued();
    if (c.issued[0] != '\0') *report.mutable_issued() = base::ToProto(At(c.issued));
    Decide(kRoutine, report, context);
    EXPECT_EQ(Local(decision_.clock_start()), c.starts);
    EXPECT_EQ(WhyNotFromIssue(report, context), c.why);
    Context kept = context;
    kept.clock_start = At(kNow);
    EXPECT_EQ(WhyNotFromIssue(report, kept), "") << "a correction keeps its clock";
    for (v1::Observation& observation : *report.mutable_observations()) observation.set_status(v1::RESULT_STATUS_PRELIMINARY);
    EXPECT_EQ(WhyNotFromIssue(report, context), "") << "no clock runs yet";
  }
}

TEST_F(ClockTest, ACorrectionThatClaimsToBeOlderShortensNothing) {
  const std::string rules =
      "  - {id: new, title: t, match: {codes: [routine], status: [corrected]}, then: {release: now, delay: 72 h}, basis: {type: "
      "privacy, citation: c}}\n";
  v1::DiagnosticReport report = Cbc();
  Decide(rules, report);
  const v1::Decision before = decision_;
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  *report.mutable_issued() = base::ToProto(At("2026-02-20T09:00:00-05:00"));
  Context context;
  context.received_at = At(kNow);
  context.previous = &before;
  context.clock_start = base::FromProto(before.clock_start());
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00") << "72 h from the first final, not from the claim";
}

// What a version is the first to ask for has its whole time, the pack's default and an unknown withholding as any review.
TEST_F(ClockTest, AReviewThatGoesOnKeepsItsClockAndANewOneHasItsWholeTime) {
  const std::string review = Review("a", "organization-policy", "5 days");
  const std::string withhold =
      "  - {id: b, title: t, match: {codes: [routine], status: [corrected]}, when: age(patient) < 18, then: {withhold: {until: 5 "
      "days}}, basis: {type: privacy, citation: c}}\n";
  struct Case {
    const char* what;
    std::string rules;
    bool unknown_code;
    const char* started;
  };
  const Case cases[] = {
      {"goes on", review, false, "2026-03-03T09:00:00-05:00"},
      {"the default", review, true, "2026-03-06T15:00:00-05:00"},
      {"an unknown withholding", review + withhold, false, "2026-03-06T15:00:00-05:00"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    v1::DiagnosticReport report = Cbc();
    Context first;
    first.received_at = At("2026-03-03T09:00:00-05:00");
    Decide(c.rules, report, first);
    const v1::Decision before = decision_;
    EXPECT_EQ(Local(Cell_("718-7").review().started_at()), "2026-03-03T09:00:00-05:00");
    report.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
    if (c.unknown_code) {
      report.mutable_code()->mutable_codings(0)->set_code("99999-9");
      report.mutable_observations(0)->mutable_code()->mutable_codings(0)->set_code("99999-9");
    }
    Context second;
    second.received_at = At(kNow);
    second.previous = &before;
    second.clock_start = base::FromProto(before.clock_start());
    Decide(c.rules, report, second);
    EXPECT_EQ(Local(Cell_("718-7").review().started_at()), c.started);
  }
}

// A culture that takes three weeks longer than the rest of its report is first final then: a deadline that had passed before
// would let it go before anybody could look, and a law that came into force between would not hold it.
TEST_F(ClockTest, AUnitThatBecomesFinalLaterHasAClockOfItsOwn) {
  const std::string rules = absl::StrCat(
      kRoutine,
      "  - {id: limit, title: t, match: {codes: [sensitive, routine]}, then: {deadline: {within: 5 days, duty: release}}, basis: "
      "{type: statute, citation: c}}\n"
      "  - {id: look, title: t, match: {codes: [sensitive]}, then: {review: {owners: [results-pool], each: 1 business day, "
      "expires: 2 "
      "business days, on_expiry: release}}, basis: {type: organization-policy, citation: c}}\n"
      "  - {id: new-law, title: t, effective: 2026-03-10, match: {codes: [sensitive, routine]}, then: {delay: 72 h}, basis: "
      "{type: "
      "statute, citation: c}}\n");
  v1::DiagnosticReport report = Report("58410-2", v1::RESULT_STATUS_PRELIMINARY);
  AddObservation(&report, "718-7");
  AddObservation(&report, "56888-1", v1::RESULT_STATUS_PRELIMINARY);
  Context context;
  context.received_at = At("2026-03-06T15:00:00-05:00");
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").not_after()), "2026-03-11T00:00:00-04:00");
  EXPECT_EQ(Word("56888-1"), "not-final");
  const v1::Decision before = decision_;

  report.set_status(v1::RESULT_STATUS_FINAL);
  report.mutable_observations(1)->set_status(v1::RESULT_STATUS_FINAL);
  *report.mutable_issued() = base::ToProto(At("2026-03-27T14:00:00-04:00"));
  Context later;
  later.received_at = now_ = At("2026-03-27T15:00:00-04:00");
  later.previous = &before;
  later.clock_start = base::FromProto(before.clock_start());
  Decide(rules, report, later);
  EXPECT_EQ(Local(Cell_("718-7").not_after()), "2026-03-11T00:00:00-04:00") << "kept";
  EXPECT_FALSE(Cell_("718-7").has_not_before()) << "final before the law was in force";
  for (const v1::Audience audience : kAudiences) {
    EXPECT_EQ(Word("56888-1", audience), "review");
    EXPECT_EQ(Local(Cell_("56888-1", audience).not_after()), "2026-04-01T00:00:00-04:00");
    EXPECT_EQ(Local(Cell_("56888-1", audience).review().expires_at()), "2026-03-31T15:00:00-04:00");
    EXPECT_EQ(Local(Cell_("56888-1", audience).not_before()), "2026-03-30T14:00:00-04:00");
  }

  // A correction an hour later keeps that clock: what the law holds is not set free by a slip of the pen mended.
  const v1::Decision second = decision_;
  report.mutable_observations(1)->set_status(v1::RESULT_STATUS_CORRECTED);
  *report.mutable_issued() = base::ToProto(At("2026-03-27T16:00:00-04:00"));
  Context corrected;
  corrected.received_at = now_ = At("2026-03-27T16:05:00-04:00");
  corrected.previous = &second;
  corrected.clock_start = base::FromProto(second.clock_start());
  Decide(rules, report, corrected);
  for (const v1::Audience audience : kAudiences) {
    EXPECT_EQ(Word("56888-1", audience), "review");
    EXPECT_EQ(Local(Cell_("56888-1", audience).not_after()), "2026-04-01T00:00:00-04:00");
    EXPECT_EQ(Local(Cell_("56888-1", audience).not_before()), "2026-03-30T14:00:00-04:00");
  }
}

// A message that comes late shows that the report was final earlier: what its first final started goes back to that, what a
// unit's own later one started stays.
TEST_F(ClockTest, WhereTheReportWasFinalEarlierOnlyItsOwnClockMoves) {
  const std::string rules = absl::StrCat(
      kRoutine,
      "  - {id: law, title: t, match: {codes: [routine, sensitive]}, then: {release: now, delay: 72 h}, basis: {type: statute, "
      "citation: c}}\n");
  v1::DiagnosticReport report = Report("58410-2", v1::RESULT_STATUS_FINAL);
  AddObservation(&report, "718-7");
  AddObservation(&report, "56888-1", v1::RESULT_STATUS_PRELIMINARY);
  *report.mutable_issued() = base::ToProto(At("2026-03-06T14:00:00-05:00"));
  Context context;
  context.received_at = now_ = At("2026-03-06T15:00:00-05:00");
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00");

  const v1::Decision first = decision_;
  report.mutable_observations(1)->set_status(v1::RESULT_STATUS_FINAL);
  *report.mutable_issued() = base::ToProto(At("2026-03-07T14:00:00-05:00"));
  context.received_at = now_ = At("2026-03-07T15:00:00-05:00");
  context.previous = &first;
  context.clock_start = base::FromProto(first.clock_start());
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00");
  EXPECT_EQ(Local(Cell_("56888-1").not_before()), "2026-03-10T15:00:00-04:00");

  const v1::Decision second = decision_;
  context.received_at = now_ = At("2026-03-07T16:00:00-05:00");
  context.previous = &second;
  context.clock_start = At("2026-03-05T14:00:00-05:00");
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-08T15:00:00-04:00");
  EXPECT_EQ(Local(Cell_("56888-1").not_before()), "2026-03-10T15:00:00-04:00");
}

// A wish that is withdrawn leaves nothing behind in the name of a rule.
TEST_F(ClockTest, WhatAPatientNoLongerAsksForLengthensNoOtherHold) {
  const std::string rules = absl::StrCat(
      kRoutine, "  - {id: law, title: t, match: {codes: [routine]}, then: {delay: 72 h}, basis: {type: statute, citation: c}}\n");
  v1::DiagnosticReport report = Cbc();
  report.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
  report.mutable_patient()->mutable_preference()->set_after_days(30);
  Decide(rules, report);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-04-05T00:00:00-04:00");
  const v1::Decision before = decision_;
  report.mutable_patient()->clear_preference();
  *report.mutable_issued() = base::ToProto(At("2026-03-07T14:00:00-05:00"));
  Context context;
  context.received_at = now_ = At("2026-03-07T15:00:00-05:00");
  context.previous = &before;
  context.clock_start = base::FromProto(before.clock_start());
  Decide(rules, report, context);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00") << "as if nothing had been asked for";
}

}  // namespace
}  // namespace resultgate::policy
