// resultgate.v1.PolicyService: the rules, and what they would decide. What each method means stands in
// proto/resultgate/v1/policy_service.proto.
#ifndef RESULTGATE_RPC_POLICY_SERVICE_H_
#define RESULTGATE_RPC_POLICY_SERVICE_H_

#include "resultgate/v1/policy_service.grpc.pb.h"
#include "server/gate/gate.h"

namespace resultgate::rpc {

// Thread-safe. `gate` must outlive the server that runs it. Nothing here touches the disk, so it is answered at once.
class PolicyService final : public v1::PolicyService::CallbackService {
 public:
  explicit PolicyService(gate::Gate* gate) : gate_(gate) {}

  grpc::ServerUnaryReactor* GetActivePack(grpc::CallbackServerContext* context, const v1::GetActivePackRequest* request,
                                          v1::GetActivePackResponse* response) override;
  grpc::ServerUnaryReactor* Decide(grpc::CallbackServerContext* context, const v1::DecideRequest* request,
                                   v1::DecideResponse* response) override;

 private:
  gate::Gate* const gate_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_POLICY_SERVICE_H_
