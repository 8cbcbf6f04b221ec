// Zones, business days and staffed hours: all arithmetic on local time stands here.
//
// A Calendar is immutable and shared by all threads. No clock is asked: every function takes its time.
#ifndef RESULTGATE_CALENDAR_CALENDAR_H_
#define RESULTGATE_CALENDAR_CALENDAR_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "server/calendar/holiday.h"

namespace resultgate::calendar {

// A span of time as a rule writes it. Each kind has its own arithmetic, because statutes do.
struct Span {
  enum class Kind {
    kElapsed,              // `72 h`, `90 min`: hours that pass, whatever the clocks on the wall do
    kDays,                 // `3 days`: 00:00 local on the date of the start + 3
    kBusinessDays,         // `3 business days`: the same local time on the third business day after the start's date
    kNextBusinessMorning,  // `next business morning`: the opening of staffed hours on the first business day after the start's
                           // date
  };

  Kind kind = Kind::kElapsed;
  absl::Duration elapsed;  // kElapsed
  int count = 0;           // kDays, kBusinessDays
};

// Reads `72 h`, `15 min`, `3 days`, `1 day`, `3 business days`, `next business morning`. nullopt if `text` is none of these, or
// is more than a year long.
std::optional<Span> ParseSpan(absl::string_view text);

// As ParseSpan reads it.
std::string ToString(const Span& span);

// The forms of ParseSpan, for messages.
inline constexpr absl::string_view kSpanForms = "`72 h`, `15 min`, `3 days`, `3 business days` or `next business morning`";

// The zone of an IANA name, as `America/New_York`; nullopt where there is none. What this machine happens to be set to, and files
// elsewhere, are none.
std::optional<absl::TimeZone> LoadZone(absl::string_view name);

class Calendar {
 public:
  static constexpr size_t kMostShortDays = 200;

  // `hours` from Monday to Sunday. A business day is one with staffed hours that is no holiday; a short day is one. Where two
  // holidays fall on one day, a closed one counts. Short days beyond kMostShortDays are closed ones.
  Calendar(absl::TimeZone zone, const std::array<Hours, 7>& hours, std::vector<Holiday> holidays = {});

  const absl::TimeZone& zone() const { return zone_; }

  // The date on the wall.
  absl::CivilDay DateOf(absl::Time time) const;
  bool IsBusinessDay(absl::CivilDay day) const { return !HoursOf(day).closed(); }
  // Staffed hours of a day, holidays taken into account.
  Hours HoursOf(absl::CivilDay day) const;
  // The last year for which a holiday is known, where none of them recurs for ever: after it every weekday counts as a business
  // day. nullopt where one does, or where there are none.
  std::optional<int> LastKnownYear() const;
  // True while somebody is there.
  bool IsStaffed(absl::Time time) const;
  // `time` if staffed, else the next opening.
  absl::Time NextStaffed(absl::Time time) const;
  // The time at which `staffed` hours of staffed time have passed since `start`.
  absl::Time AddStaffed(absl::Time start, absl::Duration staffed) const;

  // `start` plus the span. A local time that a change of clocks skips becomes the first instant after the gap; one that occurs
  // twice, its later occurrence for a floor's safety.
  absl::Time Add(absl::Time start, const Span& span) const;

 private:
  // What kind of day it is: an ordinary one, a holiday, or the short day `kind - kFirstShort` of `short_hours_`.
  enum : uint8_t { kOrdinary = 0, kClosed = 1, kFirstShort = 2 };

  // A date by its distance from the first of the table of days, which may be negative.
  using DayNumber = int64_t;

  DayNumber DayOf(absl::Time time) const;
  Hours HoursOn(DayNumber day) const;
  DayNumber NextBusinessDay(DayNumber day) const;  // after `day`
  absl::Time At(absl::CivilSecond local) const;
  // The instant at which the clock on the wall shows so many seconds after midnight.
  absl::Time At(DayNumber day, int64_t seconds) const;
  // What the clock on the wall shows.
  int64_t SecondsAfterMidnight(absl::Time time, DayNumber day) const;
  bool IsEven(DayNumber day) const {
    return day >= 0 && day + 1 < static_cast<DayNumber>(days_.size()) && days_[static_cast<size_t>(day)].even;
  }
  void FillDays();
  uint8_t KindOf(absl::CivilDay day) const;
  static uint8_t KindOf(const Holiday& holiday, uint8_t* next_short);

  absl::TimeZone zone_;
  std::array<Hours, 7> hours_;  // Monday first
  std::vector<Holiday> holidays_;
  std::vector<Hours> short_hours_;  // of each holiday that has some
  // The kinds of the days from kFirstTableYear to kLastTableYear, worked out once; other days are worked out when asked for.
  std::vector<uint8_t> table_;
  // The days around today, worked out once, so that dates cost no look-up in the zone. Other days are worked out when asked for.
  struct Day {
    int64_t midnight = 0;  // Unix time
    Hours hours;
    bool even = false;  // no clock is changed in it
  };
  std::vector<Day> days_;
};

}  // namespace resultgate::calendar

#endif  // RESULTGATE_CALENDAR_CALENDAR_H_
