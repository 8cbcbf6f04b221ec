#include "tests/bench/echo_server.h"

#include <grpcpp/grpcpp.h>

#include <deque>
#include <iostream>
#include <mutex>
#include <utility>

#include "tests/bench/echo.grpc.pb.h"

namespace resultgate::bench {
namespace {

using Message = v1::SubmitResultsRequest;

// Reads on while it writes, as the gate's own stream does: otherwise one would measure the turns of a conversation.
class EchoStream final : public grpc::ServerBidiReactor<Message, Message> {
 public:
  EchoStream() { StartRead(&incoming_); }

  void OnReadDone(bool ok) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (ok) {
        waiting_.push_back(std::move(incoming_));
      } else {
        half_closed_ = true;
      }
    }
    if (ok) {
      incoming_.Clear();
      StartRead(&incoming_);
    }
    Proceed();
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      writing_ = false;
      if (!ok) waiting_.clear();
    }
    Proceed();
  }

  void OnDone() override { delete this; }

 private:
  void Proceed() {
    bool finish = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (writing_ || finished_) return;
      if (waiting_.empty()) {
        if (!half_closed_) return;
        finished_ = finish = true;
      } else {
        outgoing_ = std::move(waiting_.front());
        waiting_.pop_front();
        writing_ = true;
      }
    }
    if (finish) {
      Finish(grpc::Status::OK);
    } else {
      StartWrite(&outgoing_);
    }
  }

  Message incoming_;
  Message outgoing_;
  std::mutex mutex_;
  std::deque<Message> waiting_;
  bool writing_ = false;
  bool half_closed_ = false;
  bool finished_ = false;
};

class Echo final : public bench::EchoService::CallbackService {
 public:
  grpc::ServerUnaryReactor* SubmitResult(grpc::CallbackServerContext* context, const v1::SubmitResultRequest* request,
                                         v1::SubmitResultRequest* response) override {
    *response = *request;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerBidiReactor<Message, Message>* SubmitResults(grpc::CallbackServerContext*) override { return new EchoStream(); }
};

}  // namespace

void RunEchoServer() {
  Echo service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::cout << "listening on 127.0.0.1:" << port << std::endl;
  server->Wait();
}

}  // namespace resultgate::bench
