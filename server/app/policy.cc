// `resultgate policy`: check, test and try a pack of rules, without a gate.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/inputs.h"
#include "server/app/json_lines.h"
#include "server/app/pack_loading.h"
#include "server/base/clock.h"
#include "server/base/proto_time.h"
#include "server/gate/validate.h"
#include "server/policy/decide.h"
#include "server/policy/pack_test_runner.h"

namespace resultgate::app {
namespace {

struct DecideOptions {
  PackFolders folders{"policies/default", "", "", {}};
  std::vector<std::string> files;
  std::string zone;
  std::string now;
};

std::string Plural(size_t count, const std::string& one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

// Loads and says what is wrong; null if it cannot be used.
std::shared_ptr<const policy::Pack> Load(const PackFolders& folders) {
  base::FileIssues issues;
  std::shared_ptr<const policy::Pack> pack = LoadPack(folders, &issues).pack;
  std::cerr << base::Format(issues);
  if (pack == nullptr) Fail(absl::StrCat("the pack `", folders.pack, "` cannot be used: ", Plural(issues.size(), "issue")));
  return pack;
}

int RunCheck(const PackFolders& folders) {
  const std::shared_ptr<const policy::Pack> pack = Load(folders);
  if (pack == nullptr) return kProblemFound;
  std::cout << pack->name() << ": " << Plural(pack->rules().size(), "rule") << ", "
            << Plural(pack->used_value_sets().size(), "value set") << ", zone " << pack->time_zone_name() << ", "
            << pack->digest() << "\n";
  return kDone;
}

int RunTest(const PackFolders& folders) {
  const std::shared_ptr<const policy::Pack> pack = Load(folders);
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

// One line per report, and one per message or part of it that could not be read.
class Decider {
 public:
  Decider(const policy::Pack& pack, absl::Time now) : pack_(pack), now_(now) {}

  void Take(const Source& source, intake::Message message) {
    for (v1::DiagnosticReport& report : message.reports) {
      std::vector<gate::Violation> violations = gate::Validate(report);
      if (violations.empty()) {
        policy::Context context;
        context.received_at = now_;
        const v1::Decision decision = policy::Decide(pack_, report, context, now_);
        std::cout << Begin(source, "decided").Message("report", report).Message("decision", decision).ToString();
        continue;
      }
      for (gate::Violation& violation : violations) {
        v1::Issue issue;
        issue.set_severity(v1::Issue::SEVERITY_ERROR);
        issue.set_place(absl::StrCat("report.", violation.field));
        issue.set_message(std::move(violation.description));
        message.refused.push_back(std::move(issue));
      }
    }
    if (message.refused.empty()) return;
    ++refused_;
    v1::RefuseResultRequest refusal;
    refusal.set_sender(message.sender);
    refusal.set_message_id(message.message_id);
    refusal.set_message_digest(message.digest);
    for (v1::Issue& issue : message.refused) *refusal.add_issues() = std::move(issue);
    std::cout << Begin(source, "refused").Message("refusal", refusal).ToString();
  }

  bool refused() const { return refused_ > 0; }

 private:
  static JsonLine Begin(const Source& source, const std::string& outcome) {
    JsonLine line;
    line.Text("source", source.file).Number("message", source.message).Text("outcome", outcome);
    return line;
  }

  const policy::Pack& pack_;
  const absl::Time now_;
  int refused_ = 0;
};

int RunDecide(const DecideOptions& options) {
  absl::Time now = base::SystemClock().Now();
  if (!options.now.empty() && !base::ParseRfc3339(options.now, &now)) {
    Fail(absl::StrCat("--now: `", options.now, "` is no time; write it as 2026-03-06T21:05:00-05:00"));
    return kWrongUsage;
  }
  intake::Options intake_options;
  if (!options.zone.empty()) {
    const absl::StatusOr<absl::TimeZone> zone = ZoneNamed(options.zone);
    if (!zone.ok()) {
      Fail(absl::StrCat("--zone: ", zone.status().message()));
      return kWrongUsage;
    }
    intake_options.zone = *zone;
  }
  const std::shared_ptr<const policy::Pack> pack = Load(options.folders);
  if (pack == nullptr) return kProblemFound;
  if (options.zone.empty()) intake_options.zone = pack->calendar().zone();
  Decider decider(*pack, now);
  ForEachMessage(options.files, intake_options,
                 [&decider](const Source& source, bool, intake::Message message) { decider.Take(source, std::move(message)); });
  return decider.refused() ? kProblemFound : kDone;
}

void AddCheck(CLI::App* policy, Run* run) {
  auto folders = std::make_shared<PackFolders>();
  CLI::App* command = policy->add_subcommand(
      "check", "Load a pack as a gate would, and print everything that is wrong with it, at file:line:column.");
  command->add_option("DIR", folders->pack, "The pack's folder, with its pack.yaml")->required()->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, folders.get());
  command->footer(
      "Exit code 1 if there is an error; warnings alone give 0.\n"
      "Example:\n"
      "  resultgate policy check policies/default");
  command->callback([folders, run] { *run = [folders] { return RunCheck(*folders); }; });
}

void AddTest(CLI::App* policy, Run* run) {
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

void AddDecide(CLI::App* policy, Run* run) {
  auto options = std::make_shared<DecideOptions>();
  CLI::App* command = policy->add_subcommand("decide",
                                             "Decide the reports in files without a gate, each by itself, as if received now: "
                                             "one JSON object per line with the report and its\n"
                                             "resultgate.v1.Decision, or with what was refused. Nothing is kept.");
  command->add_option("FILE", options->files, "Files of messages, as `resultgate submit` takes them; `-` is standard input")
      ->required();
  command->add_option("--policies", options->folders.pack, "The pack's folder")
      ->capture_default_str()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, &options->folders);
  command->add_option("--now", options->now, "The time to decide for, RFC 3339, as 2026-03-06T21:05:00-05:00 [now]")
      ->type_name("TIME");
  command->add_option("--zone", options->zone, "Zone of times that a message gives without one [the pack's]")->type_name("ZONE");
  command->footer(
      "Exit code 1 if anything was refused.\n"
      "Example:\n"
      "  resultgate policy decide --now 2026-03-06T21:05:00-05:00 biopsy.hl7");
  command->callback([options, run] { *run = [options] { return RunDecide(*options); }; });
}

}  // namespace

void AddPolicy(CLI::App* app, Run* run) {
  CLI::App* policy = app->add_subcommand("policy", "Check, test and try packs of rules, without a gate.");
  policy->require_subcommand(1);
  AddCheck(policy, run);
  AddTest(policy, run);
  AddDecide(policy, run);
}

}  // namespace resultgate::app
