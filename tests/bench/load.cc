#include "tests/bench/load.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::bench {
namespace {

// What all calls of one measurement share.
struct Tally {
  std::atomic<int64_t> answered{0};
  std::atomic<int> next{1};
  std::atomic<bool> warm{false};
  std::atomic<bool> stop{false};

  std::mutex mutex;
  std::condition_variable idle;
  int running = 0;
  std::string error;            // the first
  std::vector<double> took_ms;  // of unary calls

  void Fail(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (error.empty()) error = text;
    stop = true;
  }
  void Ended() {
    const std::lock_guard<std::mutex> lock(mutex);
    --running;
    idle.notify_all();
  }
};

// Makes the report in `request`, a blood count, another one.
void Renew(Tally* tally, v1::SubmitResultRequest* request) {
  const int number = tally->next++;
  request->mutable_report()->set_report_id(absl::StrCat("R", number));
  request->mutable_report()->mutable_order()->set_filler_order_number(testing::FillerNumber(number));
}

// How many reports an answer answers; what is wrong with it goes to `tally`.
int Count(const v1::SubmitResultResponse& answer, Tally* tally) {
  if (answer.disposal() != v1::SubmitResultResponse::DISPOSAL_NEW) tally->Fail("a report was not taken in as new");
  return 1;
}
int Count(const v1::SubmitResultsResponse& answers, Tally* tally) {
  for (const auto& answer : answers.answers()) {
    if (answer.has_error()) tally->Fail(answer.error().message());
    Count(answer.response(), tally);
  }
  return answers.answers_size();
}
int Count(const v1::SubmitResultRequest&, Tally*) {
  return 1;
}
int Count(const v1::SubmitResultsRequest& echo, Tally*) {
  return echo.items_size();
}

// One of the unary calls in flight; when it is answered it makes the next.
template <typename Answer>
class UnaryCaller {
 public:
  UnaryCaller(const std::shared_ptr<grpc::Channel>& channel, std::string method, Tally* tally)
      : stub_(channel), method_(std::move(method)), tally_(tally) {
    *request_.mutable_report() = testing::BloodCount(0);
  }

  void Call() {
    Renew(tally_, &request_);
    context_.emplace();
    const bool counts = tally_->warm;
    const auto begin = std::chrono::steady_clock::now();
    stub_.UnaryCall(
        &*context_, method_, grpc::StubOptions(), &request_, &answer_, [this, counts, begin](const grpc::Status& status) {
          if (counts) {
            took_ms_.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
          }
          if (!status.ok()) tally_->Fail(status.error_message());
          if (status.ok()) tally_->answered += Count(answer_, tally_);
          if (tally_->stop) {
            {
              const std::lock_guard<std::mutex> lock(tally_->mutex);
              tally_->took_ms.insert(tally_->took_ms.end(), took_ms_.begin(), took_ms_.end());
            }
            tally_->Ended();
          } else {
            Call();
          }
        });
  }

 private:
  grpc::TemplatedGenericStub<v1::SubmitResultRequest, Answer> stub_;
  const std::string method_;
  Tally* const tally_;
  std::optional<grpc::ClientContext> context_;
  v1::SubmitResultRequest request_;
  Answer answer_;
  std::vector<double> took_ms_;
};

// The stream: writes while fewer than kStreamInFlight are unanswered, and always reads.
template <typename Answer>
class StreamCaller final : public grpc::ClientBidiReactor<v1::SubmitResultsRequest, Answer> {
 public:
  StreamCaller(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, int batch, Tally* tally)
      : stub_(channel), tally_(tally) {
    for (int i = 0; i < batch; ++i) *request_.add_items()->mutable_request()->mutable_report() = testing::BloodCount(0);
    stub_.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
  }

  void Call() {
    this->StartRead(&answer_);
    Proceed(0, true);
    this->StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const int answered = Count(answer_, tally_);
    tally_->answered += answered;
    this->StartRead(&answer_);
    Proceed(answered, false);
  }

  void OnWriteDone(bool ok) override {
    if (ok) Proceed(0, true);
  }

  void OnDone(const grpc::Status& status) override {
    if (!status.ok()) tally_->Fail(status.error_message());
    tally_->Ended();
  }

