// What is erased is gone from the files, byte for byte; what has its time is found; what is on hold is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/store/sqlite/log_file.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kMarker[] = "a marker that stands nowhere else";
const absl::Time kNoon = absl::FromUnixSeconds(1'772'798'400);

v1::Result Settled(int64_t id, absl::Time received, v1::OutcomeState state = v1::OUTCOME_STATE_PUBLISHED) {
  v1::Result result = MakeResult(id, "", v1::DISPOSITION_RELEASE, state);
  *result.mutable_received_at() = base::ToProto(received);
  return result;
}

// True if the marker is in the database or a file beside it.
bool IsInFiles(const std::string& path, const std::string& marker) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const auto bytes = base::ReadFile(absl::StrCat(path, suffix));
    if (bytes.ok() && absl::StrContains(*bytes, marker)) return true;
  }
  return false;
}

// Long enough for pages of its own, several times over.
std::string Long(const std::string& marker) {
  std::string text;
  while (text.size() < 20'000) absl::StrAppend(&text, marker, "; ");
  return text;
}

void Put(Store& store, const v1::Result& result) {
  const auto batch = *store.Begin();
  ASSERT_EQ(batch->PutResult(result), absl::OkStatus());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
}

TEST(EraseTest, FindsWhatWaitsForNothingInOrderOfTime) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  const auto batch = *store->Begin();
  for (int i = 0; i < 9; ++i) batch->NextResultId();
  ASSERT_EQ(batch->PutResult(Settled(1, kNoon + absl::Hours(2))), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(Settled(2, kNoon)), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(Settled(3, kNoon)), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(Settled(4, kNoon, v1::OUTCOME_STATE_HELD)), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(Settled(5, kNoon, v1::OUTCOME_STATE_RELEASED)), absl::OkStatus());
  v1::Result open = Settled(6, kNoon);
  open.mutable_follow_up()->set_open(true);
  ASSERT_EQ(batch->PutResult(open), absl::OkStatus());
  v1::Result erased = Settled(7, kNoon);
  erased.mutable_erased();
  ASSERT_EQ(batch->PutResult(erased), absl::OkStatus());
  v1::Result released_later = Settled(8, kNoon);
  *released_later.mutable_decision()->mutable_outcomes(0)->mutable_released_at() = base::ToProto(kNoon + absl::Hours(1));
  ASSERT_EQ(batch->PutResult(released_later), absl::OkStatus());
  ASSERT_EQ(batch->PutResult(Settled(9, kNoon, v1::OUTCOME_STATE_CLOSED)), absl::OkStatus());

  const auto ids = [&batch](const store::Settled& after, absl::Time until, int limit) {
    std::vector<int64_t> found;
    const auto all = batch->FindSettled(after, until, limit);
    for (const store::Settled& settled : *all) found.push_back(settled.result_id);
    return found;
  };
  EXPECT_THAT(ids({}, absl::InfiniteFuture(), 100), ElementsAre(2, 3, 9, 8, 1));
  EXPECT_THAT(ids({}, absl::InfiniteFuture(), 2), ElementsAre(2, 3));
  EXPECT_THAT(ids({kNoon, 3}, absl::InfiniteFuture(), 2), ElementsAre(9, 8));
  EXPECT_THAT(ids({}, kNoon + absl::Hours(1) - absl::Microseconds(1), 100), ElementsAre(2, 3, 9));
  EXPECT_THAT(ids({}, kNoon - absl::Microseconds(1), 100), IsEmpty());
  EXPECT_THAT(ids({}, kNoon, 0), IsEmpty());
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  const auto first = store->FirstSettled({kNoon, 9});
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ((*first)->result_id, 8);
  EXPECT_EQ((*first)->since, kNoon + absl::Hours(1));
}

TEST(EraseTest, KeysGoByHowTheyBeginAndOfOneResultOnly) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  const auto batch = *store->Begin();
  for (int i = 0; i < 2; ++i) ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
  const Key shared = MakeKey("shared");
  const Key own = MakeKey("own");
  ASSERT_EQ(batch->PutKey(shared, 1), absl::OkStatus());
  ASSERT_EQ(batch->PutKey(shared, 2), absl::OkStatus());
  ASSERT_EQ(batch->PutKey(own, 1), absl::OkStatus());
  EXPECT_EQ(*batch->RemoveKeys(shared.substr(0, 8), 1), 1);
  EXPECT_EQ(*batch->RemoveKeys(shared.substr(0, 8), 1), 0) << "again changes nothing";
  EXPECT_THAT(*batch->FindByKey(shared), ElementsAre(2));
  EXPECT_THAT(*batch->FindByKey(own), ElementsAre(1));
  EXPECT_TRUE(absl::IsInvalidArgument(batch->RemoveKeys("", 1).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(batch->RemoveKeys(std::string(33, 'x'), 1).status()));
}

