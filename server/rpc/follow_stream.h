// Calls that stream what is there after a cursor, and then what comes, until the client ends them.
#ifndef RESULTGATE_RPC_FOLLOW_STREAM_H_
#define RESULTGATE_RPC_FOLLOW_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/status.h"

namespace resultgate::rpc {

// What is read from the store at once, and so at most what a slow reader makes us hold.
inline constexpr int kReadAhead = 64;

// What one call follows.
template <typename Response>
struct Followed {
  // What wakes it.
  gate::Feed feed;
  // True ends the call when nothing more is there.
  bool until_current = false;
  // Appends what comes next, and returns true if more may be there at once. Called on the executor, never twice at a time.
  std::function<absl::StatusOr<bool>(std::vector<Response>* next)> read;
  // Where set, told of each response that was written, or could not be.
  std::function<void(const Response& response, bool written)> on_write = nullptr;
  // Where set, told when nothing more is to be written for now, and before the call ends. Both are called on any thread, perhaps
  // at the same time, and must not block.
  std::function<void()> on_idle = nullptr;
};

// One read and one write at a time: a client that reads slowly is waited for. Lives while somebody holds it and gRPC has not said
// that the call is done. Thread-safe.
template <typename Response>
class FollowStream final : public grpc::ServerWriteReactor<Response>,
                           public std::enable_shared_from_this<FollowStream<Response>> {
 public:
  // `on_done` is called once, when the call is over.
  FollowStream(gate::Gate* gate, Executor* executor, Followed<Response> followed, std::function<void()> on_done)
      : gate_(gate), executor_(executor), followed_(std::move(followed)), on_done_(std::move(on_done)) {}

  // Begins. The stream keeps itself alive until the call is over.
  void Start() {
    // Subscribed before the first read, so that nothing falls between the two. The wake comes on the gate's writer thread, which
    // must not wait for gRPC: it leaves the rest to the executor.
    const int64_t subscription = gate_->Subscribe(followed_.feed, [weak = this->weak_from_this()] {
      const std::shared_ptr<FollowStream> stream = weak.lock();
      if (stream == nullptr) return;
      {
        const std::lock_guard<std::mutex> lock(stream->mutex_);
        if (stream->stale_ || stream->ending_) return;  // seen to already
        stream->stale_ = true;
      }
      if (!stream->executor_->Run([stream] { stream->Proceed(); })) stream->End(stream->Overloaded());
    });
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      self_ = this->shared_from_this();
      subscription_ = subscription;
    }
    Proceed();
  }

