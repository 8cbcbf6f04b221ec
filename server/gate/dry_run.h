// What would become of a report that came now: nothing is kept of it. Pure, thread-safe.
#ifndef RESULTGATE_GATE_DRY_RUN_H_
#define RESULTGATE_GATE_DRY_RUN_H_

#include "absl/time/time.h"
#include "resultgate/v1/policy_service.pb.h"
#include "server/gate/rulebook.h"

namespace resultgate::gate {

// As PolicyService.Decide has it; `now` counts where the request names no time.
v1::DecideResponse DryRun(const Rulebook& rulebook, const v1::DecideRequest& request, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DRY_RUN_H_
