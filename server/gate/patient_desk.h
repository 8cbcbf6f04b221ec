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
#include "server/gate/content_digest.h"
#include "server/gate/pack_host.h"
#include "server/gate/redecide.h"
#include "server/gate/separation.h"
#include "server/store/store.h"

namespace resultgate::gate {

class PatientDesk {
 public:
  // It outlives the desk. `new_salt` is called for each record that has no salt yet.
  PatientDesk(PackHost* packs, NewSalt new_salt) : packs_(packs), new_salt_(std::move(new_salt)) {}

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
    Separated separated;
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
  absl::StatusOr<Done> Conclude(store::Batch& batch, absl::Time now, v1::PatientRecord* record, v1::Entry entry, Effect* effect);
  // Nothing new was told, but later than before: with the record's times, its digest in the log changes too.
  absl::Status KeepTimes(store::Batch& batch, absl::Time now, const std::string& actor, absl::Time recorded,
                         v1::PatientRecord* record);
  absl::StatusOr<Done> ReconsiderAll(store::Batch& batch, absl::Time now, const std::vector<v1::PatientRecord>& records,
                                     const Effect& effect);
  // A result of which nobody can tell any more whose it is waits for two people, with an incident; true if it was not in such
  // doubt before.
  absl::StatusOr<bool> PutInDoubt(store::Batch& batch, absl::Time now, const Effect& effect, const v1::Result& as_it_was,
                                  v1::Result* result, Done* done);
  // True if something changed that is held or shown.
  absl::StatusOr<bool> ReconsiderOne(store::Batch& batch, absl::Time now, const Effect& effect, v1::Result* result, Done* done);

  PackHost* const packs_;
  const NewSalt new_salt_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_PATIENT_DESK_H_
