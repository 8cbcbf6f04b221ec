// Page tokens of the log's lists: where the next page goes on, and up to where the first page saw the log, signed, so that nobody
// can see more by changing one, nor go on with another question. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_PAGE_TOKEN_H_
#define RESULTGATE_GATE_PAGE_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/store/store.h"

namespace resultgate::gate {

struct PagePlace {
  int64_t at = 0;        // the last entry that was looked at, 0 before the first
  int64_t snapshot = 0;  // no entry after it is shown
  bool newest_first = false;
};

// `question` is all that was asked for but page and order. `at` is not 0.
std::string MakePageToken(const store::LogReader& log, absl::string_view question, const PagePlace& place);

// InvalidArgument, with which it is, for what is no token; one of a log with another key; one that was changed; one of another
// question.
absl::StatusOr<PagePlace> OpenPageToken(const store::LogReader& log, absl::string_view question, absl::string_view token);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_PAGE_TOKEN_H_
