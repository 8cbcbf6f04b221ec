// Opens the log of a database file.
#ifndef RESULTGATE_STORE_SQLITE_LOG_FILE_H_
#define RESULTGATE_STORE_SQLITE_LOG_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/audit/key.h"
#include "server/store/log_file.h"

namespace resultgate::store {

// FailedPrecondition for a file that is no gate's database or of another version; Unavailable where it cannot be read; DataLoss
// where it is too damaged to be read.
absl::StatusOr<std::unique_ptr<LogFile>> OpenLogFile(const std::string& path);

// The public key that belongs to the key file beside the database, `PATH.key`; NotFound where there is none.
absl::StatusOr<audit::VerifierKey> KeyBeside(const std::string& path);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_LOG_FILE_H_
