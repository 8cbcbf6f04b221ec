// Where a value lies against the range printed beside it, computed from the strings as reported: `7.10` is never a double.
// Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_RANGE_H_
#define RESULTGATE_COMMENT_RANGE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::comment {

// A decimal number of any length: sign, digits, point, digits. No exponent and no thousands separator: who writes `1,200` may
// mean either. A view of the text that it was parsed from, which outlives it.
class Decimal {
 public:
  static std::optional<Decimal> Parse(absl::string_view text);
  // Takes one off the front; where there is none, nothing.
  static std::optional<Decimal> Take(absl::string_view* text);
  // Negative, zero or positive as this is less than, equal to or greater than `other`.
  int Compare(const Decimal& other) const;

 private:
  bool negative_ = false;
  absl::string_view integer_;   // without leading zeros
  absl::string_view fraction_;  // without trailing zeros
};

enum class Relation {
  kUnknown,  // no range, no number, or not to be told: `<5` against 2 to 8
  kBelow,
  kInside,
  kAbove,
};

// Of `4.1`, `<0.5` or `>= 60` (`comparator` may stand apart) against a range: its text where that reads as `4.0 - 11.0`, `<5`,
// `>= 60` or the like (a unit after it is passed over), else its low and high.
Relation Relate(absl::string_view comparator, absl::string_view value, absl::string_view unit, const v1::ReferenceRange& range);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_RANGE_H_
