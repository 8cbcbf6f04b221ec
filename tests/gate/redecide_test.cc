// Part by part: what becomes of a hold when another pack decides it anew.
#include "server/gate/redecide.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "server/base/proto_time.h"
#include "server/gate/ask_anew.h"
#include "server/gate/lifting.h"
#include "server/gate/transition.h"
#include "server/policy/decide.h"
#include "server/policy/pack_files.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/policy/random_packs.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::kFriday;

constexpr Redeciding kRelax{true, false};
constexpr Redeciding kTighten{false, true};
constexpr Redeciding kBoth{true, true};

absl::Time Now() {
  return At(kFriday);
}

absl::Time In(int hours) {
  return Now() + absl::Hours(hours);
}

v1::Outcome Held(v1::Disposition disposition, const std::string& rule, v1::RuleEffect effect) {
  v1::Outcome outcome;
  outcome.set_disposition(disposition);
  outcome.set_state(v1::OUTCOME_STATE_HELD);
  v1::AppliedRule* applied = outcome.add_rules();
  applied->set_rule_id(rule);
  applied->set_effect(effect);
  return outcome;
}

void AddReview(int hours, v1::Outcome* outcome) {
  v1::ReviewTurn* turn = outcome->mutable_review()->add_turns();
  turn->mutable_owner()->set_role("pool");
  *turn->mutable_until() = base::ToProto(In(hours));
  *outcome->mutable_review()->mutable_expires_at() = base::ToProto(In(hours));
  outcome->mutable_review()->set_on_expiry(v1::ON_EXPIRY_RELEASE);
}

v1::Outcome Go() {
  return Held(v1::DISPOSITION_RELEASE, "permit", v1::RULE_EFFECT_PERMIT);
}

v1::Outcome Delay(int hours) {
  v1::Outcome outcome = Held(v1::DISPOSITION_DELAY, "delay", v1::RULE_EFFECT_DELAY);
  *outcome.mutable_not_before() = base::ToProto(In(hours));
  *outcome.mutable_due_at() = outcome.not_before();
  return outcome;
}

v1::Outcome Review(int hours, int floor = 0) {
  v1::Outcome outcome = Held(v1::DISPOSITION_REVIEW, "review", v1::RULE_EFFECT_REVIEW);
  AddReview(hours, &outcome);
  if (floor > 0) *outcome.mutable_not_before() = base::ToProto(In(floor));
  *outcome.mutable_due_at() = outcome.review().expires_at();
  return outcome;
}

// Escalates at `hours`, ends `more` hours later.
v1::Outcome Escalating(int hours, int more) {
  v1::Outcome outcome = Review(hours);
  outcome.mutable_review()->set_on_expiry(v1::ON_EXPIRY_ESCALATE);
  outcome.mutable_review()->mutable_escalate_to()->set_role("director");
  *outcome.mutable_review()->mutable_escalate_for() = base::ToProto(absl::Hours(more));
  outcome.mutable_review()->set_after_escalation(v1::ON_EXPIRY_RELEASE);
  return outcome;
}

v1::Outcome Withhold(int hours) {
  v1::Outcome outcome = Held(v1::DISPOSITION_WITHHOLD, "withhold", v1::RULE_EFFECT_WITHHOLD);
  *outcome.mutable_withheld_until() = base::ToProto(In(hours));
  AddReview(hours + 24, &outcome);
  *outcome.mutable_due_at() = outcome.withheld_until();
  return outcome;
}

v1::Outcome Waiting(v1::Disposition disposition) {
  v1::Outcome outcome = Held(disposition, "not-final", v1::RULE_EFFECT_REVIEW);
  AddReview(24, &outcome);
  *outcome.mutable_due_at() = outcome.review().expires_at();
  return outcome;
}

v1::Outcome Approved(v1::Outcome outcome, int floor) {
  outcome.mutable_review()->set_approved_by("reviewer-1");
  *outcome.mutable_review()->mutable_approved_at() = base::ToProto(Now());
  outcome.set_disposition(v1::DISPOSITION_DELAY);
  *outcome.mutable_not_before() = base::ToProto(In(floor));
  *outcome.mutable_due_at() = outcome.not_before();
  return outcome;
}

