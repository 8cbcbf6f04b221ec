#include "server/nextstep/next_step.h"

#include <gtest/gtest.h>

#include <vector>

namespace resultgate::nextstep {
namespace {

TEST(NextStepTest, ReadsWhatItWrites) {
  for (const char* words :
       {"none", "message", "call within 1 day", "call within 2 days", "call within 90 days", "call today", "emergency"}) {
    const auto step = Parse(words);
    ASSERT_TRUE(step) << words;
    EXPECT_EQ(ToString(*step), words);
  }
}

TEST(NextStepTest, WhatIsSaidInHospitalIsNobodysToWrite) {
  for (const char* words : {"tell the nurse", "ask the care team"}) {
    const auto step = ParseSaid(words);
    ASSERT_TRUE(step) << words;
    EXPECT_EQ(ToString(*step), words);
    EXPECT_FALSE(Parse(words)) << words;
  }
}

TEST(NextStepTest, RefusesTheRest) {
  for (const char* words :
       {"", "None", "call", "call within 0 days", "call within 91 days", "call within -1 days", "call within two days",
        "call within 2 days ", "call within  days", "emergency department", "tell the nurse", "ask the care team"}) {
    EXPECT_FALSE(Parse(words)) << words;
  }
}

TEST(NextStepTest, TheSoonerTheMoreUrgent) {
  std::vector<v1::NextStep> steps(1);  // not filled: milder than anything said
  for (const char* words :
       {"message", "call within 90 days", "call within 2 days", "call within 1 day", "call today", "emergency"})
    steps.push_back(*Parse(words));
  for (size_t i = 0; i < steps.size(); ++i) {
    for (size_t j = 0; j < steps.size(); ++j) EXPECT_EQ(IsMoreUrgent(steps[i], steps[j]), i > j) << i << " " << j;
  }
  EXPECT_FALSE(IsMoreUrgent(*Parse("none"), v1::NextStep()));
}

TEST(NextStepTest, AnswerDays) {
  EXPECT_EQ(ParseAnswerDays("1 business day"), 1);
  EXPECT_EQ(ParseAnswerDays("30 business days"), 30);
  for (const char* text : {"", "2 days", "0 business days", "31 business days", "business days", "soon"})
    EXPECT_FALSE(ParseAnswerDays(text)) << text;
}

}  // namespace
}  // namespace resultgate::nextstep
