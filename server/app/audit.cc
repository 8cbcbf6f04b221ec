#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/app/audit_commands.h"
#include "server/base/file.h"
#include "server/base/status_macros.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::app {

void AddReaderOption(CLI::App* command, std::string* actor) {
  for (const char* variable : {"LOGNAME", "USER"}) {
    const char* name = std::getenv(variable);
    if (name != nullptr) *actor = name;
  }
  command->add_option("--actor", *actor, "Who reads: goes into the log. By default whom the operating system knows")
      ->envname("RESULTGATE_ACTOR")
      ->type_name("NAME");
}

void AddDatabaseOption(CLI::App* command, std::string* database) {
  command->add_option("--database", *database, "The database of the gate, which may be served meanwhile")
      ->capture_default_str()
      ->envname("RESULTGATE_DATABASE")
      ->type_name("FILE");
}

void AddPublicKeyOption(CLI::App* command, std::string* public_key) {
  command
      ->add_option(
          "--public-key", *public_key,
          "The log's public key, or a file that holds it, as `serve` printed it [that of the key file beside the database]")
      ->type_name("KEY");
}

absl::StatusOr<std::optional<audit::VerifierKey>> GivenKey(const std::string& public_key) {
  if (public_key.empty()) return std::optional<audit::VerifierKey>();
  std::string text = public_key;
  if (!absl::StrContains(text, '+')) {
    RG_ASSIGN_OR_RETURN(text, base::ReadFile(public_key));
  }
  absl::StatusOr<audit::VerifierKey> key = audit::VerifierKey::Parse(text);
  if (!key.ok()) return absl::InvalidArgumentError(absl::StrCat("--public-key: ", key.status().message()));
  return std::optional<audit::VerifierKey>(*std::move(key));
}

absl::StatusOr<audit::VerifierKey> KeyFor(const std::string& public_key, const std::string& database) {
  RG_ASSIGN_OR_RETURN(const std::optional<audit::VerifierKey> given, GivenKey(public_key));
  if (given) return *given;
  absl::StatusOr<audit::VerifierKey> beside = store::KeyBeside(database);
  if (beside.ok()) return beside;
  return absl::FailedPreconditionError(
      absl::StrCat("no key to verify with: ", beside.status().message(), "; give the log's public key by --public-key"));
}

void AddAudit(CLI::App* app, Run* run) {
  CLI::App* audit = app->add_subcommand("audit", "Read, prove and export the log.");
  audit->require_subcommand(1);
  AddAuditList(audit, run);
  AddAuditStory(audit, run);
  AddAuditSummary(audit, run);
  AddAuditReport(audit, run);
  AddAuditVerify(audit, run);
  AddAuditReplay(audit, run);
  AddAuditCheckpoint(audit, run);
  AddAuditProof(audit, run);
  AddAuditExport(audit, run);
}

}  // namespace resultgate::app
