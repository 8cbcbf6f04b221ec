// What is proved of conditions: every yes must be right, and the plain mistakes of authors must be found.
#include "server/expr/analysis.h"

#include <functional>
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

TEST(Analysis, ContradictionsAndTautologies) {
  struct Row {
    const char* text;
    bool never;
    bool always;
  };
  const Row rows[] = {
      {"true", false, true},
      {"false", true, false},
      {"age(patient) < 12 && age(patient) >= 18", true, false},
      {"age(patient) < 12 || age(patient) >= 12", false, true},
      {"age(patient) < 12 || age(patient) > 12", false, false},
      {"age(patient) > 11 && age(patient) < 12", true, false},
      {"12 > age(patient) && age(patient) >= 12", true, false},
      {"report.section == PATHOLOGY && report.section == IMAGING", true, false},
      {"report.section == PATHOLOGY && report.section != PATHOLOGY", true, false},
      {"report.section != PATHOLOGY || report.section != IMAGING", false, true},
      {"report.section in [PATHOLOGY, IMAGING] && report.section == IMAGING", false, false},
      {"report.section in [PATHOLOGY, IMAGING] && report.section == GENETICS", true, false},
      {"!(report.section in [PATHOLOGY]) && report.section == PATHOLOGY", true, false},
      {"report.sender == \"A\" && report.sender == \"B\"", true, false},
      {"report.sender == \"A\" && report.sender != \"B\"", false, false},
      {"report.code in valueset(\"potassium\") && !(report.code in valueset( \"potassium\" ))", true, false},
      {"has(patient.birth_date) || !has(patient.birth_date)", false, true},
      {"patient.deceased && !patient.deceased", true, false},
      {"patient.deceased ? age(patient) < 1 : age(patient) > 200", false, false},
      {"patient.deceased ? false : patient.deceased", true, false},
      {"report.observations[0].status == FINAL && report.observations[1].status == PRELIMINARY", false, false},
      {"report.observations.exists(o, o.status == FINAL) && report.observations.exists(o, o.status == PRELIMINARY)", false,
       false},
      {"audience == PATIENT && audience == DELEGATE", true, false},
      {"size(report.sender) > 3 && size(report.sender) < 2", false, false},  // no fact of its own: not looked at
  };
  for (const Row& row : rows) {
    const Condition condition = Of(row.text);
    EXPECT_EQ(condition.NeverHolds(), row.never) << row.text;
    EXPECT_EQ(condition.AlwaysHolds(), row.always) << row.text;
  }
}

TEST(Analysis, OneImpliesOrExcludesAnother) {
  struct Row {
    const char* a;
    const char* b;
    bool implies;
    bool excludes;
  };
  const Row rows[] = {
      {"age(patient) < 12", "age(patient) < 18", true, false},
      {"age(patient) < 18", "age(patient) < 12", false, false},
      {"age(patient) < 12", "age(patient) >= 12", false, true},
      {"report.section == PATHOLOGY", "report.section in [PATHOLOGY, IMAGING]", true, false},
      {"report.section == PATHOLOGY && age(patient) < 3", "report.section == PATHOLOGY", true, false},
      {"report.section == PATHOLOGY || age(patient) < 3", "report.section == PATHOLOGY", false, false},
      {"report.section == PATHOLOGY", "report.section != IMAGING", true, false},
      {"report.section == PATHOLOGY", "report.section == IMAGING", false, true},
      {"report.code in valueset(\"potassium\")", "report.code in valueset(\"genetic-test\")", false, false},
      {"report.section == PATHOLOGY", "true", true, false},
      {"true", "report.section == PATHOLOGY", false, false},
      {"report.sender.matches(\"A\")", "report.sender.matches( \"A\" )", true, false},
      {"report.sender.matches(\"A B\")", "report.sender.matches(\"AB\")", false, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Of(row.a).Implies(Of(row.b)), row.implies) << row.a << " => " << row.b;
    EXPECT_EQ(Of(row.a).Excludes(Of(row.b)), row.excludes) << row.a << " x " << row.b;
  }
}

