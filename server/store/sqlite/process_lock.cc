#include "server/store/sqlite/process_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace resultgate::store {

absl::StatusOr<ProcessLock> ProcessLock::Take(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return absl::UnavailableError(absl::StrCat("cannot open `", path, "`: ", std::strerror(errno)));
  ProcessLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(absl::StrCat("the database is open in another process, which holds the lock on `", path,
                                                      "`; stop it first, or use another file"));
  }
  return absl::UnavailableError(absl::StrCat("cannot lock `", path, "`: ", std::strerror(errno)));
}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept : descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

ProcessLock::~ProcessLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace resultgate::store
