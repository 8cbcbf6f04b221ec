#include "server/rpc/release_service.h"

#include <utility>
#include <vector>

#include "server/rpc/checks.h"
#include "server/rpc/status.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {
namespace {

// A stream that ends before it began.
class RefusedStream final : public grpc::ServerWriteReactor<v1::StreamReleasesResponse> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

absl::Status Stopping() {
  return absl::UnavailableError("the gate is stopping; go on from the last release seen");
}

}  // namespace

grpc::ServerWriteReactor<v1::StreamReleasesResponse>* ReleaseService::StreamReleases(grpc::CallbackServerContext* /*context*/,
                                                                                     const v1::StreamReleasesRequest* request) {
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) return new RefusedStream(status);
  std::shared_ptr<ReleaseStream> stream;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ending_) return new RefusedStream(Stopping());
    const int64_t id = ++last_stream_;
    stream = std::make_shared<ReleaseStream>(gate_, executor_, *request, [this, id] {
      const std::lock_guard<std::mutex> inner(mutex_);
      streams_.erase(id);
    });
    streams_[id] = stream;
  }
  stream->Start();
  return stream.get();  // holds itself until the call is over
}

grpc::ServerUnaryReactor* ReleaseService::AcknowledgeReleases(grpc::CallbackServerContext* context,
                                                              const v1::AcknowledgeReleasesRequest* request,
                                                              v1::AcknowledgeReleasesResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
  } else {
    gate_->Acknowledge(*request, Answer(reactor, response));
  }
  return reactor;
}

grpc::ServerUnaryReactor* ReleaseService::GetRelease(grpc::CallbackServerContext* context, const v1::GetReleaseRequest* request,
                                                     v1::GetReleaseResponse* response) {
  return AnswerRead(context, request, response, executor_,
                    [gate = gate_](const v1::GetReleaseRequest& asked) { return gate->GetRelease(asked); });
}

void ReleaseService::EndStreams() {
  std::vector<std::shared_ptr<ReleaseStream>> streams;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    for (const auto& [id, weak] : streams_) {
      if (std::shared_ptr<ReleaseStream> stream = weak.lock()) streams.push_back(std::move(stream));
    }
  }
  // Without the lock: a stream that ends takes itself out.
  for (const std::shared_ptr<ReleaseStream>& stream : streams) stream->End(Stopping());
}

}  // namespace resultgate::rpc