TEST(Analysis, WhatHasTooManyAlternativesIsLeftAlone) {
  std::string text = "true";
  for (int i = 0; i < 20; ++i)
    text += absl::StrCat(" && (report.sender.matches(\"a", i, "\") || report.sender.matches(\"b", i, "\"))");
  const Condition condition = Of(text);
  EXPECT_FALSE(condition.NeverHolds());
  EXPECT_FALSE(condition.AlwaysHolds());
}

// Over random conditions and reports: what never holds is never true, what always holds is never false, and what implies
// another is not true where that one is false.
TEST(Analysis, EveryProofHoldsForRandomReports) {
  std::mt19937 random(20261124);
  const std::vector<std::string> atoms = {"age(patient) < 12",
                                          "age(patient) >= 12",
                                          "age(patient) > 11",
                                          "age(patient) != 30",
                                          "age(patient) == 30",
                                          "report.section == PATHOLOGY",
                                          "report.section != PATHOLOGY",
                                          "report.section in [PATHOLOGY, IMAGING]",
                                          "!(report.section in [IMAGING])",
                                          "patient.deceased",
                                          "!patient.deceased",
                                          "report.code in valueset(\"potassium\")",
                                          "report.sender == \"A\"",
                                          "report.sender != \"A\"",
                                          "has(patient.gender)",
                                          "audience == PATIENT"};
  const std::function<std::string(int)> write = [&](int depth) -> std::string {
    if (depth == 0 || random() % 3 == 0) return atoms[random() % atoms.size()];
    const std::string a = write(depth - 1), b = write(depth - 1);
    switch (random() % 4) {
      case 0:
        return "(" + a + " || " + b + ")";
      case 1:
        return "!(" + a + ")";
      default:
        return "(" + a + " && " + b + ")";
    }
  };
  int proofs = 0;
  for (int round = 0; round < 600; ++round) {
    const std::string a = write(3), b = write(3);
    base::FileIssues issues;
    const auto first = Program::Compile(TestEnvironment(), {a, "f"}, &issues);
    const auto second = Program::Compile(TestEnvironment(), {b, "f"}, &issues);
    ASSERT_TRUE(first != nullptr && second != nullptr) << a << "\n" << b;
    const Condition one = Condition::Of(*first), other = Condition::Of(*second);
    const bool implies = one.Implies(other), excludes = one.Excludes(other);
    proofs += one.NeverHolds() + one.AlwaysHolds() + implies + excludes;
    for (int sample = 0; sample < 40; ++sample) {
      Case c("");
      c.report.set_sender(random() % 2 == 0 ? "A" : "B");
      c.report.set_section(static_cast<v1::Section>(random() % 8));
      if (random() % 4 != 0) c.report.mutable_patient()->set_birth_date(absl::StrCat(2026 - random() % 40, "-01-01"));
      if (random() % 4 != 0) c.report.mutable_patient()->set_deceased(random() % 2 == 0);
      if (random() % 2 == 0) {
        v1::Coding* coding = c.report.mutable_code()->add_codings();
        coding->set_system("http://loinc.org");
        coding->set_code("2823-3");
      }
      Activation activation = c.activation();
      activation.bindings[4] = static_cast<int>(1 + random() % 3);
      const Truth is = first->Evaluate(activation).truth, is_other = second->Evaluate(activation).truth;
      ASSERT_FALSE(one.NeverHolds() && is == Truth::kTrue) << a;
      ASSERT_FALSE(one.AlwaysHolds() && is == Truth::kFalse) << a;
      ASSERT_FALSE(implies && is == Truth::kTrue && is_other == Truth::kFalse) << a << "\n" << b;
      ASSERT_FALSE(excludes && is == Truth::kTrue && is_other == Truth::kTrue) << a << "\n" << b;
    }
  }
  std::cout << proofs << " proofs held\n";
  EXPECT_GT(proofs, 50);
}

}  // namespace
}  // namespace resultgate::expr
