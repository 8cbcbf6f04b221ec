// What must hold whatever a pack says (design, section 8), over random packs,
// reports and contexts.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/nextstep/next_step.h"
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

bool HasRule(const v1::Outcome& outcome, const std::string& id) {
  return std::any_of(outcome.rules().begin(), outcome.rules().end(),
                     [&id](const v1::AppliedRule& rule) { return rule.rule_id() == id; });
}

// Its bytes, without the places in the rules' text at which conditions failed:
// they move with the rules.
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

TEST(PromisesTest, I10AFurtherRestrictionMakesNothingEarlier) {
  int later = 0;
  RuleOptions restriction;
  restriction.permits = false;
  restriction.limits = false;
  ForEachPack(3000, [&](Round& round) {
    std::vector<RandomRule> more = round.rules;
    more.push_back(round.world.Rule(restriction));
    const auto pack = round.world.Load(round.pack_file, {more});
    round.ForEachReport([&](const v1::DiagnosticReport& report, const Situation& situation) {
      const Cells before = CellsOf(Decide(*round.pack, report, situation.context, situation.now));
      const Cells after = CellsOf(Decide(*pack, report, situation.context, situation.now));
      ASSERT_EQ(before.size(), after.size());
      for (const auto& [key, outcome] : before) {
        const v1::Outcome& now = after.at(key);
        // A review speaks for what nothing spoke for before: the default,
        // which may be longer, is no longer needed.
        if (HasRule(outcome, "default") && !HasRule(now, "default")) continue;
        ASSERT_GE(EarliestByItself(now), EarliestByItself(outcome))
            << key.first << " for " << key.second << " by " << more.back().yaml << outcome.DebugString() << now.DebugString()
            << round.Describe(report);
        if (EarliestByItself(now) > EarliestByItself(outcome)) ++later;
      }
    });
  });
  EXPECT_GT(later, 100) << "the packs and reports exercise too little";
}

// Takes one fact away; false where it is not there.
using TakeAway = bool (*)(v1::DiagnosticReport*);
struct Fact {
  const char* name;
  TakeAway take_away;
};
const Fact kFacts[] = {
    {"patient.birth_date",
     [](v1::DiagnosticReport* report) {
       const bool had = report->patient().has_birth_date();
       report->mutable_patient()->clear_birth_date();
       return had;
     }},
    {"patient.gender",
     [](v1::DiagnosticReport* report) {
       const bool had = report->patient().has_gender();
       report->mutable_patient()->clear_gender();
       return had;
     }},
    {"patient.known_conditions",
     [](v1::DiagnosticReport* report) {
       const bool had = report->patient().has_known_conditions();
       report->mutable_patient()->clear_known_conditions();
       return had;
     }},
    {"patient.deceased",
     [](v1::DiagnosticReport* report) {
       // Of a death that is not known the engine holds nothing, else everything would wait; rules that ask of it may.
       const bool had = report->patient().has_deceased() && !report->patient().deceased();
       if (had) report->mutable_patient()->clear_deceased();
       return had;
     }},
    // A wish to wait that is not there asks for no wait: it is the one fact
    // that is allowed to.
    {"patient.preference",
     [](v1::DiagnosticReport* report) {
       const bool had = report->patient().preference().timing() == v1::ReleasePreference::TIMING_IMMEDIATE;
       if (had) report->mutable_patient()->clear_preference();
       return had;
     }},
    {"order.jurisdictions",
     [](v1::DiagnosticReport* report) {
       const bool had = report->order().has_jurisdictions();
       report->mutable_order()->clear_jurisdictions();
       return had;
     }},
    {"order.encounter_class",
     [](v1::DiagnosticReport* report) {
       const bool had = report->order().has_encounter_class();
       report->mutable_order()->clear_encounter_class();
       return had;
     }},
    {"observation.interpretation",
     [](v1::DiagnosticReport* report) {
       bool had = false;
       for (v1::Observation& observation : *report->mutable_observations()) {
         had = had || observation.has_interpretation();
         observation.clear_interpretation();
       }
       return had;
     }},
    {"observation.value",
     [](v1::DiagnosticReport* report) {
       bool had = false;
       for (v1::Observation& observation : *report->mutable_observations()) {
         had = had || observation.value_case() != v1::Observation::VALUE_NOT_SET;
         observation.clear_value();
       }
       return had;
     }},
    {"report.issued",
     [](v1::DiagnosticReport* report) {
       const bool had = report->has_issued();
       report->clear_issued();
       return had;
     }},
};

