// `resultgate audit replay`: decides what was logged again, and says what comes out otherwise.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/progress.h"
#include "server/gate/replay_log.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::app {
namespace {

struct ReplayOptions {
  std::string database = kDefaultDatabase;
  gate::ReplayRange range;
};

std::string Named(const gate::Replayed& replayed) {
  return absl::StrCat("entry ", replayed.sequence, " (result ", replayed.result_id, ", ", replayed.kind, ")");
}

std::string Decisions(int64_t count) {
  return absl::StrCat(count, count == 1 ? " decision" : " decisions");
}

void TellVersions(const gate::ReplayReport& report) {
  for (const auto& [sequence, version] : report.versions) {
    if (version == RESULTGATE_VERSION) continue;
    std::cout << "from entry " << sequence << " on it was logged by version " << version << "; this is version "
              << RESULTGATE_VERSION << "\n";
  }
}

// What is left of the range: nothing of it is uncounted.
void TellCounted(const gate::ReplayReport& report) {
  int64_t all = 0;
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : report.decide_nothing) {
    all += count;
    kinds.push_back(absl::StrCat(count, " ", kind));
  }
  if (all == 0) return;
  std::cout << all << (all == 1 ? " more entry tells" : " more entries tell")
            << " of what no rule decides: " << absl::StrJoin(kinds, ", ") << "\n";
}

int Tell(const gate::ReplayReport& report) {
  TellVersions(report);
  for (const gate::Replayed& replayed : report.differences) {
    for (const std::string& detail : replayed.details) std::cout << Named(replayed) << ": " << detail << "\n";
  }
  const int64_t more = report.different - static_cast<int64_t>(report.differences.size());
  if (more > 0) std::cout << "and " << more << " more entries that differ\n";
  for (const gate::Replayed& replayed : report.missing) {
    std::cout << Named(replayed) << ": not decided again: " << replayed.details.front() << "\n";
  }
  const int64_t more_missing = report.not_kept - static_cast<int64_t>(report.missing.size());
  if (more_missing > 0) std::cout << "and " << more_missing << " more that were not decided again\n";
  std::cout << Decisions(report.same + report.different) << " decided again: "
            << (report.ok() ? "no difference" : absl::StrCat(report.different, report.different == 1 ? " DIFFERS" : " DIFFER"))
            << "\n";
  if (report.not_kept > 0) std::cout << Decisions(report.not_kept) << " not decided again:\n";
  for (const auto& [reason, count] : report.reasons) std::cout << "  " << count << ": " << reason << "\n";
  TellCounted(report);
  return report.ok() ? kDone : kProblemFound;
}

int RunReplay(const ReplayOptions& options) {
  if (options.range.first > options.range.last) {
    return Fail(absl::StrCat("--from ", options.range.first, " comes after --to ", options.range.last));
  }
  const absl::StatusOr<std::unique_ptr<store::LogFile>> log = store::OpenLogFile(options.database);
  if (!log.ok()) return Fail(absl::StrCat("cannot read `", options.database, "`: ", log.status().message()));
  const absl::StatusOr<gate::ReplayReport> report = [&] {
    Progress progress(/*worth_a_bar=*/1'000);
    return gate::ReplayLog(**log, options.range, [&progress](int64_t done, int64_t all) { progress.Show(done, all); });
  }();
  if (!report.ok()) return Fail(absl::StrCat("cannot replay `", options.database, "`: ", report.status().message()));
  return Tell(*report);
}

}  // namespace

void AddAuditReplay(CLI::App* audit, Run* run) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = audit->add_subcommand(
      "replay",
      "Decide what was logged again, from the facts and packs that the database keeps, and say every difference; there must be\n"
      "none. What cannot be decided again, because its facts were erased or are no longer kept, is counted apart and named. The\n"
      "gate may serve the file meanwhile. Whether the log itself was changed is for `audit verify` to say.");
  AddDatabaseOption(command, &options->database);
  command->add_option("--from", options->range.first, "The first entry, by its sequence")
      ->type_name("SEQUENCE")
      ->check(CLI::PositiveNumber);
  command->add_option("--to", options->range.last, "The last entry")->type_name("SEQUENCE")->check(CLI::PositiveNumber);
  command->add_option("--result", options->range.result_id, "Only entries about this result")
      ->type_name("ID")
      ->check(CLI::PositiveNumber);
  command->footer(
      "Exit code 1 if a decision comes out otherwise.\n"
      "Examples:\n"
      "  resultgate audit replay\n"
      "  resultgate audit replay --from 12000 --to 13000\n"
      "  resultgate audit replay --result 7");
  command->callback([options, run] { *run = [options] { return RunReplay(*options); }; });
}

}  // namespace resultgate::app
