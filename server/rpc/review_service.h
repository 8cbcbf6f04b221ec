// resultgate.v1.ReviewService: what waits for whom. What each method means stands in proto/resultgate/v1/review_service.proto.
#ifndef RESULTGATE_RPC_REVIEW_SERVICE_H_
#define RESULTGATE_RPC_REVIEW_SERVICE_H_

#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"
#include "server/rpc/follow_stream.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class ReviewService final : public v1::ReviewService::CallbackService {
 public:
  ReviewService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* ListReviews(grpc::CallbackServerContext* context, const v1::ListReviewsRequest* request,
                                        v1::ListReviewsResponse* response) override;
  grpc::ServerUnaryReactor* GetReview(grpc::CallbackServerContext* context, const v1::GetReviewRequest* request,
                                      v1::GetReviewResponse* response) override;
  grpc::ServerUnaryReactor* ClaimReview(grpc::CallbackServerContext* context, const v1::ClaimReviewRequest* request,
                                        v1::ClaimReviewResponse* response) override;
  grpc::ServerUnaryReactor* ApproveReview(grpc::CallbackServerContext* context, const v1::ApproveReviewRequest* request,
                                          v1::ApproveReviewResponse* response) override;

  grpc::ServerUnaryReactor* ReleaseNow(grpc::CallbackServerContext* context, const v1::ReleaseNowRequest* request,
                                       v1::ReleaseNowResponse* response) override;
  grpc::ServerUnaryReactor* HandOverReview(grpc::CallbackServerContext* context, const v1::HandOverReviewRequest* request,
                                           v1::HandOverReviewResponse* response) override;
  grpc::ServerUnaryReactor* RefuseReview(grpc::CallbackServerContext* context, const v1::RefuseReviewRequest* request,
                                         v1::RefuseReviewResponse* response) override;
  grpc::ServerUnaryReactor* HoldResult(grpc::CallbackServerContext* context, const v1::HoldResultRequest* request,
                                       v1::HoldResultResponse* response) override;
  grpc::ServerUnaryReactor* EndHold(grpc::CallbackServerContext* context, const v1::EndHoldRequest* request,
                                    v1::EndHoldResponse* response) override;
  grpc::ServerUnaryReactor* UpholdHold(grpc::CallbackServerContext* context, const v1::UpholdHoldRequest* request,
                                       v1::UpholdHoldResponse* response) override;

  grpc::ServerUnaryReactor* GetWorkload(grpc::CallbackServerContext* context, const v1::GetWorkloadRequest* request,
                                        v1::GetWorkloadResponse* response) override;
  grpc::ServerWriteReactor<v1::StreamReviewEventsResponse>* StreamReviewEvents(
      grpc::CallbackServerContext* context, const v1::StreamReviewEventsRequest* request) override;

  // Ends every stream, and every later one, with UNAVAILABLE.
  void EndStreams() { streams_.End(); }

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
  FollowStreams<v1::StreamReviewEventsResponse> streams_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_REVIEW_SERVICE_H_
