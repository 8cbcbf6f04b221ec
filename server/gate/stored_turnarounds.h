// Holds the times of results, which figures count (turnarounds.h), against the log that they are made of. A part of
// stored_check.h.
//
// Not thread-safe.
#ifndef RESULTGATE_GATE_STORED_TURNAROUNDS_H_
#define RESULTGATE_GATE_STORED_TURNAROUNDS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/store/log_file.h"

namespace resultgate::gate {

class StoredTurnarounds {
 public:
  using Find = std::function<void(std::string finding)>;

  // It must outlive this.
  explicit StoredTurnarounds(store::LogFile* log) : log_(*log) {}

  // Call it first.
  absl::Status Begin(const Find& find);
  // A result and all its entries; `kept` is null where it cannot be read. `last_told`: the last entry that changed what is known
  // of patients.
  absl::Status CheckResult(int64_t id, const v1::Result* kept, const std::vector<v1::Entry>& entries, int64_t last_told,
                           const Find& find);
  // One of which nobody can tell.
  void Ignore(int64_t id) { ignored_[id] = true; }
  // When all results were checked.
  absl::Status Finish(const Find& find);

 private:
  store::LogFile& log_;
  int64_t reach_ = 0;
  absl::flat_hash_map<int64_t, int64_t> expected_;  // by result, the time under which its row stands
  absl::flat_hash_map<int64_t, bool> ignored_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_TURNAROUNDS_H_
