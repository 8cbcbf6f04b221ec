// What a caller's request comes to, filled by the writer.
#ifndef RESULTGATE_GATE_ANSWER_H_
#define RESULTGATE_GATE_ANSWER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace resultgate::gate {

template <typename Response>
struct Answer {
  // Why it was refused; nothing was changed then.
  absl::Status refused;
  Response response;
  // The batch appended to the release stream.
  bool released = false;
  // Results of which something held or shown changed, whose orders are to be settled.
  std::vector<int64_t> changed = {};
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_ANSWER_H_
