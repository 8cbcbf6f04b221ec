// Legal holds: what keeps contents from being erased, by whom and why. Each stands in the log, and in a table beside it until it
// is ended. Writer thread only; failures are the store's.
#ifndef RESULTGATE_GATE_LEGAL_HOLD_H_
#define RESULTGATE_GATE_LEGAL_HOLD_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/retention_service.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Places the hold, which says on what and why; fills its number, who and when.
absl::Status PlaceHold(store::Batch& batch, absl::Time now, const std::string& actor, v1::LegalHold* hold);
absl::Status EndHold(store::Batch& batch, absl::Time now, const std::string& actor, const std::string& reason,
                     const v1::LegalHold& hold);

// True under a legal hold: on the result, on its patient, or on one to whom something of it was released.
absl::StatusOr<bool> IsOnLegalHold(store::Batch& batch, const v1::Result& result);

// One patient has become two: what is on hold on one side goes on being so on the other, under holds of its own.
absl::Status KeepHolds(store::Batch& batch, absl::Time now, const std::string& actor, const std::vector<v1::PatientRecord>& one,
                       const std::vector<v1::PatientRecord>& other);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_LEGAL_HOLD_H_
