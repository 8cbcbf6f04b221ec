// Who may end a hold early (design, "Basis"), and what stands when obligations conflict ("Precedence").
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

class LiftersTest : public DecideTest {
 protected:
  void DecideWhen(std::vector<v1::Lifter> acted, const std::string& rules, const v1::DiagnosticReport& report) {
    Context context;
    context.acted = std::move(acted);
    Decide(rules, report, context);
  }

  // A rule that holds `routine` by this basis, liftable by those.
  static std::string Hold(const std::string& basis, const std::string& lifted_by, const std::string& then = "delay: 72 h") {
    return absl::StrCat(kRoutine, "  - {id: hold, title: t, match: {codes: [routine]}, then: {", then, "}, lifted_by: [",
                        lifted_by, "], basis: {type: ", basis, ", citation: c}}\n");
  }
};

TEST_F(LiftersTest, OnlyWhomTheRuleNamesEndsTheHoldAndOtherwiseTheDateStands) {
  struct Case {
    const char* basis;
    const char* lifted_by;
    std::vector<v1::Lifter> acted;
    const char* decision;
  };
  const Case cases[] = {
      {"statute", "provider", {}, "delay"},
      {"statute", "provider", {v1::LIFTER_PROVIDER}, "release"},
      {"statute", "provider", {v1::LIFTER_PATIENT}, "delay"},
      {"statute", "patient", {v1::LIFTER_PATIENT}, "release"},
      {"statute", "patient", {v1::LIFTER_PROVIDER}, "delay"},
      {"statute", "", {v1::LIFTER_PROVIDER, v1::LIFTER_PATIENT}, "delay"},
      {"privacy", "provider", {v1::LIFTER_PATIENT}, "delay"},
      // An organisation's own hold always ends at the patient's request.
      {"organization-policy", "", {v1::LIFTER_PATIENT}, "release"},
      {"organization-policy", "", {v1::LIFTER_PROVIDER}, "delay"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.basis, " lifted by [", c.lifted_by, "]"));
    DecideWhen(c.acted, Hold(c.basis, c.lifted_by), Cbc());
    EXPECT_EQ(Word("718-7"), c.decision);
    if (std::string(c.decision) == "delay") {
      EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00");
    }
    ASSERT_EQ(Cell_("718-7").rules(0).rule_id(), "hold");
    EXPECT_EQ(Cell_("718-7").rules(0).lifted(), std::string(c.decision) == "release");
  }
}

TEST_F(LiftersTest, EveryRestrictionOfADecisionSaysItsBasisAndWhoMayLiftIt) {
  const char* const asks[] = {"delay: 72 h", "withhold: {until: 9 days}",
                              "review: {owners: [results-pool], each: 1 day, expires: 1 day, on_expiry: release}",
                              "deadline: {within: 20 days, duty: release}", "deadline: {within: 20 days, duty: notice}"};
  for (const char* then : asks) {
    SCOPED_TRACE(then);
    DecideWhen({}, Hold("research", "provider, patient", then), Cbc());
    const v1::AppliedRule& rule = Cell_("718-7").rules(0);
    ASSERT_EQ(rule.rule_id(), "hold");
    EXPECT_EQ(rule.basis().type(), v1::BASIS_TYPE_RESEARCH);
    EXPECT_EQ(rule.basis().citation(), "c");
    ASSERT_EQ(rule.lifted_by_size(), 2);
    EXPECT_EQ(rule.lifted_by(0), v1::LIFTER_PROVIDER);
    EXPECT_EQ(rule.lifted_by(1), v1::LIFTER_PATIENT);
  }
}

TEST_F(LiftersTest, OfSeveralRestrictionsEachActorEndsTheirOwnAndTheOthersDateStands) {
  const auto hold = [](const char* id, const char* lifted_by, const char* delay) {
    return absl::StrCat("  - {id: ", id, ", title: t, match: {codes: [routine]}, then: {delay: ", delay, "}, lifted_by: [",
                        lifted_by, "], basis: {type: statute, citation: c}}\n");
  };
  const std::string rules = absl::StrCat(kRoutine, hold("a", "provider", "72 h"), hold("b", "patient", "9 days"));
  struct Case {
    std::vector<v1::Lifter> acted;
    const char* floor;  // empty: goes now
  };
  const Case cases[] = {
      {{}, "2026-03-15T00:00:00-04:00"},
      {{v1::LIFTER_PROVIDER}, "2026-03-15T00:00:00-04:00"},
      {{v1::LIFTER_PATIENT}, "2026-03-09T15:00:00-04:00"},
      {{v1::LIFTER_PATIENT, v1::LIFTER_PROVIDER}, ""},
  };
  for (const Case& c : cases) {
    DecideWhen(c.acted, rules, Cbc());
    EXPECT_EQ(Word("718-7"), *c.floor == 0 ? "release" : "delay");
    if (*c.floor != 0) {
      EXPECT_EQ(Local(Cell_("718-7").not_before()), c.floor);
    }
  }
}

