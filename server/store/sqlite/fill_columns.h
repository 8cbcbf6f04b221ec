// Steps of migrations that SQL cannot do: columns that say of a result what only its record tells. Each is filled for what an
// older version stored, once. What cannot be read stays as it is, and is found wherever it is asked for.
#ifndef RESULTGATE_STORE_SQLITE_FILL_COLUMNS_H_
#define RESULTGATE_STORE_SQLITE_FILL_COLUMNS_H_

#include "absl/status/status.h"
#include "server/store/sqlite/database.h"

namespace resultgate::store {

// `settled_us`: since when nothing of it waits.
absl::Status FillSettled(Connection& connection);
// `held`: whether somebody is to act.
absl::Status FillHeld(Connection& connection);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_FILL_COLUMNS_H_
