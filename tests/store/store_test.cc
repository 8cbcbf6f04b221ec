// The Store's contract, on a real SQLite file, with one reader connection and with several.
#include "server/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kNoon = absl::FromUnixSeconds(1'772'798'400);

std::vector<int64_t> Ids(const absl::StatusOr<std::vector<v1::Result>>& results) {
  EXPECT_TRUE(results.ok()) << results.status();
  std::vector<int64_t> ids;
  if (results.ok()) {
    for (const v1::Result& result : *results) ids.push_back(result.id());
  }
  return ids;
}

std::vector<int64_t> Sequences(const absl::StatusOr<std::vector<v1::Entry>>& entries) {
  EXPECT_TRUE(entries.ok()) << entries.status();
  std::vector<int64_t> sequences;
  if (entries.ok()) {
    for (const v1::Entry& entry : *entries) sequences.push_back(entry.sequence());
  }
  return sequences;
}

std::vector<int64_t> Sequences(const absl::StatusOr<std::vector<OutboxRow>>& rows) {
  EXPECT_TRUE(rows.ok()) << rows.status();
  std::vector<int64_t> sequences;
  if (rows.ok()) {
    for (const OutboxRow& row : *rows) sequences.push_back(row.release.sequence());
  }
  return sequences;
}

class StoreTest : public testing::TestWithParam<int> {
 protected:
  StoreTest() { Reopen(); }

  void Reopen() {
    store_.reset();
    SqliteOptions options;
    options.readers = GetParam();
    auto store = OpenSqlite(folder_.File("gate.db"), options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  std::unique_ptr<Batch> Begin() {
    auto batch = store_->Begin();
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() ? *std::move(batch) : nullptr;
  }

  // Commits `n` empty results, so that ids 1 to n exist.
  void PutResults(int n) {
    const auto batch = Begin();
    for (int i = 0; i < n; ++i) ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }

  TempFolder folder_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Readers, StoreTest, testing::Values(1, 3));

TEST_P(StoreTest, IsEmptyAtFirst) {
  EXPECT_THAT(Ids(store_->ListResults(0, 10)), IsEmpty());
  EXPECT_THAT(*store_->ListHeldIds(), IsEmpty());
  EXPECT_THAT(Ids(store_->ListAwaitingSomebody(0, 10)), IsEmpty());
  EXPECT_THAT(Sequences(store_->ListEntries(0, 0, 10)), IsEmpty());
  EXPECT_THAT(Sequences(store_->ListOutbox(0, false, 10)), IsEmpty());
  EXPECT_EQ(*store_->EarliestDue(), absl::InfiniteFuture());
  EXPECT_FALSE(store_->FindResult(1)->has_value());
}

TEST_P(StoreTest, PutsGetsAndReplacesResults) {
  const std::string long_text(100'000, 'x');  // many pages
  auto batch = Begin();
  const int64_t id = batch->NextResultId();
  EXPECT_EQ(id, 1);
  ASSERT_EQ(batch->PutResult(MakeResult(id, long_text)), absl::OkStatus());
  ASSERT_EQ(batch->PutKey(MakeKey("a"), id), absl::OkStatus());
  EXPECT_EQ((*batch->FindResult(id))->report().conclusion(), long_text);
  EXPECT_FALSE(batch->FindResult(2)->has_value());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_EQ((*store_->FindResult(id))->SerializeAsString(), MakeResult(id, long_text).SerializeAsString());

  batch = nullptr;
  batch = Begin();
  ASSERT_EQ(batch->PutResult(MakeResult(id, "short")), absl::OkStatus());
  EXPECT_EQ((*batch->FindResult(id))->report().conclusion(), "short");
  EXPECT_THAT(*batch->FindByKey(MakeKey("a")), ElementsAre(id)) << "what refers to a result survives its replacement";
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_EQ((*store_->FindResult(id))->report().conclusion(), "short");
  EXPECT_THAT(Ids(store_->ListResults(0, 10)), ElementsAre(1));
}

TEST_P(StoreTest, ListsResultsInPages) {
  PutResults(5);
  EXPECT_THAT(Ids(store_->ListResults(0, 2)), ElementsAre(1, 2));
  EXPECT_THAT(Ids(store_->ListResults(2, 2)), ElementsAre(3, 4));
  EXPECT_THAT(Ids(store_->ListResults(4, 2)), ElementsAre(5));
  EXPECT_THAT(Ids(store_->ListResults(5, 2)), IsEmpty());
}

TEST_P(StoreTest, GivesNothingForALimitBelowOne) {
  auto batch = Begin();
  ASSERT_EQ(batch->PutResult(MakeDueResult(batch->NextResultId(), kNoon)), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId(), "", v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_HELD)),
            absl::OkStatus());
  ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), 1)), absl::OkStatus());
  ASSERT_EQ(batch->AppendRelease(MakeRelease(batch->NextReleaseSequence(), 1)), absl::OkStatus());
  for (const int limit : {0, -1}) EXPECT_THAT(*batch->FindDue(kNoon, limit), IsEmpty());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  for (const int limit : {0, -1}) {
    EXPECT_THAT(Ids(store_->ListResults(0, limit)), IsEmpty());
    EXPECT_THAT(Ids(store_->ListAwaitingSomebody(0, limit)), IsEmpty());
    EXPECT_THAT(Sequences(store_->ListEntries(0, 0, limit)), IsEmpty());
    EXPECT_THAT(Sequences(store_->ListOutbox(0, false, limit)), IsEmpty());
  }
}