TEST_F(LiftersTest, AReviewAndAWithholdingEndTheSameWay) {
  const std::string review =
      "review: {owners: [results-pool], each: 1 business day, expires: 2 business days, on_expiry: release}";
  for (const std::string& then : {review, std::string("withhold: {until: 9 days}")}) {
    SCOPED_TRACE(then);
    DecideWhen({v1::LIFTER_PROVIDER}, Hold("privacy", "provider", then), Cbc());
    EXPECT_EQ(Word("718-7"), "release");
    DecideWhen({v1::LIFTER_PATIENT}, Hold("privacy", "provider", then), Cbc());
    EXPECT_NE(Word("718-7"), "release");
  }
}

TEST_F(LiftersTest, AnUnknownWithholdingIsLiftedByWhomItNames) {
  const std::string rules = absl::StrCat(kRoutine,
                                         "  - {id: hold, title: t, when: age(patient) < 18, then: {withhold: {until: 9 days}}, "
                                         "lifted_by: [provider], basis: {type: privacy, citation: c}}\n");
  DecideWhen({}, rules, Cbc());
  EXPECT_EQ(Word("718-7"), "review");
  DecideWhen({v1::LIFTER_PATIENT}, rules, Cbc());
  EXPECT_EQ(Word("718-7"), "review");
  DecideWhen({v1::LIFTER_PROVIDER}, rules, Cbc());
  EXPECT_EQ(Word("718-7"), "release");
}

TEST_F(LiftersTest, WhatNoRuleKnowsEndsByAskingForThisResultButNotByAStandingPreference) {
  v1::DiagnosticReport report = Cbc();
  report.mutable_observations(0)->mutable_code()->mutable_codings(0)->set_code("33914-3");
  report.mutable_code()->mutable_codings(0)->set_code("33914-3");
  report.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_IMMEDIATE);
  DecideWhen({}, kRoutine, report);
  EXPECT_EQ(Word("718-7"), "review");
  DecideWhen({v1::LIFTER_PATIENT}, kRoutine, report);
  EXPECT_EQ(Word("718-7"), "release");
}

// A parent may have set the wish, or the minor without a thought for this.
TEST_F(LiftersTest, AStandingWishForEverythingAtOnceDoesNotTellParentsWhatIsKeptFromThem) {
  const std::string rules = absl::StrCat(
      kRoutine,
      "  - {id: private, title: t, audiences: [representative, delegate], match: {codes: [routine]}, then: {delay: 72 h}, "
      "lifted_by: [patient], basis: {type: privacy, citation: c}}\n"
      "  - {id: wait, title: t, match: {codes: [routine]}, then: {delay: 24 h}, lifted_by: [patient], "
      "basis: {type: privacy, citation: c}}\n");
  v1::DiagnosticReport report = Cbc();
  report.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_IMMEDIATE);
  DecideWhen({}, rules, report);
  EXPECT_EQ(Word("718-7"), "release");
  for (const v1::Audience other : {v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE}) {
    EXPECT_EQ(Word("718-7", other), "delay");
    EXPECT_EQ(Local(Cell_("718-7", other).not_before()), "2026-03-09T15:00:00-04:00");
  }
  DecideWhen({v1::LIFTER_PATIENT}, rules, report);
  EXPECT_EQ(Word("718-7", v1::AUDIENCE_DELEGATE), "release") << "for this very result the patient may say so";
}

TEST_F(LiftersTest, NobodyLiftsWhatIsNotFinalOrInDoubt) {
  const std::vector<v1::Lifter> all = {v1::LIFTER_PROVIDER, v1::LIFTER_PATIENT};
  v1::DiagnosticReport report = Cbc();
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  DecideWhen(all, kRoutine, report);
  EXPECT_EQ(Word("718-7"), "not-final");
  Context context;
  context.acted = all;
  context.quarantine = "moved";
  Decide(kRoutine, Cbc(), context);
  EXPECT_EQ(Word("718-7"), "quarantine");
}

