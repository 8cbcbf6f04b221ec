// `in_process:`: which classes a pack may name, what day it says of them, and of what a patient may be told.
#include "server/policy/in_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/policy/explain.h"
#include "server/policy/verdict.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Delay(const std::string& codes, const std::string& length) {
  return absl::StrCat("  - {id: delay-", codes, ", title: t, match: {codes: [", codes, "]}, then: {release: now, delay: ", length,
                      "}, basis: {type: statute, citation: c}}\n");
}

class InProcessTest : public DecideTest {
 protected:
  std::string PackFileWith(const std::string& classes) { return absl::StrCat(kPackFile, "in_process:\n", classes); }

  // What `policy check` says of a pack with these classes.
  std::string Said(const std::string& classes, const std::string& rules = kTissue) {
    base::FileIssues issues;
    const auto pack = world_.Load(rules, &issues, PackFileWith(classes));
    EXPECT_EQ(pack == nullptr, base::HasErrors(issues));
    std::string lines;
    for (const base::FileIssue& issue : issues) {
      absl::StrAppend(&lines, issue.place.line, ":", issue.place.column, ": ", issue.message, "; ", issue.suggestion, "\n");
    }
    return lines;
  }

  // The day that is said of a tissue report that became final and came in then; `never` where nothing is said.
  std::string DayOf(const std::string& classes, const std::string& rules, const v1::DiagnosticReport& report,
                    const std::string& final_at = "2026-03-06T14:00:00-05:00",
                    const std::string& received = "2026-03-06T15:00:00-05:00", const std::string& now = kNow) {
    pack_file_ = PackFileWith(classes);
    const auto pack = Load(rules);
    if (pack == nullptr) return "";
    const std::optional<InProcess> said = InProcessOf(*pack, report, At(final_at), At(received), At(now));
    if (!said) return "never";
    if (!said->expected_by) return "nobody knows";
    return absl::FormatTime("%a %Y-%m-%d %H:%M", *said->expected_by, pack->calendar().zone());
  }
};

constexpr char kTissueClass[] = "  - codes: [tissue]\n";

TEST_F(InProcessTest, AClassIsToldByWhatIsOrderedAndByNothingElse) {
  EXPECT_EQ(Said(kTissueClass), "");
  EXPECT_EQ(Said("  - {codes: [tissue], section: [pathology, cytology]}\n  - section: imaging\n"), "");
  const std::pair<const char*, const char*> cases[] = {
      {"  - {codes: [tissue], interpretation: [high]}\n",
       "20:23: `interpretation` is known only with the result, so it would tell what was found; tell the class by `codes` of the "
       "report or order, or by `section`\n"},
      {"  - {status: [final]}\n",
       "20:6: `status` is known only with the result, so it would tell what was found; tell the class"},
      {"  - {codes: [tissue], unit: document}\n", "20:23: `unit` is known only with the result"},
      {"  - {codes: [tissue], when: report.conclusion == \"\"}\n", "20:23: `when` would tell why a result waits; tell the class"},
      {"  - {codes: [tissue], basis: {type: privacy}}\n", "20:23: `basis` would tell why a result waits"},
      {"  - {codes: [tissue], jurisdiction: US-TX}\n", "20:23: `jurisdiction` is no class of tests"},
      {"  - {codes: [tisue]}\n", "20:13: no value set is named `tisue`; did you mean `tissue`?\n"},
      {"  - {codes: [malignant]}\n", "20:13: `malignant` holds only diagnoses or answers, which are what was found and not what"},
      {"  - {section: [patholgy]}\n", "20:15: `patholgy` is no value of `section`; did you mean `pathology`?\n"},
      {"  - {code: [tissue]}\n", "did you mean `codes`?"},
      {"  - {codes: []}\n",
       "20:13: `codes` names nothing, so the class would be every result; name some, or leave `codes` out\n"},
      {"  - {}\n", "20:5: a class of `in_process` names no tests, so it would be every result; tell the class by `codes`"},
      {"  codes: [tissue]\n", "20:3: `in_process` must be a list; begin each class with `- codes: […]` or `- section: […]`\n"},
  };
  for (const auto& [classes, expected] : cases) EXPECT_THAT(Said(classes), HasSubstr(expected)) << classes;
  // All at once.
  const std::string both = Said("  - {codes: [tisue], status: [final]}\n  - {section: [nowhere]}\n");
  EXPECT_THAT(both, ::testing::AllOf(HasSubstr("20:13"), HasSubstr("20:22"), HasSubstr("21:15")));
}

