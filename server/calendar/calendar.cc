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
// Results of today and of a person's lifetime. A byte a day: 50 KB for a calendar.
constexpr int kFirstTableYear = 1980;
constexpr int kLastTableYear = 2119;
constexpr absl::CivilDay kFirstTableDay(kFirstTableYear, 1, 1);

// The days whose midnights are kept: results of today, and deadlines of the years to come. Half a megabyte.
constexpr absl::CivilDay kFirstDay(2005, 1, 1);
constexpr absl::CivilDay kLastDay(2065, 12, 31);
constexpr int64_t kSecondsPerDay = 24 * 60 * 60;

size_t IndexOf(absl::Weekday weekday) {
  return static_cast<size_t>(weekday);
}  // absl: Monday is 0

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

std::optional<absl::TimeZone> LoadZone(absl::string_view name) {
  const bool plain = !name.empty() && name[0] != '/' && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '+' || c == '/';
  });
  absl::TimeZone zone;
  if (!plain || name == "localtime" || !absl::LoadTimeZone(name, &zone)) return std::nullopt;
  return zone;
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
  FillDays();
}

void Calendar::FillDays() {
  days_.resize(static_cast<size_t>(kLastDay - kFirstDay) + 1);
  int64_t midnight = absl::ToUnixSeconds(At(absl::CivilSecond(kFirstDay)));
  for (size_t i = 0; i < days_.size(); ++i) {
    const absl::CivilDay day = kFirstDay + static_cast<int64_t>(i);
    const absl::CivilSecond next(day + 1);
    int64_t next_midnight = midnight + kSecondsPerDay;
    const bool even = zone_.At(absl::FromUnixSeconds(next_midnight)).cs == next;
    if (!even) next_midnight = absl::ToUnixSeconds(At(next));
    days_[i] = {midnight, HoursOf(day), even};
    midnight = next_midnight;
  }
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

absl::CivilDay Calendar::DateOf(absl::Time time) const {
  return kFirstDay + DayOf(time);
}

Hours Calendar::HoursOn(DayNumber day) const {
  if (day >= 0 && day < static_cast<DayNumber>(days_.size())) return days_[static_cast<size_t>(day)].hours;
  return HoursOf(kFirstDay + day);
}

Calendar::DayNumber Calendar::NextBusinessDay(DayNumber day) const {
  for (int i = 1; i <= kFurthestLook; ++i) {
    if (!HoursOn(day + i).closed()) return day + i;
  }
  return day + 1;
}

Calendar::DayNumber Calendar::DayOf(absl::Time time) const {
  const int64_t seconds = absl::ToUnixSeconds(time);
  // Changes of clocks move midnight by little: the guess is a day off at most, and near the table's ends the zone is asked.
  const int64_t guess = (seconds - days_.front().midnight) / kSecondsPerDay;
  if (guess > 0 && guess + 2 < static_cast<int64_t>(days_.size())) {
    auto day = static_cast<size_t>(guess);
    while (seconds < days_[day].midnight) --day;
    while (seconds >= days_[day + 1].midnight) ++day;
    return static_cast<DayNumber>(day);
  }
  return absl::ToCivilDay(time, zone_) - kFirstDay;
}

absl::Time Calendar::At(DayNumber day, int64_t seconds) const {
  if (IsEven(day)) return absl::FromUnixSeconds(days_[static_cast<size_t>(day)].midnight + seconds);
  return At(absl::CivilSecond(kFirstDay + day) + seconds);
}

int64_t Calendar::SecondsAfterMidnight(absl::Time time, DayNumber day) const {
  if (IsEven(day)) return absl::ToUnixSeconds(time) - days_[static_cast<size_t>(day)].midnight;
  return absl::ToCivilSecond(time, zone_) - absl::CivilSecond(kFirstDay + day);
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
  const DayNumber today = DayOf(time);
  for (DayNumber day = today; day <= today + kFurthestLook; ++day) {
    const Hours hours = HoursOn(day);
    if (hours.closed() || time >= At(day, hours.closes * 60)) continue;
    return std::max(time, At(day, hours.opens * 60));
  }
  return time;
}

absl::Time Calendar::AddStaffed(absl::Time start, absl::Duration staffed) const {
  absl::Time time = NextStaffed(start);
  for (int i = 0; i <= kFurthestLook; ++i) {
    const DayNumber day = DayOf(time);
    const absl::Duration left_today = At(day, HoursOn(day).closes * 60) - time;
    if (staffed <= left_today) return time + staffed;
    staffed -= std::max(left_today, absl::ZeroDuration());
    time = NextStaffed(At(day, kSecondsPerDay));
  }
  return time + staffed;
}

absl::Time Calendar::Add(absl::Time start, const Span& span) const {
  if (span.kind == Span::Kind::kElapsed) return start + span.elapsed;
  const DayNumber first = DayOf(start);
  DayNumber day = first;
  switch (span.kind) {
    case Span::Kind::kDays:
      return At(first + span.count, 0);
    case Span::Kind::kBusinessDays:
      for (int i = 0; i < span.count; ++i) day = NextBusinessDay(day);
      return At(day, SecondsAfterMidnight(start, first));
    case Span::Kind::kNextBusinessMorning:
      day = NextBusinessDay(first);
      return At(day, HoursOn(day).opens * 60);
    case Span::Kind::kElapsed:
      break;
  }
  return start;
}

}  // namespace resultgate::calendar
