// The log entries of one result as a story that can be read aloud: what happened, when, by whom; what was held, by which rule, on
// which basis and until when; what was shown to whom. Pure function, thread-safe.
#ifndef RESULTGATE_APP_STORY_H_
#define RESULTGATE_APP_STORY_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"

namespace resultgate::app {

// `entries` in order, all of one result. Times are on the wall in `zone`. Ends with a line feed; empty for no entries.
std::string Story(const std::vector<v1::Entry>& entries, absl::TimeZone zone);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_STORY_H_