TEST_P(StoreTest, FindsByKeyWithinAndAfterTheBatch) {
  auto batch = Begin();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
  ASSERT_EQ(batch->PutKey(MakeKey("shared"), 3), absl::OkStatus());
  ASSERT_EQ(batch->PutKey(MakeKey("shared"), 1), absl::OkStatus());
  ASSERT_EQ(batch->PutKey(MakeKey("shared"), 1), absl::OkStatus()) << "again changes nothing";
  ASSERT_EQ(batch->PutKey(MakeKey("own"), 2), absl::OkStatus());
  EXPECT_THAT(*batch->FindByKey(MakeKey("shared")), ElementsAre(1, 3));
  EXPECT_THAT(*batch->FindByKey(MakeKey("unknown")), IsEmpty());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  batch = nullptr;
  Reopen();
  batch = Begin();
  EXPECT_THAT(*batch->FindByKey(MakeKey("shared")), ElementsAre(1, 3));
  EXPECT_THAT(*batch->FindByKey(MakeKey("own")), ElementsAre(2));
}

TEST_P(StoreTest, FindsWhatIsDueEarliestFirst) {
  auto batch = Begin();
  for (const int minutes : {30, 10, 20, 10}) {
    ASSERT_EQ(batch->PutResult(MakeDueResult(batch->NextResultId(), kNoon + absl::Minutes(minutes))), absl::OkStatus());
  }
  ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
  EXPECT_THAT(*batch->FindDue(kNoon + absl::Minutes(9), 10), IsEmpty());
  EXPECT_THAT(*batch->FindDue(kNoon + absl::Minutes(10), 10), ElementsAre(2, 4));
  EXPECT_THAT(*batch->FindDue(kNoon + absl::Minutes(20), 10), ElementsAre(2, 4, 3));
  EXPECT_THAT(*batch->FindDue(absl::InfiniteFuture(), 10), ElementsAre(2, 4, 3, 1));
  EXPECT_THAT(*batch->FindDue(absl::InfiniteFuture(), 3), ElementsAre(2, 4, 3));
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_EQ(*store_->EarliestDue(), kNoon + absl::Minutes(10));
  EXPECT_EQ(*store_->CountDue(kNoon), 0);
  EXPECT_EQ(*store_->CountDue(kNoon + absl::Minutes(10)), 2);

  // What is no longer due is no longer found; a later time moves it.
  batch = nullptr;
  batch = Begin();
  ASSERT_EQ(batch->PutResult(MakeResult(2)), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(MakeDueResult(4, kNoon + absl::Minutes(40))), absl::OkStatus());
  EXPECT_THAT(*batch->FindDue(absl::InfiniteFuture(), 10), ElementsAre(3, 1, 4));
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_EQ(*store_->EarliestDue(), kNoon + absl::Minutes(20));
}

