#include "server/app/people_options.h"

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/app/client.h"
#include "server/base/proto_time.h"

namespace resultgate::app {

v1::Identifier ParseIdentifier(absl::string_view text) {
  v1::Identifier identifier;
  const size_t bar = text.find('|');
  if (bar != absl::string_view::npos) identifier.set_system(std::string(text.substr(0, bar)));
  identifier.set_value(std::string(bar == absl::string_view::npos ? text : text.substr(bar + 1)));
  return identifier;
}

std::string IdentifierText(const v1::Identifier& identifier) {
  return identifier.system().empty() ? identifier.value() : absl::StrCat(identifier.system(), "|", identifier.value());
}

bool ReadTime(const char* option, const std::string& text, const absl::TimeZone& zone, absl::Time* time) {
  if (base::ParseRfc3339(text, time)) return true;
  absl::CivilDay day;
  if (absl::ParseCivilTime(text, &day)) {
    *time = absl::FromCivil(day, zone);
    return true;
  }
  Fail(absl::StrCat(option, ": `", text, "` is no time; write it as 2026-03-09 or 2026-03-09T08:00:00-05:00"));
  return false;
}

void AddActorOption(CLI::App* command, std::string* actor) {
  command->add_option("--actor", *actor, "Who says so: the organisation's identifier of the person or system; goes into the log")
      ->required()
      ->type_name("ID");
}

}  // namespace resultgate::app
