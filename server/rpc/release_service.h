// resultgate.v1.ReleaseService: the way out. What each method means stands in proto/resultgate/v1/release_service.proto.
#ifndef RESULTGATE_RPC_RELEASE_SERVICE_H_
#define RESULTGATE_RPC_RELEASE_SERVICE_H_

#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"
#include "server/rpc/release_stream.h"

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

  grpc::ServerUnaryReactor* GetRelease(grpc::CallbackServerContext* context, const v1::GetReleaseRequest* request,
                                       v1::GetReleaseResponse* response) override;

  // Ends every stream, and every later one, with UNAVAILABLE: they wait for releases and would never end by themselves.
  void EndStreams();

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
  std::mutex mutex_;
  bool ending_ = false;
  int64_t last_stream_ = 0;
  absl::flat_hash_map<int64_t, std::weak_ptr<ReleaseStream>> streams_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_RELEASE_SERVICE_H_
