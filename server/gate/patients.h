// Finds what the gate was told of a patient, and the results of one. Reads of a batch, of the store or of a file alike.
#ifndef RESULTGATE_GATE_PATIENTS_H_
#define RESULTGATE_GATE_PATIENTS_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/content_digest.h"
#include "server/policy/pack.h"
#include "server/store/log_file.h"
#include "server/store/store.h"

namespace resultgate::gate {

using Identifiers = google::protobuf::RepeatedPtrField<v1::Identifier>;

// The records that the identifiers lead to, with all that were merged with them: the one that stays first, then those merged into
// it. Where the identifiers lead to several that nobody has merged, one such family after the other. An identifier without a
// value leads nowhere.
absl::StatusOr<std::vector<v1::PatientRecord>> RecordsOf(store::Batch& batch, const Identifiers& identifiers);
absl::StatusOr<std::vector<v1::PatientRecord>> RecordsOf(const store::Reader& reader, const Identifiers& identifiers);
absl::StatusOr<std::vector<v1::PatientRecord>> RecordsOf(store::LogFile& log, const Identifiers& identifiers);

// The record of an identifier with a value, a new one where there is none.
absl::StatusOr<v1::PatientRecord> OpenPatient(store::Batch& batch, const v1::Identifier& identifier);

// Writes a record that changed, with a salt of its own if it has none yet; its digest for the log, which is that of the row's
// bytes, made with the salt (content_digest.h).
absl::StatusOr<std::string> PutRecord(store::Batch& batch, const NewSalt& new_salt, v1::PatientRecord* record);

// The record as it may be answered: without what only the gate may know. Pure.
v1::PatientRecord Answerable(v1::PatientRecord record);

// Puts the keys by which a result is found as the patient's, and who gave the identifiers out.
absl::Status PutPatientKeys(store::Batch& batch, const v1::Patient& patient, int64_t result_id);

// The results that are, in their standing version, those of one of the records, in order of id.
absl::StatusOr<std::vector<v1::Result>> ResultsOf(store::Batch& batch, const std::vector<v1::PatientRecord>& records);

// Puts what is known of the patient of the result's report into it: what the next decision goes by. `records` are the patient's.
void FillKnown(const std::vector<v1::PatientRecord>& records, const policy::Pack& pack, v1::Result* result);
absl::Status FillKnown(store::Batch& batch, const policy::Pack& pack, v1::Result* result);

// True if the two patients are one: by an identifier that both have, by two that one record holds, or by a merge.
absl::StatusOr<bool> SamePatientAfterMerges(store::Batch& batch, const v1::Patient& a, const v1::Patient& b);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_PATIENTS_H_
