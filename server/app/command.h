// What every subcommand shares: how it is added to the command line, and what its exit code says.
#ifndef RESULTGATE_APP_COMMAND_H_
#define RESULTGATE_APP_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

namespace resultgate::app {

// Exit codes of every subcommand.
inline constexpr int kDone = 0;
inline constexpr int kProblemFound = 1;
inline constexpr int kWrongUsage = 2;

// The subcommand that was asked for, ready to run; returns the exit code.
using Run = std::function<int()>;

// Each adds its subcommand with options, help and examples; parsing it sets `*run`, which outlives the parsing.
void AddServe(CLI::App* app, Run* run);
void AddSubmit(CLI::App* app, Run* run);
void AddReview(CLI::App* app, Run* run);
void AddPolicy(CLI::App* app, Run* run);
void AddComment(CLI::App* app, Run* run);
void AddReleases(CLI::App* app, Run* run);
void AddAudit(CLI::App* app, Run* run);
void AddBackup(CLI::App* app, Run* run);
void AddRestore(CLI::App* app, Run* run);
void AddPatient(CLI::App* app, Run* run);
void AddDirectory(CLI::App* app, Run* run);
void AddOutreach(CLI::App* app, Run* run);
void AddRetention(CLI::App* app, Run* run);

// The whole program: parses, runs, returns the exit code. No exception leaves it.
int Main(int argc, const char* const* argv);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_COMMAND_H_
