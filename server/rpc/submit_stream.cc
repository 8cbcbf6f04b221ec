#include "server/rpc/submit_stream.h"

#include <utility>

#include "server/rpc/status.h"
#include "server/rpc/submit.h"

namespace resultgate::rpc {
namespace {

constexpr size_t kLongestId = 128;
constexpr int kMostItems = 256;

}  // namespace

SubmitStream::SubmitStream(gate::Gate* gate, gate::Caller caller) : gate_(gate), caller_(std::move(caller)) {
  reading_ = true;
  StartRead(&incoming_);
}

void SubmitStream::OnReadDone(bool ok) {
  if (!ok) {
    Step step;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      reading_ = false;
      half_closed_ = true;
      step = Next();
    }
    Perform(step);
    return;
  }

  // The gate may answer before Submit returns, so no lock is held here; `reading_` keeps the stream from finishing meanwhile.
  for (int i = 0; i < incoming_.items_size(); ++i) {
    Item& item = *incoming_.mutable_items(i);
    const std::vector<gate::Violation> violations = Admit(item, i);
    const bool admitted = violations.empty();
    Answer answer;
    answer.set_id(item.id());
    auto done = [this, admitted, answer = std::move(answer)](absl::StatusOr<v1::SubmitResultResponse> response) mutable {
      if (response.ok()) {
        *answer.mutable_response() = *std::move(response);
      } else {
        if (absl::IsResourceExhausted(response.status())) gate_->CountRefusedCall();
        *answer.mutable_error() = ToRpcStatus(response.status());
      }
      Give(std::move(answer), admitted);
    };
    if (admitted) {
      Submit(gate_, std::move(*item.mutable_request()), caller_, std::move(done));
    } else {
      Refuse(gate_, item.request(), violations, caller_, std::move(done));
    }
  }

  Step step;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    reading_ = false;
    step = Next();
  }
  Perform(step);
}

std::vector<gate::Violation> SubmitStream::Admit(const Item& item, int position) {
  std::vector<gate::Violation> violations;
  if (position >= kMostItems) violations.push_back({"items", "must hold at most 256"});
  if (item.id().empty() || item.id().size() > kLongestId) violations.push_back({"id", "must be 1 to 128 bytes"});
  const std::lock_guard<std::mutex> lock(mutex_);
  if (violations.empty() && !in_flight_.insert(item.id()).second) {
    violations.push_back({"id", "is in flight on this stream already"});
  }
  if (!violations.empty()) ++refusing_;
  return violations;
}

void SubmitStream::Give(Answer answer, bool was_in_flight) {
  Step step;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (was_in_flight) {
      in_flight_.erase(answer.id());
    } else {
      --refusing_;
    }
    if (!broken_) answers_.push_back(std::move(answer));
    step = Next();
  }
  Perform(step);
}

void SubmitStream::OnWriteDone(bool ok) {
  Step step;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    if (!ok) {
      broken_ = true;
      answers_.clear();
    }
    step = Next();
  }
  Perform(step);
}

void SubmitStream::OnCancel() {
  Step step;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    broken_ = true;
    answers_.clear();
    step = Next();
  }
  Perform(step);
}

SubmitStream::Step SubmitStream::Next() {
  Step step;
  if (finished_) return step;
  if (!writing_ && !answers_.empty()) {
    outgoing_.Clear();
    size_t bytes = 0;
    while (!answers_.empty() && outgoing_.answers_size() < kMostAnswers && bytes < kAnswerBytes) {
      bytes += answers_.front().ByteSizeLong();
      *outgoing_.add_answers() = std::move(answers_.front());
      answers_.pop_front();
    }
    writing_ = step.write = true;
  }
  const bool more_comes = !half_closed_ && !broken_;
  if (!reading_ && more_comes && Pending() + answers_.size() < kMostOutstanding) reading_ = step.read = true;
  if (!reading_ && !more_comes && !writing_ && Pending() == 0 && answers_.empty()) finished_ = step.finish = true;
  return step;
}

void SubmitStream::Perform(Step step) {
  // The last call below may end in OnDone on another thread: nothing of this object is touched after it.
  if (step.finish) {
    Finish(grpc::Status::OK);
    return;
  }
  if (step.write && step.read) {
    // Both are under way from here on, so neither lets the stream finish before the other is started.
    StartWrite(&outgoing_);
    StartRead(&incoming_);
  } else if (step.write) {
    StartWrite(&outgoing_);
  } else if (step.read) {
    StartRead(&incoming_);
  }
}

void SubmitStream::OnDone() {
  delete this;
}

}  // namespace resultgate::rpc
