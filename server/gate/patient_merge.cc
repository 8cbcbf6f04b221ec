// Merging two patients into one, and undoing it.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/decision_facts.h"
#include "server/gate/incident.h"
#include "server/gate/keys.h"
#include "server/gate/legal_hold.h"
#include "server/gate/patient_desk.h"
#include "server/gate/patients.h"
#include "server/gate/result_commit.h"
#include "server/gate/submit.h"

namespace resultgate::gate {
namespace {

v1::Entry MergeEntry(int64_t survivor, int64_t merged, bool undone, const std::string& merged_digest) {
  v1::Entry entry;
  entry.mutable_patients_merged()->set_survivor_id(survivor);
  entry.mutable_patients_merged()->set_merged_id(merged);
  entry.mutable_patients_merged()->set_undone(undone);
  entry.mutable_patients_merged()->set_merged_digest(merged_digest);
  return entry;
}

// The record of an identifier that the gate has heard of.
absl::StatusOr<std::optional<v1::PatientRecord>> Known(store::Batch& batch, const v1::Identifier& identifier) {
  RG_ASSIGN_OR_RETURN(const std::optional<int64_t> id, batch.FindPatientByKey(PatientKey(identifier)));
  if (!id) return std::optional<v1::PatientRecord>();
  return batch.FindPatient(*id);
}

}  // namespace

absl::StatusOr<bool> PatientDesk::PutInDoubt(store::Batch& batch, absl::Time now, const Effect& effect,
                                             const v1::Result& as_it_was, v1::Result* result, Done* done) {
  if (NeedsTwoPeople(StandingQuarantine(*result))) return false;
  Transition transition = TakeIntoDoubt(packs_->PackOf(*result), *result, kOtherPatient, now);
  if (transition.cells.empty()) return false;
  // With whom it was talked over is as open as whose it is.
  result->clear_discussed_at();
  result->clear_discussed_how();
  const Rulebook& rulebook = packs_->Deciding();
  const v1::Patient patient = result->report().patient();
  RG_ASSIGN_OR_RETURN(Committed committed,
                      CommitTransition(batch, *rulebook.comments, *rulebook.pack, std::move(transition), patient, now, result));
  done->released = done->released || !committed.notes.empty();
  v1::Entry entry;
  entry.set_result_id(result->id());
  entry.set_version(result->version());
  entry.set_known_digest(KnownDigest(*result));
  v1::Entry::Reconsidered* reconsidered = entry.mutable_reconsidered();
  reconsidered->set_cause_sequence(effect.cause_sequence);
  reconsidered->add_reasons(effect.reason);
  reconsidered->add_reasons("its versions are of both, so that nobody can tell whose it is");
  for (v1::Outcome& outcome : ChangedOutcomes(as_it_was.decision().outcomes(), result->decision().outcomes())) {
    *reconsidered->add_outcomes() = std::move(outcome);
  }
  for (v1::ReleaseNote& note : committed.notes) *reconsidered->add_releases() = std::move(note);
  RG_RETURN_IF_ERROR(AppendEntry(batch, now, effect.actor, std::move(entry)));
  RG_RETURN_IF_ERROR(
      OpenIncident(batch, now, effect.actor, rulebook.pack->refusal_owner(), as_it_was, /*merged=*/true, kOtherPatient, *result));
  return true;
}

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
    // Nobody had told of the patient before.
    if (!staying) RG_RETURN_IF_ERROR(KeepTimes(batch, now, request.actor(), now, &survivor));
    *answer.response.mutable_survivor() = Answerable(std::move(survivor));
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
  RG_ASSIGN_OR_RETURN(const std::string digest, PutRecord(batch, new_salt_, &merged));
  Effect effect;
  effect.actor = request.actor();
  effect.reason = "two patients are one";
  // A merge may be a mistake: it ends nothing, and takes back from others than the patient what one of the two keeps from them.
  effect.how.held.tighten = effect.how.withdraw_related = true;
  RG_ASSIGN_OR_RETURN(Done done,
                      Conclude(batch, now, &survivor, MergeEntry(survivor.id(), merged.id(), /*undone=*/false, digest), &effect));
  *answer.response.mutable_survivor() = Answerable(std::move(survivor));
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
  RG_ASSIGN_OR_RETURN(const std::string digest, PutRecord(batch, new_salt_, &*merged));
  Effect effect;
  effect.actor = request.actor();
  effect.reason = "two patients are two again";
  RG_ASSIGN_OR_RETURN(effect.separated.one, HeadOf(batch, survivor->id()));
  effect.separated.other = merged->id();
  // What only the other one asked for holds no longer.
  effect.how.held.relax = effect.how.held.tighten = effect.how.withdraw_related = true;
  RG_ASSIGN_OR_RETURN(
      Done done, Conclude(batch, now, &*survivor, MergeEntry(survivor->id(), merged->id(), /*undone=*/true, digest), &effect));
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> others, RecordsOf(batch, merged->facts().identifiers()));
  RG_ASSIGN_OR_RETURN(const Done of_others, ReconsiderAll(batch, now, others, effect));
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> remaining, RecordsOf(batch, survivor->facts().identifiers()));
  RG_RETURN_IF_ERROR(KeepHolds(batch, now, request.actor(), remaining, others));
  *answer.response.mutable_survivor() = Answerable(*std::move(survivor));
  *answer.response.mutable_merged() = Answerable(*std::move(merged));
  done.results.insert(done.results.end(), of_others.results.begin(), of_others.results.end());
  done.released = done.released || of_others.released;
  Tell(std::move(done), answer);
  return absl::OkStatus();
}

}  // namespace resultgate::gate
