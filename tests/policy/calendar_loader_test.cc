// Calendars: what their files say, and the shipped ones against dates that others have worked out.
#include "server/policy/calendar_loader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/file.h"
#include "server/json/json.h"

namespace resultgate::policy {
namespace {

using absl::CivilDay;
using calendar::Holiday;
using Days = std::set<CivilDay>;

std::string Content(const std::string& path) {
  const absl::StatusOr<std::string> content = base::ReadFile(path);
  EXPECT_TRUE(content.ok()) << path;
  return content.value_or("");
}

std::vector<Holiday> Load(const std::string& content) {
  base::FileIssues issues;
  std::vector<Holiday> holidays = LoadHolidays("calendar.yaml", content, &issues);
  EXPECT_TRUE(issues.empty()) << base::Format(issues);
  return holidays;
}

Days DaysOf(const std::vector<Holiday>& holidays, int first, int last) {
  Days days;
  for (const Holiday& holiday : holidays) {
    for (int year = first - 1; year <= last + 1; ++year) {
      for (const CivilDay day : DaysIn(holiday, year)) {
        if (day.year() >= first && day.year() <= last) days.insert(day);
      }
    }
  }
  return days;
}

Days DaysOf(const std::string& rule, int first, int last) {
  return DaysOf(Load(absl::StrCat("name: x\nholidays: [{name: x, date: ", rule, "}]\n")), first, last);
}

TEST(CalendarFile, SaysEachMistakeWithWhatWouldBeRight) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"date: 1.1.", "`1.1.` is no date; write `2026-11-26` for one day, or for every year `12-25`, `third Monday of January`"},
      {"date: 02-30", "`02-30` is no date"},
      {"date: third Mondy of January", "`third Mondy of January` is no date"},
      {"date: 12-25, observed: nearest-wekday",
       "`nearest-wekday` is no way to observe a holiday; did you mean `nearest-weekday`?"},
      {"date: 12-25, from: 2030, until: 2029", "the holiday ends before it begins"},
      {"date: 12-25, from: soon", "`from` must be a whole number from 1583 to 9999"},
      {"date: 2026-12-25, from: 2026", "`from` says nothing of a date that comes once; leave it out"},
      {"date: 2026-12-25, observed: nearest-weekday", "`observed` says nothing of a date that comes once"},
      {"date: 12-24, hours: 12:00-08:00", "`12:00-08:00` are no hours of a day; write `08:00-17:00`"},
      {"dat: 12-24", "unknown key `dat` in a holiday; did you mean `date`?"},
  };
  for (const auto& [entry, said] : mistakes) {
    base::FileIssues issues;
    LoadHolidays("calendar.yaml", absl::StrCat("name: x\nholidays:\n  - {name: h, ", entry, "}\n"), &issues);
    EXPECT_TRUE(base::HasErrors(issues)) << entry;
    EXPECT_TRUE(absl::StrContains(base::Format(issues), said)) << base::Format(issues);
    EXPECT_TRUE(absl::StrContains(base::Format(issues), "calendar.yaml:3:")) << base::Format(issues);
  }
}

TEST(CalendarFile, ReadsEveryKey) {
  const std::vector<Holiday> holidays = Load(
      "name: x\ntitle: t\nsource: s\nholidays:\n"
      "  - {name: a, date: 06-19, observed: nearest-weekday, from: 2021, until: 2030}\n"
      "  - {name: b, date: 12-24, hours: 08:00-12:00}\n");
  ASSERT_EQ(holidays.size(), 2u);
  EXPECT_EQ(holidays[0].observed, Holiday::Observed::kNearestWeekday);
  EXPECT_EQ(holidays[0].from, 2021);
  EXPECT_EQ(holidays[0].until, 2030);
  EXPECT_FALSE(holidays[0].hours.has_value());
  ASSERT_TRUE(holidays[1].hours.has_value());
  EXPECT_EQ(holidays[1].hours->closes, 12 * 60);
}

constexpr char kDates[] = "../shared/data/calendar/holidays_US_MA.json";

// Holidays of Massachusetts and the United States of a hundred years, as an independent program worked them out: by name.
class AgainstDates : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kDates)) GTEST_SKIP() << kDates << " is not here";
    json::Error error;
    const auto document = json::Document::Parse(Content(kDates), {}, &error);
    ASSERT_NE(document, nullptr) << error.message;
    for (const json::Value& names : document->root().children()) {
      CivilDay day;
      ASSERT_TRUE(absl::ParseCivilTime(names.key(), &day)) << names.key();
      for (const absl::string_view name : absl::StrSplit(names.text(), "; ")) by_name_[std::string(name)].insert(day);
    }
  }

  Days Named(const std::string& name, int first, int last) const {
    Days days;
    for (const CivilDay day : by_name_.at(name)) {
      if (day.year() >= first && day.year() <= last) days.insert(day);
    }
    return days;
  }

  std::map<std::string, Days> by_name_;
};

TEST_F(AgainstDates, RulesGiveTheDaysOfAHundredYears) {
  EXPECT_EQ(DaysOf("Easter", 1950, 2050), Named("Easter Sunday", 1950, 2050));
  EXPECT_EQ(DaysOf("2 days before Easter", 1950, 2050), Named("Good Friday", 1950, 2050));
  EXPECT_EQ(DaysOf("third Monday of April", 1969, 2050), Named("Patriots' Day", 1969, 2050));
  EXPECT_EQ(DaysOf("second Sunday of May", 1950, 2050), Named("Mother's Day", 1950, 2050));
  EXPECT_EQ(DaysOf("first Monday of September", 1950, 2050), Named("Labor Day", 1950, 2050));
  EXPECT_EQ(DaysOf("10-31", 1950, 2050), Named("Halloween", 1950, 2050));
  Days elections;
  for (const CivilDay day : DaysOf("1 day after first Monday of November", 2008, 2050)) {
    if (day.year() % 4 == 0) elections.insert(day);
  }
  EXPECT_EQ(elections, Named("Election Day", 2008, 2050));
}

TEST_F(AgainstDates, TheFederalCalendarIsThatOfTheLawSince1971) {
  const Days ours = DaysOf(Load(Content("policies/calendars/us-federal.yaml")), 1971, 2050);
  Days days;
  // Massachusetts keeps no Friday for a Saturday, as the federal government does.
  Days fridays;
  for (const char* name : {"New Year's Day", "Birthday of Martin Luther King, Jr.", "Washington's Birthday", "Memorial Day",
                           "Juneteenth National Independence Day", "Independence Day", "Labor Day", "Columbus Day",
                           "Veterans Day", "Thanksgiving Day", "Christmas Day"}) {
    for (const CivilDay day : Named(name, 1971, 2051)) {
      if (day.year() < 2051) days.insert(day);
      if (absl::GetWeekday(day) == absl::Weekday::saturday && day - 1 < CivilDay(2051, 1, 1)) fridays.insert(day - 1);
    }
    const std::string observed = absl::StrCat(name, " (observed)");
    if (by_name_.count(observed) == 0) continue;
    for (const CivilDay day : Named(observed, 1971, 2050)) days.insert(day);
  }
  for (const CivilDay day : days) EXPECT_EQ(ours.count(day), 1u) << day << " is missing";
  for (const CivilDay day : ours) EXPECT_EQ(days.count(day) + fridays.count(day), 1u) << day << " is none";
  EXPECT_GT(fridays.size(), 40u);
  for (const CivilDay day : fridays) EXPECT_EQ(ours.count(day), 1u) << day << " is missing";
}

}  // namespace
}  // namespace resultgate::policy
