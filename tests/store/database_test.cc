// The SQLite layer: what codes mean, statements, schema steps, and that no statement of the store scans or sorts.
#include "server/store/sqlite/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/store/sqlite/queries.h"
#include "server/store/sqlite/schema.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

using testing::HasSubstr;

Connection Memory() {
  return *Connection::Open(":memory:", Connection::Mode::kReadWriteCreate);
}

TEST(StatusOfTest, TellsTheCallerWhatToDo) {
  const std::vector<std::pair<int, absl::StatusCode>> cases = {
      {SQLITE_OK, absl::StatusCode::kOk},
      {SQLITE_DONE, absl::StatusCode::kOk},
      {SQLITE_FULL, absl::StatusCode::kUnavailable},
      {SQLITE_IOERR, absl::StatusCode::kUnavailable},
      {SQLITE_IOERR_FSYNC, absl::StatusCode::kUnavailable},
      {SQLITE_BUSY, absl::StatusCode::kUnavailable},
      {SQLITE_BUSY_SNAPSHOT, absl::StatusCode::kUnavailable},
      {SQLITE_CANTOPEN, absl::StatusCode::kUnavailable},
      {SQLITE_READONLY, absl::StatusCode::kUnavailable},
      {SQLITE_CORRUPT, absl::StatusCode::kDataLoss},
      {SQLITE_CORRUPT_INDEX, absl::StatusCode::kDataLoss},
      {SQLITE_NOTADB, absl::StatusCode::kDataLoss},
      {SQLITE_CONSTRAINT_FOREIGNKEY, absl::StatusCode::kInvalidArgument},
      {SQLITE_TOOBIG, absl::StatusCode::kInvalidArgument},
      {SQLITE_NOMEM, absl::StatusCode::kResourceExhausted},
      {SQLITE_ERROR, absl::StatusCode::kInternal},
      {SQLITE_MISUSE, absl::StatusCode::kInternal},
  };
  for (const auto& [code, expected] : cases) EXPECT_EQ(StatusOf(code, "text").code(), expected) << code;
  EXPECT_THAT(std::string(StatusOf(SQLITE_IOERR_FSYNC, "disk I/O error").message()), HasSubstr("disk I/O error (SQLite 1034)"));
}

TEST(StatementTest, BindsStepsAndStartsAfresh) {
  Connection connection = Memory();
  ASSERT_EQ(connection.Execute("CREATE TABLE t (a INTEGER, b BLOB)"), absl::OkStatus());
  constexpr absl::string_view kInsert = "INSERT INTO t VALUES (?1, ?2)";
  {
    Statement insert = *connection.Prepare(kInsert);
    insert.BindInt(1, int64_t{1} << 40);
    insert.BindBlob(2, absl::string_view("a\0b", 3));
    ASSERT_EQ(insert.Run(), absl::OkStatus());
  }
  {
    Statement insert = *connection.Prepare(kInsert);
    insert.BindBlob(2, absl::string_view());
    ASSERT_EQ(insert.Run(), absl::OkStatus()) << "the first parameter is NULL again";
  }
  EXPECT_EQ(*connection.QueryInt("SELECT count(*) FROM t WHERE a IS NULL AND b IS NOT NULL AND length(b) = 0"), 1);
  Statement select = *connection.Prepare("SELECT a, b FROM t WHERE a IS NOT NULL");
  ASSERT_TRUE(*select.Step());
  EXPECT_EQ(select.Int(0), int64_t{1} << 40);
  EXPECT_EQ(select.Blob(1), absl::string_view("a\0b", 3));
  EXPECT_FALSE(*select.Step());
}

TEST(StatementTest, ReturnsFailuresOfBindingAndOfSql) {
  Connection connection = Memory();
  Statement select = *connection.Prepare("SELECT 1");
  select.BindInt(7, 1);
  EXPECT_TRUE(absl::IsInternal(select.Step().status()));
  Statement row = *connection.Prepare("SELECT 2");
  EXPECT_TRUE(absl::IsInternal(row.Run())) << "it gives a row";
  EXPECT_TRUE(absl::IsInternal(connection.Prepare("SELEKT").status()));
  EXPECT_TRUE(absl::IsInternal(connection.Execute("SELEKT")));
}

