#include "server/gate/legal_hold.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/patients.h"

namespace resultgate::gate {
namespace {

// Appends an entry about a legal hold, under its sequence.
absl::Status LogHold(store::Batch& batch, absl::Time now, int64_t sequence, const std::string& actor, const v1::LegalHold& hold,
                     bool ended, const std::string& reason) {
  v1::Entry entry;
  entry.set_sequence(sequence);
  *entry.mutable_time() = base::ToProto(now);
  entry.set_actor(actor);
  entry.set_peer(batch.peer());
  entry.set_result_id(hold.result_id());
  v1::Entry::LegalHoldChanged* changed = entry.mutable_legal_hold_changed();
  changed->set_legal_hold_id(hold.id());
  changed->set_patient_id(hold.patient_id());
  changed->set_ended(ended);
  changed->set_reason(reason);
  changed->set_kept_of(hold.kept_of());
  return batch.AppendEntry(entry);
}

absl::Status AddPatients(store::Batch& batch, const google::protobuf::RepeatedPtrField<v1::Identifier>& identifiers,
                         std::vector<int64_t>* ids) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(batch, identifiers));
  for (const v1::PatientRecord& record : records) ids->push_back(record.id());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::LegalHold>> HoldsOn(store::Batch& batch, const std::vector<v1::PatientRecord>& records) {
  std::vector<v1::LegalHold> all;
  for (const v1::PatientRecord& record : records) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::LegalHold> holds, batch.LegalHoldsOn(record.id()));
    all.insert(all.end(), holds.begin(), holds.end());
  }
  return all;
}

// The hold that was placed by itself, of those that go on with one another.
int64_t Origin(const v1::LegalHold& hold) {
  return hold.kept_of() != 0 ? hold.kept_of() : hold.id();
}

absl::Status PlaceWhatIsMissing(store::Batch& batch, absl::Time now, const std::string& actor,
                                const std::vector<v1::LegalHold>& holds, const std::vector<v1::LegalHold>& there,
                                const std::vector<v1::PatientRecord>& records) {
  for (const v1::LegalHold& hold : holds) {
    const bool is_there =
        std::any_of(there.begin(), there.end(), [&hold](const v1::LegalHold& other) { return Origin(other) == Origin(hold); });
    if (is_there || records.empty()) continue;
    v1::LegalHold kept;
    kept.set_patient_id(records.front().id());
    *kept.mutable_patient() = records.front().facts().identifiers(0);
    kept.set_reason(hold.reason());
    kept.set_kept_of(Origin(hold));
    RG_RETURN_IF_ERROR(PlaceHold(batch, now, actor, &kept));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PlaceHold(store::Batch& batch, absl::Time now, const std::string& actor, v1::LegalHold* hold) {
  hold->set_id(batch.NextEntrySequence());
  hold->set_placed_by(actor);
  *hold->mutable_placed_at() = base::ToProto(now);
  RG_RETURN_IF_ERROR(batch.PutLegalHold(*hold));
  return LogHold(batch, now, hold->id(), actor, *hold, /*ended=*/false, hold->reason());
}

absl::Status EndHold(store::Batch& batch, absl::Time now, const std::string& actor, const std::string& reason,
                     const v1::LegalHold& hold) {
  RG_RETURN_IF_ERROR(batch.RemoveLegalHold(hold.id()));
  return LogHold(batch, now, batch.NextEntrySequence(), actor, hold, /*ended=*/true, reason);
}

absl::StatusOr<bool> IsOnLegalHold(store::Batch& batch, const v1::Result& result) {
  std::vector<int64_t> patient_ids;
  RG_RETURN_IF_ERROR(AddPatients(batch, result.report().patient().identifiers(), &patient_ids));
  for (const v1::DiagnosticReport& version : result.versions()) {
    RG_RETURN_IF_ERROR(AddPatients(batch, version.patient().identifiers(), &patient_ids));
  }
  // A correction may have moved it to another patient, and the first one's words are still here.
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, batch.EntriesOf(result.id()));
  for (const v1::Entry& entry : entries) {
    for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) {
      RG_ASSIGN_OR_RETURN(const std::optional<store::OutboxRow> row, batch.FindRelease(note->sequence()));
      if (row) RG_RETURN_IF_ERROR(AddPatients(batch, row->release.patient_identifiers(), &patient_ids));
    }
  }
  std::sort(patient_ids.begin(), patient_ids.end());
  patient_ids.erase(std::unique(patient_ids.begin(), patient_ids.end()), patient_ids.end());
  return batch.IsOnLegalHold(result.id(), patient_ids);
}

absl::Status KeepHolds(store::Batch& batch, absl::Time now, const std::string& actor, const std::vector<v1::PatientRecord>& one,
                       const std::vector<v1::PatientRecord>& other) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::LegalHold> on_one, HoldsOn(batch, one));
  RG_ASSIGN_OR_RETURN(const std::vector<v1::LegalHold> on_other, HoldsOn(batch, other));
  RG_RETURN_IF_ERROR(PlaceWhatIsMissing(batch, now, actor, on_one, on_other, other));
  return PlaceWhatIsMissing(batch, now, actor, on_other, on_one, one);
}

}  // namespace resultgate::gate