// What an outcome comes to, in a few letters: `delay 5`, `review 9 floor 5`, `withhold`, `go`.
std::string Short(const v1::Outcome& outcome) {
  const auto hours = [](const google::protobuf::Timestamp& time) {
    return std::to_string(absl::ToInt64Hours(base::FromProto(time) - Now()));
  };
  const std::string unreviewed = outcome.released_unreviewed() ? " unreviewed" : "";
  switch (outcome.disposition()) {
    case v1::DISPOSITION_RELEASE:
      return "go" + unreviewed;
    case v1::DISPOSITION_DELAY:
      return "delay " + hours(outcome.not_before()) + unreviewed;
    case v1::DISPOSITION_REVIEW:
      return "review " + hours(outcome.review().expires_at()) +
             (outcome.has_not_before() ? " floor " + hours(outcome.not_before()) : "");
    case v1::DISPOSITION_WITHHOLD:
      return "withhold " + hours(outcome.withheld_until());
    case v1::DISPOSITION_NOT_FINAL:
      return "not final";
    case v1::DISPOSITION_QUARANTINE:
      return "quarantine";
    default:
      return v1::Disposition_Name(outcome.disposition());
  }
}

struct Case {
  const char* name;
  v1::Outcome standing;
  v1::Outcome asked;
  const char* relaxed;
  const char* tightened;
  const char* both;
  v1::HeldChange change;
};

void AddReviewRule(const std::string& id, v1::Outcome* outcome) {
  v1::AppliedRule* rule = outcome->add_rules();
  rule->set_rule_id(id);
  rule->set_effect(v1::RULE_EFFECT_REVIEW);
}

TEST(MergeTest, AnApprovalOutlastsAHoldThatIsEndedForWhatAsksNothingNew) {
  const v1::Outcome approved = Approved(Review(60), 80);
  v1::Outcome beside = Withhold(30);
  *beside.mutable_not_before() = base::ToProto(In(80));
  AddReviewRule("review", &beside);
  const v1::Outcome again = Review(60, 80);
  v1::Outcome more = again;
  AddReviewRule("other", &more);
  for (const Redeciding how : {kTighten, kBoth}) {
    const v1::Outcome held = Merge(approved, beside, how, Now());
    EXPECT_EQ(Short(held), "withhold 30");
    ASSERT_TRUE(held.has_approved_review());
    const v1::Outcome ended = Merge(held, again, kRelax, In(1));
    EXPECT_EQ(Short(ended), "delay 80");
    EXPECT_EQ(ended.review().approved_by(), "reviewer-1");
    EXPECT_EQ(Short(Merge(held, more, kRelax, In(1))), "review 60 floor 80") << "a rule that nobody had approved for";
    v1::Outcome turned = again;
    AddReviewRule("withhold", &turned);
    EXPECT_EQ(Short(Merge(held, turned, kRelax, In(1))), "review 60 floor 80") << "what withheld it now asks for a review";
    EXPECT_EQ(Short(Merge(held, again, kRelax, In(31))), "review 60 floor 80") << "it ended by its time: its owner decides";

    v1::Outcome beside_more = beside;
    AddReviewRule("other", &beside_more);
    const v1::Outcome asked_more = Merge(approved, beside_more, how, Now());
    EXPECT_FALSE(asked_more.has_approved_review()) << "it came with the hold, and nobody has approved it";
    EXPECT_EQ(Short(Merge(asked_more, more, kRelax, In(1))), "review 60 floor 80");
  }
}

