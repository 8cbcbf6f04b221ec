// The wordings that a template can have, and what stands in for one that it has not. Constants.
#ifndef RESULTGATE_COMMENT_VARIANT_H_
#define RESULTGATE_COMMENT_VARIANT_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::comment {

enum class Variant {
  kNormal,
  kNotDetected,
  kLow,
  kHigh,
  kDetected,
  kAbnormal,
  kNoVerdict,
  kCriticalLow,
  kCriticalHigh,
  kCritical,
  kCancelled,
  kBeingCorrected,
  // Said of any result alike, by one template.
  kInProcess,         // expected by a day
  kInProcessUndated,  // nobody can say when
  // One sentence each, put before another wording.
  kCorrected,
  kPreliminary,
  kMayNeedRepeating,
  kNotYetReviewed,
};
inline constexpr size_t kVariantCount = 18;

struct VariantInfo {
  Variant variant;
  const char* name;
  // What may be said instead in the same template. Never anything milder: nothing leads to `normal` or `not-detected`.
  std::optional<Variant> instead;
  // The template that says it for every test.
  const char* generic;
};

inline constexpr std::array<VariantInfo, kVariantCount> kVariants = {{
    {Variant::kNormal, "normal", std::nullopt, "generic-normal"},
    {Variant::kNotDetected, "not-detected", std::nullopt, "generic-normal"},
    {Variant::kLow, "low", Variant::kAbnormal, "generic-abnormal"},
    {Variant::kHigh, "high", Variant::kAbnormal, "generic-abnormal"},
    {Variant::kDetected, "detected", Variant::kAbnormal, "generic-abnormal"},
    {Variant::kAbnormal, "abnormal", std::nullopt, "generic-abnormal"},
    {Variant::kNoVerdict, "no-verdict", std::nullopt, "generic-no-verdict"},
    {Variant::kCriticalLow, "critical-low", Variant::kCritical, "critical"},
    {Variant::kCriticalHigh, "critical-high", Variant::kCritical, "critical"},
    {Variant::kCritical, "critical", std::nullopt, "critical"},
    {Variant::kCancelled, "cancelled", std::nullopt, "cancelled"},
    {Variant::kBeingCorrected, "being-corrected", std::nullopt, "corrected"},
    {Variant::kInProcess, "in-process", std::nullopt, "in-process"},
    {Variant::kInProcessUndated, "in-process-undated", std::nullopt, "in-process"},
    {Variant::kCorrected, "corrected", std::nullopt, "corrected"},
    {Variant::kPreliminary, "preliminary", std::nullopt, "preliminary"},
    {Variant::kMayNeedRepeating, "may-need-repeating", std::nullopt, "may-need-repeating"},
    {Variant::kNotYetReviewed, "not-yet-reviewed", std::nullopt, "not-yet-reviewed"},
}};

inline const VariantInfo& Info(Variant variant) {
  return kVariants[static_cast<size_t>(variant)];
}
inline const char* Name(Variant variant) {
  return Info(variant).name;
}

inline bool IsCritical(Variant v) {
  return v == Variant::kCriticalLow || v == Variant::kCriticalHigh || v == Variant::kCritical;
}
inline bool IsPrefix(Variant v) {
  return v >= Variant::kCorrected;
}
// Says that a result waits, whatever it is.
inline bool IsInProcess(Variant v) {
  return v == Variant::kInProcess || v == Variant::kInProcessUndated;
}
// Only its generic template says it.
inline bool IsSaidByOne(Variant v) {
  return v >= Variant::kInProcess;
}
// Says what the results are: `normal` to `no-verdict`.
inline bool SpeaksOfResults(Variant v) {
  return v <= Variant::kNoVerdict;
}
// Says that nothing stands out: the only wordings that may tell the reader to do nothing.
inline bool IsReassuring(Variant v) {
  return v == Variant::kNormal || v == Variant::kNotDetected;
}

inline std::vector<std::string> VariantNames() {
  std::vector<std::string> names;
  for (const VariantInfo& info : kVariants) names.emplace_back(info.name);
  return names;
}

inline std::optional<Variant> VariantNamed(absl::string_view name) {
  for (const VariantInfo& info : kVariants) {
    if (name == info.name) return info.variant;
  }
  return std::nullopt;
}

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_VARIANT_H_