TEST_P(StoreTest, NothingIsDueEarlyByAFractionOfAMicrosecond) {
  const absl::Time due = kNoon + absl::Nanoseconds(1);
  const auto batch = Begin();
  ASSERT_EQ(batch->PutResult(MakeDueResult(batch->NextResultId(), due)), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(MakeDueResult(batch->NextResultId(), absl::UnixEpoch() - absl::Nanoseconds(1))), absl::OkStatus());
  EXPECT_THAT(*batch->FindDue(kNoon, 10), ElementsAre(2));
  EXPECT_THAT(*batch->FindDue(kNoon + absl::Microseconds(1), 10), ElementsAre(2, 1));
  EXPECT_THAT(*batch->FindDue(absl::UnixEpoch() - absl::Microseconds(1), 10), IsEmpty());
  EXPECT_THAT(*batch->FindDue(absl::UnixEpoch(), 10), ElementsAre(2));
  ASSERT_EQ(batch->PutResult(MakeResult(2)), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_EQ(*store_->EarliestDue(), kNoon + absl::Microseconds(1)) << "so that who wakes then finds it";
}

TEST_P(StoreTest, ListsWhatIsHeldWhateverFor) {
  struct Case {
    v1::Disposition disposition;
    v1::OutcomeState state;
    bool held;
  };
  const std::vector<Case> cases = {
      {v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_HELD, true},       {v1::DISPOSITION_QUARANTINE, v1::OUTCOME_STATE_HELD, true},
      {v1::DISPOSITION_WITHHOLD, v1::OUTCOME_STATE_HELD, true},     {v1::DISPOSITION_NOT_FINAL, v1::OUTCOME_STATE_HELD, true},
      {v1::DISPOSITION_DELAY, v1::OUTCOME_STATE_HELD, true},        {v1::DISPOSITION_RELEASE, v1::OUTCOME_STATE_HELD, true},
      {v1::DISPOSITION_NEVER, v1::OUTCOME_STATE_CLOSED, false},     {v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_RELEASED, false},
      {v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_PUBLISHED, false}, {v1::DISPOSITION_WITHHOLD, v1::OUTCOME_STATE_CLOSED, false},
  };
  auto batch = Begin();
  std::vector<int64_t> expected;
  for (const Case& c : cases) {
    const int64_t id = batch->NextResultId();
    if (c.held) expected.push_back(id);
    ASSERT_EQ(batch->PutResult(MakeResult(id, "", c.disposition, c.state)), absl::OkStatus());
  }
  // One held outcome among others is enough.
  v1::Result mixed = MakeResult(batch->NextResultId());
  *mixed.mutable_decision()->add_outcomes() =
      MakeResult(1, "", v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_HELD).decision().outcomes(0);
  expected.push_back(mixed.id());
  ASSERT_EQ(batch->PutResult(mixed), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_EQ(*store_->ListHeldIds(), expected);

  batch = nullptr;
  batch = Begin();
  ASSERT_EQ(batch->PutResult(MakeResult(1)), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  expected.erase(expected.begin());
  EXPECT_EQ(*store_->ListHeldIds(), expected) << "released: held no more";
}

// A million results that wait for their time must not be in the way of the few that wait for somebody.
TEST_P(StoreTest, ListsWhatWaitsForSomebody) {
  const auto batch = Begin();
  std::vector<int64_t> held, awaiting;
  for (const bool due : {true, false}) {
    for (const bool review : {true, false}) {
      for (const bool approved : {true, false}) {
        for (const v1::OutcomeState state : {v1::OUTCOME_STATE_HELD, v1::OUTCOME_STATE_RELEASED}) {
          v1::Result result = MakeResult(batch->NextResultId(), "", v1::DISPOSITION_REVIEW, state);
          v1::Outcome* outcome = result.mutable_decision()->mutable_outcomes(0);
          if (review) outcome->mutable_review()->add_turns();
          if (review && approved) outcome->mutable_review()->mutable_approved_at()->set_seconds(1);
          // What is released may be due too: a birthday is to change who sees it.
          if (due) *result.mutable_due_at() = base::ToProto(kNoon);
          ASSERT_EQ(batch->PutResult(result), absl::OkStatus());
          if (state != v1::OUTCOME_STATE_HELD) continue;
          held.push_back(result.id());
          if (!due || (review && !approved)) awaiting.push_back(result.id());
        }
      }
    }
  }
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_EQ(*store_->ListHeldIds(), held);
  EXPECT_EQ(Ids(store_->ListAwaitingSomebody(0, 100)), awaiting);
  EXPECT_THAT(Ids(store_->ListAwaitingSomebody(awaiting[0], 2)), ElementsAre(awaiting[1], awaiting[2]));
}

TEST_P(StoreTest, KeepsPacksAndWhichOfThemWereActivated) {
  v1::PackFiles files;
  files.set_folder("default");
  files.add_files()->set_path("default/pack.yaml");
  files.mutable_files(0)->set_content(std::string("name: \0 default", 15));
  const auto activated = [](int64_t sequence, const std::string& digest) {
    v1::Entry entry;
    entry.set_sequence(sequence);
    entry.mutable_activated()->set_pack_digest(digest);
    return entry;
  };
  EXPECT_EQ(*store_->FindPack("sha256:a"), std::nullopt);
  EXPECT_THAT(Sequences(store_->ListActivations(0, 10)), IsEmpty());
  auto batch = Begin();
  v1::Entry unknown = activated(batch->NextEntrySequence(), "sha256:a");
  EXPECT_TRUE(absl::IsInvalidArgument(batch->AppendEntry(unknown))) << "its pack was not put";
  EXPECT_TRUE(absl::IsInvalidArgument(batch->PutPack("", files)));
  ASSERT_EQ(batch->PutPack("sha256:a", files), absl::OkStatus());
  ASSERT_EQ(batch->AppendEntry(unknown), absl::OkStatus()) << "the batch goes on";
  ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), 0)), absl::OkStatus());
  EXPECT_EQ(*store_->FindPack("sha256:a"), std::nullopt) << "not committed";
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  batch = nullptr;

  v1::PackFiles with_more_tests = files;
  with_more_tests.add_files()->set_path("default/tests/more.yaml");
  batch = Begin();
  ASSERT_EQ(batch->PutPack("sha256:a", with_more_tests), absl::OkStatus());
  ASSERT_EQ(batch->PutPack("sha256:b", files), absl::OkStatus());
  ASSERT_EQ(batch->AppendEntry(activated(batch->NextEntrySequence(), "sha256:b")), absl::OkStatus());
  ASSERT_EQ(batch->AppendEntry(activated(batch->NextEntrySequence(), "sha256:a")), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  batch = nullptr;
  {
    auto dropped = Begin();
    ASSERT_EQ(dropped->PutPack("sha256:c", files), absl::OkStatus());
    ASSERT_EQ(dropped->AppendEntry(activated(dropped->NextEntrySequence(), "sha256:c")), absl::OkStatus());
  }
  Reopen();
  EXPECT_EQ((*store_->FindPack("sha256:a"))->SerializeAsString(), with_more_tests.SerializeAsString());
  EXPECT_EQ((*store_->FindPack("sha256:b"))->SerializeAsString(), files.SerializeAsString());
  EXPECT_EQ(*store_->FindPack("sha256:c"), std::nullopt) << "neither pack nor activation of a batch that was given up";
  EXPECT_THAT(Sequences(store_->ListActivations(0, 10)), ElementsAre(4, 3, 1));
  EXPECT_THAT(Sequences(store_->ListActivations(4, 1)), ElementsAre(3));
  EXPECT_THAT(Sequences(store_->ListActivations(0, 0)), IsEmpty());
  EXPECT_EQ((*store_->ListActivations(0, 1))[0].activated().pack_digest(), "sha256:a");
}

