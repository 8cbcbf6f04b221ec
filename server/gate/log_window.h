// The log between two times. Entries are in order of time, because one writer makes them all. Thread-safe; blocks on the disk.
#ifndef RESULTGATE_GATE_LOG_WINDOW_H_
#define RESULTGATE_GATE_LOG_WINDOW_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// The last entry that is before `time`, 0 where none is; searched for by halves.
absl::StatusOr<int64_t> LastEntryBefore(const store::Reader& reader, absl::Time time);

// Gives `take` every entry with since <= time < until, in order.
absl::Status ForEachEntry(const store::Reader& reader, absl::Time since, absl::Time until,
                          const std::function<absl::Status(const v1::Entry&)>& take);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_LOG_WINDOW_H_
