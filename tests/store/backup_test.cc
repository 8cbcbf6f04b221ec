// Backups are whole, made while the gate writes, and prove themselves.
#include "server/store/sqlite/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/base/write_file.h"
#include "server/store/sqlite/log_file.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

namespace fs = std::filesystem;

void Append(Store& store, int entries) {
  const auto batch = *store.Begin();
  for (int i = 0; i < entries; ++i) {
    const int64_t id = batch->NextResultId();
    ASSERT_EQ(batch->PutResult(MakeResult(id, std::string(500, 'x'))), absl::OkStatus());
    ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), id)), absl::OkStatus());
  }
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
}

TEST(BackupTest, IsTheDatabaseAtOneMoment) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  Append(*store, 300);
  const Contents before = ReadContents(*store);
  ASSERT_EQ(Backup(folder.File("gate.db"), folder.File("copy.db")), absl::OkStatus());
  Append(*store, 10);  // the gate goes on
  EXPECT_FALSE(fs::exists(folder.File("copy.db-wal")));
  EXPECT_FALSE(fs::exists(folder.File("copy.db.new")));
  const auto key = KeyBeside(folder.File("gate.db"));
  const auto report = (*OpenLogFile(folder.File("copy.db")))->Verify(*key, {}, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->entries, 300);
  fs::copy_file(folder.File("gate.db.key"), folder.File("copy.db.key"));
  EXPECT_EQ(ReadContents(*Open(folder.File("copy.db"))), before);
}

// The writer goes on, transaction by transaction, from before the copy begins until after it ended.
TEST(BackupTest, IsWholeWhileTheGateWrites) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  Append(*store, 300);
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    while (!stop) {
      Append(*store, 3);
      ++written;
    }
  });
  const auto key = KeyBeside(folder.File("gate.db"));
  for (int i = 0; i < 5; ++i) {
    for (const int before = written; written < before + 2;) std::this_thread::yield();
    const std::string copy = folder.File(absl::StrCat("copy", i, ".db"));
    const int before = written;
    EXPECT_EQ(Backup(folder.File("gate.db"), copy), absl::OkStatus());
    const int after = written;
    const auto file = OpenLogFile(copy);
    EXPECT_TRUE(file.ok()) << file.status();
    if (!file.ok()) break;
    const auto report = (*file)->Verify(*key, {}, nullptr);
    EXPECT_TRUE(report.ok() && report->ok());
    EXPECT_THAT(*(*file)->Damage(), ::testing::IsEmpty());
    const int64_t size = (*file)->size();
    EXPECT_EQ(size % 3, 0) << "no transaction in part";
    EXPECT_GE(size, 300 + 3 * before);
    EXPECT_LE(size, 300 + 3 * (after + 1)) << "the one that was being committed may be in it";
    EXPECT_EQ((*file)->ResultIds()->size(), static_cast<size_t>(size));
  }
  stop = true;
  writer.join();
}

TEST(BackupTest, IsRestoredWhereNothingStands) {
  const TempFolder folder;
  {
    const auto store = Open(folder.File("gate.db"));
    Append(*store, 20);
    ASSERT_EQ(Backup(folder.File("gate.db"), folder.File("copy.db")), absl::OkStatus());
    EXPECT_TRUE(absl::IsFailedPrecondition(Restore(folder.File("copy.db"), folder.File("gate.db")))) << "the gate is running";
  }
  EXPECT_TRUE(absl::IsAlreadyExists(Restore(folder.File("copy.db"), folder.File("gate.db"))));
  fs::remove(folder.File("gate.db"));
  ASSERT_EQ(base::WriteFile(folder.File("gate.db-wal"), "left behind"), absl::OkStatus());
  EXPECT_TRUE(absl::IsFailedPrecondition(Restore(folder.File("copy.db"), folder.File("gate.db"))));
  fs::remove(folder.File("gate.db-wal"));
  ASSERT_EQ(Restore(folder.File("copy.db"), folder.File("gate.db")), absl::OkStatus());
  const auto store = Open(folder.File("gate.db"));
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(ReadContents(*store).entries.size(), 20);
  Append(*store, 1);
}

TEST(BackupTest, OverwritesNothingAndTakesNothingElse) {
  const TempFolder folder;
  Append(*Open(folder.File("gate.db")), 1);
  ASSERT_EQ(base::WriteFile(folder.File("kept"), "mine"), absl::OkStatus());
  EXPECT_TRUE(absl::IsAlreadyExists(Backup(folder.File("gate.db"), folder.File("kept"))));
  EXPECT_TRUE(absl::IsNotFound(Backup(folder.File("none.db"), folder.File("copy.db"))));
  EXPECT_FALSE(Backup(folder.File("kept"), folder.File("copy.db")).ok());
  EXPECT_FALSE(fs::exists(folder.File("copy.db")));
}

}  // namespace
}  // namespace resultgate::store
