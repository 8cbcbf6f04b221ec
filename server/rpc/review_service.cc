#include "server/rpc/review_service.h"

#include "server/rpc/checks.h"
#include "server/rpc/status.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {

grpc::ServerUnaryReactor* ReviewService::ListReviews(grpc::CallbackServerContext* context, const v1::ListReviewsRequest* request,
                                                     v1::ListReviewsResponse* response) {
  return AnswerRead(context, request, response, executor_,
                    [gate = gate_](const v1::ListReviewsRequest& asked) { return gate->ListReviews(asked); });
}

grpc::ServerUnaryReactor* ReviewService::ApproveReview(grpc::CallbackServerContext* context,
                                                       const v1::ApproveReviewRequest* request,
                                                       v1::ApproveReviewResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
  } else {
    gate_->Approve(*request, Answer(reactor, response));
  }
  return reactor;
}

}  // namespace resultgate::rpc
