// The log's tree in the database: moved by each commit, proved, and every way to tamper with the file found and placed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/audit/checkpoint.h"
#include "server/audit/log_verifier.h"
#include "server/base/file.h"
#include "server/base/write_file.h"
#include "server/merkle/hash.h"
#include "server/store/sqlite/log_file.h"
#include "server/store/sqlite/log_key.h"
#include "server/store/sqlite/log_tree.h"
#include "server/store/sqlite/schema.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Connection Raw(const std::string& path) {
  return *Connection::Open(path, Connection::Mode::kReadWriteCreate);
}

void Append(Store& store, int entries) {
  const auto batch = *store.Begin();
  for (int i = 0; i < entries; ++i) ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), 0)), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
}

// A closed file with so many entries.
void MakeLog(const std::string& path, int entries) {
  const auto store = Open(path);
  for (int left = entries; left > 0; left -= 100) Append(*store, std::min(left, 100));
}

audit::Checkpoint HeadOf(const Store& store) {
  const absl::StatusOr<std::string> note = store.log().Head();
  EXPECT_TRUE(note.ok()) << note.status();
  const absl::StatusOr<audit::Checkpoint> head = audit::VerifyCheckpoint(*note, store.log().key());
  EXPECT_TRUE(head.ok()) << head.status();
  return *head;
}

std::vector<std::string> Verify(Connection& connection, const audit::VerifierKey& key, audit::LogReport* report = nullptr) {
  const absl::StatusOr<std::string> note = ReadHead(connection);
  audit::LogVerifier verifier(note.ok() ? audit::VerifyCheckpoint(*note, key) : absl::StatusOr<audit::Checkpoint>(note.status()));
  EXPECT_EQ(ReadWholeLog(connection, &verifier, nullptr), absl::OkStatus());
  audit::LogReport made = verifier.Finish();
  std::vector<std::string> messages;
  for (const audit::Finding& finding : made.findings) messages.push_back(finding.message);
  if (report != nullptr) *report = std::move(made);
  return messages;
}

TEST(LogTest, EachCommitMovesTheSignedHead) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  EXPECT_EQ(HeadOf(*store).size, 0);
  EXPECT_EQ(HeadOf(*store).root, merkle::EmptyRoot());
  merkle::CompactRange tree;
  for (const int entries : {1, 1, 254, 1, 300}) {
    Append(*store, entries);
    while (tree.size() < HeadOf(*store).size) tree.Append(merkle::HashLeaf(**store->log().FindEntryBytes(tree.size() + 1)));
    EXPECT_EQ(HeadOf(*store).root, tree.Root());
  }
  EXPECT_EQ(tree.size(), 557);
  EXPECT_EQ(*store->log().FindEntryBytes(558), std::nullopt);
}

TEST(LogTest, ABatchThatDoesNotCommitLeavesItAsItWas) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  Append(*store, 255);
  const std::string before = *store->log().Head();
  {
    const auto batch = *store->Begin();
    ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), 0)), absl::OkStatus());
  }
  EXPECT_EQ(*store->log().Head(), before);
  Append(*store, 2);
  EXPECT_EQ(HeadOf(*store).size, 257);
  Connection raw = Raw(folder.File("gate.db"));
  EXPECT_THAT(Verify(raw, store->log().key()), IsEmpty());
}

TEST(LogTest, GoesOnWhereItEnded) {
  const TempFolder folder;
  for (const int entries : {3, 252, 1, 1, 600, 0}) {
    const auto store = Open(folder.File("gate.db"));
    ASSERT_NE(store, nullptr);
    Append(*store, entries);
  }
  const auto store = Open(folder.File("gate.db"));
  EXPECT_EQ(HeadOf(*store).size, 857);
}

