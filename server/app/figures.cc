#include "server/app/figures.h"

#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/app/csv.h"
#include "server/app/table.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"

namespace resultgate::app {
namespace {

constexpr char kDimensionPrefix[] = "SUMMARY_DIMENSION_";

// A day, or a time with a zone. A day's end is the beginning of the next.
absl::StatusOr<absl::Time> TimeOf(const std::string& option, const std::string& text, absl::TimeZone zone, bool end) {
  absl::Time time;
  if (base::ParseRfc3339(text, &time)) return time;
  absl::CivilDay day;
  if (absl::ParseCivilTime(text, &day)) return absl::FromCivil(end ? day + 1 : day, zone);
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": `", text, "` is no time; write a day, as 2026-03-06, or 2026-03-06T21:05:00-05:00"));
}

std::string FilterTime(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

struct Column {
  const char* heading;
  const char* name;  // in CSV
  int64_t (v1::SummaryGroup::*count)() const;
};
constexpr Column kCounts[] = {
    {"RESULTS", "results", &v1::SummaryGroup::results},
    {"RELEASED", "released", &v1::SummaryGroup::released},
    {"WAITING", "waiting", &v1::SummaryGroup::waiting},
    {"HELD", "held", &v1::SummaryGroup::held},
    {"OVERRUNS", "overruns", &v1::SummaryGroup::overruns},
    {"UNREVIEWED", "released_unreviewed", &v1::SummaryGroup::released_unreviewed},
    {"OTHER LANGUAGE", "other_language", &v1::SummaryGroup::other_language},
    {"VIEWED", "viewed", &v1::SummaryGroup::viewed},
    {"CONTACTED", "contacted", &v1::SummaryGroup::contacted},
};
struct Times {
  const char* heading;
  const char* name;
  const v1::Percentiles& (v1::SummaryGroup::*spread)() const;
};
constexpr Times kTimes[] = {
    {"TIME TO RELEASE", "time_to_release", &v1::SummaryGroup::time_to_release},
    {"HOLD TIME", "hold_time", &v1::SummaryGroup::hold_time},
    {"REVIEW TIME", "review_time", &v1::SummaryGroup::review_time},
    {"TIME TO VIEW", "time_to_view", &v1::SummaryGroup::time_to_view},
};

// `3 h, 2 d, 3 d`: half, nine of ten, the longest.
std::string SpreadText(const v1::Percentiles& spread) {
  if (spread.count() == 0) return "";
  return absl::StrCat(DurationText(spread.p50()), ", ", DurationText(spread.p90()), ", ", DurationText(spread.max()));
}

std::string KeyText(v1::SummaryDimension dimension, const std::string& key) {
  if (!key.empty()) return key;
  const bool of_hold = dimension == v1::SUMMARY_DIMENSION_RULE || dimension == v1::SUMMARY_DIMENSION_BASIS;
  return of_hold ? "(none)" : "(not known)";
}

std::string FiguresAsCsv(const std::vector<v1::SummaryDimension>& group_by,
                         const google::protobuf::RepeatedPtrField<v1::SummaryGroup>& groups) {
  std::vector<std::string> cells;
  for (const v1::SummaryDimension dimension : group_by) cells.push_back(DimensionWord(dimension));
  for (const Column& column : kCounts) cells.emplace_back(column.name);
  for (const Times& times : kTimes) {
    cells.push_back(absl::StrCat(times.name, "_count"));
    for (const char* which : {"p50", "p90", "p99", "max"}) cells.push_back(absl::StrCat(times.name, "_", which, "_hours"));
  }
  std::string text = CsvLine(cells);
  for (const v1::SummaryGroup& group : groups) {
    cells.assign(group.keys().begin(), group.keys().end());
    for (const Column& column : kCounts) cells.push_back(absl::StrCat((group.*column.count)()));
    for (const Times& times : kTimes) {
      const v1::Percentiles& spread = (group.*times.spread)();
      cells.push_back(absl::StrCat(spread.count()));
      for (const auto* duration : {&spread.p50(), &spread.p90(), &spread.p99(), &spread.max()}) {
        cells.push_back(spread.count() == 0 ? "" : HoursText(*duration));
      }
    }
    absl::StrAppend(&text, CsvLine(cells));
  }
  return text;
}

}  // namespace

void AddScopeOptions(CLI::App* command, Scope* scope) {
  command->add_option("--since", scope->since, "Only results received since this day, or time, on")->type_name("DAY");
  command->add_option("--until", scope->until, "Only results received until the end of this day, or before this time")
      ->type_name("DAY");
  command
      ->add_option("--filter", scope->filter,
                   "Only results that match. Fields: result, time, rule, basis, state, category, language, facility,\n"
                   "account, abnormal; operators: = != < <= > >=; AND, OR, NOT, and parentheses where AND and OR mix")
      ->type_name("FILTER");
  scope->audience = "patient";
  command->add_option("--audience", scope->audience, "As whom it reaches")
      ->capture_default_str()
      ->check(CLI::IsMember({"patient", "representative", "delegate"}));
}

