#include "server/policy/clock_loader.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/policy/calendar_loader.h"

namespace resultgate::policy {
namespace {

using base::FileIssues;
using calendar::Calendar;
using calendar::Hours;
using yaml::Document;
using yaml::MapReader;
using yaml::Node;

constexpr std::array<absl::string_view, 7> kDayNames = {"monday", "tuesday",  "wednesday", "thursday",
                                                        "friday", "saturday", "sunday"};

// By what a place counts time, as it is written.
struct Written {
  std::string zone_name;
  absl::TimeZone zone;
  std::string calendar_name;
  std::array<Hours, 7> hours;
  std::optional<std::array<Hours, 7>> notification_hours;
};

// The longest that notifications wait for each other.
constexpr absl::Duration kLongestTogether = absl::Hours(24);

class ClockLoader {
 public:
  ClockLoader(const Document& document, const std::string& calendars, const base::Files& files, FileIssues* issues)
      : document_(document), calendars_(calendars), files_(files), issues_(issues) {}

  PackClocks Load(MapReader* pack) {
    Written own;
    own.zone_name = pack->RequiredText("time_zone");
    const Node* hours = pack->Required("staffed_hours");
    own.calendar_name = pack->RequiredText("calendar");
    ReadZone(pack->node(), &own);
    if (hours != nullptr) own.hours = ReadHours(*hours, "`staffed_hours`", "so no review could ever end");
    ReadHolidays(pack->node(), own.calendar_name);
    if (const Node* node = pack->Optional("notifications"); node != nullptr) LoadNotifications(*node, &own);
    clocks_.time_zone_name = own.zone_name;
    clocks_.calendar = CalendarOf(own, own.hours);
    if (own.notification_hours) clocks_.notification_calendar = CalendarOf(own, *own.notification_hours);
    if (const Node* list = pack->Optional("facilities"); list != nullptr) LoadFacilities(*list, own);
    for (auto& [name, file] : calendar_files_) {
      if (file.found) clocks_.files.emplace_back(absl::StrCat("calendar/", name), std::move(file.content));
    }
    return std::move(clocks_);
  }

 private:
  struct CalendarFile {
    bool found = false;
    std::string content;
    std::vector<calendar::Holiday> holidays;
  };

  void LoadNotifications(const Node& node, Written* own) {
    MapReader map(document_, node, "`notifications`", issues_);
    if (const Node* hours = map.Optional("hours"); hours != nullptr) {
      own->notification_hours = ReadHours(*hours, "`hours`", "so nobody would ever be told");
    }
    if (const std::string text = map.OptionalText("together"); !text.empty()) {
      const std::optional<calendar::Span> span = calendar::ParseSpan(text);
      if (span && span->kind == calendar::Span::Kind::kElapsed && span->elapsed <= kLongestTogether) {
        clocks_.notifications_together = span->elapsed;
      } else {
        document_.Error(node.Find("together")->place, absl::StrCat("`", text, "` is no time to wait for more"),
                        "write it as `60 min` or `4 h`, a day at most", issues_);
      }
    }
    map.RefuseUnknownKeys();
  }

  void LoadFacilities(const Node& list, const Written& own) {
    if (!list.IsList()) {
      document_.Error(
          list.place, "`facilities` must be a list",
          "begin each with `- names: […]`, then `time_zone`, `calendar` or `staffed_hours`, where they are not the pack's",
          issues_);
      return;
    }
    for (const Node& node : list.items) LoadFacility(node, own);
    std::sort(clocks_.facilities.begin(), clocks_.facilities.end(),
              [](const Facility& a, const Facility& b) { return ComesBefore(a.name, b.name); });
  }

  void LoadFacility(const Node& node, const Written& own) {
    MapReader map(document_, node, "a facility", issues_);
    if (!map.valid()) return;
    const Node* names_node = map.Required("names");
    const std::vector<std::string> names = names_node == nullptr ? std::vector<std::string>() : map.OptionalTexts("names");
    Written written = own;
    if (const std::string zone = map.OptionalText("time_zone"); !zone.empty()) {
      written.zone_name = zone;
      ReadZone(node, &written);
    }
    if (const std::string name = map.OptionalText("calendar"); !name.empty()) {
      written.calendar_name = name;
      ReadHolidays(node, name);
    }
    if (const Node* hours = map.Optional("staffed_hours"); hours != nullptr)
      written.hours = ReadHours(*hours, "`staffed_hours`", "so no review could ever end");
    map.RefuseUnknownKeys();
    if (names_node == nullptr) return;
    if (names.empty()) {
      document_.Error(names_node->place, "a facility needs a name", "write it as messages have it in `order.facility`", issues_);
    }
    const std::shared_ptr<const Calendar> calendar = CalendarOf(written, written.hours);
    std::shared_ptr<const Calendar> notification_calendar;
    if (written.notification_hours) notification_calendar = CalendarOf(written, *written.notification_hours);
    for (size_t i = 0; i < names.size(); ++i) {
      const base::Place& place =
          names_node->IsList() && i < names_node->items.size() ? names_node->items[i].place : names_node->place;
      AddFacility({names[i], written.zone_name, calendar, notification_calendar}, place);
    }
  }

