// Group commit and what happens when the store fails, with a store that the test scripts.
#include "server/gate/writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>

#include "tests/gate/reports.h"
#include "tests/testing/simulated_clock.h"

namespace resultgate::gate {
namespace {

// A store whose batches hold nothing: counts commits, and fails when told to.
class CountingStore : public store::Store {
 public:
  std::atomic<int> commits{0};
  std::atomic<int> failures{0};
  std::atomic<bool> fail{false};
  std::atomic<int64_t> due_seconds{0};  // 0: never

  class CountingBatch : public store::Batch {
   public:
    explicit CountingBatch(CountingStore* store) : store_(store) {}
    int64_t NextResultId() override { return 1; }
    int64_t NextEntrySequence() override { return 1; }
    int64_t NextReleaseSequence() override { return 1; }
    int64_t NextPatientId() override { return 1; }
    absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const store::Key&) override { return std::nullopt; }
    absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t) override { return std::nullopt; }
    absl::StatusOr<std::optional<v1::DirectoryOwner>> FindOwner(const std::string&) override { return std::nullopt; }
    absl::Status PutPatient(const v1::PatientRecord&) override { return absl::OkStatus(); }
    absl::Status PutPatientKey(const store::Key&, int64_t) override { return absl::OkStatus(); }
    absl::Status PutAssigner(const std::string&) override { return absl::OkStatus(); }
    absl::Status PutOwner(const v1::DirectoryOwner&) override { return absl::OkStatus(); }
    absl::Status RemoveOwner(const std::string&) override { return absl::OkStatus(); }
    absl::StatusOr<std::vector<int64_t>> FindByKey(const store::Key&) override { return std::vector<int64_t>(); }
    absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t) override { return std::nullopt; }
    absl::StatusOr<std::optional<store::OutboxRow>> FindRelease(int64_t) override { return std::nullopt; }
    absl::StatusOr<std::vector<int64_t>> FindDue(absl::Time, int) override { return std::vector<int64_t>(); }
    absl::StatusOr<std::vector<v1::Entry>> EntriesOf(int64_t) override { return std::vector<v1::Entry>(); }
    absl::StatusOr<std::vector<store::Settled>> FindSettled(const store::Settled&, absl::Time, int) override {
      return std::vector<store::Settled>();
    }
    absl::StatusOr<std::optional<v1::LegalHold>> FindLegalHold(int64_t) override { return std::nullopt; }
    absl::StatusOr<std::vector<v1::LegalHold>> LegalHoldsOn(int64_t) override { return std::vector<v1::LegalHold>(); }
    absl::StatusOr<bool> IsOnLegalHold(int64_t, const std::vector<int64_t>&) override { return false; }
    absl::StatusOr<int> RemoveKeys(const std::string&, int64_t) override { return 0; }
    absl::Status ReplaceRelease(const v1::Release&) override { return absl::OkStatus(); }
    absl::Status PutLegalHold(const v1::LegalHold&) override { return absl::OkStatus(); }
    absl::Status RemoveLegalHold(int64_t) override { return absl::OkStatus(); }
    absl::Status PutResult(const v1::Result&) override { return absl::OkStatus(); }
    absl::Status PutKey(const store::Key&, int64_t) override { return absl::OkStatus(); }
    absl::Status PutPack(const std::string&, const v1::PackFiles&) override { return absl::OkStatus(); }
    absl::Status AppendEntry(const v1::Entry&) override { return absl::OkStatus(); }
    absl::Status AppendRelease(const v1::Release&) override { return absl::OkStatus(); }
    absl::Status AcknowledgeRelease(int64_t) override { return absl::OkStatus(); }
    absl::Status PutTurnarounds(absl::Span<const v1::Turnaround>, int64_t) override { return absl::OkStatus(); }
    absl::Status PutBlock(int64_t, absl::Span<const store::TermEntries>) override { return absl::OkStatus(); }
    absl::Status Commit() override {
      if (store_->fail) {
        ++store_->failures;
        return absl::UnavailableError("the disk is full");
      }
      ++store_->commits;
      return absl::OkStatus();
    }

