// `then: next_step`: what a rule tells the reader of a comment to do.
#include "server/nextstep/next_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/policy/explain.h"
#include "server/policy/sentence.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using ::testing::HasSubstr;

std::string Step(const std::string& id, const std::string& codes, const std::string& step, const std::string& more = "") {
  return absl::StrCat("  - {id: ", id, ", title: t, match: {codes: [", codes, "]", more, "}, then: {next_step: ", step, "}}\n");
}

class NextStepTest : public DecideTest {
 protected:
  // By unit: what the patient is told; empty where no rule says it.
  std::map<std::string, std::string> Steps(const Pack& pack, const v1::DiagnosticReport& report,
                                           v1::Audience audience = v1::AUDIENCE_PATIENT) {
    Context context;
    context.received_at = At(kNow);
    std::map<std::string, std::string> steps;
    for (const Cell& cell : ToCells(policy::Decide(pack, report, context, At(kNow)).outcomes())) {
      if (cell.audience == audience) steps[cell.unit_id] = nextstep::ToString(cell.outcome.next_step());
    }
    return steps;
  }
};

TEST_F(NextStepTest, TheMostUrgentCounts) {
  const v1::DiagnosticReport report = Cbc();
  const char* const by_urgency[] = {"none", "message", "call within 9 days", "call within 2 days", "call today", "emergency"};
  for (size_t i = 0; i < std::size(by_urgency); ++i) {
    for (size_t j = 0; j < std::size(by_urgency); ++j) {
      const auto pack = Load(absl::StrCat(kRoutine, Step("a", "routine", by_urgency[i]), Step("b", "routine", by_urgency[j])));
      EXPECT_EQ(Steps(*pack, report)["718-7"], by_urgency[std::max(i, j)]);
    }
  }
}

TEST_F(NextStepTest, IsSaidOfWhatItNames) {
  v1::DiagnosticReport report = Cbc();
  AddObservation(&report, "56888-1");
  report.mutable_observations(1)->set_interpretation(v1::INTERPRETATION_HIGH);
  using Steps = std::map<std::string, std::string>;
  // The header is of the set `routine`, and one unit.
  EXPECT_EQ(this->Steps(*Load(Step("a", "routine", "message")), report), (Steps{{"718-7", "message"}, {"56888-1", ""}}));
  EXPECT_EQ(this->Steps(*Load(Step("a", "routine, sensitive", "message", ", interpretation: [high]")), report),
            (Steps{{"718-7", ""}, {"56888-1", "message"}}));
  // Of what is not known to be so, nothing is said: the template's step stands.
  report.mutable_observations(1)->clear_interpretation();
  EXPECT_EQ(this->Steps(*Load(Step("a", "sensitive", "message", ", interpretation: [high]")), report),
            (Steps{{"718-7", ""}, {"56888-1", ""}}));
}

TEST_F(NextStepTest, IsForTheRulesAudiences) {
  const auto pack = Load("  - {id: a, title: t, audiences: [delegate], match: {codes: [routine]}, then: {next_step: message}}\n");
  EXPECT_EQ(Steps(*pack, Cbc())["718-7"], "");
  EXPECT_EQ(Steps(*pack, Cbc(), v1::AUDIENCE_REPRESENTATIVE)["718-7"], "");
  EXPECT_EQ(Steps(*pack, Cbc(), v1::AUDIENCE_DELEGATE)["718-7"], "message");
}

// It is neither a permit nor a restriction: what nothing else speaks for gets the default review, with the step.
TEST_F(NextStepTest, IsNoPermitAndNoRestriction) {
  Context context;
  context.received_at = At(kNow);
  const v1::Decision decision = policy::Decide(*Load(Step("a", "routine", "message")), Cbc(), context, At(kNow));
  ASSERT_EQ(decision.outcomes_size(), 1);
  const v1::Outcome& outcome = decision.outcomes(0);
  EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_REVIEW);
  ASSERT_EQ(outcome.rules_size(), 2);
  EXPECT_EQ(outcome.rules(0).rule_id(), "a");
  EXPECT_EQ(outcome.rules(0).effect(), v1::RULE_EFFECT_NEXT_STEP);
  EXPECT_FALSE(outcome.rules(0).has_basis());
  EXPECT_EQ(outcome.rules(1).rule_id(), kDefaultRule);
}

