// `resultgate policy test`: the tests that stand beside a pack's rules, and what of the rules they try.
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/junit.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/policy/pack_test_runner.h"

namespace resultgate::app {
namespace {

struct TestOptions {
  PackFolders folders;
  std::string junit;
  bool coverage = false;
  double min_coverage = 0;
};

void PrintFailures(const policy::PackTestReport& report) {
  for (const policy::TestOutcome& test : report.tests) {
    if (test.passed()) continue;
    std::cout << test.place.file << ":" << test.place.line << ": failed: " << test.name << "\n";
    for (const std::string& difference : test.differences) std::cout << "    " << difference << "\n";
  }
}

// What the tests try, in per cent of all branches.
double PrintCoverage(const policy::PackTestReport& report, bool all) {
  for (const std::string& rule : report.untested_rules) std::cout << "no test needs rule `" << rule << "`\n";
  size_t matched = 0;
  size_t both = 0;
  for (const policy::RuleCoverage& rule : report.coverage) {
    matched += rule.whole.when_true ? 1 : 0;
    both += rule.whole.when_true && rule.whole.when_false ? 1 : 0;
    if (!all) continue;
    std::cout << rule.rule->id << ": " << (rule.whole.when_true ? "matched" : "never matched")
              << (rule.whole.when_false ? ", did not match" : "") << (rule.whole.when_unknown ? ", was unknown" : "")
              << (rule.whole.can_be_unknown && !rule.whole.when_unknown ? ", was never unknown" : "") << "\n";
    for (const policy::CoveredPart& part : rule.parts) {
      const auto mark = [](bool tried) { return tried ? "yes" : "NO "; };
      const policy::Branches& branches = part.branches;
      std::cout << "  true " << mark(branches.when_true) << "  false " << mark(branches.when_false) << "  unknown "
                << (branches.can_be_unknown ? mark(branches.when_unknown) : "-  ") << "  "
                << std::string(static_cast<size_t>(2 * part.depth), ' ') << part.text << "\n";
    }
  }
  const int tried = policy::TriedBranches(report.coverage);
  const int branches = policy::AllBranches(report.coverage);
  const double percent = branches == 0 ? 100 : 100.0 * tried / branches;
  std::cout << absl::StrFormat("tried: %d of %s matched and %d both ways; %d of %d branches of their conditions (%.1f %%)\n",
                               matched, Plural(report.coverage.size(), "rule"), both, tried, branches, percent);
  return percent;
}

int RunTest(const TestOptions& options) {
  const std::shared_ptr<const policy::Pack> pack = LoadAndSay(options.folders);
  if (pack == nullptr) return kProblemFound;
  base::FileIssues issues;
  const policy::PackTestReport report = policy::RunPackTests(*pack, options.folders.pack, &issues);
  std::cerr << base::Format(issues);
  PrintFailures(report);
  const double percent = PrintCoverage(report, options.coverage);
  const bool too_little = percent < options.min_coverage;
  if (options.coverage || too_little) {
    for (const std::string& line : policy::Untried(report.coverage)) std::cout << line << "\n";
  }
  size_t failed = 0;
  for (const policy::TestOutcome& test : report.tests) failed += test.passed() ? 0 : 1;
  std::cout << pack->name() << ": " << report.tests.size() - failed << " of " << Plural(report.tests.size(), "test")
            << " passed\n";
  if (!options.junit.empty()) {
    std::ofstream file(options.junit);
    file << ToJunit(pack->name(), report, issues);
    file.close();
    if (!file) return Fail(absl::StrCat("`", options.junit, "` cannot be written"));
  }
  if (too_little) {
    return Fail(
        absl::StrFormat("the tests try %.1f %% of the branches, less than --min-coverage %g", percent, options.min_coverage));
  }
  return failed == 0 && !base::HasErrors(issues) ? kDone : kProblemFound;
}

}  // namespace

void AddPolicyTest(CLI::App* policy, Run* run) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = policy->add_subcommand("test",
                                             "Run the tests that stand beside a pack's rules, in its folder tests/, and say what "
                                             "of the rules they try.");
  command->add_option("DIR", options->folders.pack, "The pack's folder, with its pack.yaml")
      ->required()
      ->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, &options->folders);
  command->add_option("--junit", options->junit, "Write the outcome as JUnit XML too")->type_name("FILE");
  command->add_flag(
      "--coverage", options->coverage,
      "Print for each rule which parts of its condition some test makes true, false and unknown, and which none does");
  command
      ->add_option("--min-coverage", options->min_coverage,
                   "Exit code 1 if less than this much of the parts' branches is tried, in per cent; prints what is not")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("PERCENT");
  command->footer(
      "A branch is a part of `match` or `when` being true, false or, where a fact may be missing, unknown. It counts where it\n"
      "decides: where the parts beside it leave the rule open.\n"
      "Exit code 1 if a test fails.\n"
      "Examples:\n"
      "  resultgate policy test policies/default\n"
      "  resultgate policy test --min-coverage 90 --junit pack.xml policies/default      in a pull request");
  command->callback([options, run] { *run = [options] { return RunTest(*options); }; });
}

}  // namespace resultgate::app
