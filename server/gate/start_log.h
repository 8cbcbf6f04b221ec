// What the log says when a gate starts: how it is set up, what of that is otherwise than at the last start, and whether the log
// goes on with another key.
#ifndef RESULTGATE_GATE_START_LOG_H_
#define RESULTGATE_GATE_START_LOG_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// What is otherwise in `now`, in order of name; without changes where nothing is.
v1::Entry::ConfigurationChanged DifferencesBetween(const v1::Entry::Started& before, const v1::Entry::Started& now);

// Appends the Started entry and those that follow on it. `batch` has appended no other Started entry.
absl::Status LogStart(const store::Reader& reader, store::Batch& batch, absl::Time now, const v1::Entry::Started& started);

// When something was written into the log last; `now` for one that is empty.
absl::StatusOr<absl::Time> LastWritten(const store::Reader& reader, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_START_LOG_H_
