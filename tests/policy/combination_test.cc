// What rules ask for and how it is put together (design, section 4: the table of `then`, and "Combination").
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

class CombinationTest : public DecideTest {
 protected:
  // A rule about `routine`.
  static std::string Rule(const std::string& id, const std::string& then, const std::string& basis = "privacy",
                          const std::string& more = "") {
    return absl::StrCat("  - {id: ", id, ", title: t, ", more, "match: {codes: [routine]}, then: {", then,
                        "}, basis: {type: ", basis, ", citation: c}}\n");
  }

  static std::string Review(const std::string& id, const std::string& on_expiry) {
    return Rule(id,
                absl::StrCat("review: {owners: [results-pool], each: 1 business day, expires: 1 business day, on_expiry: ",
                             on_expiry, "}"),
                "organization-policy");
  }
};

TEST_F(CombinationTest, EveryRuleIsAskedForEveryUnitAndAudience) {
  v1::DiagnosticReport report = Cbc();
  AddObservation(&report, "58410-2");
  report.set_narrative("words");
  Decide(Rule("c-permit", "release: now") + Rule("a-delay", "delay: 72 h") + Review("b-review", "release") +
             Rule("d-limit", "deadline: {within: 20 days, duty: release}"),
         report);
  ASSERT_EQ(cells_.size(), 9u);
  for (const auto& [key, outcome] : cells_) {
    EXPECT_EQ(RulesOf(key.first, key.second), (std::vector<std::string>{"a-delay", "b-review", "c-permit", "d-limit"}))
        << key.first << " for " << key.second;
    EXPECT_EQ(outcome.rules(0).effect(), v1::RULE_EFFECT_DELAY);
    EXPECT_EQ(outcome.rules(1).effect(), v1::RULE_EFFECT_REVIEW);
    EXPECT_EQ(outcome.rules(2).effect(), v1::RULE_EFFECT_PERMIT);
    EXPECT_EQ(outcome.rules(3).effect(), v1::RULE_EFFECT_DEADLINE);
  }
}

TEST_F(CombinationTest, ADocumentsOwnCodeIsItsReportsAndTheOrdersLetsNothingGo) {
  v1::DiagnosticReport report = Report("58410-2");
  report.set_narrative("words");
  Decide(kRoutine, report);
  EXPECT_EQ(Word(kDocument), "release");
  *report.mutable_order()->mutable_code() = report.code();
  report.mutable_code()->mutable_codings(0)->set_code("33914-3");
  Decide(kRoutine, report);
  EXPECT_EQ(Word(kDocument), "review");
  EXPECT_EQ(RulesOf(kDocument), std::vector<std::string>{"default"});
}

TEST_F(CombinationTest, EachKindOfDelayIsAFloorToTheMinute) {
  // First final on Friday, 14:00; the clocks go forward on Sunday.
  const std::pair<const char*, const char*> cases[] = {
      {"72 h", "2026-03-09T15:00:00-04:00"},
      {"3 days", "2026-03-09T00:00:00-04:00"},
      {"3 business days", "2026-03-11T14:00:00-04:00"},
      {"next business morning", "2026-03-09T08:00:00-04:00"},
  };
  for (const auto& [delay, floor] : cases) {
    SCOPED_TRACE(delay);
    const std::string rules = kRoutine + Rule("wait", absl::StrCat("delay: ", delay));
    now_ = At(floor) - absl::Minutes(1);
    Decide(rules, Cbc());
    EXPECT_EQ(Word("718-7"), "delay");
    EXPECT_EQ(Local(Cell_("718-7").not_before()), floor);
    now_ = At(floor);
    Decide(rules, Cbc());
    EXPECT_EQ(Word("718-7"), "release");
  }
}

TEST_F(CombinationTest, TheEndOfADelayIsNoPermitHoweverLongAgoItWas) {
  now_ = At(kNow) + absl::Hours(24 * 300);
  Decide(Rule("wait", "delay: 72 h"), Cbc());
  EXPECT_EQ(Word("718-7"), "review");
  EXPECT_EQ(RulesOf("718-7"), (std::vector<std::string>{"wait", "default"}));
}

