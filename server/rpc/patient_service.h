// resultgate.v1.PatientService: what the gate is told of patients. What each method means stands in
// proto/resultgate/v1/patient_service.proto.
#ifndef RESULTGATE_RPC_PATIENT_SERVICE_H_
#define RESULTGATE_RPC_PATIENT_SERVICE_H_

#include "resultgate/v1/patient_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/rpc/executor.h"

namespace resultgate::rpc {

// Thread-safe. `gate` and `executor` must outlive the server that runs it.
class PatientService final : public v1::PatientService::CallbackService {
 public:
  PatientService(gate::Gate* gate, Executor* executor) : gate_(gate), executor_(executor) {}

  grpc::ServerUnaryReactor* GetPatient(grpc::CallbackServerContext* context, const v1::GetPatientRequest* request,
                                       v1::GetPatientResponse* response) override;
  grpc::ServerUnaryReactor* UpdatePatient(grpc::CallbackServerContext* context, const v1::UpdatePatientRequest* request,
                                          v1::UpdatePatientResponse* response) override;
  grpc::ServerUnaryReactor* SetPreference(grpc::CallbackServerContext* context, const v1::SetPreferenceRequest* request,
                                          v1::SetPreferenceResponse* response) override;
  grpc::ServerUnaryReactor* PutRelatedPerson(grpc::CallbackServerContext* context, const v1::PutRelatedPersonRequest* request,
                                             v1::PutRelatedPersonResponse* response) override;
  grpc::ServerUnaryReactor* RemoveRelatedPerson(grpc::CallbackServerContext* context,
                                                const v1::RemoveRelatedPersonRequest* request,
                                                v1::RemoveRelatedPersonResponse* response) override;
  grpc::ServerUnaryReactor* MergePatients(grpc::CallbackServerContext* context, const v1::MergePatientsRequest* request,
                                          v1::MergePatientsResponse* response) override;
  grpc::ServerUnaryReactor* UnmergePatients(grpc::CallbackServerContext* context, const v1::UnmergePatientsRequest* request,
                                            v1::UnmergePatientsResponse* response) override;

 private:
  gate::Gate* const gate_;
  Executor* const executor_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_PATIENT_SERVICE_H_
