#include "server/rpc/audit_service.h"

#include "server/rpc/unary.h"

namespace resultgate::rpc {

grpc::ServerUnaryReactor* AuditService::ListEntries(grpc::CallbackServerContext* context, const v1::ListEntriesRequest* request,
                                                    v1::ListEntriesResponse* response) {
  return AnswerRead(context, request, response, executor_,
                    [gate = gate_](const v1::ListEntriesRequest& asked) { return gate->ListEntries(asked); });
}

}  // namespace resultgate::rpc
