#include "server/rpc/review_service.h"

#include <utility>
#include <vector>

#include "server/rpc/checks.h"
#include "server/rpc/read_notes.h"
#include "server/rpc/status.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {

grpc::ServerUnaryReactor* ReviewService::ListReviews(grpc::CallbackServerContext* context, const v1::ListReviewsRequest* request,
                                                     v1::ListReviewsResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_](const v1::ListReviewsRequest& asked) { return gate->ListReviews(asked); });
}

grpc::ServerUnaryReactor* ReviewService::GetReview(grpc::CallbackServerContext* context, const v1::GetReviewRequest* request,
                                                   v1::GetReviewResponse* response) {
  return AnswerAfterLogging(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::GetReviewRequest& asked) { return gate->GetReview(asked); }, NoteReview,
      [gate = gate_, to_act = context->client_metadata().count(kReadsToAct) > 0](
          v1::Entry entry, const v1::GetReviewResponse& given, gate::Callback<int64_t> done) {
        // Nobody in particular is no clinician who has opened it.
        if (entry.actor().empty() || to_act) return gate->LogQuery(std::move(entry), std::move(done));
        gate->LogReviewRead({entry.result_id(), given.result().version(), entry.actor()},
                            [done = std::move(done)](const absl::StatusOr<v1::RecordClinicianViewResponse>& logged) {
                              done(logged.ok() ? absl::StatusOr<int64_t>(0) : logged.status());
                            },
                            {entry.peer()});
      });
}

grpc::ServerUnaryReactor* ReviewService::ClaimReview(grpc::CallbackServerContext* context, const v1::ClaimReviewRequest* request,
                                                     v1::ClaimReviewResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::Claim);
}

grpc::ServerUnaryReactor* ReviewService::ApproveReview(grpc::CallbackServerContext* context,
                                                       const v1::ApproveReviewRequest* request,
                                                       v1::ApproveReviewResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::Approve);
}

grpc::ServerUnaryReactor* ReviewService::ReleaseNow(grpc::CallbackServerContext* context, const v1::ReleaseNowRequest* request,
                                                    v1::ReleaseNowResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::ReleaseNow);
}

grpc::ServerUnaryReactor* ReviewService::HandOverReview(grpc::CallbackServerContext* context,
                                                        const v1::HandOverReviewRequest* request,
                                                        v1::HandOverReviewResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::HandOver);
}

grpc::ServerUnaryReactor* ReviewService::RefuseReview(grpc::CallbackServerContext* context,
                                                      const v1::RefuseReviewRequest* request,
                                                      v1::RefuseReviewResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::RefuseReview);
}

grpc::ServerUnaryReactor* ReviewService::HoldResult(grpc::CallbackServerContext* context, const v1::HoldResultRequest* request,
                                                    v1::HoldResultResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::Hold);
}

grpc::ServerUnaryReactor* ReviewService::EndHold(grpc::CallbackServerContext* context, const v1::EndHoldRequest* request,
                                                 v1::EndHoldResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::EndHold);
}

grpc::ServerUnaryReactor* ReviewService::UpholdHold(grpc::CallbackServerContext* context, const v1::UpholdHoldRequest* request,
                                                    v1::UpholdHoldResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::UpholdHold);
}

grpc::ServerUnaryReactor* ReviewService::GetWorkload(grpc::CallbackServerContext* context, const v1::GetWorkloadRequest* request,
                                                     v1::GetWorkloadResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::GetWorkloadRequest& asked) { return gate->GetWorkload(asked); }, NoteWorkload);
}

grpc::ServerWriteReactor<v1::StreamReviewEventsResponse>* ReviewService::StreamReviewEvents(
    grpc::CallbackServerContext* context, const v1::StreamReviewEventsRequest* request) {
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) {
    return streams_.Refuse(gate_, *request, CallerOf(context), std::move(status));
  }
  Followed<v1::StreamReviewEventsResponse> followed;
  followed.feed = gate::Feed::kReviews;
  followed.until_current = request->until_current();
  followed.read = [gate = gate_, cursor = gate::ReviewCursor(request->after_cursor())](
                      std::vector<v1::StreamReviewEventsResponse>* next) mutable -> absl::StatusOr<bool> {
    std::vector<v1::ReviewEvent> events;
    absl::StatusOr<bool> more = gate->ReadReviewEvents(&cursor, kReadAhead, &events);
    for (v1::ReviewEvent& event : events) *next->emplace_back().mutable_event() = std::move(event);
    return more;
  };
  return streams_.Open(gate_, executor_, std::move(followed));
}

}  // namespace resultgate::rpc
