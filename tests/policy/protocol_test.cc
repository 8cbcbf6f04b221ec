// Protocols: what a pool may decide before the owners are asked. Where it is not certain that a protocol covers the unit, and all
// that it waits for, for every rule that asks for a review, the pool has no turn; the review ends at the same time with and
// without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/policy/explain.h"
#include "server/policy/whatif/pack_difference.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using ::testing::ElementsAre;

// Two pools more.
std::string PackFile() {
  return absl::StrReplaceAll(kPackFile, {{"pools: [", "pools: [nurses, midwives, "}});
}

std::string Protocol(const std::string& covers, const std::string& pool = "nurses", const std::string& each = "4 h") {
  return absl::StrCat(", protocol: {pool: ", pool, ", covers: '", covers, "', each: ", each, "}");
}

// A rule that asks for a review of what `about` says.
std::string Review(const std::string& id, const std::string& about, const std::string& protocol, const std::string& more = "") {
  return absl::StrCat("  - {id: ", id, ", title: t, ", about,
                      ", then: {review: {owners: [ordering-provider, pathology-pool], each: 1 business day, expires: 3 business "
                      "days, on_expiry: release",
                      protocol, "}}, outcome_dependent: a test, basis: {type: organization-policy, citation: c}", more, "}\n");
}

constexpr char kRoutineCodes[] = "match: {codes: [routine]}";
constexpr char kNormal[] = "observation.interpretation == NORMAL";

class ProtocolTest : public DecideTest {
 protected:
  ProtocolTest() { pack_file_ = PackFile(); }

  // Whose turns the review has.
  std::vector<std::string> Turns(const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT) {
    std::vector<std::string> roles;
    for (const v1::ReviewTurn& turn : Cell_(unit, audience).review().turns()) roles.push_back(turn.owner().role());
    return roles;
  }

  // Who is asked first.
  std::string FirstTurn(const std::string& rules, const v1::DiagnosticReport& report, const std::string& unit = "718-7") {
    Decide(rules, report);
    return Turns(unit).front();
  }
};

v1::DiagnosticReport Normal() {
  v1::DiagnosticReport report = Cbc();
  report.mutable_observations(0)->set_interpretation(v1::INTERPRETATION_NORMAL);
  return report;
}

TEST_F(ProtocolTest, ThePoolHasTheFirstTurnOfWhatIsCovered) {
  Decide(Review("a", kRoutineCodes, Protocol(kNormal)), Normal());
  EXPECT_THAT(Turns("718-7"), ElementsAre("nurses", "ordering-provider", "pathology-pool"));
  const v1::Outcome& covered = Cell_("718-7");
  EXPECT_EQ(Local(covered.review().turns(0).until()), "2026-03-06T19:00:00-05:00");
  EXPECT_EQ(Local(covered.due_at()), "2026-03-06T19:00:00-05:00");
  const std::string ends = Local(covered.review().expires_at());
  EXPECT_EQ(ends, "2026-03-11T15:00:00-04:00");

  Decide(Review("a", kRoutineCodes, ""), Normal());
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), ends) << "the end is the same without";
}

TEST_F(ProtocolTest, WhatIsNotCertainlyCoveredGoesToTheOwnersAtOnce) {
  const std::string rules = Review("a", kRoutineCodes, Protocol(kNormal));
  v1::DiagnosticReport high = Normal();
  high.mutable_observations(0)->set_interpretation(v1::INTERPRETATION_HIGH);
  EXPECT_EQ(FirstTurn(rules, high), "ordering-provider");
  EXPECT_EQ(FirstTurn(rules, Cbc()), "ordering-provider") << "no flag was sent";
  EXPECT_EQ(FirstTurn(Review("a", kRoutineCodes, Protocol("1 / size(report.notes) > 0")), Normal()), "ordering-provider")
      << "the condition fails";
  EXPECT_EQ(FirstTurn(Review("a", "when: age(patient) < 18", Protocol(kNormal)) + kRoutine, Normal()), "ordering-provider")
      << "nobody knows whether the rule speaks for it at all";
}