TEST_P(StoreTest, KeepsEntriesInOrderByteForByte) {
  auto batch = Begin();
  for (int i = 0; i < 2; ++i) ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
  v1::Entry odd = MakeEntry(2, 2);
  odd.GetReflection()->MutableUnknownFields(&odd)->AddVarint(9999, 7);  // as a newer program may have written it
  const std::vector<v1::Entry> entries = {MakeEntry(1, 1), odd, MakeEntry(3, 0), MakeEntry(4, 1)};
  for (const v1::Entry& entry : entries) {
    EXPECT_EQ(batch->NextEntrySequence(), entry.sequence());
    ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
  }
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  const auto read = store_->ListEntries(0, 0, 10);
  ASSERT_EQ(Sequences(read).size(), entries.size());
  for (size_t i = 0; i < entries.size(); ++i) EXPECT_EQ((*read)[i].SerializeAsString(), entries[i].SerializeAsString());

  EXPECT_THAT(Sequences(store_->ListEntries(1, 0, 2)), ElementsAre(2, 3));
  EXPECT_THAT(Sequences(store_->ListEntries(0, 1, 10)), ElementsAre(1, 4));
  EXPECT_THAT(Sequences(store_->ListEntries(1, 1, 10)), ElementsAre(4));
  EXPECT_THAT(Sequences(store_->ListEntries(0, 1, 1)), ElementsAre(1));
  EXPECT_THAT(Sequences(store_->ListEntries(0, 3, 10)), IsEmpty());
}

