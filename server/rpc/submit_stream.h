// One SubmitResults call: reads on while answers are pending, answers each item by its id as soon as it is durable, and writes
// the answers that are ready together.
#ifndef RESULTGATE_RPC_SUBMIT_STREAM_H_
#define RESULTGATE_RPC_SUBMIT_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "server/gate/gate.h"
#include "server/gate/validate.h"

namespace resultgate::rpc {

// A stream that has this many items in flight, or answers unread by its client, is not read until there are fewer: whoever sends
// faster than he reads waits, and the memory of one stream is bounded.
inline constexpr size_t kMostOutstanding = 1024;
// More answers than this in a message are slower, not faster (design, "Known costs").
inline constexpr size_t kMostAnswers = 64;
// Keeps a message of answers below the 4 MiB that clients take by default.
inline constexpr size_t kAnswerBytes = 1024 * 1024;

// Lives until gRPC says that the call is done, then deletes itself. It finishes the call only when the gate has answered every
// item, cancelled or not, so that no answer finds it gone.
class SubmitStream final : public grpc::ServerBidiReactor<v1::SubmitResultsRequest, v1::SubmitResultsResponse> {
 public:
  SubmitStream(gate::Gate* gate, gate::Caller caller);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using Item = v1::SubmitResultsRequest::Item;
  using Answer = v1::SubmitResultsResponse::Answer;

  // What is to be done outside the lock: calls into gRPC may call back at once.
  struct Step {
    bool read = false;
    bool write = false;
    bool finish = false;
  };

  // Why the item cannot be taken; if nothing is wrong with it, it is now in flight.
  std::vector<gate::Violation> Admit(const Item& item, int position);
  // Queues the answer of an item. `was_in_flight`: its id may be used again.
  void Give(Answer answer, bool was_in_flight);
  // How many items wait for their answer. Needs the lock.
  size_t Pending() const { return in_flight_.size() + refusing_; }
  // Decides what comes next. Needs the lock.
  Step Next();
  void Perform(Step step);

  gate::Gate* const gate_;
  const gate::Caller caller_;
  v1::SubmitResultsRequest incoming_;   // gRPC's while reading_
  v1::SubmitResultsResponse outgoing_;  // gRPC's while writing_

  std::mutex mutex_;
  absl::flat_hash_set<std::string> in_flight_;
  size_t refusing_ = 0;  // items that were not admitted, on their way into the log
  std::deque<Answer> answers_;
  bool reading_ = false;      // a read is under way, or its items are being submitted
  bool half_closed_ = false;  // the client sends no more
  bool writing_ = false;
  bool broken_ = false;  // cancelled, or a write failed: nobody reads answers
  bool finished_ = false;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_SUBMIT_STREAM_H_
