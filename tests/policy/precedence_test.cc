// What stands where obligations conflict (design, "Precedence"): who may end it early is in lifters_test.cc.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

class PrecedenceTest : public DecideTest {
 protected:
  static std::string Rule(const std::string& id, const std::string& basis, const std::string& then) {
    return absl::StrCat("  - {id: ", id, ", title: t, match: {codes: [routine]}, then: {", then, "}, basis: {type: ", basis,
                        ", citation: c}, ignore: [{check: floor-past-ceiling, reason: the test}]}\n");
  }
  static std::string Deadline(const std::string& within) {
    return absl::StrCat("deadline: {within: ", within, ", duty: release}");
  }
  static std::string Review(const std::string& expires, const std::string& on_expiry = "release",
                            const std::string& owners = "results-pool", const std::string& each = "1 day") {
    return absl::StrCat("review: {owners: [", owners, "], each: ", each, ", expires: ", expires, ", on_expiry: ", on_expiry, "}");
  }
  // Whose turn it is until when.
  std::vector<std::string> Turns() {
    std::vector<std::string> turns;
    for (const v1::ReviewTurn& turn : Cell_("718-7").review().turns()) {
      turns.push_back(absl::StrCat(turn.owner().role(), " until ", Local(turn.until())));
    }
    return turns;
  }
};

// The order of the kinds of basis, each against its neighbour: the stronger one's ceiling cuts the weaker one's floor, and the
// weaker one's does not.
TEST_F(PrecedenceTest, IdentityStatuteHarmPrivacyPatientResearchOrganisation) {
  const char* order[] = {"identity",        "statute",  "harm-determination", "privacy",
                         "patient-request", "research", "organization-policy"};
  for (size_t i = 0; i + 1 < std::size(order); ++i) {
    SCOPED_TRACE(order[i]);
    Decide(absl::StrCat(kRoutine, Rule("a", order[i + 1], "delay: 9 days"), Rule("b", order[i], Deadline("72 h"))), Cbc());
    EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00") << "cut";
    EXPECT_EQ(Cell_("718-7").conflicts_size(), 0);
    Decide(absl::StrCat(kRoutine, Rule("a", order[i], "delay: 9 days"), Rule("b", order[i + 1], Deadline("72 h"))), Cbc());
    EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-15T00:00:00-04:00") << "stands";
    ASSERT_EQ(Cell_("718-7").conflicts_size(), 1);
    EXPECT_TRUE(absl::StrContains(Cell_("718-7").conflicts(0), "floor of a")) << Cell_("718-7").conflicts(0);
    Decide(absl::StrCat(kRoutine, Rule("a", order[i], "delay: 9 days"), Rule("b", order[i], Deadline("72 h"))), Cbc());
    EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-15T00:00:00-04:00") << "at equal rank the floor stands";
    EXPECT_EQ(Cell_("718-7").conflicts_size(), 1);
  }
}

TEST_F(PrecedenceTest, OfSeveralCeilingsEachCutsWhatIsWeakerThanItself) {
  // The earliest ceiling is too weak for the floor, the later one is not.
  Decide(absl::StrCat(kRoutine, Rule("a", "privacy", "delay: 20 days"), Rule("b", "organization-policy", Deadline("24 h")),
                      Rule("c", "statute", Deadline("72 h"))),
         Cbc());
  EXPECT_EQ(Local(Cell_("718-7").not_after()), "2026-03-07T14:00:00-05:00") << "the earliest";
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T15:00:00-04:00");
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 1) << "past the earliest: said";
  Decide(absl::StrCat(kRoutine, Rule("a", "privacy", Review("20 days")), Rule("b", "organization-policy", Deadline("24 h")),
                      Rule("c", "statute", Deadline("72 h"))),
         Cbc());
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), "2026-03-09T15:00:00-04:00");
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 1);
}

TEST_F(PrecedenceTest, ACeilingEndsTheWeakerPartOfAReviewAndLeavesTheStrongerOneItsTime) {
  // What binds more than the deadline wants one day; it lends its rank to nothing that was merged with it.
  Decide(absl::StrCat(kRoutine, Rule("a", "privacy", Review("12 days")), Rule("b", "identity", Review("3 days")),
                      Rule("c", "statute", Deadline("96 h"))),
         Cbc());
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), "2026-03-10T15:00:00-04:00") << "at the deadline";
  EXPECT_EQ(Cell_("718-7").review().on_expiry(), v1::ON_EXPIRY_RELEASE);
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 0);
  Decide(absl::StrCat(kRoutine, Rule("a", "privacy", Review("12 days")), Rule("b", "identity", Review("6 days")),
                      Rule("c", "statute", Deadline("96 h"))),
         Cbc());
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), "2026-03-12T08:00:00-04:00") << "six days, which nothing may cut";
  EXPECT_EQ(Cell_("718-7").conflicts_size(), 1);
  // The stronger one's escalation is kept as far as it goes by itself.
  Decide(absl::StrCat(kRoutine, Rule("a", "privacy", Review("5 days")),
                      Rule("b", "identity", Review("3 days", "{escalate: {to: director, for: 72 h, then: release}}")),
                      Rule("c", "statute", Deadline("24 h"))),
         Cbc());
  EXPECT_EQ(Cell_("718-7").review().on_expiry(), v1::ON_EXPIRY_ESCALATE);
  EXPECT_EQ(base::FromProto(Cell_("718-7").review().expires_at()) + base::FromProto(Cell_("718-7").review().escalate_for()),
            At("2026-03-12T08:00:00-04:00"));
}

