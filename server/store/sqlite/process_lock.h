// One process at a time: an advisory lock on a file of its own beside the database.
#ifndef RESULTGATE_STORE_SQLITE_PROCESS_LOCK_H_
#define RESULTGATE_STORE_SQLITE_PROCESS_LOCK_H_

#include <string>

#include "absl/status/statusor.h"

namespace resultgate::store {

// Holds flock(2) on a file until destroyed, or until the process ends in whatever way. The file stays behind, empty: removing it
// would let two processes lock two files of the same name. Not on the database itself: closing any descriptor of that would drop
// SQLite's own locks.
class ProcessLock {
 public:
  // Creates `path` where it does not exist. FailedPrecondition if somebody (this process too) holds it; Unavailable with the
  // operating system's reason if it cannot be opened.
  static absl::StatusOr<ProcessLock> Take(const std::string& path);

  ~ProcessLock();
  ProcessLock(ProcessLock&& other) noexcept;
  ProcessLock(const ProcessLock&) = delete;
  ProcessLock& operator=(const ProcessLock&) = delete;
  ProcessLock& operator=(ProcessLock&&) = delete;

 private:
  explicit ProcessLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_PROCESS_LOCK_H_
