#include "server/rpc/result_gate_service.h"

#include "server/rpc/checks.h"
#include "server/rpc/read_notes.h"
#include "server/rpc/status.h"
#include "server/rpc/submit.h"
#include "server/rpc/submit_stream.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {

grpc::ServerUnaryReactor* ResultGateService::SubmitResult(grpc::CallbackServerContext* context,
                                                          const v1::SubmitResultRequest* /*request*/,
                                                          v1::SubmitResultResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Submit(gate_, Take<v1::SubmitResultRequest, v1::SubmitResultResponse>(context), CallerOf(context),
         Answer(gate_, reactor, response));
  return reactor;
}

grpc::ServerBidiReactor<v1::SubmitResultsRequest, v1::SubmitResultsResponse>* ResultGateService::SubmitResults(
    grpc::CallbackServerContext* context) {
  return new SubmitStream(gate_, CallerOf(context));  // deletes itself when the call is done
}

grpc::ServerUnaryReactor* ResultGateService::RefuseResult(grpc::CallbackServerContext* context,
                                                          const v1::RefuseResultRequest* request,
                                                          v1::RefuseResultResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (Passes(context, *request, gate_, reactor)) gate_->Refuse(*request, Answer(gate_, reactor, response), CallerOf(context));
  return reactor;
}

grpc::ServerUnaryReactor* ResultGateService::GetResult(grpc::CallbackServerContext* context, const v1::GetResultRequest* request,
                                                       v1::GetResultResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::GetResultRequest& asked) { return gate->GetResult(asked); }, NoteResult);
}

grpc::ServerUnaryReactor* ResultGateService::ListResults(grpc::CallbackServerContext* context,
                                                         const v1::ListResultsRequest* request,
                                                         v1::ListResultsResponse* response) {
  return AnswerScreen(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::ListResultsRequest& asked) { return gate->ListResults(asked); }, NoteResults);
}

}  // namespace resultgate::rpc
