// Which files OpenSqlite takes, and what it says of the others.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/schema.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

Connection Raw(const std::string& path) {
  return *Connection::Open(path, Connection::Mode::kReadWriteCreate);
}

// A file with `n` results of some length, closed.
void MakeStore(const std::string& path, int n) {
  const auto store = Open(path);
  const auto batch = *store->Begin();
  for (int i = 0; i < n; ++i) {
    const int64_t id = batch->NextResultId();
    ASSERT_EQ(batch->PutResult(MakeResult(id, std::string(1500, 'x'))), absl::OkStatus());
    ASSERT_EQ(batch->PutKey(MakeKey(absl::StrCat(id)), id), absl::OkStatus());
  }
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
}

absl::Status OpenStatus(const std::string& path, const SqliteOptions& options = {}) {
  return OpenSqlite(path, options).status();
}

TEST(OpenTest, RefusesASecondOpenOfTheSameFile) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  auto store = Open(path);
  fs::create_symlink(path, folder.File("link.db"));
  for (const std::string& name : {path, folder.File("./gate.db"), folder.File("link.db")}) {
    const absl::Status second = OpenStatus(name);
    EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
    EXPECT_THAT(std::string(second.message()), HasSubstr("is open in another process"));
  }
  // The refusal must not have loosened the first one's hold: ask from a process of its own.
  const pid_t child = fork();
  if (child == 0) _exit(absl::IsFailedPrecondition(OpenStatus(path)) ? 0 : 1);
  int exit_code = -1;
  waitpid(child, &exit_code, 0);
  EXPECT_EQ(exit_code, 0);
  store = nullptr;
  EXPECT_EQ(OpenStatus(path), absl::OkStatus());
}

TEST(OpenTest, MakesFilesForTheirOwnerAlone) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  const auto batch = *store->Begin();
  ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  for (const char* name : {"gate.db", "gate.db-wal", "gate.db-shm", "gate.db.key", "gate.db.lock"}) {
    EXPECT_EQ(fs::status(folder.File(name)).permissions(), fs::perms::owner_read | fs::perms::owner_write) << name;
  }
}

TEST(OpenTest, FoldsTheWalIntoTheFileWhenItCloses) {
  const TempFolder folder;
  MakeStore(folder.File("gate.db"), 3);
  EXPECT_TRUE(Open(folder.File("gate.db"))->FindResult(1)->has_value());  // a reader has the file open, too
  EXPECT_FALSE(fs::exists(folder.File("gate.db-wal")));
  EXPECT_TRUE(fs::exists(folder.File("gate.db.lock"))) << "removing it would be a race";
}

TEST(OpenTest, UsesTheWriteAheadLogAndOurMarks) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  Connection raw = Raw(folder.File("gate.db"));
  EXPECT_EQ(*raw.QueryText("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(*raw.QueryInt("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(*raw.QueryInt("PRAGMA user_version"), static_cast<int64_t>(Migrations().size()));
}

TEST(OpenTest, ReportsWhatCannotBeOpened) {
  const TempFolder folder;
  EXPECT_TRUE(absl::IsUnavailable(OpenStatus(folder.File("no/such/folder.db"))));
  fs::create_directory(folder.File("folder.db"));
  const absl::Status not_a_file = OpenStatus(folder.File("folder.db"));
  EXPECT_TRUE(absl::IsFailedPrecondition(not_a_file)) << not_a_file;
  EXPECT_THAT(std::string(not_a_file.message()), HasSubstr("it is not a file"));
}

TEST(OpenTest, RefusesForeignFilesAndLeavesThemAsTheyAre) {
  const TempFolder folder;
  Write(folder.File("text"), "To be kept by its owner, who will want it back some day.\n");
  Write(folder.File("short"), "x");
  Raw(folder.File("other.db")).Execute("CREATE TABLE photos (x)").IgnoreError();
  Raw(folder.File("marked.db"))
      .Execute("CREATE TABLE photos (x); PRAGMA application_id = 7; PRAGMA user_version = 1")
      .IgnoreError();
  for (const char* name : {"text", "short", "other.db", "marked.db"}) {
    const std::string before = *base::ReadFile(folder.File(name));
    const absl::Status status = OpenStatus(folder.File(name));
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << name << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
    EXPECT_EQ(*base::ReadFile(folder.File(name)), before) << name;
    EXPECT_FALSE(fs::exists(folder.File(absl::StrCat(name, "-wal")))) << name;
  }
}

TEST(OpenTest, TakesAnEmptyFileAndOneWhoseCreationWasCutShort) {
  const TempFolder folder;
  Write(folder.File("empty.db"), "");
  EXPECT_EQ(OpenStatus(folder.File("empty.db")), absl::OkStatus());
  ASSERT_EQ(Raw(folder.File("header.db")).Execute("PRAGMA journal_mode = WAL; VACUUM"), absl::OkStatus());
  ASSERT_GT(fs::file_size(folder.File("header.db")), 0);
  EXPECT_EQ(OpenStatus(folder.File("header.db")), absl::OkStatus());
}

TEST(OpenTest, RefusesAnotherVersion) {
  struct Case {
    int64_t version;
    absl::StatusCode code;
    const char* text;
  };
  const int64_t last = Migrations().size();
  for (const Case& c :
       {Case{last + 1, absl::StatusCode::kFailedPrecondition, "this program knows versions up to"},
        Case{0, absl::StatusCode::kDataLoss, "never existed"}, Case{-1, absl::StatusCode::kDataLoss, "never existed"}}) {
    const TempFolder folder;
    MakeStore(folder.File("gate.db"), 1);
    ASSERT_EQ(Raw(folder.File("gate.db")).Execute(absl::StrCat("PRAGMA user_version = ", c.version)), absl::OkStatus());
    const absl::Status status = OpenStatus(folder.File("gate.db"));
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.text));
  }
}

