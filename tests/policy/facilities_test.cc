// Time is counted by the clock of the facility that ordered (design, "Clock"): its zone, its holidays, its hours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/policy/explain.h"
#include "server/policy/whatif/pack_difference.h"
#include "server/policy/whatif/simulation.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kThirdDay[] =
    "  - {id: third-day, title: t, match: {codes: [routine]}, then: {release: now, delay: 3 days}, basis: {type: statute, "
    "citation: c}}\n";
constexpr char kFacilities[] =
    "facilities:\n"
    "  - {names: [El Paso Clinic, EP Lab], time_zone: America/Denver}\n"
    "  - {names: [Night Clinic], staffed_hours: {saturday: 20:00-24:00, sunday: 20:00-24:00}}\n"
    "  - {names: [Closed Fridays], calendar: closed-fridays}\n";

class FacilitiesTest : public DecideTest {
 protected:
  FacilitiesTest() {
    world_.Write("calendars/closed-fridays.yaml",
                 "name: closed-fridays\nholidays:\n  - {name: Friday, date: 2026-03-06}\n  - {name: Monday, date: 2026-03-09}\n");
    pack_file_ = absl::StrCat(kPackFile, kFacilities);
  }

  // What is decided for an order of this facility.
  void At_(const std::string& facility, const std::string& rules, const char* issued = "2026-03-06T14:00:00-05:00") {
    v1::DiagnosticReport report = Cbc();
    report.mutable_order()->set_facility(facility);
    report.mutable_patient()->set_birth_date("2008-03-07");
    *report.mutable_issued() = base::ToProto(At(issued));
    Context context;
    context.received_at = std::max(At(issued), At(kNow));
    Decide(rules, report, context);
  }

  std::string Refused(const std::string& pack_file) {
    base::FileIssues issues;
    EXPECT_EQ(world_.Load(kRoutine, &issues, pack_file), nullptr);
    std::string lines;
    for (const base::FileIssue& issue : issues) {
      std::string suggestion = issue.suggestion;
      // A temporary folder has another name each time.
      const size_t folder = suggestion.find("/calendars/");
      if (folder != std::string::npos) suggestion = absl::StrCat("expected a file CALENDARS", suggestion.substr(folder + 10));
      absl::StrAppend(&lines, issue.place.line, ":", issue.place.column, ": ", issue.message, "; ", suggestion, "\n");
    }
    return lines;
  }
};

TEST_F(FacilitiesTest, TheThirdDayBeginsAtTheFacilitysMidnight) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "2026-03-09T00:00:00-04:00"},
      {"Elsewhere", "2026-03-09T00:00:00-04:00"},
      {"El Paso Clinic", "2026-03-09T02:00:00-04:00"},
      {"EP Lab", "2026-03-09T02:00:00-04:00"},
      {"  EL  PASO CLINIC ", "2026-03-09T02:00:00-04:00"},
      {"El Paso Clinic 2", "2026-03-09T00:00:00-04:00"},
  };
  for (const auto& [facility, floor] : cases) {
    SCOPED_TRACE(facility);
    At_(facility, kThirdDay);
    EXPECT_EQ(Local(Cell_("718-7").not_before()), floor);
    // The minute before, and the minute itself.
    now_ = At(floor) - absl::Minutes(1);
    At_(facility, kThirdDay);
    EXPECT_EQ(Word("718-7"), "delay");
    now_ = At(floor);
    At_(facility, kThirdDay);
    EXPECT_EQ(Word("718-7"), "release");
    now_ = At(kNow);
  }
}

TEST_F(FacilitiesTest, TheDateOnWhichItBecameFinalIsTheFacilitys) {
  // Half past midnight in New York is the evening before in El Paso.
  const char* issued = "2026-03-07T00:30:00-05:00";
  At_("", kThirdDay, issued);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-10T00:00:00-04:00");
  At_("EP Lab", kThirdDay, issued);
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T02:00:00-04:00");
  // So are the dates between which a law is in force.
  const std::string law = absl::StrReplaceAll(kThirdDay, {{"title: t", "title: t, effective: 2026-03-07"}});
  At_("", law, issued);
  EXPECT_EQ(Word("718-7"), "delay");
  At_("EP Lab", absl::StrCat(kRoutine, law), issued);
  EXPECT_EQ(Word("718-7"), "release");
}

TEST_F(FacilitiesTest, ConditionsReadTheFacilitysWall) {
  const char* eighteen =
      "  - {id: minor, title: t, match: {codes: [routine]}, when: age(patient) < 18, then: {delay: 3 days}, basis: {type: "
      "privacy, "
      "citation: c}}\n";
  const char* night =
      "  - {id: night, title: t, match: {codes: [routine]}, when: now.getHours() == 22, then: {delay: 3 days}, basis: {type: "
      "privacy, citation: c}}\n";
  // The patient's birthday has begun in New York.
  now_ = At("2026-03-07T00:30:00-05:00");
  At_("", absl::StrCat(kRoutine, eighteen));
  EXPECT_EQ(Word("718-7"), "release");
  At_("EP Lab", absl::StrCat(kRoutine, eighteen));
  EXPECT_EQ(Word("718-7"), "delay");
  At_("", absl::StrCat(kRoutine, night));
  EXPECT_EQ(Word("718-7"), "release");
  At_("EP Lab", absl::StrCat(kRoutine, night));
  EXPECT_EQ(Word("718-7"), "delay");
}

