// What a set of observations amounts to, for the choice of a wording. Pure functions, thread-safe.
//
// It leans to the careful side: `normal` needs every observation to be final and flagged normal or not detected, with a value
// that does not contradict the flag; one that is missing, unknown or odd is enough for `no-verdict`.
#ifndef RESULTGATE_COMMENT_VERDICT_H_
#define RESULTGATE_COMMENT_VERDICT_H_

#include <optional>
#include <vector>

#include "resultgate/v1/model.pb.h"
#include "server/comment/variant.h"

namespace resultgate::comment {

// What one observation says by itself.
enum class Grade {
  kNormal,
  kNotDetected,
  kLow,
  kHigh,
  kAbnormal,
  kDetected,
  kCriticalLow,
  kCriticalHigh,
  kCritical,
  kUngraded,  // no flag, a flag that grades nothing, no value, cancelled, or flag and printed range contradict each other
};

Grade GradeOf(const v1::Observation& observation);

struct Verdict {
  Variant variant = Variant::kNoVerdict;
  // Something of it may still change.
  bool preliminary = false;
  // The laboratory doubts the specimen (specimen.h): then nothing is called normal.
  bool specimen_in_doubt = false;
  // Indexes of the observations to list, critical ones first, else in the report's order.
  std::vector<int> findings;
  std::vector<Grade> grades;  // by observation
  // Why, without values or codes.
  const char* reason = "";
};

// `judged[i]` is false where observation i has no meaning without the patient's own goal: then only a critical flag counts.
Verdict Judge(const v1::DiagnosticReport& report, const std::vector<bool>& judged);

inline bool IsCritical(Grade grade) {
  return grade == Grade::kCriticalLow || grade == Grade::kCriticalHigh || grade == Grade::kCritical;
}

// The wording of one that is marked.
Variant VariantOf(Grade grade);

// The wording that an observation would get alone; nullopt if it is as usual.
std::optional<Variant> VariantAlone(const v1::Observation& observation, Grade grade, bool judged);

// Final, or changed since it was.
bool IsFinal(v1::ResultStatus status);

// What these of a verdict's findings, one at least, amount to by themselves. One critical grade makes it a critical wording.
Variant VariantOf(const std::vector<Grade>& grades, const std::vector<int>& findings);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_VERDICT_H_
