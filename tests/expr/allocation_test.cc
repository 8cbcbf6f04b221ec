// Evaluation with a Scratch that is warm takes nothing from the heap. This binary counts.
#include "tests/expr/fixture.h"
#include "tests/testing/allocations.h"

namespace resultgate::expr {
namespace {

TEST(Allocation, NoneWhenWarm) {
  const char* const kConditions[] = {
      "report.status == FINAL && report.section in [LABORATORY, IMAGING]",
      "observation.interpretation in [LOW, HIGH] && double(observation.quantity.value) > 6.0",
      "report.conclusion_codes.exists(c, c in valueset(\"malignant-neoplasm\") && !(c in patient.known_conditions))",
      "age(patient) < 18 || order.jurisdictions.exists(j, j.startsWith(\"US-\"))",
      "patient.gender == MALE || patient.language == \"es\" || order.encounter_class == INPATIENT",
      "report.observations.all(o, o.interpretation == HIGH || o.reference_range.low == \"1\")",
      "now - report.issued > duration(\"72h\") && now.getHours(\"America/New_York\") >= 8",
      "report.sender + \"/\" + string(report.occurrence) == \"a text that is longer than what a string holds in itself\"",
      "string(now) + string(now - report.issued) + string(0.1) == \"x\"",
      "order.jurisdictions + [\"US-TX\", report.sender] == [\"x\"] || size([observation.interpretation, HIGH]) == 3",
      "observation.notes[0].matches(\"^h.llo$\") && 1 / report.occurrence == 0",
      "[[1, 2], [3]].exists(l, l.exists_one(x, string(x) + string(x) == \"22\"))",
  };
  const Case full(kReport), empty("");
  const Activation activations[] = {full.activation(), empty.activation()};
  Scratch scratch;
  for (const char* text : kConditions) {
    base::FileIssues issues;
    const auto program = Program::Compile(TestEnvironment(), {text, "f"}, &issues);
    ASSERT_NE(program, nullptr) << base::Format(issues);
    const auto evaluate = [&] {
      for (const Activation& activation : activations) {
        program->Evaluate(activation, &scratch);
        for (size_t i = 0; i < program->conjuncts().size(); ++i) program->EvaluateConjunct(i, activation, &scratch);
      }
    };
    evaluate();
    const size_t before = resultgate::testing::Allocations();
    for (int i = 0; i < 100; ++i) evaluate();
    EXPECT_EQ(resultgate::testing::Allocations() - before, 0) << text;
  }
}

TEST(Allocation, NoneForAnActivation) {
  const Case full(kReport);
  full.activation();
  const size_t before = resultgate::testing::Allocations();
  Activation activation = full.activation();
  activation.bindings[1] = &full.report.observations(1);
  EXPECT_EQ(resultgate::testing::Allocations() - before, 0);
}

// So that the counter is known to count.
TEST(Allocation, IsCounted) {
  const size_t before = resultgate::testing::Allocations();
  base::FileIssues issues;
  EXPECT_NE(Program::Compile(TestEnvironment(), {"true", "f"}, &issues), nullptr);
  EXPECT_GT(resultgate::testing::Allocations(), before);
}

}  // namespace
}  // namespace resultgate::expr
