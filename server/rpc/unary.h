// How a unary call of the callback API is answered: at once when its request is wrong, else when the work for it calls back.
#ifndef RESULTGATE_RPC_UNARY_H_
#define RESULTGATE_RPC_UNARY_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/message_allocator.h>
#include <grpcpp/support/server_callback.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/checks.h"
#include "server/rpc/executor.h"
#include "server/rpc/status.h"

namespace resultgate::rpc {

// The request of a call, moved out of the memory that gRPC holds for this call alone: a report is too large to copy for nothing.
template <typename Request, typename Response>
Request Take(grpc::CallbackServerContext* context) {
  return std::move(*static_cast<grpc::MessageHolder<Request, Response>*>(context->GetRpcAllocatorState())->request());
}

// Ends the call with a callback's answer. The reactor and `*response` live until then.
template <typename Response>
gate::Callback<Response> Answer(grpc::ServerUnaryReactor* reactor, Response* response) {
  return [reactor, response](absl::StatusOr<Response> answer) {
    const grpc::Status status = ToGrpcStatus(answer.status());
    if (answer.ok()) *response = *std::move(answer);
    reactor->Finish(status);
  };
}

// Answers with what a method of the gate that makes a change calls back with.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* AnswerChange(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                       gate::Gate* gate, void (gate::Gate::*method)(Request, gate::Callback<Response>)) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
  } else {
    (gate->*method)(*request, Answer(reactor, response));
  }
  return reactor;
}

// Answers with `read(request)`, called on the executor.
template <typename Request, typename Response, typename Read>
grpc::ServerUnaryReactor* AnswerRead(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                     Executor* executor, Read read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }
  const bool queued =
      executor->Run([reactor, request, response, read = std::move(read)] { Answer(reactor, response)(read(*request)); });
  if (!queued) reactor->Finish(ToGrpcStatus(absl::ResourceExhaustedError("too many reads wait; try again later")));
  return reactor;
}

// The same for what reads in the log: that it was read is durable before it is answered. `note(request, response)` says what was
// read.
template <typename Request, typename Response, typename Read, typename Note>
grpc::ServerUnaryReactor* AnswerLoggedRead(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                           Executor* executor, gate::Gate* gate, Read read, Note note) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (absl::Status status = BadRequest(Check(*request)); !status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }
  const bool queued = executor->Run([=, read = std::move(read), note = std::move(note)] {
    absl::StatusOr<Response> answer = read(*request);
    const std::optional<v1::Entry> entry = answer.ok() ? note(*request, *answer) : std::nullopt;
    if (!entry) return Answer(reactor, response)(std::move(answer));
    *response = *std::move(answer);
    gate->LogQuery(*entry, [reactor](const absl::StatusOr<int64_t>& logged) { reactor->Finish(ToGrpcStatus(logged.status())); });
  });
  if (!queued) reactor->Finish(ToGrpcStatus(absl::ResourceExhaustedError("too many reads wait; try again later")));
  return reactor;
}

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_UNARY_H_
