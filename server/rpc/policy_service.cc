#include "server/rpc/policy_service.h"

#include "server/rpc/checks.h"
#include "server/rpc/status.h"

namespace resultgate::rpc {

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
  const absl::Status status = BadRequest(Check(*request));
  if (status.ok()) *response = gate_->DryRun(*request);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace resultgate::rpc
