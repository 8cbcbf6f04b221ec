// The log entries of one result as a story that can be read aloud: what happened, when, by whom; what was held, by which rule, on
// which basis and until when; what was shown to whom. Pure function, thread-safe.
#ifndef RESULTGATE_AUDIT_HISTORY_H_
#define RESULTGATE_AUDIT_HISTORY_H_

#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"

namespace resultgate::audit {

// `entries` in order, all of one result. Times in the text are on the wall in `zone`; it ends with a line feed, and is empty for
// no entries.
v1::GetHistoryResponse HistoryOf(const std::vector<v1::Entry>& entries, absl::TimeZone zone);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_HISTORY_H_
