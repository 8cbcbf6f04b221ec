#include <grpcpp/grpcpp.h>

#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/base/file.h"
#include "server/base/status_macros.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::app {

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

void AddPublicKeysOption(CLI::App* command, std::vector<std::string>* public_keys) {
  command
      ->add_option(
          "--public-key", *public_keys,
          "The log's public key, or a file that holds it, as `serve` printed it [that of the key file beside the database].\n"
          "Where the key was changed, once for each, the newest last: the log's head is held against that, and checkpoints that\n"
          "were kept count by any of them")
      ->type_name("KEY")
      ->allow_extra_args(false);
}

absl::StatusOr<std::vector<audit::VerifierKey>> GivenKeys(const std::vector<std::string>& public_keys) {
  std::vector<audit::VerifierKey> keys;
  for (const std::string& public_key : public_keys) {
    RG_ASSIGN_OR_RETURN(std::optional<audit::VerifierKey> key, GivenKey(public_key));
    if (key) keys.push_back(*std::move(key));
  }
  return keys;
}

absl::StatusOr<audit::VerifierKey> KeyFor(const std::string& public_key, const std::string& database) {
  RG_ASSIGN_OR_RETURN(const std::optional<audit::VerifierKey> given, GivenKey(public_key));
  if (given) return *given;
  absl::StatusOr<audit::VerifierKey> beside = store::KeyBeside(database);
  if (beside.ok()) return beside;
  return absl::FailedPreconditionError(
      absl::StrCat("no key to verify with: ", beside.status().message(), "; give the log's public key by --public-key"));
}

void RecordCopy(const std::string& server, const std::string& actor, const audit::VerifierKey& key, const std::string& format,
                int64_t entries, const std::string& filter) {
  const auto stub = v1::AuditService::NewStub(Connect(server));
  grpc::ClientContext asking;
  v1::GetCheckpointResponse head;
  grpc::Status status = stub->GetCheckpoint(&asking, v1::GetCheckpointRequest(), &head);
  if (status.ok() && head.public_key() == key.ToString()) {
    v1::RecordExportRequest request;
    request.set_format(format);
    request.set_entries(entries);
    request.set_actor(actor);
    request.set_filter(filter);
    grpc::ClientContext telling;
    v1::RecordExportResponse response;
    status = stub->RecordExport(&telling, request, &response);
    if (status.ok()) return;
  }
  const bool refused = !status.ok() && status.error_code() != grpc::StatusCode::UNAVAILABLE;
  std::cerr << "resultgate: the log does not hold that it was " << (format == kBackup ? "backed up: " : "exported: ")
            << (status.ok() || refused ? "the gate at " : "no gate answers at ") << server
            << (status.ok() ? " serves another one"
                : refused   ? absl::StrCat(" says ", status.error_message())
                            : "")
            << "\n";
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
