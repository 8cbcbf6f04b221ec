// How a comment says what to do, and what it says in hospital. Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_NEXT_STEP_H_
#define RESULTGATE_COMMENT_NEXT_STEP_H_

#include <array>
#include <cstddef>

#include "resultgate/v1/comment.pb.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::comment {

// The texts for next steps in the shared words, by key.
inline constexpr std::array<const char*, 7> kStepKeys = {"none",      "message",    "call",         "call_today",
                                                         "emergency", "tell_nurse", "ask_care_team"};
size_t StepKey(const v1::NextStep& step);

// What stands for `step` where the patient is in hospital or its emergency department: nobody there is sent to an emergency
// department or told to call a clinic.
v1::NextStep InHospital(const v1::NextStep& step);

// True if the order was placed for somebody who was in hospital or its emergency department.
bool IsInHospital(const v1::ServiceRequest& order);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_NEXT_STEP_H_
