// Holds the gate's transitions against the table of states and events: every state, with everything that can happen in it.
#include "server/gate/state_machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/gate/approval.h"
#include "server/gate/redecide.h"
#include "server/gate/transition.h"
#include "server/policy/decide.h"
#include "tests/gate/reports.h"
#include "tests/testing/packs.h"

namespace resultgate::gate {
namespace {

using resultgate::testing::At;
using resultgate::testing::kFriday;

constexpr char kObservation[] = "718-7";
const Phase kDecided[] = {Phase::kReview, Phase::kDelay, Phase::kWithheld, Phase::kNotFinal, Phase::kQuarantined, Phase::kReady};

v1::Disposition DispositionOf(Phase phase) {
  switch (phase) {
    case Phase::kReview:
      return v1::DISPOSITION_REVIEW;
    case Phase::kDelay:
      return v1::DISPOSITION_DELAY;
    case Phase::kWithheld:
      return v1::DISPOSITION_WITHHOLD;
    case Phase::kNotFinal:
      return v1::DISPOSITION_NOT_FINAL;
    case Phase::kQuarantined:
      return v1::DISPOSITION_QUARANTINE;
    case Phase::kClosed:
      return v1::DISPOSITION_NEVER;
    default:
      return v1::DISPOSITION_RELEASE;
  }
}

// What a version or pack asks for, by this rule; its times are over in twelve hours.
v1::Outcome Asked(Phase phase, const std::string& rule) {
  const auto in_twelve_hours = base::ToProto(At(kFriday) + absl::Hours(12));
  v1::Outcome outcome;
  outcome.set_disposition(DispositionOf(phase));
  outcome.set_state(phase == Phase::kClosed ? v1::OUTCOME_STATE_CLOSED : v1::OUTCOME_STATE_HELD);
  outcome.add_rules()->set_rule_id(rule);
  if (phase == Phase::kReady || phase == Phase::kClosed) return outcome;
  if (phase == Phase::kDelay) *outcome.mutable_not_before() = in_twelve_hours;
  if (phase == Phase::kWithheld) *outcome.mutable_withheld_until() = base::ToProto(At(kFriday) - absl::Hours(1));
  if (phase != Phase::kDelay) {
    v1::ReviewTurn* turn = outcome.mutable_review()->add_turns();
    turn->mutable_owner()->set_role("first");
    *turn->mutable_until() = in_twelve_hours;
    *outcome.mutable_review()->mutable_expires_at() = in_twelve_hours;
    outcome.mutable_review()->set_on_expiry(v1::ON_EXPIRY_RELEASE);
  }
  *outcome.mutable_due_at() = in_twelve_hours;
  return outcome;
}

// A unit in a state: an observation alone, or a document whose report has an observation that is held.
struct Case {
  State state;
  bool document = false;

  std::string unit() const { return document ? policy::kDocument : kObservation; }
  std::string Describe() const {
    return absl::StrCat(Name(state.phase), ", shown ", static_cast<int>(state.shown), document ? ", a document" : "");
  }
};

// `out_documents`: also documents that are out, which an observation joins that is held.
std::vector<Case> AllCases(bool out_documents = false) {
  std::vector<Case> cases;
  for (const State& state : AllStates()) {
    // Nothing keeps an observation that may go.
    if (state.phase != Phase::kReady) cases.push_back({state, false});
    // A document does not stay out while an observation of its report is held.
    if (state.shown != Shown::kContent || out_documents) cases.push_back({state, true});
  }
  return cases;
}

void AddOutcome(const std::string& unit, v1::Outcome outcome, policy::Outcomes* outcomes) {
  outcome.add_unit_ids(unit);
  outcome.add_audiences(v1::AUDIENCE_PATIENT);
  *outcomes->Add() = std::move(outcome);
}

v1::Result ResultOf(const Case& at) {
  v1::Result result;
  *result.mutable_report() = resultgate::testing::Cbc("F1");
  if (at.document) result.mutable_report()->set_narrative("text");
  auto* outcomes = result.mutable_decision()->mutable_outcomes();
  if (at.document) {
    const bool out = at.state.shown == Shown::kContent;
    v1::Outcome observation = Asked(Phase::kReview, out ? "old-rule" : "holds-the-observation");
    if (out) observation.set_state(v1::OUTCOME_STATE_RELEASED);
    observation.clear_due_at();
    AddOutcome(kObservation, observation, outcomes);
  }
  if (at.state.phase == Phase::kNone) return result;
  v1::Outcome outcome = Asked(at.state.phase, "old-rule");
  if (at.state.phase == Phase::kReleased) outcome.set_state(v1::OUTCOME_STATE_RELEASED);
  if (at.state.phase == Phase::kPublished) outcome.set_state(v1::OUTCOME_STATE_PUBLISHED);
  if (at.state.shown != Shown::kNothing) outcome.set_release_sequence(5);
  AddOutcome(at.unit(), outcome, outcomes);
  return result;
}

v1::Outcome* OutcomeOf(const Case& at, v1::Result* result) {
  return result->mutable_decision()->mutable_outcomes(at.document ? 1 : 0);
}

struct Seen {
  State state;
  std::vector<Effect> effects;

