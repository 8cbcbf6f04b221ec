// A decision allocates no memory once its decider has seen such reports; but for the words about a condition that failed, which
// no sound pack has. Counted in this binary, by replacing operator new.
#include <gtest/gtest.h>

#include "server/policy/model_environment.h"
#include "tests/policy/decide_fixture.h"
#include "tests/policy/random_packs.h"
#include "tests/testing/allocations.h"

namespace resultgate::policy {
namespace {

bool AnyConditionFails(const Pack& pack, const v1::DiagnosticReport& report, absl::Time now) {
  const Units units(pack.value_sets(), report);
  for (const Rule& rule : pack.rules()) {
    if (rule.when == nullptr) continue;
    for (const Unit& unit : units) {
      for (const v1::Audience audience : kAudiences) {
        const auto activation = ModelEnvironment::Activate(report, unit.observation, audience, now, pack.calendar().zone());
        if (!rule.when->Evaluate(activation).error.empty()) return true;
      }
    }
  }
  return false;
}

TEST(AllocationTest, TheCounterCounts) {
  const size_t before = resultgate::testing::Allocations();
  const auto made = std::make_unique<std::string>(100, 'x');
  EXPECT_GE(resultgate::testing::Allocations() - before, 2) << made->size();
}

TEST(AllocationTest, ADecisionAllocatesNothingOnceItsDeciderIsWarm) {
  size_t decided = 0;
  for (unsigned seed = 500; seed < 520; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomWorld world(seed);
    const auto pack = world.Load(world.PackFile(/*facts=*/false), {world.Rules(30)});
    ASSERT_NE(pack, nullptr);
    std::vector<v1::DiagnosticReport> reports;
    std::vector<Situation> situations;
    for (int i = 0; i < 20; ++i) {
      reports.push_back(world.Report());
      situations.push_back(world.MakeSituation(*pack, reports.back()));
      if (AnyConditionFails(*pack, reports.back(), situations.back().now)) {
        reports.pop_back();
        situations.pop_back();
      }
    }
    decided += reports.size();
    Decider decider;
    const auto decide_all = [&] {
      for (size_t i = 0; i < reports.size(); ++i) {
        decider.Decide(*pack, reports[i], situations[i].context, situations[i].now);
      }
    };
    decide_all();
    decide_all();
    const size_t before = resultgate::testing::Allocations();
    decide_all();
    EXPECT_EQ(resultgate::testing::Allocations() - before, 0);
  }
  EXPECT_GT(decided, 200);
}

}  // namespace
}  // namespace resultgate::policy
