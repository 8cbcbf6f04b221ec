// The tests that stand beside rules: what they may say, how a difference reads, and what they try.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/policy/pack_test_runner.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kLaw[] =
    "  - {id: law, title: t, match: {codes: [routine], jurisdiction: [US-KY]}, when: 'age(patient) < 18 || "
    "report.test_message', then: {delay: 72 h}, basis: {type: privacy, citation: c}}\n";

// A blood count with `more` in its report, and these expectations.
std::string TestOf(const std::string& name, const std::string& expect, const std::string& more = "",
                   const std::string& keys = "") {
  return absl::StrCat("  - name: ", name, "\n    now: 2026-03-06T15:00:00-05:00\n", keys,
                      "    report:\n      sender: LAB|NORTH\n      status: final\n      section: laboratory\n"
                      "      code: loinc|58410-2\n      issued: 2026-03-06T14:00:00-05:00\n",
                      more, "      observations: [{id: 718-7, code: loinc|718-7, status: final}]\n    expect:\n", expect);
}

class PackTestsTest : public DecideTest {
 protected:
  PackTestReport Run(const std::string& rules, const std::string& tests) {
    pack_ = Load(rules);
    folder_.Write("pack/tests/all.yaml", absl::StrCat("tests:\n", tests));
    return RunPackTests(*pack_, folder_.path() + "/pack", &issues_);
  }

  // The differences of the only test, with places as `all.yaml:7` and `rules.yaml:2`.
  std::string Differences(const std::string& rules, const std::string& test) {
    const PackTestReport report = Run(rules, test);
    EXPECT_TRUE(issues_.empty()) << base::Format(issues_);
    if (report.tests.size() != 1) return "no test";
    std::string text;
    for (const std::string& line : report.tests[0].differences) {
      for (absl::string_view word : absl::StrSplit(line, ' ')) {
        const bool place = absl::StrContains(word, "/");
        const std::string prefix = absl::StartsWith(word, "(") ? "(" : "";
        absl::StrAppend(&text, place ? absl::StrCat(prefix, word.substr(word.rfind('/') + 1)) : word, " ");
      }
      text.back() = '\n';
    }
    return text;
  }

  testing::TempFolder folder_;
  base::FileIssues issues_;
};

TEST_F(PackTestsTest, ADifferenceSaysForWhomWhatAndWhichPartOfWhichRule) {
  const std::string patient = "      patient: {birth_date: 1970-05-04}\n      order: {jurisdictions: [US-KY]}\n";
  EXPECT_EQ(Differences(absl::StrCat(kRoutine, kLaw),
                        TestOf("t",
                               "      - {units: [718-7], decision: delay, not_before: 2026-03-09T15:00:00-04:00, rules: [law, "
                               "routine]}\n",
                               patient)),
            R"(718-7, for everybody, expected at all.yaml:14
  decision: expected delay, got release (goes at once)
  rules: expected [law, routine], got [routine]
    law has no part in it (rules.yaml:3):
      true    codes: [routine]
      true    jurisdiction: [US-KY]
      false   age(patient) < 18 || report.test_message
      false     age(patient) < 18
      false     report.test_message
  not_before: expected Mon 2026-03-09 15:00:00, got none
)");
}

TEST_F(PackTestsTest, WhatDiffersForSomeOnlySaysSo) {
  const std::string only_patient = absl::StrReplaceAll(
      kLaw, {{"title: t,", "title: t, audiences: [patient],"}, {"then: {delay: 72 h}", "then: {release: now}"}});
  const std::string differences =
      Differences(only_patient, TestOf("t", "      - {units: [718-7], decision: release, rules: [law]}\n",
                                       "      patient: {birth_date: 2015-05-04}\n      order: {jurisdictions: [US-KY]}\n"));
  EXPECT_THAT(differences, HasSubstr("718-7, for representative, delegate, expected at"));
  EXPECT_THAT(differences, HasSubstr("it speaks for the patient only"));
  EXPECT_THAT(differences, HasSubstr("default was not expected"));
}

TEST_F(PackTestsTest, SlipsOfNamesAreSuggested) {
  const std::string differences =
      Differences(kRoutine, TestOf("t", "      - {units: [718-7, 4548-4], decision: release, rules: [routin]}\n"));
  EXPECT_THAT(differences, HasSubstr("routin is no rule of this pack; did you mean `routine`?"));
  EXPECT_THAT(differences, HasSubstr("the report has no such unit; it has [718-7]"));
}