TEST_F(PrecedenceTest, WhatNoCeilingCutsKeepsItsEscalationAndItsOutreach) {
  // The house's twelve days are cut at 96 hours; the director's turn and the outreach are asked for by what binds more.
  Decide(
      absl::StrCat(kRoutine, Rule("a", "privacy", Review("12 days")),
                   Rule("b", "identity", Review("3 days", "{escalate: {to: director, for: 72 h, then: release_with_outreach}}")),
                   Rule("c", "statute", Deadline("96 h"))),
      Cbc());
  const v1::Review& review = Cell_("718-7").review();
  EXPECT_EQ(review.on_expiry(), v1::ON_EXPIRY_ESCALATE);
  EXPECT_EQ(review.escalate_to().role(), "director");
  EXPECT_EQ(review.after_escalation(), v1::ON_EXPIRY_RELEASE_WITH_OUTREACH);
  EXPECT_EQ(Local(review.expires_at()), "2026-03-09T08:00:00-04:00") << "three days, as by itself";
  EXPECT_EQ(base::FromProto(review.expires_at()) + base::FromProto(review.escalate_for()), At("2026-03-12T08:00:00-04:00"));
  Decide(absl::StrCat(kRoutine, Rule("a", "privacy", Review("12 days")),
                      Rule("b", "identity", Review("6 days", "release_with_outreach")), Rule("c", "statute", Deadline("96 h"))),
         Cbc());
  EXPECT_EQ(Cell_("718-7").review().on_expiry(), v1::ON_EXPIRY_RELEASE_WITH_OUTREACH);
  EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), "2026-03-12T08:00:00-04:00");
}

// The turns of the weaker rule's owners would have taken all the time that the stronger one has.
TEST_F(PrecedenceTest, FromTheCeilingOnItIsTheTurnOfThoseWhomTheStrongerRuleAsks) {
  const std::string weaker = Review("6 days", "release", "results-pool, director", "3 days");
  Decide(absl::StrCat(kRoutine, Rule("a", "privacy", weaker), Rule("b", "identity", Review("6 days", "release", "records")),
                      Rule("c", "statute", Deadline("96 h"))),
         Cbc());
  EXPECT_EQ(Turns(),
            (std::vector<std::string>{"results-pool until 2026-03-09T00:00:00-04:00", "director until 2026-03-10T15:00:00-04:00",
                                      "records until 2026-03-12T08:00:00-04:00"}));
  // Whoever is asked by both goes on.
  Decide(absl::StrCat(kRoutine, Rule("a", "privacy", Review("12 days")), Rule("b", "identity", Review("6 days")),
                      Rule("c", "statute", Deadline("96 h"))),
         Cbc());
  EXPECT_EQ(Turns(), std::vector<std::string>{"results-pool until 2026-03-12T08:00:00-04:00"});
}

TEST_F(PrecedenceTest, NoCeilingReleasesWhatIsUnfinishedInDoubtOrWithheld) {
  const std::string rules = absl::StrCat(kRoutine, Rule("ceiling", "identity", Deadline("15 min")));
  for (int status = 0; status < v1::ResultStatus_ARRAYSIZE; ++status) {
    v1::DiagnosticReport report = Cbc();
    report.mutable_observations(0)->set_status(static_cast<v1::ResultStatus>(status));
    Decide(rules, report);
    const bool may_go = IsFinal(static_cast<v1::ResultStatus>(status)) || status == v1::RESULT_STATUS_CANCELLED;
    EXPECT_EQ(Word("718-7") == "release", may_go) << v1::ResultStatus_Name(status);
    EXPECT_EQ(Cell_("718-7").has_not_after(), may_go);
  }
  Decide(absl::StrCat(rules, Rule("withheld", "organization-policy", "withhold: {until: 9 days}")), Cbc());
  EXPECT_EQ(Word("718-7"), "withhold");
  EXPECT_EQ(Local(Cell_("718-7").withheld_until()), "2026-03-15T00:00:00-04:00") << "not cut";
  Context context;
  context.quarantine = "two versions differ";
  Decide(rules, Cbc(), context);
  EXPECT_EQ(Word("718-7"), "quarantine");
}

}  // namespace
}  // namespace resultgate::policy
