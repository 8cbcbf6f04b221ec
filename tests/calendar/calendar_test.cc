#include "server/calendar/calendar.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace resultgate::calendar {
namespace {

absl::TimeZone NewYork() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  return zone;
}

Holiday On(absl::string_view day) {
  const std::optional<DayRule> rule = ParseDayRule(day);
  EXPECT_TRUE(rule.has_value()) << day;
  Holiday holiday;
  holiday.rule = rule.value_or(DayRule());
  return holiday;
}

// Monday to Friday 08:00 to 17:00; Christmas every year, and one holiday by date.
Calendar Office() {
  const Hours open{8 * 60, 17 * 60};
  return Calendar(NewYork(), {open, open, open, open, open, {}, {}}, {On("2026-11-26"), On("12-25")});
}

absl::Time At(absl::string_view rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << error;
  return time;
}

std::string Local(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, NewYork());
}

TEST(ParseSpan, ReadsItsFormsAndNothingElse) {
  EXPECT_EQ(ParseSpan("72 h")->elapsed, absl::Hours(72));
  EXPECT_EQ(ParseSpan("15 min")->elapsed, absl::Minutes(15));
  EXPECT_EQ(ParseSpan("3 days")->kind, Span::Kind::kDays);
  EXPECT_EQ(ParseSpan("1 day")->count, 1);
  EXPECT_EQ(ParseSpan(" 3  business days ")->kind, Span::Kind::kBusinessDays);
  EXPECT_EQ(ParseSpan("next business morning")->kind, Span::Kind::kNextBusinessMorning);
  for (const char* bad : {"", "72", "h", "0 h", "-1 h", "3.5 days", "3 weeks", "next morning", "3 business", "9999 days",
                          "99999 h", "99999999999 h", "3 business h", "3 days business"}) {
    EXPECT_FALSE(ParseSpan(bad).has_value()) << bad;
  }
}

struct AddCase {
  const char* what;
  const char* span;
  const char* start;
  const char* end;
};

TEST(Calendar, AddsEachKindOfSpanByItsOwnArithmetic) {
  const AddCase cases[] = {
      {"hours are elapsed, across the spring change", "72 h", "2026-03-06T21:00:00-05:00", "2026-03-09T22:00:00-04:00"},
      {"hours are elapsed, across the autumn change", "72 h", "2026-10-30T21:00:00-04:00", "2026-11-02T20:00:00-05:00"},
      {"days end at local midnight of the date", "3 days", "2026-03-06T21:00:00-05:00", "2026-03-09T00:00:00-04:00"},
      {"days do not depend on the hour", "3 days", "2026-03-06T00:00:00-05:00", "2026-03-09T00:00:00-04:00"},
      {"a leap day is a day", "3 days", "2028-02-27T10:00:00-05:00", "2028-03-01T00:00:00-05:00"},
      {"business days keep the local time", "3 business days", "2026-03-06T14:30:00-05:00", "2026-03-11T14:30:00-04:00"},
      {"business days from a Saturday", "1 business day", "2026-03-07T10:00:00-05:00", "2026-03-09T10:00:00-04:00"},
      {"business days pass over a holiday by date", "1 business day", "2026-11-25T09:00:00-05:00", "2026-11-27T09:00:00-05:00"},
      {"business days pass over a yearly holiday", "1 business day", "2026-12-24T09:00:00-05:00", "2026-12-28T09:00:00-05:00"},
      {"Friday night waits for Monday morning", "next business morning", "2026-03-06T20:50:00-05:00",
       "2026-03-09T08:00:00-04:00"},
      {"the morning is never the same day's", "next business morning", "2026-03-04T02:00:00-05:00", "2026-03-05T08:00:00-05:00"},
  };
  for (const AddCase& c : cases) {
    EXPECT_EQ(Local(Office().Add(At(c.start), *ParseSpan(c.span))), c.end) << c.what;
  }
}

TEST(Calendar, ALocalTimeThatIsSkippedBecomesTheEndOfTheGap) {
  const Hours open{8 * 60, 17 * 60};
  const Calendar every_day(NewYork(), {open, open, open, open, open, open, open});
  // 02:30 on 8 March 2026 does not exist in New York.
  EXPECT_EQ(Local(every_day.Add(At("2026-03-07T02:30:00-05:00"), *ParseSpan("1 business day"))), "2026-03-08T03:00:00-04:00");
}

