// A disk that fails on demand: SQLite's own file system with counters and faults in front of it.
#ifndef RESULTGATE_TESTS_STORE_FAULT_VFS_H_
#define RESULTGATE_TESTS_STORE_FAULT_VFS_H_

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::store {

// What a power cut leaves of files: all that was synced, and of what was written since any part, in any order, down to single
// sectors of 512 bytes. A value.
class PowerCut {
 public:
  // Makes files as they may be found when the power is back: those of the database at `from` under the name `to`. The choice is
  // random: all, nothing, or anything between.
  void MakeImage(const std::string& from, const std::string& to, std::mt19937_64& random) const;

 private:
  friend class FaultVfs;

  // A write, or a truncation to `offset`.
  struct Change {
    bool truncates = false;
    int64_t offset = 0;
    std::string bytes;
  };
  struct File {
    std::string synced;
    std::vector<Change> unsynced;
  };
  static void Apply(const Change& change, std::string* content);
  static std::string NameOf(const std::string& path);

  std::map<std::string, File> files_;
};

// While it lives, every database that is opened goes through it. One at a time. Thread-safe. It never really syncs.
class FaultVfs {
 public:
  enum class Operation { kRead, kWrite, kSync, kNone };
  struct Counts {
    int reads = 0;
    int writes = 0;
    int syncs = 0;
    int64_t wal_bytes = 0;
  };

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  // The n-th operation from now on (from 1) fails with `code`, and if `lasting` all later ones of its kind too. A write that
  // fails has written half of its bytes; a sync that fails leaves what was written where it is.
  void Fail(Operation operation, int n, int code, bool lasting);
  // The disk works again.
  void Heal();
  // Neither counts nor fails until Resume, so that a test can look without being in the way.
  void Suspend();
  void Resume();
  // How often an operation failed since Fail.
  int failures() const;

  Counts counts() const;

  // From now on it keeps in mind what was synced and what was not. `before_step` is called before each write and sync.
  void Record(const std::string& database, std::function<void()> before_step);
  void StopRecording();
  // What a power cut at this moment would leave. Only while it records.
  PowerCut Cut() const;

  // Called instead of sleeping, when SQLite waits for a lock.
  void OnSleep(std::function<void()> wake);

  // For the callbacks that SQLite calls: SQLITE_OK, or the fault that is due.
  int Count(Operation operation, int64_t wal_bytes = 0);
  void Sleep();
  void NoteStep();
  void NoteWrite(const std::string& path, int64_t offset, absl::string_view bytes);
  void NoteTruncation(const std::string& path, int64_t size);
  void NoteSync(const std::string& path);
  sqlite3_vfs* real() const { return real_; }

 private:
  sqlite3_vfs* const real_;
  sqlite3_vfs shim_;
  mutable std::mutex mutex_;
  Counts counts_;
  Operation failing_ = Operation::kNone;
  int until_failure_ = 0;
  int code_ = SQLITE_OK;
  bool lasting_ = false;
  int failures_ = 0;
  bool suspended_ = false;
  std::function<void()> wake_;
  bool recording_ = false;
  std::function<void()> before_step_;
  PowerCut disk_;  // while it records

  // Where it is seen for the first time, the file counts as synced.
  PowerCut::File& FileOf(const std::string& path);
};

// What a test has a disk do.
struct Fault {
  const char* name;
  FaultVfs::Operation operation;
  int code;
  bool lasting;
};

inline void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

inline constexpr Fault kFaultsOfChanges[] = {
    {"OneWriteFails", FaultVfs::Operation::kWrite, SQLITE_IOERR_WRITE, false},
    {"WritesFail", FaultVfs::Operation::kWrite, SQLITE_IOERR_WRITE, true},
    {"DiskFullOnce", FaultVfs::Operation::kWrite, SQLITE_FULL, false},
    {"DiskFull", FaultVfs::Operation::kWrite, SQLITE_FULL, true},
    {"OneSyncFails", FaultVfs::Operation::kSync, SQLITE_IOERR_FSYNC, false},
    {"SyncsFail", FaultVfs::Operation::kSync, SQLITE_IOERR_FSYNC, true},
};

}  // namespace resultgate::store

#endif  // RESULTGATE_TESTS_STORE_FAULT_VFS_H_