TEST(SchemaTest, MigratesForwardStepByStep) {
  const std::vector<const char*> first = {"CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);"};
  const std::vector<const char*> both = {first[0], "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1;"};
  Connection connection = Memory();
  ASSERT_EQ(Migrate(connection, first), absl::OkStatus());
  EXPECT_EQ(*connection.QueryInt("PRAGMA user_version"), 1);
  EXPECT_EQ(*connection.QueryInt("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(CheckSchema(connection, first), absl::OkStatus());
  EXPECT_TRUE(absl::IsDataLoss(CheckSchema(connection, both)));

  ASSERT_EQ(Migrate(connection, both), absl::OkStatus());
  ASSERT_EQ(Migrate(connection, both), absl::OkStatus()) << "again changes nothing";
  EXPECT_EQ(*connection.QueryInt("PRAGMA user_version"), 2);
  EXPECT_EQ(*connection.QueryInt("SELECT sum(y) FROM a"), 8);
  EXPECT_EQ(CheckSchema(connection, both), absl::OkStatus());

  const absl::Status newer = Migrate(connection, first);
  EXPECT_TRUE(absl::IsFailedPrecondition(newer));
  EXPECT_THAT(std::string(newer.message()), HasSubstr("schema version 2, and this program knows versions up to 1"));
}

TEST(SchemaTest, AStepThatFailsLeavesTheOldVersionWhole) {
  const std::vector<const char*> first = {"CREATE TABLE a (x INTEGER) STRICT;"};
  const std::vector<const char*> broken = {first[0], "CREATE TABLE b (x INTEGER) STRICT;", "CREATE TABLE b (x INTEGER) STRICT;"};
  Connection connection = Memory();
  ASSERT_EQ(Migrate(connection, first), absl::OkStatus());
  EXPECT_FALSE(Migrate(connection, broken).ok());
  EXPECT_FALSE(connection.InTransaction());
  EXPECT_EQ(*connection.QueryInt("PRAGMA user_version"), 1);
  EXPECT_EQ(CheckSchema(connection, first), absl::OkStatus());
}

TEST(SchemaTest, MissesATableOrAnIndex) {
  for (const char* change :
       {"DROP INDEX results_due", "DROP INDEX entries_result", "DROP TABLE keys", "CREATE TABLE other (x)"}) {
    Connection connection = Memory();
    ASSERT_EQ(Migrate(connection, Migrations()), absl::OkStatus());
    ASSERT_EQ(CheckSchema(connection, Migrations()), absl::OkStatus());
    ASSERT_EQ(connection.Execute(change), absl::OkStatus());
    EXPECT_TRUE(absl::IsDataLoss(CheckSchema(connection, Migrations()))) << change;
  }
  Connection analyzed = Memory();
  ASSERT_EQ(Migrate(analyzed, Migrations()), absl::OkStatus());
  ASSERT_EQ(analyzed.Execute("ANALYZE"), absl::OkStatus());
  EXPECT_EQ(CheckSchema(analyzed, Migrations()), absl::OkStatus()) << "statistics are welcome";
}

// The promise of schema.h: an index for each question, and none that a commit has to fill for nothing.
TEST(QueriesTest, NoStatementScansOrSorts) {
  Connection connection = Memory();
  ASSERT_EQ(Migrate(connection, Migrations()), absl::OkStatus());
  const std::vector<std::pair<const char*, const char*>> cases = {
      {sql::kFindResult, "SEARCH results USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kListResults, "SEARCH results USING INTEGER PRIMARY KEY (rowid>?)"},
      {sql::kListHeldIds,
       "COMPOUND QUERY\nLEFT-MOST SUBQUERY\nSEARCH results USING COVERING INDEX results_awaiting (held=?)\nUNION ALL\n"
       "SEARCH results USING INDEX results_due (due_us>?)"},
      {sql::kListAwaitingSomebody, "SEARCH results USING INDEX results_awaiting (held=? AND rowid>?)"},
      {sql::kCountBlocks, "SEARCH entry_terms_reach USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kNextTerm, "SEARCH entry_terms USING PRIMARY KEY (term>?)"},
      {sql::kFindTerm, "SEARCH entry_terms USING PRIMARY KEY (term=? AND block>? AND block<?)"},
      {sql::kPutTerm, ""},
      {sql::kPutBlocks, ""},
      {sql::kListOpen, "SEARCH results USING INDEX results_open (open=? AND rowid>?)"},
      {sql::kFindDue, "SEARCH results USING COVERING INDEX results_due (due_us>? AND due_us<?)"},
      {sql::kEarliestDue, "SEARCH results USING COVERING INDEX results_due (due_us>?)"},
      {sql::kCountDue, "SEARCH results USING COVERING INDEX results_due (due_us>? AND due_us<?)"},
      {sql::kFindByKey, "SEARCH keys USING PRIMARY KEY (key=?)"},
      {sql::kListEntries, "SEARCH entries USING INTEGER PRIMARY KEY (rowid>?)"},
      {sql::kListEntriesOfResult, "SEARCH entries USING INDEX entries_result (result_id=? AND rowid>?)"},
      {sql::kListEntriesBackward, "SEARCH entries USING INTEGER PRIMARY KEY (rowid<?)"},
      {sql::kListEntriesOfResultBackward, "SEARCH entries USING INDEX entries_result (result_id=? AND rowid<?)"},
      {sql::kReadEntries, "SEARCH entries USING INTEGER PRIMARY KEY (rowid>?)"},
      {sql::kListLeafHashes, "SEARCH entries USING INTEGER PRIMARY KEY (rowid>?)"},
      {sql::kFindEntry, "SEARCH entries USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kFindTile, "SEARCH log_tiles USING PRIMARY KEY (level=? AND tile=?)"},
      {sql::kFindHead, "SEARCH log_head USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kPutLeafHash, "SEARCH entries USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kPutTile, ""},
      {sql::kPutHead, ""},
      {sql::kFindPack, "SEARCH packs USING PRIMARY KEY (digest=?)"},
      {sql::kListActivations, "SEARCH a USING INTEGER PRIMARY KEY (rowid<?)\nSEARCH e USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kPutPack, ""},
      {sql::kAppendActivation, ""},
      {sql::kFindRelease, "SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kListOutbox, "SEARCH outbox USING INTEGER PRIMARY KEY (rowid>?)"},
      {sql::kListUnacknowledged, "SEARCH outbox USING INDEX outbox_unacknowledged (acknowledged=? AND rowid>?)"},
      {sql::kLastResultId, "SEARCH results"},
      {sql::kLastEntrySequence, "SEARCH entries"},
      {sql::kLastReleaseSequence, "SEARCH outbox"},
      {sql::kLastPatientId, "SEARCH patients"},
      {sql::kFindPatientByKey, "SEARCH patient_keys USING PRIMARY KEY (key=?)"},
      {sql::kFindPatient, "SEARCH patients USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kFindOwner, "SEARCH owners USING PRIMARY KEY (id=?)"},
      {sql::kListOwners, "SEARCH owners USING PRIMARY KEY (id>?)"},
      {sql::kPutPatient, ""},
      {sql::kPutPatientKey, ""},
      {sql::kPutOwner, ""},
      {sql::kPutAssigner, ""},
      {sql::kListAssigners, "SEARCH assigners USING PRIMARY KEY (system>?)"},
      {sql::kListEntriesAboutNone, "SEARCH entries USING INDEX entries_about_none (result_id=? AND rowid<?)"},
      {sql::kListEntrySequences, "SEARCH entries USING COVERING INDEX entries_result (result_id=?)"},
      {sql::kRemoveOwner, "SEARCH owners USING PRIMARY KEY (id=?)"},
      {sql::kListResultsTold, "SEARCH entries USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
      {sql::kListTurnarounds, "SEARCH turnarounds USING PRIMARY KEY (received_us>? AND received_us<?)"},
      {sql::kTurnaroundsReach, "SEARCH turnarounds_reach USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kFindSettled, "SEARCH results USING COVERING INDEX results_settled (settled_us>? AND settled_us<?)"},
      {sql::kListLegalHolds, "SEARCH legal_holds USING INTEGER PRIMARY KEY (rowid>?)"},
      {sql::kFindLegalHold, "SEARCH legal_holds USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kLegalHoldsOn, "SEARCH legal_holds USING INDEX legal_holds_patient (patient_id=?)"},
      {sql::kIsResultOnHold, "SEARCH legal_holds USING COVERING INDEX legal_holds_result (result_id=?)"},
      {sql::kIsPatientOnHold, "SEARCH legal_holds USING COVERING INDEX legal_holds_patient (patient_id=?)"},
      {sql::kPutSettled, "SEARCH results USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kRemoveKeys, "SEARCH keys USING PRIMARY KEY (key>? AND key<?)"},
      {sql::kPutRecentKey, ""},
      {sql::kRemoveRecentKey, "SEARCH recent_keys USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kRemoveRecentKeys, "SEARCH recent_keys USING INTEGER PRIMARY KEY (rowid<?)"},
      {sql::kReplaceRelease, "SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kPutLegalHold, ""},
      {sql::kRemoveLegalHold, "SEARCH legal_holds USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kPutTurnaround, ""},
      {sql::kPutTurnaroundsReach, ""},
      {sql::kReadEntriesIn, "SEARCH entries USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
      {sql::kReadResultRow, "SEARCH results USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kReadReleaseRow, "SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?)"},
      {sql::kReadTurnaroundRow, "SEARCH turnarounds USING PRIMARY KEY (received_us=? AND result_id=?)"},
      {sql::kPutResult, ""},
      {sql::kPutKey, ""},
      {sql::kAppendEntry, ""},
      {sql::kAppendRelease, ""},
      {sql::kAcknowledgeRelease, "SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?)"},
  };
  std::set<std::string> planned;
  for (const auto& [sql, expected] : cases) {
    planned.insert(sql);
    std::string plan;
    Statement explain = *connection.Prepare(absl::StrCat("EXPLAIN QUERY PLAN ", sql));
    while (*explain.Step()) absl::StrAppend(&plan, explain.Blob(3), "\n");
    EXPECT_EQ(plan, *expected == '\0' ? "" : absl::StrCat(expected, "\n")) << sql;
  }
  for (const char* sql : sql::kAll) EXPECT_TRUE(planned.contains(sql)) << "no plan is held against: " << sql;
}

}  // namespace
}  // namespace resultgate::store