TEST_F(ProtocolTest, EveryRuleThatAsksForAReviewMustLeaveItToThePool) {
  const std::string mine = Review("a", kRoutineCodes, Protocol(kNormal));
  const auto first = [&](const std::string& other) { return FirstTurn(mine + other, Normal()); };
  EXPECT_EQ(first(Review("b", kRoutineCodes, Protocol("true"))), "nurses");
  EXPECT_EQ(first(Review("b", kRoutineCodes, "")), "ordering-provider") << "it has no protocol";
  EXPECT_EQ(first(Review("b", kRoutineCodes, Protocol("report.section == IMAGING"))), "ordering-provider") << "it does not cover";
  EXPECT_EQ(first(Review("b", kRoutineCodes, Protocol("true", "midwives"))), "ordering-provider") << "another pool";
  EXPECT_EQ(first(Review("b", "match: {codes: [tissue]}", "")), "nurses") << "it asks for no review of this";
  EXPECT_EQ(
      first("  - {id: b, title: t, match: {codes: [routine]}, then: {delay: 1 day}, basis: {type: privacy, citation: c}}\n"),
      "nurses")
      << "a delay is no review";

  // The shortest turn counts.
  Decide(mine + Review("b", kRoutineCodes, Protocol("true", "nurses", "1 h")), Normal());
  EXPECT_EQ(Local(Cell_("718-7").review().turns(0).until()), "2026-03-06T16:00:00-05:00");
}

TEST_F(ProtocolTest, WhatNoRuleAsksForIsNoMatterOfAProtocol) {
  const std::string rules = Review("a", kRoutineCodes, Protocol("true"));
  v1::DiagnosticReport wish = Normal();
  wish.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_REVIEW);
  EXPECT_EQ(FirstTurn(rules, wish), "ordering-provider") << "the patient asked for a review by the clinician";
  // A review that its rule no longer asks for does not count against it.
  Context acted;
  acted.acted = {v1::LIFTER_PROVIDER};
  Decide(rules + Review("b", kRoutineCodes, "", ", lifted_by: [provider]"), Normal(), acted);
  EXPECT_EQ(Turns("718-7").front(), "nurses");
}

TEST_F(ProtocolTest, ADocumentIsCoveredWithAllThatItWaitsFor) {
  const auto with_words = [](v1::Interpretation second) {
    v1::DiagnosticReport report = Normal();
    report.set_conclusion("words");
    AddObservation(&report, "58410-2")->set_interpretation(second);
    return report;
  };
  const v1::DiagnosticReport all_normal = with_words(v1::INTERPRETATION_NORMAL);
  const v1::DiagnosticReport one_high = with_words(v1::INTERPRETATION_HIGH);
  const std::string of_observation = Review("a", kRoutineCodes, Protocol(kNormal));
  EXPECT_EQ(FirstTurn(of_observation, all_normal, kDocument), "ordering-provider")
      << "nobody said that the words are covered: there is no observation to ask about";
  const std::string of_words = Review("a", kRoutineCodes, Protocol(absl::StrCat("!has(observation) || ", kNormal)));
  EXPECT_EQ(FirstTurn(of_words, all_normal, kDocument), "nurses");
  EXPECT_EQ(FirstTurn(of_words, one_high, kDocument), "ordering-provider") << "it waits for what is high";
  EXPECT_EQ(Turns("718-7").front(), "nurses") << "each observation for itself";
  EXPECT_EQ(Turns("58410-2").front(), "ordering-provider");
}