TEST(PromisesTest, AMissingFactMakesNothingEarlierWhereNoRuleAsksHasOfIt) {
  std::map<std::string, int> later;
  RuleOptions options;
  options.asks_has = false;
  // Which of two versions of a law holds is told by the date: where none was
  // sent, that of receipt tells.
  options.dates = false;
  options.business_days = false;
  // Nor do next steps make anything earlier or later.
  options.next_steps = false;
  const auto body = [&](Round& round) {
    round.ForEachReport([&](const v1::DiagnosticReport& random, const Situation& situation) {
      // A death or a person's determination would hide what the rules make of a fact.
      v1::DiagnosticReport report = random;
      if (report.patient().deceased()) report.mutable_patient()->set_deceased(false);
      Context context = situation.context;
      context.determinations = nullptr;
      const Cells before = CellsOf(Decide(*round.pack, report, context, situation.now));
      for (const Fact& fact : kFacts) {
        v1::DiagnosticReport without = report;
        if (!fact.take_away(&without)) continue;
        const Cells after = CellsOf(Decide(*round.pack, without, context, situation.now));
        for (const auto& [key, outcome] : before) {
          const v1::Outcome& now = after.at(key);
          // Not known whether it must be withheld: the default review,
          // which ends.
          if (outcome.disposition() == v1::DISPOSITION_WITHHOLD && now.disposition() == v1::DISPOSITION_REVIEW) continue;
          ASSERT_GE(EarliestByItself(now), EarliestByItself(outcome))
              << key.first << " for " << key.second << " without " << fact.name << outcome.DebugString() << now.DebugString()
              << round.Describe(report);
          if (EarliestByItself(now) > EarliestByItself(outcome)) ++later[fact.name];
        }
      }
    });
  };
  ForEachPack(4000, body, options, /*facts=*/false);
  ForEachPack(4100, body, options, /*facts=*/false);
  ForEachPack(4200, body, options, /*facts=*/false);
  for (const Fact& fact : kFacts) EXPECT_GT(later[fact.name], 0) << fact.name << ": the packs exercise too little";
}

// A rule that says what to do next changes what a comment says, and nothing about when.
TEST(PromisesTest, ANextStepHoldsNothingAndLetsNothingGo) {
  int told = 0;
  RuleOptions advice;
  advice.permits = advice.restricts = advice.limits = false;
  ForEachPack(6000, [&](Round& round) {
    std::vector<RandomRule> more = round.rules;
    for (int i = 0; i < 3; ++i) more.push_back(round.world.Rule(advice));
    const auto pack = round.world.Load(round.pack_file, {more});
    round.ForEachReport([&](const v1::DiagnosticReport& report, const Situation& situation) {
      const Cells before = CellsOf(Decide(*round.pack, report, situation.context, situation.now));
      const Cells after = CellsOf(Decide(*pack, report, situation.context, situation.now));
      ASSERT_EQ(before.size(), after.size());
      for (const auto& [key, outcome] : before) {
        v1::Outcome silent = after.at(key);
        if (silent.has_next_step() && !outcome.has_next_step()) ++told;
        ASSERT_FALSE(outcome.has_next_step() && nextstep::IsMoreUrgent(outcome.next_step(), silent.next_step()));
        silent.clear_next_step();
        auto* rules = silent.mutable_rules();
        rules->erase(std::remove_if(rules->begin(), rules->end(),
                                    [](const auto& rule) { return rule.effect() == v1::RULE_EFFECT_NEXT_STEP; }),
                     rules->end());
        v1::Outcome expected = outcome;
        expected.clear_next_step();
        rules = expected.mutable_rules();
        rules->erase(std::remove_if(rules->begin(), rules->end(),
                                    [](const auto& rule) { return rule.effect() == v1::RULE_EFFECT_NEXT_STEP; }),
                     rules->end());
        ASSERT_EQ(silent.DebugString(), expected.DebugString()) << round.Describe(report);
      }
    });
  });
  EXPECT_GT(told, 0) << "the packs exercise too little";
}

