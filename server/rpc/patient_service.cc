#include "server/rpc/patient_service.h"

#include "server/rpc/read_notes.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {

using gate::Gate;

grpc::ServerUnaryReactor* PatientService::GetPatient(grpc::CallbackServerContext* context, const v1::GetPatientRequest* request,
                                                     v1::GetPatientResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::GetPatientRequest& asked) { return gate->GetPatient(asked); }, NotePatient);
}

grpc::ServerUnaryReactor* PatientService::UpdatePatient(grpc::CallbackServerContext* context,
                                                        const v1::UpdatePatientRequest* request,
                                                        v1::UpdatePatientResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::UpdatePatient);
}

grpc::ServerUnaryReactor* PatientService::SetPreference(grpc::CallbackServerContext* context,
                                                        const v1::SetPreferenceRequest* request,
                                                        v1::SetPreferenceResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::SetPreference);
}

grpc::ServerUnaryReactor* PatientService::PutRelatedPerson(grpc::CallbackServerContext* context,
                                                           const v1::PutRelatedPersonRequest* request,
                                                           v1::PutRelatedPersonResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::PutRelatedPerson);
}

grpc::ServerUnaryReactor* PatientService::RemoveRelatedPerson(grpc::CallbackServerContext* context,
                                                              const v1::RemoveRelatedPersonRequest* request,
                                                              v1::RemoveRelatedPersonResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::RemoveRelatedPerson);
}

grpc::ServerUnaryReactor* PatientService::MergePatients(grpc::CallbackServerContext* context,
                                                        const v1::MergePatientsRequest* request,
                                                        v1::MergePatientsResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::MergePatients);
}

grpc::ServerUnaryReactor* PatientService::UnmergePatients(grpc::CallbackServerContext* context,
                                                          const v1::UnmergePatientsRequest* request,
                                                          v1::UnmergePatientsResponse* response) {
  return AnswerChange(context, request, response, gate_, &Gate::UnmergePatients);
}

}  // namespace resultgate::rpc
