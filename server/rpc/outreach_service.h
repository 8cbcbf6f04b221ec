// resultgate.v1.OutreachService: what is left to do about results. What each method means stands in
// proto/resultgate/v1/outreach_service.proto.
#ifndef RESULTGATE_RPC_OUTREACH_SERVICE_H_
#define RESULTGATE_RPC_OUTREACH_SERVICE_H_

#include "resultgate/v1/outreach_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class OutreachService final : public v1::OutreachService::CallbackService {
 public:
  OutreachService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* RecordView(grpc::CallbackServerContext* context, const v1::RecordViewRequest* request,
                                       v1::RecordViewResponse* response) override;
  grpc::ServerUnaryReactor* RecordClinicianView(grpc::CallbackServerContext* context,
                                                const v1::RecordClinicianViewRequest* request,
                                                v1::RecordClinicianViewResponse* response) override;
  grpc::ServerUnaryReactor* RecordContact(grpc::CallbackServerContext* context, const v1::RecordContactRequest* request,
                                          v1::RecordContactResponse* response) override;
  grpc::ServerUnaryReactor* RecordMessage(grpc::CallbackServerContext* context, const v1::RecordMessageRequest* request,
                                          v1::RecordMessageResponse* response) override;
  grpc::ServerUnaryReactor* SettleRefusal(grpc::CallbackServerContext* context, const v1::SettleRefusalRequest* request,
                                          v1::SettleRefusalResponse* response) override;
  grpc::ServerUnaryReactor* ListOutreach(grpc::CallbackServerContext* context, const v1::ListOutreachRequest* request,
                                         v1::ListOutreachResponse* response) override;

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_OUTREACH_SERVICE_H_
