// When and how the portal tells somebody of something new: quiet hours, days off, visits, wishes.
#include "server/gate/notification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/pack_files.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Cbc;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kQuiet[] =
    "author: author-1\n"
    "notifications:\n"
    "  hours: {monday: 08:00-20:00, tuesday: 08:00-20:00, wednesday: 08:00-20:00, thursday: 08:00-20:00, friday: 08:00-17:00}\n"
    "  together: 60 min\n"
    "facilities: [{names: [WEST], time_zone: America/Denver}]\n";
constexpr char kNow[] = "2026-03-06T15:20:00-05:00";  // Friday

class NotificationTest : public ::testing::Test {
 protected:
  NotificationTest() {
    Use(kQuiet);
    report_ = Cbc("F1");
    release_.set_kind(v1::RELEASE_KIND_RESULT);
    release_.add_unit_ids("718-7");
    release_.add_audiences(v1::AUDIENCE_PATIENT);
    release_.add_audiences(v1::AUDIENCE_DELEGATE);
  }

  void Use(const std::string& more) {
    v1::PackFiles files = MakePack(kRoutine, more, "");
    files.mutable_files(static_cast<int>(files.files_size()) - 1)
        ->set_content("name: weekdays\nholidays: [{name: a day off, date: 2026-03-11}]\n");
    base::FileIssues issues;
    loaded_ = policy::LoadPackFiles(files, &issues);
    ASSERT_NE(loaded_.pack, nullptr) << base::Format(issues);
  }

  std::optional<v1::Notification> Notify(const std::string& now = kNow) {
    return NotificationOf(*loaded_.pack, report_, release_, At(now));
  }

  // When, on the wall in New York; `at once` and `never`.
  std::string When(const std::string& now) {
    const std::optional<v1::Notification> notification = Notify(now);
    if (!notification) return "never";
    if (!notification->has_not_before()) return "at once";
    absl::TimeZone zone;
    EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
    return absl::FormatTime("%a %d %H:%M", base::FromProto(notification->not_before()), zone);
  }

  void Wish(const std::string& category, const std::vector<v1::NotificationChannel>& channels) {
    v1::NotificationWish* wish = report_.mutable_patient()->mutable_notifications()->add_values();
    wish->set_category(category);
    for (const v1::NotificationChannel channel : channels) wish->add_channels(channel);
  }

  policy::LoadedPack loaded_;
  v1::DiagnosticReport report_;
  v1::Release release_;
};

TEST_F(NotificationTest, NobodyIsToldInQuietHours) {
  const std::pair<const char*, const char*> cases[] = {
      {"2026-03-06T15:20:00-05:00", "at once"},       // a Friday afternoon
      {"2026-03-06T16:59:59-05:00", "at once"},       //
      {"2026-03-06T17:00:00-05:00", "Mon 09 08:00"},  // its evening, before the change of clocks
      {"2026-03-07T12:00:00-05:00", "Mon 09 08:00"},  // a weekend
      {"2026-03-09T07:59:00-04:00", "Mon 09 08:00"},  // a morning
      {"2026-03-09T08:00:00-04:00", "at once"},       //
      {"2026-03-10T21:00:00-04:00", "Thu 12 08:00"},  // the evening before a holiday
      {"2026-03-11T12:00:00-04:00", "Thu 12 08:00"},  // and the holiday
  };
  for (const auto& [now, when] : cases) EXPECT_EQ(When(now), when) << now;
}

TEST_F(NotificationTest, TheHoursAreThoseOfTheFacilitysWall) {
  report_.mutable_order()->set_facility("West");
  EXPECT_EQ(When("2026-03-06T17:30:00-05:00"), "at once");
  EXPECT_EQ(When("2026-03-06T19:00:00-05:00"), "Mon 09 10:00");
}

TEST_F(NotificationTest, APackWithoutHoursTellsAtOnce) {
  Use("author: author-1\n");
  EXPECT_EQ(When("2026-03-07T23:00:00-05:00"), "at once");
}

TEST_F(NotificationTest, WhatComesOfOneVisitIsToldTogether) {
  report_.mutable_order()->mutable_encounter()->set_value("V7");
  report_.mutable_order()->mutable_encounter()->set_system("NORTH");
  EXPECT_EQ(When("2026-03-06T15:20:00-05:00"), "Fri 06 16:00");
  EXPECT_EQ(When("2026-03-06T15:59:59-05:00"), "Fri 06 16:00");
  EXPECT_EQ(When("2026-03-06T16:00:00-05:00"), "at once");
  EXPECT_EQ(When("2026-03-06T16:20:00-05:00"), "Mon 09 08:00") << "at five it is quiet";
  EXPECT_EQ(Notify()->group(), "NORTH|V7");
  report_.mutable_order()->clear_encounter();
  EXPECT_EQ(Notify()->group(), "");
}

