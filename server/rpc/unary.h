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

// From where a call comes.
inline gate::Caller CallerOf(const grpc::CallbackServerContext* context) {
  return CallerAt(context->peer());
}

// Ends the call with a callback's answer, which the log has where it is a refusal. The reactor and `*response` live until then.
template <typename Response>
gate::Callback<Response> Answer(gate::Gate* gate, grpc::ServerUnaryReactor* reactor, Response* response) {
  return [gate, reactor, response](absl::StatusOr<Response> answer) {
    if (absl::IsResourceExhausted(answer.status())) gate->CountRefusedCall();
    const grpc::Status status = ToGrpcStatus(answer.status());
    if (answer.ok()) *response = *std::move(answer);
    reactor->Finish(status);
  };
}

// Ends a call whose answer is a failure. That it was refused stands in the log by then.
template <typename Request>
void Fail(grpc::CallbackServerContext* context, const Request& request, gate::Gate* gate, grpc::ServerUnaryReactor* reactor,
          absl::Status status) {
  FinishRefused(gate, request, CallerOf(context), std::move(status),
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
                                       gate::Gate* gate,
                                       void (gate::Gate::*method)(Request, gate::Callback<Response>, const gate::Caller&)) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (Passes(context, *request, gate, reactor)) {
    (gate->*method)(*request, AnswerOrFail(context, request, gate, reactor, response), CallerOf(context));
  }
  return reactor;
}

inline constexpr char kTooManyReads[] = "too many reads wait; try again later";

// Answers with `read(request)`, called on the executor.
template <typename Request, typename Response, typename Read>
grpc::ServerUnaryReactor* AnswerRead(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                     Executor* executor, gate::Gate* gate, Read read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!Passes(context, *request, gate, reactor)) return reactor;
  const bool queued =
      executor->Run([=, read = std::move(read)] { AnswerOrFail(context, request, gate, reactor, response)(read(*request)); });
  if (!queued) reactor->Finish(ToGrpcStatus(TooMuch(gate, kTooManyReads)));
  return reactor;
}

// The same for what gives what is told of results, or the log: that it was read is durable before it is answered.
// `note(request, &response)` says what was read, nullopt where the log need not have it; `log(entry, response, done)` gives that
// to the gate.
template <typename Request, typename Response, typename Read, typename Note, typename Log>
grpc::ServerUnaryReactor* AnswerAfterLogging(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                             Executor* executor, gate::Gate* gate, Read read, Note note, Log log) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!Passes(context, *request, gate, reactor)) return reactor;
  const bool queued = executor->Run([=, read = std::move(read), note = std::move(note), log = std::move(log)] {
    absl::StatusOr<Response> answer = read(*request);
    std::optional<v1::Entry> entry;
    if (answer.ok()) entry = note(*request, *answer);
    if (!entry) return AnswerOrFail(context, request, gate, reactor, response)(std::move(answer));
    entry->set_peer(CallerOf(context).peer);
    *response = *std::move(answer);
    log(*std::move(entry), *response, [gate, reactor](const absl::StatusOr<int64_t>& logged) {
      if (absl::IsResourceExhausted(logged.status())) gate->CountRefusedCall();
      reactor->Finish(ToGrpcStatus(logged.status()));
    });
  });
  if (!queued) reactor->Finish(ToGrpcStatus(TooMuch(gate, kTooManyReads)));
  return reactor;
}

// What is read is logged each time.
template <typename Request, typename Response, typename Read, typename Note>
grpc::ServerUnaryReactor* AnswerLoggedRead(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                           Executor* executor, gate::Gate* gate, Read read, Note note) {
  return AnswerAfterLogging(context, request, response, executor, gate, std::move(read), std::move(note),
                            [gate](v1::Entry entry, const Response&, gate::Callback<int64_t> done) {
                              gate->LogQuery(std::move(entry), std::move(done));
                            });
}

// A list that screens ask for again and again: as Gate::LogScreen has it.
template <typename Request, typename Response, typename Read, typename Note>
grpc::ServerUnaryReactor* AnswerScreen(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                       Executor* executor, gate::Gate* gate, Read read, Note note) {
  return AnswerAfterLogging(context, request, response, executor, gate, std::move(read), std::move(note),
                            [gate](v1::Entry entry, const Response& given, gate::Callback<int64_t> done) {
                              gate->LogScreen(std::move(entry), given.SerializeAsString(), std::move(done));
                            });
}

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_UNARY_H_