TEST_P(StoreTest, KeepsReleasesWithoutContentUntilAcknowledged) {
  auto batch = Begin();
  ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(batch->NextReleaseSequence(), i);
    v1::Release release = MakeRelease(i, 1);
    release.mutable_content()->set_conclusion("is in the result");
    ASSERT_EQ(batch->AppendRelease(release), absl::OkStatus());
  }
  EXPECT_EQ((*batch->FindRelease(2))->release.SerializeAsString(), MakeRelease(2, 1).SerializeAsString());
  EXPECT_FALSE((*batch->FindRelease(2))->acknowledged);
  EXPECT_FALSE(batch->FindRelease(4)->has_value());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_THAT(Sequences(store_->ListOutbox(0, true, 10)), ElementsAre(1, 2, 3));

  batch = nullptr;
  batch = Begin();
  ASSERT_EQ(batch->AcknowledgeRelease(2), absl::OkStatus());
  ASSERT_EQ(batch->AcknowledgeRelease(2), absl::OkStatus()) << "again changes nothing";
  EXPECT_TRUE(absl::IsNotFound(batch->AcknowledgeRelease(4)));
  EXPECT_TRUE((*batch->FindRelease(2))->acknowledged);
  ASSERT_EQ(batch->Commit(), absl::OkStatus()) << "NotFound does not end a batch";
  EXPECT_THAT(Sequences(store_->ListOutbox(0, true, 10)), ElementsAre(1, 3));
  EXPECT_THAT(Sequences(store_->ListOutbox(1, true, 10)), ElementsAre(3));
  EXPECT_THAT(Sequences(store_->ListOutbox(0, true, 1)), ElementsAre(1));
  EXPECT_THAT(Sequences(store_->ListOutbox(1, false, 1)), ElementsAre(2));
  const auto all = store_->ListOutbox(0, false, 10);
  ASSERT_THAT(Sequences(all), ElementsAre(1, 2, 3));
  EXPECT_TRUE((*all)[1].acknowledged);
  EXPECT_FALSE((*all)[2].acknowledged);
  EXPECT_EQ((*all)[2].release.SerializeAsString(), MakeRelease(3, 1).SerializeAsString());
}

TEST_P(StoreTest, RefusesWhatBreaksTheRulesAndGoesOn) {
  PutResults(1);
  const auto batch = Begin();
  const auto refused = [](const absl::Status& status) { return absl::IsInvalidArgument(status); };
  EXPECT_TRUE(refused(batch->PutResult(MakeResult(0))));
  EXPECT_TRUE(refused(batch->PutResult(MakeResult(2)))) << "not given yet";
  EXPECT_TRUE(refused(batch->PutKey("short", 1)));
  EXPECT_TRUE(refused(batch->PutKey(MakeKey("a"), 2))) << "no such result";
  EXPECT_TRUE(refused(batch->AppendEntry(MakeEntry(1, 0)))) << "not given yet";
  EXPECT_TRUE(refused(batch->AppendRelease(MakeRelease(1, 1)))) << "not given yet";
  ASSERT_EQ(batch->NextEntrySequence(), 1);
  ASSERT_EQ(batch->NextEntrySequence(), 2);
  EXPECT_TRUE(refused(batch->AppendEntry(MakeEntry(2, 0)))) << "a gap";
  EXPECT_TRUE(refused(batch->AppendEntry(MakeEntry(1, 2)))) << "no such result";
  ASSERT_EQ(batch->NextReleaseSequence(), 1);
  EXPECT_TRUE(refused(batch->AppendRelease(MakeRelease(1, 2)))) << "no such result";
  ASSERT_EQ(batch->AppendRelease(MakeRelease(1, 1)), absl::OkStatus());
  EXPECT_TRUE(refused(batch->AppendRelease(MakeRelease(1, 1)))) << "twice";
  ASSERT_EQ(batch->AppendEntry(MakeEntry(1, 1)), absl::OkStatus());
  EXPECT_TRUE(refused(batch->AppendEntry(MakeEntry(1, 1)))) << "twice";
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_THAT(Sequences(store_->ListEntries(0, 0, 10)), ElementsAre(1));
  EXPECT_THAT(Sequences(store_->ListOutbox(0, false, 10)), ElementsAre(1));
  EXPECT_THAT(Ids(store_->ListResults(0, 10)), ElementsAre(1));
}

