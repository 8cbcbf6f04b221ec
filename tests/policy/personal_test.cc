// What people ask for apart from all rules: preferences for categories, determinations on one result, and a death.
#include "server/policy/personal.h"

#include <gtest/gtest.h>

#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using Preference = v1::ReleasePreference;

// Two observations, one of a sensitive class, and words about both.
v1::DiagnosticReport Panel() {
  v1::DiagnosticReport report = Cbc();
  AddObservation(&report, "56888-1");
  report.set_narrative("words");
  return report;
}

constexpr char kBothGo[] = "  - {id: go, title: t, match: {codes: [routine, sensitive]}, then: {release: now}}\n";
constexpr char kHouseRule[] =
    "  - {id: house, title: t, match: {codes: [routine, sensitive]}, then: {delay: 72 h}, basis: {type: organization-policy, "
    "citation: c}}\n";

class PersonalTest : public DecideTest {
 protected:
  static void Prefer(v1::DiagnosticReport* report, const std::string& category, Preference::Timing timing, int days = 0) {
    v1::Patient* patient = report->mutable_patient();
    Preference* preference = category.empty() ? patient->mutable_preference() : patient->add_category_preferences();
    preference->set_category(category);
    preference->set_timing(timing);
    preference->set_after_days(days);
  }

  v1::Determination* Determine(v1::BasisType type, const std::string& until = "2026-03-16T12:00:00-04:00") {
    v1::Determination* determination = determinations_.Add();
    determination->set_id(determinations_.size());
    determination->set_type(type);
    determination->set_determined_by("dr-7");
    determination->set_reason("spoken with the patient");
    *determination->mutable_until() = base::ToProto(At(until));
    return determination;
  }

  void DecideDetermined(const std::string& rules, const v1::DiagnosticReport& report, std::vector<v1::Lifter> acted = {}) {
    Context context;
    context.determinations = &determinations_;
    context.acted = std::move(acted);
    Decide(rules, report, context);
  }

  Determinations determinations_;
  v1::DiagnosticReport panel_ = Panel();
};

TEST_F(PersonalTest, APreferenceForACategoryCountsForItAndTheOverallOneForTheRest) {
  v1::DiagnosticReport report = Panel();
  Prefer(&report, "sensitive", Preference::TIMING_AFTER_DAYS, 7);
  Decide(kBothGo, report);
  EXPECT_EQ(Word("718-7"), "release");
  EXPECT_EQ(Word("56888-1"), "delay");
  EXPECT_EQ(Local(Cell_("56888-1").not_before()), "2026-03-13T00:00:00-04:00");
  EXPECT_EQ(Word("document"), "delay");
  EXPECT_EQ(Local(Cell_("document").not_before()), "2026-03-13T00:00:00-04:00") << "it tells of both";
  ASSERT_EQ(RulesOf("56888-1"), (std::vector<std::string>{"patient-preference", "go"}));
  EXPECT_EQ(Cell_("56888-1").rules(0).basis().citation(), "the patient's own request for sensitive");

  Prefer(&report, "", Preference::TIMING_AFTER_DAYS, 2);
  Decide(kBothGo, report);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-08T00:00:00-05:00");
  EXPECT_EQ(Local(Cell_("56888-1").not_before()), "2026-03-13T00:00:00-04:00") << "in place of the overall one";
}

TEST_F(PersonalTest, AtOnceForACategoryLiftsOnlyThere) {
  v1::DiagnosticReport report = Panel();
  Prefer(&report, "routine", Preference::TIMING_IMMEDIATE);
  Decide(absl::StrCat(kBothGo, kHouseRule), report);
  EXPECT_EQ(Word("718-7"), "release");
  EXPECT_EQ(Word("56888-1"), "delay") << "its report's code is routine, its own is not: it would be a stowaway";
  Prefer(&report, "", Preference::TIMING_IMMEDIATE);
  Decide(absl::StrCat(kBothGo, kHouseRule), report);
  EXPECT_EQ(Word("56888-1"), "release");
}

TEST_F(PersonalTest, WhereCategoriesDisagreeAUnitWaits) {
  v1::DiagnosticReport report = Panel();
  Prefer(&report, "sensitive", Preference::TIMING_IMMEDIATE);
  Prefer(&report, "routine", Preference::TIMING_AFTER_DAYS, 3);  // the report is of a routine code: it holds all of it
  Decide(absl::StrCat(kBothGo, kHouseRule), report);
  EXPECT_EQ(Word("56888-1"), "delay");
  EXPECT_EQ(Local(Cell_("56888-1").not_before()), "2026-03-09T15:00:00-04:00") << "72 h are not lifted";
}

