// One StreamReleases call: what is there after the cursor, then what comes.
#ifndef RESULTGATE_RPC_RELEASE_STREAM_H_
#define RESULTGATE_RPC_RELEASE_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "resultgate/v1/release_service.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Releases read from the store at once, and so at most what a slow reader makes us hold.
inline constexpr int kReadAhead = 64;

// One read and one write at a time: a portal that reads slowly is waited for. Lives while somebody holds it and gRPC has not said
// that the call is done. Thread-safe.
class ReleaseStream final : public grpc::ServerWriteReactor<v1::StreamReleasesResponse>,
                            public std::enable_shared_from_this<ReleaseStream> {
 public:
  // `on_done` is called once, when the call is over.
  ReleaseStream(gate::Gate* gate, Executor* executor, const v1::StreamReleasesRequest& request, std::function<void()> on_done);

  // Begins. The stream keeps itself alive until the call is over.
  void Start();
  // Ends the call with this status after the write under way; what was not written is read again by the next call.
  void End(absl::Status status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Decides under the lock what comes next, and does it outside.
  void Proceed();
  void Read();

  gate::Gate* const gate_;
  Executor* const executor_;
  const bool unacknowledged_only_;
  const bool until_current_;
  const std::function<void()> on_done_;
  v1::StreamReleasesResponse outgoing_;  // gRPC's while writing_

  std::mutex mutex_;
  std::shared_ptr<ReleaseStream> self_;
  int64_t subscription_ = 0;
  int64_t cursor_;  // what was read so far
  std::deque<v1::Release> releases_;
  bool stale_ = true;  // there may be releases after cursor_
  bool reading_ = false;
  bool writing_ = false;
  bool ending_ = false;
  absl::Status end_status_;
  bool finished_ = false;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_RELEASE_STREAM_H_