TEST_P(StoreTest, NoReleaseIsAppendedBehindTheLast) {
  PutResults(1);
  auto batch = Begin();
  ASSERT_EQ(batch->NextReleaseSequence(), 1);
  ASSERT_EQ(batch->NextReleaseSequence(), 2);
  ASSERT_EQ(batch->AppendRelease(MakeRelease(2, 1)), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  batch = nullptr;
  batch = Begin();
  EXPECT_TRUE(absl::IsInvalidArgument(batch->AppendRelease(MakeRelease(1, 1)))) << "who has read up to 2 would never see it";
}

TEST_P(StoreTest, ABatchThatIsDroppedLeavesNothingAndItsIdsAreGivenAgain) {
  PutResults(2);
  const Contents before = ReadContents(*store_);
  auto batch = Begin();
  EXPECT_EQ(batch->NextResultId(), 3);
  EXPECT_EQ(batch->NextResultId(), 4);
  EXPECT_EQ(batch->NextEntrySequence(), 1);
  EXPECT_EQ(batch->NextReleaseSequence(), 1);
  ASSERT_EQ(batch->PutResult(MakeResult(4, "gone", v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_HELD)), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(MakeResult(1, "gone")), absl::OkStatus());
  ASSERT_EQ(batch->PutKey(MakeKey("gone"), 4), absl::OkStatus());
  ASSERT_EQ(batch->AppendEntry(MakeEntry(1, 4)), absl::OkStatus());
  ASSERT_EQ(batch->AppendRelease(MakeRelease(1, 4)), absl::OkStatus());
  batch = nullptr;
  EXPECT_EQ(ReadContents(*store_), before);

  batch = Begin();
  EXPECT_THAT(*batch->FindByKey(MakeKey("gone")), IsEmpty());
  EXPECT_EQ(batch->NextResultId(), 3);
  EXPECT_EQ(batch->NextEntrySequence(), 1);
  EXPECT_EQ(batch->NextReleaseSequence(), 1);
  ASSERT_EQ(batch->PutResult(MakeResult(3)), absl::OkStatus());
  ASSERT_EQ(batch->AppendEntry(MakeEntry(1, 3)), absl::OkStatus());
  ASSERT_EQ(batch->AppendRelease(MakeRelease(1, 3)), absl::OkStatus());
  batch->NextEntrySequence();  // never used: given again
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  for (const bool reopen : {false, true}) {
    batch = nullptr;
    if (reopen) Reopen();
    batch = Begin();
    EXPECT_EQ(batch->NextResultId(), 4);
    EXPECT_EQ(batch->NextEntrySequence(), 2);
    EXPECT_EQ(batch->NextReleaseSequence(), 2);
  }
}

TEST_P(StoreTest, ReopeningSeesEverything) {
  auto batch = Begin();
  const int64_t id = batch->NextResultId();
  ASSERT_EQ(batch->PutResult(MakeDueResult(id, kNoon)), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId(), "", v1::DISPOSITION_REVIEW, v1::OUTCOME_STATE_HELD)),
            absl::OkStatus());
  ASSERT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), id)), absl::OkStatus());
  ASSERT_EQ(batch->AppendRelease(MakeRelease(batch->NextReleaseSequence(), id)), absl::OkStatus());
  ASSERT_EQ(batch->AcknowledgeRelease(1), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  batch = nullptr;
  const Contents before = ReadContents(*store_);
  EXPECT_EQ(before.results.size(), 2);
  EXPECT_EQ(before.earliest_due, kNoon);
  Reopen();
  EXPECT_EQ(ReadContents(*store_), before);
}

TEST_P(StoreTest, ReadersSeeOnlyWhatIsCommitted) {
  const auto batch = Begin();
  ASSERT_EQ(batch->PutResult(MakeDueResult(batch->NextResultId(), kNoon)), absl::OkStatus());
  EXPECT_FALSE(store_->FindResult(1)->has_value());
  EXPECT_EQ(*store_->EarliestDue(), absl::InfiniteFuture());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  // Every connection of the pool: each read above must have let its snapshot go.
  for (int i = 0; i < 2 * GetParam(); ++i) EXPECT_TRUE(store_->FindResult(1)->has_value());
  EXPECT_EQ(*store_->EarliestDue(), kNoon);
}

