// The tables, their versions, and how a file is recognised as ours.
//
// Every commit writes whole pages, so the order of keys is what a commit costs (design section 9). Hence sequential integer keys
// wherever rows are added on the hot path, and partial indexes that hold only what waits:
//
//   results  by id; what is due, what waits for somebody, what is left to do and what waits for nothing have a partial
//            index each. Small columns come first, so that changing them touches the first page of a long record only.
//   keys     32-byte keys to results, in random order. Each new one would dirty a page of its own once the table is larger
//            than a few hundred pages; so they come in order of key, many at a time.
//   recent_keys  those that came since, in order of time (recent_keys.h). A key may stand in both.
//   entries  by sequence, the exact bytes. Its index by result costs some 12 bytes an entry and is nearly sequential
//            itself, since most entries are about the newest results: cheaper than the scan of the log that a result's
//            history would need. The few about no result, as that the gate started, have a partial index.
//   log_tiles  the hashes of every 256, 65,536, … entries (merkle/tiles.h): a row of 32 bytes more every 256 entries.
//   log_head   one row, the signed head of the log's tree, written by every commit that appends entries.
//   outbox   by sequence; what the portal has not acknowledged has a partial index.
//   packs    the files of every pack that ever was active, by digest: what is held keeps the pack that decided it.
//   patients  by id; their keys are written when the gate is told of a patient, not when a report comes.
//   assigners  who gave patients their identifiers; a few rows, which are only read once they are there.
//   owners    the directory; small.
//   turnarounds  by time: what summaries count of each result. Not written with the entries that it is made of, but after
//            them, many results at a time; turnarounds_reach says up to which entry. A migration that changes what it
//            means empties both.
//   entry_terms  by term and block: which entries a filter can find without reading the others. Put with the turnarounds,
//            2,048 entries at a time, so that a commit of results costs nothing for it; entry_terms_reach says up to which
//            block. A migration that changes what terms entries have, as by a new kind of entry, empties both.
//   legal_holds  those that stand; few.
//   activations  which entries say that a pack became active; the newest one's pack decides.
//
// Foreign keys are immediate on purpose: a deferred one would make SQLite scan `keys` for each new result.
#ifndef RESULTGATE_STORE_SQLITE_SCHEMA_H_
#define RESULTGATE_STORE_SQLITE_SCHEMA_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/store/sqlite/database.h"

namespace resultgate::store {

// `PRAGMA application_id`, "RGat" in ASCII: tells our files from other SQLite files.
inline constexpr int64_t kApplicationId = 0x52476174;

// SQL that takes a file from version i to i + 1 (`PRAGMA user_version`), at index i. Forward only: what has been released is
// never changed, new steps are added at the end.
absl::Span<const char* const> Migrations();

// The first version whose log is a Merkle tree.
inline constexpr int64_t kFirstVersionWithTree = 3;
// The first one that names the assigners of patients' identifiers.
inline constexpr int64_t kFirstVersionWithAssigners = 8;
// The first version that knows since when nothing of a result waits.
inline constexpr int64_t kFirstVersionWithRetention = 10;
// The first one that lists as open what was stored before anybody kept what is left to do.
inline constexpr int64_t kFirstVersionWithAllOpen = 12;
// The first one that finds entries by their terms, and tells what waits for somebody from what waits for a time.
inline constexpr int64_t kFirstVersionWithTerms = 13;

// What SQL cannot do, called with the version that a file had before, once it has the tables of the last one; in the same
// transaction.
using AfterMigration = std::function<absl::Status(int64_t from)>;

// Brings the file to the last version, all steps and `then` in one transaction, and marks a new file as ours. A new file is one
// without any schema. FailedPrecondition, without a byte changed, if the file is somebody else's or newer than the last step.
absl::Status Migrate(Connection& connection, absl::Span<const char* const> migrations, const AfterMigration& then = nullptr);

// DataLoss unless the tables and indexes are exactly those that `migrations` make: an index that is missing would be silently
// slow.
absl::Status CheckSchema(Connection& connection, absl::Span<const char* const> migrations);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_SCHEMA_H_