TEST(MergeTest, TakesEachPartFromWhereItIsLessOrMoreRestrictive) {
  const auto earlier = v1::HELD_CHANGE_EARLIER;
  const auto later = v1::HELD_CHANGE_LATER;
  const auto new_hold = v1::HELD_CHANGE_NEW_HOLD;
  const auto same = v1::HELD_CHANGE_SAME;
  v1::Outcome prolonged = Review(9);
  prolonged.mutable_review()->set_extended_after_downtime(true);
  v1::Outcome over = Delay(5);  // its review is over, its floor is not
  AddReview(-1, &over);
  over.set_released_unreviewed(true);
  const std::vector<Case> cases = {
      {"a shorter delay", Delay(9), Delay(5), "delay 5", "delay 9", "delay 5", earlier},
      {"a longer delay", Delay(5), Delay(9), "delay 5", "delay 9", "delay 9", later},
      {"the same delay", Delay(5), Delay(5), "delay 5", "delay 5", "delay 5", same},
      {"a delay that is over", Delay(5), Delay(-2), "go", "delay 5", "go", earlier},
      {"no delay any more", Delay(5), Go(), "go", "delay 5", "go", earlier},
      {"a shorter review", Review(9), Review(5), "review 5", "review 9", "review 5", earlier},
      {"a longer review", Review(5), Review(9), "review 5", "review 9", "review 9", later},
      {"a review that is over", Review(9), Review(-1), "go unreviewed", "review 9", "go unreviewed", earlier},
      {"one that is in its escalation", Review(9), Escalating(-1, 5), "review 4", "review 9", "review 4", earlier},
      {"one that would end after its escalation", Review(9), Escalating(3, 20), "review 9", "review 3", "review 3", later},
      {"one prolonged after downtime", prolonged, Review(5), "review 9", "review 9", "review 5", earlier},
      {"no review any more", Review(9), Go(), "go", "review 9", "go", earlier},
      {"no review, but its floor", Review(9, 5), Delay(5), "delay 5", "review 9 floor 5", "delay 5", earlier},
      {"floor and review, one of each earlier", Review(9, 5), Review(7, 6), "review 7 floor 5", "review 9 floor 6",
       "review 7 floor 6", earlier},
      {"a delay instead of a review", Review(9), Delay(5), "delay 5", "review 9 floor 5", "delay 5", earlier},
      {"a longer delay instead of a review", Review(5), Delay(9), "review 5", "review 5 floor 9", "delay 9", later},
      {"a review instead of a delay", Delay(9), Review(5), "delay 9", "review 5 floor 9", "review 5", new_hold},
      {"a review besides the delay", Delay(5), Review(9, 5), "delay 5", "review 9 floor 5", "review 9 floor 5", new_hold},
      {"a withholding instead of a review", Review(5), Withhold(9), "review 5", "withhold 9", "withhold 9", new_hold},
      {"a shorter withholding", Withhold(9), Withhold(5), "withhold 5", "withhold 9", "withhold 5", earlier},
      {"a longer withholding", Withhold(5), Withhold(9), "withhold 5", "withhold 9", "withhold 9", later},
      {"a review instead of a withholding", Withhold(9), Review(5), "review 5", "withhold 9", "review 5", earlier},
      {"nothing instead of a withholding", Withhold(9), Go(), "go", "withhold 9", "go", earlier},
      {"preliminary may go", Waiting(v1::DISPOSITION_NOT_FINAL), Go(), "go", "not final", "go", earlier},
      {"preliminary may not go", Review(5), Waiting(v1::DISPOSITION_NOT_FINAL), "review 5", "not final", "not final", new_hold},
      {"a quarantine is no pack's", Waiting(v1::DISPOSITION_QUARANTINE), Go(), "quarantine", "quarantine", "quarantine", same},
      {"what was approved", Approved(Review(9), 5), Review(9), "go", "delay 5", "go", earlier},
      {"what was approved keeps its floor", Approved(Review(9), 5), Review(9, 7), "delay 5", "delay 7", "delay 7", later},
      {"a review that is over stays over", over, Delay(3), "delay 3 unreviewed", "delay 5 unreviewed", "delay 3", earlier},
      {"a document waits for its observations", Go(), Delay(5), "go", "delay 5", "delay 5", later},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Short(Merge(c.standing, c.asked, kRelax, Now())), c.relaxed);
    EXPECT_EQ(Short(Merge(c.standing, c.asked, kTighten, Now())), c.tightened);
    EXPECT_EQ(Short(Merge(c.standing, c.asked, kBoth, Now())), c.both);
    EXPECT_EQ(Compare(c.standing, c.asked, Now()), c.change);
    EXPECT_EQ(Merge(c.standing, c.asked, {}, Now()).SerializeAsString(), c.standing.SerializeAsString());
  }
}

TEST(MergeTest, NamesTheRulesThatHoldIt) {
  v1::Outcome asked = Review(4, 5);
  v1::AppliedRule* other = asked.add_rules();
  other->set_rule_id("other-floor");
  other->set_effect(v1::RULE_EFFECT_DELAY);
  other->add_unknown_facts("patient.birth_date");
  const v1::Outcome relaxed = Merge(Delay(9), asked, kRelax, Now());
  ASSERT_EQ(relaxed.rules_size(), 1) << "the review was not added: " << relaxed.ShortDebugString();
  EXPECT_EQ(relaxed.rules(0).rule_id(), "other-floor");
  EXPECT_EQ(relaxed.unknown_facts_size(), 1);
  const v1::Outcome tightened = Merge(Delay(9), asked, kTighten, Now());
  ASSERT_EQ(tightened.rules_size(), 2);
  EXPECT_EQ(tightened.rules(0).rule_id(), "delay");
  EXPECT_EQ(tightened.rules(1).rule_id(), "review");
}

