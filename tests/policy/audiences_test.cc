// Who sees what (design, promise I8): whoever sees through the patient never sees more, nor earlier.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using AudiencesTest = DecideTest;

TEST_F(AudiencesTest, ADeadlineForOthersShortensNothingThatHoldsThePatient) {
  const auto rules = [](const char* audience) {
    return absl::StrCat(
        kRoutine,
        "  - {id: floor, title: t, match: {codes: [routine]}, then: {delay: 9 days}, basis: {type: privacy, citation: c}}\n"
        "  - {id: limit, title: t, ",
        audience, ", then: {deadline: {within: 72 h, duty: release}}, basis: {type: statute, citation: c}}\n");
  };
  for (const char* others : {"audiences: [delegate, representative], match: {codes: [routine]}", "when: audience != PATIENT"}) {
    SCOPED_TRACE(others);
    Decide(rules(others), Cbc());
    for (const v1::Audience audience : kAudiences) {
      EXPECT_EQ(Local(Cell_("718-7", audience).not_before()), "2026-03-15T00:00:00-04:00") << audience;
    }
  }
  Decide(rules("audiences: [delegate, patient], match: {codes: [routine]}"), Cbc());
  EXPECT_EQ(Local(Cell_("718-7", v1::AUDIENCE_DELEGATE).not_before()), "2026-03-09T15:00:00-04:00");
  EXPECT_EQ(Local(Cell_("718-7", v1::AUDIENCE_REPRESENTATIVE).not_before()), "2026-03-15T00:00:00-04:00");
}

TEST_F(AudiencesTest, WhatIsKnownToBeWithheldFromThePatientIsNotInDoubtForOthers) {
  Decide(
      absl::StrCat(kRoutine,
                   "  - {id: hold, title: t, when: audience == PATIENT || age(patient) < 18, then: {withhold: {until: 9 days}}, "
                   "basis: {type: privacy, citation: c}}\n"),
      Cbc());
  for (const v1::Audience audience : kAudiences) {
    EXPECT_EQ(Word("718-7", audience), "withhold") << audience;
    EXPECT_EQ(Cell_("718-7", audience).unknown_facts_size(), 0) << audience;
  }
}

// A restriction that began for the patient with this version begins no earlier for others whom it held before.
TEST_F(AudiencesTest, AClockThatBeginsAnewForThePatientBeginsAnewForOthers) {
  const std::string rules =
      absl::StrCat(kRoutine,
                   "  - {id: hold, title: t, match: {codes: [routine]}, when: audience == DELEGATE || "
                   "report.status == CORRECTED, then: {delay: 72 h}, basis: {type: privacy, citation: c}}\n");
  v1::DiagnosticReport report = Cbc();
  *report.mutable_issued() = base::ToProto(At("2026-03-05T12:00:00-05:00"));
  Decide(rules, report);
  const v1::Decision before = decision_;
  EXPECT_EQ(Word("718-7"), "release");
  EXPECT_EQ(Word("718-7", v1::AUDIENCE_DELEGATE), "delay");
  *report.mutable_issued() = base::ToProto(At("2026-03-06T12:00:00-05:00"));
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  Context context;
  context.received_at = At(kNow);
  context.previous = &before;
  context.clock_start = base::FromProto(before.clock_start());
  Decide(rules, report, context);
  for (const v1::Audience audience : kAudiences) {
    EXPECT_EQ(Local(Cell_("718-7", audience).not_before()), "2026-03-09T13:00:00-04:00") << audience;
  }
}

}  // namespace
}  // namespace resultgate::policy
