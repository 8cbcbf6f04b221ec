// Log entries as lines for a spreadsheet (csv.h): who, when, for whom, from where, what, and which states, rules, bases and
// audiences it tells of. Pure functions, thread-safe.
#ifndef RESULTGATE_APP_ENTRY_CSV_H_
#define RESULTGATE_APP_ENTRY_CSV_H_

#include <string>

#include "absl/strings/string_view.h"
#include "resultgate/v1/audit_service.pb.h"

namespace resultgate::app {

// The names of the columns, and one entry. An export has a last column for the hash of the entry's bytes, `leaf_hash`; a list has
// not. Times are in UTC, as RFC 3339 has them.
std::string EntryCsvHeading(bool with_hash);
std::string EntryAsCsv(const v1::Entry& entry);
std::string EntryAsCsv(const v1::Entry& entry, absl::string_view leaf_hash);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_ENTRY_CSV_H_
