// Who calls, as far as it is known beside the request.
#ifndef RESULTGATE_GATE_CALLER_H_
#define RESULTGATE_GATE_CALLER_H_

#include <cstdint>
#include <string>

namespace resultgate::gate {

struct Caller {
  // From where, as `Entry.peer` has it; empty: not over the network. It stands in every entry that the call makes.
  std::string peer;
};

// Who was given what of a result at the screen on which it is reviewed.
struct ReviewRead {
  int64_t result_id = 0;
  int version = 0;
  std::string reviewer;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_CALLER_H_