TEST_F(NotificationTest, WhatIsToBeDoneTodayDoesNotWait) {
  constexpr char kNight[] = "2026-03-07T23:00:00-05:00";
  using Step = v1::NextStep;
  const std::tuple<Step::Kind, int, const char*> cases[] = {
      {Step::KIND_EMERGENCY, 0, "at once"},
      {Step::KIND_TELL_NURSE, 0, "at once"},
      {Step::KIND_CALL, 0, "at once"},
      {Step::KIND_CALL, 1, "Mon 09 08:00"},
      {Step::KIND_MESSAGE, 0, "Mon 09 08:00"},
      {Step::KIND_NONE, 0, "Mon 09 08:00"},
      {Step::KIND_ASK_CARE_TEAM, 0, "Mon 09 08:00"},
  };
  for (const auto& [kind, days, when] : cases) {
    release_.mutable_comment()->mutable_next_step()->set_kind(kind);
    release_.mutable_comment()->mutable_next_step()->set_within_days(days);
    EXPECT_EQ(When(kNight), when) << Step::Kind_Name(kind) << " within " << days;
  }
}

TEST_F(NotificationTest, WhatIsTakenAwayIsNotAnnouncedNorAnythingToTheFamilyOfTheDead) {
  for (const auto kind : {v1::RELEASE_KIND_RESULT, v1::RELEASE_KIND_CANCELLED, v1::RELEASE_KIND_BEING_CORRECTED}) {
    release_.set_kind(kind);
    EXPECT_EQ(When(kNow), "at once");
  }
  release_.set_kind(v1::RELEASE_KIND_RETRACTION);
  EXPECT_EQ(When(kNow), "never");
  release_.set_kind(v1::RELEASE_KIND_RESULT);
  report_.mutable_patient()->set_deceased(true);
  EXPECT_EQ(When(kNow), "never");
}

TEST_F(NotificationTest, ThePatientIsToldByWhatWasWishedAndByNothingElse) {
  EXPECT_THAT(Notify()->channels(), IsEmpty()) << "nothing was asked: as the portal's settings say";
  Wish("", {v1::NOTIFICATION_CHANNEL_EMAIL, v1::NOTIFICATION_CHANNEL_APP});
  EXPECT_THAT(Notify()->channels(), ElementsAre(v1::NOTIFICATION_CHANNEL_APP, v1::NOTIFICATION_CHANNEL_EMAIL));
  Wish("imaging", {});
  EXPECT_THAT(Notify()->channels(), ElementsAre(v1::NOTIFICATION_CHANNEL_APP, v1::NOTIFICATION_CHANNEL_EMAIL))
      << "a blood count is no image";
  Wish("routine", {v1::NOTIFICATION_CHANNEL_EMAIL, v1::NOTIFICATION_CHANNEL_TELEPHONE});
  EXPECT_THAT(Notify()->channels(), ElementsAre(v1::NOTIFICATION_CHANNEL_EMAIL, v1::NOTIFICATION_CHANNEL_TELEPHONE))
      << "its own category counts";
}

TEST_F(NotificationTest, WhereWishesDifferWhatAllAllowCounts) {
  release_.add_unit_ids("36643-5");
  resultgate::testing::AddObservation(&report_, "36643-5", "1");
  Wish("imaging", {v1::NOTIFICATION_CHANNEL_EMAIL, v1::NOTIFICATION_CHANNEL_APP});
  Wish("routine", {v1::NOTIFICATION_CHANNEL_EMAIL, v1::NOTIFICATION_CHANNEL_LETTER});
  EXPECT_THAT(Notify()->channels(), ElementsAre(v1::NOTIFICATION_CHANNEL_EMAIL));
  // Nobody can tell what a category was about that the pack does not have any more.
  Wish("gone", {v1::NOTIFICATION_CHANNEL_LETTER});
  ASSERT_TRUE(Notify());
  EXPECT_THAT(Notify()->audiences(), ElementsAre(v1::AUDIENCE_DELEGATE)) << "nothing is left for the patient";
  EXPECT_THAT(Notify()->channels(), IsEmpty());
  release_.mutable_audiences()->RemoveLast();
  EXPECT_EQ(When(kNow), "never");
}

TEST_F(NotificationTest, AllMistakesOfThePackAreSaid) {
  const auto said = [](const std::string& more) {
    base::FileIssues issues;
    EXPECT_EQ(policy::LoadPackFiles(MakePack(kRoutine, absl::StrCat("author: a\n", more), ""), &issues).pack, nullptr);
    std::string lines;
    for (const base::FileIssue& issue : issues)
      absl::StrAppend(&lines, issue.place.line, ":", issue.place.column, ": ", issue.message, "\n");
    return lines;
  };
  EXPECT_EQ(said("notifications:\n  hours: {monday: 8-17}\n  together: 2 days\n  quiet: [friday]\n"),
            "21:19: `8-17` are no hours of a day\n"
            "21:10: no day has hours in `hours`, so nobody would ever be told\n"
            "22:13: `2 days` is no time to wait for more\n"
            "23:3: unknown key `quiet` in `notifications`\n");
  EXPECT_EQ(said("notifications:\n  together: 25 h\n"), "21:13: `25 h` is no time to wait for more\n");
}

}  // namespace
}  // namespace resultgate::gate
