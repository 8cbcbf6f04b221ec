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
#include "server/rpc/refused_call.h"
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

// Ends a call whose answer is a failure. That it was refused stands in the log by then.
template <typename Request>
void Fail(grpc::CallbackServerContext* context, const Request& request, gate::Gate* gate, grpc::ServerUnaryReactor* reactor,
          absl::Status status) {
  FinishRefused(gate, request, context->peer(), std::move(status),
                [reactor](const absl::Status& told) { reactor->Finish(ToGrpcStatus(told)); });
}

// As Answer, for a call that is logged where it is refused; `*request` lives until the call is over.
template <typename Request, typename Response>
gate::Callback<Response> AnswerOrFail(grpc::CallbackServerContext* context, const Request* request, gate::Gate* gate,
                                      grpc::ServerUnaryReactor* reactor, Response* response) {
  return [=](absl::StatusOr<Response> answer) {
    if (!answer.ok()) return Fail(context, *request, gate, reactor, answer.status());
    *response = *std::move(answer);
    reactor->Finish(grpc::Status::OK);
  };
}

// True if the request may go on; else the call is ended.
template <typename Request>
bool Passes(grpc::CallbackServerContext* context, const Request& request, gate::Gate* gate, grpc::ServerUnaryReactor* reactor) {
  absl::Status status = BadRequest(Check(request));
  if (status.ok()) return true;
  Fail(context, request, gate, reactor, std::move(status));
  return false;
}

// Answers with what a method of the gate that makes a change calls back with.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* AnswerChange(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                       gate::Gate* gate, void (gate::Gate::*method)(Request, gate::Callback<Response>)) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (Passes(context, *request, gate, reactor)) {
    (gate->*method)(*request, AnswerOrFail(context, request, gate, reactor, response));
  }
  return reactor;
}

// Answers with `read(request)`, called on the executor.
template <typename Request, typename Response, typename Read>
grpc::ServerUnaryReactor* AnswerRead(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                     Executor* executor, gate::Gate* gate, Read read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!Passes(context, *request, gate, reactor)) return reactor;
  const bool queued =
      executor->Run([=, read = std::move(read)] { AnswerOrFail(context, request, gate, reactor, response)(read(*request)); });
  if (!queued) reactor->Finish(ToGrpcStatus(absl::ResourceExhaustedError("too many reads wait; try again later")));
  return reactor;
}

// The same for what reads in the log: that it was read is durable before it is answered. `note(request, response)` says what was
// read.
template <typename Request, typename Response, typename Read, typename Note>
grpc::ServerUnaryReactor* AnswerLoggedRead(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                           Executor* executor, gate::Gate* gate, Read read, Note note) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!Passes(context, *request, gate, reactor)) return reactor;
  const bool queued = executor->Run([=, read = std::move(read), note = std::move(note)] {
    absl::StatusOr<Response> answer = read(*request);
    const std::optional<v1::Entry> entry = answer.ok() ? note(*request, *answer) : std::nullopt;
    if (!entry) return AnswerOrFail(context, request, gate, reactor, response)(std::move(answer));
    *response = *std::move(answer);
    gate->LogQuery(*entry, [reactor](const absl::StatusOr<int64_t>& logged) { reactor->Finish(ToGrpcStatus(logged.status())); });
  });
  if (!queued) reactor->Finish(ToGrpcStatus(absl::ResourceExhaustedError("too many reads wait; try again later")));
  return reactor;
}

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_UNARY_H_
