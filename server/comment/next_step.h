// What a comment tells its reader to do, in the words of template.yaml. Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_NEXT_STEP_H_
#define RESULTGATE_COMMENT_NEXT_STEP_H_

#include <array>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "resultgate/v1/comment.pb.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::comment {

// The longest that a comment lets its reader wait before calling.
inline constexpr int kMostDaysToCall = 90;

// The texts for them in the shared words, by key.
inline constexpr std::array<const char*, 7> kStepKeys = {"none",      "message",    "call",         "call_today",
                                                         "emergency", "tell_nurse", "ask_care_team"};
size_t StepKey(const v1::NextStep& step);

// `none`, `message`, `call within N days`, `call today`, `emergency`, `tell the nurse`, `ask the care team`.
std::optional<v1::NextStep> ParseNextStep(absl::string_view words);
std::string NextStepWords(const v1::NextStep& step);

// What stands for `step` where the patient is in hospital or its emergency department: nobody there is sent to an emergency
// department or told to call a clinic.
v1::NextStep InHospital(const v1::NextStep& step);

// True if the order was placed for somebody who was in hospital or its emergency department.
bool IsInHospital(const v1::ServiceRequest& order);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_NEXT_STEP_H_
