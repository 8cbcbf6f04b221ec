// resultgate.v1.ReviewService: what waits for whom. What each method means stands in proto/resultgate/v1/review_service.proto.
#ifndef RESULTGATE_RPC_REVIEW_SERVICE_H_
#define RESULTGATE_RPC_REVIEW_SERVICE_H_

#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class ReviewService final : public v1::ReviewService::CallbackService {
 public:
  ReviewService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* ListReviews(grpc::CallbackServerContext* context, const v1::ListReviewsRequest* request,
                                        v1::ListReviewsResponse* response) override;
  grpc::ServerUnaryReactor* ApproveReview(grpc::CallbackServerContext* context, const v1::ApproveReviewRequest* request,
                                          v1::ApproveReviewResponse* response) override;

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_REVIEW_SERVICE_H_
