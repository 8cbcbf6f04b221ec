// What another pack would make of all that is held, read from the store piece by piece. Thread-safe; blocks on the disk.
#ifndef RESULTGATE_GATE_HELD_PREVIEW_H_
#define RESULTGATE_GATE_HELD_PREVIEW_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/activation.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/policy/pack.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Calls `take` for every result of which a unit is held, in order of id, holding one of them in memory at a time. What came to be
// held meanwhile may be left out.
absl::Status ForEachHeld(const store::Reader& reader, const std::function<absl::Status(const v1::Result&)>& take);

// What `pack` would make of what is held, were it decided anew at `now`.
absl::StatusOr<v1::HeldPreview> PreviewHeld(const store::Reader& reader, const policy::Pack& pack, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_HELD_PREVIEW_H_