  void AddFacility(Facility facility, const base::Place& place) {
    if (absl::StripAsciiWhitespace(facility.name).empty()) {
      document_.Error(place, "a facility's name is empty", "what no message names is counted by the pack's own clock", issues_);
      return;
    }
    const auto same = [&facility](const Facility& other) {
      return !ComesBefore(facility.name, other.name) && !ComesBefore(other.name, facility.name);
    };
    const auto first = std::find_if(clocks_.facilities.begin(), clocks_.facilities.end(), same);
    if (first != clocks_.facilities.end()) {
      document_.Error(place, absl::StrCat("the facility `", facility.name, "` stands twice"),
                      "capital letters and blanks make no other name", issues_);
      return;
    }
    clocks_.facilities.push_back(std::move(facility));
  }

  // `time_zone` of `map`, into `written`.
  void ReadZone(const Node& map, Written* written) {
    const std::optional<absl::TimeZone> zone = calendar::LoadZone(written->zone_name);
    if (zone) {
      written->zone = *zone;
    } else if (!written->zone_name.empty()) {
      document_.Error(map.Find("time_zone")->place, absl::StrCat("no time zone is named `", written->zone_name, "`"),
                      "write an IANA name as `America/New_York`", issues_);
    }
  }

  // Reads the calendar of that name, which `map` gives under `calendar`, once.
  void ReadHolidays(const Node& map, const std::string& name) {
    if (name.empty()) return;
    const auto [entry, is_new] = calendar_files_.try_emplace(name);
    CalendarFile& file = entry->second;
    const std::string path = absl::StrCat(calendars_, "/", name, ".yaml");
    if (is_new) {
      const absl::StatusOr<std::string> content = files_.Read(path);
      file.found = content.ok();
      if (content.ok()) {
        file.content = *content;
        file.holidays = LoadHolidays(path, file.content, issues_);
      }
    }
    if (file.found) return;
    const std::string near = base::Nearest(name, CalendarNames());
    document_.Error(map.Find("calendar")->place, absl::StrCat("no calendar `", name, "`"),
                    near.empty() ? absl::StrCat("expected a file ", path) : absl::StrCat("did you mean `", near, "`?"), issues_);
  }

  std::vector<std::string> CalendarNames() const {
    std::vector<std::string> names;
    const absl::StatusOr<std::vector<std::string>> paths = files_.List(calendars_, ".yaml");
    if (!paths.ok()) return names;
    for (const std::string& path : *paths) names.push_back(std::filesystem::path(path).stem().string());
    return names;
  }

  // `so`: what it means if no day has any.
  std::array<Hours, 7> ReadHours(const Node& node, const char* what, const char* so) {
    std::array<Hours, 7> hours;
    MapReader map(document_, node, what, issues_);
    bool any = false;
    for (size_t i = 0; i < kDayNames.size(); ++i) {
      const std::string text = map.OptionalText(kDayNames[i]);
      if (text.empty()) continue;
      const std::optional<Hours> of_day = ParseHours(text);
      if (!of_day) {
        document_.Error(node.Find(kDayNames[i])->place, absl::StrCat("`", text, "` are no hours of a day"),
                        absl::StrCat("write ", kHoursForm), issues_);
        continue;
      }
      hours[i] = *of_day;
      any = true;
    }
    map.RefuseUnknownKeys();
    if (map.valid() && !any) document_.Error(node.place, absl::StrCat("no day has hours in ", what, ", ", so), "", issues_);
    return hours;
  }

  // A calendar keeps a table of days, so places that count time alike share one.
  std::shared_ptr<const Calendar> CalendarOf(const Written& written, const std::array<Hours, 7>& hours) {
    const auto hours_text = [](std::string* out, const Hours& day) { absl::StrAppend(out, day.opens, "-", day.closes); };
    std::shared_ptr<const Calendar>& made =
        made_[absl::StrCat(written.zone_name, "\n", written.calendar_name, "\n", absl::StrJoin(hours, ",", hours_text))];
    if (made == nullptr) {
      made = std::make_shared<const Calendar>(written.zone, hours, calendar_files_[written.calendar_name].holidays);
    }
    return made;
  }

  const Document& document_;
  const std::string& calendars_;
  const base::Files& files_;
  FileIssues* const issues_;
  PackClocks clocks_;
  std::map<std::string, CalendarFile> calendar_files_;           // by name
  std::map<std::string, std::shared_ptr<const Calendar>> made_;  // by all that it is made of
};

}  // namespace

PackClocks LoadClocks(const Document& document, MapReader* pack, const std::string& calendars, const base::Files& files,
                      FileIssues* issues) {
  return ClockLoader(document, calendars, files, issues).Load(pack);
}

}  // namespace resultgate::policy
