// `resultgate backup` and `restore`.
#include "server/store/sqlite/backup.h"

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::app {
namespace {

struct BackupOptions {
  std::string database = kDefaultDatabase;
  std::string file;
  std::string public_key;
};

// A copy that does not prove itself is no backup.
absl::Status Check(const std::string& file, const audit::VerifierKey& key, int64_t* entries) {
  const absl::StatusOr<std::unique_ptr<store::LogFile>> log = store::OpenLogFile(file);
  if (!log.ok()) return log.status();
  const absl::StatusOr<audit::LogReport> report = (*log)->Verify(key, {}, nullptr);
  if (!report.ok()) return report.status();
  *entries = report->entries;
  return report->ok() ? absl::OkStatus() : absl::DataLossError(report->findings[0].message);
}

int RunBackup(const BackupOptions& options) {
  const absl::StatusOr<audit::VerifierKey> key = KeyFor(options.public_key, options.database);
  if (!key.ok()) return Fail(std::string(key.status().message()));
  if (const absl::Status status = store::Backup(options.database, options.file); !status.ok())
    return Fail(std::string(status.message()));
  int64_t entries = 0;
  if (const absl::Status status = Check(options.file, *key, &entries); !status.ok()) {
    return Fail(absl::StrCat("`", options.file, "` was written, but its log does not hold: ", status.message()));
  }
  std::cout << options.file << ": " << entries << " log entries, verified. The log's key is not in it: keep that elsewhere\n";
  return kDone;
}

int RunRestore(const BackupOptions& options) {
  const absl::StatusOr<audit::VerifierKey> key = KeyFor(options.public_key, options.database);
  if (!key.ok()) return Fail(absl::StrCat("put the log's key back first: ", key.status().message()));
  int64_t entries = 0;
  if (const absl::Status status = Check(options.file, *key, &entries); !status.ok()) {
    return Fail(absl::StrCat("`", options.file, "` is not restored: ", status.message()));
  }
  if (const absl::Status status = store::Restore(options.file, options.database); !status.ok()) {
    return Fail(std::string(status.message()));
  }
  std::cout << options.database << ": " << entries << " log entries, verified. What was logged after the backup is not there:\n"
            << "`resultgate audit verify --witness` with a later checkpoint says so\n";
  return kDone;
}

}  // namespace

void AddBackup(CLI::App* app, Run* run) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* command = app->add_subcommand(
      "backup", "Copy the database as it is at this moment, while the gate serves it, and verify the copy's log.");
  command->add_option("FILE", options->file, "Where to; must not be there")->required()->type_name("FILE");
  AddDatabaseOption(command, &options->database);
  AddPublicKeyOption(command, &options->public_key);
  command->footer("Example:\n  resultgate backup /mnt/backup/resultgate-2026-03-06.db");
  command->callback([options, run] { *run = [options] { return RunBackup(*options); }; });
}

void AddRestore(CLI::App* app, Run* run) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* command = app->add_subcommand("restore",
                                          "Put a backup in the place of the database, once its log holds. The gate must be "
                                          "stopped and the database before moved away.");
  command->add_option("FILE", options->file, "The backup")->required()->type_name("FILE")->check(CLI::ExistingFile);
  AddDatabaseOption(command, &options->database);
  AddPublicKeyOption(command, &options->public_key);
  command->footer("Example:\n  resultgate restore /mnt/backup/resultgate-2026-03-06.db");
  command->callback([options, run] { *run = [options] { return RunRestore(*options); }; });
}

}  // namespace resultgate::app
