// The log entries of one result as a story that can be read aloud: what happened, when, by whom; what was held, by which rule, on
// which basis, how long it asked for, from when on, and until when that is; what was shown to whom. Pure function, thread-safe.
#ifndef RESULTGATE_AUDIT_HISTORY_H_
#define RESULTGATE_AUDIT_HISTORY_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"

namespace resultgate::audit {

// How long a rule of the pack of that digest asks for, as `3 business days`; empty where nobody knows.
using AskedBy = std::function<std::string(const std::string& pack_digest, const std::string& rule_id, v1::RuleEffect effect)>;

// `entries` in order, all of one result. `asked_by` may be null: the log has where a rule's time ends, not how long it is. Times
// in the text are on the wall in `zone`; it ends with a line feed, and is empty for no entries.
v1::GetHistoryResponse HistoryOf(const std::vector<v1::Entry>& entries, absl::TimeZone zone, const AskedBy& asked_by);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_HISTORY_H_
