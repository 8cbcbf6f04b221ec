#include "server/calendar/holiday.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace resultgate::calendar {
namespace {

using Words = std::vector<absl::string_view>;

constexpr absl::string_view kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};
// absl::Weekday counts from Monday.
constexpr absl::string_view kWeekdays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
// `last` is 0.
constexpr absl::string_view kOrdinals[] = {"last", "first", "second", "third", "fourth"};
constexpr int kMostDaysFromBase = 366;

template <size_t kSize>
std::optional<int> IndexIn(const absl::string_view (&words)[kSize], absl::string_view word) {
  const auto* const found = std::find(std::begin(words), std::end(words), absl::AsciiStrToLower(word));
  if (found == std::end(words)) return std::nullopt;
  return static_cast<int>(found - std::begin(words));
}

std::optional<absl::Weekday> ParseWeekday(absl::string_view word) {
  const std::optional<int> index = IndexIn(kWeekdays, word);
  if (!index) return std::nullopt;
  return static_cast<absl::Weekday>(*index);
}

// -1 for `before`, 1 for `after`, 0 for anything else.
int Direction(absl::string_view word) {
  if (word == "before") return -1;
  return word == "after" ? 1 : 0;
}

bool ParseBase(const Words& words, DayRule* rule) {
  if (words.size() == 1 && absl::EqualsIgnoreCase(words[0], "easter")) {
    rule->base = DayRule::Base::kEaster;
    return true;
  }
  if (words.size() == 1) {
    absl::CivilDay day;
    // A month and day hold in every year; 2028 lends its leap day.
    if (words[0].size() == 5 && absl::ParseCivilTime(absl::StrCat("2028-", words[0]), &day)) {
      rule->base = DayRule::Base::kMonthAndDay;
      rule->month = day.month();
      rule->day = day.day();
      return true;
    }
    rule->base = DayRule::Base::kOnce;
    return words[0].size() == 10 && absl::ParseCivilTime(words[0], &rule->once);
  }
  if (words.size() != 4 || words[2] != "of") return false;
  const std::optional<int> nth = IndexIn(kOrdinals, words[0]);
  const std::optional<absl::Weekday> weekday = ParseWeekday(words[1]);
  const std::optional<int> month = IndexIn(kMonths, words[3]);
  if (!nth || !weekday || !month) return false;
  rule->base = DayRule::Base::kNthWeekday;
  rule->nth = *nth;
  rule->weekday = *weekday;
  rule->month = *month + 1;
  return true;
}

absl::CivilDay NthWeekday(int year, const DayRule& rule) {
  if (rule.nth == 0) {
    const absl::CivilDay next_month(absl::CivilMonth(year, rule.month) + 1);
    return absl::PrevWeekday(next_month, rule.weekday);
  }
  const absl::CivilDay before(absl::CivilDay(year, rule.month, 1) - 1);
  return absl::NextWeekday(before, rule.weekday) + 7 * (rule.nth - 1);
}

std::optional<absl::CivilDay> BaseIn(const DayRule& rule, int year) {
  switch (rule.base) {
    case DayRule::Base::kOnce:
      if (rule.once.year() != year) return std::nullopt;
      return rule.once;
    case DayRule::Base::kMonthAndDay: {
      const absl::CivilDay day(year, rule.month, rule.day);
      if (day.month() != rule.month) return std::nullopt;  // no leap year
      return day;
    }
    case DayRule::Base::kNthWeekday:
      return NthWeekday(year, rule);
    case DayRule::Base::kEaster:
      return EasterSunday(year);
  }
  return std::nullopt;
}

}  // namespace

std::optional<DayRule> ParseDayRule(absl::string_view text) {
  Words words = absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  DayRule rule;
  if (words.size() >= 3) {
    const std::optional<absl::Weekday> weekday = ParseWeekday(words[0]);
    int days = 0;
    if (weekday && Direction(words[1]) != 0) {
      rule.towards = Direction(words[1]);
      rule.towards_weekday = *weekday;
      words.erase(words.begin(), words.begin() + 2);
    } else if (std::all_of(words[0].begin(), words[0].end(), absl::ascii_isdigit) && absl::SimpleAtoi(words[0], &days) &&
               days >= 1 && days <= kMostDaysFromBase && (words[1] == "day" || words[1] == "days") && Direction(words[2]) != 0) {
      rule.offset = days * Direction(words[2]);
      words.erase(words.begin(), words.begin() + 3);
    }
  }
  if (!ParseBase(words, &rule)) return std::nullopt;
  return rule;
}

std::optional<absl::CivilDay> DayIn(const DayRule& rule, int year) {
  const std::optional<absl::CivilDay> base = BaseIn(rule, year);
  if (!base) return std::nullopt;
  if (rule.towards < 0) return absl::PrevWeekday(*base, rule.towards_weekday);
  if (rule.towards > 0) return absl::NextWeekday(*base, rule.towards_weekday);
  return *base + rule.offset;
}

absl::CivilDay EasterSunday(int year) {
  const int a = year % 19;
  const int b = year / 100;
  const int c = year % 100;
  const int d = b / 4;
  const int e = b % 4;
  const int f = (b + 8) / 25;
  const int g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30;
  const int i = c / 4;
  const int k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return absl::CivilDay(year, n / 31, n % 31 + 1);
}

std::vector<absl::CivilDay> DaysIn(const Holiday& holiday, int year) {
  if (year < holiday.from || year > holiday.until) return {};
  const std::optional<absl::CivilDay> day = DayIn(holiday.rule, year);
  if (!day) return {};
  const absl::Weekday weekday = absl::GetWeekday(*day);
  const bool saturday = weekday == absl::Weekday::saturday;
  const bool sunday = weekday == absl::Weekday::sunday;
  switch (holiday.observed) {
    case Holiday::Observed::kOnTheDay:
      break;
    case Holiday::Observed::kNearestWeekday:
      if (saturday) return {*day, *day - 1};
      if (sunday) return {*day, *day + 1};
      break;
    case Holiday::Observed::kMondayAfterSunday:
      if (sunday) return {*day, *day + 1};
      break;
    case Holiday::Observed::kMondayAfterWeekend:
      if (saturday) return {*day, *day + 2};
      if (sunday) return {*day, *day + 1};
      break;
  }
  return {*day};
}

}  // namespace resultgate::calendar
