// resultgate.v1.DirectoryService: who works here. What each method means stands in
// proto/resultgate/v1/directory_service.proto.
#ifndef RESULTGATE_RPC_DIRECTORY_SERVICE_H_
#define RESULTGATE_RPC_DIRECTORY_SERVICE_H_

#include "resultgate/v1/directory_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class DirectoryService final : public v1::DirectoryService::CallbackService {
 public:
  DirectoryService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* PutOwner(grpc::CallbackServerContext* context, const v1::PutOwnerRequest* request,
                                     v1::PutOwnerResponse* response) override;
  grpc::ServerUnaryReactor* RemoveOwner(grpc::CallbackServerContext* context, const v1::RemoveOwnerRequest* request,
                                        v1::RemoveOwnerResponse* response) override;
  grpc::ServerUnaryReactor* ListOwners(grpc::CallbackServerContext* context, const v1::ListOwnersRequest* request,
                                       v1::ListOwnersResponse* response) override;
  grpc::ServerUnaryReactor* PutAbsence(grpc::CallbackServerContext* context, const v1::PutAbsenceRequest* request,
                                       v1::PutAbsenceResponse* response) override;
  grpc::ServerUnaryReactor* RemoveAbsence(grpc::CallbackServerContext* context, const v1::RemoveAbsenceRequest* request,
                                          v1::RemoveAbsenceResponse* response) override;

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_DIRECTORY_SERVICE_H_
