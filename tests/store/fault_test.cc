// A disk that fails or fills up at any step: what was acknowledged is there, what was not is not, and the store goes on
// afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/sqlite/sqlite_store.h"
#include "server/store/store.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

using Operation = FaultVfs::Operation;

constexpr Fault kFaultsOfReads[] = {
    {"OneReadFails", Operation::kRead, SQLITE_IOERR_READ, false},
    {"ReadsFail", Operation::kRead, SQLITE_IOERR_READ, true},
};

// Work done while the fault waits. Light: some small commits. Heavy: enough for a checkpoint, which comes every 4 MB.
struct Load {
  int batches;
  size_t bytes_per_result;
};
constexpr Load kLight = {4, 2000};
constexpr Load kHeavy = {3, 1'500'000};

// One batch that touches every table and the result before; returns its first failure.
absl::Status DoBatch(Store& store, size_t bytes_per_result) {
  auto begun = store.Begin();
  if (!begun.ok()) return begun.status();
  Batch& batch = **begun;
  const int64_t id = batch.NextResultId();
  absl::Status first;
  // Goes on after a failure on purpose: nothing that comes later may slip through.
  const auto keep = [&first](const absl::Status& status) {
    if (first.ok()) first = status;
  };
  keep(batch.FindByKey(MakeKey("shared")).status());
  keep(batch.PutResult(MakeResult(id, std::string(bytes_per_result, 'x'), v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_HELD)));
  keep(batch.PutKey(MakeKey(absl::StrCat(id)), id));
  keep(batch.PutKey(MakeKey("shared"), id));
  if (id > 1) {
    keep(batch.FindResult(id - 1).status());
    keep(batch.PutResult(MakeResult(id - 1, std::string(100, 'y'))));
  }
  keep(batch.AppendEntry(MakeEntry(batch.NextEntrySequence(), id)));
  keep(batch.AppendRelease(MakeRelease(batch.NextReleaseSequence(), id)));
  if (id > 1) keep(batch.AcknowledgeRelease(id - 1));
  const int64_t patient = batch.NextPatientId();
  keep(batch.PutPatient(MakePatient(patient)));
  keep(batch.PutPatientKey(MakeKey("a patient"), patient));
  keep(batch.FindPatientByKey(MakeKey("a patient")).status());
  keep(batch.PutOwner(MakeOwner(absl::StrCat("owner", id))));
  if (id > 1) keep(batch.RemoveOwner(absl::StrCat("owner", id - 1)));
  const absl::Status committed = batch.Commit();
  if (!first.ok()) {
    EXPECT_EQ(committed, first) << "a batch with a failure in it must not be committed";
  }
  return committed;
}

class FaultTest : public testing::TestWithParam<Fault> {
 protected:
  // What a process that starts after a crash at this moment would see.
  static Contents AfterCrash(const TempFolder& folder) {
    CopyAfterCrash(folder.File("gate.db"), folder.File("image.db"));
    const auto image = Open(folder.File("image.db"));
    return image == nullptr ? Contents() : ReadContents(*image);
  }

  // Runs the load with the n-th operation failing. False if the load ended before there were so many.
  bool RunWithFault(const Load& load, int n) {
    SCOPED_TRACE(n);
    const TempFolder folder;
    const std::string path = folder.File("gate.db");
    Contents acknowledged;
    {
      const auto store = Open(path);
      EXPECT_EQ(DoBatch(*store, load.bytes_per_result), absl::OkStatus());
      acknowledged = ReadContents(*store);
    }
    SqliteOptions nothing_cached;
    nothing_cached.largest_whole_check_bytes = 0;
    std::unique_ptr<Store> store = *OpenSqlite(path, nothing_cached);
    disk_.Fail(GetParam().operation, n, GetParam().code, GetParam().lasting);
    for (int i = 0; i < load.batches; ++i) {
      const absl::Status status = DoBatch(*store, load.bytes_per_result);
      disk_.Suspend();
      if (!status.ok()) {
        EXPECT_TRUE(absl::IsUnavailable(status)) << status;
        CheckAfterFailure(folder, *store, acknowledged);
      } else {
        const size_t before = acknowledged.results.size();
        acknowledged = ReadContents(*store);
        EXPECT_EQ(acknowledged.results.size(), before + 1);
      }
      disk_.Resume();
    }
    const bool reached = disk_.failures() > 0;
    disk_.Heal();
    EXPECT_EQ(ReadContents(*store), acknowledged);
    store.reset();
    store = Open(path);
    EXPECT_EQ(ReadContents(*store), acknowledged);
    return reached;
  }

