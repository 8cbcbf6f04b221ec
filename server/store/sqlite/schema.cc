#include "server/store/sqlite/schema.h"

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace resultgate::store {

namespace {

constexpr const char* kMigrations[] = {
    R"sql(
CREATE TABLE results (
  id INTEGER PRIMARY KEY,
  due_us INTEGER,                -- microseconds since 1970, rounded up; NULL: nothing waits
  held INTEGER NOT NULL,         -- 1: a unit waits for a person or for the sender
  record BLOB NOT NULL           -- resultgate.v1.Result
) STRICT;
CREATE INDEX results_due ON results (due_us) WHERE due_us IS NOT NULL;
CREATE INDEX results_held ON results (held) WHERE held = 1;

CREATE TABLE keys (
  key BLOB NOT NULL CHECK (length(key) = 32),
  result_id INTEGER NOT NULL REFERENCES results (id),
  PRIMARY KEY (key, result_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
  sequence INTEGER PRIMARY KEY,
  result_id INTEGER REFERENCES results (id),   -- NULL: about none
  bytes BLOB NOT NULL                          -- resultgate.v1.Entry, never written again
) STRICT;
CREATE INDEX entries_result ON entries (result_id) WHERE result_id IS NOT NULL;

CREATE TABLE outbox (
  sequence INTEGER PRIMARY KEY,
  acknowledged INTEGER NOT NULL,
  result_id INTEGER NOT NULL REFERENCES results (id),
  bytes BLOB NOT NULL                          -- resultgate.v1.Release without its content
) STRICT;
CREATE INDEX outbox_unacknowledged ON outbox (acknowledged) WHERE acknowledged = 0;
)sql",
    R"sql(
CREATE TABLE packs (
  digest BLOB PRIMARY KEY,                     -- `sha256:` and 64 hexadecimal digits
  files BLOB NOT NULL                          -- resultgate.v1.PackFiles
) STRICT, WITHOUT ROWID;

CREATE TABLE activations (
  sequence INTEGER PRIMARY KEY REFERENCES entries (sequence),
  digest BLOB NOT NULL REFERENCES packs (digest)
) STRICT;

-- `held` was 1 for what waits for a person or the sender only; from now on a delay counts too.
UPDATE results SET held = 1 WHERE due_us IS NOT NULL;
)sql",
    // kFirstVersionWithTree
    R"sql(
ALTER TABLE entries ADD COLUMN leaf_hash BLOB NOT NULL DEFAULT x'';   -- RFC 6962 hash of `bytes`

CREATE TABLE log_tiles (
  level INTEGER NOT NULL CHECK (level > 0),
  tile INTEGER NOT NULL,
  hashes BLOB NOT NULL,                        -- up to 256 of 32 bytes
  PRIMARY KEY (level, tile)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  checkpoint BLOB NOT NULL                     -- signed note: the number of entries and the root over them
) STRICT;
)sql",
    R"sql(
CREATE TABLE patients (
  id INTEGER PRIMARY KEY,
  record BLOB NOT NULL                         -- resultgate.v1.PatientRecord
) STRICT;

CREATE TABLE patient_keys (
  key BLOB PRIMARY KEY CHECK (length(key) = 32),
  patient_id INTEGER NOT NULL REFERENCES patients (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE owners (
  id BLOB PRIMARY KEY,
  record BLOB NOT NULL                         -- resultgate.v1.DirectoryOwner
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE results ADD COLUMN open INTEGER NOT NULL DEFAULT 0;  -- 1: somebody has something to do beside releasing it
CREATE INDEX results_open ON results (open) WHERE open = 1;
)sql",
    R"sql(
CREATE TABLE turnarounds (
  received_us INTEGER NOT NULL,                -- microseconds since 1970
  result_id INTEGER NOT NULL,
  record BLOB NOT NULL,                        -- resultgate.v1.Turnaround
  PRIMARY KEY (received_us, result_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE turnarounds_reach (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sequence INTEGER NOT NULL                    -- the last entry that `turnarounds` tells of
) STRICT;
)sql",
    R"sql(
-- They tell more from now on (who saw a result): made again from the log.
DELETE FROM turnarounds;
DELETE FROM turnarounds_reach;
)sql",
    // kFirstVersionWithAssigners
    R"sql(
CREATE TABLE assigners (
  system BLOB PRIMARY KEY                      -- Identifier.system of a patient whose key is in `keys`
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE INDEX entries_about_none ON entries (result_id) WHERE result_id IS NULL;
)sql",
    // kFirstVersionWithRetention
    R"sql(
ALTER TABLE results ADD COLUMN settled_us INTEGER;  -- the last version or release, microseconds; NULL: it waits, or was erased
CREATE INDEX results_settled ON results (settled_us) WHERE settled_us IS NOT NULL;

CREATE TABLE legal_holds (
  id INTEGER PRIMARY KEY,
  result_id INTEGER REFERENCES results (id),
  patient_id INTEGER REFERENCES patients (id),
  record BLOB NOT NULL,                        -- resultgate.v1.LegalHold
  CHECK ((result_id IS NULL) <> (patient_id IS NULL))
) STRICT;
CREATE INDEX legal_holds_result ON legal_holds (result_id) WHERE result_id IS NOT NULL;
CREATE INDEX legal_holds_patient ON legal_holds (patient_id) WHERE patient_id IS NOT NULL;

-- A review behind a withholding counts from its end on.
DELETE FROM turnarounds;
DELETE FROM turnarounds_reach;
)sql",
    R"sql(
CREATE TABLE recent_keys (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL CHECK (length(key) = 32),
  result_id INTEGER NOT NULL REFERENCES results (id)
) STRICT;

-- A version under the patient's other number goes on with what was shown. `audit verify` holds them against the log.
DELETE FROM turnarounds;
DELETE FROM turnarounds_reach;
)sql",
    // kFirstVersionWithAllOpen
    R"sql(
-- `open` was 0 for whatever was stored before there was such a column: fill_open.h sets it.
)sql",
    // kFirstVersionWithTerms
    R"sql(
