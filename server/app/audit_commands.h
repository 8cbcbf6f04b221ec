// The subcommands of `resultgate audit`, each in its own file, and what those share that read a database file.
#ifndef RESULTGATE_APP_AUDIT_COMMANDS_H_
#define RESULTGATE_APP_AUDIT_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/app/command.h"
#include "server/audit/key.h"

namespace resultgate::app {

inline constexpr char kDefaultDatabase[] = "var/resultgate.db";

void AddAuditList(CLI::App* audit, Run* run);
void AddAuditStory(CLI::App* audit, Run* run);
void AddAuditSummary(CLI::App* audit, Run* run);
void AddAuditReport(CLI::App* audit, Run* run);
void AddAuditVerify(CLI::App* audit, Run* run);
void AddAuditReplay(CLI::App* audit, Run* run);
void AddAuditExport(CLI::App* audit, Run* run);
void AddAuditCheckpoint(CLI::App* audit, Run* run);
void AddAuditProof(CLI::App* audit, Run* run);

// Adds `--actor`: who reads, which goes into the log; by default whom the operating system knows.
void AddReaderOption(CLI::App* command, std::string* actor);

// Adds `--database` and `--public-key`.
void AddDatabaseOption(CLI::App* command, std::string* database);
void AddPublicKeyOption(CLI::App* command, std::string* public_key);

// The key that `--public-key` names: the key itself, or a file that holds it; nullopt where it is empty. The error is for a
// person.
absl::StatusOr<std::optional<audit::VerifierKey>> GivenKey(const std::string& public_key);
// The given key, or where none is given that of the key file beside the database.
absl::StatusOr<audit::VerifierKey> KeyFor(const std::string& public_key, const std::string& database);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_AUDIT_COMMANDS_H_