  void CheckAfterFailure(const TempFolder& folder, Store& store, const Contents& acknowledged) {
    EXPECT_EQ(ReadContents(store), acknowledged);
    const Contents image = AfterCrash(folder);
    if (GetParam().lasting) {
      // While the disk fails on, the batch may be found, as a whole.
      const size_t results = acknowledged.results.size();
      if (!(image == acknowledged)) {
        EXPECT_EQ(image.results.size(), results + 1);
        EXPECT_EQ(image.entries.size(), results + 1);
        EXPECT_EQ(image.outbox.size(), results + 1);
      }
      disk_.Resume();
      const absl::Status again = DoBatch(store, 1);
      if (!again.ok()) {
        EXPECT_TRUE(absl::IsUnavailable(again)) << again;
      }
      disk_.Suspend();
      EXPECT_FALSE(again.ok() && GetParam().operation != Operation::kRead) << "the disk cannot have written this";
      disk_.Heal();
    } else {
      EXPECT_EQ(image, acknowledged);
    }
    EXPECT_EQ(store.Begin().status(), absl::OkStatus()) << "the disk works again";
    EXPECT_EQ(AfterCrash(folder), acknowledged);
  }

  FaultVfs disk_;
};

std::string NameOf(const testing::TestParamInfo<Fault>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Changes, FaultTest, testing::ValuesIn(kFaultsOfChanges), NameOf);
INSTANTIATE_TEST_SUITE_P(Reads, FaultTest, testing::ValuesIn(kFaultsOfReads), NameOf);

TEST_P(FaultTest, NothingIsLostAndNothingHalfWritten) {
  int n = 1;
  while (RunWithFault(kLight, n) && !HasFailure()) ++n;
  std::cout << n - 1 << " places\n";
  EXPECT_GT(n, 4);
}

TEST_P(FaultTest, NothingIsLostThroughCheckpoints) {
  int n = 1;
  while (RunWithFault(kHeavy, n) && !HasFailure()) n += 1 + n;
  std::cout << "up to " << n << "\n";
  EXPECT_GT(n, 4);
}

TEST_P(FaultTest, OpeningFailsCleanlyAndWorksAfterwards) {
  for (const bool exists : {false, true}) {
    bool reached = true;
    for (int n = 1; reached && !HasFailure(); ++n) {
      SCOPED_TRACE(absl::StrCat(exists ? "an old file, " : "a new file, ", n));
      const TempFolder folder;
      Contents contents;
      if (exists) {
        const auto store = Open(folder.File("first.db"));
        EXPECT_EQ(DoBatch(*store, 2000), absl::OkStatus());
        contents = ReadContents(*store);
        CopyAfterCrash(folder.File("first.db"), folder.File("gate.db"));  // with a WAL to recover
      }
      disk_.Fail(GetParam().operation, n, GetParam().code, GetParam().lasting);
      {
        const auto store = OpenSqlite(folder.File("gate.db"));
        if (!store.ok()) {
          EXPECT_TRUE(absl::IsUnavailable(store.status())) << store.status();
        }
      }
      reached = disk_.failures() > 0;
      disk_.Heal();
      const auto store = Open(folder.File("gate.db"));
      if (store == nullptr) return;
      EXPECT_EQ(ReadContents(*store), contents);
      EXPECT_EQ(DoBatch(*store, 2000), absl::OkStatus());
    }
  }
}

// The power goes before any write or sync: what was acknowledged is there, what was under way is there as a whole or not at all,
// and the log holds. Of what was not synced anything may be missing or torn.
class PowerTest : public testing::TestWithParam<Load> {};

