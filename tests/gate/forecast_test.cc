// What policy/whatif foretells of a unit is what the gate's clock does with it, over random packs and reports.
#include "server/policy/whatif/forecast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/gate/transition.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"
#include "tests/policy/random_packs.h"

namespace resultgate::gate {
namespace {

using Key = std::pair<std::string, v1::Audience>;

bool HasGone(const v1::Outcome& outcome) {
  return outcome.state() == v1::OUTCOME_STATE_RELEASED || outcome.state() == v1::OUTCOME_STATE_PUBLISHED;
}

TEST(Forecast, IsWhatTheClockDoes) {
  int compared = 0;
  int by_themselves = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    policy::RandomWorld world(seed);
    const std::shared_ptr<const policy::Pack> pack = world.Load(world.PackFile(), {world.Rules(8)});
    if (pack == nullptr) continue;
    for (int i = 0; i < 10; ++i) {
      v1::Result result;
      *result.mutable_report() = world.Report();
      const policy::Situation situation = world.MakeSituation(*pack, result.report());
      const calendar::Calendar& calendar = pack->CalendarFor(result.report().order());
      policy::Context context;
      context.received_at = situation.now;
      *result.mutable_decision() = policy::Decide(*pack, result.report(), context, situation.now);
      std::map<Key, absl::Time> foretold;
      std::map<Key, std::string> decided;
      for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
        foretold[{cell.unit_id, cell.audience}] = policy::ForecastOf(cell.outcome, calendar, situation.now).latest;
        decided[{cell.unit_id, cell.audience}] = cell.outcome.DebugString();
      }
      std::map<Key, absl::Time> gone;
      std::set<Key> never;  // entered in error: no document waits for it
      for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
        if (cell.outcome.disposition() == v1::DISPOSITION_NEVER) never.insert({cell.unit_id, cell.audience});
      }
      const auto take = [&](const std::vector<policy::Cell>& cells, absl::Time at) {
        for (const policy::Cell& cell : cells) {
          if (HasGone(cell.outcome)) gone.emplace(Key(cell.unit_id, cell.audience), at);
        }
        *result.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(cells);
      };
      take(TakeVersion(nullptr, result.report(), result.decision(), situation.now).cells, situation.now);
      // What only a person ends comes back each business day, for ever: a year is enough.
      absl::Time at = situation.now;
      for (int step = 0; step < 60 && at < situation.now + absl::Hours(24 * 400); ++step) {
        const absl::Time due = EarliestDue(result.decision().outcomes());
        // As CommitTransition has it: what was over before it was decided is looked at a minute later.
        at = due > at ? due : at + absl::Minutes(1);
        if (at == absl::InfiniteFuture()) break;
        take(Advance(result, calendar, at).cells, at);
      }
      for (const auto& [key, time] : foretold) {
        const auto& [unit, audience] = key;
        absl::Time expected = time;
        if (unit == policy::kDocument) {
          // It waits until its observations have gone, too.
          for (const auto& [other, when] : foretold) {
            const bool closed = never.count(other) > 0;
            if (other.second == audience && !closed) expected = std::max(expected, when);
          }
        }
        const auto found = gone.find(key);
        const absl::Time went = found == gone.end() ? absl::InfiniteFuture() : found->second;
        const bool was_over = expected == situation.now && went <= situation.now + absl::Minutes(2);
        EXPECT_TRUE(went == expected || was_over)
            << unit << " for " << audience << " went " << went << ", expected " << expected << "\n"
            << decided[key];
        ++compared;
        by_themselves += expected > situation.now && expected < absl::InfiniteFuture() ? 1 : 0;
      }
    }
  }
  EXPECT_GT(compared, 2000);
  EXPECT_GT(by_themselves, 200) << "only few of them wait and then go";
}

}  // namespace
}  // namespace resultgate::gate
