#include "server/gate/patients.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_bytes.h"
#include "server/base/status_macros.h"
#include "server/gate/keys.h"
#include "server/gate/patient_facts.h"
#include "server/gate/versions.h"

namespace resultgate::gate {
namespace {

template <typename Reads>
absl::StatusOr<v1::PatientRecord> Record(Reads& reads, int64_t id) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::PatientRecord> record, reads.FindPatient(id));
  if (!record) return absl::DataLossError(absl::StrCat("patient ", id, " is named, but not there"));
  return *std::move(record);
}

// Adds the record and those merged into it, each once.
template <typename Reads>
absl::Status AddFamily(Reads& reads, v1::PatientRecord record, std::set<int64_t>* seen, std::vector<v1::PatientRecord>* records) {
  if (!seen->insert(record.id()).second) return absl::OkStatus();
  const size_t position = records->size();
  records->push_back(std::move(record));
  for (int i = 0; i < (*records)[position].merged_size(); ++i) {
    RG_ASSIGN_OR_RETURN(v1::PatientRecord merged, Record(reads, (*records)[position].merged(i)));
    RG_RETURN_IF_ERROR(AddFamily(reads, std::move(merged), seen, records));
  }
  return absl::OkStatus();
}

template <typename Reads>
absl::StatusOr<std::vector<v1::PatientRecord>> Find(Reads& reads, const Identifiers& identifiers) {
  std::vector<v1::PatientRecord> records;
  std::set<int64_t> seen;
  for (const v1::Identifier& identifier : identifiers) {
    if (identifier.value().empty()) continue;
    RG_ASSIGN_OR_RETURN(const std::optional<int64_t> id, reads.FindPatientByKey(PatientKey(identifier)));
    if (!id) continue;
    RG_ASSIGN_OR_RETURN(v1::PatientRecord record, Record(reads, *id));
    while (record.merged_into() != 0) {
      RG_ASSIGN_OR_RETURN(record, Record(reads, record.merged_into()));
    }
    RG_RETURN_IF_ERROR(AddFamily(reads, std::move(record), &seen, &records));
  }
  return records;
}

}  // namespace

absl::StatusOr<std::vector<v1::PatientRecord>> RecordsOf(store::Batch& batch, const Identifiers& identifiers) {
  return Find(batch, identifiers);
}

absl::StatusOr<std::vector<v1::PatientRecord>> RecordsOf(const store::Reader& reader, const Identifiers& identifiers) {
  return Find(reader, identifiers);
}

absl::StatusOr<std::vector<v1::PatientRecord>> RecordsOf(store::LogFile& log, const Identifiers& identifiers) {
  return Find(log, identifiers);
}

absl::StatusOr<std::string> PutRecord(store::Batch& batch, const NewSalt& new_salt, v1::PatientRecord* record) {
  if (record->salt().empty()) {
    RG_ASSIGN_OR_RETURN(*record->mutable_salt(), new_salt());
  }
  RG_RETURN_IF_ERROR(batch.PutPatient(*record));
  return ContentDigest(record->salt(), base::DeterministicBytes(*record));
}

v1::PatientRecord Answerable(v1::PatientRecord record) {
  record.clear_salt();
  return record;
}

absl::StatusOr<v1::PatientRecord> OpenPatient(store::Batch& batch, const v1::Identifier& identifier) {
  RG_ASSIGN_OR_RETURN(const std::optional<int64_t> id, batch.FindPatientByKey(PatientKey(identifier)));
  if (id) return Record(batch, *id);
  v1::PatientRecord record;
  record.set_id(batch.NextPatientId());
  *record.mutable_facts()->add_identifiers() = identifier;
  RG_RETURN_IF_ERROR(batch.PutPatient(record));
  RG_RETURN_IF_ERROR(batch.PutPatientKey(PatientKey(identifier), record.id()));
  return record;
}

absl::Status PutPatientKeys(store::Batch& batch, const v1::Patient& patient, int64_t result_id) {
  for (const v1::Identifier& identifier : patient.identifiers()) {
    if (identifier.value().empty()) continue;
    RG_RETURN_IF_ERROR(batch.PutKey(PatientKey(identifier), result_id));
    RG_RETURN_IF_ERROR(batch.PutAssigner(identifier.system()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Result>> ResultsOf(store::Batch& batch, const std::vector<v1::PatientRecord>& records) {
  std::set<int64_t> ids;
  for (const v1::PatientRecord& record : records) {
    for (const v1::Identifier& identifier : record.facts().identifiers()) {
      RG_ASSIGN_OR_RETURN(const std::vector<int64_t> found, batch.FindByKey(PatientKey(identifier)));
      ids.insert(found.begin(), found.end());
    }
  }
  std::vector<v1::Result> results;
  for (const int64_t id : ids) {
    RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, batch.FindResult(id));
    if (!result) return absl::DataLossError(absl::StrCat("a patient's key leads to result ", id, ", which is not there"));
    // A key stays when a correction moves the result to somebody else.
    const bool still = std::any_of(records.begin(), records.end(), [&result](const v1::PatientRecord& record) {
      return SamePatient(record.facts(), result->report().patient());
    });
    if (still) results.push_back(*std::move(result));
  }
  return results;
}

void FillKnown(const std::vector<v1::PatientRecord>& records, const policy::Pack& pack, v1::Result* result) {
  result->clear_known_patient();
  result->clear_confidential();
  if (records.empty()) return;
  const KnownPatient known = Together(records);
  *result->mutable_known_patient() = known.facts;
  *result->mutable_confidential() = ConfidentialIn(result->report(), known.people, pack);
}

absl::Status FillKnown(store::Batch& batch, const policy::Pack& pack, v1::Result* result) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(batch, result->report().patient().identifiers()));
  FillKnown(records, pack, result);
  return absl::OkStatus();
}

absl::StatusOr<bool> SamePatientAfterMerges(store::Batch& batch, const v1::Patient& a, const v1::Patient& b) {
  if (SamePatient(a, b)) return true;
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records_of_a, RecordsOf(batch, a.identifiers()));
  return std::any_of(records_of_a.begin(), records_of_a.end(),
                     [&b](const v1::PatientRecord& record) { return SamePatient(record.facts(), b); });
}

}  // namespace resultgate::gate
