// The Store on one SQLite file: WAL, synchronous FULL, one writer, a pool of readers. The tables are in schema.h.
//
// Files: `path`; `path`-wal and `path`-shm, which SQLite keeps beside it while it is open and which belong to it (copy all or
// none); `path`.lock, which keeps a second process out and stays behind, empty; `path`.key, the private key that signs the heads
// of the log (audit/key.h), made when a log begins. Who writes to the database but has not the key cannot hide it; the key should
// be kept where backups of the database are not.
//
// Costs: a commit is one fsync of the WAL. Every 4,096 pages of WAL (16 MiB) the commit that crosses them also copies them
// into the file, with two more fsyncs.
#ifndef RESULTGATE_STORE_SQLITE_SQLITE_STORE_H_
#define RESULTGATE_STORE_SQLITE_SQLITE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace resultgate::store {

struct SqliteOptions {
  // Connections for reading, at least one; more reads than this at once wait for one another.
  int readers = 2;
  // A file up to this size is read and checked as a whole when it is opened (`PRAGMA integrity_check`, and all of its log;
  // some 0.3 s for 64 MiB); 0: none. A larger one would keep the gate from starting: `resultgate audit verify` checks it beside
  // the gate.
  int64_t largest_whole_check_bytes = 64 << 20;
  // So many keys come together in memory, some 100 bytes each, before they are put in their places (recent_keys.h).
  size_t recent_keys = 1 << 18;
  // Where the log's key is; empty: `path`.key.
  std::string log_key_file;
  // True if somebody has something to do about a result beside releasing it: asked once, of each result of a file that is older
  // than kFirstVersionWithAllOpen (schema.h). Null: those stay as they are.
  std::function<bool(const v1::Result&)> leaves_to_do;
  // Where there is no key, makes one and goes on with it: for a key that was lost. The log must hold by the key that its last
  // Started entry names. Where there is a key, it changes nothing.
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
