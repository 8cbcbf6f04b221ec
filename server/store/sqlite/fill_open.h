// A step of a migration that SQL cannot do: what results leave to do that were stored before anybody kept it.
#ifndef RESULTGATE_STORE_SQLITE_FILL_OPEN_H_
#define RESULTGATE_STORE_SQLITE_FILL_OPEN_H_

#include <functional>

#include "absl/status/status.h"
#include "resultgate/v1/result.pb.h"
#include "server/store/sqlite/database.h"

namespace resultgate::store {

// Marks as open, in record and columns, each result that has its contents, is not open, and of which `leaves_to_do` says that
// somebody has something to do. What cannot be read stays as it is, and is found wherever it is asked for.
absl::Status FillOpen(Connection& connection, const std::function<bool(const v1::Result&)>& leaves_to_do);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_FILL_OPEN_H_
