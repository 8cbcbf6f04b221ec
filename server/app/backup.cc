// `resultgate backup` and `restore`.
#include "server/store/sqlite/backup.h"

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/gate/stored_check.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::app {
namespace {

struct BackupOptions {
  std::string database = kDefaultDatabase;
  std::string server;
  std::string actor;
  std::string file;
  std::string public_key;
};

// A copy that does not prove itself, or in which something was changed beside the log, is no backup.
absl::Status Check(const std::string& file, const audit::VerifierKey& key, int64_t* entries) {
  const absl::StatusOr<std::unique_ptr<store::LogFile>> log = store::OpenLogFile(file);
  if (!log.ok()) return log.status();
  const absl::StatusOr<audit::LogReport> report = (*log)->Verify(key, {}, nullptr);
  if (!report.ok()) return report.status();
  *entries = report->entries;
  if (!report->ok()) return absl::DataLossError(absl::StrCat("its log does not hold: ", report->findings[0].message));
  const absl::StatusOr<gate::StoredReport> stored = gate::CheckStored(**log, nullptr);
  if (!stored.ok()) return stored.status();
  if (stored->ok()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("what is kept beside its log does not agree with it: ", stored->findings[0]));
}

int RunBackup(const BackupOptions& options) {
  const absl::StatusOr<audit::VerifierKey> key = KeyFor(options.public_key, options.database);
  if (!key.ok()) return Fail(std::string(key.status().message()));
  const absl::StatusOr<std::unique_ptr<store::LogFile>> log = store::OpenLogFile(options.database);
  if (!log.ok()) return Fail(absl::StrCat("cannot read `", options.database, "`: ", log.status().message()));
  // Before anything is written, so that the copy says so too.
  RecordCopy(options.server, options.actor, *key, kBackup, (*log)->size());
  if (const absl::Status status = store::Backup(options.database, options.file); !status.ok())
    return Fail(std::string(status.message()));
  int64_t entries = 0;
  if (const absl::Status status = Check(options.file, *key, &entries); !status.ok()) {
    return Fail(absl::StrCat("`", options.file, "` was written, but is no backup to restore: ", status.message()));
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
  CLI::App* command = app->add_subcommand("backup",
                                          "Copy the database as it is at this moment, while the gate serves it, and check the "
                                          "copy as `audit verify` does. The gate is told, so that\n"
                                          "the log holds who did it.");
  command->add_option("FILE", options->file, "Where to; must not be there")->required()->type_name("FILE");
  AddDatabaseOption(command, &options->database);
  AddPublicKeyOption(command, &options->public_key);
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->footer("Example:\n  resultgate backup /mnt/backup/resultgate-2026-03-06.db");
  command->callback([options, run] { *run = [options] { return RunBackup(*options); }; });
}

void AddRestore(CLI::App* app, Run* run) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* command = app->add_subcommand(
      "restore",
      "Put a backup in the place of the database, once `audit verify` would find nothing wrong in it. The gate must be "
      "stopped and the database before moved away.");
  command->add_option("FILE", options->file, "The backup")->required()->type_name("FILE")->check(CLI::ExistingFile);
  AddDatabaseOption(command, &options->database);
  command->get_option("--database")->description("Where the gate's database is to be; nothing may be there");
  AddPublicKeyOption(command, &options->public_key);
  command->footer("Example:\n  resultgate restore /mnt/backup/resultgate-2026-03-06.db");
  command->callback([options, run] { *run = [options] { return RunRestore(*options); }; });
}

}  // namespace resultgate::app