TEST(PromisesTest, I8NobodySeesWhatThePatientDoesNotSee) {
  int later = 0;
  ForEachPack(5000, [&](Round& round) {
    round.ForEachReport([&](const v1::DiagnosticReport& report, const Situation& situation) {
      const Cells cells = CellsOf(Decide(*round.pack, report, situation.context, situation.now));
      for (const auto& [key, outcome] : cells) {
        const v1::Outcome& patient = cells.at({key.first, v1::AUDIENCE_PATIENT});
        ASSERT_GE(EarliestByItself(outcome), EarliestByItself(patient))
            << key.first << " for " << key.second << patient.DebugString() << outcome.DebugString() << round.Describe(report)
            << (situation.previous ? situation.previous->DebugString() : "");
        if (EarliestByItself(outcome) > EarliestByItself(patient)) ++later;
      }
    });
  });
  EXPECT_GT(later, 100) << "the packs and reports exercise too little";
}

TEST(PromisesTest, I3EveryHoldHasABasisOneOwnerAndAnEnd) {
  ForEachPack(6000, [](Round& round) {
    round.ForEachReport([&](const v1::DiagnosticReport& report, const Situation& situation) {
      const v1::Decision decision = Decide(*round.pack, report, situation.context, situation.now);
      for (const v1::Outcome& outcome : decision.outcomes()) {
        SCOPED_TRACE(outcome.DebugString() + round.Describe(report));
        if (outcome.disposition() == v1::DISPOSITION_RELEASE || outcome.disposition() == v1::DISPOSITION_NEVER) continue;
        const bool has_basis = std::any_of(outcome.rules().begin(), outcome.rules().end(), [](const v1::AppliedRule& rule) {
          return !rule.lifted() && rule.basis().type() != v1::BASIS_TYPE_UNSPECIFIED && !rule.basis().citation().empty();
        });
        ASSERT_TRUE(has_basis);
        ASSERT_TRUE(outcome.has_due_at());
        if (outcome.disposition() == v1::DISPOSITION_DELAY) {
          ASSERT_GT(base::FromProto(outcome.due_at()), situation.now) << "a floor ends by itself";
          continue;
        }
        const v1::Review& review = outcome.review();
        ASSERT_GT(review.turns_size(), 0);
        ASSERT_TRUE(review.has_started_at());
        // A deadline may be over before anybody could see it.
        absl::Time from = std::min(base::FromProto(review.started_at()), base::FromProto(review.expires_at()));
        for (const v1::ReviewTurn& turn : review.turns()) {
          ASSERT_FALSE(turn.owner().role().empty());
          ASSERT_GE(base::FromProto(turn.until()), from) << "one owner at a time";
          from = base::FromProto(turn.until());
        }
        ASSERT_EQ(from, base::FromProto(review.expires_at())) << "no time without an owner";
        if (review.on_expiry() == v1::ON_EXPIRY_ESCALATE) {
          ASSERT_FALSE(review.escalate_to().role().empty());
          ASSERT_GT(base::FromProto(review.escalate_for()), absl::ZeroDuration());
          ASSERT_NE(review.after_escalation(), v1::ON_EXPIRY_UNSPECIFIED);
          ASSERT_NE(review.after_escalation(), v1::ON_EXPIRY_ESCALATE) << "every path ends";
        }
      }
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
          const bool wrong = UnitStatus(report, key.first) == v1::RESULT_STATUS_ENTERED_IN_ERROR;
          ASSERT_EQ(outcome.disposition(), wrong ? v1::DISPOSITION_NEVER : v1::DISPOSITION_QUARANTINE);
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
