// What evaluating one condition costs, compiled and by the reference's walk over its tree (tests/expr/reference.h).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>

#include "tests/expr/fixture.h"
#include "tests/expr/reference.h"

namespace resultgate::expr {
namespace {

struct Condition {
  const char* name;
  const char* text;
};

constexpr Condition kConditions[] = {
    {"enumeration", "report.section == LABORATORY"},
    {"two_enumerations", "report.status == FINAL && observation.interpretation in [LOW, HIGH]"},
    {"prefix", "report.sender.startsWith(\"LAB\")"},
    {"number", "double(observation.quantity.value) > 6.0"},
    {"age", "age(patient) < 18"},
    {"value_set", "report.code in valueset(\"potassium\")"},
    {"any_of_list", "\"US-CA\" in order.jurisdictions"},
    {"absent", "patient.gender == MALE || patient.language == \"es\""},
    {"new_cancer",
     "report.conclusion_codes.exists(c, c in valueset(\"malignant-neoplasm\") && !(c in patient.known_conditions))"},
};

std::shared_ptr<const Program> Compile(const char* text) {
  base::FileIssues issues;
  auto program = Program::Compile(TestEnvironment(), {text, "bench"}, &issues);
  if (program == nullptr) {
    std::cerr << base::Format(issues);
    std::exit(1);
  }
  return program;
}

void Compiled(benchmark::State& state, const Condition& condition) {
  const auto program = Compile(condition.text);
  const Case values(kReport);
  const Activation activation = values.activation();
  Scratch scratch;
  for (auto _ : state) benchmark::DoNotOptimize(program->Evaluate(activation, &scratch));
}

void Walked(benchmark::State& state, const Condition& condition) {
  const auto program = Compile(condition.text);
  const Case values(kReport);
  const Activation activation = values.activation();
  for (auto _ : state) benchmark::DoNotOptimize(reference::Evaluate(program->root(), activation));
}

}  // namespace

void RegisterAll() {
  for (const Condition& condition : kConditions) {
    const std::string name = condition.name;
    benchmark::RegisterBenchmark((name + "/compiled").c_str(), [&](benchmark::State& state) { Compiled(state, condition); });
    benchmark::RegisterBenchmark((name + "/walked").c_str(), [&](benchmark::State& state) { Walked(state, condition); });
  }
}

}  // namespace resultgate::expr

int main(int argc, char** argv) {
  resultgate::expr::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
