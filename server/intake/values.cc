#include "server/intake/values.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace resultgate::intake {
namespace {

// The length of the number that `text` begins with, 0 if it begins with none.
size_t NumberLength(absl::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t start = i;
    while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
    return i - start;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  size_t count = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    count += digits();
  }
  if (count == 0) return 0;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    const size_t before = i;
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) i = before;
  }
  return i;
}

// Takes `<`, `<=`, `>` or `>=` off the front.
std::string TakeComparator(absl::string_view* text) {
  for (const absl::string_view comparator : {"<=", ">=", "<", ">"}) {
    if (absl::ConsumePrefix(text, comparator)) {
      *text = absl::StripLeadingAsciiWhitespace(*text);
      return std::string(comparator);
    }
  }
  return "";
}

}  // namespace

bool IsNumber(absl::string_view text) {
  return !text.empty() && NumberLength(text) == text.size();
}

bool ParseAmount(absl::string_view text, v1::Quantity* quantity) {
  text = absl::StripAsciiWhitespace(text);
  const std::string comparator = TakeComparator(&text);
  if (!IsNumber(text)) return false;
  quantity->set_comparator(comparator);
  quantity->set_value(std::string(text));
  return true;
}

v1::ReferenceRange ParseReferenceRange(absl::string_view text) {
  v1::ReferenceRange range;
  range.set_text(std::string(text));
  text = absl::StripAsciiWhitespace(text);
  for (const auto& [open, close] : {std::pair<absl::string_view, absl::string_view>("[", "]"), {"(", ")"}}) {
    absl::string_view inner = text;
    if (absl::ConsumePrefix(&inner, open) && absl::ConsumeSuffix(&inner, close)) text = absl::StripAsciiWhitespace(inner);
  }
  const std::string comparator = TakeComparator(&text);
  const size_t first = NumberLength(text);
  if (first == 0) return range;
  const absl::string_view low = text.substr(0, first);
  absl::string_view rest = absl::StripLeadingAsciiWhitespace(text.substr(first));
  if (!comparator.empty()) {
    if (!rest.empty()) return range;
    if (comparator[0] == '<') {
      range.set_high(std::string(low));
    } else {
      range.set_low(std::string(low));
    }
    return range;
  }
  if (!absl::ConsumePrefix(&rest, "-")) return range;
  rest = absl::StripLeadingAsciiWhitespace(rest);
  if (!IsNumber(rest)) return range;
  range.set_low(std::string(low));
  range.set_high(std::string(rest));
  return range;
}

}  // namespace resultgate::intake