TEST(LogTest, ProvesEveryEntryAndEveryBeginning) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  std::vector<audit::Checkpoint> heads = {HeadOf(*store)};
  for (int i = 0; i < 9; ++i) {
    Append(*store, 67);
    heads.push_back(HeadOf(*store));
  }
  const audit::Checkpoint& last = heads.back();
  for (int64_t sequence = 1; sequence <= last.size; ++sequence) {
    const auto proof = store->log().ProveInclusion(sequence, last.size);
    ASSERT_TRUE(proof.ok()) << proof.status();
    const merkle::Hash leaf = merkle::HashLeaf(**store->log().FindEntryBytes(sequence));
    ASSERT_EQ(merkle::VerifyInclusion(sequence - 1, last.size, leaf, *proof, last.root), absl::OkStatus()) << sequence;
  }
  for (const audit::Checkpoint& from : heads) {
    for (const audit::Checkpoint& to : heads) {
      const auto proof = store->log().ProveConsistency(from.size, to.size);
      ASSERT_EQ(proof.ok(), from.size <= to.size) << proof.status();
      if (!proof.ok()) continue;
      ASSERT_EQ(merkle::VerifyConsistency(from.size, to.size, from.root, *proof, to.root), absl::OkStatus());
    }
  }
  EXPECT_EQ(store->log().ProveInclusion(0, last.size).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(store->log().ProveInclusion(last.size + 1, last.size).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(LogTest, HashesWhatAnOlderVersionLogged) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  std::vector<std::string> before;
  {
    Connection old = Raw(path);
    ASSERT_EQ(Migrate(old, Migrations().subspan(0, kFirstVersionWithTree - 1)), absl::OkStatus());
    ASSERT_EQ(old.Execute("BEGIN"), absl::OkStatus());
    for (int i = 1; i <= 700; ++i) {
      before.push_back(MakeEntry(i, 0).SerializeAsString());
      Statement insert = *old.Prepare("INSERT INTO entries (sequence, result_id, bytes) VALUES (?1, NULL, ?2)");
      insert.BindInt(1, i);
      insert.BindBlob(2, before.back());
      ASSERT_EQ(insert.Run(), absl::OkStatus());
    }
    ASSERT_EQ(old.Execute("COMMIT"), absl::OkStatus());
  }
  const auto store = Open(path);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(HeadOf(*store).size, 700);
  for (int i = 1; i <= 700; ++i) EXPECT_EQ(**store->log().FindEntryBytes(i), before[i - 1]);
  Append(*store, 100);
  Connection raw = Raw(path);
  EXPECT_THAT(Verify(raw, store->log().key()), IsEmpty());
}

TEST(LogTest, AMigrationRefusesALogThatHasAGap) {
  const TempFolder folder;
  {
    Connection old = Raw(folder.File("gate.db"));
    ASSERT_EQ(Migrate(old, Migrations().subspan(0, kFirstVersionWithTree - 1)), absl::OkStatus());
    ASSERT_EQ(old.Execute("INSERT INTO entries (sequence, bytes) VALUES (1, x'0801'), (3, x'0803')"), absl::OkStatus());
  }
  const absl::Status status = OpenSqlite(folder.File("gate.db")).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("entry 3 stands where entry 2 belongs"));
}

