// resultgate.v1.AuditService: the log. What each method means stands in proto/resultgate/v1/audit_service.proto.
#ifndef RESULTGATE_RPC_AUDIT_SERVICE_H_
#define RESULTGATE_RPC_AUDIT_SERVICE_H_

#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class AuditService final : public v1::AuditService::CallbackService {
 public:
  AuditService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context, const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override;
  grpc::ServerUnaryReactor* Summarize(grpc::CallbackServerContext* context, const v1::SummarizeRequest* request,
                                      v1::SummarizeResponse* response) override;
  grpc::ServerUnaryReactor* GetReport(grpc::CallbackServerContext* context, const v1::GetReportRequest* request,
                                      v1::GetReportResponse* response) override;
  grpc::ServerUnaryReactor* GetHistory(grpc::CallbackServerContext* context, const v1::GetHistoryRequest* request,
                                       v1::GetHistoryResponse* response) override;
  grpc::ServerUnaryReactor* RecordExport(grpc::CallbackServerContext* context, const v1::RecordExportRequest* request,
                                         v1::RecordExportResponse* response) override;
  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* context, const v1::GetCheckpointRequest* request,
                                          v1::GetCheckpointResponse* response) override;
  grpc::ServerUnaryReactor* GetInclusionProof(grpc::CallbackServerContext* context, const v1::GetInclusionProofRequest* request,
                                              v1::GetInclusionProofResponse* response) override;
  grpc::ServerUnaryReactor* GetConsistencyProof(grpc::CallbackServerContext* context,
                                                const v1::GetConsistencyProofRequest* request,
                                                v1::GetConsistencyProofResponse* response) override;

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_AUDIT_SERVICE_H_
