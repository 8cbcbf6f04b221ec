#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/policy/small_pack.h"

namespace resultgate::policy {
namespace {

constexpr char kGoodRule[] = R"(
  - id: routine
    title: Routine goes at once
    match: {codes: [routine]}
    then: {release: now}
)";

TEST(PackLoading, AGoodPackHasItsRulesInOrderAndADigestOfItsContent) {
  SmallWorld world;
  base::FileIssues issues;
  const auto pack = world.Load(absl::StrCat(kGoodRule, R"(
  - {id: a-first, title: t, match: {codes: [tissue]}, then: {release: now}}
)"),
                               &issues);
  ASSERT_NE(pack, nullptr) << base::Format(issues);
  EXPECT_TRUE(issues.empty());
  ASSERT_EQ(pack->rules().size(), 2u);
  EXPECT_EQ(pack->rules()[0].id, "a-first");
  EXPECT_EQ(pack->used_value_sets(), (std::vector<std::string>{"routine", "tissue"}));
  const auto same = world.Load(absl::StrCat(kGoodRule, R"(
  - {id: a-first, title: t, match: {codes: [tissue]}, then: {release: now}}
)"),
                               &issues);
  const auto other = world.Load(kGoodRule, &issues);
  EXPECT_EQ(pack->digest(), same->digest());
  EXPECT_NE(pack->digest(), other->digest());
}

struct Mistake {
  const char* what;
  const char* rule;
  const char* expected;  // a part of the message
};

TEST(PackLoading, EveryMistakeIsRefusedInWordsAnAuthorUnderstands) {
  const Mistake mistakes[] = {
      {"unknown key", "  - {id: x, title: t, when: \"true\", then: {release: now}, prioritty: 1}\n",
       "unknown key `prioritty` in a rule"},
      {"unknown set", "  - {id: x, title: t, match: {codes: [rutine]}, then: {release: now}}\n",
       "no value set is named `rutine`; did you mean `routine`?"},
      {"unknown section", "  - {id: x, title: t, match: {section: [patology]}, then: {release: now}}\n",
       "`patology` is no value of `section`; did you mean `pathology`?"},
      {"no condition", "  - {id: x, title: t, then: {release: now}}\n", "neither `match` nor `when`"},
      {"empty match", "  - {id: x, title: t, match: {}, then: {release: now}}\n", "`match` is empty"},
      {"nothing asked", "  - {id: x, title: t, when: \"true\", then: {}}\n", "`then` asks for nothing"},
      {"bad span", "  - {id: x, title: t, when: \"true\", then: {delay: 3 weeks}, basis: {type: statute, citation: c}}\n",
       "`3 weeks` is no length of time; write `72 h`"},
      {"no basis", "  - {id: x, title: t, when: \"true\", then: {delay: 72 h}}\n", "has no `basis`"},
      {"a withholding without a basis", "  - {id: x, title: t, when: \"true\", then: {withhold: {until: 9 days}}}\n",
       "has no `basis`"},
      {"a deadline without a basis", "  - {id: x, title: t, when: \"true\", then: {deadline: {within: 9 days, duty: release}}}\n",
       "has no `basis`"},
      {"a basis without a citation", "  - {id: x, title: t, when: \"true\", then: {delay: 72 h}, basis: {type: statute}}\n",
       "`citation`"},
      {"a withholding without an end",
       "  - {id: x, title: t, when: \"true\", then: {withhold: {}}, basis: {type: privacy, citation: c}}\n", "`until`"},
      {"a review without an owner",
       "  - {id: x, title: t, when: \"true\", then: {review: {each: 1 day, expires: 1 day, on_expiry: release}}, basis: {type: "
       "privacy, citation: c}}\n",
       "`owners`"},
      {"a review without an end",
       "  - {id: x, title: t, when: \"true\", then: {review: {owners: [results-pool], each: 1 day, on_expiry: release}}, basis: "
       "{type: privacy, citation: c}}\n",
       "`expires`"},
      {"bad basis", "  - {id: x, title: t, when: \"true\", then: {delay: 72 h}, basis: {type: statut, citation: c}}\n",
       "`statut` is no type of basis; did you mean `statute`?"},
      {"bad release", "  - {id: x, title: t, when: \"true\", then: {release: later}}\n", "`later` is no way to release"},
      {"unknown owner",
       "  - {id: x, title: t, when: \"true\", then: {review: {owners: [patology-pool], each: 1 day, expires: 1 day, on_expiry: "
       "release}}, "
       "basis: {type: privacy, citation: c}}\n",
       "`patology-pool` is neither a role nor one of the pack's `pools`; did you mean `pathology-pool`?"},
      {"bad ending",
       "  - {id: x, title: t, when: \"true\", then: {review: {owners: [results-pool], each: 1 day, expires: 1 day, on_expiry: "
       "wait}}, "
       "basis: {type: privacy, citation: c}}\n",
       "`wait` is no end of a review"},
      {"bad expression", "  - {id: x, title: t, when: \"report.sttus == FINAL\", then: {release: now}}\n",
       "did you mean `status`"},
      {"the wait tells the outcome (match)",
       "  - {id: x, title: t, match: {interpretation: [high]}, then: {delay: 72 h}, basis: {type: statute, citation: c}}\n",
       "the wait itself would tell the outcome"},
      {"the wait tells the outcome (when)",
       "  - {id: x, title: t, when: \"observation.interpretation == HIGH\", then: {delay: 72 h}, basis: {type: statute, "
       "citation: c}}\n",
       "the wait itself would tell the outcome"},
      {"what goes at once tells the outcome (match)",
       "  - {id: x, title: t, match: {interpretation: [normal]}, then: {release: now}}\n",
       "rule `x` releases by `observation.interpretation`: what goes at once would tell what the rest is"},
      {"what goes at once tells the outcome (when)",
       "  - {id: x, title: t, when: '!has(observation.interpretation)', then: {release: now}}\n", "would tell what the rest is"},
      {"a deadline that tells the outcome",
       "  - {id: x, title: t, match: {interpretation: [abnormal]}, then: {deadline: {within: 7 days, duty: notice}}, basis: "
       "{type: "
       "statute, citation: c}}\n",
       "would tell what the rest is"},
      {"a permit for no codes", "  - {id: x, title: t, match: {codes: []}, then: {release: now}}\n",
       "`codes` names nothing, so the rule would speak for all of them; name some, or leave `codes` out"},
      {"no section", "  - {id: x, title: t, match: {codes: [routine], section: []}, then: {release: now}}\n",
       "`section` names nothing"},
      {"no place", "  - {id: x, title: t, match: {codes: [routine], jurisdiction: []}, then: {release: now}}\n",
       "`jurisdiction` names nothing"},
      {"no audience", "  - {id: x, title: t, audiences: [], match: {codes: [routine]}, then: {release: now}}\n",
       "`audiences` names nothing"},
      {"the pack's own id", "  - {id: default, title: t, match: {codes: [routine]}, then: {release: now}}\n",
       "the id `default` names what every pack does by itself"},
      {"the pack's own id", "  - {id: patient-preference, title: t, match: {codes: [routine]}, then: {release: now}}\n",
       "the id `patient-preference` names what"},
      {"the pack's own id", "  - {id: confidential, title: t, match: {codes: [routine]}, then: {release: now}}\n",
       "the id `confidential` names what"},
      {"the pack's own id", "  - {id: determination-7, title: t, match: {codes: [routine]}, then: {release: now}}\n",
       "the id `determination-7` names what"},
      {"bad id", "  - {id: X y, title: t, when: \"true\", then: {release: now}}\n", "is not made of a-z"},
      {"id twice",
       "  - {id: x, title: t, when: \"true\", then: {release: now}}\n  - {id: x, title: t, when: \"true\", then: {release: "
       "now}}\n",
       "the id `x` is taken by the rule at"},
  };
  SmallWorld world;
  for (const Mistake& mistake : mistakes) {
    base::FileIssues issues;
    EXPECT_EQ(world.Load(mistake.rule, &issues), nullptr) << mistake.what;
    const std::string text = base::Format(issues);
    EXPECT_TRUE(absl::StrContains(text, mistake.expected)) << mistake.what << "\n" << text;
    EXPECT_TRUE(absl::StrContains(text, "rules.yaml:")) << text;
  }
}

// What is passed over holds nothing back.
TEST(PackLoading, AFileThatWouldNotBeReadIsRefused) {
  for (const char* name : {"hold.yml", "hold.YAML", "hold.yaml.txt", "tests/hold.yml", "more/Hold.Yml"}) {
    SmallWorld world;
    world.Write(absl::StrCat("pack1/", name), "rules: []\n");
    base::FileIssues issues;
    EXPECT_EQ(world.Load(kGoodRule, &issues), nullptr) << name;
    EXPECT_TRUE(absl::StrContains(base::Format(issues), absl::StrCat(name, ": error: would not be read")))
        << base::Format(issues);
  }
  for (const char* name : {"README.md", "hold.yaml~", "hold.yaml.bak", ".hold.yml"}) {
    SmallWorld world;
    world.Write(absl::StrCat("pack1/", name), "rules: []\n");
    base::FileIssues issues;
    EXPECT_NE(world.Load(kGoodRule, &issues), nullptr) << base::Format(issues);
  }
}

TEST(PackLoading, AnEmptyFileIsNamed) {
  SmallWorld world;
  world.Write("pack1/empty.yaml", "# nothing yet\n");
  base::FileIssues issues;
  EXPECT_EQ(world.Load(kGoodRule, &issues), nullptr);
  EXPECT_TRUE(absl::StrContains(base::Format(issues), "pack1/empty.yaml:1:1: error: a rule file must be a map"))
      << base::Format(issues);
}

// Whatever tells what was found, and the nearest that does not.
TEST(PackLoading, ARuleThatHangsOnWhatWasFoundMustSayWhy) {
  const std::pair<const char*, bool> conditions[] = {
      {"observation.interpretation == HIGH", true},
      {"has(observation.interpretation)", true},
      {"double(observation.quantity.value) > 5.0", true},
      {"observation.quantity.unit == \"mg\"", true},
      {"observation.text == \"positive\"", true},
      {"observation.codeable_concept in valueset(\"malignant\")", true},
      {"size(observation.notes) > 0", true},
      {"observation.data_absent_reason == \"unknown\"", true},
      {"report.observations.exists(o, o.interpretation == HIGH)", true},
      {"report.observations.exists(o, has(o.text))", true},
      {"report.conclusion.contains(\"cancer\")", true},
      {"report.conclusion_codes.exists(c, c in valueset(\"malignant\"))", true},
      {"report.narrative != \"\"", true},
      {"size(report.notes) > 0", true},
      {"size(report.presented_forms) > 0", true},
      {"observation.code in valueset(\"routine\")", false},
      {"observation.status == CORRECTED", false},
      {"report.observations.exists(o, o.code in valueset(\"routine\"))", false},
      {"size(report.observations) > 3", false},
      {"order.reason_codes.exists(c, c in valueset(\"malignant\"))", false},
      {"patient.known_conditions.exists(c, c in valueset(\"malignant\"))", false},
      {"has(observation)", false},
  };
  const char* const asks[] = {"release: now", "delay: 72 h",
                              "review: {owners: [results-pool], each: 1 day, expires: 1 day, on_expiry: release}",
                              "withhold: {until: 9 days}", "deadline: {within: 9 days, duty: release}"};
  SmallWorld world;
  for (const auto& [condition, tells] : conditions) {
    for (const char* then : asks) {
      const std::string rule =
          absl::StrCat("  - {id: x, title: t, when: '", condition, "', then: {", then, "}, basis: {type: privacy, citation: c}");
      base::FileIssues issues;
      EXPECT_EQ(world.Load(absl::StrCat(rule, "}\n"), &issues) == nullptr, tells) << condition << base::Format(issues);
      EXPECT_EQ(absl::StrContains(base::Format(issues), "or say why under `outcome_dependent:`"), tells) << condition;
      issues.clear();
      EXPECT_NE(world.Load(absl::StrCat(rule, ", outcome_dependent: the reason}\n"), &issues), nullptr) << base::Format(issues);
    }
  }
}

TEST(PackLoading, AllMistakesAreToldAtOnce) {
  SmallWorld world;
  base::FileIssues issues;
  std::string rules;
  for (int i = 0; i < 7; ++i)
    rules += absl::StrCat("  - {id: r", i, ", title: t, match: {codes: [nosuch", i, "]}, then: {release: now}}\n");
  EXPECT_EQ(world.Load(rules, &issues), nullptr);
  EXPECT_EQ(issues.size(), 7u) << base::Format(issues);
}

TEST(PackLoading, PackFileMistakes) {
  const std::pair<const char*, const char*> changes[][2] = {
      {{"America/New_York", "America/NewYork"}, {"", "no time zone is named"}},
      {{"calendar: weekdays", "calendar: nowhere"}, {"", "no calendar `nowhere`"}},
      {{"language_version: 1", "language_version: 2"}, {"", "`language_version` must be a whole number from 1 to 1"}},
      {{"monday: 08:00-17:00", "monday: 17:00-08:00"}, {"", "are no hours of a day"}},
      {{"owners: [records]", "owners: [ordering-provider]"}, {"", "`quarantine` names no pool among its owners"}},
      {{"owners: [ordering-provider, results-pool]", "owners: [ordering-provider]"},
       {"", "`default` names no pool among its owners"}},
      {{"on_expiry: {escalate: {to: director, for: 1 business day, then: release_with_outreach}}", "on_expiry: release"},
       {"", "`default` must escalate"}},
  };
  SmallWorld world;
  for (const auto& change : changes) {
    base::FileIssues issues;
    const std::string file = absl::StrReplaceAll(kPackFile, {{change[0].first, change[0].second}});
    ASSERT_NE(file, kPackFile) << change[0].first;
    EXPECT_EQ(world.Load(kGoodRule, &issues, file), nullptr) << change[1].second;
    EXPECT_TRUE(absl::StrContains(base::Format(issues), change[1].second)) << base::Format(issues);
  }
}

}  // namespace
}  // namespace resultgate::policy
