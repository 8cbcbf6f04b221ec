// Evaluation with a Scratch that is warm takes nothing from the heap. This binary counts.
#include <cstdlib>
#include <new>

#include "tests/expr/fixture.h"

namespace {

long allocations = 0;

void* Allocate(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t size) {
  return Allocate(size);
}
void* operator new[](size_t size) {
  return Allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}

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
    const long before = allocations;
    for (int i = 0; i < 100; ++i) evaluate();
    EXPECT_EQ(allocations - before, 0) << text;
  }
}

TEST(Allocation, NoneForAnActivation) {
  const Case full(kReport);
  full.activation();
  const long before = allocations;
  Activation activation = full.activation();
  activation.bindings[1] = &full.report.observations(1);
  EXPECT_EQ(allocations - before, 0);
}

// So that the counter is known to count.
TEST(Allocation, IsCounted) {
  const long before = allocations;
  base::FileIssues issues;
  EXPECT_NE(Program::Compile(TestEnvironment(), {"true", "f"}, &issues), nullptr);
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace resultgate::expr
