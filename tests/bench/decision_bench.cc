// What a decision costs with a pack of 40 and one of 1,000 rules, against a plain loop that gives the same answers.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>

#include "server/policy/decide.h"
#include "tests/bench/decision_world.h"
#include "tests/bench/plain_engine.h"

namespace resultgate::bench {
namespace {

constexpr size_t kReports = 10'000;

// The world of a pack with so many rules; both ways have been found to agree on all of its reports.
const DecisionWorld& WorldOf(size_t rules) {
  static std::map<size_t, std::unique_ptr<DecisionWorld>> worlds;
  std::unique_ptr<DecisionWorld>& world = worlds[rules];
  if (world == nullptr) {
    world = std::make_unique<DecisionWorld>(rules, kReports);
    if (const std::string difference = world->Difference(); !difference.empty()) {
      std::cerr << "the engine and the plain loop differ: " << difference << "\n";
      std::exit(1);
    }
  }
  return *world;
}

void Decide(benchmark::State& state) {
  const DecisionWorld& world = WorldOf(static_cast<size_t>(state.range(0)));
  const policy::Context context = world.context();
  policy::Decider decider;
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(&decider.Decide(world.pack(), world.reports()[i], context, world.now()));
    if (++i == kReports) i = 0;
  }
}
BENCHMARK(Decide)->Arg(40)->Arg(1000)->Unit(benchmark::kMicrosecond);

void DecidePlainLoop(benchmark::State& state) {
  const DecisionWorld& world = WorldOf(static_cast<size_t>(state.range(0)));
  PlainAnswers answers;
  size_t i = 0;
  for (auto _ : state) {
    DecidePlainly(world.plain_pack(), world.plain_reports()[i], world.now(), &answers);
    benchmark::DoNotOptimize(answers.data());
    if (++i == kReports) i = 0;
  }
}
BENCHMARK(DecidePlainLoop)->Arg(40)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace resultgate::bench
