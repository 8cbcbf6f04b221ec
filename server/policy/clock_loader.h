// By what a pack counts time: `time_zone`, `calendar`, `staffed_hours`, `facilities` and `notifications` of pack.yaml.
#ifndef RESULTGATE_POLICY_CLOCK_LOADER_H_
#define RESULTGATE_POLICY_CLOCK_LOADER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/file.h"
#include "server/base/file_issue.h"
#include "server/calendar/calendar.h"
#include "server/policy/facility.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

struct PackClocks {
  std::string time_zone_name;
  std::shared_ptr<const calendar::Calendar> calendar;  // never null
  // In whose hours people are told of something new; null: at any time.
  std::shared_ptr<const calendar::Calendar> notification_calendar;
  absl::Duration notifications_together;  // how long what comes of one visit waits for more
  std::vector<Facility> facilities;       // in order of name, one for each name
  // What the pack's digest must cover: `calendar/<name>` and the content, each file once.
  std::vector<std::pair<std::string, std::string>> files;
};

// Reads the keys from `pack`, the root of `document`. Calendars are files of the folder `calendars`. What a facility leaves out
// is the pack's. Mistakes are appended to `issues`.
PackClocks LoadClocks(const yaml::Document& document, yaml::MapReader* pack, const std::string& calendars,
                      const base::Files& files, base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_CLOCK_LOADER_H_
