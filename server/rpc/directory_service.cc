#include "server/rpc/directory_service.h"

#include "server/rpc/unary.h"

namespace resultgate::rpc {

using gate::Gate;

grpc::ServerUnaryReactor* DirectoryService::PutOwner(grpc::CallbackServerContext* context, const v1::PutOwnerRequest* request,
                                                     v1::PutOwnerResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::PutOwner);
}

grpc::ServerUnaryReactor* DirectoryService::RemoveOwner(grpc::CallbackServerContext* context,
                                                        const v1::RemoveOwnerRequest* request,
                                                        v1::RemoveOwnerResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::RemoveOwner);
}

grpc::ServerUnaryReactor* DirectoryService::ListOwners(grpc::CallbackServerContext* context, const v1::ListOwnersRequest* request,
                                                       v1::ListOwnersResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_](const v1::ListOwnersRequest& asked) { return gate->ListOwners(asked); });
}

grpc::ServerUnaryReactor* DirectoryService::PutAbsence(grpc::CallbackServerContext* context, const v1::PutAbsenceRequest* request,
                                                       v1::PutAbsenceResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::PutAbsence);
}

grpc::ServerUnaryReactor* DirectoryService::RemoveAbsence(grpc::CallbackServerContext* context,
                                                          const v1::RemoveAbsenceRequest* request,
                                                          v1::RemoveAbsenceResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::RemoveAbsence);
}

}  // namespace resultgate::rpc
