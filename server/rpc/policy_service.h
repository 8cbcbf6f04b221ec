// resultgate.v1.PolicyService: the rules, and what they would decide. What each method means stands in
// proto/resultgate/v1/policy_service.proto.
#ifndef RESULTGATE_RPC_POLICY_SERVICE_H_
#define RESULTGATE_RPC_POLICY_SERVICE_H_

#include "resultgate/v1/policy_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it. What changes packs runs on `executor`, which is its
// own: it may take long, and reads must not wait for it.
class PolicyService final : public v1::PolicyService::CallbackService {
 public:
  PolicyService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* GetActivePack(grpc::CallbackServerContext* context, const v1::GetActivePackRequest* request,
                                          v1::GetActivePackResponse* response) override;
  grpc::ServerUnaryReactor* Decide(grpc::CallbackServerContext* context, const v1::DecideRequest* request,
                                   v1::DecideResponse* response) override;
  grpc::ServerUnaryReactor* ActivatePack(grpc::CallbackServerContext* context, const v1::ActivatePackRequest* request,
                                         v1::ActivatePackResponse* response) override;
  grpc::ServerUnaryReactor* RollbackPack(grpc::CallbackServerContext* context, const v1::RollbackPackRequest* request,
                                         v1::RollbackPackResponse* response) override;
  grpc::ServerUnaryReactor* ListActivations(grpc::CallbackServerContext* context, const v1::ListActivationsRequest* request,
                                            v1::ListActivationsResponse* response) override;
  grpc::ServerUnaryReactor* RedecideHeld(grpc::CallbackServerContext* context, const v1::RedecideHeldRequest* request,
                                         v1::RedecideHeldResponse* response) override;

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_POLICY_SERVICE_H_
