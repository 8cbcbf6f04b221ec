// The contents of a result, as they are kept against what the log says of them. A part of stored_check.h.
//
// Pure functions, thread-safe. `entries` are all of the result's, in order. What does not fit comes in words without values;
// empty: all does.
#ifndef RESULTGATE_GATE_STORED_CONTENTS_H_
#define RESULTGATE_GATE_STORED_CONTENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/logged_state.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// The report, the versions that it is put together from, what clinicians wrote, and that it was discussed with the patient.
std::vector<std::string> ContentFindings(const v1::Result& kept, const LoggedState& state, const std::vector<v1::Entry>& entries);

// The last entry that has a digest of what the result knew of its patient and of what was determined for it, if that is what it
// knows now; 0: it is not.
int64_t KnownAsLogged(const v1::Result& kept, const std::vector<v1::Entry>& entries);
// True if it is what the patient's `records` come to by one of the packs: a result knows at once what is told, with no entry of
// its own where nothing follows from it.
bool KnownAsTold(const v1::Result& kept, const std::vector<v1::PatientRecord>& records,
                 const std::vector<const policy::Pack*>& packs);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_CONTENTS_H_
