// The Store on one SQLite file: WAL, synchronous FULL, one writer, a pool of readers.
//
// Layout (why: design section 9): sequential keys wherever rows are added on the hot path, STRICT tables, one partial index for what is
// due; the lookups that a decision needs are one table of 32-byte keys.
#ifndef RESULTGATE_STORE_SQLITE_SQLITE_STORE_H_
#define RESULTGATE_STORE_SQLITE_SQLITE_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace resultgate::store {

struct SqliteOptions {
  // Connections for reading; more reads than this at once wait for one another.
  int readers = 2;
};

// Opens `path`, creating it where there is none (its folder must exist), and migrates an older schema forward. FailedPrecondition for a file that is
// no gate's database, is newer than this program or is open in another process; DataLoss for a damaged one.
absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const std::string& path, const SqliteOptions& options = {});

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_SQLITE_STORE_H_
