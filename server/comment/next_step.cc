#include "server/comment/next_step.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace resultgate::comment {
namespace {

using Step = v1::NextStep;

struct Word {
  const char* word;
  Step::Kind kind;
};
constexpr Word kWords[] = {{"none", Step::KIND_NONE},
                           {"message", Step::KIND_MESSAGE},
                           {"call today", Step::KIND_CALL},
                           {"emergency", Step::KIND_EMERGENCY},
                           {"tell the nurse", Step::KIND_TELL_NURSE},
                           {"ask the care team", Step::KIND_ASK_CARE_TEAM}};

}  // namespace

size_t StepKey(const v1::NextStep& step) {
  switch (step.kind()) {
    case Step::KIND_NONE:
      return 0;
    case Step::KIND_CALL:
      return step.within_days() > 0 ? 2 : 3;
    case Step::KIND_EMERGENCY:
      return 4;
    case Step::KIND_TELL_NURSE:
      return 5;
    case Step::KIND_ASK_CARE_TEAM:
      return 6;
    default:
      return 1;
  }
}

std::optional<v1::NextStep> ParseNextStep(absl::string_view words) {
  v1::NextStep step;
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

std::string NextStepWords(const v1::NextStep& step) {
  if (step.kind() == Step::KIND_CALL && step.within_days() > 0) {
    return absl::StrCat("call within ", step.within_days(), step.within_days() == 1 ? " day" : " days");
  }
  for (const Word& word : kWords) {
    if (word.kind == step.kind()) return word.word;
  }
  return "";
}

v1::NextStep InHospital(const v1::NextStep& step) {
  v1::NextStep here;
  switch (step.kind()) {
    case Step::KIND_MESSAGE:
      here.set_kind(Step::KIND_ASK_CARE_TEAM);
      return here;
    case Step::KIND_CALL:
      here.set_kind(step.within_days() > 0 ? Step::KIND_ASK_CARE_TEAM : Step::KIND_TELL_NURSE);
      return here;
    case Step::KIND_EMERGENCY:
      here.set_kind(Step::KIND_TELL_NURSE);
      return here;
    default:
      return step;
  }
}

bool IsInHospital(const v1::ServiceRequest& order) {
  return order.has_encounter_class() &&
         (order.encounter_class() == v1::ENCOUNTER_CLASS_INPATIENT || order.encounter_class() == v1::ENCOUNTER_CLASS_EMERGENCY);
}

}  // namespace resultgate::comment
