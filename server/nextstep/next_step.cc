#include "server/nextstep/next_step.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace resultgate::nextstep {
namespace {

using Step = v1::NextStep;

constexpr int kMostDaysToAnswer = 30;

struct Word {
  const char* word;
  Step::Kind kind;
  bool of_author;
};
constexpr Word kWords[] = {{"none", Step::KIND_NONE, true},
                           {"message", Step::KIND_MESSAGE, true},
                           {"call today", Step::KIND_CALL, true},
                           {"emergency", Step::KIND_EMERGENCY, true},
                           {"tell the nurse", Step::KIND_TELL_NURSE, false},
                           {"ask the care team", Step::KIND_ASK_CARE_TEAM, false}};

// Higher is sooner. What is said in hospital stands beside what it stands for.
int Urgency(const Step& step) {
  switch (step.kind()) {
    case Step::KIND_MESSAGE:
    case Step::KIND_ASK_CARE_TEAM:
      return 1;
    case Step::KIND_CALL:
      return 2 + kMostDaysToCall - step.within_days();
    case Step::KIND_EMERGENCY:
    case Step::KIND_TELL_NURSE:
      return 3 + kMostDaysToCall;
    default:
      return 0;
  }
}

}  // namespace

std::optional<Step> Parse(absl::string_view words) {
  const std::optional<Step> step = ParseSaid(words);
  const auto of_author = [&](const Word& word) { return word.of_author && word.kind == step->kind(); };
  return step && std::any_of(std::begin(kWords), std::end(kWords), of_author) ? step : std::nullopt;
}

std::optional<Step> ParseSaid(absl::string_view words) {
  Step step;
  for (const Word& word : kWords) {
    if (words != word.word) continue;
    step.set_kind(word.kind);
    return step;
  }
  int days = 0;
  const bool call = absl::ConsumePrefix(&words, "call within ") &&
                    (absl::ConsumeSuffix(&words, " days") || absl::ConsumeSuffix(&words, " day")) &&
                    absl::SimpleAtoi(words, &days) && days >= 1 && days <= kMostDaysToCall;
  if (!call) return std::nullopt;
  step.set_kind(Step::KIND_CALL);
  step.set_within_days(days);
  return step;
}

std::string ToString(const Step& step) {
  if (step.kind() == Step::KIND_CALL && step.within_days() > 0) {
    return absl::StrCat("call within ", step.within_days(), step.within_days() == 1 ? " day" : " days");
  }
  for (const Word& word : kWords) {
    if (word.kind == step.kind()) return word.word;
  }
  return "";
}

bool IsMoreUrgent(const Step& a, const Step& b) {
  return Urgency(a) > Urgency(b);
}

std::optional<int> ParseAnswerDays(absl::string_view text) {
  int days = 0;
  const bool good = (absl::ConsumeSuffix(&text, " business days") || absl::ConsumeSuffix(&text, " business day")) &&
                    absl::SimpleAtoi(text, &days) && days >= 1 && days <= kMostDaysToAnswer;
  return good ? std::optional<int>(days) : std::nullopt;
}

}  // namespace resultgate::nextstep
