// What a patient had of the same tests before. Thread-safe; blocks on the disk.
#ifndef RESULTGATE_GATE_PRIOR_RESULTS_H_
#define RESULTGATE_GATE_PRIOR_RESULTS_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// At most so many are given, of the newest results of the patient.
inline constexpr size_t kMostPriorResults = 100;
inline constexpr size_t kResultsLookedAt = 256;

// What was first received before the result, the latest first. Observations that share a coding with one of the result's; of a
// report without observations the reports that share its code. Results of the same patient by an identifier that both have, or by
// a merge. Nothing of a result of which is in doubt whose it is, and nothing that its sender took back.
absl::StatusOr<std::vector<v1::PriorResult>> PriorResultsOf(const store::Reader& reader, const v1::Result& result);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_PRIOR_RESULTS_H_
