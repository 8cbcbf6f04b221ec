#include "server/app/submit_client.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/app/client.h"

namespace resultgate::app {
namespace {

constexpr int kMostInFlight = 256;
// 16 to 64 is best (design, "Known costs"), and a message stays well below the gate's 8 MiB.
constexpr int kMostItems = 32;
constexpr size_t kBatchBytes = 1024 * 1024;
constexpr int kRounds = 6;
constexpr std::chrono::milliseconds kFirstPause(50);

using Stream = grpc::ClientReaderWriterInterface<v1::SubmitResultsRequest, v1::SubmitResultsResponse>;

// How many items wait for their answer, shared by the thread that writes and the one that reads.
class Window {
 public:
  // Waits until one more may go; false if the stream is over.
  bool Enter() {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [this] { return over_ || in_flight_ < kMostInFlight; });
    if (!over_) ++in_flight_;
    return !over_;
  }
  bool HasRoom() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return in_flight_ < kMostInFlight;
  }
  void Leave(int answers) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      in_flight_ -= answers;
    }
    wake_.notify_one();
  }
  void End() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    wake_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  int in_flight_ = 0;
  bool over_ = false;
};

void WriteAll(const std::vector<v1::SubmitResultRequest>& requests, const std::vector<size_t>& which, Window* window,
              Stream* stream) {
  v1::SubmitResultsRequest batch;
  size_t bytes = 0;
  for (size_t i = 0; i < which.size(); ++i) {
    if (!window->Enter()) return;
    v1::SubmitResultsRequest::Item* item = batch.add_items();
    item->set_id(absl::StrCat(which[i]));
    *item->mutable_request() = requests[which[i]];
    bytes += item->ByteSizeLong();
    // What is there goes before this thread may have to wait for the answers to it.
    const size_t next = i + 1 < which.size() ? requests[which[i + 1]].ByteSizeLong() : kBatchBytes;
    if (batch.items_size() < kMostItems && bytes + next < kBatchBytes && window->HasRoom()) continue;
    if (!stream->Write(batch)) return;
    batch.Clear();
    bytes = 0;
  }
  stream->WritesDone();
}

// One stream for the requests at `which`.
void Round(v1::ResultGateService::StubInterface* stub, const std::vector<v1::SubmitResultRequest>& requests,
           const std::vector<size_t>& which, std::vector<Submitted>* submitted) {
  grpc::ClientContext context;
  const std::unique_ptr<Stream> stream = stub->SubmitResults(&context);
  Window window;
  std::thread writer([&] { WriteAll(requests, which, &window, stream.get()); });
  v1::SubmitResultsResponse answers;
  while (stream->Read(&answers)) {
    for (v1::SubmitResultsResponse::Answer& answer : *answers.mutable_answers()) {
      size_t index = 0;
      if (!absl::SimpleAtoi(answer.id(), &index) || index >= submitted->size()) continue;
      Submitted& one = (*submitted)[index];
      one.answered = true;
      one.error = answer.error();
      one.response = std::move(*answer.mutable_response());
    }
    window.Leave(answers.answers_size());
  }
  window.End();
  writer.join();
  google::rpc::Status status = WithDetails(stream->Finish());
  if (status.code() == grpc::StatusCode::OK) {
    status.set_code(grpc::StatusCode::UNAVAILABLE);
    status.set_message("the gate ended the stream without an answer");
  }
  for (const size_t index : which) {
    if (!(*submitted)[index].answered) (*submitted)[index].error = status;
  }
}

}  // namespace

std::vector<Submitted> SubmitAll(v1::ResultGateService::StubInterface* stub,
                                 const std::vector<v1::SubmitResultRequest>& requests) {
  std::vector<Submitted> submitted(requests.size());
  std::vector<size_t> which(requests.size());
  std::iota(which.begin(), which.end(), size_t{0});
  std::chrono::milliseconds pause = kFirstPause;
  for (int round = 0; round < kRounds && !which.empty(); ++round) {
    if (round > 0) {
      std::this_thread::sleep_for(pause);
      pause *= 2;
      for (const size_t index : which) submitted[index] = {};
    }
    Round(stub, requests, which, &submitted);
    std::vector<size_t> again;
    for (const size_t index : which) {
      if (submitted[index].answered && submitted[index].error.code() == grpc::StatusCode::RESOURCE_EXHAUSTED)
        again.push_back(index);
    }
    which = std::move(again);
  }
  return submitted;
}

}  // namespace resultgate::app
