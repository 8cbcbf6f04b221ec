// `resultgate policy check` and `resultgate policy test`: a pack and the tests beside it.
#include <iostream>
#include <memory>
#include <string>

#include "server/app/command.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/policy/pack_test_runner.h"
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

int RunTest(const PackFolders& folders) {
  const std::shared_ptr<const policy::Pack> pack = LoadAndSay(folders);
  if (pack == nullptr) return kProblemFound;
  base::FileIssues issues;
  const policy::PackTestReport report = policy::RunPackTests(*pack, folders.pack, &issues);
  std::cerr << base::Format(issues);
  size_t failed = 0;
  for (const policy::TestOutcome& test : report.tests) {
    if (test.passed()) continue;
    ++failed;
    std::cout << test.place.file << ":" << test.place.line << ": failed: " << test.name << "\n";
    for (const std::string& difference : test.differences) std::cout << "    " << difference << "\n";
  }
  for (const std::string& rule : report.untested_rules) std::cout << "no test needs rule `" << rule << "`\n";
  std::cout << pack->name() << ": " << report.tests.size() - failed << " of " << Plural(report.tests.size(), "test")
            << " passed\n";
  return failed == 0 && !base::HasErrors(issues) ? kDone : kProblemFound;
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

void AddPolicyTest(CLI::App* policy, Run* run) {
  auto folders = std::make_shared<PackFolders>();
  CLI::App* command = policy->add_subcommand("test", "Run the tests that stand beside a pack's rules, in its folder tests/.");
  command->add_option("DIR", folders->pack, "The pack's folder, with its pack.yaml")->required()->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, folders.get());
  command->footer(
      "Exit code 1 if a test fails.\n"
      "Example:\n"
      "  resultgate policy test policies/default");
  command->callback([folders, run] { *run = [folders] { return RunTest(*folders); }; });
}

}  // namespace resultgate::app
