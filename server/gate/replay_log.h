// Replays the log of a database file (replay.h), beside the gate that serves it or without one. Only reads.
#ifndef RESULTGATE_GATE_REPLAY_LOG_H_
#define RESULTGATE_GATE_REPLAY_LOG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/gate/replay.h"
#include "server/store/log_file.h"

namespace resultgate::gate {

// Loads a pack of a database. One whose files have another digest than it is kept under is wrong.
KeptPack LoadKeptPack(store::LogFile& log, const std::string& digest);

// Which entries of a log are decided again: those of one result (0: all) from `first` to `last`.
struct ReplayRange {
  int64_t first = 1;
  int64_t last = INT64_MAX;
  int64_t result_id = 0;
};

struct ReplayReport {
  int64_t same = 0;
  int64_t different = 0;
  int64_t not_kept = 0;
  // Entries that tell of something that no rule decides, by kind, those about no result too. These four are all of the range.
  std::map<std::string, int64_t> decide_nothing;
  // In order of sequence, the first 100 of each.
  std::vector<Replayed> differences;
  std::vector<Replayed> missing;
  // How many cannot be decided again for the same reason.
  std::map<std::string, int64_t> reasons;
  // The versions of the gate that logged the range, each with the first entry that it logged.
  std::vector<std::pair<int64_t, std::string>> versions;

  bool ok() const { return different == 0; }
};

// Replays a range of a database's log. It does not ask whether the log holds: `audit verify` does. `progress` may be null; it is
// called now and then with how many of how many results are done. An entry that cannot be read is a difference.
absl::StatusOr<ReplayReport> ReplayLog(store::LogFile& log, const ReplayRange& range,
                                       const std::function<void(int64_t done, int64_t all)>& progress);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REPLAY_LOG_H_