TEST_F(CombinationTest, OnlyAPermitOrAReviewSpeaksForAUnit) {
  const std::pair<const char*, bool> asks[] = {
      {"release: now", true},
      {"review: {owners: [results-pool], each: 1 day, expires: 1 day, on_expiry: release}", true},
      {"delay: 72 h", false},
      {"withhold: {until: 9 days}", false},
      {"deadline: {within: 20 days, duty: release}", false},
      {"deadline: {within: 20 days, duty: notice}", false},
  };
  for (const auto& [then, speaks] : asks) {
    SCOPED_TRACE(then);
    Decide(Rule("rule", then), Cbc());
    EXPECT_EQ(RulesOf("718-7"), speaks ? std::vector<std::string>{"rule"} : (std::vector<std::string>{"rule", "default"}));
  }
  Decide(kTissue, Cbc());
  EXPECT_EQ(RulesOf("718-7"), std::vector<std::string>{"default"}) << "nor does no rule at all";
}

TEST_F(CombinationTest, TheDefaultHasOwnersOneAtATimeAnExpiryAndAnEndAfterIt) {
  Decide(kTissue, Cbc());
  const v1::Review& review = Cell_("718-7").review();
  ASSERT_EQ(review.turns_size(), 2);
  EXPECT_EQ(review.turns(0).owner().role(), "ordering-provider");
  EXPECT_EQ(Local(review.turns(0).until()), "2026-03-09T15:00:00-04:00") << "one business day";
  EXPECT_EQ(review.turns(1).owner().role(), "results-pool");
  EXPECT_EQ(Local(review.turns(1).until()), "2026-03-10T15:00:00-04:00");
  EXPECT_EQ(Local(review.expires_at()), "2026-03-10T15:00:00-04:00") << "two business days";
  EXPECT_EQ(review.on_expiry(), v1::ON_EXPIRY_ESCALATE);
  EXPECT_EQ(review.escalate_to().role(), "director");
  EXPECT_EQ(review.after_escalation(), v1::ON_EXPIRY_RELEASE_WITH_OUTREACH) << "every path ends";
  EXPECT_EQ(Cell_("718-7").due_at().seconds(), review.turns(0).until().seconds()) << "the gate looks again when a turn ends";
}

TEST_F(CombinationTest, OfTwoReviewsTheStricterEndingCountsWhicheverRuleItIs) {
  const std::pair<const char*, v1::OnExpiry> endings[] = {
      {"release", v1::ON_EXPIRY_RELEASE},
      {"release_with_outreach", v1::ON_EXPIRY_RELEASE_WITH_OUTREACH},
      {"{escalate: {to: director, for: 1 day, then: release}}", v1::ON_EXPIRY_ESCALATE},
  };
  for (size_t a = 0; a < std::size(endings); ++a) {
    for (size_t b = 0; b < std::size(endings); ++b) {
      Decide(Review("a", endings[a].first) + Review("b", endings[b].first), Cbc());
      EXPECT_EQ(Cell_("718-7").review().on_expiry(), endings[std::max(a, b)].second) << a << " and " << b;
    }
  }
}

TEST_F(CombinationTest, WithheldIfAnyAsksAndFromNobodyElse) {
  Decide(kRoutine + Rule("a-review", "review: {owners: [results-pool], each: 1 day, expires: 1 day, on_expiry: release}") +
             Rule("b-withhold", "withhold: {until: 9 days}", "privacy", "audiences: [delegate], "),
         Cbc());
  EXPECT_EQ(Word("718-7"), "review");
  EXPECT_EQ(Word("718-7", v1::AUDIENCE_REPRESENTATIVE), "review");
  EXPECT_EQ(Word("718-7", v1::AUDIENCE_DELEGATE), "withhold");
  EXPECT_EQ(Local(Cell_("718-7", v1::AUDIENCE_DELEGATE).withheld_until()), "2026-03-15T00:00:00-04:00");
}

TEST_F(CombinationTest, AWithholdingThatIsOverWaitsForAPerson) {
  now_ = At("2026-03-20T12:00:00-04:00");
  Decide(kRoutine + Rule("withhold", "withhold: {until: 9 days}"), Cbc());
  EXPECT_EQ(Word("718-7"), "withhold");
  EXPECT_EQ(Cell_("718-7").review().turns(0).owner().role(), "ordering-provider");
  EXPECT_EQ(Local(Cell_("718-7").review().started_at()), "2026-03-16T08:00:00-04:00") << "from its end, when somebody is there";
}

}  // namespace
}  // namespace resultgate::policy
