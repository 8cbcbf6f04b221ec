#include "server/rpc/policy_service.h"

#include <string>
#include <vector>

#include "server/gate/activation.h"
#include "server/rpc/checks.h"
#include "server/rpc/read_notes.h"
#include "server/rpc/status.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {
namespace {

// What is wrong with a refused pack as details that every client of the API knows. The log has an entry about it.
template <typename Response>
absl::StatusOr<Response> Tell(absl::StatusOr<Response> answer) {
  if (answer.ok()) return answer;
  const absl::optional<absl::Cord> payload = answer.status().GetPayload(gate::kRefusedPayload);
  v1::Entry::ActivationRefused refused;
  if (!payload || !refused.ParseFromString(std::string(*payload))) return answer;
  std::vector<gate::Violation> violations;
  for (const v1::Issue& issue : refused.issues()) violations.push_back({issue.place(), issue.message()});
  absl::Status told = WithViolations(absl::Status(answer.status().code(), answer.status().message()), violations);
  told.SetPayload(kInTheLog, absl::Cord());
  return told;
}

}  // namespace

grpc::ServerUnaryReactor* PolicyService::GetActivePack(grpc::CallbackServerContext* context,
                                                       const v1::GetActivePackRequest* /*request*/,
                                                       v1::GetActivePackResponse* response) {
  *response->mutable_pack() = gate_->ActivePack();
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* PolicyService::Decide(grpc::CallbackServerContext* context, const v1::DecideRequest* request,
                                                v1::DecideResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!Passes(context, *request, gate_, reactor)) return reactor;
  *response = gate_->DryRun(*request);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* PolicyService::ActivatePack(grpc::CallbackServerContext* context,
                                                      const v1::ActivatePackRequest* request,
                                                      v1::ActivatePackResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_, caller = CallerOf(context)](const v1::ActivatePackRequest& asked) {
                      return Tell(gate->ActivatePack(asked, caller));
                    });
}

grpc::ServerUnaryReactor* PolicyService::RollbackPack(grpc::CallbackServerContext* context,
                                                      const v1::RollbackPackRequest* request,
                                                      v1::RollbackPackResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_, caller = CallerOf(context)](const v1::RollbackPackRequest& asked) {
                      return Tell(gate->RollbackPack(asked, caller));
                    });
}

grpc::ServerUnaryReactor* PolicyService::ListActivations(grpc::CallbackServerContext* context,
                                                         const v1::ListActivationsRequest* request,
                                                         v1::ListActivationsResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::ListActivationsRequest& asked) { return gate->ListActivations(asked); }, NoteActivations);
}

grpc::ServerUnaryReactor* PolicyService::RedecideHeld(grpc::CallbackServerContext* context,
                                                      const v1::RedecideHeldRequest* request,
                                                      v1::RedecideHeldResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_, caller = CallerOf(context)](const v1::RedecideHeldRequest& asked) {
                      return gate->RedecideHeld(asked, caller);
                    });
}

}  // namespace resultgate::rpc