TEST_F(LiftersTest, ThePatientsOwnWishToWaitEndsByThePatientAlone) {
  v1::DiagnosticReport report = Cbc();
  report.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
  report.mutable_patient()->mutable_preference()->set_after_days(7);
  DecideWhen({v1::LIFTER_PROVIDER}, kRoutine, report);
  EXPECT_EQ(Word("718-7"), "delay");
  DecideWhen({v1::LIFTER_PATIENT}, kRoutine, report);
  EXPECT_EQ(Word("718-7"), "release");
}

// Who yields to whom is the pack's order of bases.
TEST_F(LiftersTest, APackMayReorderThePrecedence) {
  const std::string rules =
      "  - {id: a-floor, title: t, match: {codes: [routine]}, then: {release: now, delay: 9 days}, basis: {type: privacy, "
      "citation: c}}\n"
      "  - {id: b-ceiling, title: t, match: {codes: [routine]}, then: {deadline: {within: 72 h, duty: release}}, basis: {type: "
      "patient-request, citation: c}}\n";
  Decide(rules, Cbc());
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-15T00:00:00-04:00") << "privacy binds more than a request";
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 1);
  pack_file_ +=
      "precedence: [identity, statute, harm-determination, patient-request, privacy, research, organization-policy]\n"
      "precedence_reason: the patient's word comes first here\n";
  Decide(rules, Cbc());
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00") << "now the ceiling cuts the floor";
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 0);
}

TEST_F(LiftersTest, OfSeveralCeilingsTheEarliestAndOfSeveralWithholdingsTheLatestCounts) {
  const auto ceiling = [](const char* id, const char* within) {
    return absl::StrCat("  - {id: ", id, ", title: t, match: {codes: [routine]}, then: {deadline: {within: ", within,
                        ", duty: release}}, basis: {type: statute, citation: c}}\n");
  };
  for (const auto& rules : {ceiling("a", "72 h") + ceiling("b", "96 h"), ceiling("a", "96 h") + ceiling("b", "72 h")}) {
    Decide(kRoutine + rules, Cbc());
    EXPECT_EQ(Local(Cell_("718-7").not_after()), "2026-03-09T15:00:00-04:00");
  }
  const auto withholding = [](const char* id, const char* until) {
    return absl::StrCat("  - {id: ", id, ", title: t, match: {codes: [routine]}, then: {withhold: {until: ", until,
                        "}}, basis: {type: privacy, citation: c}}\n");
  };
  for (const auto& rules :
       {withholding("a", "72 h") + withholding("b", "96 h"), withholding("a", "96 h") + withholding("b", "72 h")}) {
    Decide(kRoutine + rules, Cbc());
    EXPECT_EQ(Local(Cell_("718-7").withheld_until()), "2026-03-10T15:00:00-04:00");
  }
}

TEST_F(LiftersTest, AReviewOfEqualBasisStandsAgainstACeilingAndAWeakerOneEndsAtIt) {
  const auto rules = [](const char* basis) {
    return absl::StrCat(
        kRoutine,
        "  - {id: a, title: t, match: {codes: [routine]}, then: {review: {owners: [results-pool], each: 1 business day, ",
        "expires: 5 business days, on_expiry: release_with_outreach}}, basis: {type: ", basis, ", citation: c}}\n",
        "  - {id: b, title: t, match: {codes: [routine]}, then: {deadline: {within: 72 h, duty: release}}, basis: {type: "
        "privacy, citation: c}}\n");
  };
  Decide(rules("privacy"), Cbc());
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), "2026-03-13T15:00:00-04:00");
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 1) << "a conflict is said";
  Decide(rules("organization-policy"), Cbc());
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), "2026-03-09T15:00:00-04:00");
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 0);
}

TEST_F(LiftersTest, ADutyToNotifyIsNoCeiling) {
  Decide(
      absl::StrCat(kRoutine,
                   "  - {id: a, title: t, match: {codes: [routine]}, then: {delay: 9 days}, basis: {type: organization-policy, "
                   "citation: c}}\n"
                   "  - {id: b, title: t, match: {codes: [routine]}, then: {deadline: {within: 72 h, duty: notice}}, basis: "
                   "{type: statute, citation: c}}\n"),
      Cbc());
  EXPECT_EQ(Word("718-7"), "delay");
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-15T00:00:00-04:00");
  EXPECT_FALSE(Cell_("718-7").has_not_after());
  EXPECT_EQ(Cell_("718-7").rules(1).effect(), v1::RULE_EFFECT_NOTICE);
}

}  // namespace
}  // namespace resultgate::policy
