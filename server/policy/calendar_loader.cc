#include "server/policy/calendar_loader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {
namespace {

using base::FileIssues;
using calendar::Holiday;
using calendar::Hours;
using yaml::Document;
using yaml::MapReader;
using yaml::Node;

constexpr std::pair<absl::string_view, Holiday::Observed> kObserved[] = {
    {"nearest-weekday", Holiday::Observed::kNearestWeekday},
    {"monday-after-sunday", Holiday::Observed::kMondayAfterSunday},
    {"monday-after-weekend", Holiday::Observed::kMondayAfterWeekend},
};
constexpr int kFirstYear = 1583;  // the first whole year of the Gregorian calendar
constexpr int kLastYear = 9999;

std::optional<int> ParseMinutes(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  int hours = 0;
  int minutes = 0;
  if (parts.size() != 2 || parts[0].size() != 2 || parts[1].size() != 2 || !absl::SimpleAtoi(parts[0], &hours) ||
      !absl::SimpleAtoi(parts[1], &minutes) || hours < 0 || hours > 24 || minutes < 0 || minutes > 59 ||
      hours * 60 + minutes > 24 * 60) {
    return std::nullopt;
  }
  return hours * 60 + minutes;
}

void ReadObserved(const Document& document, MapReader* map, Holiday* holiday, FileIssues* issues) {
  const std::string word = map->OptionalText("observed");
  if (word.empty()) return;
  std::vector<std::string> words;
  for (const auto& [name, observed] : kObserved) {
    if (word == name) holiday->observed = observed;
    words.emplace_back(name);
  }
  if (holiday->observed == Holiday::Observed::kOnTheDay) {
    document.Error(map->node().Find("observed")->place, absl::StrCat("`", word, "` is no way to observe a holiday"),
                   base::Suggest(word, words), issues);
  }
}

void ReadYears(const Document& document, MapReader* map, Holiday* holiday, FileIssues* issues) {
  holiday->from = map->OptionalInt("from", holiday->from, kFirstYear, kLastYear);
  holiday->until = map->OptionalInt("until", holiday->until, kFirstYear, kLastYear);
  if (holiday->from > holiday->until) {
    document.Error(map->node().Find("until")->place, "the holiday ends before it begins",
                   "`from` is its first year and `until` its last", issues);
  }
}

std::optional<Holiday> ReadHoliday(const Document& document, const Node& node, FileIssues* issues) {
  MapReader map(document, node, "a holiday", issues);
  if (!map.valid()) return std::nullopt;
  Holiday holiday;
  map.RequiredText("name");
  const std::string date = map.RequiredText("date");
  ReadObserved(document, &map, &holiday, issues);
  ReadYears(document, &map, &holiday, issues);
  if (const std::string hours = map.OptionalText("hours"); !hours.empty()) {
    holiday.hours = ParseHours(hours);
    if (!holiday.hours) {
      document.Error(node.Find("hours")->place, absl::StrCat("`", hours, "` are no hours of a day"),
                     absl::StrCat("write ", kHoursForm), issues);
    }
  }
  map.RefuseUnknownKeys();
  if (date.empty()) return std::nullopt;
  const std::optional<calendar::DayRule> rule = calendar::ParseDayRule(date);
  if (!rule) {
    document.Error(node.Find("date")->place, absl::StrCat("`", date, "` is no date"), absl::StrCat("write ", calendar::kDayForms),
                   issues);
    return std::nullopt;
  }
  holiday.rule = *rule;
  for (const char* key : {"from", "until", "observed"}) {
    if (rule->base != calendar::DayRule::Base::kOnce || node.Find(key) == nullptr) continue;
    document.Error(node.Find(key)->place, absl::StrCat("`", key, "` says nothing of a date that comes once"), "leave it out",
                   issues);
  }
  return holiday;
}

}  // namespace

std::optional<Hours> ParseHours(absl::string_view text) {
  const std::vector<std::string> ends = absl::StrSplit(text, '-');
  const std::optional<int> opens = ends.size() == 2 ? ParseMinutes(ends[0]) : std::nullopt;
  const std::optional<int> closes = ends.size() == 2 ? ParseMinutes(ends[1]) : std::nullopt;
  if (!opens || !closes || *opens >= *closes) return std::nullopt;
  return Hours{*opens, *closes};
}

std::vector<Holiday> LoadHolidays(const std::string& file, absl::string_view content, FileIssues* issues) {
  std::vector<Holiday> holidays;
  const std::optional<Document> document = yaml::Parse(file, content, issues);
  if (!document.has_value()) return holidays;
  MapReader map(*document, document->root, "a calendar", issues);
  if (!map.valid()) return holidays;
  map.RequiredText("name");
  map.OptionalText("title");
  map.OptionalText("source");
  const Node* list = map.Optional("holidays");
  map.RefuseUnknownKeys();
  if (list == nullptr || list->IsNull()) return holidays;
  if (!list->IsList()) document->Error(list->place, "`holidays` must be a list", "", issues);
  for (const Node& node : list->items) {
    if (std::optional<Holiday> holiday = ReadHoliday(*document, node, issues); holiday) holidays.push_back(*holiday);
  }
  return holidays;
}

}  // namespace resultgate::policy