// Where part of a class waits for what was found in it, the notice itself would be the finding.
TEST_F(InProcessTest, AClassOfWhichSomeWaitForWhatWasFoundIsRefused) {
  const std::string telling =
      "  - {id: high-waits, title: t, match: {codes: [routine], interpretation: [high]}, then: {review: {owners: [results-pool], "
      "each: 1 business day, expires: 1 business day, on_expiry: release}}, basis: {type: organization-policy, citation: c}, "
      "outcome_dependent: because}\n";
  const std::string rules = absl::StrCat(kRoutine, kTissue, telling);
  EXPECT_THAT(Said("  - codes: [routine]\n", rules),
              HasSubstr("by rule `high-waits` it depends on what was found whether a result of the class at"));
  EXPECT_THAT(Said("  - section: laboratory\n", rules), HasSubstr("[in-process-tells]"));
  EXPECT_EQ(Said(kTissueClass, rules), "") << "another class";
  // A rule that holds the class whole: everybody of it reads the notice.
  const std::string whole = absl::StrCat(kRoutine, telling, Delay("routine", "72 h"));
  EXPECT_THAT(Said("  - codes: [routine]\n", whole), Not(HasSubstr("in-process-tells")));
}

TEST_F(InProcessTest, TheDayIsTheLatestThatTheRulesOfTheClassMayHoldIt) {
  const v1::DiagnosticReport tissue = Report("60567-5");
  // Three business days from Friday.
  EXPECT_EQ(DayOf(kTissueClass, kTissue, tissue), "Thu 2026-03-12 00:00");
  // Of two rules the later one; another class's counts for nothing.
  EXPECT_EQ(DayOf(kTissueClass, absl::StrCat(kTissue, Delay("tissue", "10 days"), Delay("routine", "30 days")), tissue),
            "Tue 2026-03-17 00:00");
  // A day's delay that ends at midnight is there on the day that begins then.
  EXPECT_EQ(DayOf(kTissueClass, absl::StrCat(kTissue, Delay("tissue", "9 days")), tissue), "Mon 2026-03-16 00:00");
  // A rule that names no tests counts, as long as it is about time and not about a person.
  const auto everything = [](const std::string& then) {
    return absl::StrCat(kTissue, "  - {id: all, title: t, when: age(patient) < 18, then: {", then,
                        "}, basis: {type: statute, citation: c}}\n");
  };
  EXPECT_EQ(DayOf(kTissueClass, everything("delay: 20 days"), tissue), "Fri 2026-03-27 00:00");
  EXPECT_EQ(DayOf(kTissueClass, everything("withhold: {until: 300 days}"), tissue), "Thu 2026-03-12 00:00");
  // What no rule is sure to speak for may wait for the pack's default: two business days, and one more after that.
  EXPECT_EQ(DayOf("  - codes: [routine]\n", kRoutine, Report("58410-2")), "Thu 2026-03-12 00:00");
  EXPECT_EQ(DayOf("  - section: laboratory\n", "  - {id: all, title: t, match: {section: laboratory}, then: {release: now}}\n",
                  Report("58410-2")),
            "Sat 2026-03-07 00:00")
      << "nothing may hold it";
}

TEST_F(InProcessTest, TheDayRunsFromWhenItWasFinalOrCameAndIsTheSameForAllOfTheClass) {
  const v1::DiagnosticReport tissue = Report("60567-5");
  // Long on its way: nobody could review it before it came.
  EXPECT_EQ(DayOf(kTissueClass, kTissue, tissue, "2026-03-02T14:00:00-05:00"), "Thu 2026-03-12 00:00");
  // It came early and was final late.
  EXPECT_EQ(DayOf(kTissueClass, kTissue, tissue, "2026-03-09T14:00:00-04:00", "2026-03-02T15:00:00-05:00"),
            "Fri 2026-03-13 00:00");
  // After its day nobody knows.
  EXPECT_EQ(DayOf(kTissueClass, kTissue, tissue, kNow, kNow, "2026-03-11T23:59:59-04:00"), "Thu 2026-03-12 00:00");
  EXPECT_EQ(DayOf(kTissueClass, kTissue, tissue, kNow, kNow, "2026-03-12T00:00:00-04:00"), "nobody knows");
  // Of several classes the later day; of none, nothing.
  const std::string two = "  - codes: [tissue]\n  - section: laboratory\n";
  EXPECT_EQ(DayOf(two, absl::StrCat(kTissue, Delay("sensitive", "30 days")), tissue), "Mon 2026-04-06 00:00");
  EXPECT_EQ(DayOf(kTissueClass, kTissue, Cbc()), "never");
  // The order says it where the report is called otherwise; an observation never does: it may be there for what was found.
  v1::DiagnosticReport ordered = Report("58410-2");
  *ordered.mutable_order()->mutable_code() = tissue.code();
  EXPECT_EQ(DayOf(kTissueClass, kTissue, ordered), "Thu 2026-03-12 00:00");
  v1::DiagnosticReport added = Cbc();
  AddObservation(&added, "60567-5");
  EXPECT_EQ(DayOf(kTissueClass, kTissue, added), "never");
}