-- `held` is 2 from now on where somebody is to act: fill_columns.h sets it. What only time holds is found as due.
DROP INDEX results_held;
CREATE INDEX results_awaiting ON results (held) WHERE held = 2;

CREATE TABLE entry_terms (
  term BLOB NOT NULL,                          -- `rule=biopsy-review`
  block INTEGER NOT NULL,                      -- 0 for the entries 1 to 2048, 1 for the next
  entries BLOB NOT NULL,                       -- those of the block that have the term
  PRIMARY KEY (term, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry_terms_reach (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  blocks INTEGER NOT NULL                      -- so many have their terms there
) STRICT;
)sql",
};

absl::Status RunMigrations(Connection& connection, int64_t from, absl::Span<const char* const> migrations,
                           const AfterMigration& then) {
  for (size_t i = from; i < migrations.size(); ++i) RG_RETURN_IF_ERROR(connection.Execute(migrations[i]));
  if (then != nullptr) RG_RETURN_IF_ERROR(then(from));
  return connection.Execute(
      absl::StrCat("PRAGMA application_id = ", kApplicationId, "; PRAGMA user_version = ", migrations.size(), ";"));
}

// The schema as text, independent of the order in which it was made. SQLite's own tables (ANALYZE makes some) do not count.
absl::StatusOr<std::string> DescribeSchema(Connection& connection) {
  return connection.QueryText(
      "SELECT group_concat(line, char(10)) FROM"
      " (SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_schema"
      "  WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name)");
}

}  // namespace

absl::Span<const char* const> Migrations() {
  return kMigrations;
}

absl::Status Migrate(Connection& connection, absl::Span<const char* const> migrations, const AfterMigration& then) {
  RG_ASSIGN_OR_RETURN(const int64_t application_id, connection.QueryInt("PRAGMA application_id"));
  RG_ASSIGN_OR_RETURN(const int64_t version, connection.QueryInt("PRAGMA user_version"));
  RG_ASSIGN_OR_RETURN(const int64_t objects, connection.QueryInt("SELECT count(*) FROM sqlite_schema"));
  const int64_t last = static_cast<int64_t>(migrations.size());
  const bool is_new = application_id == 0 && version == 0 && objects == 0;
  if (!is_new && application_id != kApplicationId) {
    return absl::FailedPreconditionError("the file is an SQLite database, but not one of this program");
  }
  if (version > last) {
    return absl::FailedPreconditionError(
        absl::StrCat("the database has schema version ", version, ", and this program knows versions up to ", last,
                     "; use the newer program that wrote it, or restore a backup made before it"));
  }
  if (version < 0 || (version == 0 && !is_new)) {
    return absl::DataLossError(absl::StrCat("the database has schema version ", version, ", which never existed"));
  }
  if (version == last) return absl::OkStatus();
  RG_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  absl::Status status = RunMigrations(connection, version, migrations, then);
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok() && connection.InTransaction()) connection.Execute("ROLLBACK").IgnoreError();
  return status;
}

absl::Status CheckSchema(Connection& connection, absl::Span<const char* const> migrations) {
  RG_ASSIGN_OR_RETURN(Connection model, Connection::Open(":memory:", Connection::Mode::kReadWriteCreate));
  RG_RETURN_IF_ERROR(RunMigrations(model, 0, migrations, nullptr));
  RG_ASSIGN_OR_RETURN(const std::string expected, DescribeSchema(model));
  RG_ASSIGN_OR_RETURN(const std::string found, DescribeSchema(connection));
  if (found != expected) return absl::DataLossError("the database's tables or indexes are not those of its schema version");
  return absl::OkStatus();
}

}  // namespace resultgate::store
