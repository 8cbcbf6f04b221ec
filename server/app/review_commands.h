// The parts of `resultgate review`, each in a file of its own.
#ifndef RESULTGATE_APP_REVIEW_COMMANDS_H_
#define RESULTGATE_APP_REVIEW_COMMANDS_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <string>

#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/app/command.h"

namespace resultgate::app {

// What everybody says who acts on one result's review.
struct ReviewTarget {
  std::string server;
  int64_t result_id = 0;
  std::string etag;
  std::string reviewer;
};
// Adds RESULT_ID, `--reviewer`, `--etag` and `--server`.
void AddReviewTarget(CLI::App* command, ReviewTarget* target);

// The review as it is now, for what `reviewer` does next: the log has who asked, and not that a clinician has opened it.
grpc::Status ReadToAct(v1::ReviewService::Stub* stub, int64_t result_id, const std::string& reviewer,
                       v1::GetReviewResponse* review);

void AddReviewShow(CLI::App* review, Run* run);
void AddReviewWorkload(CLI::App* review, Run* run);
void AddReviewApprove(CLI::App* review, Run* run);
// Claim, release, hand-over, refuse, hold and end-hold.
void AddReviewActions(CLI::App* review, Run* run);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_REVIEW_COMMANDS_H_
