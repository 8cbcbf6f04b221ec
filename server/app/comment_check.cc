// `resultgate comment check`: everything that is wrong with templates, at file:line:column.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/comment_commands.h"
#include "server/app/policy_inputs.h"
#include "server/base/clock.h"
#include "server/comment/check.h"

namespace resultgate::app {
namespace {

struct CheckOptions {
  TemplateFolders folders;
  std::string now;
};

int RunCheck(const CheckOptions& options) {
  absl::CivilDay today = absl::ToCivilDay(base::SystemClock().Now(), absl::LocalTimeZone());
  if (!options.now.empty() && !absl::ParseCivilTime(options.now, &today)) {
    Fail(absl::StrCat("--now: `", options.now, "` is no day; write it as 2026-03-01"));
    return kWrongUsage;
  }
  base::FileIssues issues;
  const auto library = LoadTemplates(options.folders, /*stand_in_contacts=*/true, &issues);
  if (library != nullptr) {
    // A text that is not the one that was signed is a warning to who starts a gate, and an error here.
    issues.erase(std::remove_if(issues.begin(), issues.end(),
                                [](const base::FileIssue& issue) { return absl::StartsWith(issue.message, "[sign-off]"); }),
                 issues.end());
    comment::CheckWordings(*library, today, &issues);
  }
  std::cerr << base::Format(issues);
  const auto errors = std::count_if(issues.begin(), issues.end(), [](const base::FileIssue& issue) {
    return issue.severity == base::FileIssue::Severity::kError;
  });
  if (library != nullptr) {
    std::cout << Plural(library->Ids().size(), "template") << ", " << Plural(library->Wordings().size(), "wording") << ", "
              << library->digest() << ": ";
  }
  std::cout << Plural(static_cast<size_t>(errors), "error") << ", "
            << Plural(issues.size() - static_cast<size_t>(errors), "warning") << "\n";
  return errors == 0 ? kDone : kProblemFound;
}

}  // namespace

void AddCommentCheck(CLI::App* comment, Run* run) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = comment->add_subcommand(
      "check", "Load templates as a gate would, and print what is wrong with them and hard to read in them.");
  AddTemplateFolders(command, &options->folders);
  command->add_option("--now", options->now, "The day on which a review is overdue, as 2026-03-01 [today]")->type_name("DATE");
  command->footer(
      "Each finding names its check: reading-level, sentence-length, abbreviation, jargon, reassurance, diagnosis, next-step,\n"
      "arguments, language, variant, telephone, title, sign-off. Exit code 1 if there is an error; warnings alone give 0.\n"
      "Example:\n"
      "  resultgate comment check templates");
  command->callback([options, run] { *run = [options] { return RunCheck(*options); }; });
}

}  // namespace resultgate::app
