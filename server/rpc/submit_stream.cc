#include "server/rpc/submit_stream.h"

#include <utility>

#include "server/rpc/status.h"
#include "server/rpc/submit.h"

namespace resultgate::rpc {
namespace {

constexpr size_t kLongestId = 128;
constexpr int kMostItems = 256;

}  // namespace

SubmitStream::SubmitStream(gate::Gate* gate) : gate_(gate) {
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
    Answer answer;
    answer.set_id(item.id());
    if (absl::Status refused = Admit(item, i); !refused.ok()) {
      *answer.mutable_error() = ToRpcStatus(refused);
      Give(std::move(answer), /*was_in_flight=*/false);
      continue;
    }
    Submit(gate_, std::move(*item.mutable_request()),
           [this, answer = std::move(answer)](absl::StatusOr<v1::SubmitResultResponse> response) mutable {
             if (response.ok()) {
               *answer.mutable_response() = *std::move(response);
             } else {
               *answer.mutable_error() = ToRpcStatus(response.status());
             }
             Give(std::move(answer), /*was_in_flight=*/true);
           });
  }

  Step step;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    reading_ = false;
    step = Next();
  }
  Perform(step);
}

absl::Status SubmitStream::Admit(const Item& item, int position) {
  if (position >= kMostItems) return BadRequest({{"items", "must hold at most 256"}});
  if (item.id().empty() || item.id().size() > kLongestId) return BadRequest({{"id", "must be 1 to 128 bytes"}});
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!in_flight_.insert(item.id()).second) return BadRequest({{"id", "is in flight on this stream already"}});
  return absl::OkStatus();
}

void SubmitStream::Give(Answer answer, bool was_in_flight) {
  Step step;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (was_in_flight) in_flight_.erase(answer.id());
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
  if (!reading_ && more_comes && in_flight_.size() + answers_.size() < kMostOutstanding) reading_ = step.read = true;
  if (!reading_ && !more_comes && !writing_ && in_flight_.empty() && answers_.empty()) finished_ = step.finish = true;
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