   private:
    CountingStore* const store_;
  };

  absl::StatusOr<std::unique_ptr<store::Batch>> Begin() override { return std::make_unique<CountingBatch>(this); }
  absl::StatusOr<absl::Time> EarliestDue() const override {
    return due_seconds == 0 ? absl::InfiniteFuture() : absl::FromUnixSeconds(due_seconds);
  }
  const store::LogReader& log() const override { std::abort(); }
  absl::StatusOr<std::optional<store::Settled>> FirstSettled(const store::Settled&) const override { return std::nullopt; }
  absl::StatusOr<bool> Forget() override { return true; }
  absl::StatusOr<std::vector<v1::LegalHold>> ListLegalHolds(int64_t, int) const override { return std::vector<v1::LegalHold>(); }
  absl::StatusOr<int64_t> CountDue(absl::Time) const override { return due_seconds == 0 ? 0 : 1; }
  absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t) const override { return std::nullopt; }
  absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const store::Key&) const override { return std::nullopt; }
  absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t) const override { return std::nullopt; }
  absl::StatusOr<std::vector<v1::DirectoryOwner>> ListOwners(const std::string&, int) const override {
    return std::vector<v1::DirectoryOwner>();
  }
  absl::StatusOr<std::vector<int64_t>> FindByKey(const store::Key&) const override { return std::vector<int64_t>(); }
  absl::StatusOr<std::vector<v1::Result>> ListResults(int64_t, int) const override { return std::vector<v1::Result>(); }
  absl::StatusOr<std::vector<int64_t>> ListHeldIds() const override { return std::vector<int64_t>(); }
  absl::StatusOr<std::vector<v1::Result>> ListAwaitingSomebody(int64_t, int) const override { return std::vector<v1::Result>(); }
  absl::StatusOr<std::vector<v1::Result>> ListOpen(int64_t, int) const override { return std::vector<v1::Result>(); }
  absl::StatusOr<int64_t> LastEntrySequence() const override { return 0; }
  absl::StatusOr<std::vector<v1::Entry>> ListEntries(int64_t, int64_t, int) const override { return std::vector<v1::Entry>(); }
  absl::StatusOr<std::vector<v1::Entry>> ListEntriesBackward(int64_t, int64_t, int) const override {
    return std::vector<v1::Entry>();
  }
  absl::StatusOr<std::optional<v1::PackFiles>> FindPack(const std::string&) const override { return std::nullopt; }
  absl::StatusOr<std::vector<v1::Entry>> ListActivations(int64_t, int) const override { return std::vector<v1::Entry>(); }
  absl::StatusOr<std::vector<v1::Entry>> ListEntriesAboutNone(int64_t, int) const override { return std::vector<v1::Entry>(); }
  absl::StatusOr<std::vector<int64_t>> ListEntrySequences(int64_t) const override { return std::vector<int64_t>(); }
  absl::StatusOr<std::vector<std::string>> ListAssigners(int) const override { return std::vector<std::string>(); }
  absl::StatusOr<std::vector<int64_t>> ListResultsTold(int64_t, int64_t) const override { return std::vector<int64_t>(); }
  absl::Status ForEachTurnaround(absl::Time, absl::Time, const std::function<void(const v1::Turnaround&)>&) const override {
    return absl::OkStatus();
  }
  absl::StatusOr<int64_t> TurnaroundsReach() const override { return 0; }
  absl::StatusOr<int64_t> CountBlocks() const override { return 0; }
  absl::StatusOr<std::vector<std::string>> ListTerms(const std::string&, int) const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<audit::EntriesByBlock> FindTerm(const std::string&, int64_t, int64_t) const override {
    return audit::EntriesByBlock();
  }
  absl::StatusOr<std::vector<store::OutboxRow>> ListOutbox(int64_t, bool, int) const override {
    return std::vector<store::OutboxRow>();
  }
};

