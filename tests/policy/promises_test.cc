// What must hold whatever a pack says (design, section 8), over random packs, reports and contexts.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"
#include "tests/policy/random_packs.h"

namespace resultgate::policy {
namespace {

using CellKey = std::pair<std::string, v1::Audience>;
using Cells = std::map<CellKey, v1::Outcome>;

Cells CellsOf(const v1::Decision& decision) {
  Cells cells;
  for (Cell& cell : ToCells(decision.outcomes())) cells[{cell.unit_id, cell.audience}] = std::move(cell.outcome);
  return cells;
}

// Its bytes, without the places in the rules' text at which conditions failed: they move with the rules.
std::string WithoutPlaces(const v1::Decision& decision) {
  std::string text = decision.DebugString();
  RE2::GlobalReplace(&text, R"( at \d+:\d+)", "");
  return text;
}

std::string TextOf(const std::vector<RandomRule>& rules) {
  std::string text;
  for (const RandomRule& rule : rules) text += rule.yaml;
  return text;
}

// A random pack, and many random reports that it decides.
struct Round {
  explicit Round(unsigned seed, const RuleOptions& options = {}, bool facts = true) : world(seed) {
    pack_file = world.PackFile(facts);
    rules = world.Rules(1 + world.Below(9), options);
    pack = world.Load(pack_file, {rules});
  }

  // Runs `body(report, situation)`, which may end the test.
  template <typename Body>
  void ForEachReport(const Body& body) {
    for (int i = 0; i < 12 && !::testing::Test::HasFatalFailure(); ++i) {
      const v1::DiagnosticReport report = world.Report();
      body(report, world.MakeSituation(*pack, report));
    }
  }

  std::string Describe(const v1::DiagnosticReport& report) const {
    return absl::StrCat(pack_file, TextOf(rules), report.DebugString());
  }

  RandomWorld world;
  std::string pack_file;
  std::vector<RandomRule> rules;
  std::shared_ptr<const Pack> pack;
};

// Runs `body(round)` for many packs.
template <typename Body>
void ForEachPack(unsigned first_seed, const Body& body, const RuleOptions& options = {}, bool facts = true) {
  for (unsigned seed = first_seed; seed < first_seed + 100 && !::testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Round round(seed, options, facts);
    ASSERT_NE(round.pack, nullptr);
    body(round);
  }
}

TEST(PromisesTest, I6TheSameInputsGiveTheSameBytes) {
  ForEachPack(1000, [](Round& round) {
    const auto again = round.world.Load(round.pack_file, {round.rules});
    round.ForEachReport([&](const v1::DiagnosticReport& report, const Situation& situation) {
      const std::string bytes = Decide(*round.pack, report, situation.context, situation.now).SerializeAsString();
      ASSERT_EQ(Decide(*round.pack, report, situation.context, situation.now).SerializeAsString(), bytes);
      ASSERT_EQ(Decide(*again, report, situation.context, situation.now).SerializeAsString(), bytes) << "the digest names it";
    });
  });
}

TEST(PromisesTest, TheOrderOfRulesAndFilesChangesNothing) {
  ForEachPack(2000, [](Round& round) {
    std::vector<RandomRule> shuffled = round.rules;
    std::shuffle(shuffled.begin(), shuffled.end(), round.world.random());
    std::vector<std::vector<RandomRule>> files(1 + round.world.Below(4));
    for (RandomRule& rule : shuffled) files[round.world.Below(files.size())].push_back(std::move(rule));
    const auto pack = round.world.Load(round.pack_file, files);
    round.ForEachReport([&](const v1::DiagnosticReport& report, const Situation& situation) {
      v1::Decision before = Decide(*round.pack, report, situation.context, situation.now);
      v1::Decision after = Decide(*pack, report, situation.context, situation.now);
      before.clear_pack_digest();
      after.clear_pack_digest();
      ASSERT_EQ(WithoutPlaces(before), WithoutPlaces(after)) << round.Describe(report);
    });
  });
}

TEST(PromisesTest, I1AndI4NothingGoesBeforeItsFloorNorUnfinishedNorInDoubt) {
  int unfinished = 0;
  int floored = 0;
  ForEachPack(7000, [&](Round& round) {
    round.ForEachReport([&](const v1::DiagnosticReport& report, const Situation& situation) {
      for (const auto& [key, outcome] : CellsOf(Decide(*round.pack, report, situation.context, situation.now))) {
        SCOPED_TRACE(key.first + outcome.DebugString() + round.Describe(report));
        if (!situation.context.quarantine.empty()) {
          ASSERT_EQ(outcome.disposition(), v1::DISPOSITION_QUARANTINE);
          continue;
        }
        if (outcome.disposition() == v1::DISPOSITION_RELEASE && outcome.has_not_before()) {
          ASSERT_LE(base::FromProto(outcome.not_before()), situation.now);
        }
        if (outcome.has_not_before()) ++floored;
        if (outcome.has_withheld_until()) {
          ASSERT_EQ(outcome.disposition(), v1::DISPOSITION_WITHHOLD) << "no ceiling and no floor ends a withholding";
        }
        const v1::ResultStatus status = UnitStatus(report, key.first);
        if (IsFinal(status) || status == v1::RESULT_STATUS_CANCELLED) {
          ASSERT_NE(outcome.disposition(), v1::DISPOSITION_NOT_FINAL);
          continue;
        }
        ++unfinished;
        if (status == v1::RESULT_STATUS_ENTERED_IN_ERROR) {
          ASSERT_EQ(outcome.disposition(), v1::DISPOSITION_NEVER);
          continue;
        }
        if (outcome.disposition() == v1::DISPOSITION_NOT_FINAL) continue;
        ASSERT_TRUE(status == v1::RESULT_STATUS_PRELIMINARY || status == v1::RESULT_STATUS_REGISTERED);
        const bool allowed = std::any_of(outcome.rules().begin(), outcome.rules().end(), [&](const v1::AppliedRule& applied) {
          const auto rule = std::find_if(round.pack->rules().begin(), round.pack->rules().end(),
                                         [&applied](const Rule& r) { return r.id == applied.rule_id(); });
          return applied.effect() == v1::RULE_EFFECT_PERMIT && rule != round.pack->rules().end() && rule->then.permit_preliminary;
        });
        ASSERT_TRUE(allowed) << "only `release: preliminary` lets go what is not final";
      }
    });
  });
  EXPECT_GT(unfinished, 200);
  EXPECT_GT(floored, 200);
}

}  // namespace
}  // namespace resultgate::policy