TEST(LogKeyTest, IsMadeForItsOwnerAloneAndNeverReplaced) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  MakeLog(path, 3);
  struct stat file = {};
  ASSERT_EQ(stat(folder.File("gate.db.key").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600);
  const std::string key = *base::ReadFile(folder.File("gate.db.key"));
  EXPECT_EQ(Open(path)->log().key().ToString(), ReadLogKey(folder.File("gate.db.key"))->verifier().ToString());
  EXPECT_EQ(*base::ReadFile(folder.File("gate.db.key")), key);
  EXPECT_EQ(MakeLogKey(folder.File("gate.db.key")).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(*base::ReadFile(folder.File("gate.db.key")), key);
}

TEST(LogKeyTest, WithoutItNothingStarts) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  MakeLog(path, 3);
  fs::rename(folder.File("gate.db.key"), folder.File("kept"));
  const absl::Status missing = OpenSqlite(path).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), HasSubstr("gate.db.key`, is not there; put it back"));
  EXPECT_FALSE(fs::exists(folder.File("gate.db.key"))) << "a new one would hide the loss";
  ASSERT_EQ(base::WriteFile(folder.File("gate.db.key"), "nonsense"), absl::OkStatus());
  EXPECT_THAT(std::string(OpenSqlite(path).status().message()), HasSubstr("is no key of a log"));
  fs::remove(folder.File("gate.db.key"));
  ASSERT_TRUE(MakeLogKey(folder.File("gate.db.key")).ok());
  const absl::Status other = OpenSqlite(path).status();
  EXPECT_TRUE(absl::IsDataLoss(other)) << other;
  EXPECT_THAT(std::string(other.message()), HasSubstr("it carries no signature of the key"));
  // It may lie elsewhere.
  SqliteOptions options;
  options.log_key_file = folder.File("kept");
  EXPECT_EQ(OpenSqlite(path, options).status(), absl::OkStatus());
}

// What a gate logs when it starts: the public half of its key.
void LogStart(Store& store) {
  const auto batch = *store.Begin();
  v1::Entry entry = MakeEntry(batch->NextEntrySequence(), 0);
  entry.mutable_started()->set_log_public_key(store.log().key().ToString());
  ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
}

TEST(LogKeyTest, ALostKeyIsChangedOnlyWhereThatIsAskedFor) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  {
    const auto store = Open(path);
    LogStart(*store);
    Append(*store, 2);
  }
  fs::remove(folder.File("gate.db.key"));
  SqliteOptions change;
  change.change_log_key = true;
  {
    const auto store = OpenSqlite(path, change);
    ASSERT_TRUE(store.ok()) << store.status();
    Append(**store, 2);
  }
  EXPECT_EQ(HeadOf(*Open(path)).size, 5);
  const std::string key = *base::ReadFile(folder.File("gate.db.key"));
  EXPECT_EQ(OpenSqlite(path, change).status(), absl::OkStatus()) << "left set, it does nothing";
  EXPECT_EQ(*base::ReadFile(folder.File("gate.db.key")), key);
  // It takes over nothing that does not hold.
  ASSERT_EQ(Raw(path).Execute("DELETE FROM entries WHERE sequence = 5"), absl::OkStatus());
  EXPECT_TRUE(absl::IsDataLoss(OpenSqlite(path, change).status()));
}

// The log with another entry 7, and leaves, tiles and head made anew: all that somebody can do who may write the file. In the
// place of `started`, where there is one, stands what names another key.
void Reseal(const std::string& path, const audit::SigningKey& key, int64_t started = 0) {
  Connection raw = Raw(path);
  const auto put = [&raw](const v1::Entry& entry) {
    const std::string bytes = entry.SerializeAsString();
    Statement update = *raw.Prepare("UPDATE entries SET bytes = ?1 WHERE sequence = ?2");
    update.BindBlob(1, bytes);
    update.BindInt(2, entry.sequence());
    ASSERT_EQ(update.Run(), absl::OkStatus());
  };
  v1::Entry seventh = MakeEntry(7, 0);
  seventh.set_actor("mallory");
  put(seventh);
  if (started > 0) {
    v1::Entry entry = MakeEntry(started, 0);
    entry.mutable_started()->set_log_public_key(key.verifier().ToString());
    put(entry);
  }
  ASSERT_EQ(raw.Execute("DELETE FROM log_tiles"), absl::OkStatus());
  ASSERT_EQ(BuildLog(raw, key), absl::OkStatus());
}

