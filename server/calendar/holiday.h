// Public holidays by rule: on which day of each year they fall.
//
// Pure functions and plain values, thread-safe.
#ifndef RESULTGATE_CALENDAR_HOLIDAY_H_
#define RESULTGATE_CALENDAR_HOLIDAY_H_

#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace resultgate::calendar {

// Staffed hours of one day, in minutes after local midnight; closed where opens == closes.
struct Hours {
  int opens = 0;
  int closes = 0;

  bool closed() const { return opens >= closes; }
};

// A day as a calendar file names it.
struct DayRule {
  enum class Base {
    kOnce,         // `2026-11-26`
    kMonthAndDay,  // `12-25`: every year that has the day
    kNthWeekday,   // `third Monday of January`, `last Monday of May`
    kEaster,       // Easter Sunday of the Western churches
  };

  Base base = Base::kOnce;
  absl::CivilDay once;  // kOnce
  int month = 0;        // kMonthAndDay, kNthWeekday
  int day = 0;          // kMonthAndDay
  absl::Weekday weekday = absl::Weekday::monday;
  int nth = 0;  // kNthWeekday: 1 to 4, or 0 for the last
  // `2 days before Easter`, `1 day after fourth Thursday of November`: days from the base.
  int offset = 0;
  // `Monday before 05-25`: the nearest such day before (-1) or after (1) the base, never the base itself; 0: the base.
  int towards = 0;
  absl::Weekday towards_weekday = absl::Weekday::monday;
};

// The forms of ParseDayRule, for messages.
inline constexpr absl::string_view kDayForms =
    "`2026-11-26` for one day, or for every year `12-25`, `third Monday of January`, `last Monday of May`, `2 days before "
    "Easter`, "
    "`Monday before 05-25`";

// nullopt if `text` is none of these forms.
std::optional<DayRule> ParseDayRule(absl::string_view text);

// The day in `year`; nullopt where the year has none (29 February, another year than the one of kOnce).
std::optional<absl::CivilDay> DayIn(const DayRule& rule, int year);

// Easter Sunday of the Gregorian calendar, by the anonymous algorithm of Nature, 20 April 1876 (J. Meeus, Astronomical
// Algorithms, 2nd edition, chapter 8). Valid for every Gregorian year.
absl::CivilDay EasterSunday(int year);

struct Holiday {
  // What a holiday on a weekend does to the days around it. The day itself stays a holiday.
  enum class Observed {
    kOnTheDay,            // nothing
    kNearestWeekday,      // Saturday's is observed on Friday too, Sunday's on Monday
    kMondayAfterSunday,   // Sunday's on Monday; Saturday's is not
    kMondayAfterWeekend,  // both on Monday
  };

  DayRule rule;
  int from = std::numeric_limits<int>::min();   // first year
  int until = std::numeric_limits<int>::max();  // last year
  Observed observed = Observed::kOnTheDay;
  // A short day: staffed within these hours only, but a business day. Absent: closed.
  std::optional<Hours> hours;

  // True if it has a day in years to come without end.
  bool recurs_for_ever() const { return rule.base != DayRule::Base::kOnce && until == std::numeric_limits<int>::max(); }
};

// The days of the holiday in `year`, where its years hold: none, one, or one and the day on which it is observed, which may be
// in the year before or after.
std::vector<absl::CivilDay> DaysIn(const Holiday& holiday, int year);

}  // namespace resultgate::calendar

#endif  // RESULTGATE_CALENDAR_HOLIDAY_H_