  // Ends the call with this status after the write under way; what was not written is read again by the next call.
  void End(absl::Status status) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!ending_) end_status_ = std::move(status);
      ending_ = true;
    }
    Proceed();
  }

  void OnWriteDone(bool ok) override {
    if (followed_.on_write) followed_.on_write(outgoing_, ok);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      writing_ = false;
      if (!ok && !ending_) {
        ending_ = true;
        end_status_ = absl::CancelledError("the client is gone");
      }
    }
    Proceed();
  }

  void OnCancel() override { End(absl::CancelledError("cancelled by the client")); }

  void OnDone() override {
    std::shared_ptr<FollowStream> last;
    int64_t subscription = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      last = std::move(self_);
      subscription = subscription_;
    }
    gate_->Unsubscribe(subscription);  // waits for a wake under way, which takes the lock
    on_done_();
  }

 private:
  absl::Status Overloaded() { return TooMuch(gate_, "too many reads wait; go on from the last one seen"); }

  // Decides under the lock what comes next, and does it outside.
  void Proceed() {
    bool read = false;
    bool write = false;
    bool finish = false;
    bool idle = false;
    absl::Status status;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (finished_ || writing_ || reading_) return;  // whoever ends what is under way proceeds
      if (ending_) {
        finish = true;
        status = end_status_;
      } else if (!waiting_.empty()) {
        outgoing_ = std::move(waiting_.front());
        waiting_.pop_front();
        writing_ = write = true;
      } else if (stale_) {
        stale_ = false;
        reading_ = read = true;
      } else {
        finish = followed_.until_current;
        idle = true;
      }
      if (finish) finished_ = true;
    }
    if ((idle || finish) && followed_.on_idle) followed_.on_idle();
    if (write) this->StartWrite(&outgoing_);
    if (finish) this->Finish(ToGrpcStatus(status));
    if (read && !executor_->Run([this, stream = this->shared_from_this()] { Read(); })) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        reading_ = false;
      }
      End(Overloaded());
    }
  }

  void Read() {
    std::vector<Response> next;
    const absl::StatusOr<bool> more = followed_.read(&next);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      reading_ = false;
      if (!more.ok()) {
        if (!ending_) end_status_ = more.status();
        ending_ = true;
      } else {
        for (Response& response : next) waiting_.push_back(std::move(response));
        stale_ = stale_ || *more;  // one page is not all, until a read finds nothing
      }
    }
    Proceed();
  }

  gate::Gate* const gate_;
  Executor* const executor_;
  const Followed<Response> followed_;
  const std::function<void()> on_done_;
  Response outgoing_;  // gRPC's while writing_

  std::mutex mutex_;
  std::shared_ptr<FollowStream> self_;
  int64_t subscription_ = 0;
  std::deque<Response> waiting_;
  bool stale_ = true;  // there may be something that was not read
  bool reading_ = false;
  bool writing_ = false;
  bool ending_ = false;
  absl::Status end_status_;
  bool finished_ = false;
};

// All calls under way of one method. Thread-safe.
template <typename Response>
class FollowStreams {
 public:
  // What gRPC gets for a call that is refused: it ends when the log has it.
  static grpc::ServerWriteReactor<Response>* Refuse(gate::Gate* gate, const google::protobuf::Message& request,
                                                    const gate::Caller& caller, absl::Status status) {
    auto* refused = new Refused;  // deletes itself when the call is over
    FinishRefused(gate, request, caller, std::move(status),
                  [refused](const absl::Status& told) { refused->Finish(ToGrpcStatus(told)); });
    return refused;
  }

  // Begins one.
  grpc::ServerWriteReactor<Response>* Open(gate::Gate* gate, Executor* executor, Followed<Response> followed) {
    std::shared_ptr<FollowStream<Response>> stream;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (ending_) {
        auto* refused = new Refused;
        refused->Finish(ToGrpcStatus(Stopping()));
        return refused;
      }
      const int64_t id = ++last_stream_;
      stream = std::make_shared<FollowStream<Response>>(gate, executor, std::move(followed), [this, id] {
        const std::lock_guard<std::mutex> inner(mutex_);
        streams_.erase(id);
      });
      streams_[id] = stream;
    }
    stream->Start();
    return stream.get();  // holds itself until the call is over
  }

  // Ends every stream, and every later one, with UNAVAILABLE: they wait for what comes and would never end by themselves.
  void End() {
    std::vector<std::shared_ptr<FollowStream<Response>>> streams;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
      for (const auto& [id, weak] : streams_) {
        if (std::shared_ptr<FollowStream<Response>> stream = weak.lock()) streams.push_back(std::move(stream));
      }
    }
    // Without the lock: a stream that ends takes itself out.
    for (const std::shared_ptr<FollowStream<Response>>& stream : streams) stream->End(Stopping());
  }

 private:
  class Refused final : public grpc::ServerWriteReactor<Response> {
   public:
    void OnDone() override { delete this; }
  };

  static absl::Status Stopping() { return absl::UnavailableError("the gate is stopping; go on from the last one seen"); }

  std::mutex mutex_;
  bool ending_ = false;
  int64_t last_stream_ = 0;
  absl::flat_hash_map<int64_t, std::weak_ptr<FollowStream<Response>>> streams_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_FOLLOW_STREAM_H_