INSTANTIATE_TEST_SUITE_P(Loads, PowerTest, testing::Values(kLight, kHeavy), [](const testing::TestParamInfo<Load>& info) {
  return std::string(info.param.bytes_per_result > 10'000 ? "ThroughCheckpoints" : "SmallCommits");
});

TEST_P(PowerTest, NothingIsLostAndNothingHalfWritten) {
  constexpr uint64_t kSeed = 20260306;
  constexpr int kImagesOfACut = 4;
  // Cuts of large files are large.
  const int every = GetParam().bytes_per_result > 10'000 ? 61 : 1;
  std::cout << "seed " << kSeed << "\n";
  std::mt19937_64 random(kSeed);
  FaultVfs disk;
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  std::vector<Contents> acknowledged;
  struct Taken {
    PowerCut cut;
    size_t acknowledged;
  };
  std::vector<Taken> taken;
  {
    const auto store = Open(path);
    ASSERT_EQ(DoBatch(*store, 2000), absl::OkStatus());
    acknowledged.push_back(ReadContents(*store));
    int steps = 0;
    disk.Record(path, [&] {
      if (++steps % every == 0) taken.push_back({disk.Cut(), acknowledged.size()});
    });
    for (int i = 0; i < 2 * GetParam().batches; ++i) {
      ASSERT_EQ(DoBatch(*store, GetParam().bytes_per_result), absl::OkStatus());
      acknowledged.push_back(ReadContents(*store));
    }
    taken.push_back({disk.Cut(), acknowledged.size()});
    disk.StopRecording();
  }
  acknowledged.push_back(acknowledged.back());  // nothing is under way after the last
  int under_way_found = 0;
  for (const Taken& at : taken) {
    for (int i = 0; i < kImagesOfACut && !HasFailure(); ++i) {
      at.cut.MakeImage(path, folder.File("image.db"), random);
      const auto image = OpenSqlite(folder.File("image.db"));
      ASSERT_TRUE(image.ok()) << image.status();
      const Contents contents = ReadContents(**image);
      const bool under_way = contents == acknowledged[at.acknowledged];
      under_way_found += under_way && at.acknowledged + 1 < acknowledged.size() ? 1 : 0;
      if (!under_way) {
        EXPECT_EQ(contents, acknowledged[at.acknowledged - 1]);
      }
    }
  }
  std::cout << taken.size() << " cuts, " << taken.size() * kImagesOfACut << " images; the batch under way was found whole in "
            << under_way_found << "\n";
  EXPECT_GT(taken.size(), 20u);
}

// The cost model, as counts: these do not depend on the machine.
class CostTest : public testing::Test {
 protected:
  CostTest() : store_(Open(folder_.File("gate.db"))) {}

  // As a submit does: a result of 1.5 KB, three keys, an entry, a release.
  void Commit(int results) {
    const auto batch = *store_->Begin();
    for (int i = 0; i < results; ++i) {
      const int64_t id = batch->NextResultId();
      ASSERT_EQ(batch->PutResult(MakeResult(id, std::string(1400, 'x'))), absl::OkStatus());
      for (int k = 0; k < 3; ++k) ASSERT_EQ(batch->PutKey(MakeKey(absl::StrCat(id, "/", k)), id), absl::OkStatus());
      ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), id)), absl::OkStatus());
      ASSERT_EQ(batch->AppendRelease(MakeRelease(batch->NextReleaseSequence(), id)), absl::OkStatus());
    }
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }

  FaultVfs disk_;
  TempFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(CostTest, ACommitIsOneSync) {
  Commit(1);  // the first one also makes the WAL
  for (const int results : {1, 64}) {
    const FaultVfs::Counts before = disk_.counts();
    Commit(results);
    EXPECT_EQ(disk_.counts().syncs - before.syncs, 1) << results;
  }
}

TEST_F(CostTest, AGroupSharesItsPages) {
  for (int i = 0; i < 50; ++i) Commit(64);
  const FaultVfs::Counts before = disk_.counts();
  for (int i = 0; i < 10; ++i) Commit(64);
  const int64_t bytes = (disk_.counts().wal_bytes - before.wal_bytes) / 640;
  std::cout << bytes << " bytes of WAL a result\n";
  EXPECT_LT(bytes, 6 * 1024);
}

TEST_F(CostTest, ABatchThatWroteNothingCostsNothing) {
  Commit(1);
  const FaultVfs::Counts before = disk_.counts();
  {
    const auto batch = *store_->Begin();
    EXPECT_TRUE(batch->FindByKey(MakeKey("a")).ok());
    EXPECT_EQ(batch->Commit(), absl::OkStatus());
  }
  EXPECT_EQ(disk_.counts().syncs, before.syncs);
  EXPECT_EQ(disk_.counts().writes, before.writes);
}

}  // namespace
}  // namespace resultgate::store
