// The index may name too many conditions, but never too few.
#include "server/expr/implication_index.h"

#include <algorithm>
#include <iostream>
#include <random>

#include "tests/expr/fixture.h"

namespace resultgate::expr {
namespace {

Condition Of(const std::string& text) {
  base::FileIssues issues;
  const auto program = Program::Compile(TestEnvironment(), {text, "f"}, &issues);
  EXPECT_NE(program, nullptr) << text << "\n" << base::Format(issues);
  return program == nullptr ? Condition() : Condition::Of(*program);
}

TEST(ImplicationIndexTest, NamesEverythingThatAConditionImplies) {
  const unsigned seed = 20261126;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const char* const atoms[] = {
      "age(patient) < 12",
      "age(patient) >= 18",
      "age(patient) == 40",
      "age(patient) <= 40 && age(patient) >= 40",
      "report.section == PATHOLOGY",
      "report.section in [PATHOLOGY, IMAGING]",
      "report.section != GENETICS",
      "!(report.section in [PATHOLOGY, IMAGING, CYTOLOGY])",
      "report.sender == \"A\"",
      "report.sender != \"A\"",
      "report.sender in [\"A\", \"B\"]",
      "patient.deceased",
      "!patient.deceased",
      "audience == PATIENT",
      "audience != DELEGATE",
      "report.code in valueset(\"potassium\")",
      "report.observations.exists(o, o.status == FINAL)",
      "true",
  };
  const auto atom = [&] { return std::string(atoms[random() % std::size(atoms)]); };
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    std::string text = "(" + atom() + ")";
    for (size_t more = random() % 3; more > 0; --more) text += (random() % 3 == 0 ? " || (" : " && (") + atom() + ")";
    texts.push_back(text);
  }
  std::vector<Condition> conditions;
  for (const std::string& text : texts) conditions.push_back(Of(text));
  conditions.emplace_back();  // no constraint at all
  texts.emplace_back();
  const ImplicationIndex index(conditions);
  size_t implied = 0;
  size_t named = 0;
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (conditions[i].NeverHolds()) continue;
    const std::vector<size_t> candidates = index.Candidates(conditions[i]);
    EXPECT_TRUE(std::is_sorted(candidates.begin(), candidates.end()));
    named += candidates.size();
    for (size_t j = 0; j < conditions.size(); ++j) {
      if (!conditions[i].Implies(conditions[j])) continue;
      ++implied;
      EXPECT_TRUE(std::binary_search(candidates.begin(), candidates.end(), j)) << texts[i] << "\nimplies\n" << texts[j];
    }
  }
  std::cout << named << " named for " << implied << " implied of " << conditions.size() * conditions.size() << " pairs\n";
  EXPECT_GT(implied, 1000u);
  EXPECT_LT(named, conditions.size() * conditions.size() * 2 / 3) << "it saves nothing";
}

}  // namespace
}  // namespace resultgate::expr