TEST_F(PersonalTest, AfterReviewIsTheDefaultReviewOnThePatientsRequest) {
  v1::DiagnosticReport report = Panel();
  Prefer(&report, "sensitive", Preference::TIMING_AFTER_REVIEW);
  Decide(kBothGo, report);
  EXPECT_EQ(Word("718-7"), "release");
  EXPECT_EQ(Word("56888-1"), "review");
  EXPECT_EQ(Cell_("56888-1").review().turns(0).owner().role(), "ordering-provider");
  const v1::AppliedRule& rule = Cell_("56888-1").rules(0);
  EXPECT_EQ(rule.effect(), v1::RULE_EFFECT_REVIEW);
  EXPECT_EQ(rule.basis().type(), v1::BASIS_TYPE_PATIENT_REQUEST);
  EXPECT_EQ(rule.lifted_by_size(), 2);
  // It does not speak for a unit that no rule knows, and both who may end it do.
  Decide(kRoutine, report);
  EXPECT_EQ(RulesOf("56888-1"), (std::vector<std::string>{"patient-preference", "default"}));
  for (const v1::Lifter lifter : {v1::LIFTER_PATIENT, v1::LIFTER_PROVIDER}) {
    DecideDetermined(kBothGo, report, {lifter});
    EXPECT_EQ(Word("56888-1"), "release");
  }
  // A law's ceiling ends it.
  Decide(absl::StrCat(kBothGo,
                      "  - {id: law, title: t, match: {codes: [sensitive]}, then: {deadline: {within: 2 h, duty: release}}, "
                      "basis: {type: statute, citation: c}}\n"),
         report);
  EXPECT_EQ(Local(Cell_("56888-1").review().expires_at()), "2026-03-06T16:00:00-05:00");
}

TEST_F(PersonalTest, AWishOfACategoryThatNobodyKnowsHoldsEverythingAndSaysSo) {
  v1::DiagnosticReport report = Panel();
  Prefer(&report, "no-such-set", Preference::TIMING_AFTER_DAYS, 3);
  Decide(kBothGo, report);
  EXPECT_EQ(Word("718-7"), "delay");
  ASSERT_EQ(Cell_("718-7").unknown_facts_size(), 1);
  EXPECT_EQ(Cell_("718-7").unknown_facts(0), "patient.category_preferences");
  report.mutable_patient()->mutable_category_preferences(0)->set_timing(Preference::TIMING_IMMEDIATE);
  Decide(absl::StrCat(kBothGo, kHouseRule), report);
  EXPECT_EQ(Word("718-7"), "delay") << "and lifts nothing";
}

TEST_F(PersonalTest, ADeterminationHoldsUntilItsEndWithItsBasisAndItsPerson) {
  Determine(v1::BASIS_TYPE_HARM_DETERMINATION);
  Prefer(&panel_, "", Preference::TIMING_IMMEDIATE);
  DecideDetermined(kBothGo, panel_);
  for (const char* unit : {"718-7", "56888-1", "document"}) {
    for (const v1::Audience audience : kAudiences) {
      SCOPED_TRACE(absl::StrCat(unit, " ", audience));
      EXPECT_EQ(Word(unit, audience), "withhold");
      EXPECT_EQ(Local(Cell_(unit, audience).withheld_until()), "2026-03-16T12:00:00-04:00");
    }
  }
  const v1::AppliedRule& rule = Cell_("718-7").rules(0);
  EXPECT_EQ(rule.rule_id(), "determination-1");
  EXPECT_EQ(rule.effect(), v1::RULE_EFFECT_WITHHOLD);
  EXPECT_EQ(rule.basis().type(), v1::BASIS_TYPE_HARM_DETERMINATION);
  EXPECT_EQ(rule.basis().citation(), "spoken with the patient (determined by dr-7)");
  EXPECT_FALSE(Cell_("718-7").review().turns().empty()) << "who decides at its end";
  now_ = At("2026-03-16T12:00:00-04:00");
  DecideDetermined(kBothGo, panel_);
  EXPECT_EQ(Word("718-7"), "release") << "its end has come";
}

TEST_F(PersonalTest, ADeterminationHoldsWhatItNamesFromWhomItNames) {
  v1::Determination* determination = Determine(v1::BASIS_TYPE_PRIVACY);
  determination->add_unit_ids("56888-1");
  determination->add_audiences(v1::AUDIENCE_REPRESENTATIVE);
  DecideDetermined(kBothGo, panel_);
  EXPECT_EQ(Word("718-7", v1::AUDIENCE_REPRESENTATIVE), "release");
  EXPECT_EQ(Word("56888-1", v1::AUDIENCE_REPRESENTATIVE), "withhold");
  EXPECT_EQ(Word("document", v1::AUDIENCE_REPRESENTATIVE), "withhold") << "its words may tell of it";
  EXPECT_EQ(Word("56888-1", v1::AUDIENCE_PATIENT), "release");
  EXPECT_EQ(Word("56888-1", v1::AUDIENCE_DELEGATE), "release");
  // What binds the patient binds everybody.
  determination->set_audiences(0, v1::AUDIENCE_PATIENT);
  DecideDetermined(kBothGo, panel_);
  EXPECT_EQ(Word("56888-1", v1::AUDIENCE_DELEGATE), "withhold");
}

