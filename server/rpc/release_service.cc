#include "server/rpc/release_service.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "server/rpc/checks.h"
#include "server/rpc/read_notes.h"
#include "server/rpc/status.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {
namespace {

// An entry of the log tells of so many releases at most.
constexpr int kMostDelivered = 256;

// What one call delivers, on its way into the log: told when the stream has nothing more to write or has written a lot, without
// waiting for it. Thread-safe.
class Deliveries {
 public:
  Deliveries(gate::Gate* gate, const v1::StreamReleasesRequest& request, const gate::Caller& caller) : gate_(gate) {
    nothing_.set_peer(caller.peer);
    nothing_.set_actor(request.consumer().empty() ? "portal" : request.consumer());
    nothing_.mutable_delivered()->set_consumer(nothing_.actor());
    entry_ = nothing_;
  }

  void Add(const v1::Release& release, bool written) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!written) TellLocked();
    v1::Entry::Delivered* delivered = entry_.mutable_delivered();
    delivered->set_broken(!written);
    // As long as all of them are of one result, the entry is about that.
    const bool first = delivered->release_sequences().empty();
    const bool same = first || entry_.result_id() == release.result_id();
    entry_.set_result_id(same ? release.result_id() : 0);
    entry_.set_version(same ? release.version() : 0);
    delivered->add_release_sequences(release.sequence());
    if (!written || delivered->release_sequences_size() == kMostDelivered) TellLocked();
  }

  void Tell() {
    const std::lock_guard<std::mutex> lock(mutex_);
    TellLocked();
  }

 private:
  void TellLocked() {
    if (entry_.delivered().release_sequences().empty()) return;
    gate_->LogDelivery(entry_);
    entry_ = nothing_;
  }

  gate::Gate* const gate_;
  v1::Entry nothing_;  // constant once it is made
  std::mutex mutex_;
  v1::Entry entry_;  // guarded by mutex_
};

}  // namespace

grpc::ServerWriteReactor<v1::StreamReleasesResponse>* ReleaseService::StreamReleases(grpc::CallbackServerContext* context,
                                                                                     const v1::StreamReleasesRequest* request) {
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) {
    return streams_.Refuse(gate_, *request, CallerOf(context), std::move(status));
  }
  Followed<v1::StreamReleasesResponse> followed;
  followed.feed = gate::Feed::kReleases;
  followed.until_current = request->until_current();
  followed.read = [gate = gate_, cursor = request->after_sequence(), unacknowledged_only = request->unacknowledged_only()](
                      std::vector<v1::StreamReleasesResponse>* next) mutable -> absl::StatusOr<bool> {
    int64_t scanned_to = cursor;
    absl::StatusOr<std::vector<v1::Release>> releases = gate->ReadReleases(cursor, unacknowledged_only, kReadAhead, &scanned_to);
    if (!releases.ok()) return releases.status();
    for (v1::Release& release : *releases) *next->emplace_back().mutable_release() = std::move(release);
    return std::exchange(cursor, std::max(cursor, scanned_to)) < scanned_to;
  };
  const auto deliveries = std::make_shared<Deliveries>(gate_, *request, CallerOf(context));
  followed.on_write = [deliveries](const v1::StreamReleasesResponse& response, bool written) {
    deliveries->Add(response.release(), written);
  };
  followed.on_idle = [deliveries] { deliveries->Tell(); };
  return streams_.Open(gate_, executor_, std::move(followed));
}

grpc::ServerUnaryReactor* ReleaseService::AcknowledgeReleases(grpc::CallbackServerContext* context,
                                                              const v1::AcknowledgeReleasesRequest* request,
                                                              v1::AcknowledgeReleasesResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::Acknowledge);
}

grpc::ServerUnaryReactor* ReleaseService::GetRelease(grpc::CallbackServerContext* context, const v1::GetReleaseRequest* request,
                                                     v1::GetReleaseResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::GetReleaseRequest& asked) { return gate->GetRelease(asked); }, NoteRelease);
}

grpc::ServerUnaryReactor* ReleaseService::RequestRelease(grpc::CallbackServerContext* context,
                                                         const v1::RequestReleaseRequest* request,
                                                         v1::RequestReleaseResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::RequestRelease);
}

}  // namespace resultgate::rpc
