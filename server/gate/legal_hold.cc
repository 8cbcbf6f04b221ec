#include "server/gate/legal_hold.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/patients.h"

namespace resultgate::gate {
namespace {

constexpr int kPage = 256;
// Of what a request may say.
constexpr size_t kLongestReason = 1000;

// Appends an entry about a legal hold, under its sequence.
absl::Status LogHold(store::Batch& batch, absl::Time now, int64_t sequence, const std::string& actor, const v1::LegalHold& hold,
                     bool ended, const std::string& reason) {
  v1::Entry entry;
  entry.set_sequence(sequence);
  *entry.mutable_time() = base::ToProto(now);
  entry.set_actor(actor);
  entry.set_result_id(hold.result_id());
  v1::Entry::LegalHoldChanged* changed = entry.mutable_legal_hold_changed();
  changed->set_legal_hold_id(hold.id());
  changed->set_patient_id(hold.patient_id());
  changed->set_ended(ended);
  changed->set_reason(reason);
  return batch.AppendEntry(entry);
}

absl::Status AddPatients(store::Batch& batch, const google::protobuf::RepeatedPtrField<v1::Identifier>& identifiers,
                         std::vector<int64_t>* ids) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(batch, identifiers));
  for (const v1::PatientRecord& record : records) ids->push_back(record.id());
  return absl::OkStatus();
}

bool IsOn(const v1::LegalHold& hold, const std::vector<v1::PatientRecord>& records) {
  return std::any_of(records.begin(), records.end(),
                     [&hold](const v1::PatientRecord& record) { return record.id() == hold.patient_id(); });
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

absl::Status KeepHolds(store::Batch& batch, const store::Reader& reader, absl::Time now, const std::string& actor,
                       const std::vector<v1::PatientRecord>& one, const std::vector<v1::PatientRecord>& other) {
  if (one.empty() || other.empty()) return absl::OkStatus();
  for (int64_t after = 0;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::LegalHold> holds, reader.ListLegalHolds(after, kPage));
    if (holds.empty()) return absl::OkStatus();
    after = holds.back().id();
    for (const v1::LegalHold& hold : holds) {
      if (hold.patient_id() == 0) continue;
      const bool on_one = IsOn(hold, one);
      if (!on_one && !IsOn(hold, other)) continue;
      const v1::PatientRecord& separated = (on_one ? other : one).front();
      v1::LegalHold kept;
      kept.set_patient_id(separated.id());
      *kept.mutable_patient() = separated.facts().identifiers(0);
      kept.set_reason(absl::StrCat("as legal hold ", hold.id(), ", when two patients were separated: ", hold.reason())
                          .substr(0, kLongestReason));
      RG_RETURN_IF_ERROR(PlaceHold(batch, now, actor, &kept));
    }
  }
}

}  // namespace resultgate::gate