TEST_F(ProtocolTest, WhatWaitsTogetherIsCoveredTogether) {
  v1::DiagnosticReport report = Normal();
  AddObservation(&report, "22637-3")->set_interpretation(v1::INTERPRETATION_NORMAL);
  const std::string observations = "when: observation.code in valueset(\"routine\")";
  const std::string permits =
      absl::StrCat(kRoutine, "  - {id: tissue, title: t, match: {codes: [tissue]}, then: {release: now}}\n");
  EXPECT_EQ(FirstTurn(Review("a", observations, Protocol(kNormal), ", together: report") + permits, report, "22637-3"), "nurses");
  // What only waits along is read along: it must be covered itself.
  report.mutable_observations(1)->set_interpretation(v1::INTERPRETATION_HIGH);
  Decide(Review("a", observations, Protocol(kNormal), ", together: report") + permits, report);
  EXPECT_EQ(Turns("22637-3").front(), "ordering-provider");
  EXPECT_EQ(Turns("718-7").front(), "nurses");
  // And over the reports of an order.
  const std::string of_order = Review("a", kRoutineCodes, Protocol(kNormal), ", together: order");
  for (const auto& [flag, first] :
       {std::pair(v1::INTERPRETATION_NORMAL, "nurses"), {v1::INTERPRETATION_HIGH, "ordering-provider"}}) {
    v1::DiagnosticReport other = Normal();
    other.mutable_observations(0)->set_interpretation(flag);
    Context context;
    context.received_at = At(kNow);
    context.order_holds = OrderHoldsOf(*Load(of_order), other, context, At(kNow));
    Decide(of_order, Normal(), context);
    EXPECT_EQ(Turns("718-7").front(), first);
  }
}

TEST_F(ProtocolTest, WhereTheOrderNamesNobodyTheDefaultOwnersComeAfterThePool) {
  v1::DiagnosticReport report = Normal();
  report.mutable_order()->clear_ordering_provider();
  Decide(absl::StrReplaceAll(Review("a", kRoutineCodes, Protocol("true")),
                             {{"ordering-provider, pathology-pool", "ordering-provider"}}),
         report);
  EXPECT_THAT(Turns("718-7"), ElementsAre("nurses", "results-pool"));
}

TEST_F(ProtocolTest, ItIsExplained) {
  const auto said = [&](const std::string& rules, const v1::DiagnosticReport& report) {
    pack_ = Load(rules);
    Context context;
    context.received_at = At(kNow);
    return ToText(Explain(*pack_, report, context, At(kNow)), /*all=*/false);
  };
  const std::string rules = Review("a", kRoutineCodes, Protocol(kNormal));
  EXPECT_THAT(
      said(rules, Normal()),
      ::testing::HasSubstr("a: its protocol covers this, first turn nurses until Fri 2026-03-06 19:00, then the owners\n"));
  EXPECT_THAT(said(rules, Cbc()), ::testing::HasSubstr("a: no turn of nurses, the owners have it at once: unknown covers: "
                                                       "observation.interpretation == NORMAL  (missing: "
                                                       "observation.interpretation)\n"));
  EXPECT_THAT(said(rules + Review("b", kRoutineCodes, ""), Normal()),
              ::testing::HasSubstr(
                  "a: no turn of nurses, the owners have it at once: its protocol does not cover all that this waits for"));
}

TEST_F(ProtocolTest, AnotherProtocolIsAnotherRule) {
  const auto change = [&](const std::string& before, const std::string& after) {
    const auto old = Load(Review("a", kRoutineCodes, before));
    return RuleChanges(*old, *Load(Review("a", kRoutineCodes, after))).at("a");
  };
  EXPECT_EQ(change(Protocol("age(patient) > 40"), Protocol("age(patient) > 50")), v1::RuleImpact::CHANGE_CHANGED);
  EXPECT_EQ(change("", Protocol("age(patient) > 50")), v1::RuleImpact::CHANGE_CHANGED);
  EXPECT_EQ(change(Protocol("age(patient) > 50"), Protocol("age(patient) > 50")), v1::RuleImpact::CHANGE_SAME);
}

}  // namespace
}  // namespace resultgate::policy