TEST(LogKeyTest, ALogThatSomebodySealedAnewIsNotTakenUp) {
  const audit::SigningKey mallory = *audit::SigningKey::Generate();
  SqliteOptions change;
  change.change_log_key = true;
  for (const bool large : {false, true}) {
    if (large) change.largest_whole_check_bytes = 0;
    for (const int64_t started : {0, 1}) {
      const TempFolder folder;
      const std::string path = folder.File("gate.db");
      {
        const auto store = Open(path);
        LogStart(*store);
        Append(*store, 9);
      }
      Reseal(path, mallory, started);
      const absl::Status with_key = OpenSqlite(path, change).status();
      EXPECT_TRUE(absl::IsDataLoss(with_key)) << with_key;
      EXPECT_THAT(std::string(with_key.message()), HasSubstr("--change-log-key takes up no log that `"));
      EXPECT_TRUE(absl::IsDataLoss(OpenSqlite(path).status())) << "nor was it signed by the attempt";
      if (started > 0) continue;  // where the key is lost too, nothing in the file tells: that takes a checkpoint kept elsewhere
      fs::remove(folder.File("gate.db.key"));
      const absl::Status lost = OpenSqlite(path, change).status();
      EXPECT_TRUE(absl::IsDataLoss(lost)) << lost;
      EXPECT_THAT(std::string(lost.message()), HasSubstr("it carries no signature of the key"));
      EXPECT_FALSE(fs::exists(folder.File("gate.db.key")));
    }
  }
}

TEST(LogKeyTest, ALogThatNamesNoKeyIsNotTakenUpWithoutIts) {
  const TempFolder folder;
  MakeLog(folder.File("gate.db"), 3);
  fs::remove(folder.File("gate.db.key"));
  SqliteOptions change;
  change.change_log_key = true;
  EXPECT_THAT(std::string(OpenSqlite(folder.File("gate.db"), change).status().message()),
              HasSubstr("no entry of the log tells which key signed it"));
}

TEST(StartTest, NamesWhatIsWrongWithTheLog) {
  const struct {
    const char* sql;
    const char* message;
  } kCases[] = {
      {"DELETE FROM entries WHERE sequence > 290", "cut off: the signed head has 300 entries, the last one here is 290"},
      {"DELETE FROM entries WHERE sequence = 7", "entry 7 is missing"},
      {"UPDATE entries SET bytes = CAST(bytes || x'1800' AS BLOB) WHERE sequence = 8", "entry 8 is not as it was logged"},
      {"UPDATE entries SET bytes = CAST(bytes || x'1800' AS BLOB) WHERE sequence = 299", "entry 299 is not as it was logged"},
      {"INSERT INTO entries SELECT 301, NULL, x'08ad02', leaf_hash FROM entries WHERE sequence = 1",
       "entry 301 came in beside the gate"},
      {"DELETE FROM log_head", "no signed head"},
      {"UPDATE log_head SET checkpoint = x'00'", "signed head"},
      {"DELETE FROM log_tiles", "tile 0 of level 1"},
      {"UPDATE log_tiles SET hashes = zeroblob(32)", "tree's hash of entries 1 to 256 was changed"},
  };
  const TempFolder folder;
  MakeLog(folder.File("whole.db"), 300);
  for (const auto& test : kCases) {
    CopyAfterCrash(folder.File("whole.db"), folder.File("gate.db"));
    ASSERT_EQ(Raw(folder.File("gate.db")).Execute(test.sql), absl::OkStatus()) << test.sql;
    const absl::Status status = OpenSqlite(folder.File("gate.db")).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << test.sql << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.message)) << test.sql;
  }
}

