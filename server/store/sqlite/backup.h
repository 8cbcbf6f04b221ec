// A copy of a database as it is at one moment, made beside the gate that serves it.
#ifndef RESULTGATE_STORE_SQLITE_BACKUP_H_
#define RESULTGATE_STORE_SQLITE_BACKUP_H_

#include <string>

#include "absl/status/status.h"

namespace resultgate::store {

// Writes the database `from` to a new file `to`, as a whole: `to` is not there until it is complete. The gate goes on
// writing meanwhile; what it commits later is not in the copy. The key of the log is no part of it.
// AlreadyExists if `to` is there; NotFound or FailedPrecondition if `from` is no database of this program; Unavailable where the
// disk fails.
absl::Status Backup(const std::string& from, const std::string& to);

// Puts a backup in the place of the database `to`, which must not be there and must not be served. As above otherwise.
absl::Status Restore(const std::string& from, const std::string& to);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_BACKUP_H_
