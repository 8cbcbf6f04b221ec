// The checks of value sets, from the rules that name them: each finds its mistake and keeps quiet at the nearest that is none.
#include "server/policy/set_checks.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/policy/small_pack.h"

namespace resultgate::policy {
namespace {

constexpr char kLoinc[] = "  - {system: loinc, code: 718-7, display: d}\n";
constexpr char kAnotherLoinc[] = "  - {system: loinc, code: 58410-2, display: d}\n";
constexpr char kDiagnosis[] = "  - {system: icd10cm, code: C50, descendants: true, display: d}\n";
constexpr char kBelow[] = "  - {system: icd10cm, code: C50.9, display: d}\n";
constexpr char kBelowWithAll[] = "  - {system: icd10cm, code: C50.9, descendants: true, display: d}\n";
constexpr char kAnswer[] = "  - {system: loinc, code: LA6576-8, display: Positive}\n";

class SetChecksTest : public ::testing::Test {
 protected:
  // A value set of the pack's own.
  void WriteSet(const std::string& name, const std::string& codes, const std::string& more = "") {
    folder_.Write(absl::StrCat("pack/valuesets/", name, ".yaml"),
                  absl::StrCat("name: ", name, "\ntitle: t\nsource: s\nversion: \"1\"\nlicense: l\n",
                               codes.empty() ? "" : absl::StrCat("codes:\n", codes), more));
  }

  // What loading a pack with these rules says.
  std::string Said(const std::string& rules, const std::string& pack_keys = "") {
    folder_.Write("calendars/weekdays.yaml", "name: weekdays\n");
    folder_.Write("pack/pack.yaml", absl::StrCat(kPackFile, pack_keys));
    folder_.Write("pack/rules.yaml", absl::StrCat("rules:\n", rules));
    const std::string pack = absl::StrCat(folder_.path(), "/pack");
    base::FileIssues issues;
    const auto sets = valueset::Registry::Load(absl::StrCat(pack, "/valuesets"), &issues);
    EXPECT_NE(sets, nullptr) << base::Format(issues);
    loaded_ = Pack::Load(pack, absl::StrCat(folder_.path(), "/calendars"), sets, &issues) != nullptr;
    return base::Format(issues);
  }

  static std::string Permit(const std::string& id, const std::string& sets) {
    return absl::StrCat("  - {id: ", id, ", title: t, match: {codes: [", sets, "]}, then: {release: now}}\n");
  }