TEST(OpenTest, TakesAFileOfTheVersionBefore) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  {
    Connection old = Raw(path);
    ASSERT_EQ(Migrate(old, Migrations().subspan(0, 1)), absl::OkStatus());
    const auto put = [&old](const v1::Result& result, int held, const std::string& due) {
      const std::string record = result.SerializeAsString();
      Statement insert = *old.Prepare(absl::StrCat("INSERT INTO results VALUES (?1, ", due, ", ", held, ", ?2)"));
      insert.BindInt(1, result.id());
      insert.BindBlob(2, record);
      return insert.Run();
    };
    // The first version took a delay for nothing that is held.
    ASSERT_EQ(put(MakeDueResult(1, absl::FromUnixSeconds(1'772'798'400)), 0, "1772798400000000"), absl::OkStatus());
    ASSERT_EQ(put(MakeResult(2, "", v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_HELD), 1, "NULL"), absl::OkStatus());
    v1::Result of_patient = MakeResult(3);
    of_patient.mutable_report()->mutable_patient()->add_identifiers()->set_value("P1");
    v1::Identifier* identifier = of_patient.mutable_report()->mutable_patient()->add_identifiers();
    identifier->set_system("NORTH");
    identifier->set_value("P1");
    ASSERT_EQ(put(of_patient, 0, "NULL"), absl::OkStatus());
    v1::Result settled = MakeResult(4, "", v1::DISPOSITION_RELEASE, v1::OUTCOME_STATE_PUBLISHED);
    settled.mutable_received_at()->set_seconds(1'772'798'400);
    ASSERT_EQ(put(settled, 0, "NULL"), absl::OkStatus());
  }
  const auto store = Open(path);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(*store->ListHeldIds(), (std::vector<int64_t>{1, 2}));
  const auto awaiting = store->ListAwaitingSomebody(0, 10);
  ASSERT_TRUE(awaiting.ok());
  ASSERT_EQ(awaiting->size(), 1u);
  EXPECT_EQ(awaiting->front().id(), 2) << "the other one waits for its time";
  EXPECT_TRUE(store->ListActivations(0, 10)->empty());
  EXPECT_EQ(*store->ListAssigners(10), (std::vector<std::string>{"", "NORTH"})) << "those of the results that were there";
  const auto settled = store->FirstSettled({});
  ASSERT_TRUE(settled.ok() && settled->has_value()) << "what waits for nothing is known from the record";
  EXPECT_EQ((*settled)->result_id, 4);
  EXPECT_EQ((*settled)->since, absl::FromUnixSeconds(1'772'798'400));
  EXPECT_FALSE(store->FirstSettled(**settled)->has_value());
  EXPECT_EQ(*Raw(path).QueryInt("PRAGMA user_version"), static_cast<int64_t>(Migrations().size()));
}

// What older versions stored and left somebody to do stands in the lists from now on, and is not taken for settled.
TEST(OpenTest, ListsAsOpenWhatWasStoredBeforeThatWasKept) {
  std::vector<v1::Result> results;
  for (const int64_t id : {1, 2, 3}) {
    v1::Result& result = results.emplace_back(MakeResult(id, "", v1::DISPOSITION_RELEASE, v1::OUTCOME_STATE_PUBLISHED));
    result.mutable_report()->mutable_order()->set_filler_order_number("F1");
    result.mutable_received_at()->set_seconds(1'772'798'400);
  }
  results.back().mutable_erased();
  const TempFolder folder;
  const std::string before_column = folder.File("old.db");
  {
    constexpr size_t kBefore = 2;
    Connection old = Raw(before_column);
    ASSERT_EQ(Migrate(old, Migrations().subspan(0, kBefore)), absl::OkStatus());
    for (const v1::Result& result : results) {
      const std::string record = result.SerializeAsString();
      Statement insert = *old.Prepare("INSERT INTO results (id, due_us, held, record) VALUES (?1, NULL, 0, ?2)");
      insert.BindInt(1, result.id());
      insert.BindBlob(2, record);
      ASSERT_EQ(insert.Run(), absl::OkStatus());
    }
  }
  // The column was there already, and said nothing of them.
  const std::string with_column = folder.File("newer.db");
  {
    const auto store = Open(with_column);
    const auto batch = *store->Begin();
    for (v1::Result& result : results) {
      ASSERT_EQ(batch->NextResultId(), result.id());
      ASSERT_EQ(batch->PutResult(result), absl::OkStatus());
    }
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }
  // As the version before would have made it.
  ASSERT_EQ(Raw(with_column)
                .Execute(absl::StrCat("DROP TABLE entry_terms; DROP TABLE entry_terms_reach; DROP INDEX results_awaiting;"
                                      "CREATE INDEX results_held ON results (held) WHERE held = 1; PRAGMA user_version = ",
                                      kFirstVersionWithAllOpen - 1)),
            absl::OkStatus());
  for (const std::string& file : {before_column, with_column}) {
    SCOPED_TRACE(file);
    std::vector<int64_t> asked;
    SqliteOptions options;
    options.leaves_to_do = [&asked](const v1::Result& result) {
      asked.push_back(result.id());
      return result.id() != 1;
    };
    for (const char* time : {"the first", "the second"}) {
      SCOPED_TRACE(time);
      const auto store = OpenSqlite(file, options);
      ASSERT_TRUE(store.ok()) << store.status();
      const auto open = (*store)->ListOpen(0, 10);
      ASSERT_TRUE(open.ok()) << open.status();
      ASSERT_EQ(open->size(), 1u);
      EXPECT_EQ(open->front().id(), 2);
      EXPECT_TRUE(open->front().follow_up().open());
      EXPECT_EQ(*Raw(file).QueryInt("SELECT count(*) FROM results WHERE settled_us IS NOT NULL"), 1) << "the first alone";
      EXPECT_EQ(asked, (std::vector<int64_t>{1, 2})) << "once, and not of what is erased";
    }
  }
}

// Rows of an older version lack what is told now: none is kept, so that all of them are made again from the log.
TEST(OpenTest, ForgetsTheTimesOfResultsThatAnOlderVersionMade) {
  const TempFolder folder;
  Connection old = Raw(folder.File("gate.db"));
  constexpr size_t kBefore = 6;
  ASSERT_EQ(Migrate(old, Migrations().subspan(0, kBefore)), absl::OkStatus());
  ASSERT_EQ(old.Execute("INSERT INTO turnarounds VALUES (1, 1, x''); INSERT INTO turnarounds_reach VALUES (1, 7)"),
            absl::OkStatus());
  ASSERT_EQ(Migrate(old, Migrations()), absl::OkStatus());
  EXPECT_EQ(*old.QueryInt("SELECT count(*) FROM turnarounds"), 0);
  EXPECT_EQ(*old.QueryInt("SELECT count(*) FROM turnarounds_reach"), 0);
}

TEST(OpenTest, FindsDamage) {
  struct Case {
    const char* name;
    // Damages the bytes of a closed file.
    void (*damage)(std::string& bytes);
  };
  const std::vector<Case> cases = {
      {"cut in half", [](std::string& bytes) { bytes.resize(bytes.size() / 2 / 4096 * 4096); }},
      {"a page of noise", [](std::string& bytes) { bytes.replace(bytes.size() / 2 / 4096 * 4096, 4096, 4096, '\xa5'); }},
      {"a noisy schema", [](std::string& bytes) { bytes.replace(100, 8, 8, '\xff'); }},
  };
  for (const Case& c : cases) {
    const TempFolder folder;
    MakeStore(folder.File("gate.db"), 500);
    std::string bytes = *base::ReadFile(folder.File("gate.db"));
    ASSERT_GT(bytes.size(), 500'000);
    c.damage(bytes);
    Write(folder.File("gate.db"), bytes);
    const absl::Status status = OpenStatus(folder.File("gate.db"));
    EXPECT_TRUE(absl::IsDataLoss(status)) << c.name << ": " << status;
  }
}

TEST(OpenTest, MissesAnIndex) {
  const TempFolder folder;
  MakeStore(folder.File("gate.db"), 1);
  ASSERT_EQ(Raw(folder.File("gate.db")).Execute("DROP INDEX results_due"), absl::OkStatus());
  const absl::Status status = OpenStatus(folder.File("gate.db"));
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

TEST(OpenTest, ReadsTellOfDamageThatTheStartDoesNotLookFor) {
  const TempFolder folder;
  MakeStore(folder.File("gate.db"), 500);
  {
    // Farther back than the end of the log, which is looked at.
    const auto store = Open(folder.File("gate.db"));
    const auto batch = *store->Begin();
    for (int i = 1; i <= 300; ++i) ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), 0)), absl::OkStatus());
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }
  {
    Connection raw = Raw(folder.File("gate.db"));
    ASSERT_EQ(
        raw.Execute("UPDATE results SET record = x'ffffff' WHERE id = 7; UPDATE results SET record = x'0808' WHERE id IN (8, 9)"),
        absl::OkStatus());
    ASSERT_EQ(raw.Execute("UPDATE entries SET bytes = x'0802' WHERE sequence = 1; INSERT INTO outbox VALUES (1, 0, 1, x'0802')"),
              absl::OkStatus());
  }
  std::string bytes = *base::ReadFile(folder.File("gate.db"));
  bytes.replace(bytes.size() / 2 / 4096 * 4096, 4096, 4096, '\xa5');
  Write(folder.File("gate.db"), bytes);
  SqliteOptions options;
  options.largest_whole_check_bytes = 0;
  const auto store = OpenSqlite(folder.File("gate.db"), options);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->FindResult(1).ok());
  EXPECT_TRUE(absl::IsDataLoss((*store)->FindResult(7).status())) << "no message";
  EXPECT_TRUE((*store)->FindResult(8).ok()) << "a short record of the right id";
  EXPECT_TRUE(absl::IsDataLoss((*store)->FindResult(9).status())) << "another result's bytes";
  EXPECT_TRUE(absl::IsDataLoss((*store)->ListResults(0, 1000).status())) << "a page of noise";
  EXPECT_TRUE(absl::IsDataLoss((*store)->ListEntries(0, 0, 10).status())) << "another entry's bytes";
  EXPECT_TRUE(absl::IsDataLoss((*store)->ListOutbox(0, false, 10).status())) << "another release's bytes";
  const auto batch = *(*store)->Begin();
  EXPECT_TRUE(absl::IsDataLoss(batch->FindResult(7).status()));
  EXPECT_TRUE(absl::IsDataLoss(batch->PutResult(MakeResult(1)))) << "the batch is lost";
}

TEST(OpenTest, WaitsForALockInsteadOfFailing) {
  FaultVfs disk;
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  Connection other = Raw(folder.File("gate.db"));  // a backup tool, say
  ASSERT_EQ(other.Execute("BEGIN IMMEDIATE"), absl::OkStatus());
  int waits = 0;
  disk.OnSleep([&] {
    if (++waits == 3) other.Execute("ROLLBACK").IgnoreError();
  });
  EXPECT_EQ(store->Begin().status(), absl::OkStatus());
  EXPECT_EQ(waits, 3);
}

}  // namespace
}  // namespace resultgate::store
