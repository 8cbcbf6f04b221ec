// `resultgate policy decide` and `resultgate policy explain`: a pack tried on messages, without a gate.
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/app/words.h"
#include "server/policy/decide.h"
#include "server/policy/explain.h"

namespace resultgate::app {
namespace {

policy::Context ReceivedAt(absl::Time now) {
  policy::Context context;
  context.received_at = now;
  return context;
}

JsonLine Begin(const Source& source, const std::string& outcome) {
  JsonLine line;
  line.Text("source", source.file).Number("message", source.message).Text("outcome", outcome);
  return line;
}

v1::RefuseResultRequest Refusal(intake::Message message) {
  v1::RefuseResultRequest refusal;
  refusal.set_sender(message.sender);
  refusal.set_message_id(message.message_id);
  refusal.set_message_digest(message.digest);
  for (v1::Issue& issue : message.refused) *refusal.add_issues() = std::move(issue);
  return refusal;
}

int RunDecide(const PolicyInputs& inputs) {
  bool refused = false;
  const int code = ForEachPolicyInput(inputs, [&refused](const std::shared_ptr<const policy::Pack>& pack, absl::Time now,
                                                         const Source& source, intake::Message message) {
    for (const v1::DiagnosticReport& report : message.reports) {
      const v1::Decision decision = policy::Decide(*pack, report, ReceivedAt(now), now);
      std::cout << Begin(source, "decided").Message("report", report).Message("decision", decision).ToString();
    }
    if (message.refused.empty()) return;
    refused = true;
    std::cout << Begin(source, "refused").Message("refusal", Refusal(std::move(message))).ToString();
  });
  return code == kDone && refused ? kProblemFound : code;
}

int RunExplain(const PolicyInputs& inputs, bool all, bool json) {
  bool refused = false;
  const int code = ForEachPolicyInput(inputs, [&](const std::shared_ptr<const policy::Pack>& pack, absl::Time now,
                                                  const Source& source, const intake::Message& message) {
    for (const v1::DiagnosticReport& report : message.reports) {
      const v1::Explanation explanation = policy::Explain(*pack, report, ReceivedAt(now), now);
      if (json) {
        std::cout << Begin(source, "explained")
                         .Text("report", ConceptText(report.code()))
                         .Message("explanation", explanation)
                         .ToString();
      } else {
        std::cout << source.file << ", message " << source.message << ": " << ConceptText(report.code()) << "\n"
                  << policy::ToText(explanation, all) << "\n";
      }
    }
    if (message.refused.empty()) return;
    refused = true;
    if (json) {
      std::cout << Begin(source, "refused").Message("refusal", Refusal(message)).ToString();
      return;
    }
    for (const v1::Issue& issue : message.refused) {
      std::cout << source.file << ", message " << source.message << ": refused: " << issue.place() << ": " << issue.message()
                << "\n";
    }
  });
  return code == kDone && refused ? kProblemFound : code;
}

}  // namespace

void AddPolicyDecide(CLI::App* policy, Run* run) {
  auto options = std::make_shared<PolicyInputs>();
  CLI::App* command = policy->add_subcommand("decide",
                                             "Decide the reports in files without a gate, each by itself, as if received now: "
                                             "one JSON object per line with the report and its\n"
                                             "resultgate.v1.Decision, or with what was refused. Nothing is kept.");
  AddPolicyInputs(command, options.get());
  command->footer(
      "Exit code 1 if anything was refused.\n"
      "Example:\n"
      "  resultgate policy decide --now 2026-03-06T21:05:00-05:00 biopsy.hl7");
  command->callback([options, run] { *run = [options] { return RunDecide(*options); }; });
}

void AddPolicyExplain(CLI::App* policy, Run* run) {
  auto options = std::make_shared<PolicyInputs>();
  auto all = std::make_shared<bool>(false);
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      policy->add_subcommand("explain",
                             "Say why the reports in files are decided as they are: for each unit and audience the "
                             "clock from the first final to\n"
                             "the release, and each rule with the parts of its condition, true, false or unknown.");
  AddPolicyInputs(command, options.get());
  command->add_flag("--all", *all, "Show the rules too that do not speak for a unit, and why they do not");
  command->add_flag("--json", *json,
                    "One JSON object per line with the resultgate.v1.Explanation, all rules in it, or with what was refused");
  command->footer(
      "Exit code 1 if anything was refused.\n"
      "Examples:\n"
      "  resultgate policy explain --now 2026-03-06T21:05:00-05:00 biopsy.hl7\n"
      "  resultgate policy explain --json biopsy.hl7");
  command->callback([options, all, json, run] { *run = [options, all, json] { return RunExplain(*options, *all, *json); }; });
}

}  // namespace resultgate::app
