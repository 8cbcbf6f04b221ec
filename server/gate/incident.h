// Incidents: somebody may have seen what is not theirs, or wrong. Each is an entry of the log with an owner, with who is known to
// have seen it, and for how long anybody could: a unit counts from when it was last shown where it was not, so that what had been
// taken away before does not count. Writer thread only; failures are the store's.
#ifndef RESULTGATE_GATE_INCIDENT_H_
#define RESULTGATE_GATE_INCIDENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/result.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Where `result`, which a version, or `actor` with what was told of the patient, made of `before` under this quarantine,
// withdraws what somebody may have seen; after the entry that withdraws it. `merged`: both are one patient's by a merge. `owner`
// is the role that looks into it.
absl::Status OpenIncident(store::Batch& batch, absl::Time now, const std::string& actor, const std::string& owner,
                          const v1::Result& before, bool merged, const std::string& quarantine, const v1::Result& result);

// A version came, and became result `came_as`, of results that the portal shows and whose contents are erased: the gate can take
// away nothing of them any more.
absl::Status TellOfErased(store::Batch& batch, absl::Time now, const std::string& owner, int64_t came_as,
                          const std::vector<v1::Result>& erased);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_INCIDENT_H_