// A file that is too large to be read at the start has its end looked at.
TEST(StartTest, LooksAtTheEndOfALargeLog) {
  const struct {
    const char* sql;
    const char* message;
  } kCases[] = {
      {"DELETE FROM entries WHERE sequence > 290", "cut off: its signed head has 300 entries, the last one here is 290"},
      {"DELETE FROM entries WHERE sequence = 270", "entry 270 is missing"},
      {"UPDATE entries SET bytes = CAST(bytes || x'1800' AS BLOB) WHERE sequence = 299", "entry 299 is not as it was logged"},
      {"INSERT INTO entries SELECT 301, NULL, x'08ad02', leaf_hash FROM entries WHERE sequence = 1",
       "entry 301 came in beside the gate"},
      {"UPDATE entries SET leaf_hash = zeroblob(32) WHERE sequence = 300", "entry 300 is not as it was logged"},
      {"DELETE FROM log_tiles", "tile 0 of level 1 has 0 hashes where 1 belong"},
      {"UPDATE log_tiles SET hashes = zeroblob(32)", "do not lead to its signed head"},
      {"UPDATE log_head SET checkpoint = x'00'", "its signed head is not right"},
  };
  SqliteOptions large;
  large.largest_whole_check_bytes = 0;
  const TempFolder folder;
  MakeLog(folder.File("whole.db"), 300);
  for (const auto& test : kCases) {
    CopyAfterCrash(folder.File("whole.db"), folder.File("gate.db"));
    ASSERT_EQ(Raw(folder.File("gate.db")).Execute(test.sql), absl::OkStatus()) << test.sql;
    const absl::Status status = OpenSqlite(folder.File("gate.db"), large).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << test.sql << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.message)) << test.sql;
  }
}

// Every single entry of a thousand, in every way, in a copy of a real file.
class TamperingTest : public testing::Test {
 protected:
  static constexpr int kEntries = 1000;

  void SetUp() override {
    MakeLog(folder_.File("gate.db"), kEntries);
    key_ = KeyBeside(folder_.File("gate.db"));
    ASSERT_TRUE(key_.ok()) << key_.status();
    connection_ = std::make_unique<Connection>(Raw(folder_.File("gate.db")));
    ASSERT_THAT(Verify(*connection_, *key_), IsEmpty());
  }

  // Does `sql` to the file, says what is found, and takes it back.
  std::vector<std::string> After(const std::string& sql, audit::LogReport* report = nullptr) {
    EXPECT_EQ(connection_->Execute("BEGIN"), absl::OkStatus());
    EXPECT_EQ(connection_->Execute(sql), absl::OkStatus()) << sql;
    std::vector<std::string> messages = Verify(*connection_, *key_, report);
    EXPECT_EQ(connection_->Execute("ROLLBACK"), absl::OkStatus());
    return messages;
  }

  const TempFolder folder_;
  absl::StatusOr<audit::VerifierKey> key_ = absl::UnknownError("");
  std::unique_ptr<Connection> connection_;
};

TEST_F(TamperingTest, ChangedEntries) {
  for (int i = 1; i <= kEntries; ++i) {
    ASSERT_THAT(After(absl::StrCat("UPDATE entries SET bytes = CAST(bytes || x'1800' AS BLOB) WHERE sequence = ", i)),
                ElementsAre(absl::StrCat("entry ", i, " is not as it was logged: its bytes do not have the hash beside it")));
  }
}

TEST_F(TamperingTest, ChangedEntriesWithTheHashBesideThem) {
  // What an attacker can do who knows how entries are hashed: SQLite has no SHA-256, so it is done for it.
  for (int i = 1; i <= kEntries; ++i) {
    v1::Entry entry = MakeEntry(i, 0);
    entry.set_actor("mallory");
    const std::string bytes = entry.SerializeAsString();
    const merkle::Hash leaf = merkle::HashLeaf(bytes);
    ASSERT_EQ(connection_->Execute("BEGIN"), absl::OkStatus());
    {
      Statement update = *connection_->Prepare("UPDATE entries SET bytes = ?1, leaf_hash = ?2 WHERE sequence = ?3");
      update.BindBlob(1, bytes);
      update.BindBlob(2, merkle::Bytes(leaf));
      update.BindInt(3, i);
      ASSERT_EQ(update.Run(), absl::OkStatus());
    }
    audit::LogReport report;
    Verify(*connection_, *key_, &report);
    ASSERT_EQ(connection_->Execute("ROLLBACK"), absl::OkStatus());
    ASSERT_EQ(report.findings.size(), 1) << i;
    EXPECT_LE(report.findings[0].first, i);
    EXPECT_GE(report.findings[0].last, i);
    EXPECT_LT(report.findings[0].last - report.findings[0].first, 256);
  }
}

