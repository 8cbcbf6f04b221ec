#include "server/rpc/audit_service.h"

#include "server/rpc/unary.h"

namespace resultgate::rpc {

grpc::ServerUnaryReactor* AuditService::ListEntries(grpc::CallbackServerContext* context, const v1::ListEntriesRequest* request,
                                                    v1::ListEntriesResponse* response) {
  return AnswerRead(context, request, response, executor_,
                    [gate = gate_](const v1::ListEntriesRequest& asked) { return gate->ListEntries(asked); });
}

grpc::ServerUnaryReactor* AuditService::GetCheckpoint(grpc::CallbackServerContext* context,
                                                      const v1::GetCheckpointRequest* request,
                                                      v1::GetCheckpointResponse* response) {
  return AnswerRead(context, request, response, executor_,
                    [gate = gate_](const v1::GetCheckpointRequest& asked) { return gate->GetCheckpoint(asked); });
}

grpc::ServerUnaryReactor* AuditService::GetInclusionProof(grpc::CallbackServerContext* context,
                                                          const v1::GetInclusionProofRequest* request,
                                                          v1::GetInclusionProofResponse* response) {
  return AnswerRead(context, request, response, executor_,
                    [gate = gate_](const v1::GetInclusionProofRequest& asked) { return gate->GetInclusionProof(asked); });
}

grpc::ServerUnaryReactor* AuditService::GetConsistencyProof(grpc::CallbackServerContext* context,
                                                            const v1::GetConsistencyProofRequest* request,
                                                            v1::GetConsistencyProofResponse* response) {
  return AnswerRead(context, request, response, executor_,
                    [gate = gate_](const v1::GetConsistencyProofRequest& asked) { return gate->GetConsistencyProof(asked); });
}

}  // namespace resultgate::rpc