TEST_F(PackTestsTest, ReasonsMayBeExpected) {
  const auto with = [](const std::string& reason) {
    return TestOf(
        "t", absl::StrCat("      - {units: [718-7], audiences: [patient], decision: delay, rules: [law, routine], reasons: [",
                          reason, "]}\n"));
  };
  const std::string rules = absl::StrCat(kRoutine, kLaw);
  EXPECT_EQ(Differences(rules, with("{rule: law, effect: delay, unknown_facts: [order.jurisdictions, patient.birth_date], basis: "
                                    "privacy, lifted: false}")),
            "");
  EXPECT_THAT(Differences(rules, with("{rule: law, unknown_facts: []}")),
              HasSubstr("reason of law: unknown_facts: expected [], got [order.jurisdictions, patient.birth_date]"));
  EXPECT_THAT(Differences(rules, with("{rule: law, lifted: true}")),
              HasSubstr("reason of law: lifted: expected true, got false"));
  EXPECT_THAT(Differences(rules, with("{rule: law, basis: statute}")),
              HasSubstr("reason of law: basis: expected statute, got privacy"));
  EXPECT_THAT(Differences(rules, with("{rule: law, effect: review}")), HasSubstr("reason of law (review): it has no such part"));
}

TEST_F(PackTestsTest, OtherReportsOfTheOrderAreContext) {
  const std::string rules = absl::StrCat(kRoutine, absl::StrReplaceAll(kTissue, {{"title: t,", "title: t, together: order,"}}));
  const std::string other =
      "    same_order:\n      - received: 2026-03-05T15:00:00-05:00\n        report: {sender: LAB|NORTH, status: final, section: "
      "pathology, code: loinc|60567-5, narrative: words}\n";
  const std::string waits = "      - {units: [718-7], decision: review, owner: ordering-provider, rules: [routine, tissue]}\n";
  const std::string goes = "      - {units: [718-7], decision: release, rules: [routine]}\n";
  EXPECT_EQ(Differences(rules, TestOf("t", waits, "      order: {ordering_provider: {value: \"1\"}}\n", other)), "");
  EXPECT_EQ(Differences(rules, TestOf("t", goes)), "");
  EXPECT_THAT(Differences(rules, TestOf("t", goes, "", other)), HasSubstr("decision: expected release, got review"));
}

TEST_F(PackTestsTest, AnEarlierVersionAndQuarantineAreContext) {
  const std::string tissue = absl::StrReplaceAll(kTissue, {{"[tissue]", "[routine]"}});
  const std::string earlier =
      "    earlier_version:\n      now: 2026-03-05T15:00:00-05:00\n      report: {sender: LAB|NORTH, status: final, section: "
      "laboratory, code: loinc|58410-2, issued: 2026-03-05T14:00:00-05:00, observations: [{id: 718-7, code: loinc|718-7, status: "
      "final}]}\n";
  // The review that held the version before goes on: it began on Thursday.
  EXPECT_EQ(Differences(tissue, TestOf("t",
                                       "      - {units: [718-7], decision: review, expires: 2026-03-10T15:00:00-04:00, rules: "
                                       "[tissue]}\n",
                                       "", earlier)),
            "");
  EXPECT_EQ(
      Differences(kRoutine, TestOf("t", "      - {units: [718-7], decision: quarantine, owner: records, rules: [quarantine]}\n",
                                   "", "    quarantine: two candidates\n")),
      "");
}

TEST_F(PackTestsTest, MistakesOfATestHaveTheirPlace) {
  Run(kRoutine, TestOf("t",
                       "      - {units: [718-7], decision: releas, rules: [], reasons: [{rule: r, basis: law, why: x}], "
                       "audiences: [patiens]}\n"));
  std::vector<std::string> messages;
  for (const base::FileIssue& issue : issues_) {
    EXPECT_GT(issue.place.line, 0);
    messages.push_back(issue.message);
  }
  EXPECT_THAT(messages, Contains(HasSubstr("`releas` is no decision")));
  EXPECT_THAT(messages, Contains(HasSubstr("`law` is no kind of basis")));
  EXPECT_THAT(messages, Contains(HasSubstr("why")));
  EXPECT_THAT(messages, Contains(HasSubstr("`patiens` is no audience")));
}

// The branches of the part of `law` with this text, as `true false unknown`, or `?` where unknown cannot be.
std::string BranchesOf(const PackTestReport& report, const std::string& text) {
  for (const RuleCoverage& rule : report.coverage) {
    for (const CoveredPart& part : rule.parts) {
      if (rule.rule->id != "law" || part.text != text) continue;
      const Branches& b = part.branches;
      return absl::StrCat(b.when_true ? "T" : "-", b.when_false ? "F" : "-", b.when_unknown ? "U" : b.can_be_unknown ? "-" : "");
    }
  }
  return "none";
}

