#include "server/calendar/calendar.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace resultgate::calendar {
namespace {

constexpr absl::Duration kLongestElapsed = absl::Hours(24 * 366);
constexpr int kMostDays = 366;
// A calendar without a business day in a year has none.
constexpr int kFurthestLook = 366;
constexpr int kMinutesPerDay = 24 * 60;
// Results of today and of a person's lifetime. A byte a day: 50 KB for a calendar.
constexpr int kFirstTableYear = 1980;
constexpr int kLastTableYear = 2119;
constexpr absl::CivilDay kFirstTableDay(kFirstTableYear, 1, 1);

size_t IndexOf(absl::Weekday weekday) {
  return static_cast<size_t>(weekday);
}  // absl: Monday is 0

absl::CivilSecond Local(absl::CivilDay day, int minutes) {
  return absl::CivilSecond(day) + minutes * 60;
}

}  // namespace

std::optional<Span> ParseSpan(absl::string_view text) {
  const std::vector<std::string> words =
      absl::StrSplit(absl::StripAsciiWhitespace(text), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  Span span;
  if (words == std::vector<std::string>{"next", "business", "morning"}) {
    span.kind = Span::Kind::kNextBusinessMorning;
    return span;
  }
  int count = 0;
  if (words.size() < 2 || !std::all_of(words[0].begin(), words[0].end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(words[0], &count) || count < 1) {
    return std::nullopt;
  }
  const bool is_day = words.back() == "day" || words.back() == "days";
  if (words.size() == 2 && (words[1] == "h" || words[1] == "min")) {
    span.elapsed = words[1] == "h" ? absl::Hours(count) : absl::Minutes(count);
    if (span.elapsed > kLongestElapsed) return std::nullopt;
    return span;
  }
  if (!is_day || count > kMostDays) return std::nullopt;
  span.count = count;
  if (words.size() == 2) {
    span.kind = Span::Kind::kDays;
    return span;
  }
  if (words.size() == 3 && words[1] == "business") {
    span.kind = Span::Kind::kBusinessDays;
    return span;
  }
  return std::nullopt;
}

std::string ToString(const Span& span) {
  const auto days = [&span](absl::string_view kind) {
    return absl::StrCat(span.count, " ", kind, span.count == 1 ? "day" : "days");
  };
  switch (span.kind) {
    case Span::Kind::kDays:
      return days("");
    case Span::Kind::kBusinessDays:
      return days("business ");
    case Span::Kind::kNextBusinessMorning:
      return "next business morning";
    case Span::Kind::kElapsed:
      break;
  }
  const int64_t minutes = absl::ToInt64Minutes(span.elapsed);
  return minutes % 60 == 0 ? absl::StrCat(minutes / 60, " h") : absl::StrCat(minutes, " min");
}

Calendar::Calendar(absl::TimeZone zone, const std::array<Hours, 7>& hours, std::vector<Holiday> holidays)
    : zone_(zone), hours_(hours), holidays_(std::move(holidays)) {
  for (const Holiday& holiday : holidays_) {
    if (holiday.hours) short_hours_.push_back(*holiday.hours);
  }
  short_hours_.resize(std::min(short_hours_.size(), kMostShortDays));
  const absl::CivilDay end(kLastTableYear + 1, 1, 1);
  std::vector<uint8_t> table(static_cast<size_t>(end - kFirstTableDay), kOrdinary);
  const auto enter = [&](absl::CivilDay day, uint8_t kind) {
    if (day < kFirstTableDay || day >= end) return;
    uint8_t& known = table[static_cast<size_t>(day - kFirstTableDay)];
    if (known != kClosed) known = kind;
  };
  uint8_t next_short = kFirstShort;
  for (const Holiday& holiday : holidays_) {
    const uint8_t kind = KindOf(holiday, &next_short);
    // A day may belong to the year before or after its base's.
    for (int year = kFirstTableYear - 1; year <= kLastTableYear + 1; ++year) {
      for (const absl::CivilDay day : DaysIn(holiday, year)) enter(day, kind);
    }
  }
  table_ = std::move(table);
}

uint8_t Calendar::KindOf(const Holiday& holiday, uint8_t* next_short) {
  if (!holiday.hours || *next_short == kFirstShort + kMostShortDays) return kClosed;
  return (*next_short)++;
}

uint8_t Calendar::KindOf(absl::CivilDay day) const {
  const auto at = day - kFirstTableDay;
  if (at >= 0 && static_cast<size_t>(at) < table_.size()) return table_[static_cast<size_t>(at)];
  uint8_t kind = kOrdinary;
  uint8_t next_short = kFirstShort;
  for (const Holiday& holiday : holidays_) {
    const uint8_t own = KindOf(holiday, &next_short);
    for (int year = static_cast<int>(day.year()) - 1; year <= day.year() + 1; ++year) {
      const std::vector<absl::CivilDay> days = DaysIn(holiday, year);
      if (std::find(days.begin(), days.end(), day) != days.end() && kind != kClosed) kind = own;
    }
  }
  return kind;
}

Hours Calendar::HoursOf(absl::CivilDay day) const {
  const uint8_t kind = KindOf(day);
  if (kind == kClosed) return {};
  const Hours& usual = hours_[IndexOf(absl::GetWeekday(day))];
  if (kind == kOrdinary) return usual;
  const Hours& brief = short_hours_[kind - kFirstShort];
  const Hours left = {std::max(usual.opens, brief.opens), std::min(usual.closes, brief.closes)};
  return left.closed() ? Hours() : left;
}

std::optional<int> Calendar::LastKnownYear() const {
  std::optional<int> last;
  for (const Holiday& holiday : holidays_) {
    if (holiday.recurs_for_ever()) return std::nullopt;
    const bool once = holiday.rule.base == DayRule::Base::kOnce;
    const int year = once ? static_cast<int>(holiday.rule.once.year()) : holiday.until;
    last = std::max(last.value_or(year), year);
  }
  return last;
}

absl::CivilDay Calendar::NextBusinessDay(absl::CivilDay day) const {
  for (int i = 1; i <= kFurthestLook; ++i) {
    if (IsBusinessDay(day + i)) return day + i;
  }
  return day + 1;
}

absl::Time Calendar::At(absl::CivilSecond local) const {
  const absl::TimeZone::TimeInfo info = zone_.At(local);
  switch (info.kind) {
    case absl::TimeZone::TimeInfo::UNIQUE:
      return info.pre;
    case absl::TimeZone::TimeInfo::SKIPPED:
      return info.trans;
    case absl::TimeZone::TimeInfo::REPEATED:
      return info.post;
  }
  return info.post;
}

bool Calendar::IsStaffed(absl::Time time) const {
  return NextStaffed(time) == time;
}

absl::Time Calendar::NextStaffed(absl::Time time) const {
  absl::CivilDay day = absl::ToCivilDay(time, zone_);
  for (int i = 0; i <= kFurthestLook; ++i, ++day) {
    if (!IsBusinessDay(day)) continue;
    const Hours hours = HoursOf(day);
    if (time >= At(Local(day, hours.closes))) continue;
    return std::max(time, At(Local(day, hours.opens)));
  }
  return time;
}

absl::Time Calendar::AddStaffed(absl::Time start, absl::Duration staffed) const {
  absl::Time time = NextStaffed(start);
  for (int i = 0; i <= kFurthestLook; ++i) {
    const absl::CivilDay day = absl::ToCivilDay(time, zone_);
    const absl::Duration left_today = At(Local(day, HoursOf(day).closes)) - time;
    if (staffed <= left_today) return time + staffed;
    staffed -= std::max(left_today, absl::ZeroDuration());
    time = NextStaffed(At(Local(day, kMinutesPerDay)));
  }
  return time + staffed;
}

absl::Time Calendar::Add(absl::Time start, const Span& span) const {
  const absl::CivilSecond local = absl::ToCivilSecond(start, zone_);
  absl::CivilDay day(local);
  switch (span.kind) {
    case Span::Kind::kElapsed:
      return start + span.elapsed;
    case Span::Kind::kDays:
      return At(absl::CivilSecond(day + span.count));
    case Span::Kind::kBusinessDays:
      for (int i = 0; i < span.count; ++i) day = NextBusinessDay(day);
      return At(absl::CivilSecond(day) + (local - absl::CivilSecond(absl::CivilDay(local))));
    case Span::Kind::kNextBusinessMorning:
      day = NextBusinessDay(day);
      return At(Local(day, HoursOf(day).opens));
  }
  return start;
}

}  // namespace resultgate::calendar
