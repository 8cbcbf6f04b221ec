// What becomes of a patient's results when two records that were merged turn out to be two patients'.
#ifndef RESULTGATE_GATE_SEPARATION_H_
#define RESULTGATE_GATE_SEPARATION_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/transition.h"
#include "server/policy/pack.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Two records that stand for themselves since one is no longer merged into the other; 0 in both: none.
struct Separated {
  int64_t one = 0;
  int64_t other = 0;
};

// The record that the one of this number is merged into, directly or not; its own number where it is not merged.
absl::StatusOr<int64_t> HeadOf(store::Batch& batch, int64_t patient_id);

// True if versions of the result, or one alone, have identifiers of both, so that nobody can tell whose it is. What two
// people settled before is taken as settled: only what came since then counts. Writer thread only.
absl::StatusOr<bool> IsOfBoth(store::Batch& batch, const v1::Result& result, const Separated& separated);

// Puts all of a standing result in doubt for this reason: what is shown of it is withdrawn, and it waits for people. Without
// cells where there is nothing to hold: it was taken back. Pure, thread-safe.
Transition TakeIntoDoubt(const policy::Pack& pack, const v1::Result& result, const std::string& quarantine, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_SEPARATION_H_