TEST_F(PackTestsTest, ABranchCountsWhereItDecides) {
  const std::string expect = "      - {units: [718-7], decision: release, rules: [routine]}\n";
  const std::string kentucky = "      order: {jurisdictions: [US-KY]}\n";
  struct Case {
    const char* what;
    std::string more;
    const char* codes;
    const char* place;
    const char* age;
    const char* test;
  };
  const std::string adult = "      patient: {birth_date: 1970-05-04}\n";
  const std::string child = "      patient: {birth_date: 2015-05-04}\n";
  const std::string ohio = "      order: {jurisdictions: [US-OH]}\n";
  const Case cases[] = {
      // The whole `||` fails, so codes and place decide nothing; each of its parts is open beside the other.
      {"an adult in Kentucky", absl::StrCat(adult, kentucky), "--", "---", "-F-", "-F"},
      {"an adult elsewhere", absl::StrCat(adult, ohio), "--", "---", "---", "--"},
      {"a child elsewhere", absl::StrCat(child, ohio), "--", "-F-", "---", "--"},
      {"a child in Kentucky", absl::StrCat(child, kentucky), "T-", "T--", "T--", "--"},
      {"no birth date in Kentucky", kentucky, "T-", "T--", "--U", "-F"},
      {"a child of an unknown place", child, "T-", "--U", "T--", "--"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const PackTestReport report = Run(absl::StrCat(kRoutine, kLaw), TestOf("t", expect, c.more));
    EXPECT_EQ(BranchesOf(report, "codes: [routine]"), c.codes);
    EXPECT_EQ(BranchesOf(report, "jurisdiction: [US-KY]"), c.place);
    EXPECT_EQ(BranchesOf(report, "age(patient) < 18"), c.age);
    EXPECT_EQ(BranchesOf(report, "report.test_message"), c.test);
  }
}

TEST_F(PackTestsTest, WhatNoTestTriesIsListed) {
  const PackTestReport report =
      Run(absl::StrCat(kRoutine, kTissue), TestOf("t", "      - {units: [718-7], decision: release, rules: [routine]}\n"));
  EXPECT_THAT(report.untested_rules, ElementsAre("tissue"));
  EXPECT_EQ(AllBranches(report.coverage), 4);
  EXPECT_EQ(TriedBranches(report.coverage), 2);
  const std::vector<std::string> untried = Untried(report.coverage);
  ASSERT_THAT(untried, SizeIs(2));
  EXPECT_THAT(untried[0], HasSubstr("routine: no test makes this false: codes: [routine]"));
  EXPECT_THAT(untried[1], HasSubstr("tissue: no test makes this true: codes: [tissue]"));
}

// What a protocol covers is tried where its rule speaks.
TEST_F(PackTestsTest, WhatAProtocolCoversIsTriedToo) {
  constexpr char kProtocol[] =
      "  - {id: law, title: t, match: {codes: [tissue]}, then: {review: {owners: [ordering-provider], each: 1 business day, "
      "expires: 3 business days, on_expiry: release, protocol: {pool: director, covers: age(patient) >= 40, each: 4 h}}}, basis: "
      "{type: privacy, citation: c}}\n";
  const std::string adult = "      patient: {birth_date: 1970-05-04}\n";
  const std::string expect = "      - {units: [718-7], decision: release, rules: [routine]}\n";
  PackTestReport report = Run(absl::StrCat(kRoutine, kProtocol), TestOf("t", expect, adult));
  EXPECT_EQ(AllBranches(report.coverage), 2 + 2 + 3);
  EXPECT_EQ(TriedBranches(report.coverage), 2) << "an adult's blood count says nothing of a rule for tissue";
  EXPECT_THAT(Untried(report.coverage),
              Contains(HasSubstr("law: no test makes this true or false or unknown: covers: age(patient) >= 40")));

  std::string of_routine = kProtocol;
  of_routine.replace(of_routine.find("tissue"), 6, "routine");
  const std::string review = "      - {units: [718-7], decision: review, owner: director, rules: [law]}\n";
  report = Run(of_routine, TestOf("t", review, adult));
  EXPECT_THAT(report.tests[0].differences, SizeIs(0));
  EXPECT_THAT(Untried(report.coverage),
              Contains(HasSubstr("law: no test makes this false or unknown: covers: age(patient) >= 40")));
}

}  // namespace
}  // namespace resultgate::policy
