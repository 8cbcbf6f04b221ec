// What had been decided before the decision that stands, for whoever asks anew (ask_anew.h). Thread-safe; blocks on the disk.
#ifndef RESULTGATE_GATE_DECISION_BEFORE_H_
#define RESULTGATE_GATE_DECISION_BEFORE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "resultgate/v1/result.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// What counted for the standing decision of what had been decided before, from the log (LoggedState::previous); nullopt where
// nothing did. In a batch, with what it has changed so far; else of what is committed. DATA_LOSS where the log knows no such
// version.
absl::StatusOr<std::optional<v1::Decision>> DecisionBefore(store::Batch& batch, const v1::Result& result);
absl::StatusOr<std::optional<v1::Decision>> DecisionBefore(const store::Reader& reader, const v1::Result& result);

// Of a result that is in doubt: what had been decided before that, likewise (LoggedState::settled).
absl::StatusOr<v1::Decision> DecisionBeforeDoubt(store::Batch& batch, const v1::Result& result);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DECISION_BEFORE_H_
