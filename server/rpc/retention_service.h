// resultgate.v1.RetentionService: legal holds, and what two people have erased. What each method means stands in
// proto/resultgate/v1/retention_service.proto.
#ifndef RESULTGATE_RPC_RETENTION_SERVICE_H_
#define RESULTGATE_RPC_RETENTION_SERVICE_H_

#include "resultgate/v1/retention_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class RetentionService final : public v1::RetentionService::CallbackService {
 public:
  RetentionService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* PlaceLegalHold(grpc::CallbackServerContext* context, const v1::PlaceLegalHoldRequest* request,
                                           v1::PlaceLegalHoldResponse* response) override;
  grpc::ServerUnaryReactor* EndLegalHold(grpc::CallbackServerContext* context, const v1::EndLegalHoldRequest* request,
                                         v1::EndLegalHoldResponse* response) override;
  grpc::ServerUnaryReactor* ListLegalHolds(grpc::CallbackServerContext* context, const v1::ListLegalHoldsRequest* request,
                                           v1::ListLegalHoldsResponse* response) override;
  grpc::ServerUnaryReactor* EraseResult(grpc::CallbackServerContext* context, const v1::EraseResultRequest* request,
                                        v1::EraseResultResponse* response) override;

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_RETENTION_SERVICE_H_
