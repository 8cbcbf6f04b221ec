// What a caller's request comes to, filled by the writer.
#ifndef RESULTGATE_GATE_ANSWER_H_
#define RESULTGATE_GATE_ANSWER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace resultgate::gate {

// Work that returns a failure loses the whole batch, everybody's work in it; a request that may not be granted is refused
// instead.
template <typename Response>
struct Answer {
  // Why it was refused; nothing was changed then but the log.
  absl::Status refused;
  Response response;
  // The batch appended to the release stream.
  bool released = false;
  // Results of which something held or shown changed, whose orders are to be settled.
  std::vector<int64_t> changed = {};

  // For `return answer.Refuse(…)`: the batch goes on.
  absl::Status Refuse(absl::Status why) {
    refused = std::move(why);
    return absl::OkStatus();
  }
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_ANSWER_H_
