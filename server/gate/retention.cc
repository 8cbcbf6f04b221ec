#include "server/gate/retention.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace resultgate::gate {
namespace {

constexpr int64_t kDaysOfYear = 366;
constexpr int64_t kLeastDays = 90;
constexpr int64_t kMostDays = 1000 * kDaysOfYear;

}  // namespace

absl::StatusOr<Retention> ParseRetention(absl::string_view text) {
  int64_t count = 0;
  const char unit = text.empty() ? ' ' : text.back();
  if ((unit != 'y' && unit != 'd') || !absl::SimpleAtoi(text.substr(0, text.size() - 1), &count) || count < 1 ||
      count > kMostDays) {
    return absl::InvalidArgumentError(absl::StrCat("`", text, "` is no retention; write years as 10y, or days as 400d"));
  }
  const int64_t days = unit == 'y' ? count * kDaysOfYear : count;
  if (days < kLeastDays || days > kMostDays) {
    return absl::InvalidArgumentError(
        absl::StrCat("a retention is from ", kLeastDays, " days to 1000 years; `", text, "` is not"));
  }
  return Retention{absl::Hours(24 * days), std::string(text)};
}

}  // namespace resultgate::gate
