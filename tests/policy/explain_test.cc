// What a person is told of a decision: the whole text, so that a change of a word is looked at.
#include "server/policy/explain.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

class ExplainTest : public DecideTest {
 protected:
  std::string Explained(const std::string& rules, const v1::DiagnosticReport& report, bool all = false) {
    pack_ = Load(rules);
    Context context;
    context.received_at = At(kNow);
    return ToText(Explain(*pack_, report, context, At(kNow)), all);
  }
};

constexpr char kLaw[] =
    "  - {id: law, title: Blood counts wait 72 hours, match: {codes: [routine], jurisdiction: [US-KY]}, when: 'age(patient) < 18 "
    "|| report.test_message', then: {delay: 72 h}, basis: {type: statute, citation: KRS 1}}\n";

TEST_F(ExplainTest, TheClockTheRulesAndTheirParts) {
  v1::DiagnosticReport report = Cbc();
  report.mutable_patient()->set_birth_date("2015-01-01");
  report.mutable_order()->mutable_jurisdictions()->add_values("US-KY");
  EXPECT_EQ(Explained(absl::StrCat(kRoutine, kLaw), report),
            R"(  718-7, for everybody: goes Mon 2026-03-09 15:00
    first final Fri 2026-03-06 14:00, when it was issued
    law: not before Fri 2026-03-06 14:00 + 72 h = Mon 2026-03-09 15:00
    so not before Mon 2026-03-09 15:00
    law: Blood counts wait 72 hours
      delay, statute: KRS 1 (not verified)
      true    codes: [routine]
      true    jurisdiction: [US-KY]
      true    age(patient) < 18 || report.test_message
      true      age(patient) < 18
      false     report.test_message
    routine: t
      permit
      true    codes: [routine]
)");
}

TEST_F(ExplainTest, WhyTheClockRunsFromTheReceipt) {
  v1::DiagnosticReport report = Cbc();
  report.clear_issued();
  const std::string text = Explained(absl::StrCat(kRoutine, kLaw), report);
  EXPECT_TRUE(absl::StrContains(text, "first final Fri 2026-03-06 15:00, when it was received: no time of issue was sent\n"))
      << text;
}

TEST_F(ExplainTest, WhatIsMissingIsSaidWhereItMatters) {
  const std::string text = Explained(absl::StrCat(kRoutine, kLaw), Cbc());
  EXPECT_TRUE(absl::StrContains(
      text, "it would be decided with more certainty if these were known: order.jurisdictions, patient.birth_date"))
      << text;
  EXPECT_TRUE(absl::StrContains(text, "      unknown jurisdiction: [US-KY]  (missing: order.jurisdictions)\n")) << text;
  EXPECT_TRUE(absl::StrContains(text, "      unknown   age(patient) < 18  (missing: patient.birth_date)\n")) << text;
}

TEST_F(ExplainTest, AReviewWithItsTurnsAndTheDefault) {
  v1::DiagnosticReport report = Report("99999-9");
  AddObservation(&report, "33914-3");
  EXPECT_EQ(
      Explained(kRoutine, report),
      R"(  33914-3, for everybody: is reviewed by ordering-provider, then results-pool, then director; goes Wed 2026-03-11 15:00 at the latest, and the patient is reached out to
    first final Fri 2026-03-06 14:00, when it was issued
    the review begins Fri 2026-03-06 15:00
    default: reviewed within Fri 2026-03-06 15:00 + 2 business days = Tue 2026-03-10 15:00
      ordering-provider until Mon 2026-03-09 15:00
      results-pool until Tue 2026-03-10 15:00
      at its end, Tue 2026-03-10 15:00: escalate to director until Wed 2026-03-11 15:00, then release-with-outreach
    default: nothing lets this code go and no rule asks for a review: the pack's default review
      review, organization-policy: pack small, default
    1 other rule does not speak for it
)");
  EXPECT_TRUE(absl::StrContains(Explained(kRoutine, report, /*all=*/true), "    routine: t\n      false   codes: [routine]\n"));
}

TEST_F(ExplainTest, TheSumOfAReviewAndALongCondition) {
  const std::string late =
      "  - id: late\n    title: t\n    when: |\n      report.section == LABORATORY\n        && size(report.observations) > 0\n"
      "    then: {review: {owners: [results-pool], each: 1 business day, expires: 1 business day, on_expiry: release}}\n"
      "    basis: {type: organization-policy, citation: c}\n";
  pack_ = Load(absl::StrCat(kRoutine, late));
  Context context;
  context.received_at = At("2026-03-07T10:00:00-05:00");
  const v1::Explanation explanation = Explain(*pack_, Cbc(), context, context.received_at);
  const std::string text = ToText(explanation, /*all=*/false);
  // A Saturday: nobody is there.
  EXPECT_TRUE(absl::StrContains(text, "    the review begins Mon 2026-03-09 08:00, when somebody is there to see it\n")) << text;
  EXPECT_TRUE(absl::StrContains(text, "    late: reviewed within Mon 2026-03-09 08:00 + 1 business day = Tue 2026-03-10 08:00\n"))
      << text;
  EXPECT_TRUE(absl::StrContains(text, "      true    size(report.observations) > 0\n")) << text;
  // The message holds the same, every rule in it.
  ASSERT_EQ(explanation.outcomes_size(), 1);
  ASSERT_EQ(explanation.outcomes(0).rules_size(), 2);
  const v1::ExplainedRule& rule = explanation.outcomes(0).rules(0);
  EXPECT_EQ(rule.rule_id(), "late");
  EXPECT_TRUE(rule.has_part());
  EXPECT_TRUE(absl::StrContains(rule.place(), "rules.yaml:"));
  ASSERT_EQ(rule.parts_size(), 2);
  EXPECT_EQ(rule.parts(0).truth(), v1::TRUTH_TRUE);
}

TEST_F(ExplainTest, WhatIsNotFinalNotInForceOrAssumed) {
  v1::DiagnosticReport report = Cbc();
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  report.set_status(v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_TRUE(absl::StrContains(Explained(kRoutine, report), "nothing is final yet, so no clock runs"));
  pack_file_ += "facts: [{fact: order.jurisdictions, absent_means: [US-KY], reason: r, approved_by: a}]\n";
  const std::string later =
      "  - {id: later, title: t, effective: 2026-04-01, match: {jurisdiction: [US-KY]}, then: {delay: 72 h}, basis: {type: "
      "statute, "
      "citation: c}}\n";
  const std::string text = Explained(absl::StrCat(kRoutine, later), Cbc(), /*all=*/true);
  EXPECT_TRUE(absl::StrContains(text, "  assumed, because the report lacks it: order.jurisdictions\n")) << text;
  EXPECT_TRUE(
      absl::StrContains(text, "    later: t\n      false   not in force at that date\n      true    jurisdiction: [US-KY]\n"))
      << text;
}

}  // namespace
}  // namespace resultgate::policy