  bool operator==(const Seen& other) const { return state == other.state && effects == other.effects; }
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  out << Name(seen.state.phase) << ", shown " << static_cast<int>(seen.state.shown) << ", effects";
  for (const Effect effect : seen.effects) out << " " << static_cast<int>(effect);
  return out;
}

// What became of the unit, as the commit would write it.
Seen After(const Transition& transition, const std::string& unit) {
  Seen seen;
  bool shown = false;
  for (const PlannedRelease& planned : transition.releases) {
    if (std::find(planned.unit_ids.begin(), planned.unit_ids.end(), unit) == planned.unit_ids.end()) continue;
    switch (planned.kind) {
      case v1::RELEASE_KIND_BEING_CORRECTED:
        seen.effects.push_back(Effect::kNotice);
        shown = true;
        break;
      case v1::RELEASE_KIND_RETRACTION:
        seen.effects.push_back(Effect::kRetract);
        break;
      default:
        seen.effects.push_back(planned.corrected ? Effect::kShowCorrected : Effect::kShow);
        shown = true;
    }
  }
  for (policy::Cell cell : transition.cells) {
    if (cell.unit_id != unit) continue;
    if (shown) cell.outcome.set_release_sequence(9);
    seen.state = StateOf(cell.outcome);
  }
  return seen;
}

// Rows that were the way of something, by their index.
std::set<size_t>& Covered() {
  static auto* covered = new std::set<size_t>;
  return *covered;
}

void Cover(const State& state, Event event) {
  const auto rules = StateMachine();
  for (size_t i = 0; i < rules.size(); ++i) {
    const bool speaks = rules[i].event == event && std::count(rules[i].from.begin(), rules[i].from.end(), state.phase) > 0 &&
                        std::count(rules[i].shown.begin(), rules[i].shown.end(), state.shown) > 0;
    if (speaks) Covered().insert(i);
  }
}

// What the table says of what `who` does: the event, and what follows from it at once.
Seen Expected(const Case& at, Actor who, Event event, Phase decided, Phase if_it_waits = Phase::kReady) {
  const std::optional<Move> move = Next(at.state, event, decided);
  if (!move) {
    ADD_FAILURE() << at.Describe() << ": the table does not say what happens on `" << Name(event) << "`";
    return Seen();
  }
  EXPECT_EQ(static_cast<int>(move->who), static_cast<int>(who)) << at.Describe() << ": who may do `" << Name(event) << "`";
  Seen seen{move->to, {}};
  if (move->effect != Effect::kNone) seen.effects.push_back(move->effect);
  const bool waits = at.document;
  if (seen.state.phase != Phase::kReady && !(waits && seen.state.shown == Shown::kContent)) return seen;
  if (waits && seen.state.shown != Shown::kContent) return seen;
  const std::optional<Move> next = Next(seen.state, waits ? Event::kWaitsForItsReport : Event::kGoes, if_it_waits);
  EXPECT_TRUE(next.has_value());
  if (!next) return seen;
  EXPECT_EQ(next->who, Actor::kGate) << at.Describe();
  Cover(seen.state, waits ? Event::kWaitsForItsReport : Event::kGoes);
  seen.state = next->to;
  seen.effects.push_back(next->effect);
  return seen;
}

// `who`: whose call makes such transitions (tests/scenario/who_may_test.cc has the calls).
void Check(const Case& at, Actor who, Event event, Phase decided, const Transition& transition,
           Phase if_it_waits = Phase::kReady) {
  SCOPED_TRACE(absl::StrCat(at.Describe(), "; ", Name(event), "; decided ", Name(decided)));
  EXPECT_EQ(After(transition, at.unit()), Expected(at, who, event, decided, if_it_waits));
  Cover(at.state, event);
}

// The event that a version is, for a unit in this state.
Event EventOf(const State& state, Phase decided, bool same, bool new_rule, bool approved) {
  const bool out = state.shown == Shown::kContent;
  const bool nothing_new = (decided == Phase::kReview || decided == Phase::kDelay) && !new_rule;
  if (decided == Phase::kClosed) return Event::kTakenBack;
  if (out && same && decided != Phase::kQuarantined) return Event::kUnchanged;
  if (out && nothing_new) return Event::kNothingNew;
  if (approved && same && decided == Phase::kReview && !new_rule) return Event::kStillApproved;
  return decided == Phase::kReady ? Event::kMayGo : Event::kMustWait;
}

class StateMachineTest : public ::testing::Test {
 protected:
  std::shared_ptr<const policy::Pack> pack_ = resultgate::testing::LoadPack("policies/default");
};

TEST_F(StateMachineTest, NoTwoRowsSpeakOfTheSame) {
  for (const State& state : AllStates()) {
    for (const Event event : AllEvents()) {
      int rows = 0;
      for (const Rule& rule : StateMachine()) {
        rows += rule.event == event && std::count(rule.from.begin(), rule.from.end(), state.phase) > 0 &&
                std::count(rule.shown.begin(), rule.shown.end(), state.shown) > 0;
      }
      EXPECT_LE(rows, 1) << Name(state.phase) << " " << Name(event);
    }
  }
}

TEST_F(StateMachineTest, VersionsMoveEveryStateAsTheTableSays) {
  for (const Case& at : AllCases(/*out_documents=*/true)) {
    for (int variant = 0; variant < 8; ++variant) {
      const bool same = (variant & 1) != 0;
      const bool new_rule = (variant & 2) != 0;
      const bool approved = (variant & 4) != 0 && (at.state.phase == Phase::kDelay || at.state.phase == Phase::kReady);
      for (const Phase decided : {Phase::kReview, Phase::kDelay, Phase::kWithheld, Phase::kNotFinal, Phase::kQuarantined,
                                  Phase::kReady, Phase::kClosed}) {
        v1::Result before = ResultOf(at);
        if (approved) {
          *OutcomeOf(at, &before)->mutable_review()->mutable_approved_at() = base::ToProto(At(kFriday) - absl::Hours(1));
        }
        v1::DiagnosticReport report = before.report();
        if (at.state.phase == Phase::kNone && !at.document) before.mutable_report()->clear_observations();
        if (!same && at.document) report.set_narrative("other text");
        if (!same && !at.document) report.mutable_observations(0)->mutable_quantity()->set_value("1");
        v1::Decision decision;
        if (at.document) {
          AddOutcome(kObservation, Asked(Phase::kReview, "holds-the-observation"), decision.mutable_outcomes());
          report.mutable_observations(0)->mutable_quantity()->set_value("2");
        }
        v1::Outcome asked = Asked(decided, new_rule ? "new-rule" : "old-rule");
        // What was approved before its time waits for that time.
        if (approved && at.state.phase == Phase::kDelay && decided == Phase::kReview) {
          *asked.mutable_not_before() = before.decision().outcomes(at.document ? 1 : 0).not_before();
        }
        AddOutcome(at.unit(), asked, decision.mutable_outcomes());
        const Event event = EventOf(at.state, decided, same && at.state.phase != Phase::kNone, new_rule, approved);
        const bool nothing_new = (decided == Phase::kReview || decided == Phase::kDelay) && !new_rule;
        Check(at, Actor::kSender, event, decided, TakeVersion(&before, report, decision, At(kFriday)),
              nothing_new ? Phase::kReady : decided);
        if (at.state.phase == Phase::kQuarantined && same && decided != Phase::kClosed) {
          Check(at, Actor::kOwnerOrTwo, decided == Phase::kReady ? Event::kDoubtEndsMayGo : Event::kDoubtEndsMustWait, decided,
                TakeVersion(&before, report, decision, At(kFriday)));
        }
      }
    }
  }
}

TEST_F(StateMachineTest, AnotherPatientsVersionTakesAwayWhatWasShown) {
  for (const Case& at : AllCases()) {
    if (at.state.phase == Phase::kNone) continue;
    const v1::Result before = ResultOf(at);
    v1::DiagnosticReport report = before.report();
    report.mutable_patient()->mutable_identifiers(0)->set_value("p2");
    v1::Decision decision;
    AddOutcome(at.unit(), Asked(Phase::kQuarantined, "quarantine"), decision.mutable_outcomes());
    const Transition transition = TakeVersion(&before, report, decision, At(kFriday));
    const Seen expected = Expected(at, Actor::kSender, Event::kGone, Phase::kNone);
    Cover(at.state, Event::kGone);
    EXPECT_EQ(expected.state, (State{Phase::kNone, Shown::kNothing}));
    EXPECT_EQ(After(transition, at.unit()).effects, expected.effects) << at.Describe();
    for (const PlannedRelease& planned : transition.releases) EXPECT_TRUE(planned.from_previous_patient);
    EXPECT_EQ(After(transition, at.unit()).state, (State{Phase::kQuarantined, Shown::kNothing})) << "the second has seen nothing";
  }
}

// What time can bring, and the events that it may be.
struct Trigger {
  const char* name;
  std::vector<Event> events;
  absl::Duration after;
};

TEST_F(StateMachineTest, TimeMovesEveryStateAsTheTableSaysAndNoOther) {
  const Trigger kTriggers[] = {
      {"nothing is due", {}, absl::Hours(11)},
      {"a turn ends", {Event::kFloorPasses, Event::kTurnPasses}, absl::Hours(12)},
      {"an escalation", {Event::kFloorPasses, Event::kEscalates}, absl::Hours(12)},
      {"the end", {Event::kFloorPasses, Event::kExpires, Event::kOverruns}, absl::Hours(12)},
      {"the end before the floor", {Event::kExpiresBeforeFloor, Event::kOverruns}, absl::Hours(12)},
      {"the end while the gate was down", {Event::kFloorPasses, Event::kKeepsStaffedHours, Event::kOverruns}, absl::Hours(20)},
  };
  for (const Case& at : AllCases()) {
    if (at.state.phase == Phase::kNone) continue;
    for (const Trigger& trigger : kTriggers) {
      SCOPED_TRACE(trigger.name);
      v1::Result result = ResultOf(at);
      v1::Outcome* outcome = OutcomeOf(at, &result);
      const std::string name = trigger.name;
      const bool has_review = outcome->has_review();
      if (name == "a turn ends" && has_review) {
        *outcome->mutable_review()->mutable_expires_at() = base::ToProto(At(kFriday) + absl::Hours(24));
        v1::ReviewTurn* second = outcome->mutable_review()->add_turns();
        second->mutable_owner()->set_role("second");
        *second->mutable_until() = outcome->review().expires_at();
      }
      if (name == "an escalation" && has_review) {
        outcome->mutable_review()->set_on_expiry(v1::ON_EXPIRY_ESCALATE);
        outcome->mutable_review()->mutable_escalate_to()->set_role("director");
        *outcome->mutable_review()->mutable_escalate_for() = base::ToProto(absl::Hours(24));
      }
      if (name == "the end before the floor") {
        if (at.state.phase == Phase::kDelay) continue;
        *outcome->mutable_not_before() = base::ToProto(At(kFriday) + absl::Hours(48));
      }
      const Transition transition = Advance(result, pack_->calendar(), At(kFriday) + trigger.after);
      std::optional<Event> event;
      for (const Event candidate : trigger.events) {
        if (!event && Next(at.state, candidate)) event = candidate;
      }
      if (event) {
        Check(at, Actor::kClock, *event, Phase::kNone, transition);
      } else {
        EXPECT_EQ(After(transition, at.unit()), (Seen{at.state, {}})) << at.Describe();
      }
    }
  }
}

TEST_F(StateMachineTest, ApprovalMovesWhatWaitsForAPersonAndNothingElse) {
  for (const Case& at : AllCases()) {
    if (at.state.phase == Phase::kNone) continue;
    for (const bool floor : {false, true}) {
      v1::Result result = ResultOf(at);
      if (floor && at.state.phase != Phase::kDelay) {
        *OutcomeOf(at, &result)->mutable_not_before() = base::ToProto(At(kFriday) + absl::Hours(48));
      }
      const Event event = floor ? Event::kApprovedBeforeFloor : Event::kApproved;
      const Transition transition = Approve(*pack_, result, {at.unit()}, "reviewer-1", At(kFriday));
      if (Next(at.state, event)) {
        Check(at, Actor::kOwner, event, Phase::kNone, transition);
      } else {
        EXPECT_EQ(After(transition, at.unit()), (Seen{at.state, {}})) << at.Describe();
        EXPECT_TRUE(transition.reasons.empty()) << at.Describe();
      }
    }
  }
}

TEST_F(StateMachineTest, TheAcknowledgementOfTheLastReleasePublishes) {
  for (const Case& at : AllCases()) {
    if (at.state.phase == Phase::kNone) continue;
    v1::Result result = ResultOf(at);
    const bool changed = Acknowledge(5, result.mutable_decision()->mutable_outcomes());
    const std::optional<Move> move = Next(at.state, Event::kAcknowledged);
    EXPECT_EQ(changed, move.has_value()) << at.Describe();
    EXPECT_EQ(StateOf(*OutcomeOf(at, &result)), move ? move->to : at.state) << at.Describe();
    if (move) {
      EXPECT_EQ(move->who, Actor::kPortal);
      Cover(at.state, Event::kAcknowledged);
    }
    EXPECT_FALSE(Acknowledge(4, result.mutable_decision()->mutable_outcomes())) << "an earlier one changes nothing";
  }
}

TEST_F(StateMachineTest, AnotherPackMovesWhatRulesHoldAndNothingElse) {
  for (const Case& at : AllCases()) {
    if (at.state.phase == Phase::kNone) continue;
    for (const Phase decided : kDecided) {
      if (decided == Phase::kQuarantined) continue;  // no pack asks for that
      const v1::Result result = ResultOf(at);
      std::vector<policy::Cell> asked = policy::ToCells(result.decision().outcomes());
      asked.back().outcome = Asked(decided, "new-rule");
      if (decided == Phase::kDelay) *asked.back().outcome.mutable_not_before() = base::ToProto(At(kFriday) + absl::Hours(30));
      Redeciding how;
      how.relax = how.tighten = true;
      const Anew anew = DecideAnew(result, asked, how, At(kFriday));
      const Event event = decided == Phase::kReady ? Event::kAnewMayGo : Event::kAnewMustWait;
      if (!Next(at.state, event, decided)) {
        EXPECT_FALSE(anew.changed) << at.Describe();
      } else if (anew.changed) {
        Check(at, Actor::kPackApprovers, event, decided, anew.transition);
      } else {
        EXPECT_EQ(at.state.phase, decided) << at.Describe();
      }
    }
  }
}

TEST_F(StateMachineTest, WhatIsLearntOfAPatientMovesWhatRulesHoldAndTakesAwayWhatMayBeShownNoMore) {
  for (const Case& at : AllCases(/*out_documents=*/true)) {
    if (at.state.phase == Phase::kNone) continue;
    for (const Phase decided : kDecided) {
      if (decided == Phase::kQuarantined || decided == Phase::kNotFinal) continue;  // nothing of a patient asks for that
      const bool out = at.state.shown == Shown::kContent;
      const v1::Result result = ResultOf(at);
      std::vector<policy::Cell> asked = policy::ToCells(result.decision().outcomes());
      for (policy::Cell& cell : asked) {
        if (cell.unit_id == at.unit()) cell.outcome = Asked(decided, "new-rule");
        if (cell.unit_id == at.unit() && decided == Phase::kDelay) {
          *cell.outcome.mutable_not_before() = base::ToProto(At(kFriday) + absl::Hours(30));
        }
      }
      Reconsidering how;
      how.held.relax = how.held.tighten = true;
      EXPECT_FALSE(out && Reconsider(result, asked, how, At(kFriday)).changed) << at.Describe() << ": what is out stays out";
      how.withdraw_undelivered = true;
      const Anew anew = Reconsider(result, asked, how, At(kFriday));
      const Event event = out ? Event::kToldNoMore : decided == Phase::kReady ? Event::kToldMayGo : Event::kToldMustWait;
      const bool may_be_taken = at.state.phase == Phase::kReleased && decided != Phase::kReady;
      if (!Next(at.state, event, decided) || (out && !may_be_taken)) {
        EXPECT_FALSE(anew.changed) << at.Describe();
      } else if (out) {
        ASSERT_TRUE(anew.changed) << at.Describe();
        EXPECT_EQ(After(anew.transition, at.unit()), (Seen{{decided, Shown::kNothing}, {Effect::kRetract}})) << at.Describe();
        EXPECT_EQ(Next(at.state, event, decided)->to, (State{decided, Shown::kNothing}));
        EXPECT_EQ(Next(at.state, event, decided)->who, Actor::kWhoTells);
        Cover(at.state, event);
      } else if (anew.changed) {
        const Phase now = StateOf([&] {
                            for (const policy::Cell& cell : anew.transition.cells) {
                              if (cell.unit_id == at.unit()) return cell.outcome;
                            }
                            return v1::Outcome();
                          }())
                              .phase;
        // Parts of both hold where both hold: then it waits, in the way of one of them.
        const Event happened = now == Phase::kReleased || now == Phase::kReady ? Event::kToldMayGo : Event::kToldMustWait;
        Check(at, Actor::kWhoTells, happened, now == Phase::kReleased ? Phase::kReady : now, anew.transition);
      }
    }
  }
}

// What somebody left who has died, for a delegate.
TEST_F(StateMachineTest, ADeathClosesForDelegatesWhatIsApprovedAndOpensItWhereItWasSomebodyElses) {
  for (const Case& at : AllCases()) {
    if (at.state.phase != Phase::kWithheld) continue;
    v1::Result result = ResultOf(at);
    v1::Outcome* outcome = OutcomeOf(at, &result);
    outcome->mutable_rules(0)->set_rule_id(policy::kDeceasedRule);
    EXPECT_NE(After(Approve(*pack_, result, {at.unit()}, "r", At(kFriday)), at.unit()).state.phase, Phase::kClosed)
        << "the patient's own";
    for (v1::Outcome& each : *result.mutable_decision()->mutable_outcomes()) each.set_audiences(0, v1::AUDIENCE_DELEGATE);
    const Transition approved = Approve(*pack_, result, {at.unit()}, "r", At(kFriday));
    Check(at, Actor::kOwner, Event::kApprovedAfterDeath, Phase::kNone, approved);

    *result.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(approved.cells);
    const Case closed{{Phase::kClosed, Shown::kNothing}, at.document};
    for (const Phase decided : {Phase::kReady, Phase::kReview, Phase::kDelay, Phase::kWithheld}) {
      std::vector<policy::Cell> asked = policy::ToCells(result.decision().outcomes());
      for (policy::Cell& cell : asked) {
        if (cell.unit_id == at.unit()) cell.outcome = Asked(decided, "new-rule");
      }
      Reconsidering how;
      how.held.tighten = true;
      EXPECT_FALSE(Reconsider(result, asked, how, At(kFriday)).changed) << "nothing else opens it";
      how.held = {/*relax=*/true, /*tighten=*/false};
      Check(closed, Actor::kWhoTells, decided == Phase::kReady ? Event::kDeathUndoneMayGo : Event::kDeathUndoneMustWait, decided,
            Reconsider(result, asked, how, At(kFriday)).transition);
    }
  }
}

// Tests run in the order of the file: each row was the way of something above.
TEST_F(StateMachineTest, EveryRowIsTheWayOfSomething) {
  const size_t rows = StateMachine().size();
  if (::testing::UnitTest::GetInstance()->test_to_run_count() < 9) GTEST_SKIP() << "counts what the others covered";
  for (size_t i = 0; i < rows; ++i) {
    EXPECT_EQ(Covered().count(i), 1u) << "row " << i << ": " << Name(StateMachine()[i].event);
  }
}

TEST_F(StateMachineTest, TheReadmeShowsTheTable) {
  const absl::StatusOr<std::string> readme = base::ReadFile("server/README.md");
  ASSERT_TRUE(readme.ok());
  EXPECT_NE(readme->find(StateMachineAsMarkdown()), std::string::npos)
      << "write into server/README.md, under `The life of a unit`:\n"
      << StateMachineAsMarkdown();
}

}  // namespace
}  // namespace resultgate::gate
