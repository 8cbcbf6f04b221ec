// What clients do to a gate until it is killed: systems submit reports and corrections, a clinician approves, a portal follows
// the releases and acknowledges them, and meanwhile time runs out for what was held. Whoever did something keeps in mind what
// was answered, and what was not.
#ifndef RESULTGATE_TESTS_CRASH_LOAD_H_
#define RESULTGATE_TESTS_CRASH_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "tests/testing/server_process.h"

namespace resultgate::crash {

// Connections to one server; without them nothing of gRPC's outlives it.
struct Stubs {
  explicit Stubs(const std::string& address) : channel(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {}

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ResultGateService::Stub> results = v1::ResultGateService::NewStub(channel);
  std::unique_ptr<v1::ReviewService::Stub> reviews = v1::ReviewService::NewStub(channel);
  std::unique_ptr<v1::ReleaseService::Stub> releases = v1::ReleaseService::NewStub(channel);
  std::unique_ptr<v1::AuditService::Stub> audit = v1::AuditService::NewStub(channel);
};

// A version of a report: `number`, or `number` corrected.
struct Version {
  int number = 0;
  bool corrected = false;

  bool operator<(const Version& other) const {
    return number != other.number ? number < other.number : corrected < other.corrected;
  }
};

// Eight in the morning of the n-th working day from Friday, 6 March 2026, on; n from 0.
absl::Time Morning(int day);

// What clients know. Guarded by `mutex` while they are at work.
struct Client {
  std::mutex mutex;
  int next = 1;             // numbers below it were sent
  std::map<int, int> days;  // on which a number was sent first
  std::map<Version, v1::SubmitResultResponse> acknowledged;
  std::set<int> corrected;                             // numbers of which a correction was sent
  std::set<int> approved;                              // numbers of which an approval was sent
  std::map<int, v1::ApproveReviewResponse> approvals;  // and those that were acknowledged
  std::map<int64_t, std::string> shown;                // keys of the releases that the portal was given, by sequence
  std::set<int64_t> taken;                             // releases whose acknowledgement was acknowledged

  // What is sent of it.
  v1::DiagnosticReport Report(const Version& version) const;
};

// Who approves report `number`: somebody of that report's own, so that the log tells which approval it was.
std::string ReviewerOf(int number);

// Submits what `next` gives on one stream, so many unanswered, until it gives number 0 or the stream breaks. `answered` is
// called with each answer, on this thread; answers of one message come before the next message is read.
void Submit(const Stubs& stubs, const Client& client, int most_in_flight, const std::function<Version()>& next,
            const std::function<void(const Version&, const v1::SubmitResultResponse&)>& answered);

// Reads the review of report `number` and approves it. What was answered is kept, and where nothing was, that it is not known.
void Approve(const Stubs& stubs, int number, int64_t result_id, Client* client);

// All of them at work on day `day` until the server, killed a moment (`then`) after so many answers, is gone.
void WorkUntilKilled(testing::ServerProcess* server, int day, int answers, std::chrono::microseconds then, uint32_t seed,
                     Client* client);

}  // namespace resultgate::crash

#endif  // RESULTGATE_TESTS_CRASH_LOAD_H_