TEST_F(TamperingTest, RemovedEntries) {
  for (int i = 1; i < kEntries; ++i) {
    ASSERT_THAT(After(absl::StrCat("DELETE FROM entries WHERE sequence = ", i)),
                ElementsAre(absl::StrCat("entry ", i, " is missing")));
  }
  EXPECT_THAT(After("DELETE FROM entries WHERE sequence = 1000"),
              ElementsAre("the log is cut off: the signed head has 1000 entries, the last one here is 999"));
}

TEST_F(TamperingTest, RemovedEntriesWithTheOthersMovedUp) {
  for (int i = 1; i < kEntries; ++i) {
    const std::vector<std::string> found = After(absl::StrCat("DELETE FROM entries WHERE sequence = ", i,
                                                              "; UPDATE entries SET sequence = 1 - sequence WHERE sequence > ", i,
                                                              "; UPDATE entries SET sequence = -sequence WHERE sequence < 1"));
    ASSERT_FALSE(found.empty()) << i;
    ASSERT_EQ(found[0], absl::StrCat("entry ", i + 1, " stands where entry ", i, " belongs"));
  }
}

TEST_F(TamperingTest, InsertedEntries) {
  for (int i = 1; i <= kEntries; ++i) {
    const std::vector<std::string> found =
        After(absl::StrCat("UPDATE entries SET sequence = -1 - sequence WHERE sequence >= ", i,
                           "; UPDATE entries SET sequence = -sequence WHERE sequence < 0; INSERT INTO entries SELECT ", i,
                           ", result_id, bytes, leaf_hash FROM entries WHERE sequence = ", i + 1));
    ASSERT_FALSE(found.empty()) << i;
    ASSERT_EQ(found[0], i == kEntries ? "entry 1000 stands where entry 1001 belongs"
                                      : absl::StrCat("entry ", i, " stands where entry ", i + 1, " belongs"))
        << i;
  }
}

TEST_F(TamperingTest, EntriesThatChangedPlaces) {
  for (int i = 1; i < kEntries; ++i) {
    const std::vector<std::string> found =
        After(absl::StrCat("UPDATE entries SET sequence = -sequence WHERE sequence IN (", i, ", ", i + 1,
                           "); UPDATE entries SET sequence = ", 2 * i + 1, " + sequence WHERE sequence < 0"));
    ASSERT_THAT(found, ElementsAre(absl::StrCat("entry ", i + 1, " stands where entry ", i, " belongs"),
                                   absl::StrCat("entry ", i, " stands where entry ", i + 1, " belongs")));
  }
}

TEST_F(TamperingTest, Truncations) {
  for (int left = 0; left < kEntries; ++left) {
    const std::vector<std::string> found = After(absl::StrCat("DELETE FROM entries WHERE sequence > ", left));
    ASSERT_FALSE(found.empty());
    ASSERT_EQ(found.back(), absl::StrCat("the log is cut off: the signed head has 1000 entries, the last one here is ", left));
  }
}

TEST_F(TamperingTest, ATruncationWithAHeadSignedByAnotherKey) {
  // All that can be done without the key: cut, compute everything anew, sign with some key.
  const audit::SigningKey mallory = *audit::SigningKey::Generate();
  ASSERT_EQ(connection_->Execute("BEGIN; DELETE FROM entries WHERE sequence > 990; DELETE FROM log_tiles"), absl::OkStatus());
  ASSERT_EQ(BuildLog(*connection_, mallory), absl::OkStatus());
  EXPECT_THAT(Verify(*connection_, *key_),
              ElementsAre(StartsWith("the signed head does not hold: it carries no signature of the key")));
  EXPECT_THAT(Verify(*connection_, mallory.verifier()), IsEmpty()) << "who checks with the wrong key sees nothing";
  ASSERT_EQ(connection_->Execute("ROLLBACK"), absl::OkStatus());
}

