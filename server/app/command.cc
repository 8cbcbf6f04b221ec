#include "server/app/command.h"

#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/file_issue.h"

namespace resultgate::app {
namespace {

// The first word that stands where a subcommand belongs and is none, with what may have been meant; nullopt where each is one.
// CLI11 says then only that one is required, and names none.
std::optional<std::string> UnknownSubcommand(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  std::string path = "resultgate";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::vector<const CLI::App*> subcommands = at->get_subcommands([](const CLI::App*) { return true; });
    // What follows are options and files of one subcommand.
    if (subcommands.empty() || absl::StartsWith(word, "-")) return std::nullopt;
    const CLI::App* found = nullptr;
    std::vector<std::string> names;
    for (const CLI::App* subcommand : subcommands) {
      names.push_back(subcommand->get_name());
      if (subcommand->check_name(word)) found = subcommand;
    }
    if (found == nullptr) {
      const std::string nearest = base::Nearest(word, names);
      return absl::StrCat(
          "`", path, "` has no subcommand `", word, "`; ",
          nearest.empty() ? absl::StrCat("see `", path, " --help`") : absl::StrCat("did you mean `", path, " ", nearest, "`?"));
    }
    at = found;
    absl::StrAppend(&path, " ", word);
  }
  return std::nullopt;
}

}  // namespace

int Main(int argc, const char* const* argv) {
  try {
    CLI::App app(
        "Resultgate decides when and how a medical test result reaches the patient: which results go now, which wait and for "
        "whom, and what\n"
        "is said with them.",
        "resultgate");
    app.set_version_flag("--version", RESULTGATE_VERSION);
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 done, 1 a problem was found, 2 wrong usage.\n"
        "Examples:\n"
        "  resultgate serve --dev                        start a gate on 127.0.0.1:50051\n"
        "  resultgate submit tests/data/*.hl7            give it results\n"
        "  resultgate review list                        see who has what to review\n"
        "  resultgate policy check policies/default      check a pack of rules\n"
        "  resultgate comment check templates            check what patients read");
    Run run;
    AddServe(&app, &run);
    AddSubmit(&app, &run);
    AddReview(&app, &run);
    AddPolicy(&app, &run);
    AddComment(&app, &run);
    AddReleases(&app, &run);
    AddOutreach(&app, &run);
    AddPatient(&app, &run);
    AddDirectory(&app, &run);
    AddRetention(&app, &run);
    AddAudit(&app, &run);
    AddBackup(&app, &run);
    AddRestore(&app, &run);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() != 0) {
        if (const std::optional<std::string> unknown = UnknownSubcommand(app, argc, argv)) {
          std::cerr << "resultgate: " << *unknown << "\n";
          return kWrongUsage;
        }
      }
      return app.exit(error) == 0 ? kDone : kWrongUsage;
    }
    return run();
  } catch (const std::exception& error) {
    std::cerr << "resultgate: " << error.what() << "\n";
    return kProblemFound;
  }
}

}  // namespace resultgate::app
