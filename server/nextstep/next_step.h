// What the reader of a comment is told to do, in the words that templates and rules share. Pure functions, thread-safe.
#ifndef RESULTGATE_NEXTSTEP_NEXT_STEP_H_
#define RESULTGATE_NEXTSTEP_NEXT_STEP_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "resultgate/v1/comment.pb.h"

namespace resultgate::nextstep {

// The longest that a comment lets its reader wait before calling.
inline constexpr int kMostDaysToCall = 90;

// Reads what an author may write: `none`, `message`, `call within N days`, `call today`, `emergency`. What is said in hospital
// instead follows from the encounter and is nobody's to write.
std::optional<v1::NextStep> Parse(absl::string_view words);

// The same, and what is said in hospital: `tell the nurse`, `ask the care team`.
std::optional<v1::NextStep> ParseSaid(absl::string_view words);

// The forms of Parse, for messages.
inline constexpr absl::string_view kForms = "`none`, `message`, `call within 3 days`, `call today`, `emergency`";

// As ParseSaid reads it.
std::string ToString(const v1::NextStep& step);

// True if `a` sends the reader to somebody sooner than `b`: emergency, call today, call within fewer days, message, none.
bool IsMoreUrgent(const v1::NextStep& a, const v1::NextStep& b);

// The business days within which a clinic answers a message, of `2 business days`: 1 to 30.
std::optional<int> ParseAnswerDays(absl::string_view text);

}  // namespace resultgate::nextstep

#endif  // RESULTGATE_NEXTSTEP_NEXT_STEP_H_
