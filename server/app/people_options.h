// What the subcommands about patients and staff share: identifiers, times and days as a person types them.
#ifndef RESULTGATE_APP_PEOPLE_OPTIONS_H_
#define RESULTGATE_APP_PEOPLE_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::app {

// `MRN|p1`: who assigned it, and the identifier; without a bar the identifier alone.
v1::Identifier ParseIdentifier(absl::string_view text);
std::string IdentifierText(const v1::Identifier& identifier);

// `2026-03-09T08:00:00-05:00`, or a day, `2026-03-09`, which begins at midnight in `zone`. False, with a message for the person
// who typed it on stderr, for anything else.
bool ReadTime(const char* option, const std::string& text, const absl::TimeZone& zone, absl::Time* time);

// Adds a required `--actor`.
void AddActorOption(CLI::App* command, std::string* actor);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_PEOPLE_OPTIONS_H_
