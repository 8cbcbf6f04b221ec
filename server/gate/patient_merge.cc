// Merging two patients into one, and undoing it.
#include <algorithm>
#include <optional>
#include <utility>

#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/keys.h"
#include "server/gate/legal_hold.h"
#include "server/gate/patient_desk.h"
#include "server/gate/patients.h"
#include "server/gate/result_commit.h"

namespace resultgate::gate {
namespace {

v1::Entry MergeEntry(int64_t survivor, int64_t merged, bool undone) {
  v1::Entry entry;
  entry.mutable_patients_merged()->set_survivor_id(survivor);
  entry.mutable_patients_merged()->set_merged_id(merged);
  entry.mutable_patients_merged()->set_undone(undone);
  return entry;
}

// The record of an identifier that the gate has heard of.
absl::StatusOr<std::optional<v1::PatientRecord>> Known(store::Batch& batch, const v1::Identifier& identifier) {
  RG_ASSIGN_OR_RETURN(const std::optional<int64_t> id, batch.FindPatientByKey(PatientKey(identifier)));
  if (!id) return std::optional<v1::PatientRecord>();
  return batch.FindPatient(*id);
}

}  // namespace

absl::Status PatientDesk::Merge(store::Batch& batch, absl::Time now, const v1::MergePatientsRequest& request,
                                Answer<v1::MergePatientsResponse>& answer) {
  RG_ASSIGN_OR_RETURN(const std::optional<v1::PatientRecord> known, Known(batch, request.merged()));
  RG_ASSIGN_OR_RETURN(const std::optional<v1::PatientRecord> staying, Known(batch, request.survivor()));
  if (known && known->merged_into() != 0 && !(staying && known->merged_into() == staying->id())) {
    answer.refused = absl::FailedPreconditionError("the patient has been merged into another one; undo that first");
    return absl::OkStatus();
  }
  RG_ASSIGN_OR_RETURN(v1::PatientRecord survivor, OpenPatient(batch, request.survivor()));
  RG_ASSIGN_OR_RETURN(v1::PatientRecord merged, OpenPatient(batch, request.merged()));
  if (survivor.id() == merged.id() || merged.merged_into() == survivor.id()) {
    *answer.response.mutable_survivor() = std::move(survivor);
    return absl::OkStatus();
  }
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> family, RecordsOf(batch, survivor.facts().identifiers()));
  const bool one_already = std::any_of(family.begin(), family.end(),
                                       [&merged](const v1::PatientRecord& record) { return record.id() == merged.id(); });
  if (one_already) {
    answer.refused = absl::FailedPreconditionError("the two are one patient already, merged in another way");
    return absl::OkStatus();
  }
  merged.set_merged_into(survivor.id());
  *merged.mutable_merged_at() = base::ToProto(now);
  survivor.add_merged(merged.id());
  RG_RETURN_IF_ERROR(batch.PutPatient(merged));
  Effect effect;
  effect.actor = request.actor();
  effect.reason = "two patients are one";
  // A merge may be a mistake: it ends nothing, and takes back from others than the patient what one of the two keeps from them.
  effect.how.held.tighten = effect.how.withdraw_related = true;
  RG_ASSIGN_OR_RETURN(Done done,
                      Conclude(batch, now, survivor, MergeEntry(survivor.id(), merged.id(), /*undone=*/false), &effect));
  *answer.response.mutable_survivor() = std::move(survivor);
  Tell(std::move(done), answer);
  return absl::OkStatus();
}

absl::Status PatientDesk::Unmerge(store::Batch& batch, absl::Time now, const v1::UnmergePatientsRequest& request,
                                  Answer<v1::UnmergePatientsResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::PatientRecord> survivor, Known(batch, request.survivor()));
  RG_ASSIGN_OR_RETURN(std::optional<v1::PatientRecord> merged, Known(batch, request.merged()));
  if (!survivor || !merged || merged->merged_into() != survivor->id()) {
    answer.refused = absl::NotFoundError("the two are not merged");
    return absl::OkStatus();
  }
  auto* ids = survivor->mutable_merged();
  ids->erase(std::remove(ids->begin(), ids->end(), merged->id()), ids->end());
  merged->clear_merged_into();
  merged->clear_merged_at();
  RG_RETURN_IF_ERROR(batch.PutPatient(*merged));
  Effect effect;
  effect.actor = request.actor();
  effect.reason = "two patients are two again";
  // What only the other one asked for holds no longer.
  effect.how.held.relax = effect.how.held.tighten = effect.how.withdraw_related = true;
  RG_ASSIGN_OR_RETURN(Done done,
                      Conclude(batch, now, *survivor, MergeEntry(survivor->id(), merged->id(), /*undone=*/true), &effect));
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> others, RecordsOf(batch, merged->facts().identifiers()));
  RG_ASSIGN_OR_RETURN(const Done of_others, ReconsiderAll(batch, now, others, effect));
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> remaining, RecordsOf(batch, survivor->facts().identifiers()));
  RG_RETURN_IF_ERROR(KeepHolds(batch, now, request.actor(), remaining, others));
  *answer.response.mutable_survivor() = *std::move(survivor);
  *answer.response.mutable_merged() = *std::move(merged);
  done.results.insert(done.results.end(), of_others.results.begin(), of_others.results.end());
  done.released = done.released || of_others.released;
  Tell(std::move(done), answer);
  return absl::OkStatus();
}

}  // namespace resultgate::gate
