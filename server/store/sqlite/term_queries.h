// What the store asks of SQLite about the terms of entries (audit/entry_terms.h).
#ifndef RESULTGATE_STORE_SQLITE_TERM_QUERIES_H_
#define RESULTGATE_STORE_SQLITE_TERM_QUERIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/audit/entry_terms.h"
#include "server/store/sqlite/database.h"
#include "server/store/store.h"

namespace resultgate::store {

// As a Reader's and a Batch's.
absl::StatusOr<int64_t> CountBlocks(Connection& connection);
absl::StatusOr<std::vector<std::string>> ListTerms(Connection& connection, const std::string& prefix, int limit);
absl::StatusOr<audit::EntriesByBlock> FindTerm(Connection& connection, const std::string& term, int64_t first, int64_t last);
absl::Status PutBlock(Connection& connection, int64_t block, absl::Span<const TermEntries> terms);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_TERM_QUERIES_H_