  testing::TempFolder folder_;
  bool loaded_ = false;
};

TEST_F(SetChecksTest, ASetThatNoRuleNames) {
  WriteSet("used", kLoinc, "includes: [part]\n");
  WriteSet("part", kAnotherLoinc);
  EXPECT_EQ(Said(Permit("x", "used")), "") << "a part of a set that is used is used";
  WriteSet("other", "  - {system: loinc, code: 2345-7, display: d}\n");
  const std::string said = Said(Permit("x", "used"));
  EXPECT_TRUE(absl::StrContains(said, "other.yaml:1:7: warning: no rule names the value set `other` [unused-value-set]")) << said;
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(Said(Permit("x", "used"), "ignore: [{check: unused-value-set, of: other, reason: for the templates}]\n"), "");
  EXPECT_TRUE(absl::StrContains(Said(Permit("x", "used"), "ignore: [{check: unused-value-set, of: part, reason: r}]\n"),
                                "no rule names the value set `other`"));
  EXPECT_EQ(
      Said(absl::StrCat(
          Permit("x", "used"),
          "  - {id: y, title: t, match: {unit: document}, when: 'order.code in valueset(\"other\")', then: {release: now}}\n")),
      "")
      << "in an expression";
}

TEST_F(SetChecksTest, ASetWhoseNameIsMisspeltIsNotUnusedToo) {
  WriteSet("thyroid-panel", kLoinc);
  WriteSet("other", kAnotherLoinc);
  const std::string said = Said(Permit("x", "thyroid-pannel"));
  EXPECT_TRUE(absl::StrContains(said, "did you mean `thyroid-panel`?")) << said;
  EXPECT_FALSE(absl::StrContains(said, "no rule names the value set `thyroid-panel`")) << said;
  EXPECT_TRUE(absl::StrContains(said, "no rule names the value set `other`")) << said;
}

TEST_F(SetChecksTest, CodesOfAKindThatNothingObservedHas) {
  struct Example {
    std::string codes;
    const char* said;
    bool loads;
  };
  const Example examples[] = {
      {kLoinc, "", true},
      {"  - {system: snomed, code: \"71388002\", display: d}\n  - {system: cpt, code: \"88305\", display: d}\n", "", true},
      {"  - {system: \"urn:local:LAB|NORTH\", code: C50, display: d}\n", "", true},
      {kDiagnosis,
       "error: `codes` of rule `x` names `set`, which holds only diagnoses or answers, with which nothing that was observed is "
       "coded: `C50` [wrong-class]; ask for them where they stand",
       false},
      {kAnswer, "which holds only diagnoses or answers, with which nothing that was observed is coded: `LA6576-8`", false},
      {absl::StrCat(kLoinc, kDiagnosis), "warning: `codes` of rule `x` names `set`, which holds diagnoses or answers", true},
  };
  for (const Example& example : examples) {
    WriteSet("set", example.codes);
    const std::string said = Said(Permit("x", "set"));
    EXPECT_TRUE(absl::StrContains(said, example.said)) << said;
    EXPECT_EQ(said.empty(), *example.said == 0) << said;
    EXPECT_EQ(loaded_, example.loads) << said;
  }
  WriteSet("set", kDiagnosis);
  EXPECT_EQ(Said("  - {id: x, title: t, outcome_dependent: the test, when: 'report.conclusion_codes.exists(c, c in "
                 "valueset(\"set\"))', then: {release: now}}\n"),
            "")
      << "where a diagnosis stands";
}

TEST_F(SetChecksTest, ASetBesideOneThatHoldsAllOfIt) {
  WriteSet("all", absl::StrCat(kLoinc, kAnotherLoinc));
  WriteSet("some", kLoinc);
  const std::string said = Said(Permit("x", "some, all"));
  EXPECT_TRUE(absl::StrContains(said, "`codes` of rule `x` names `some`, all of which is in `all` too [redundant-codes]"))
      << said;
  EXPECT_TRUE(loaded_);
  WriteSet("some", absl::StrCat(kLoinc, "  - {system: loinc, code: 2345-7, display: d}\n"));
  EXPECT_EQ(Said(Permit("x", "some, all")), "") << "one code more";
}

TEST_F(SetChecksTest, OneCodeHoldsThoseBelowItAndNotTheOtherWayRound) {
  const auto said_of = [this](const char* inner, const char* outer) {
    WriteSet("inner", absl::StrCat(kLoinc, inner));
    WriteSet("outer", absl::StrCat(kLoinc, kAnotherLoinc, outer));
    return Said(Permit("x", "inner, outer"), "ignore: [{check: wrong-class, reason: the test}]\n");
  };
  EXPECT_TRUE(absl::StrContains(said_of(kBelow, kDiagnosis), "[redundant-codes]"));
  EXPECT_TRUE(absl::StrContains(said_of(kBelowWithAll, kDiagnosis), "[redundant-codes]"));
  EXPECT_EQ(said_of(kBelowWithAll, kBelow), "");
}

TEST_F(SetChecksTest, TwoSetsWithTheSameCodes) {
  WriteSet("a", absl::StrCat(kLoinc, kAnotherLoinc));
  WriteSet("b", absl::StrCat(kAnotherLoinc, kLoinc));
  const std::string rules =
      Permit("x", "a") + "  - {id: y, title: t, match: {codes: [b], section: [imaging]}, then: {release: now}}\n";
  const std::string said = Said(rules);
  EXPECT_TRUE(absl::StrContains(said, "b.yaml:1:7: warning: value set `b` holds the same codes as `a` [same-value-sets]"))
      << said;
  EXPECT_EQ(Said(rules, "ignore: [{check: same-value-sets, of: b, reason: they will part}]\n"), "");
  WriteSet("b", kAnotherLoinc);
  EXPECT_EQ(Said(rules), "");
}

}  // namespace
}  // namespace resultgate::policy