TEST_F(FacilitiesTest, BusinessDaysReviewsAndMorningsAreTheFacilitys) {
  const std::string review =
      "  - {id: a, title: t, match: {codes: [routine]}, then: {review: {owners: [results-pool], each: 1 business day, expires: 1 "
      "business day, on_expiry: release}}, basis: {type: organization-policy, citation: c}}\n";
  struct Case {
    const char* facility;
    const char* started;
    const char* expires;
    const char* morning;
  };
  const Case cases[] = {
      // Friday afternoon, and Monday.
      {"", "2026-03-06T15:00:00-05:00", "2026-03-09T15:00:00-04:00", "2026-03-09T08:00:00-04:00"},
      // Clocks go forward there too, and two hours later.
      {"EP Lab", "2026-03-06T15:00:00-05:00", "2026-03-09T15:00:00-04:00", "2026-03-09T10:00:00-04:00"},
      {"Night Clinic", "2026-03-07T20:00:00-05:00", "2026-03-08T20:00:00-04:00", "2026-03-07T20:00:00-05:00"},
      {"Closed Fridays", "2026-03-10T08:00:00-04:00", "2026-03-11T08:00:00-04:00", "2026-03-10T08:00:00-04:00"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.facility);
    At_(c.facility, review);
    EXPECT_EQ(Local(Cell_("718-7").review().started_at()), c.started);
    EXPECT_EQ(Local(Cell_("718-7").review().expires_at()), c.expires);
    At_(c.facility, absl::StrReplaceAll(kThirdDay, {{"3 days", "next business morning"}}));
    EXPECT_EQ(Local(Cell_("718-7").not_before()), c.morning);
  }
}

TEST_F(FacilitiesTest, DeadlinesPreferencesAndWithholdingsRunByItToo) {
  const std::string rules = absl::StrCat(
      kRoutine,
      "  - {id: ceiling, title: t, match: {codes: [routine]}, then: {deadline: {within: 4 days, duty: release}}, basis: {type: "
      "statute, citation: c}}\n"
      "  - {id: blind, title: t, match: {codes: [routine]}, then: {withhold: {until: 2 days}}, basis: {type: research, citation: "
      "c}}\n");
  pack_ = Load(rules);
  v1::DiagnosticReport report = Cbc();
  report.mutable_order()->set_facility("ep lab");
  report.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
  report.mutable_patient()->mutable_preference()->set_after_days(3);
  Decide(rules, report);
  EXPECT_EQ(Local(Cell_("718-7").not_after()), "2026-03-10T02:00:00-04:00");
  EXPECT_EQ(Local(Cell_("718-7").withheld_until()), "2026-03-08T03:00:00-04:00");
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-09T02:00:00-04:00");
}

TEST_F(FacilitiesTest, AllMistakesAreSaidWithTheirPlaces) {
  EXPECT_EQ(Refused(absl::StrCat(kPackFile,
                                 "facilities:\n"
                                 "  - {names: [A], time_zone: America/El_Paso}\n"
                                 "  - {names: [B], calendar: weekday}\n"
                                 "  - {names: [C, 'c '], staffed_hours: {monday: 9-5}}\n"
                                 "  - {names: [D], timezone: America/Denver}\n"
                                 "  - {time_zone: America/Denver}\n"
                                 "  - {names: [], time_zone: localtime}\n"
                                 "  - {names: [' '], calendar: elsewhere-entirely}\n")),
            "20:29: no time zone is named `America/El_Paso`; write an IANA name as `America/New_York`\n"
            "21:28: no calendar `weekday`; did you mean `weekdays`?\n"
            "22:48: `9-5` are no hours of a day; write `08:00-17:00`\n"
            "22:39: no day has hours in `staffed_hours`, so no review could ever end; \n"
            "22:17: the facility `c ` stands twice; capital letters and blanks make no other name\n"
            "23:18: unknown key `timezone` in a facility; did you mean `time_zone`?\n"
            "24:5: a facility lacks `names`; \n"
            "25:28: no time zone is named `localtime`; write an IANA name as `America/New_York`\n"
            "25:13: a facility needs a name; write it as messages have it in `order.facility`\n"
            "26:30: no calendar `elsewhere-entirely`; expected a file CALENDARS/elsewhere-entirely.yaml\n"
            "26:14: a facility's name is empty; what no message names is counted by the pack's own clock\n");
  EXPECT_THAT(Refused(absl::StrCat(kPackFile, "facilities: {names: [A]}\n")), HasSubstr("`facilities` must be a list"));
}

