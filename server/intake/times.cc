#include "server/intake/times.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace resultgate::intake {
namespace {

// What was written, before a zone is applied.
struct Written {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  absl::Duration fraction;
  std::optional<int> offset_minutes;
  Precision precision = Precision::kYear;
};

// Takes exactly `count` digits off the front.
bool TakeNumber(absl::string_view* text, int count, int* number) {
  if (text->size() < static_cast<size_t>(count)) return false;
  int value = 0;
  for (int i = 0; i < count; ++i) {
    if (!absl::ascii_isdigit((*text)[i])) return false;
    value = value * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  *number = value;
  return true;
}

bool TakeFraction(absl::string_view* text, absl::Duration* fraction) {
  if (!absl::ConsumePrefix(text, ".")) return true;
  absl::Duration digit = absl::Milliseconds(100);
  bool any = false;
  while (!text->empty() && absl::ascii_isdigit(text->front())) {
    *fraction += digit * (text->front() - '0');
    digit /= 10;
    any = true;
    text->remove_prefix(1);
  }
  return any;
}

bool TakeOffset(absl::string_view text, std::optional<int>* offset_minutes) {
  if (text.empty()) return true;
  if (text == "Z") {
    *offset_minutes = 0;
    return true;
  }
  const int sign = text.front() == '+' ? 1 : text.front() == '-' ? -1 : 0;
  if (sign == 0) return false;
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!TakeNumber(&text, 2, &hours)) return false;
  absl::ConsumePrefix(&text, ":");
  if (!TakeNumber(&text, 2, &minutes) || !text.empty()) return false;
  if (hours > 14 || minutes > 59) return false;
  *offset_minutes = sign * (hours * 60 + minutes);
  return true;
}

bool StartsWithDigit(absl::string_view text) {
  return !text.empty() && absl::ascii_isdigit(text.front());
}

std::optional<Written> Read(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  Written written;
  if (!TakeNumber(&text, 4, &written.year)) return std::nullopt;
  const bool iso = text.size() >= 3 && text[0] == '-' && absl::ascii_isdigit(text[1]) && absl::ascii_isdigit(text[2]) &&
                   (text.size() == 3 || text[3] == '-');
  // The parts after the year, each with what separates it in the ISO spelling.
  struct Part {
    int* number;
    char separator;
    Precision precision;
  };
  const Part parts[] = {{&written.month, '-', Precision::kMonth},
                        {&written.day, '-', Precision::kDay},
                        {&written.hour, 'T', Precision::kHour},
                        {&written.minute, ':', Precision::kMinute},
                        {&written.second, ':', Precision::kSecond}};
  for (const Part& part : parts) {
    if (iso) {
      if (text.empty() || text.front() != part.separator) break;
      text.remove_prefix(1);
    } else if (!StartsWithDigit(text)) {
      break;
    }
    if (!TakeNumber(&text, 2, part.number)) return std::nullopt;
    written.precision = part.precision;
  }
  if (written.precision == Precision::kSecond && !TakeFraction(&text, &written.fraction)) return std::nullopt;
  if (!TakeOffset(text, &written.offset_minutes)) return std::nullopt;
  const absl::CivilSecond civil(written.year, written.month, written.day, written.hour, written.minute,
                                std::min(written.second, 59));
  const bool normalised = civil.month() != written.month || civil.day() != written.day || civil.hour() != written.hour ||
                          civil.minute() != written.minute || written.second > 60;
  if (normalised || written.year < 1800 || written.year > 2200) return std::nullopt;
  return written;
}

}  // namespace

std::optional<ReadTime> ParseTime(absl::string_view text, absl::TimeZone zone) {
  const std::optional<Written> written = Read(text);
  if (!written.has_value()) return std::nullopt;
  const absl::CivilSecond civil(written->year, written->month, written->day, written->hour, written->minute,
                                std::min(written->second, 59));
  ReadTime result;
  result.precision = written->precision;
  if (written->offset_minutes.has_value()) {
    result.time = absl::FromCivil(civil, absl::UTCTimeZone()) - absl::Minutes(*written->offset_minutes);
  } else {
    const absl::TimeZone::TimeInfo info = zone.At(civil);
    result.time = std::max(info.pre, info.post);
  }
  result.time += written->fraction;
  return result;
}

std::string ParseDate(absl::string_view text) {
  const std::optional<Written> written = Read(text);
  if (!written.has_value()) return "";
  if (written->precision == Precision::kYear) return absl::StrFormat("%04d", written->year);
  if (written->precision == Precision::kMonth) return absl::StrFormat("%04d-%02d", written->year, written->month);
  return absl::StrFormat("%04d-%02d-%02d", written->year, written->month, written->day);
}

}  // namespace resultgate::intake
