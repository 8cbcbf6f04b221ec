// `resultgate policy codes`: which codes of a site's messages no rule knows.
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/app/table.h"
#include "server/policy/unmapped_codes.h"

namespace resultgate::app {
namespace {

struct CodesOptions {
  PolicyInputs inputs;
  std::string csv;
  size_t top = 40;
};

int RunCodes(const CodesOptions& options) {
  std::optional<policy::UnmappedCodes> codes;
  std::shared_ptr<const policy::Pack> kept;
  const int code = ForEachPolicyInput(options.inputs, [&](const std::shared_ptr<const policy::Pack>& pack, absl::Time,
                                                          const Source&, const intake::Message& message) {
    kept = pack;
    if (!codes) codes.emplace(*pack);
    for (const v1::DiagnosticReport& report : message.reports) codes->Add(report);
  });
  if (code != kDone || !codes) return code;
  const std::vector<policy::UnmappedCode> unmapped = codes->ByVolume();
  Table table({{"count", 8}, {"system", 40}, {"code", 24}, {"display", 50}});
  for (size_t i = 0; i < unmapped.size() && i < options.top; ++i) {
    table.AddRow({absl::StrCat(unmapped[i].count), unmapped[i].system, unmapped[i].code, unmapped[i].display});
  }
  std::cout << table.ToString(TerminalWidth());
  std::cout << codes->unmapped() << " of " << codes->seen()
            << " codes of results and reports are in no value set that a rule uses: " << Plural(unmapped.size(), "code")
            << " to map\n";
  if (options.csv.empty()) return kDone;
  std::ofstream file(options.csv);
  file << policy::ToValueSetCsv(unmapped);
  file.close();
  if (!file) return Fail(absl::StrCat("`", options.csv, "` cannot be written"));
  return kDone;
}

}  // namespace

void AddPolicyCodes(CLI::App* policy, Run* run) {
  auto options = std::make_shared<CodesOptions>();
  CLI::App* command = policy->add_subcommand(
      "codes", "List the codes in files of messages that no rule of the pack knows, the most frequent first.");
  AddPolicyInputs(command, &options->inputs);
  command->add_option("--csv", options->csv, "Write them as a value set to fill in")->type_name("FILE");
  command->add_option("--top", options->top, "How many to print")->capture_default_str();
  command->footer(
      "Example:\n"
      "  resultgate policy codes --csv our-codes.csv messages/*.hl7");
  command->callback([options, run] { *run = [options] { return RunCodes(*options); }; });
}

}  // namespace resultgate::app