TEST_F(FacilitiesTest, ChecksLookAtEveryClock) {
  // One business day ends within six days, unless only one day of the week is one.
  const std::string rules = absl::StrCat(
      absl::StrReplaceAll(kThirdDay, {{"3 days", "1 business day"}}),
      "  - {id: ceiling, title: t, match: {codes: [routine]}, then: {deadline: {within: 146 h, duty: release}}, basis: {type: "
      "statute, citation: c}}\n");
  base::FileIssues issues;
  EXPECT_NE(world_.Load(rules, &issues, pack_file_), nullptr) << base::Format(issues);
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].message,
            "the calendar of `Closed Fridays` knows no holiday after 2026: from then on every holiday counts as a business day "
            "[calendar-ends]");
  issues.clear();
  EXPECT_EQ(world_.Load(rules, &issues, absl::StrCat(pack_file_, "  - {names: [Rare], staffed_hours: {monday: 08:00-12:00}}\n")),
            nullptr);
  EXPECT_THAT(base::Format(issues), HasSubstr("at `Rare` there is no lawful time"));
}

TEST_F(FacilitiesTest, APacksDigestCoversTheCalendarsOfItsFacilities) {
  const std::string before = Load(kRoutine)->digest();
  EXPECT_EQ(Load(kRoutine)->digest(), before);
  world_.Write("calendars/closed-fridays.yaml", "name: closed-fridays\nholidays: [{name: a day, date: 05-05}]\n");
  EXPECT_NE(Load(kRoutine)->digest(), before);
}

TEST_F(FacilitiesTest, AnExplanationSaysWhichClockItWas) {
  pack_ = Load(kThirdDay);
  v1::DiagnosticReport report = Cbc();
  Context context;
  context.received_at = At(kNow);
  const auto explained = [&](const std::string& facility) {
    report.mutable_order()->set_facility(facility);
    return ToText(Explain(*pack_, report, context, At(kNow)), false);
  };
  EXPECT_EQ(explained("EP LAB"),
            "  718-7, for everybody: goes Mon 2026-03-09 00:00\n"
            "    by the clock of EP Lab, America/Denver\n"
            "    first final Fri 2026-03-06 12:00, when it was issued\n"
            "    third-day: not before Fri 2026-03-06 12:00 + 3 days = Mon 2026-03-09 00:00\n"
            "    so not before Mon 2026-03-09 00:00\n"
            "    third-day: t\n"
            "      permit (not verified)\n"
            "      delay, statute: c (not verified)\n"
            "      true    codes: [routine]\n");
  EXPECT_THAT(explained(""), HasSubstr("by the pack's own clock, America/New_York: the order names no facility\n"));
  EXPECT_THAT(explained("Elsewhere"), HasSubstr("America/New_York: `Elsewhere` is none of the pack's facilities\n"));
}

TEST_F(FacilitiesTest, WhatIfSpeaksOfThemAndCountsByThem) {
  const auto before = Load(kThirdDay);
  pack_file_ = absl::StrReplaceAll(pack_file_, {{"America/Denver", "America/Phoenix"}, {"20:00-24:00", "20:00-23:00"}});
  const auto after = Load(kThirdDay);
  EXPECT_THAT(SettingChanges(*before, *before), ::testing::IsEmpty());
  EXPECT_THAT(SettingChanges(*before, *after),
              ElementsAre("facility EP Lab: zone: America/Denver becomes America/Phoenix",
                          "facility El Paso Clinic: zone: America/Denver becomes America/Phoenix",
                          "facility Night Clinic: staffed hours"));
  Simulator simulator(*before);
  Arrival arrival;
  arrival.received_at = At(kNow);
  v1::DiagnosticReport report = Cbc();
  report.mutable_order()->set_facility("EP Lab");
  simulator.Add(arrival, report);
  EXPECT_EQ(simulator.Summary().examples(0).before(), "goes Mon 2026-03-09 00:00");
}

TEST(FacilityNames, AreComparedWithoutCaseAndBlanks) {
  const std::vector<Facility> facilities = {
      {"b", "", nullptr, nullptr}, {"B C", "", nullptr, nullptr}, {"Ba", "", nullptr, nullptr}};
  EXPECT_EQ(FindFacility(facilities, " b\t c"), &facilities[1]);
  EXPECT_EQ(FindFacility(facilities, "B"), &facilities[0]);
  EXPECT_EQ(FindFacility(facilities, "BA"), &facilities[2]);
  EXPECT_EQ(FindFacility(facilities, "bc"), nullptr) << "a blank is a blank";
  EXPECT_EQ(FindFacility(facilities, ""), nullptr);
  EXPECT_EQ(FindFacility({}, "b"), nullptr);
}

}  // namespace
}  // namespace resultgate::policy
