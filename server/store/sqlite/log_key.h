// The file that holds the key which signs the log's heads.
#ifndef RESULTGATE_STORE_SQLITE_LOG_KEY_H_
#define RESULTGATE_STORE_SQLITE_LOG_KEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/audit/key.h"

namespace resultgate::store {

// NotFound if there is none; FailedPrecondition if it holds no private key; Unavailable with the operating system's reason.
absl::StatusOr<audit::SigningKey> ReadLogKey(const std::string& path);

// Makes a key and writes it to a new file that only its owner may read (0600), durably. A file that is there is never
// overwritten: FailedPrecondition.
absl::StatusOr<audit::SigningKey> MakeLogKey(const std::string& path);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_LOG_KEY_H_