TEST_F(InProcessTest, NothingIsSaidBeforeItIsFinal) {
  pack_file_ = PackFileWith(kTissueClass);
  EXPECT_FALSE(InProcessOf(*Load(kTissue), Report("60567-5"), std::nullopt, At(kNow), At(kNow)));
}

TEST_F(InProcessTest, WhatAPatientMayBeToldDoesNotHangOnWhyItWaitsButForPrivacyAndDoubt) {
  const auto outcome = [](v1::Disposition disposition, v1::BasisType basis, bool lifted = false) {
    v1::Outcome made;
    made.set_disposition(disposition);
    made.set_state(v1::OUTCOME_STATE_HELD);
    v1::AppliedRule* rule = made.add_rules();
    rule->set_rule_id("x");
    rule->set_effect(v1::RULE_EFFECT_WITHHOLD);
    rule->mutable_basis()->set_type(basis);
    rule->set_lifted(lifted);
    return made;
  };
  for (const auto disposition :
       {v1::DISPOSITION_DELAY, v1::DISPOSITION_REVIEW, v1::DISPOSITION_WITHHOLD, v1::DISPOSITION_RELEASE}) {
    for (const auto basis : {v1::BASIS_TYPE_STATUTE, v1::BASIS_TYPE_HARM_DETERMINATION, v1::BASIS_TYPE_PATIENT_REQUEST,
                             v1::BASIS_TYPE_RESEARCH, v1::BASIS_TYPE_ORGANIZATION_POLICY}) {
      EXPECT_TRUE(MayBeTold(outcome(disposition, basis))) << disposition << " " << basis;
    }
    EXPECT_FALSE(MayBeTold(outcome(disposition, v1::BASIS_TYPE_PRIVACY)));
    EXPECT_FALSE(MayBeTold(outcome(disposition, v1::BASIS_TYPE_IDENTITY)));
    EXPECT_TRUE(MayBeTold(outcome(disposition, v1::BASIS_TYPE_PRIVACY, /*lifted=*/true)));
  }
  for (const auto disposition : {v1::DISPOSITION_NOT_FINAL, v1::DISPOSITION_QUARANTINE, v1::DISPOSITION_NEVER}) {
    EXPECT_FALSE(MayBeTold(outcome(disposition, v1::BASIS_TYPE_STATUTE))) << disposition;
  }
  v1::Outcome dead = outcome(v1::DISPOSITION_WITHHOLD, v1::BASIS_TYPE_STATUTE);
  dead.mutable_rules(0)->set_rule_id(kDeceasedRule);
  EXPECT_FALSE(MayBeTold(dead));
  v1::Outcome out = outcome(v1::DISPOSITION_RELEASE, v1::BASIS_TYPE_STATUTE);
  out.set_state(v1::OUTCOME_STATE_RELEASED);
  EXPECT_FALSE(MayBeTold(out));
}

TEST_F(InProcessTest, ExplainSaysWhatThePatientReadsMeanwhile) {
  pack_file_ = PackFileWith(kTissueClass);
  v1::DiagnosticReport tissue = Report("60567-5");
  tissue.set_narrative("text");
  Context context;
  context.received_at = At(kNow);
  EXPECT_THAT(ToText(Explain(*Load(kTissue), tissue, context, At(kNow)), /*all=*/false),
              HasSubstr("until then the patient reads that it is in process, expected by Wed 2026-03-11\n"));
  EXPECT_THAT(ToText(Explain(*Load(kTissue), Cbc(), context, At(kNow)), false), Not(HasSubstr("in process")));
}

}  // namespace
}  // namespace resultgate::policy
