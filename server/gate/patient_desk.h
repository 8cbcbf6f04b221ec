// What the gate is told of patients, apart from reports, and what follows for their results (PatientService).
//
// Writer thread only. Each method makes its change in the batch, with its log entry, and decides anew what the change may touch,
// in the same transaction. A request that asks for nothing new changes nothing, the log included.
#ifndef RESULTGATE_GATE_PATIENT_DESK_H_
#define RESULTGATE_GATE_PATIENT_DESK_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/answer.h"
#include "server/gate/pack_host.h"
#include "server/gate/redecide.h"
#include "server/store/store.h"

namespace resultgate::gate {

class PatientDesk {
 public:
  // Both outlive it.
  PatientDesk(store::Store* store, PackHost* packs) : store_(store), packs_(packs) {}

  // As PatientService has them. Not OK only if the store failed.
  absl::Status Update(store::Batch& batch, absl::Time now, const v1::UpdatePatientRequest& request,
                      Answer<v1::UpdatePatientResponse>& answer);
  absl::Status SetPreference(store::Batch& batch, absl::Time now, const v1::SetPreferenceRequest& request,
                             Answer<v1::SetPreferenceResponse>& answer);
  absl::Status PutPerson(store::Batch& batch, absl::Time now, const v1::PutRelatedPersonRequest& request,
                         Answer<v1::PutRelatedPersonResponse>& answer);
  absl::Status RemovePerson(store::Batch& batch, absl::Time now, const v1::RemoveRelatedPersonRequest& request,
                            Answer<v1::RemoveRelatedPersonResponse>& answer);
  absl::Status Merge(store::Batch& batch, absl::Time now, const v1::MergePatientsRequest& request,
                     Answer<v1::MergePatientsResponse>& answer);
  absl::Status Unmerge(store::Batch& batch, absl::Time now, const v1::UnmergePatientsRequest& request,
                       Answer<v1::UnmergePatientsResponse>& answer);

  // The birthday of the result's patient has come: what those who see for the patient may see is decided anew, and written into
  // `*result`. True if something was released by it.
  absl::StatusOr<bool> HaveBirthday(store::Batch& batch, absl::Time now, v1::Result* result);

 private:
  // What a change means for one result.
  struct Effect {
    int64_t cause_sequence = 0;
    std::string actor;
    std::string reason;  // in words
    Reconsidering how;
  };
  struct Done {
    std::vector<int64_t> results;  // of which something held or shown changed
    bool released = false;
  };
  template <typename Response>
  static void Tell(Done done, Answer<Response>& answer) {
    answer.response.set_results(static_cast<int>(done.results.size()));
    answer.released = done.released;
    answer.changed = std::move(done.results);
  }

  // Writes the record, appends the entry, which becomes the effect's cause, and decides anew the results of all records of the
  // patient.
  absl::StatusOr<Done> Conclude(store::Batch& batch, absl::Time now, const v1::PatientRecord& record, v1::Entry entry,
                                Effect* effect);
  absl::StatusOr<Done> ReconsiderAll(store::Batch& batch, absl::Time now, const std::vector<v1::PatientRecord>& records,
                                     const Effect& effect);
  // True if something changed that is held or shown.
  absl::StatusOr<bool> ReconsiderOne(store::Batch& batch, absl::Time now, const Effect& effect, v1::Result* result, Done* done);

  store::Store* const store_;
  PackHost* const packs_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_PATIENT_DESK_H_
