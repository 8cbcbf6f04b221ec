// resultgate.v1.ReleaseService: the way out. What each method means stands in proto/resultgate/v1/release_service.proto.
#ifndef RESULTGATE_RPC_RELEASE_SERVICE_H_
#define RESULTGATE_RPC_RELEASE_SERVICE_H_

#include "resultgate/v1/release_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"
#include "server/rpc/follow_stream.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class ReleaseService final : public v1::ReleaseService::CallbackService {
 public:
  ReleaseService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerWriteReactor<v1::StreamReleasesResponse>* StreamReleases(grpc::CallbackServerContext* context,
                                                                       const v1::StreamReleasesRequest* request) override;
  grpc::ServerUnaryReactor* AcknowledgeReleases(grpc::CallbackServerContext* context,
                                                const v1::AcknowledgeReleasesRequest* request,
                                                v1::AcknowledgeReleasesResponse* response) override;
  grpc::ServerUnaryReactor* RequestRelease(grpc::CallbackServerContext* context, const v1::RequestReleaseRequest* request,
                                           v1::RequestReleaseResponse* response) override;

  grpc::ServerUnaryReactor* GetRelease(grpc::CallbackServerContext* context, const v1::GetReleaseRequest* request,
                                       v1::GetReleaseResponse* response) override;

  // Ends every stream, and every later one, with UNAVAILABLE.
  void EndStreams() { streams_.End(); }

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
  FollowStreams<v1::StreamReleasesResponse> streams_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_RELEASE_SERVICE_H_
