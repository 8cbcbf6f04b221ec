// Calendars of public holidays, as policies/calendars/*.yaml write them (policies/README.md, "A calendar").
#ifndef RESULTGATE_POLICY_CALENDAR_LOADER_H_
#define RESULTGATE_POLICY_CALENDAR_LOADER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"
#include "server/calendar/calendar.h"

namespace resultgate::policy {

// Reads the content of a calendar file; mistakes are appended to `issues`, and what was understood is returned.
std::vector<calendar::Holiday> LoadHolidays(const std::string& file, absl::string_view content, base::FileIssues* issues);

// Hours of a day as `08:00-17:00`; nullopt if `text` is none, or ends before it begins.
std::optional<calendar::Hours> ParseHours(absl::string_view text);

// The form of ParseHours, for messages.
inline constexpr absl::string_view kHoursForm = "`08:00-17:00`";

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_CALENDAR_LOADER_H_
