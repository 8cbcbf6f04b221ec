#include "server/policy/starter.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/policy/embedded.h"

namespace resultgate::policy {
namespace {

// The same rules by the names of the shared value sets and calendar.
std::string WithSharedNames(const std::string& content) {
  return absl::StrReplaceAll(content, {{"codes: [blood-count]", "codes: [cbc]"},
                                       {"codes: [sexual-health]", "codes: [sti]"},
                                       {"calendar: our-holidays", "calendar: weekdays"},
                                       {"calendars/our-holidays.yaml", "../calendars/weekdays.yaml, which has none"}});
}

}  // namespace

std::vector<StarterFile> StarterPack(const std::string& name, const std::string& jurisdiction, StarterNames names) {
  const bool us = jurisdiction == "US" || absl::StartsWith(jurisdiction, "US-");
  std::vector<StarterFile> files;
  for (const absl::string_view folder : {"starter/common/", us ? "starter/us/" : "starter/anywhere/"}) {
    for (const absl::string_view file : EmbeddedNames(folder)) {
      const std::string path(file.substr(folder.size()));
      const bool shared = names == StarterNames::kShared;
      if (shared && (absl::StartsWith(path, "valuesets/") || absl::StartsWith(path, "calendars/"))) continue;
      std::string content =
          absl::StrReplaceAll(Embedded(file), {{"\nname: starter\n", absl::StrCat("\nname: ", name, "\n")},
                                               {"\njurisdiction: none\n", absl::StrCat("\njurisdiction: ", jurisdiction, "\n")}});
      files.push_back({path, shared ? WithSharedNames(content) : std::move(content)});
    }
  }
  return files;
}

}  // namespace resultgate::policy