TEST(MergeTest, AReviewInItsEscalationWaitsForWhomItWentTo) {
  const v1::Outcome made = Merge(Review(9), Escalating(-1, 5), kRelax, Now());
  EXPECT_TRUE(made.review().escalated());
  EXPECT_EQ(made.review().turns(0).owner().role(), "director");
  EXPECT_EQ(base::FromProto(made.due_at()), In(4));
}

// What a merge or a wish has decided anew just when it would go is let go by the clock, which knows whether the gate was down.
TEST(MergeTest, TighteningLetsNothingGoThatHasRunOut) {
  EXPECT_EQ(Merge(Review(-1), Review(-1), kTighten, Now()).SerializeAsString(), Review(-1).SerializeAsString());
  EXPECT_EQ(Merge(Review(-1), Go(), kTighten, Now()).disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_EQ(Merge(Review(-1), Delay(9), kTighten, Now()).disposition(), v1::DISPOSITION_DELAY) << "a hold is added still";
  EXPECT_EQ(Merge(Review(-1), Go(), kRelax, Now()).disposition(), v1::DISPOSITION_RELEASE);
}

TEST(MergeTest, WhatIsOutIsNotTouched) {
  for (const v1::OutcomeState state : {v1::OUTCOME_STATE_RELEASED, v1::OUTCOME_STATE_PUBLISHED, v1::OUTCOME_STATE_CLOSED}) {
    v1::Outcome out = Go();
    out.set_state(state);
    for (const Redeciding how : {kRelax, kTighten, kBoth}) {
      EXPECT_EQ(Merge(out, Withhold(9), how, Now()).SerializeAsString(), out.SerializeAsString());
    }
  }
}

// A result that `pack` decided in a situation, as the gate would keep it.
v1::Result Decided(const policy::Pack& pack, const v1::DiagnosticReport& report, const policy::Situation& situation) {
  v1::Result result;
  result.set_id(1);
  result.set_version(situation.previous == nullptr ? 1 : 2);
  *result.mutable_report() = report;
  *result.mutable_received_at() = base::ToProto(situation.context.received_at);
  if (situation.determinations != nullptr) *result.mutable_determinations() = *situation.determinations;
  v1::Decision decision = policy::Decide(pack, report, situation.context, situation.now);
  *decision.mutable_decided_at() = result.received_at();  // the gate decides what it receives at once
  const Transition transition = TakeVersion(nullptr, report, decision, situation.now);
  *decision.mutable_outcomes() = policy::ToOutcomes(transition.cells);
  *result.mutable_decision() = std::move(decision);
  return result;
}

// A request that ends nothing, and a wish for all at once where the patient may not have that: what ran out meanwhile is the
// clock's, which gives its hours back to a review that ran out while the gate was down.
TEST(RanOutTest, NeitherARequestNorAWishLetsGoWhatIsTheClocks) {
  base::FileIssues issues;
  const policy::LoadedPack pack = policy::LoadPackFiles(
      MakePack("  - {id: a, title: t, match: {codes: [routine]}, then: {review: {owners: [results-pool], each: 1 business day, "
               "expires: 1 business day, on_expiry: release}}, basis: {type: privacy, citation: c}}\n",
               "author: author-1\n", ""),
      &issues);
  ASSERT_NE(pack.pack, nullptr) << base::Format(issues);
  policy::Situation situation;
  situation.now = situation.context.received_at = Now();
  v1::Result result = Decided(*pack.pack, resultgate::testing::Cbc("F1"), situation);
  const v1::Outcome standing = result.decision().outcomes(0);
  ASSERT_EQ(standing.disposition(), v1::DISPOSITION_REVIEW);
  const absl::Time later = base::FromProto(standing.review().expires_at()) + absl::Hours(1);

  EXPECT_FALSE(Lift(*pack.pack, result, nullptr, v1::LIFTER_PATIENT, later, v1::AUDIENCE_PATIENT).changed);
  result.mutable_known_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_IMMEDIATE);
  Reconsidering how;
  how.held = kBoth;
  EXPECT_TRUE(Reconsider(result, AskAnew(*pack.pack, result, nullptr, later), how, later).transition.releases.empty());
  const Transition by_clock = Advance(result, pack.pack->calendar(), later);
  EXPECT_TRUE(by_clock.releases.empty());
  EXPECT_TRUE(by_clock.cells.front().outcome.review().extended_after_downtime());
  // Where the patient may end it, asking does.
  EXPECT_EQ(Merge(standing, Go(), kRelax, later).disposition(), v1::DISPOSITION_RELEASE);
}