TEST_P(StoreTest, OneBatchAtATime) {
  auto batch = Begin();
  EXPECT_TRUE(absl::IsFailedPrecondition(store_->Begin().status()));
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_TRUE(absl::IsFailedPrecondition(store_->Begin().status())) << "it still lives";
  EXPECT_TRUE(absl::IsFailedPrecondition(batch->PutResult(MakeResult(batch->NextResultId())))) << "it is committed";
  EXPECT_TRUE(absl::IsFailedPrecondition(batch->FindResult(1).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(batch->Commit()));
  batch = nullptr;
  EXPECT_NE(Begin(), nullptr);
}

// A writer rewrites five results at once, again and again: no reader may ever see two of its rounds mixed, or go back.
TEST_P(StoreTest, ManyThreadsReadWhileOneWrites) {
  constexpr int kResults = 5;
  constexpr int kRounds = 100;
  PutResults(kResults);
  std::atomic<bool> stop = false;
  std::atomic<int> mistakes = 0;
  std::atomic<int64_t> reads = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      int last = 0;
      while (!stop) {
        const auto results = store_->ListResults(0, 100);
        const auto entries = store_->ListEntries(0, 0, 1000);
        if (!results.ok() || !entries.ok() || results->size() != kResults) {
          ++mistakes;
          return;
        }
        const int version = results->front().version();
        for (const v1::Result& result : *results) mistakes += result.version() != version;
        mistakes += version < last;
        mistakes += static_cast<int>(entries->size()) < version - 1;  // read later: as many at least
        last = version;
        ++reads;
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    const auto batch = Begin();
    for (int id = 1; id <= kResults; ++id) {
      v1::Result result = MakeResult(id, std::string(3000, 'x'));
      result.set_version(round + 2);
      EXPECT_EQ(batch->PutResult(result), absl::OkStatus());
    }
    EXPECT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), 1)), absl::OkStatus());
    EXPECT_EQ(batch->Commit(), absl::OkStatus());
  }
  while (reads == 0 && mistakes == 0) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(mistakes, 0);
}

TEST_P(StoreTest, TurnaroundsByTime) {
  const auto turnaround = [](int64_t id, int64_t received_us, const std::string& facility) {
    v1::Turnaround made;
    made.set_result_id(id);
    *made.mutable_received_at() = base::ToProto(absl::FromUnixMicros(received_us));
    made.set_facility(facility);
    return made;
  };
  const auto list = [this](int64_t from_us, int64_t until_us) {
    std::vector<std::string> found;
    EXPECT_EQ(store_->ForEachTurnaround(
                  absl::FromUnixMicros(from_us), absl::FromUnixMicros(until_us),
                  [&found](const v1::Turnaround& one) { found.push_back(absl::StrCat(one.result_id(), one.facility())); }),
              absl::OkStatus());
    return found;
  };
  EXPECT_EQ(*store_->TurnaroundsReach(), 0);
  EXPECT_THAT(list(0, 100), ElementsAre());
  {
    const auto batch = Begin();
    const std::vector<v1::Turnaround> some = {turnaround(2, 20, "b"), turnaround(1, 10, "a"), turnaround(3, 20, "c")};
    EXPECT_EQ(batch->PutTurnarounds(some, 7), absl::OkStatus());
    EXPECT_EQ(batch->Commit(), absl::OkStatus());
  }
  {
    const auto batch = Begin();
    const std::vector<v1::Turnaround> some = {turnaround(1, 10, "again")};
    EXPECT_EQ(batch->PutTurnarounds(some, 9), absl::OkStatus());
    EXPECT_EQ(batch->Commit(), absl::OkStatus());
  }
  {
    const auto batch = Begin();
    EXPECT_EQ(batch->PutTurnarounds({}, 100), absl::OkStatus());
  }
  EXPECT_EQ(*store_->TurnaroundsReach(), 9) << "what was not committed is not reached";
  EXPECT_THAT(list(0, 100), ElementsAre("1again", "2b", "3c"));
  EXPECT_THAT(list(10, 20), ElementsAre("1again"));
  EXPECT_THAT(list(11, 21), ElementsAre("2b", "3c"));
  std::vector<int64_t> up_to;  // a part of a microsecond is rounded so that nothing is lost
  EXPECT_EQ(store_->ForEachTurnaround(absl::InfinitePast(), absl::FromUnixMicros(10) + absl::Nanoseconds(1),
                                      [&up_to](const v1::Turnaround& one) { up_to.push_back(one.result_id()); }),
            absl::OkStatus());
  EXPECT_THAT(up_to, ElementsAre(1));
}