TEST_F(NextStepTest, Mistakes) {
  struct Case {
    const char* then;
    const char* expected;  // empty: none
  };
  const Case cases[] = {
      {"next_step: call within two days",
       "rules.yaml:2:74: error: `call within two days` is no next step; one of `none`, `message`, `call within 3 days`, `call "
       "today`, "
       "`emergency`"},
      {"next_step: call within 0 days", "`call within 0 days` is no next step"},
      {"next_step: tell the nurse", "`tell the nurse` is no next step"},
      {"next_step: [message]", "error: `next_step` must be one step"},
      {"nextstep: message", "unknown key `nextstep` in `then`; did you mean `next_step`?"},
      // By the flag, which a hold or a permit would need a reason for.
      {"next_step: message", ""},
      {"next_step: message, release: now", "releases by `observation.interpretation`"},
      {"next_step: message, delay: 72 h", "holds by `observation.interpretation`"},
  };
  for (const Case& c : cases) {
    base::FileIssues issues;
    const auto pack = world_.Load(absl::StrCat("  - {id: a, title: t, match: {interpretation: [high]}, then: {", c.then,
                                               "}, basis: {type: organization-policy, citation: c}}\n"),
                                  &issues, pack_file_);
    if (*c.expected == '\0') {
      EXPECT_NE(pack, nullptr) << base::Format(issues);
    } else {
      EXPECT_EQ(pack, nullptr);
      EXPECT_THAT(base::Format(issues), HasSubstr(c.expected));
    }
  }
}

TEST_F(NextStepTest, IsSaidAndExplained) {
  const auto pack = Load(absl::StrCat(kRoutine, Step("steps", "routine", "call within 2 days")));
  EXPECT_EQ(
      Sentence(pack->rules()[1]),
      "Results with a code of their own from \"t\", come with a comment that tells the reader what to do: call within 2 days.");
  Context context;
  context.received_at = At(kNow);
  const std::string text = ToText(Explain(*pack, Cbc(), context, At(kNow)), false);
  EXPECT_THAT(text, HasSubstr("steps: the comment's next step is `call within 2 days`"));
  EXPECT_THAT(text, HasSubstr("      next-step\n"));
}

TEST_F(NextStepTest, TheMilderOfTwoThatSpeakAlikeIsPointless) {
  base::FileIssues issues;
  world_.Load(
      absl::StrCat(Step("mild", "routine", "message", ", section: [laboratory]"), Step("urgent", "routine", "call today")),
      &issues, pack_file_);
  EXPECT_THAT(base::Format(issues), HasSubstr("rule `mild` asks for nothing that `urgent` does not ask for already"));
  issues.clear();
  world_.Load(
      absl::StrCat(Step("mild", "routine", "message"), Step("urgent", "routine", "call today", ", section: [laboratory]")),
      &issues, pack_file_);
  EXPECT_EQ(base::Format(issues), "");
}

TEST_F(NextStepTest, ThePackSaysHowSoonMessagesAreAnswered) {
  EXPECT_EQ(Load(kRoutine)->answer_days(), 0);
  const std::string without = pack_file_;
  pack_file_ = without + "we_answer_within: 3 business days\n";
  EXPECT_EQ(Load(kRoutine)->answer_days(), 3);
  for (const char* wrong : {"3 days", "31 business days", "soon"}) {
    base::FileIssues issues;
    EXPECT_EQ(world_.Load(kRoutine, &issues, absl::StrCat(without, "we_answer_within: ", wrong, "\n")), nullptr);
    EXPECT_THAT(base::Format(issues), HasSubstr(absl::StrCat("pack.yaml:19:19: error: `", wrong,
                                                             "` is no time to answer in; write it as `2 business days`")));
  }
}

}  // namespace
}  // namespace resultgate::policy