TEST(EraseTest, AHoldStandsOnAResultOrAPatientUntilItIsTakenAway) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  const auto store = Open(path);
  auto batch = *store->Begin();
  ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
  ASSERT_EQ(batch->PutPatient(MakePatient(batch->NextPatientId())), absl::OkStatus());
  v1::LegalHold hold;
  hold.set_id(7);
  hold.set_result_id(1);
  ASSERT_EQ(batch->PutLegalHold(hold), absl::OkStatus());
  EXPECT_TRUE(absl::IsInvalidArgument(batch->PutLegalHold(hold))) << "the id is taken";
  v1::LegalHold of_patient;
  of_patient.set_id(9);
  of_patient.set_patient_id(1);
  of_patient.set_reason("a claim");
  ASSERT_EQ(batch->PutLegalHold(of_patient), absl::OkStatus());
  v1::LegalHold of_nobody;
  of_nobody.set_id(10);
  EXPECT_TRUE(absl::IsInvalidArgument(batch->PutLegalHold(of_nobody)));
  of_nobody.set_result_id(99);
  EXPECT_TRUE(absl::IsInvalidArgument(batch->PutLegalHold(of_nobody))) << "there is no such result";
  EXPECT_TRUE(*batch->IsOnLegalHold(1, {}));
  EXPECT_TRUE(*batch->IsOnLegalHold(2, {3, 1}));
  EXPECT_FALSE(*batch->IsOnLegalHold(2, {3}));
  EXPECT_EQ((*batch->FindLegalHold(9))->reason(), "a claim");
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  EXPECT_EQ(store->ListLegalHolds(0, 10)->size(), 2);
  EXPECT_EQ(store->ListLegalHolds(7, 10)->at(0).id(), 9);
  EXPECT_EQ((*OpenLogFile(path))->LegalHolds()->size(), 2);
  batch.reset();
  batch = *store->Begin();
  ASSERT_EQ(batch->RemoveLegalHold(7), absl::OkStatus());
  EXPECT_TRUE(absl::IsNotFound(batch->RemoveLegalHold(7)));
  EXPECT_FALSE(*batch->IsOnLegalHold(1, {}));
}

TEST(EraseTest, WhatIsLeftOfAReleaseTakesItsPlace) {
  const TempFolder folder;
  const auto store = Open(folder.File("gate.db"));
  const auto batch = *store->Begin();
  ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
  v1::Release release = MakeRelease(batch->NextReleaseSequence(), 1);
  release.mutable_comment()->set_text("words");
  ASSERT_EQ(batch->AppendRelease(release), absl::OkStatus());
  ASSERT_EQ(batch->AcknowledgeRelease(1), absl::OkStatus());
  release.clear_comment();
  ASSERT_EQ(batch->ReplaceRelease(release), absl::OkStatus());
  const auto row = *batch->FindRelease(1);
  EXPECT_FALSE(row->release.has_comment());
  EXPECT_TRUE(row->acknowledged);
  release.set_sequence(2);
  EXPECT_TRUE(absl::IsNotFound(batch->ReplaceRelease(release)));
}

// Long and short records, grown and shrunk, so that pages become free, cells move and the log has them all.
TEST(EraseTest, NothingOfWhatWasReplacedIsLeftInTheFiles) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  const auto store = Open(path);
  {
    const auto batch = *store->Begin();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId(), kMarker)), absl::OkStatus());
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }
  for (int64_t id = 1; id <= 20; ++id) Put(*store, MakeResult(id, Long(kMarker)));
  for (int64_t id = 1; id <= 20; id += 2) Put(*store, MakeResult(id, kMarker));
  EXPECT_TRUE(IsInFiles(path, kMarker));
  for (int64_t id = 1; id <= 20; ++id) Put(*store, MakeResult(id));
  EXPECT_TRUE(IsInFiles(path, kMarker)) << "the write-ahead log has it yet: this test would see it";
  {
    const auto reader = *OpenLogFile(path);
    ASSERT_EQ(reader->ResultIds()->size(), 20);
    Put(*store, MakeResult(20));
    const auto forgotten = store->Forget();
    ASSERT_TRUE(forgotten.ok()) << forgotten.status();
    EXPECT_FALSE(*forgotten) << "somebody reads what was before";
  }
  const auto forgotten = store->Forget();
  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  EXPECT_TRUE(*forgotten);
  EXPECT_FALSE(IsInFiles(path, kMarker));
  Put(*store, MakeResult(3, "goes on"));
  EXPECT_EQ((*store->FindResult(3))->report().conclusion(), "goes on");
}

TEST(EraseTest, AStoreThatEndedBeforeItForgotForgetsWhenItOpens) {
  const TempFolder folder;
  const std::string path = folder.File("gate.db");
  const std::string after_crash = folder.File("crashed.db");
  {
    const auto store = Open(path);
    auto batch = *store->Begin();
    ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId(), Long(kMarker))), absl::OkStatus());
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
    batch.reset();
    Put(*store, MakeResult(1));
    CopyAfterCrash(path, after_crash);
  }
  EXPECT_TRUE(IsInFiles(after_crash, kMarker));
  const auto store = Open(after_crash);
  EXPECT_FALSE(IsInFiles(after_crash, kMarker));
}

}  // namespace
}  // namespace resultgate::store
