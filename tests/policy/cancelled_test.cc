// A test that was not performed (HL7 v2 X, FHIR cancelled) has no value: what would hold its value holds nothing, and the rest
// does.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/policy/explain.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

class CancelledTest : public DecideTest {
 protected:
  // A biopsy that could not be obtained, its remark being the document.
  static v1::DiagnosticReport Biopsy(v1::ResultStatus status = v1::RESULT_STATUS_CANCELLED) {
    v1::DiagnosticReport report = Report("60567-5", status);
    AddObservation(&report, "22637-3", status);
    report.add_notes("the specimen was lost");
    return report;
  }

  static std::string Rule(const std::string& id, const std::string& then, const std::string& more = "") {
    return absl::StrCat("  - {id: ", id, ", title: t, match: {codes: [tissue]}, ", more, "then: {", then,
                        "}, basis: {type: privacy, citation: c}}\n");
  }
};

constexpr char kReview[] = "review: {owners: [results-pool], each: 1 day, expires: 3 days, on_expiry: release}";

TEST_F(CancelledTest, WhatHoldsTheValueFromThePatientHoldsNothing) {
  for (const char* then : {kReview, "release: now, delay: 72 h"}) {
    SCOPED_TRACE(then);
    Decide(Rule("holds", then), Biopsy(v1::RESULT_STATUS_FINAL));
    EXPECT_NE(Word("22637-3"), "release");
    Decide(Rule("holds", then), Biopsy());
    for (const char* unit : {"22637-3", "document"}) {
      for (const v1::Audience audience : kAudiences) EXPECT_EQ(Word(unit, audience), "release") << unit << audience;
      EXPECT_FALSE(Cell_(unit).has_due_at());
    }
  }
}

TEST_F(CancelledTest, AWithholdingHoldsAsEver) {
  Decide(Rule("holds", absl::StrCat("withhold: {until: 9 days}, ", kReview)), Biopsy());
  EXPECT_EQ(Word("22637-3"), "withhold") << "that somebody was tested may be blinded or confidential, too";
  EXPECT_EQ(Local(Cell_("22637-3").withheld_until()), "2026-03-15T00:00:00-04:00");
}

TEST_F(CancelledTest, WhatHoldsItFromOthersAloneHoldsAsEver) {
  const std::string rules = absl::StrCat(Rule("everybody", kReview), Rule("parents", "delay: 72 h", "audiences: [delegate], "));
  Decide(rules, Biopsy());
  EXPECT_EQ(Word("22637-3"), "release");
  EXPECT_EQ(Word("22637-3", v1::AUDIENCE_DELEGATE), "delay");
}

TEST_F(CancelledTest, ADeterminationAndADeathHoldAsEverAndAWishForResultsDoesNot) {
  Determinations determinations;
  v1::Determination* determination = determinations.Add();
  determination->set_id(1);
  determination->set_type(v1::BASIS_TYPE_PRIVACY);
  *determination->mutable_until() = base::ToProto(At("2026-03-16T12:00:00-04:00"));
  Context context;
  context.determinations = &determinations;
  Decide(kTissue, Biopsy(), context);
  EXPECT_EQ(Word("22637-3"), "withhold");
  v1::DiagnosticReport report = Biopsy();
  report.mutable_patient()->set_deceased(true);
  Decide(kTissue, report);
  EXPECT_EQ(Word("22637-3"), "withhold");
  report = Biopsy();
  for (const auto timing : {v1::ReleasePreference::TIMING_AFTER_REVIEW, v1::ReleasePreference::TIMING_AFTER_DAYS}) {
    report.mutable_patient()->mutable_preference()->set_timing(timing);
    report.mutable_patient()->mutable_preference()->set_after_days(7);
    Decide(kTissue, report);
    EXPECT_EQ(Word("22637-3"), "release") << "there is no result to wait for";
    EXPECT_EQ(Word("document"), "release");
  }
}

TEST_F(CancelledTest, WhatNoRuleKnowsWaitsForAPersonAsEver) {
  Decide(kTissue, [] {
    v1::DiagnosticReport report = Report("99999-9", v1::RESULT_STATUS_CANCELLED);
    AddObservation(&report, "99999-9", v1::RESULT_STATUS_CANCELLED);
    return report;
  }());
  EXPECT_EQ(Word("99999-9"), "review") << "nobody knows what it would tell that this was not performed";
  EXPECT_EQ(RulesOf("99999-9"), (std::vector<std::string>{"default"}));
  Context context;
  context.quarantine = "two versions differ";
  Decide(kTissue, Biopsy(), context);
  EXPECT_EQ(Word("22637-3"), "quarantine");
}

// What is held together stays so: that one part was not performed, seen early, could tell of the other.
TEST_F(CancelledTest, APartThatWasNotPerformedWaitsWithWhatIsHeldTogether) {
  v1::DiagnosticReport report = Report("60567-5");
  AddObservation(&report, "22637-3");
  AddObservation(&report, "718-7", v1::RESULT_STATUS_CANCELLED);
  const std::string together = absl::StrCat(kRoutine, Rule("holds", kReview, "together: report, "));
  Decide(together, report);
  EXPECT_EQ(Word("718-7"), "review");
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_CANCELLED);
  Decide(together, report);
  EXPECT_EQ(Word("718-7"), "release") << "nothing of it is performed";
  report = Report("58410-2");
  AddObservation(&report, "60567-5", v1::RESULT_STATUS_CANCELLED);
  AddObservation(&report, "718-7");
  Decide(together, report);
  EXPECT_EQ(Word("718-7"), "release") << "nor does it wait for what is not performed";
  report.set_narrative("words");
  Decide(together, report);
  EXPECT_EQ(Word("document"), "review") << "what words that are final say of it, nobody knows";
}

TEST_F(CancelledTest, TheExplanationSaysWhy) {
  const std::shared_ptr<const Pack> pack = Load(kTissue);
  Context context;
  context.received_at = At(kNow);
  const std::string text = ToText(Explain(*pack, Biopsy(), context, At(kNow)), false);
  EXPECT_NE(text.find("the test was not performed"), std::string::npos) << text;
  EXPECT_EQ(ToText(Explain(*pack, Biopsy(v1::RESULT_STATUS_FINAL), context, At(kNow)), false).find("not performed"),
            std::string::npos);
}

}  // namespace
}  // namespace resultgate::policy
