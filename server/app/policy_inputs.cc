#include "server/app/policy_inputs.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/base/clock.h"
#include "server/base/proto_time.h"
#include "server/gate/validate.h"

namespace resultgate::app {

void RefuseInvalid(intake::Message* message) {
  std::vector<v1::DiagnosticReport> valid;
  for (v1::DiagnosticReport& report : message->reports) {
    std::vector<gate::Violation> violations = gate::Validate(report);
    if (violations.empty()) valid.push_back(std::move(report));
    for (gate::Violation& violation : violations) {
      v1::Issue issue;
      issue.set_severity(v1::Issue::SEVERITY_ERROR);
      issue.set_place(absl::StrCat("report.", violation.field));
      issue.set_message(std::move(violation.description));
      message->refused.push_back(std::move(issue));
    }
  }
  message->reports = std::move(valid);
}

bool ReadNow(const std::string& text, absl::Time* now) {
  *now = base::SystemClock().Now();
  if (text.empty() || base::ParseRfc3339(text, now)) return true;
  Fail(absl::StrCat("--now: `", text, "` is no time; write it as 2026-03-06T21:05:00-05:00"));
  return false;
}

bool ReadZone(const std::string& name, absl::TimeZone* zone) {
  if (name.empty()) return true;
  const absl::StatusOr<absl::TimeZone> found = ZoneNamed(name);
  if (found.ok()) *zone = *found;
  if (!found.ok()) Fail(absl::StrCat("--zone: ", found.status().message()));
  return found.ok();
}

std::string Plural(size_t count, const std::string& one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

std::shared_ptr<const policy::Pack> LoadAndSay(const PackFolders& folders) {
  base::FileIssues issues;
  std::shared_ptr<const policy::Pack> pack = LoadPack(folders, &issues).pack;
  std::cerr << base::Format(issues);
  if (pack == nullptr) Fail(absl::StrCat("the pack `", folders.pack, "` cannot be used: ", Plural(issues.size(), "issue")));
  return pack;
}

void AddPolicyInputs(CLI::App* command, PolicyInputs* inputs) {
  command->add_option("FILE", inputs->files, "Files of messages, as `resultgate submit` takes them; `-` is standard input")
      ->required();
  command->add_option("--policies", inputs->folders.pack, "The pack's folder")
      ->capture_default_str()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, &inputs->folders);
  command->add_option("--now", inputs->now, "The time to decide for, RFC 3339, as 2026-03-06T21:05:00-05:00 [now]")
      ->type_name("TIME");
  command->add_option("--zone", inputs->zone, "Zone of times that a message gives without one [the pack's]")->type_name("ZONE");
}

int ForEachPolicyInput(const PolicyInputs& inputs,
                       const std::function<void(const std::shared_ptr<const policy::Pack>& pack, absl::Time now,
                                                const Source& source, intake::Message message)>& take) {
  absl::Time now;
  intake::Options intake_options;
  if (!ReadNow(inputs.now, &now) || !ReadZone(inputs.zone, &intake_options.zone)) return kWrongUsage;
  const std::shared_ptr<const policy::Pack> pack = LoadAndSay(inputs.folders);
  if (pack == nullptr) return kProblemFound;
  if (inputs.zone.empty()) intake_options.zone = pack->calendar().zone();
  ForEachMessage(inputs.files, intake_options, [&](const Source& source, bool, intake::Message message) {
    RefuseInvalid(&message);
    take(pack, now, source, std::move(message));
  });
  return kDone;
}

}  // namespace resultgate::app
