// `resultgate audit checkpoint` and `audit proof`: the log's head, and that an entry is under it, verified here.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/json_lines.h"
#include "server/audit/checkpoint.h"
#include "server/base/file.h"
#include "server/base/status_macros.h"
#include "server/merkle/proof.h"

namespace resultgate::app {
namespace {

struct ProofOptions {
  std::string server;
  std::string actor;
  std::vector<std::string> public_keys;
  int64_t sequence = 0;
  std::string since;
  bool key = false;
  bool json = false;
};

std::optional<merkle::Proof> ToProof(const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  merkle::Proof proof;
  for (const std::string& bytes : hashes) {
    const std::optional<merkle::Hash> hash = merkle::FromBytes(bytes);
    if (!hash) return std::nullopt;
    proof.push_back(*hash);
  }
  return proof;
}

absl::StatusOr<v1::GetCheckpointResponse> AskHead(v1::AuditService::Stub* stub) {
  grpc::ClientContext context;
  v1::GetCheckpointResponse response;
  const grpc::Status status = stub->GetCheckpoint(&context, {}, &response);
  if (status.ok()) return response;
  return absl::UnavailableError(Explain(status));
}

// The keys that were given, the newest last. The gate's own where none is: then a proof shows only that the gate agrees with
// itself.
absl::StatusOr<std::vector<audit::VerifierKey>> KeysToTrust(const ProofOptions& options, const v1::GetCheckpointResponse& head) {
  RG_ASSIGN_OR_RETURN(std::vector<audit::VerifierKey> keys, GivenKeys(options.public_keys));
  if (keys.empty()) {
    RG_ASSIGN_OR_RETURN(audit::VerifierKey of_gate, audit::VerifierKey::Parse(head.public_key()));
    keys.push_back(std::move(of_gate));
  }
  return keys;
}

int RunCheckpoint(const ProofOptions& options) {
  const auto stub = v1::AuditService::NewStub(Connect(options.server));
  const absl::StatusOr<v1::GetCheckpointResponse> response = AskHead(stub.get());
  if (!response.ok()) return Fail(std::string(response.status().message()));
  if (options.key) {
    std::cout << response->public_key() << "\n";
    return kDone;
  }
  const absl::StatusOr<std::vector<audit::VerifierKey>> keys = KeysToTrust(options, *response);
  if (!keys.ok()) return Fail(std::string(keys.status().message()));
  const absl::StatusOr<audit::Checkpoint> now = audit::VerifyCheckpoint(response->checkpoint(), keys->back());
  if (!now.ok()) return Fail(absl::StrCat("the gate's checkpoint does not hold: ", now.status().message()));
  if (!options.since.empty()) {
    const absl::StatusOr<std::string> file = base::ReadFile(options.since);
    if (!file.ok()) return Fail(std::string(file.status().message()));
    const absl::StatusOr<std::vector<audit::Checkpoint>> kept = audit::ReadWitness(*file, *keys);
    if (!kept.ok()) return Fail(absl::StrCat(options.since, ": ", kept.status().message()));
    for (const audit::Checkpoint& before : *kept) {
      v1::GetConsistencyProofRequest request;
      request.set_from_tree_size(before.size);
      request.set_tree_size(now->size);
      v1::GetConsistencyProofResponse proved;
      grpc::ClientContext another;
      const grpc::Status asked = stub->GetConsistencyProof(&another, request, &proved);
      if (!asked.ok()) {
        return Fail(absl::StrCat("the log is not the one of the checkpoint with ", before.size, " entries: ", Explain(asked)));
      }
      const std::optional<merkle::Proof> proof = ToProof(proved.hashes());
      const absl::Status holds = proof ? merkle::VerifyConsistency(before.size, now->size, before.root, *proof, now->root)
                                       : absl::InvalidArgumentError("the proof's hashes are none");
      if (!holds.ok()) {
        return Fail(absl::StrCat("the log is not the one of the checkpoint with ", before.size, " entries: ", holds.message()));
      }
      std::cerr << "the log only grew since it had " << before.size << " entries\n";
    }
  }
  if (options.json) {
    std::cout << ToJson(*response) << "\n";
  } else {
    std::cout << response->checkpoint();
  }
  return kDone;
}

int RunProof(const ProofOptions& options) {
  const auto stub = v1::AuditService::NewStub(Connect(options.server));
  const absl::StatusOr<v1::GetCheckpointResponse> gate = AskHead(stub.get());
  if (!gate.ok()) return Fail(std::string(gate.status().message()));
  const absl::StatusOr<std::vector<audit::VerifierKey>> keys = KeysToTrust(options, *gate);
  if (!keys.ok()) return Fail(std::string(keys.status().message()));
  v1::GetInclusionProofRequest request;
  request.set_sequence(options.sequence);
  request.set_actor(options.actor);
  v1::GetInclusionProofResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub->GetInclusionProof(&context, request, &response);
  if (!status.ok()) return Fail(Explain(status));
  const absl::StatusOr<audit::Checkpoint> head = audit::VerifyCheckpoint(response.checkpoint(), keys->back());
  if (!head.ok()) return Fail(absl::StrCat("the gate's checkpoint does not hold: ", head.status().message()));
  const std::optional<merkle::Proof> proof = ToProof(response.hashes());
  const merkle::Hash leaf = merkle::HashLeaf(response.entry());
  const absl::Status holds = proof ? merkle::VerifyInclusion(options.sequence - 1, head->size, leaf, *proof, head->root)
                                   : absl::InvalidArgumentError("the proof's hashes are none");
  v1::Entry entry;
  if (!holds.ok()) return Fail(std::string(holds.message()));
  if (!entry.ParseFromString(response.entry()) || entry.sequence() != options.sequence) {
    return Fail(absl::StrCat("the bytes that are proved are not entry ", options.sequence));
  }
  if (options.json) {
    std::cout << ToJson(response) << "\n";
    return kDone;
  }
  std::cout << "entry " << options.sequence << " is in the log of " << head->size << " entries: its hash and the "
            << proof->size() << " below lead to the signed root\n"
            << "entry  " << absl::Base64Escape(merkle::Bytes(leaf)) << "\n";
  for (const merkle::Hash& hash : *proof) std::cout << "       " << absl::Base64Escape(merkle::Bytes(hash)) << "\n";
  std::cout << "root   " << absl::Base64Escape(merkle::Bytes(head->root)) << "\n\n" << response.checkpoint();
  return kDone;
}

}  // namespace

void AddAuditCheckpoint(CLI::App* audit, Run* run) {
  auto options = std::make_shared<ProofOptions>();
  CLI::App* command = audit->add_subcommand(
      "checkpoint",
      "Print the log's signed head. Kept where the gate's operators cannot reach it, it later proves that nothing before it was\n"
      "changed or removed.");
  AddServerOption(command, &options->server);
  command
      ->add_option(
          "--public-key", options->public_keys,
          "The log's public key, or a file that holds it [what the gate says]. Where it was changed, once for each, the\n"
          "newest last: checkpoints that were kept count by any of them")
      ->type_name("KEY")
      ->allow_extra_args(false);
  command
      ->add_option("--since", options->since,
                   "Checkpoints that were kept: has the gate prove, for each, that the log only grew since then")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command->add_flag("--key", options->key, "Print the log's public key instead, to be kept");
  command->add_flag("--json", options->json, "The answer as JSON (resultgate.v1.GetCheckpointResponse)");
  command->footer(
      "Examples:\n"
      "  resultgate audit checkpoint --key > log.pub\n"
      "  resultgate audit checkpoint >> checkpoints.txt\n"
      "  resultgate audit checkpoint --since checkpoints.txt");
  command->callback([options, run] { *run = [options] { return RunCheckpoint(*options); }; });
}

void AddAuditProof(CLI::App* audit, Run* run) {
  auto options = std::make_shared<ProofOptions>();
  CLI::App* command = audit->add_subcommand("proof", "Prove that an entry is in the log, and verify the proof.");
  command->add_option("SEQUENCE", options->sequence, "The entry")->required()->check(CLI::PositiveNumber);
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->add_option("--public-key", options->public_keys, "The log's public key, or a file that holds it [what the gate says]")
      ->type_name("KEY")
      ->expected(1);
  command->add_flag("--json", options->json, "The proof as JSON (resultgate.v1.GetInclusionProofResponse)");
  command->footer(
      "Examples:\n"
      "  resultgate audit proof 7\n"
      "  resultgate audit proof 7 --public-key log.pub --json");
  command->callback([options, run] { *run = [options] { return RunProof(*options); }; });
}

}  // namespace resultgate::app
