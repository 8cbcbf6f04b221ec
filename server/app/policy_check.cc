// `resultgate policy check`: everything that is wrong with a pack.
#include <iostream>
#include <memory>
#include <string>

#include "server/app/command.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/policy/sentence.h"

namespace resultgate::app {
namespace {

int RunCheck(PackFolders folders, const std::string& now, bool sentences) {
  if (!ReadNow(now, &folders.options.now.emplace())) return kWrongUsage;
  const std::shared_ptr<const policy::Pack> pack = LoadAndSay(folders);
  if (pack == nullptr) return kProblemFound;
  if (sentences) {
    for (const policy::Rule& rule : pack->rules()) std::cout << rule.id << "\n  " << policy::Sentence(rule) << "\n";
  }
  std::cout << pack->name() << ": " << Plural(pack->rules().size(), "rule") << ", "
            << Plural(pack->used_value_sets().size(), "value set") << ", zone " << pack->time_zone_name() << ", "
            << pack->digest() << "\n";
  return kDone;
}

}  // namespace

void AddPolicyCheck(CLI::App* policy, Run* run) {
  auto folders = std::make_shared<PackFolders>();
  CLI::App* command = policy->add_subcommand(
      "check", "Load a pack as a gate would, and print everything that is wrong with it, at file:line:column.");
  command->add_option("DIR", folders->pack, "The pack's folder, with its pack.yaml")->required()->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, folders.get());
  command->footer(
      "Exit code 1 if there is an error; warnings alone give 0.\n"
      "Example:\n"
      "  resultgate policy check policies/default");
  auto now = std::make_shared<std::string>();
  command->add_option("--now", *now, "The time to hold dates of effect against, RFC 3339 [now]")->type_name("TIME");
  auto sentences = std::make_shared<bool>(false);
  command->add_flag("--sentences", *sentences,
                    "Print each rule in plain sentences too, as the program understands it: for sign-off");
  command->callback(
      [folders, now, sentences, run] { *run = [folders, now, sentences] { return RunCheck(*folders, *now, *sentences); }; });
}

}  // namespace resultgate::app
