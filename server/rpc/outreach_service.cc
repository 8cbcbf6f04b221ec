#include "server/rpc/outreach_service.h"

#include <utility>

#include "server/rpc/checks.h"
#include "server/rpc/read_notes.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {

grpc::ServerUnaryReactor* OutreachService::RecordView(grpc::CallbackServerContext* context, const v1::RecordViewRequest* request,
                                                      v1::RecordViewResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::RecordView);
}

grpc::ServerUnaryReactor* OutreachService::RecordClinicianView(grpc::CallbackServerContext* context,
                                                               const v1::RecordClinicianViewRequest* request,
                                                               v1::RecordClinicianViewResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::RecordClinicianView);
}

grpc::ServerUnaryReactor* OutreachService::RecordContact(grpc::CallbackServerContext* context,
                                                         const v1::RecordContactRequest* request,
                                                         v1::RecordContactResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::RecordContact);
}

grpc::ServerUnaryReactor* OutreachService::RecordMessage(grpc::CallbackServerContext* context,
                                                         const v1::RecordMessageRequest* request,
                                                         v1::RecordMessageResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::RecordMessage);
}

grpc::ServerUnaryReactor* OutreachService::SettleRefusal(grpc::CallbackServerContext* context,
                                                         const v1::SettleRefusalRequest* request,
                                                         v1::SettleRefusalResponse* response) {
  return AnswerChange(context, request, response, gate_, &gate::Gate::SettleRefusal);
}

grpc::ServerUnaryReactor* OutreachService::ListOutreach(grpc::CallbackServerContext* context,
                                                        const v1::ListOutreachRequest* request,
                                                        v1::ListOutreachResponse* response) {
  return AnswerScreen(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::ListOutreachRequest& asked) { return gate->ListOutreach(asked); }, NoteOutreach);
}

}  // namespace resultgate::rpc
