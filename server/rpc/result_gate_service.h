// resultgate.v1.ResultGateService: the way in. What each method means stands in proto/resultgate/v1/result_gate_service.proto.
#ifndef RESULTGATE_RPC_RESULT_GATE_SERVICE_H_
#define RESULTGATE_RPC_RESULT_GATE_SERVICE_H_

#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class ResultGateService final : public v1::ResultGateService::CallbackService {
 public:
  ResultGateService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* SubmitResult(grpc::CallbackServerContext* context, const v1::SubmitResultRequest* request,
                                         v1::SubmitResultResponse* response) override;
  grpc::ServerBidiReactor<v1::SubmitResultsRequest, v1::SubmitResultsResponse>* SubmitResults(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* RefuseResult(grpc::CallbackServerContext* context, const v1::RefuseResultRequest* request,
                                         v1::RefuseResultResponse* response) override;
  grpc::ServerUnaryReactor* GetResult(grpc::CallbackServerContext* context, const v1::GetResultRequest* request,
                                      v1::GetResultResponse* response) override;
  grpc::ServerUnaryReactor* ListResults(grpc::CallbackServerContext* context, const v1::ListResultsRequest* request,
                                        v1::ListResultsResponse* response) override;

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_RESULT_GATE_SERVICE_H_
