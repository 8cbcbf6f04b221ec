#include "server/rpc/release_stream.h"

#include <utility>
#include <vector>

#include "server/rpc/status.h"

namespace resultgate::rpc {
namespace {

absl::Status Overloaded() {
  return absl::ResourceExhaustedError("too many reads wait; go on from the last release seen");
}

}  // namespace

ReleaseStream::ReleaseStream(gate::Gate* gate, Executor* executor, const v1::StreamReleasesRequest& request,
                             std::function<void()> on_done)
    : gate_(gate),
      executor_(executor),
      unacknowledged_only_(request.unacknowledged_only()),
      until_current_(request.until_current()),
      on_done_(std::move(on_done)),
      cursor_(request.after_sequence()) {}

void ReleaseStream::Start() {
  // Subscribed before the first read, so that no release falls between the two. The wake comes on the gate's writer thread, which
  // must not wait for gRPC: it leaves the rest to the executor.
  const int64_t subscription = gate_->Subscribe([weak = weak_from_this()] {
    const std::shared_ptr<ReleaseStream> stream = weak.lock();
    if (stream == nullptr) return;
    {
      const std::lock_guard<std::mutex> lock(stream->mutex_);
      if (stream->stale_ || stream->ending_) return;  // seen to already
      stream->stale_ = true;
    }
    if (!stream->executor_->Run([stream] { stream->Proceed(); })) stream->End(Overloaded());
  });
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    self_ = shared_from_this();
    subscription_ = subscription;
  }
  Proceed();
}

void ReleaseStream::End(absl::Status status) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ending_) end_status_ = std::move(status);
    ending_ = true;
  }
  Proceed();
}

void ReleaseStream::OnWriteDone(bool ok) {
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

void ReleaseStream::OnCancel() {
  End(absl::CancelledError("cancelled by the client"));
}

void ReleaseStream::OnDone() {
  std::shared_ptr<ReleaseStream> last;
  int64_t subscription = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    last = std::move(self_);
    subscription = subscription_;
  }
  gate_->Unsubscribe(subscription);  // waits for a wake under way, which takes the lock
  on_done_();
}

void ReleaseStream::Proceed() {
  bool read = false;
  bool write = false;
  bool finish = false;
  absl::Status status;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (finished_ || writing_ || reading_) return;  // whoever ends what is under way proceeds
    if (ending_) {
      finish = true;
      status = end_status_;
    } else if (!releases_.empty()) {
      *outgoing_.mutable_release() = std::move(releases_.front());
      releases_.pop_front();
      writing_ = write = true;
    } else if (stale_) {
      stale_ = false;
      reading_ = read = true;
    } else if (until_current_) {
      finish = true;
    }
    if (finish) finished_ = true;
  }
  if (write) StartWrite(&outgoing_);
  if (finish) Finish(ToGrpcStatus(status));
  if (read && !executor_->Run([this, stream = shared_from_this()] { Read(); })) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      reading_ = false;
    }
    End(Overloaded());
  }
}

void ReleaseStream::Read() {
  int64_t after = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    after = cursor_;
  }
  int64_t scanned_to = after;
  absl::StatusOr<std::vector<v1::Release>> releases = gate_->ReadReleases(after, unacknowledged_only_, kReadAhead, &scanned_to);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    reading_ = false;
    if (!releases.ok()) {
      if (!ending_) end_status_ = releases.status();
      ending_ = true;
    } else {
      for (v1::Release& release : *releases) releases_.push_back(std::move(release));
      if (scanned_to > cursor_) {
        cursor_ = scanned_to;
        stale_ = true;  // one page is not all, until a read finds nothing
      }
    }
  }
  Proceed();
}

}  // namespace resultgate::rpc
