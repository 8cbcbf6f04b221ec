#include "server/comment/range.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace resultgate::comment {
namespace {

constexpr std::pair<absl::string_view, absl::string_view> kComparators[] = {{"<=", "<="}, {"≤", "<="}, {">=", ">="},
                                                                            {"≥", ">="},  {"<", "<"},  {">", ">"}};

// An end of an interval; absent where it is open towards infinity.
struct Bound {
  Decimal at;
  bool included = true;
};

struct Interval {
  std::optional<Bound> low;
  std::optional<Bound> high;
};

// Takes `<`, `<=`, `>`, `>=` (or ≤, ≥) off the front; empty if there is none.
absl::string_view TakeComparator(absl::string_view* text) {
  *text = absl::StripLeadingAsciiWhitespace(*text);
  if (text->empty() || absl::ascii_isdigit(text->front())) return "";
  for (const auto& [written, comparator] : kComparators) {
    if (!absl::ConsumePrefix(text, written)) continue;
    *text = absl::StripLeadingAsciiWhitespace(*text);
    return comparator;
  }
  return "";
}

bool TakeDash(absl::string_view* text) {
  *text = absl::StripLeadingAsciiWhitespace(*text);
  return absl::ConsumePrefix(text, "-") || absl::ConsumePrefix(text, "–") || absl::ConsumePrefix(text, "to ");
}

Interval FromComparator(absl::string_view comparator, const Decimal& decimal) {
  if (comparator == "<") return {std::nullopt, Bound{decimal, false}};
  if (comparator == "<=") return {std::nullopt, Bound{decimal, true}};
  if (comparator == ">") return {Bound{decimal, false}, std::nullopt};
  if (comparator == ">=") return {Bound{decimal, true}, std::nullopt};
  return {Bound{decimal, true}, Bound{decimal, true}};
}

std::optional<Interval> ParseRangeText(absl::string_view text, absl::string_view unit) {
  text = absl::StripAsciiWhitespace(text);
  if (!unit.empty() && absl::ConsumeSuffix(&text, unit)) text = absl::StripAsciiWhitespace(text);
  const absl::string_view comparator = TakeComparator(&text);
  text = absl::StripLeadingAsciiWhitespace(text);
  const std::optional<Decimal> first = Decimal::Take(&text);
  if (!first) return std::nullopt;
  if (!comparator.empty()) {
    if (!absl::StripAsciiWhitespace(text).empty()) return std::nullopt;
    return FromComparator(comparator, *first);
  }
  if (!TakeDash(&text)) return std::nullopt;
  text = absl::StripLeadingAsciiWhitespace(text);
  const std::optional<Decimal> second = Decimal::Take(&text);
  if (!second || !absl::StripAsciiWhitespace(text).empty() || first->Compare(*second) > 0) return std::nullopt;
  return Interval{Bound{*first}, Bound{*second}};
}

std::optional<Interval> ParseRange(const v1::ReferenceRange& range, absl::string_view unit) {
  if (std::optional<Interval> printed = ParseRangeText(range.text(), unit)) return printed;
  Interval interval;
  if (const auto low = Decimal::Parse(absl::StripAsciiWhitespace(range.low()))) interval.low = Bound{*low};
  if (const auto high = Decimal::Parse(absl::StripAsciiWhitespace(range.high()))) interval.high = Bound{*high};
  if ((!interval.low && !range.low().empty()) || (!interval.high && !range.high().empty())) return std::nullopt;
  if (!interval.low && !interval.high) return std::nullopt;
  if (interval.low && interval.high && interval.low->at.Compare(interval.high->at) > 0) return std::nullopt;
  return interval;
}

// All of `a` lies below all of `b`.
bool EndsBelow(const Interval& a, const Interval& b) {
  if (!a.high || !b.low) return false;
  const int order = a.high->at.Compare(b.low->at);
  return order < 0 || (order == 0 && !(a.high->included && b.low->included));
}

// All of `a` lies in `b`.
bool LiesIn(const Interval& a, const Interval& b) {
  if (b.low) {
    if (!a.low) return false;
    const int order = a.low->at.Compare(b.low->at);
    if (order < 0 || (order == 0 && a.low->included && !b.low->included)) return false;
  }
  if (b.high) {
    if (!a.high) return false;
    const int order = a.high->at.Compare(b.high->at);
    if (order > 0 || (order == 0 && a.high->included && !b.high->included)) return false;
  }
  return true;
}

}  // namespace

std::optional<Decimal> Decimal::Take(absl::string_view* text) {
  Decimal decimal;
  size_t at = 0;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text->size() && absl::ascii_isdigit((*text)[at])) ++at;
    return text->substr(begin, at - begin);
  };
  if (!text->empty() && (text->front() == '-' || text->front() == '+')) {
    decimal.negative_ = text->front() == '-';
    ++at;
  }
  decimal.integer_ = digits();
  if (at < text->size() && (*text)[at] == '.') {
    ++at;
    decimal.fraction_ = digits();
  }
  if (decimal.integer_.empty() && decimal.fraction_.empty()) return std::nullopt;
  while (absl::ConsumePrefix(&decimal.integer_, "0")) {
  }
  while (absl::ConsumeSuffix(&decimal.fraction_, "0")) {
  }
  if (decimal.integer_.empty() && decimal.fraction_.empty()) decimal.negative_ = false;
  text->remove_prefix(at);
  return decimal;
}

std::optional<Decimal> Decimal::Parse(absl::string_view text) {
  const std::optional<Decimal> decimal = Take(&text);
  return text.empty() ? decimal : std::nullopt;
}

int Decimal::Compare(const Decimal& other) const {
  if (negative_ != other.negative_) return negative_ ? -1 : 1;
  int order = 0;
  if (integer_.size() != other.integer_.size()) {
    order = integer_.size() < other.integer_.size() ? -1 : 1;
  } else {
    order = integer_.compare(other.integer_);
    if (order == 0) order = fraction_.compare(other.fraction_);  // digits after the point compare from the left, as words do
  }
  return negative_ ? -order : order;
}

Relation Relate(absl::string_view comparator, absl::string_view value, absl::string_view unit, const v1::ReferenceRange& range) {
  const std::optional<Interval> usual = ParseRange(range, unit);
  if (!usual) return Relation::kUnknown;
  const absl::string_view own_comparator = comparator.empty() ? TakeComparator(&value) : comparator;
  const std::optional<Decimal> decimal = Decimal::Parse(absl::StripAsciiWhitespace(value));
  if (!decimal) return Relation::kUnknown;
  const Interval measured = FromComparator(own_comparator, *decimal);
  if (EndsBelow(measured, *usual)) return Relation::kBelow;
  if (EndsBelow(*usual, measured)) return Relation::kAbove;
  return LiesIn(measured, *usual) ? Relation::kInside : Relation::kUnknown;
}

}  // namespace resultgate::comment
