// The Store on one SQLite file: WAL, synchronous FULL, one writer, a pool of readers. The tables are in schema.h.
//
// Files: `path`; `path`-wal and `path`-shm, which SQLite keeps beside it while it is open and which belong to it (copy all or
// none); `path`.lock, which keeps a second process out and stays behind, empty; `path`.key, the private key that signs the heads
// of the log (audit/key.h), made when a log begins. Who writes to the database but has not the key cannot hide it; the key should
// be kept where backups of the database are not.
//
// Costs: a commit is one fsync of the WAL. Every thousand pages of WAL (SQLite's default) the commit that crosses them also
// copies them into the file, with two more fsyncs.
#ifndef RESULTGATE_STORE_SQLITE_SQLITE_STORE_H_
#define RESULTGATE_STORE_SQLITE_SQLITE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace resultgate::store {

struct SqliteOptions {
  // Connections for reading, at least one; more reads than this at once wait for one another.
  int readers = 2;
  // A file up to this size is read and checked as a whole when it is opened (`PRAGMA quick_check`, some 0.1 s for 64 MiB); 0:
  // none. A larger one would keep the gate from starting: check a copy of it.
  int64_t largest_whole_check_bytes = 64 << 20;
  // Where the log's key is; empty: `path`.key.
  std::string log_key_file;
  // Takes up the log with another key than the one that signed its head, making it where there is none: for a key that was lost.
  // The head must hold in all else.
  bool change_log_key = false;
};

// Opens `path`, creating it where there is none (its folder must exist), and migrates an older schema forward. Always checked:
// the header, the size, the schema version, that tables and indexes are those of that version, and that the end of the log is
// what its signed head says; a file that is checked as a whole has the whole log verified.
//
// FailedPrecondition for a file that is no gate's database (nothing of it is changed), is newer than this program or is open in
// another process or a second time in this one; DataLoss for a damaged one; Unavailable where folder or file cannot be opened or
// the disk fails.
absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const std::string& path, const SqliteOptions& options = {});

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_SQLITE_STORE_H_
