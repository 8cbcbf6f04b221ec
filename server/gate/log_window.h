// The log between two times. Entries are in order of time, because one writer makes them all. Thread-safe; blocks on the disk.
#ifndef RESULTGATE_GATE_LOG_WINDOW_H_
#define RESULTGATE_GATE_LOG_WINDOW_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Gives `take` every entry with since <= time < until, in order. The first one is searched for by halves, so that a long log
// costs nothing.
absl::Status ForEachEntry(const store::Reader& reader, absl::Time since, absl::Time until,
                          const std::function<absl::Status(const v1::Entry&)>& take);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_LOG_WINDOW_H_
