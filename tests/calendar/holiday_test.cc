#include "server/calendar/holiday.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "server/calendar/calendar.h"

namespace resultgate::calendar {
namespace {

using absl::CivilDay;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

CivilDay DayOf(absl::string_view text, int year) {
  const std::optional<DayRule> rule = ParseDayRule(text);
  EXPECT_TRUE(rule.has_value()) << text;
  return rule ? DayIn(*rule, year).value_or(CivilDay(1, 1, 1)) : CivilDay(1, 1, 1);
}

struct Case {
  const char* rule;
  int year;
  CivilDay day;
};

TEST(DayRuleTest, FindsTheDayOfEachForm) {
  const Case cases[] = {
      {"2026-11-26", 2026, CivilDay(2026, 11, 26)},
      {"12-25", 2031, CivilDay(2031, 12, 25)},
      {"02-29", 2028, CivilDay(2028, 2, 29)},
      {"first Monday of September", 2026, CivilDay(2026, 9, 7)},
      {"first Tuesday of September", 2026, CivilDay(2026, 9, 1)},  // the month's first day itself
      {"third monday of january", 2026, CivilDay(2026, 1, 19)},
      {"fourth Thursday of November", 2029, CivilDay(2029, 11, 22)},
      {"last Monday of May", 2027, CivilDay(2027, 5, 31)},  // the month's last day itself
      {"last Friday of December", 2027, CivilDay(2027, 12, 31)},
      {"last Sunday of February", 2032, CivilDay(2032, 2, 29)},
      {"Easter", 2026, CivilDay(2026, 4, 5)},
      {"2 days before Easter", 2026, CivilDay(2026, 4, 3)},
      {"1 day after Easter", 2026, CivilDay(2026, 4, 6)},
      {"39 days after Easter", 2026, CivilDay(2026, 5, 14)},
      {"1 day after first Monday of November", 2028, CivilDay(2028, 11, 7)},
      {"1 day after 12-31", 2026, CivilDay(2027, 1, 1)},
      {"Monday before 05-25", 2026, CivilDay(2026, 5, 18)},  // Victoria Day: 25 May is a Monday, and not it
      {"Monday before 05-25", 2027, CivilDay(2027, 5, 24)},
      {"Saturday after 06-19", 2026, CivilDay(2026, 6, 20)},
  };
  for (const Case& c : cases) EXPECT_EQ(DayOf(c.rule, c.year), c.day) << c.rule << " in " << c.year;
}

TEST(DayRuleTest, AYearThatHasNoSuchDayHasNone) {
  EXPECT_FALSE(DayIn(*ParseDayRule("02-29"), 2027).has_value());
  EXPECT_FALSE(DayIn(*ParseDayRule("1 day after 02-29"), 2027).has_value());
  EXPECT_FALSE(DayIn(*ParseDayRule("2026-11-26"), 2027).has_value());
}

TEST(DayRuleTest, NothingElseIsADate) {
  for (const char* text : {"",
                           "1.1.",
                           "25-12",
                           "13-01",
                           "02-30",
                           "2026-02-29",
                           "2026-1-5",
                           "26-11-2026",
                           "fifth Monday of May",
                           "third Monday",
                           "third Mon of January",
                           "third Monday of Janvier",
                           "third Monday in January",
                           "Monday of May",
                           "Pentecost",
                           "0 days after Easter",
                           "-1 days after Easter",
                           "400 days after Easter",
                           "2 weeks after Easter",
                           "days after Easter",
                           "2 days after",
                           "2 days before 2 days after Easter",
                           "Monday before",
                           "Monday before Monday before 05-25",
                           "Easter Easter"}) {
    EXPECT_FALSE(ParseDayRule(text).has_value()) << text;
  }
}

// The earliest and latest that there are, years in which the lunar equations differ, and some that anybody can look up.
TEST(EasterTest, IsTheSundayOfTheGregorianTables) {
  const CivilDay sundays[] = {CivilDay(1583, 4, 10), CivilDay(1818, 3, 22), CivilDay(1886, 4, 25), CivilDay(1943, 4, 25),
                              CivilDay(1954, 4, 18), CivilDay(1961, 4, 2),  CivilDay(1981, 4, 19), CivilDay(2000, 4, 23),
                              CivilDay(2019, 4, 21), CivilDay(2024, 3, 31), CivilDay(2025, 4, 20), CivilDay(2038, 4, 25),
                              CivilDay(2049, 4, 18), CivilDay(2076, 4, 19), CivilDay(2100, 3, 28), CivilDay(2285, 3, 22)};
  for (const CivilDay sunday : sundays) EXPECT_EQ(EasterSunday(static_cast<int>(sunday.year())), sunday);
  for (int year = 1583; year < 4100; ++year) {
    const CivilDay day = EasterSunday(year);
    ASSERT_EQ(absl::GetWeekday(day), absl::Weekday::sunday) << year;
    ASSERT_GE(day, CivilDay(year, 3, 22));
    ASSERT_LE(day, CivilDay(year, 4, 25));
  }
}

Holiday On(absl::string_view rule, Holiday::Observed observed = Holiday::Observed::kOnTheDay) {
  Holiday holiday;
  holiday.rule = *ParseDayRule(rule);
  holiday.observed = observed;
  return holiday;
}

TEST(HolidayTest, OnAWeekendItIsObservedAsItsRuleSays) {
  using O = Holiday::Observed;
  // 4 July is a Saturday in 2026, a Sunday in 2027, a Tuesday in 2028.
  EXPECT_THAT(DaysIn(On("07-04", O::kNearestWeekday), 2026), ElementsAre(CivilDay(2026, 7, 4), CivilDay(2026, 7, 3)));
  EXPECT_THAT(DaysIn(On("07-04", O::kNearestWeekday), 2027), ElementsAre(CivilDay(2027, 7, 4), CivilDay(2027, 7, 5)));
  EXPECT_THAT(DaysIn(On("07-04", O::kNearestWeekday), 2028), ElementsAre(CivilDay(2028, 7, 4)));
  EXPECT_THAT(DaysIn(On("07-04", O::kMondayAfterSunday), 2026), ElementsAre(CivilDay(2026, 7, 4)));
  EXPECT_THAT(DaysIn(On("07-04", O::kMondayAfterSunday), 2027), ElementsAre(CivilDay(2027, 7, 4), CivilDay(2027, 7, 5)));
  EXPECT_THAT(DaysIn(On("07-04", O::kMondayAfterWeekend), 2026), ElementsAre(CivilDay(2026, 7, 4), CivilDay(2026, 7, 6)));
  EXPECT_THAT(DaysIn(On("07-04"), 2027), ElementsAre(CivilDay(2027, 7, 4)));
  // New Year of 2028 is a Saturday: observed in the year before.
  EXPECT_THAT(DaysIn(On("01-01", O::kNearestWeekday), 2028), ElementsAre(CivilDay(2028, 1, 1), CivilDay(2027, 12, 31)));
}

TEST(HolidayTest, HoldsFromItsFirstYearToItsLast) {
  Holiday holiday = On("06-19");
  holiday.from = 2021;
  holiday.until = 2023;
  EXPECT_THAT(DaysIn(holiday, 2020), IsEmpty());
  EXPECT_THAT(DaysIn(holiday, 2021), ElementsAre(CivilDay(2021, 6, 19)));
  EXPECT_THAT(DaysIn(holiday, 2023), ElementsAre(CivilDay(2023, 6, 19)));
  EXPECT_THAT(DaysIn(holiday, 2024), IsEmpty());
}

Calendar Office(std::vector<Holiday> holidays) {
  const Hours open{8 * 60, 17 * 60};
  return Calendar(absl::UTCTimeZone(), {open, open, open, open, open, {}, {}}, std::move(holidays));
}

TEST(CalendarOfRules, KnowsTheSameDaysInItsTableAndBeyondIt) {
  const std::vector<Holiday> holidays = {On("01-01", Holiday::Observed::kNearestWeekday), On("third Monday of January"),
                                         On("2 days before Easter"), On("07-04", Holiday::Observed::kNearestWeekday),
                                         On("1 day after fourth Thursday of November")};
  const Calendar office = Office(holidays);
  for (const int first : {1700, 1978, 2020, 2117, 2500}) {
    for (CivilDay day(first, 1, 1); day < CivilDay(first + 5, 1, 1); ++day) {
      bool holiday = false;
      for (const Holiday& each : holidays) {
        for (int year = first - 1; year <= first + 6; ++year) {
          const std::vector<CivilDay> days = DaysIn(each, year);
          holiday = holiday || std::find(days.begin(), days.end(), day) != days.end();
        }
      }
      const bool weekend = absl::GetWeekday(day) == absl::Weekday::saturday || absl::GetWeekday(day) == absl::Weekday::sunday;
      ASSERT_EQ(office.IsBusinessDay(day), !holiday && !weekend) << day;
    }
  }
}

TEST(CalendarOfRules, AShortDayIsABusinessDayWithFewerHours) {
  Holiday eve = On("12-24");
  eve.hours = Hours{9 * 60, 12 * 60};
  const Calendar office = Office({eve, On("12-25")});
  const auto at = [](int day, int hour) { return absl::FromCivil(absl::CivilHour(2026, 12, day, hour), absl::UTCTimeZone()); };
  EXPECT_TRUE(office.IsBusinessDay(CivilDay(2026, 12, 24)));
  EXPECT_FALSE(office.IsBusinessDay(CivilDay(2026, 12, 25)));
  EXPECT_FALSE(office.IsBusinessDay(CivilDay(2028, 12, 24))) << "a Sunday stays one";
  EXPECT_FALSE(office.IsStaffed(at(24, 8)));
  EXPECT_TRUE(office.IsStaffed(at(24, 9)));
  EXPECT_FALSE(office.IsStaffed(at(24, 12)));
  EXPECT_EQ(office.AddStaffed(at(24, 10), absl::Hours(4)), at(28, 10));
  EXPECT_EQ(office.Add(at(23, 15), *ParseSpan("next business morning")), at(24, 9));
  // Closed counts more than short, in either order.
  EXPECT_FALSE(Office({eve, On("12-24")}).IsBusinessDay(CivilDay(2026, 12, 24)));
  EXPECT_FALSE(Office({On("12-24"), eve}).IsBusinessDay(CivilDay(2026, 12, 24)));
  EXPECT_FALSE(Office({On("12-24"), eve}).IsBusinessDay(CivilDay(2500, 12, 24)));
}

TEST(CalendarOfRules, KnowsWhenItRunsOut) {
  EXPECT_EQ(Office({}).LastKnownYear(), std::nullopt) << "no holidays are meant";
  EXPECT_EQ(Office({On("2026-11-26"), On("2025-11-27")}).LastKnownYear(), 2026);
  Holiday for_a_while = On("12-25");
  for_a_while.until = 2030;
  EXPECT_EQ(Office({On("2026-11-26"), for_a_while}).LastKnownYear(), 2030);
  EXPECT_EQ(Office({On("2026-11-26"), On("12-25")}).LastKnownYear(), std::nullopt);
}

}  // namespace
}  // namespace resultgate::calendar
