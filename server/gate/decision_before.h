// What was decided before the version that stands, for whoever asks anew (ask_anew.h). Thread-safe; blocks on the disk.
#ifndef RESULTGATE_GATE_DECISION_BEFORE_H_
#define RESULTGATE_GATE_DECISION_BEFORE_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "resultgate/v1/result.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// What counted for the standing version of the decision on the one before, from the log (logged_state.h); nullopt where nothing
// did. In a batch, with what it has changed so far; else of what is committed. DATA_LOSS where the log knows no such version.
absl::StatusOr<std::optional<v1::Decision>> DecisionBefore(store::Batch& batch, const v1::Result& result);
absl::StatusOr<std::optional<v1::Decision>> DecisionBefore(const store::Reader& reader, const v1::Result& result);

// Of a result that is in doubt: what had been decided before that, from the log (LoggedState::settled); nullopt where nothing had
// been.
absl::StatusOr<std::optional<v1::Decision>> DecisionBeforeDoubt(store::Batch& batch, int64_t result_id);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DECISION_BEFORE_H_
