// The subcommands of `resultgate audit`, each in its own file, and what those share that read a database file.
#ifndef RESULTGATE_APP_AUDIT_COMMANDS_H_
#define RESULTGATE_APP_AUDIT_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

// Adds `--database` and `--public-key`.
void AddDatabaseOption(CLI::App* command, std::string* database);
void AddPublicKeyOption(CLI::App* command, std::string* public_key);

// The key that `--public-key` names: the key itself, or a file that holds it; nullopt where it is empty. The error is for a
// person.
absl::StatusOr<std::optional<audit::VerifierKey>> GivenKey(const std::string& public_key);
// Adds `--public-key`, which may be given several times.
void AddPublicKeysOption(CLI::App* command, std::vector<std::string>* public_keys);
// All keys that were given so, in their order; none where none was.
absl::StatusOr<std::vector<audit::VerifierKey>> GivenKeys(const std::vector<std::string>& public_keys);
// The given key, or where none is given that of the key file beside the database.
absl::StatusOr<audit::VerifierKey> KeyFor(const std::string& public_key, const std::string& database);

// As the format of an export: the whole database.
inline constexpr char kBackup[] = "backup";

// Has the gate that serves the log of this key, which alone writes to it, log that it is copied in that format, by whom and how
// many entries, and by which filter they were chosen, empty for all; where no such gate answers, says so on stderr.
void RecordCopy(const std::string& server, const std::string& actor, const audit::VerifierKey& key, const std::string& format,
                int64_t entries, const std::string& filter = "");

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_AUDIT_COMMANDS_H_