class WriterTest : public ::testing::Test {
 protected:
  Writer::RunDue NothingDue() {
    return [this](store::Batch&, absl::Time, int) -> absl::StatusOr<int> {
      ++due_runs_;
      return 0;
    };
  }

  // Adds work and waits for its answer.
  static absl::Status Do(Writer& writer) {
    std::promise<absl::Status> promise;
    writer.Add(
        {[](store::Batch&) { return absl::OkStatus(); }, [&promise](const absl::Status& status) { promise.set_value(status); }});
    return promise.get_future().get();
  }

  CountingStore store_;
  resultgate::testing::SimulatedClock clock_{resultgate::testing::At(resultgate::testing::kFriday)};
  std::atomic<int> due_runs_{0};
  std::atomic<int> after_commits_{0};
};

TEST_F(WriterTest, WorkThatWaitsTogetherIsCommittedTogether) {
  std::atomic<int> done{0};
  {
    Writer writer(&store_, &clock_, {1000, 64}, NothingDue(), [] {});
    for (int i = 0; i < 130; ++i) {
      writer.Add(
          {[](store::Batch&) { return absl::OkStatus(); }, [&done](const absl::Status& status) { done += status.ok() ? 1 : 0; }});
    }
    writer.Start();
  }
  EXPECT_EQ(done, 130);
  EXPECT_EQ(store_.commits, 3) << "64 + 64 + 2";
}

TEST_F(WriterTest, NothingIsAnsweredBeforeItIsDurable) {
  Writer writer(&store_, &clock_, {1000, 64}, NothingDue(), [this] { ++after_commits_; });
  int commits_at_answer = -1;
  std::promise<void> promise;
  writer.Add({[](store::Batch&) { return absl::OkStatus(); },
              [&](const absl::Status&) {
                commits_at_answer = store_.commits;
                promise.set_value();
              }});
  writer.Start();
  promise.get_future().get();
  EXPECT_EQ(commits_at_answer, 1);
}

TEST_F(WriterTest, AStoreThatFailsFailsTheWholeGroupAndTheNextOneWorks) {
  Writer writer(&store_, &clock_, {1000, 64}, NothingDue(), [] {});
  writer.Start();
  EXPECT_TRUE(Do(writer).ok());
  store_.fail = true;
  EXPECT_EQ(Do(writer).code(), absl::StatusCode::kUnavailable);
  store_.fail = false;
  EXPECT_TRUE(Do(writer).ok());
}

TEST_F(WriterTest, AFullQueueRejectsAndTheEndLetsNothingIn) {
  std::atomic<int> rejected{0};
  std::atomic<int> done{0};
  {
    Writer writer(&store_, &clock_, {3, 64}, NothingDue(), [] {});
    for (int i = 0; i < 5; ++i) {
      writer.Add(
          {[](store::Batch&) { return absl::OkStatus(); },
           [&](const absl::Status& status) { ++(status.code() == absl::StatusCode::kResourceExhausted ? rejected : done); }});
    }
    writer.Start();
  }
  EXPECT_EQ(rejected, 2);
  EXPECT_EQ(done, 3) << "what was queued is done before the end";
}

TEST_F(WriterTest, WakesForWhatIsDueAndAsksAgainWhereTheStoreFailed) {
  store_.due_seconds = absl::ToUnixSeconds(clock_.Now()) + 60;
  Writer writer(&store_, &clock_, {1000, 64}, NothingDue(), [] {});
  writer.Start();
  EXPECT_TRUE(Do(writer).ok());
  store_.fail = true;
  clock_.Advance(absl::Seconds(61));
  while (store_.failures == 0) std::this_thread::yield();
  store_.fail = false;
  store_.due_seconds = 0;
  const int after_failure = due_runs_;
  while (due_runs_ == after_failure) {
    clock_.Advance(absl::Seconds(1));
    std::this_thread::yield();
  }
  EXPECT_TRUE(Do(writer).ok());
}

}  // namespace
}  // namespace resultgate::gate