TEST(LogFileTest, IsReadBesideTheGateThatServesIt) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  const auto store = Open(path);
  Append(*store, 300);
  const absl::StatusOr<audit::VerifierKey> key = KeyBeside(path);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->ToString(), store->log().key().ToString());
  const auto file = OpenLogFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->size(), 300);
  Append(*store, 10);  // after the snapshot
  std::vector<int64_t> progress;
  const auto report = (*file)->Verify(*key, {HeadOf(*store)}, [&](int64_t done) { progress.push_back(done); });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->entries, 300);
  ASSERT_EQ(report->findings.size(), 1);
  EXPECT_THAT(report->findings[0].message, HasSubstr("a checkpoint kept elsewhere has 310 entries, the last one here is 300"));
  EXPECT_THAT(progress, ElementsAre(300));
  EXPECT_TRUE((*(*OpenLogFile(path))->Verify(*key, {HeadOf(*store)}, nullptr)).ok());
}

// An index without one row of its table: everything that is read by it lacks that row, and nothing else tells.
TEST(LogFileTest, AnIndexThatLacksARowIsFound) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  {
    const auto store = Open(path);
    const auto batch = *store->Begin();
    ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
    for (int i = 0; i < 3; ++i) ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), 1)), absl::OkStatus());
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }
  {
    // Written while SQLite takes the index for one of other rows.
    Connection raw = Raw(path);
    const std::string sql = *raw.QueryText("SELECT sql FROM sqlite_schema WHERE name = 'entries_result'");
    ASSERT_EQ(raw.Execute("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX entries_result ON entries "
                          "(result_id) WHERE result_id IS NOT NULL AND sequence <> 2' WHERE name = 'entries_result'; "
                          "PRAGMA writable_schema = RESET"),
              absl::OkStatus());
    ASSERT_EQ(raw.Execute("REINDEX entries_result"), absl::OkStatus());
    ASSERT_EQ(raw.Execute(absl::StrCat("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '", sql,
                                       "' WHERE name = 'entries_result'; PRAGMA writable_schema = RESET")),
              absl::OkStatus());
  }
  const auto file = *OpenLogFile(path);
  std::vector<int64_t> unreadable;
  EXPECT_EQ(file->EntriesOf(1, &unreadable)->size(), 2) << "what a result's story would leave out";
  const auto report = file->Verify(*KeyBeside(path), {}, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_FALSE(report->findings.empty());
  EXPECT_EQ(report->findings[0].message, "the file is damaged: row 2 missing from index entries_result");
  EXPECT_THAT(*file->Damage(), testing::Contains("the file is damaged: row 2 missing from index entries_result"));
  const absl::Status start = OpenSqlite(path).status();
  EXPECT_TRUE(absl::IsDataLoss(start)) << start;
  EXPECT_THAT(std::string(start.message()), HasSubstr("row 2 missing from index entries_result"));
}

TEST(LogFileTest, SaysWhatIsNoLog) {
  const TempFolder folder;
  EXPECT_EQ(OpenLogFile(folder.File("none.db")).status().code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(Raw(folder.File("other.db")).Execute("CREATE TABLE photos (x)"), absl::OkStatus());
  EXPECT_EQ(OpenLogFile(folder.File("other.db")).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(base::WriteFile(folder.File("text"), std::string(5000, 'x')), absl::OkStatus());
  EXPECT_FALSE(OpenLogFile(folder.File("text")).ok());
  EXPECT_EQ(KeyBeside(folder.File("none.db")).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace resultgate::store
