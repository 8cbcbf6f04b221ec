#include "server/rpc/release_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/rpc/checks.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/status.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {

grpc::ServerWriteReactor<v1::StreamReleasesResponse>* ReleaseService::StreamReleases(grpc::CallbackServerContext* context,
                                                                                     const v1::StreamReleasesRequest* request) {
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) {
    FinishRefused(gate_, *request, context->peer(), status, [](const absl::Status&) {});
    return streams_.Refuse(status);
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
  return streams_.Open(gate_, executor_, std::move(followed));
}

grpc::ServerUnaryReactor* ReleaseService::AcknowledgeReleases(grpc::CallbackServerContext* context,
                                                              const v1::AcknowledgeReleasesRequest* request,
                                                              v1::AcknowledgeReleasesResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::Acknowledge);
}

grpc::ServerUnaryReactor* ReleaseService::GetRelease(grpc::CallbackServerContext* context, const v1::GetReleaseRequest* request,
                                                     v1::GetReleaseResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_](const v1::GetReleaseRequest& asked) { return gate->GetRelease(asked); });
}

grpc::ServerUnaryReactor* ReleaseService::RequestRelease(grpc::CallbackServerContext* context,
                                                         const v1::RequestReleaseRequest* request,
                                                         v1::RequestReleaseResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::RequestRelease);
}

}  // namespace resultgate::rpc