 private:
  void Proceed(int answered, bool written) {
    bool end = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      in_flight_ -= answered;
      if (written) writing_ = false;
      if (writing_ || ended_) return;
      if (tally_->stop) {
        ended_ = end = true;
      } else if (in_flight_ + request_.items_size() <= kStreamInFlight) {
        in_flight_ += request_.items_size();
        writing_ = true;
      } else {
        return;
      }
    }
    if (end) {
      this->StartWritesDone();
    } else {
      for (v1::SubmitResultsRequest::Item& item : *request_.mutable_items()) {
        Renew(tally_, item.mutable_request());
        item.set_id(item.request().report().report_id());
      }
      this->StartWrite(&request_);
    }
  }

  grpc::TemplatedGenericStub<v1::SubmitResultsRequest, Answer> stub_;
  Tally* const tally_;
  grpc::ClientContext context_;
  v1::SubmitResultsRequest request_;  // gRPC's while writing_
  Answer answer_;

  std::mutex mutex_;
  int in_flight_ = 0;
  bool writing_ = false;
  bool ended_ = false;
};

// Starts the callers that `make` makes, and counts.
template <typename Caller, typename Make>
absl::StatusOr<Answered> Run(const std::string& address, int callers, absl::Duration duration, Make make) {
  const std::shared_ptr<grpc::Channel> channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  Tally tally;
  tally.running = callers;
  std::vector<std::unique_ptr<Caller>> all(callers);
  for (auto& caller : all) {
    caller = make(channel, &tally);
    caller->Call();
  }
  absl::SleepFor(duration / 5);
  tally.warm = true;
  const absl::Time begin = absl::Now();
  const int64_t before = tally.answered;
  absl::SleepFor(duration);
  const int64_t count = tally.answered - before;
  const absl::Duration took = absl::Now() - begin;

  tally.stop = true;
  std::unique_lock<std::mutex> lock(tally.mutex);
  tally.idle.wait(lock, [&] { return tally.running == 0; });
  if (!tally.error.empty()) return absl::InternalError(tally.error);
  Answered answered;
  answered.per_second = static_cast<double>(count) / absl::ToDoubleSeconds(took);
  if (!tally.took_ms.empty()) {
    const auto at = tally.took_ms.begin() + static_cast<ptrdiff_t>(tally.took_ms.size() * 99 / 100);
    std::nth_element(tally.took_ms.begin(), at, tally.took_ms.end());
    answered.p99_ms = *at;
  }
  return answered;
}

template <typename Answer>
absl::StatusOr<Answered> RunUnary(const std::string& address, const std::string& method, absl::Duration duration) {
  using Caller = UnaryCaller<Answer>;
  return Run<Caller>(address, kUnaryInFlight, duration,
                     [&method](const auto& channel, Tally* tally) { return std::make_unique<Caller>(channel, method, tally); });
}

template <typename Answer>
absl::StatusOr<Answered> RunStream(const std::string& address, const std::string& method, int batch, absl::Duration duration) {
  using Caller = StreamCaller<Answer>;
  return Run<Caller>(address, 1, duration, [&method, batch](const auto& channel, Tally* tally) {
    return std::make_unique<Caller>(channel, method, batch, tally);
  });
}

}  // namespace

absl::StatusOr<Answered> Measure(Service service, Mode mode, const std::string& address, absl::Duration duration) {
  const bool gate = service == Service::kGate;
  const std::string path = gate ? "/resultgate.v1.ResultGateService/" : "/resultgate.bench.EchoService/";
  if (mode == Mode::kUnary) {
    const std::string method = path + "SubmitResult";
    return gate ? RunUnary<v1::SubmitResultResponse>(address, method, duration)
                : RunUnary<v1::SubmitResultRequest>(address, method, duration);
  }
  const std::string method = path + "SubmitResults";
  const int batch = mode == Mode::kBatch ? kBatchSize : 1;
  return gate ? RunStream<v1::SubmitResultsResponse>(address, method, batch, duration)
              : RunStream<v1::SubmitResultsRequest>(address, method, batch, duration);
}

}  // namespace resultgate::bench