TEST_F(PersonalTest, WhoEndsADeterminationByActing) {
  struct Case {
    v1::BasisType type;
    v1::Audience from;  // UNSPECIFIED: everybody
    v1::Lifter acted;
    const char* decision;
  };
  const Case cases[] = {
      {v1::BASIS_TYPE_HARM_DETERMINATION, v1::AUDIENCE_UNSPECIFIED, v1::LIFTER_PROVIDER, "release"},
      {v1::BASIS_TYPE_HARM_DETERMINATION, v1::AUDIENCE_UNSPECIFIED, v1::LIFTER_PATIENT, "withhold"},
      {v1::BASIS_TYPE_HARM_DETERMINATION, v1::AUDIENCE_REPRESENTATIVE, v1::LIFTER_PROVIDER, "withhold"},
      {v1::BASIS_TYPE_PATIENT_REQUEST, v1::AUDIENCE_UNSPECIFIED, v1::LIFTER_PATIENT, "release"},
      {v1::BASIS_TYPE_PATIENT_REQUEST, v1::AUDIENCE_UNSPECIFIED, v1::LIFTER_PROVIDER, "delay"},
      {v1::BASIS_TYPE_PATIENT_REQUEST, v1::AUDIENCE_REPRESENTATIVE, v1::LIFTER_PATIENT, "delay"},
      {v1::BASIS_TYPE_PRIVACY, v1::AUDIENCE_UNSPECIFIED, v1::LIFTER_PATIENT, "withhold"},
      {v1::BASIS_TYPE_PRIVACY, v1::AUDIENCE_UNSPECIFIED, v1::LIFTER_PROVIDER, "withhold"},
      {v1::BASIS_TYPE_RESEARCH, v1::AUDIENCE_UNSPECIFIED, v1::LIFTER_PATIENT, "withhold"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(EnumWord(v1::BasisType_descriptor(), c.type), ", acted: ", c.acted));
    determinations_.Clear();
    v1::Determination* determination = Determine(c.type);
    if (c.from != v1::AUDIENCE_UNSPECIFIED) determination->add_audiences(c.from);
    DecideDetermined(kBothGo, panel_, {c.acted});
    EXPECT_EQ(Word("718-7", v1::AUDIENCE_REPRESENTATIVE), c.decision);
    EXPECT_EQ(Cell_("718-7", v1::AUDIENCE_REPRESENTATIVE).rules(0).lifted(), std::string(c.decision) == "release");
  }
}

TEST_F(PersonalTest, ARequestForOneResultWaitsAsAFloorThatALawsCeilingCuts) {
  Determine(v1::BASIS_TYPE_PATIENT_REQUEST);
  const std::string law =
      "  - {id: law, title: t, match: {codes: [routine]}, then: {deadline: {within: 72 h, duty: release}}, basis: {type: "
      "statute, "
      "citation: c}}\n";
  DecideDetermined(absl::StrCat(kBothGo, law), panel_);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00");
  const std::string house =
      "  - {id: house, title: t, match: {codes: [routine]}, then: {deadline: {within: 72 h, duty: release}}, basis: {type: "
      "organization-policy, citation: c}}\n";
  DecideDetermined(absl::StrCat(kBothGo, house), panel_);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-16T12:00:00-04:00");
  ASSERT_EQ(Cell_("718-7").conflicts_size(), 1);
  EXPECT_EQ(Cell_("718-7").conflicts(0), "the floor of determination-1 stands against an earlier deadline of no stronger basis");
}

TEST_F(PersonalTest, WhatIsADeadPatientsWaitsForAPersonWhoeverAskedForWhat) {
  v1::DiagnosticReport report = Panel();
  report.mutable_patient()->set_deceased(true);
  Prefer(&report, "", Preference::TIMING_IMMEDIATE);
  DecideDetermined(kBothGo, report, {v1::LIFTER_PROVIDER, v1::LIFTER_PATIENT});
  for (const v1::Audience audience : kAudiences) {
    EXPECT_EQ(Word("718-7", audience), "withhold");
    EXPECT_EQ(Cell_("718-7", audience).rules(0).rule_id(), "deceased");
    EXPECT_EQ(Cell_("718-7", audience).review().turns(0).owner().role(), "records") << "who keeps the records is asked";
    EXPECT_LE(base::FromProto(Cell_("718-7", audience).withheld_until()), now_) << "its owner is asked now";
    EXPECT_EQ(Cell_("718-7", audience).due_at().seconds(), Cell_("718-7", audience).review().turns(0).until().seconds());
  }
  report.mutable_patient()->set_deceased(false);
  Decide(kBothGo, report);
  EXPECT_EQ(Word("718-7"), "release");
}

}  // namespace
}  // namespace resultgate::policy
