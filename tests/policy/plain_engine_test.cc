// The engine against the plain one: the same bytes, for random packs, reports and contexts, and for the packs that are shipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "server/policy/decide.h"
#include "tests/policy/random_packs.h"
#include "tests/policy/reference/decide.h"
#include "tests/testing/rounds.h"

namespace resultgate::policy {
namespace {

// The pools of protocols own nothing else in a random pack.
bool BeginsWithAProtocol(const v1::Decision& decision) {
  return std::any_of(decision.outcomes().begin(), decision.outcomes().end(), [](const v1::Outcome& outcome) {
    if (!outcome.has_review()) return false;
    const std::string& role = outcome.review().turns(0).owner().role();
    return role == "nurses" || role == "midwives";
  });
}

TEST(PlainEngineTest, DecidesAsThePlainEngineDoes) {
  int decisions = 0;
  int by_protocol = 0;
  for (unsigned seed = 7000; seed < 7000 + ::resultgate::testing::Rounds(400); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomWorld world(seed);
    const std::string pack_file = world.PackFile();
    const std::vector<RandomRule> rules = world.Rules(1 + world.Below(seed % 10 == 0 ? 90 : 12));
    const auto pack = world.Load(pack_file, {rules});
    ASSERT_NE(pack, nullptr);
    for (int i = 0; i < 25; ++i) {
      const v1::DiagnosticReport report = world.Report();
      const Situation situation = world.MakeSituation(*pack, report);
      const v1::Decision fast = Decide(*pack, report, situation.context, situation.now);
      const v1::Decision plain = reference::Decide(*pack, report, situation.context, situation.now);
      ++decisions;
      by_protocol += BeginsWithAProtocol(fast) ? 1 : 0;
      if (fast.SerializeAsString() == plain.SerializeAsString()) continue;
      std::string text = pack_file;
      for (const RandomRule& rule : rules) text += rule.yaml;
      ASSERT_EQ(fast.DebugString(), plain.DebugString()) << text << report.DebugString();
      FAIL() << "the same text, but not the same bytes";
    }
  }
  EXPECT_GT(by_protocol, decisions / 100);
  std::cout << decisions << " decisions alike, in " << by_protocol << " a protocol's pool is asked first\n";
}

}  // namespace
}  // namespace resultgate::policy
