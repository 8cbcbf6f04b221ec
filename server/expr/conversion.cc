#include "server/expr/conversion.h"

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "server/base/proto_time.h"

namespace resultgate::expr {
namespace {

constexpr char kRange[] = "number out of range";

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

size_t SkipDigits(absl::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// [+-] digits
bool IsInteger(absl::string_view text) {
  const size_t begin = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  return begin < text.size() && SkipDigits(text, begin) == text.size();
}

// [+-] digits [. digits] [e [+-] digits], with digits before or after the point
bool IsDecimal(absl::string_view text) {
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const size_t whole = at;
  at = SkipDigits(text, at);
  bool digits = at > whole;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = ++at;
    at = SkipDigits(text, at);
    digits = digits || at > fraction;
  }
  if (!digits) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) return IsInteger(text.substr(at + 1));
  return at == text.size();
}

Value ToInt(const Value& value) {
  if (const auto* number = value.If<uint64_t>()) {
    if (*number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return MakeError(kRange);
    return {static_cast<int64_t>(*number)};
  }
  if (const auto* number = value.If<double>()) {
    // CEL leaves both ends out, because a double cannot tell them from their neighbours.
    if (!(*number > -9223372036854775808.0 && *number < 9223372036854775808.0)) return MakeError(kRange);
    return {static_cast<int64_t>(*number)};
  }
  if (const auto* text = value.If<Text>()) {
    int64_t number = 0;
    if (!IsInteger(text->view())) return MakeError("int() of a text that is no whole number");
    if (!absl::SimpleAtoi(text->view(), &number)) return MakeError(kRange);
    return {number};
  }
  if (const auto* time = value.If<absl::Time>()) return {int64_t{absl::ToUnixSeconds(*time)}};
  return value;
}

Value ToUint(const Value& value) {
  if (const auto* number = value.If<int64_t>()) {
    if (*number < 0) return MakeError(kRange);
    return {static_cast<uint64_t>(*number)};
  }
  if (const auto* number = value.If<double>()) {
    if (!(*number >= 0 && *number < 18446744073709551616.0)) return MakeError(kRange);
    return {static_cast<uint64_t>(*number)};
  }
  if (const auto* text = value.If<Text>()) {
    uint64_t number = 0;
    if (!IsInteger(text->view())) return MakeError("uint() of a text that is no whole number");
    if (text->view()[0] == '-' || !absl::SimpleAtoi(text->view(), &number)) return MakeError(kRange);
    return {number};
  }
  return value;
}

Value ToDouble(const Value& value) {
  if (const auto* number = value.If<int64_t>()) return {static_cast<double>(*number)};
  if (const auto* number = value.If<uint64_t>()) return {static_cast<double>(*number)};
  if (const auto* text = value.If<Text>()) {
    if (!IsDecimal(text->view())) return MakeError("double() of a text that is no number");
    const std::optional<double> number = DoubleOf(text->view());
    return number ? Value{*number} : MakeError(kRange);
  }
  return value;
}

// Long enough for every number, time and duration.
using Buffer = char[48];

Value Printed(const Buffer& buffer, int length, Arena* arena) {
  return MakeText(absl::string_view(buffer, static_cast<size_t>(length)), arena);
}

// The shortest decimal that reads back as the same double.
Value FormatNumber(double number, Arena* arena) {
  if (std::isnan(number)) return MakeText("NaN", arena);
  if (std::isinf(number)) return MakeText(number > 0 ? "+Inf" : "-Inf", arena);
  Buffer text;
  int length = 0;
  for (int digits = 6; digits <= std::numeric_limits<double>::max_digits10; ++digits) {
    length = std::snprintf(text, sizeof text, "%.*g", digits, number);
    double back = 0;
    if (absl::SimpleAtod(text, &back) && back == number) break;
  }
  return Printed(text, length, arena);
}

// Appends `.5` for five tenths: as many decimals as there are.
void AppendDecimals(uint64_t fraction, int digits, Buffer* text, int* length) {
  if (fraction == 0) return;
  for (; fraction % 10 == 0; fraction /= 10) --digits;
  *length += std::snprintf(*text + *length, sizeof(Buffer) - static_cast<size_t>(*length), ".%0*" PRIu64, digits, fraction);
}

// `-1.5s`: seconds with as many decimals as there are, down to the nanosecond.
Value FormatSeconds(absl::Duration duration, Arena* arena) {
  const bool negative = duration < absl::ZeroDuration();
  const auto nanos = static_cast<uint64_t>(absl::ToInt64Nanoseconds(duration));
  const uint64_t magnitude = negative ? uint64_t{0} - nanos : nanos;
  Buffer text;
  int length = std::snprintf(text, sizeof text, "%s%" PRIu64, negative ? "-" : "", magnitude / 1'000'000'000);
  AppendDecimals(magnitude % 1'000'000'000, 9, &text, &length);
  text[length++] = 's';
  return Printed(text, length, arena);
}

// `2026-03-06T21:05:00.5Z`, with as many decimals as absl's time has: it counts quarters of a nanosecond.
Value FormatTime(absl::Time time, Arena* arena) {
  const absl::TimeZone::CivilInfo civil = absl::UTCTimeZone().At(time);
  Buffer text;
  int length = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", static_cast<int>(civil.cs.year()),
                             civil.cs.month(), civil.cs.day(), civil.cs.hour(), civil.cs.minute(), civil.cs.second());
  const int64_t quarters = civil.subsecond / (absl::Nanoseconds(1) / 4);
  AppendDecimals(static_cast<uint64_t>(quarters) * 25, 11, &text, &length);
  text[length++] = 'Z';
  return Printed(text, length, arena);
}

Value ToString(const Value& value, Arena* arena) {
  if (const auto* truth = value.If<bool>()) return Text(*truth ? "true" : "false");
  if (const auto* number = value.If<double>()) return FormatNumber(*number, arena);
  if (const auto* time = value.If<absl::Time>()) return FormatTime(*time, arena);
  if (const auto* duration = value.If<absl::Duration>()) return FormatSeconds(*duration, arena);
  Buffer text;
  if (const auto* number = value.If<int64_t>()) {
    return Printed(text, std::snprintf(text, sizeof text, "%" PRId64, *number), arena);
  }
  if (const auto* number = value.If<uint64_t>()) {
    return Printed(text, std::snprintf(text, sizeof text, "%" PRIu64, *number), arena);
  }
  return value;
}

Value ToBool(const Value& value) {
  const auto* text = value.If<Text>();
  if (text == nullptr) return value;
  for (const char* word : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text->view() == word) return {true};
  }
  for (const char* word : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text->view() == word) return {false};
  }
  return MakeError("bool() of a text that is neither `true` nor `false`");
}

Value ToTimestamp(const Value& value) {
  if (const auto* seconds = value.If<int64_t>()) return Checked(absl::FromUnixSeconds(*seconds));
  const auto* text = value.If<Text>();
  if (text == nullptr) return value;
  // absl reads more than RFC 3339: white space, `infinite-past`, years of any length.
  static constexpr absl::string_view kShape = "dddd-dd-ddtdd:dd:dd";
  absl::Time time;
  bool shaped = text->view().size() > kShape.size();
  for (size_t i = 0; shaped && i < kShape.size(); ++i) {
    const char c = text->view()[i];
    shaped = kShape[i] == 'd' ? IsDigit(c) : kShape[i] == 't' ? c == 'T' || c == 't' : c == kShape[i];
  }
  const char last = text->view().empty() ? ' ' : text->view().back();
  if (!shaped || !(IsDigit(last) || last == 'Z' || last == 'z') ||
      !base::ParseRfc3339(absl::AsciiStrToUpper(text->view()), &time)) {
    return MakeError("timestamp() of a text that is no RFC 3339 time, as `2026-03-06T21:05:00Z`");
  }
  return Checked(time);
}

Value ToDuration(const Value& value) {
  const auto* text = value.If<Text>();
  if (text == nullptr) return value;
  absl::Duration duration;
  // absl reads `inf` too.
  const bool digits = text->view().find_first_of("0123456789") != absl::string_view::npos;
  if (!digits || !absl::ParseDuration(text->view(), &duration)) {
    return MakeError("duration() of a text that is no duration, as `72h`, `1h30m` or `-1.5s`");
  }
  return Checked(duration);
}

}  // namespace

std::optional<double> DoubleOf(absl::string_view text) {
  double number = 0;
  if (!IsDecimal(text) || !absl::SimpleAtod(text, &number) || !std::isfinite(number)) return std::nullopt;
  return number;
}

Value Convert(Function function, const Value& value, Arena* arena) {
  switch (function) {
    case Function::kToInt:
      return ToInt(value);
    case Function::kToUint:
      return ToUint(value);
    case Function::kToDouble:
      return ToDouble(value);
    case Function::kToString:
      return ToString(value, arena);
    case Function::kToBool:
      return ToBool(value);
    case Function::kToTimestamp:
      return ToTimestamp(value);
    default:
      return ToDuration(value);
  }
}

}  // namespace resultgate::expr
