// The refused messages that nobody has settled, found in the log.
#ifndef RESULTGATE_GATE_OPEN_REFUSALS_H_
#define RESULTGATE_GATE_OPEN_REFUSALS_H_

#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace resultgate::gate {

// However old they are: what was in a refused message is lost until somebody has looked. Thread-safe; blocks on the disk.
class OpenRefusals {
 public:
  // Sequences of the entries that tell of them, in order. The first time it reads all entries about no result, from then on those
  // that came since.
  absl::StatusOr<std::vector<int64_t>> List(const store::Reader& reader);

 private:
  std::mutex mutex_;
  int64_t reach_ = 0;  // the last entry that was read
  std::set<int64_t> open_;
};

// True if the log tells that somebody has settled the refusal of this entry. Reads the entries about no result that came after
// it.
absl::StatusOr<bool> IsSettled(const store::Reader& reader, int64_t refusal);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_OPEN_REFUSALS_H_