TEST(Calendar, ALocalTimeThatOccursTwiceIsTheLaterOne) {
  const Hours open{8 * 60, 17 * 60};
  const Calendar every_day(NewYork(), {open, open, open, open, open, open, open});
  EXPECT_EQ(Local(every_day.Add(At("2026-10-31T01:30:00-04:00"), *ParseSpan("1 business day"))), "2026-11-01T01:30:00-05:00");
}

TEST(Calendar, StaffedHours) {
  const Calendar office = Office();
  EXPECT_TRUE(office.IsStaffed(At("2026-03-06T08:00:00-05:00")));
  EXPECT_FALSE(office.IsStaffed(At("2026-03-06T17:00:00-05:00")));
  EXPECT_FALSE(office.IsStaffed(At("2026-03-07T12:00:00-05:00")));
  EXPECT_FALSE(office.IsStaffed(At("2026-11-26T12:00:00-05:00")));
  EXPECT_EQ(Local(office.NextStaffed(At("2026-03-06T21:00:00-05:00"))), "2026-03-09T08:00:00-04:00");
  EXPECT_EQ(Local(office.NextStaffed(At("2026-03-06T06:00:00-05:00"))), "2026-03-06T08:00:00-05:00");
  EXPECT_EQ(Local(office.AddStaffed(At("2026-03-06T15:00:00-05:00"), absl::Hours(4))), "2026-03-09T10:00:00-04:00");
  EXPECT_EQ(Local(office.AddStaffed(At("2026-03-06T10:00:00-05:00"), absl::Hours(4))), "2026-03-06T14:00:00-05:00");
}

TEST(Calendar, ACalendarWithoutBusinessDaysStillEnds) {
  const Calendar closed(NewYork(), {});
  EXPECT_GT(closed.Add(At("2026-03-06T15:00:00-05:00"), *ParseSpan("3 business days")), At("2026-03-06T15:00:00-05:00"));
  EXPECT_EQ(closed.NextStaffed(At("2026-03-06T15:00:00-05:00")), At("2026-03-06T15:00:00-05:00"));
}

// The days that a calendar keeps worked out are days like the others: the same arithmetic by the zone alone, over all changes of
// clocks, in zones that change them at odd hours and by odd amounts.
TEST(Calendar, ReckonsKeptDaysAsTheZoneDoes) {
  std::array<Hours, 7> hours;
  hours.fill({8 * 60, 24 * 60});
  hours[6] = {};
  const auto at = [](const absl::TimeZone& zone, absl::CivilSecond local) {
    const absl::TimeZone::TimeInfo info = zone.At(local);
    return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.post;
  };
  for (const char* name : {"America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Beirut",
                           "Pacific/Apia", "Europe/London", "UTC"}) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
    const Calendar calendar(zone, hours);
    Span days;
    days.kind = Span::Kind::kDays;
    days.count = 1;
    Span business_days = days;
    business_days.kind = Span::Kind::kBusinessDays;
    Span morning;
    morning.kind = Span::Kind::kNextBusinessMorning;
    // Every 55 minutes for a year and a half, in the past, around today and beyond what is kept.
    for (const int year : {2001, 2011, 2026, 2064}) {
      absl::Time time = absl::FromCivil(absl::CivilDay(year, 1, 1), zone);
      for (int i = 0; i < 14'000; ++i, time += absl::Minutes(55)) {
        const absl::CivilSecond local = absl::ToCivilSecond(time, zone);
        const absl::CivilDay day(local);
        absl::CivilDay next = day + 1;
        if (absl::GetWeekday(next) == absl::Weekday::sunday) ++next;
        const auto where = [&] { return absl::StrCat(name, " ", absl::FormatTime(absl::RFC3339_sec, time, zone)); };
        ASSERT_EQ(calendar.Add(time, days), at(zone, absl::CivilSecond(day + 1))) << where();
        ASSERT_EQ(calendar.Add(time, business_days), at(zone, absl::CivilSecond(next) + (local - absl::CivilSecond(day))))
            << where();
        ASSERT_EQ(calendar.Add(time, morning), at(zone, absl::CivilSecond(next) + 8 * 3600)) << where();
        const bool open = absl::GetWeekday(day) != absl::Weekday::sunday && time >= at(zone, absl::CivilSecond(day) + 8 * 3600) &&
                          time < at(zone, absl::CivilSecond(day + 1));
        ASSERT_EQ(calendar.IsStaffed(time), open) << where();
      }
    }
  }
}

}  // namespace
}  // namespace resultgate::calendar
