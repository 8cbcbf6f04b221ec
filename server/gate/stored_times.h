// When a result is looked at again and when something of it was first shown, as it is kept against what the log says. A part of
// stored_check.h.
//
// Pure functions, thread-safe. What does not fit comes in words without values; empty: all does.
#ifndef RESULTGATE_GATE_STORED_TIMES_H_
#define RESULTGATE_GATE_STORED_TIMES_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/in_process.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// `due_at`, `first_released_at`, and `follow_up`: who has seen it and was reached.
std::vector<std::string> TimeFindings(const v1::Result& kept, const Notices& notices, const std::vector<v1::Entry>& entries);

// `reconsider_at`: the patient's next birthday that may take from somebody the right to see for the patient. It may have been
// passed over since the result was decided, up to `last`, the time of the log's last entry. `packs`: those that may have said in
// which zone it is midnight; without any it is not asked for.
std::vector<std::string> BirthdayFindings(const v1::Result& kept, absl::Time last, const std::vector<const policy::Pack*>& packs);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_TIMES_H_