TEST_P(StoreTest, FindsEntriesByTheirTerms) {
  const auto bits = [](std::initializer_list<size_t> entries) {
    audit::BlockEntries block;
    for (const size_t entry : entries) block.set(entry);
    return block;
  };
  EXPECT_EQ(*store_->CountBlocks(), 0);
  EXPECT_THAT(*store_->ListTerms("", 10), IsEmpty());
  {
    const auto batch = Begin();
    const std::vector<TermEntries> first = {{"rule=a", audit::EncodeBlock(bits({0, 2047}))},
                                            {"rule=ab", audit::EncodeBlock(bits({5}))},
                                            {"state=1", audit::EncodeBlock(bits({}).flip())}};
    EXPECT_TRUE(absl::IsInvalidArgument(batch->PutBlock(1, first))) << "before block 0";
    EXPECT_EQ(batch->PutBlock(0, first), absl::OkStatus());
    EXPECT_TRUE(absl::IsInvalidArgument(batch->PutBlock(0, first))) << "block 1 is next";
    const std::vector<TermEntries> second = {{"rule=a", audit::EncodeBlock(bits({7}))}};
    EXPECT_EQ(batch->PutBlock(1, second), absl::OkStatus());
    EXPECT_EQ(batch->PutBlock(2, {}), absl::OkStatus());
    EXPECT_EQ(batch->PutBlock(3, second), absl::OkStatus());
    EXPECT_EQ(*store_->CountBlocks(), 0) << "before it is durable";
    EXPECT_EQ(batch->Commit(), absl::OkStatus());
  }
  Reopen();
  EXPECT_EQ(*store_->CountBlocks(), 4);
  EXPECT_THAT(*store_->ListTerms("", 10), ElementsAre("rule=a", "rule=ab", "state=1"));
  EXPECT_THAT(*store_->ListTerms("rule=", 10), ElementsAre("rule=a", "rule=ab"));
  EXPECT_THAT(*store_->ListTerms("rule=ab", 10), ElementsAre("rule=ab"));
  EXPECT_THAT(*store_->ListTerms("rule=b", 10), IsEmpty());
  EXPECT_THAT(*store_->ListTerms("", 2), ElementsAre("rule=a", "rule=ab"));
  EXPECT_THAT(*store_->ListTerms("", 0), IsEmpty());
  using Found = audit::EntriesByBlock;
  EXPECT_EQ(*store_->FindTerm("rule=a", 0, 100), (Found{{0, bits({0, 2047})}, {1, bits({7})}, {3, bits({7})}}));
  EXPECT_EQ(*store_->FindTerm("rule=a", 1, 2), (Found{{1, bits({7})}}));
  EXPECT_EQ(*store_->FindTerm("state=1", 0, 0), (Found{{0, bits({}).flip()}}));
  EXPECT_EQ(*store_->FindTerm("rule=", 0, 100), Found());
}

TEST_P(StoreTest, AssignersOnceEach) {
  EXPECT_THAT(*store_->ListAssigners(10), ElementsAre());
  {
    const auto batch = Begin();
    for (const char* system : {"SOUTH", "", "NORTH", "SOUTH"}) EXPECT_EQ(batch->PutAssigner(system), absl::OkStatus());
    EXPECT_EQ(batch->Commit(), absl::OkStatus());
  }
  {
    const auto batch = Begin();
    EXPECT_EQ(batch->PutAssigner("WEST"), absl::OkStatus());
  }
  EXPECT_THAT(*store_->ListAssigners(10), ElementsAre("", "NORTH", "SOUTH"));
  EXPECT_THAT(*store_->ListAssigners(2), ElementsAre("", "NORTH"));
  EXPECT_THAT(*store_->ListAssigners(0), ElementsAre());
}

TEST_P(StoreTest, SequencesOfAResult) {
  PutResults(2);
  const int64_t before = *store_->LastEntrySequence();
  const auto batch = Begin();
  for (const int64_t result : {2, 0, 1, 2}) {
    EXPECT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), result)), absl::OkStatus());
  }
  EXPECT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_THAT(*store_->ListEntrySequences(2), ElementsAre(before + 1, before + 4));
  EXPECT_THAT(*store_->ListEntrySequences(1), ElementsAre(before + 3));
  EXPECT_THAT(*store_->ListEntrySequences(9), ElementsAre());
}

TEST_P(StoreTest, ResultsToldByEntries) {
  PutResults(3);
  const auto batch = Begin();
  for (const int64_t result : {2, 0, 1, 2, 3, 0, 3}) {
    EXPECT_EQ(batch->AppendEntry(MakeEntry(batch->NextEntrySequence(), result)), absl::OkStatus());
  }
  EXPECT_EQ(batch->Commit(), absl::OkStatus());
  const int64_t first = (*store_->ListEntriesBackward(0, 0, 1))[0].sequence() - 6;
  EXPECT_THAT(*store_->ListResultsTold(first - 1, first + 6), ElementsAre(1, 2, 3));
  EXPECT_THAT(*store_->ListResultsTold(first, first + 3), ElementsAre(1, 2));
  EXPECT_THAT(*store_->ListResultsTold(first + 4, first + 5), ElementsAre());
}

}  // namespace
}  // namespace resultgate::store
