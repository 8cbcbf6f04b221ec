#include "server/rpc/retention_service.h"

#include "server/rpc/checks.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {

grpc::ServerUnaryReactor* RetentionService::PlaceLegalHold(grpc::CallbackServerContext* context,
                                                           const v1::PlaceLegalHoldRequest* request,
                                                           v1::PlaceLegalHoldResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::PlaceLegalHold);
}

grpc::ServerUnaryReactor* RetentionService::EndLegalHold(grpc::CallbackServerContext* context,
                                                         const v1::EndLegalHoldRequest* request,
                                                         v1::EndLegalHoldResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::EndLegalHold);
}

grpc::ServerUnaryReactor* RetentionService::ListLegalHolds(grpc::CallbackServerContext* context,
                                                           const v1::ListLegalHoldsRequest* request,
                                                           v1::ListLegalHoldsResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_](const v1::ListLegalHoldsRequest& asked) { return gate->ListLegalHolds(asked); });
}

grpc::ServerUnaryReactor* RetentionService::EraseResult(grpc::CallbackServerContext* context,
                                                        const v1::EraseResultRequest* request,
                                                        v1::EraseResultResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::EraseResult);
}

}  // namespace resultgate::rpc