absl::StatusOr<std::string> FilterOf(const Scope& scope, absl::TimeZone zone) {
  std::string filter;
  const auto add = [&filter](const std::string& part) { absl::StrAppend(&filter, filter.empty() ? "" : " AND ", part); };
  if (!scope.since.empty()) {
    const absl::StatusOr<absl::Time> since = TimeOf("--since", scope.since, zone, /*end=*/false);
    if (!since.ok()) return since.status();
    add(absl::StrCat("time >= ", FilterTime(*since)));
  }
  if (!scope.until.empty()) {
    const absl::StatusOr<absl::Time> until = TimeOf("--until", scope.until, zone, /*end=*/true);
    if (!until.ok()) return until.status();
    add(absl::StrCat("time < ", FilterTime(*until)));
  }
  // As it is where it stands alone, so that the columns of its mistakes are right.
  if (!scope.filter.empty()) add(filter.empty() ? scope.filter : absl::StrCat("(", scope.filter, ")"));
  return filter;
}

v1::Audience AudienceOf(const Scope& scope) {
  v1::Audience audience = v1::AUDIENCE_UNSPECIFIED;
  v1::Audience_Parse(absl::StrCat("AUDIENCE_", absl::AsciiStrToUpper(scope.audience)), &audience);
  return audience;
}

std::string DimensionWord(v1::SummaryDimension dimension) {
  return audit::EnumWord(v1::SummaryDimension_Name(dimension), kDimensionPrefix);
}

std::vector<std::string> DimensionWords() {
  std::vector<std::string> words;
  for (int i = v1::SummaryDimension_MIN + 1; i <= v1::SummaryDimension_MAX; ++i) {
    words.push_back(DimensionWord(static_cast<v1::SummaryDimension>(i)));
  }
  return words;
}

v1::SummaryDimension ParseDimension(const std::string& word) {
  v1::SummaryDimension dimension = v1::SUMMARY_DIMENSION_UNSPECIFIED;
  v1::SummaryDimension_Parse(absl::StrCat(kDimensionPrefix, absl::AsciiStrToUpper(word)), &dimension);
  return dimension;
}

std::string DurationText(const google::protobuf::Duration& duration) {
  const absl::Duration whole = base::FromProto(duration);
  const auto two = [](int64_t large, const char* large_unit, int64_t small, const char* small_unit) {
    return small == 0 ? absl::StrCat(large, " ", large_unit) : absl::StrCat(large, " ", large_unit, " ", small, " ", small_unit);
  };
  const int64_t seconds = absl::ToInt64Seconds(whole), minutes = seconds / 60, hours = minutes / 60;
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (hours < 1) return absl::StrCat(minutes, " min");
  if (hours < 24) return two(hours, "h", minutes % 60, "min");
  return two(hours / 24, "d", hours % 24, "h");
}

std::string HoursText(const google::protobuf::Duration& duration) {
  return absl::StrFormat("%.2f", absl::ToDoubleHours(base::FromProto(duration)));
}

std::string FiguresText(const std::vector<v1::SummaryDimension>& group_by,
                        const google::protobuf::RepeatedPtrField<v1::SummaryGroup>& groups, const v1::SummaryGroup& total,
                        bool csv) {
  if (csv) return FiguresAsCsv(group_by, groups);
  std::vector<Table::Column> columns;
  for (const v1::SummaryDimension dimension : group_by) {
    columns.push_back({absl::AsciiStrToUpper(DimensionWord(dimension)), 36});
  }
  for (const Column& column : kCounts) columns.push_back({column.heading, 14});
  for (const Times& times : kTimes) columns.push_back({times.heading, 38});
  Table table(columns);
  const auto add = [&table](std::vector<std::string> cells, const v1::SummaryGroup& group) {
    for (const Column& column : kCounts) {
      const int64_t count = (group.*column.count)();
      cells.push_back(count == 0 ? "" : absl::StrCat(count));
    }
    for (const Times& times : kTimes) cells.push_back(SpreadText((group.*times.spread)()));
    table.AddRow(std::move(cells));
  };
  for (const v1::SummaryGroup& group : groups) {
    std::vector<std::string> cells;
    for (int i = 0; i < group.keys_size(); ++i) cells.push_back(KeyText(group_by[static_cast<size_t>(i)], group.keys(i)));
    add(std::move(cells), group);
  }
  std::vector<std::string> all(group_by.size());
  if (!all.empty()) all[0] = "all together";
  if (groups.size() != 1) add(std::move(all), total);
  table.AddLine("Times: half took no longer, nine of ten, the longest.");
  return table.ToString(TerminalWidth());
}

}  // namespace resultgate::app