// Whatever two packs say: without tightening nothing goes later than before, and nothing before both packs let it go; tightening
// makes nothing go earlier; doing it again changes nothing; the same pack changes nothing.
TEST(MergePropertyTest, HoldsForRandomPacks) {
  int held = 0;
  int moved = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    policy::RandomWorld world(seed);
    const std::string pack_file = world.PackFile();
    const auto old_pack = world.Load(pack_file, {world.Rules(6)});
    const auto new_pack = world.Load(pack_file, {world.Rules(6)});
    ASSERT_NE(old_pack, nullptr);
    ASSERT_NE(new_pack, nullptr);
    for (int i = 0; i < 12; ++i) {
      const v1::DiagnosticReport report = world.Report();
      policy::Situation situation = world.MakeSituation(*old_pack, report);
      situation.context.acted.clear();
      situation.context.order_holds.clear();
      const v1::Result result = Decided(*old_pack, report, situation);
      const absl::Time now = situation.now + absl::Hours(world.Below(200));
      const auto asked = AskAnew(*new_pack, result, situation.previous.get(), now);
      std::map<std::pair<std::string, v1::Audience>, const v1::Outcome*> asked_of;
      for (const policy::Cell& cell : asked) asked_of[{cell.unit_id, cell.audience}] = &cell.outcome;
      for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
        if (cell.outcome.state() != v1::OUTCOME_STATE_HELD) continue;
        ++held;
        const v1::Outcome& standing = cell.outcome;
        const v1::Outcome& wanted = *asked_of.at({cell.unit_id, cell.audience});
        const v1::Outcome relaxed = Merge(standing, wanted, kRelax, now);
        const v1::Outcome tightened = Merge(standing, wanted, kTighten, now);
        const std::string both_sides = standing.DebugString() + "asked:\n" + wanted.DebugString();
        moved += GoesBy(relaxed, now) < GoesBy(standing, now);
        ASSERT_LE(GoesBy(relaxed, now), GoesBy(standing, now)) << both_sides;
        ASSERT_GE(GoesBy(relaxed, now), std::min(GoesBy(standing, now), GoesBy(wanted, now))) << both_sides;
        ASSERT_GE(GoesBy(tightened, now), GoesBy(standing, now)) << both_sides;
        ASSERT_EQ(relaxed.state(), v1::OUTCOME_STATE_HELD);
        ASSERT_EQ(Merge(relaxed, wanted, kRelax, now).DebugString(), relaxed.DebugString()) << both_sides;
        ASSERT_EQ(Merge(tightened, wanted, kTighten, now).DebugString(), tightened.DebugString()) << both_sides;
      }
      // By its own pack, at once: nothing, unless the review of an earlier version is over by then: it is put in order.
      const auto& outcomes = result.decision().outcomes();
      if (std::any_of(outcomes.begin(), outcomes.end(), [&](const v1::Outcome& outcome) {
            return outcome.has_review() && base::FromProto(outcome.review().expires_at()) <= situation.now;
          })) {
        continue;
      }
      const auto own = AskAnew(*old_pack, result, situation.previous.get(), situation.now);
      for (const Redeciding how : {kRelax, kTighten, kBoth}) {
        ASSERT_FALSE(DecideAnew(result, own, how, situation.now).changed)
            << DecideAnew(result, own, how, situation.now).transition.cells.front().outcome.DebugString()
            << result.decision().DebugString();
      }
    }
  }
  std::cout << held << " held units and audiences, " << moved << " would go earlier\n";
  EXPECT_GT(held, 1000);
  EXPECT_GT(moved, 100);
}

}  // namespace
}  // namespace resultgate::gate
