// `resultgate comment test`: the examples beside the templates.
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/comment_commands.h"
#include "server/app/policy_inputs.h"
#include "server/comment/example_run.h"

namespace resultgate::app {
namespace {

struct TestOptions {
  TemplateFolders folders;
  std::string only;
  bool update = false;
};

int RunTest(const TestOptions& options) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(options.folders.zone, &zone)) {
    Fail(absl::StrCat("--zone: there is no time zone `", options.folders.zone, "`"));
    return kWrongUsage;
  }
  const auto library = LoadTemplatesAndSay(options.folders, /*stand_in_contacts=*/true);
  if (library == nullptr) return kProblemFound;
  base::FileIssues issues;
  if (options.update) {
    const absl::Status updated = comment::UpdateExamples(*library, options.folders.templates, options.only, zone, &issues);
    if (!updated.ok()) return Fail(std::string(updated.message()));
    issues.clear();  // the run below finds them again
  }
  const comment::ExampleCount count = comment::RunExamples(*library, options.folders.templates, options.only, zone, &issues);
  std::cerr << base::Format(issues);
  std::cout << Plural(static_cast<size_t>(count.examples), "example") << ", " << Plural(static_cast<size_t>(count.texts), "text")
            << ": " << (base::HasErrors(issues) ? Plural(issues.size(), "error") : "all as written") << "\n";
  return base::HasErrors(issues) ? kProblemFound : kDone;
}

}  // namespace

void AddCommentTest(CLI::App* comment, Run* run) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = comment->add_subcommand(
      "test", "Run the examples beside the templates: each must give its text, and each wording must have an example.");
  AddTemplateFolders(command, &options->folders);
  AddCommentZone(command, &options->folders);
  command->add_option("--template", options->only, "Only this template")->type_name("ID");
  command->add_flag("--update", options->update, "Write the texts that come out now into the files, for you to read over");
  command->footer(
      "Exit code 1 if an example fails. Telephone numbers are shown as [clinic] and so on, so that examples hold at every site.\n"
      "Examples:\n"
      "  resultgate comment test templates\n"
      "  resultgate comment test --template glucose --update templates");
  command->callback([options, run] { *run = [options] { return RunTest(*options); }; });
}

}  // namespace resultgate::app
