// Who may end which review. Anybody may, because a result must not wait for the one person who is not there, and the log says who
// did; but for people of whom the organisation said how far they may go. Pure functions, thread-safe.
//
// These are the people whom the directory knows as members of pools that decide by protocols (policies/README.md, `protocol`),
// and as nothing else: not as licensed clinicians, not of a pool that is an owner of reviews by itself. They approve where a
// protocol of their pool covers what is reviewed, while that pool has the turn, and pass on the rest. Who ordered the result is
// its owner.
#ifndef RESULTGATE_GATE_MAY_APPROVE_H_
#define RESULTGATE_GATE_MAY_APPROVE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/directory.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// FailedPrecondition, with whom it is to be handed to, where `person` may not approve one of `unit_ids` (of all that waits where
// none is named). `pack` is the one that holds the result.
absl::Status CheckMayApprove(const Directory& directory, const policy::Pack& pack, const v1::Result& result,
                             const std::vector<std::string>& unit_ids, const std::string& person, absl::Time now);

// The same for ending everything that a provider may end: no protocol covers that.
absl::Status CheckMayReleaseNow(const Directory& directory, const policy::Pack& pack, const v1::Result& result,
                                const std::string& person, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_MAY_APPROVE_H_
