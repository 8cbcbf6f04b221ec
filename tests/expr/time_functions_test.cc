#include "server/expr/time_functions.h"

#include "tests/expr/fixture.h"

namespace resultgate::expr {
namespace {

absl::CivilDay Day(int year, int month, int day) {
  return absl::CivilDay(year, month, day);
}

TEST(Age, OfExactAndCoarseDates) {
  const struct {
    const char* birth_date;
    absl::CivilDay today;
    std::string age;  // `?` unknown, `!` error
  } kRows[] = {
      {"2008-03-06", Day(2026, 3, 6), "18"},
      {"2008-03-07", Day(2026, 3, 6), "17"},
      {"2008-03-06", Day(2026, 3, 5), "17"},
      {"2026-03-06", Day(2026, 3, 6), "0"},
      {"2026-03-07", Day(2026, 3, 6), "!"},
      // 29 February: a year older on 1 March of a common year.
      {"2008-02-29", Day(2026, 2, 28), "17"},
      {"2008-02-29", Day(2026, 3, 1), "18"},
      {"2008-02-29", Day(2028, 2, 28), "19"},
      {"2008-02-29", Day(2028, 2, 29), "20"},
      // Born in March 2008: 17 until the month begins, 18 when its last day has come.
      {"2008-03", Day(2026, 2, 28), "17"},
      {"2008-03", Day(2026, 3, 1), "?"},
      {"2008-03", Day(2026, 3, 30), "?"},
      {"2008-03", Day(2026, 3, 31), "18"},
      {"2008-03", Day(2026, 4, 1), "18"},
      {"2008-02", Day(2026, 2, 28), "?"},
      {"2008-02", Day(2026, 3, 1), "18"},
      {"2008-12", Day(2026, 12, 31), "18"},
      {"2008", Day(2026, 3, 6), "?"},
      {"2008", Day(2026, 12, 31), "18"},
      {"2008", Day(2026, 12, 30), "?"},
      // This month's and this year's children: nobody is born tomorrow.
      {"2026-03", Day(2026, 3, 6), "0"},
      {"2026", Day(2026, 3, 6), "0"},
      {"2027", Day(2026, 3, 6), "!"},
      {"2026-04", Day(2026, 3, 6), "!"},
      {"", Day(2026, 3, 6), "!"},
      {"08", Day(2026, 3, 6), "!"},
      {"2008-", Day(2026, 3, 6), "!"},
      {"2008-13", Day(2026, 3, 6), "!"},
      {"2008-00", Day(2026, 3, 6), "!"},
      {"2008-3", Day(2026, 3, 6), "!"},
      {"2008-03-", Day(2026, 3, 6), "!"},
      {"2008-03-32", Day(2026, 3, 6), "!"},
      {"2009-02-29", Day(2026, 3, 6), "!"},
      {"2008-03-00", Day(2026, 3, 6), "!"},
      {"20080306", Day(2026, 3, 6), "!"},
      {"2008-03-06T00:00", Day(2026, 3, 6), "!"},
      {"2008/03/06", Day(2026, 3, 6), "!"},
      {"+008-03-06", Day(2026, 3, 6), "!"},
  };
  for (const auto& row : kRows) {
    const char* error = nullptr;
    const std::optional<int64_t> age = Age(row.birth_date, row.today, &error);
    EXPECT_EQ(error != nullptr ? "!" : age ? absl::StrCat(*age) : "?", row.age) << row.birth_date << " on " << row.today;
  }
}

// `age(patient)` on the day that it is where the facility is.
TEST(Age, InTheActivationsZone) {
  Case values(R"pb(patient { birth_date: "2008-03-07" })pb");
  EXPECT_EQ(Outcome("age(patient) == 17", values), "true");  // 2026-03-06T21:05Z
  values.zone = absl::FixedTimeZone(3 * 3600);
  EXPECT_EQ(Outcome("age(patient) == 18", values), "true");
  EXPECT_EQ(Outcome("now.getDate() == 7 && now.getDate(\"UTC\") == 6", values), "true");
  EXPECT_EQ(Outcome("age(report.patient) == 18", values), "true");
  values.report.mutable_patient()->set_birth_date("2008");
  EXPECT_EQ(Outcome("age(patient) < 18", values), "unknown: patient.birth_date");
  values.report.mutable_patient()->set_birth_date("");
  EXPECT_EQ(Outcome("age(patient) < 18", values), "unknown: patient.birth_date");
  values.report.mutable_patient()->clear_birth_date();
  EXPECT_EQ(Outcome("age(patient) < 18", values), "unknown: patient.birth_date");
  values.report.mutable_patient()->set_birth_date("7 March 2008");
  EXPECT_EQ(Outcome("age(patient) < 18", values), "error: age() of a birth date that is not YYYY-MM-DD, YYYY-MM or YYYY at 1:1");
  values.report.clear_patient();
  EXPECT_EQ(Outcome("age(report.patient) < 18", values), "unknown: report.patient");
}

TEST(Zone, NamesAndOffsets) {
  for (const char* name : {"UTC", "America/New_York", "Europe/London", "02:00", "+02:00", "-05:30", "00:00"}) {
    EXPECT_TRUE(FindZone(name).has_value()) << name;
  }
  for (const char* name :
       {"", "Mars", "/etc/localtime", "../UTC", "file:/etc/localtime", "localtime", "2:00", "15:00", "02:60", "02:00:00"}) {
    EXPECT_FALSE(FindZone(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace resultgate::expr
