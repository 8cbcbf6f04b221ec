#include "server/app/command.h"

#include <exception>
#include <iostream>

namespace resultgate::app {

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
      return app.exit(error) == 0 ? kDone : kWrongUsage;
    }
    return run();
  } catch (const std::exception& error) {
    std::cerr << "resultgate: " << error.what() << "\n";
    return kProblemFound;
  }
}

}  // namespace resultgate::app
