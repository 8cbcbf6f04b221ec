// `resultgate comment coverage`: which comments a site's messages would get.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/comment_commands.h"
#include "server/app/inputs.h"
#include "server/app/policy_inputs.h"
#include "server/app/table.h"
#include "server/comment/coverage.h"

namespace resultgate::app {
namespace {

struct CoverageOptions {
  TemplateFolders folders;
  std::vector<std::string> files;
  size_t top = 20;
};

std::string Share(int part, int whole) {
  return absl::StrFormat("%d of %d (%.1f%%)", part, whole, whole == 0 ? 0.0 : 100.0 * part / whole);
}

int RunCoverage(const CoverageOptions& options) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(options.folders.zone, &zone)) {
    Fail(absl::StrCat("--zone: there is no time zone `", options.folders.zone, "`"));
    return kWrongUsage;
  }
  const auto library = LoadTemplatesAndSay(options.folders, /*stand_in_contacts=*/false);
  if (library == nullptr) return kProblemFound;
  base::FileIssues issues;  // none: the templates were loaded with these
  const auto value_sets = LoadValueSets(options.folders, &issues);
  if (value_sets == nullptr) return Fail(base::Format(issues));
  comment::Coverage coverage(*library, *value_sets, zone);
  intake::Options intake_options;
  intake_options.zone = zone;
  size_t refused = 0;
  ForEachMessage(options.files, intake_options, [&](const Source&, bool, const intake::Message& message) {
    refused += message.refused.size();
    for (const v1::DiagnosticReport& report : message.reports) coverage.Add(report);
  });

  Table uses({{"reports", 8}, {"template", 32}, {"wording", 40}, {"language", 8}, {"", 8}});
  for (const comment::Coverage::Use& use : coverage.Uses())
    uses.AddRow({absl::StrCat(use.reports), use.template_id, use.variant, use.language, use.specific ? "" : "generic"});
  std::cout << uses.ToString() << "\n";
  const std::vector<comment::Coverage::Missing> missing = coverage.WithoutTemplate();
  if (!missing.empty()) {
    Table codes({{"results", 8}, {"code", 16}, {"name", 60}});
    for (size_t i = 0; i < missing.size() && i < options.top; ++i)
      codes.AddRow({absl::StrCat(missing[i].observations), missing[i].code, missing[i].display});
    std::cout << "Codes without a template of their own, the most frequent first:\n" << codes.ToString() << "\n";
  }
  std::cout << Share(coverage.specific_reports(), coverage.reports())
            << " reports get a comment of their own, the rest a generic one\n"
            << Share(coverage.covered_observations(), coverage.observations())
            << " final laboratory results with a valid LOINC code have a template\n"
            << Share(coverage.commented_observations(), coverage.observations())
            << " of them are told in a template's own words: the comment's, or those of a part of it\n"
            << Share(coverage.served_commented_observations(), coverage.served_observations())
            << " of those of the classes that templates serve are\n";
  if (refused > 0) std::cout << Plural(refused, "message or report") << " could not be read\n";
  return kDone;
}

}  // namespace

void AddCommentCoverage(CLI::App* comment, Run* run) {
  auto options = std::make_shared<CoverageOptions>();
  CLI::App* command = comment->add_subcommand(
      "coverage", "Say which template and wording the reports in files would get, and which codes have no template.");
  command->add_option("FILE", options->files, "HL7 v2 or FHIR files, as `submit` takes them; - for standard input")->required();
  command->add_option("--templates", options->folders.templates, "The templates' folder")
      ->type_name("DIR")
      ->capture_default_str()
      ->check(CLI::ExistingDirectory);
  command
      ->add_option("--value-sets", options->folders.value_sets, "Folder of value sets [policies/valuesets beside DIR, else here]")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  AddCommentZone(command, &options->folders);
  command->add_option("--top", options->top, "How many codes to print")->capture_default_str();
  command->footer(
      "Example:\n"
      "  resultgate comment coverage tests/data/*.hl7");
  command->callback([options, run] { *run = [options] { return RunCoverage(*options); }; });
}

}  // namespace resultgate::app
