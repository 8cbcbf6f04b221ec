#include "server/expr/time_functions.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace resultgate::expr {
namespace {

int64_t WholeYears(absl::CivilDay birth, absl::CivilDay today) {
  const bool before_birthday = today.month() < birth.month() || (today.month() == birth.month() && today.day() < birth.day());
  return today.year() - birth.year() - (before_birthday ? 1 : 0);
}

// Reads exactly `count` digits at `at`.
bool ReadDigits(absl::string_view text, size_t at, size_t count, int* number) {
  if (at + count > text.size()) return false;
  for (size_t i = at; i < at + count; ++i) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return absl::SimpleAtoi(text.substr(at, count), number);
}

}  // namespace

int64_t PartOf(Function accessor, absl::Time time, absl::TimeZone zone) {
  const absl::TimeZone::CivilInfo civil = zone.At(time);
  switch (accessor) {
    case Function::kGetFullYear:
      return civil.cs.year();
    case Function::kGetMonth:
      return civil.cs.month() - 1;
    case Function::kGetDate:
      return civil.cs.day();
    case Function::kGetDayOfMonth:
      return civil.cs.day() - 1;
    case Function::kGetDayOfWeek:
      // absl counts from Monday.
      return (static_cast<int>(absl::GetWeekday(civil.cs)) + 1) % 7;
    case Function::kGetDayOfYear:
      return absl::GetYearDay(absl::CivilDay(civil.cs)) - 1;
    case Function::kGetHours:
      return civil.cs.hour();
    case Function::kGetMinutes:
      return civil.cs.minute();
    case Function::kGetSeconds:
      return civil.cs.second();
    default:
      return civil.subsecond / absl::Milliseconds(1);
  }
}

int64_t PartOf(Function accessor, absl::Duration duration) {
  switch (accessor) {
    case Function::kGetHours:
      return absl::ToInt64Hours(duration);
    case Function::kGetMinutes:
      return absl::ToInt64Minutes(duration);
    case Function::kGetSeconds:
      return absl::ToInt64Seconds(duration);
    default:
      return absl::ToInt64Milliseconds(duration % absl::Seconds(1));
  }
}

std::optional<absl::TimeZone> FindZone(absl::string_view name) {
  absl::string_view offset = name;
  const bool west = !offset.empty() && offset[0] == '-';
  if (!offset.empty() && (west || offset[0] == '+')) offset.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (offset.size() == 5 && offset[2] == ':' && ReadDigits(offset, 0, 2, &hours) && ReadDigits(offset, 3, 2, &minutes)) {
    if (hours > 14 || minutes > 59) return std::nullopt;
    return absl::FixedTimeZone((west ? -1 : 1) * (hours * 60 + minutes) * 60);
  }
  // Nothing that could be read as a file elsewhere.
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '+' || c == '/';
  });
  absl::TimeZone zone;
  if (!plain || name.empty() || name[0] == '/' || name == "localtime" || !absl::LoadTimeZone(name, &zone)) return std::nullopt;
  return zone;
}

std::optional<int64_t> Age(absl::string_view birth_date, absl::CivilDay today, const char** error) {
  int year = 0, month = 1, day = 1;
  const size_t size = birth_date.size();
  bool good = (size == 4 || size == 7 || size == 10) && ReadDigits(birth_date, 0, 4, &year);
  if (size > 4) good = good && birth_date[4] == '-' && ReadDigits(birth_date, 5, 2, &month) && month >= 1 && month <= 12;
  if (size > 7) good = good && birth_date[7] == '-' && ReadDigits(birth_date, 8, 2, &day);
  const absl::CivilDay first(year, month, day);
  absl::CivilDay last = first;
  if (size == 4) last = absl::CivilDay(absl::CivilYear(first) + 1) - 1;
  if (size == 7) last = absl::CivilDay(absl::CivilMonth(first) + 1) - 1;
  // absl carries over what is no day of its month.
  if (!good || first.day() != day) {
    *error = "age() of a birth date that is not YYYY-MM-DD, YYYY-MM or YYYY";
    return 0;
  }
  if (first > today) {
    *error = "age() of a birth date that is yet to come";
    return 0;
  }
  const int64_t oldest = WholeYears(first, today);
  if (last == first) return oldest;
  const int64_t youngest = WholeYears(std::min(last, today), today);
  return oldest == youngest ? std::optional<int64_t>(oldest) : std::nullopt;
}

}  // namespace resultgate::expr
