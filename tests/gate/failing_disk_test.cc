// A whole gate on a disk that fails or fills up at any write or sync while it works: each call is answered OK and is durable, or
// is answered with an error and has no effect; what the clock does is done as a whole or not at all; and once the disk works
// again, everything comes to the same as if it had never failed.
//
// A story is told once without a fault, on a simulated clock and with salts that can be told again, so that every byte of what is
// kept after each of its steps is known. Then it is told again and again, the n-th write or sync failing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/gate/gate.h"
#include "server/gate/replay_log.h"
#include "server/gate/stored_check.h"
#include "server/store/sqlite/log_file.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/store_testing.h"
#include "tests/testing/packs.h"
#include "tests/testing/simulated_clock.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::kFriday;
using ::resultgate::testing::Later;
using store::Contents;
using store::Fault;
using store::FaultVfs;
using store::ReadContents;
using store::TempFolder;
using Operation = FaultVfs::Operation;

constexpr char kMonday[] = "2026-03-09T08:00:00-04:00";
// A result that is held when the story begins.
constexpr int64_t kToApprove = 1;

const policy::LoadedPack& SmallPack() {
  static const auto* pack = [] {
    base::FileIssues issues;
    auto* loaded = new policy::LoadedPack(policy::LoadPackFiles(
        MakePack(absl::StrCat(kRoutine, TissueReview("2 business days"), ImagingDelay("next business morning"))), &issues));
    EXPECT_NE(loaded->pack, nullptr) << base::Format(issues);
    return loaded;
  }();
  return *pack;
}

std::shared_ptr<const comment::Library> ShippedComments() {
  static const auto* library = [] {
    base::FileIssues issues;
    comment::Library::Options options;
    options.development = true;
    auto loaded = comment::Library::Load("templates", *resultgate::testing::ShippedValueSets(), options, &issues);
    EXPECT_NE(loaded, nullptr) << base::Format(issues);
    return new std::shared_ptr<const comment::Library>(std::move(loaded));
  }();
  return *library;
}

v1::DiagnosticReport XRay(const std::string& order) {
  v1::DiagnosticReport report = resultgate::testing::Report(order, "36643-5");
  report.set_section(v1::SECTION_IMAGING);
  report.set_narrative("clear lungs");
  return report;
}

v1::DiagnosticReport Corrected(v1::DiagnosticReport report) {
  report = Later(std::move(report), absl::Minutes(10));
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  v1::Observation& observation = *report.mutable_observations(0);
  observation.set_status(v1::RESULT_STATUS_CORRECTED);
  observation.mutable_quantity()->set_value("12.9");
  return report;
}

// A store and its gate on one file, at one time. What is kept is looked at while the gate answers, on its writer's thread:
// nothing is written then.
class World {
 public:
  World(const std::string& path, FaultVfs* disk) : path_(path), disk_(*disk), clock_(At(kFriday)), store_(store::Open(path)) {
    Options options;
    options.new_salt = [this]() -> absl::StatusOr<std::string> {
      // The same for the same result, however often it was tried: what is kept is to be the same, too.
      return std::string(kSaltBytes, static_cast<char>('a' + store_->ListResults(0, 1000)->size()));
    };
    absl::StatusOr<std::unique_ptr<Gate>> gate = Gate::Start(
        store_.get(), &clock_, SmallPack(), [](const auto&, auto*) { return ShippedComments(); }, options);
    EXPECT_TRUE(gate.ok()) << gate.status();
    if (gate.ok()) gate_ = *std::move(gate);
    // With the second answer, what a start has to do is done.
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ChangeNothing(), absl::OkStatus());
  }

  absl::Status Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    return Call(&Gate::Submit, request);
  }

  absl::Status Approve(int64_t id) {
    v1::GetReviewRequest read;
    read.set_result_id(id);
    const absl::StatusOr<v1::GetReviewResponse> review = gate_->GetReview(read);
    EXPECT_TRUE(review.ok()) << review.status();
    v1::ApproveReviewRequest request;
    request.set_result_id(id);
    request.set_version(1);
    request.set_reviewer("1234567893");
    request.set_etag(review->etag());
    request.mutable_comment()->set_text("We looked for this.");
    return Call(&Gate::Approve, request);
  }

  absl::Status Acknowledge(int64_t sequence) {
    v1::AcknowledgeReleasesRequest request;
    request.add_sequences(sequence);
    return Call(&Gate::Acknowledge, request);
  }

  // It is Monday morning, and what waited until then goes: nobody asks for it, and nobody is told where that fails.
  absl::Status LetItBeMonday() {
    if (clock_.Now() < At(kMonday)) {
      const int failures = disk_.failures();
      clock_.Set(At(kMonday));
      while (*store_->EarliestDue() <= At(kMonday) && disk_.failures() == failures) std::this_thread::yield();
    }
    // A call that changes nothing has the gate look again, too.
    const absl::Status status = ChangeNothing();
    return status.ok() && kept_.earliest_due <= At(kMonday) ? absl::UnavailableError("what is due has not gone") : status;
  }

  // What was kept when the last call was answered; a copy of the files as they were then, at `image`, is what a crash would have
  // left.
  const Contents& kept() const { return kept_; }
  std::string image() const { return absl::StrCat(path_, ".image"); }

 private:
  template <typename Request, typename Response>
  absl::Status Call(void (Gate::*method)(Request, Callback<Response>, const Caller&), const Request& request) {
    std::promise<absl::Status> promise;
    const auto answered = [this, &promise](const absl::StatusOr<Response>& response) {
      disk_.Suspend();
      kept_ = ReadContents(*store_);
      store::CopyAfterCrash(path_, image());
      promise.set_value(response.status());
    };
    ((*gate_).*method)(request, answered, {});
    return promise.get_future().get();
  }
  absl::Status ChangeNothing() { return Call(&Gate::Acknowledge, v1::AcknowledgeReleasesRequest()); }

  const std::string path_;
  FaultVfs& disk_;
  testing::SimulatedClock clock_;
  std::unique_ptr<store::Store> store_;
  Contents kept_;
  std::unique_ptr<Gate> gate_;
};

using Step = std::function<absl::Status(World&)>;

// One of each thing that changes what is kept.
const std::vector<std::pair<const char*, Step>>& Story() {
  static const auto* story = new std::vector<std::pair<const char*, Step>>{
      {"a result that goes", [](World& world) { return world.Submit(Cbc("F10")); }},
      {"a result that is held", [](World& world) { return world.Submit(Biopsy("F11")); }},
      {"an approval", [](World& world) { return world.Approve(kToApprove); }},
      {"a correction", [](World& world) { return world.Submit(Corrected(Cbc("F2"))); }},
      {"an acknowledgement", [](World& world) { return world.Acknowledge(1); }},
      {"the clock", [](World& world) { return world.LetItBeMonday(); }},
      {"a result after that", [](World& world) { return world.Submit(Cbc("F12")); }},
  };
  return *story;
}
constexpr size_t kTheClock = 5;

// What `resultgate audit verify` and `audit replay` do.
void CheckProof(const std::string& path) {
  const auto key = store::KeyBeside(path);
  ASSERT_TRUE(key.ok()) << key.status();
  const auto log = store::OpenLogFile(path);
  ASSERT_TRUE(log.ok()) << log.status();
  const auto report = (*log)->Verify(*key, {}, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  for (const audit::Finding& finding : report->findings) ADD_FAILURE() << finding.message;
  const auto stored = CheckStored(**log, nullptr);
  ASSERT_TRUE(stored.ok()) << stored.status();
  for (const std::string& finding : stored->findings) ADD_FAILURE() << finding;
  const auto replayed = ReplayLog(**log, {}, nullptr);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->different + replayed->not_kept, 0);
}

class FailingDiskTest : public ::testing::TestWithParam<Fault> {
 protected:
  FailingDiskTest() {
    {
      // A file to begin with, with something of each kind.
      World world(Path("first.db"), &disk_);
      EXPECT_EQ(world.Submit(Biopsy("F1")), absl::OkStatus());
      EXPECT_EQ(world.Submit(Cbc("F2")), absl::OkStatus());
      EXPECT_EQ(world.Submit(XRay("F3")), absl::OkStatus());
    }
    CopyFirst("whole.db");
    World world(Path("whole.db"), &disk_);
    kept_.push_back(world.kept());
    for (const auto& [name, step] : Story()) {
      EXPECT_EQ(step(world), absl::OkStatus()) << name;
      kept_.push_back(world.kept());
      EXPECT_FALSE(kept_.back() == kept_[kept_.size() - 2]) << name << " changes something";
    }
    EXPECT_EQ(kept_.back().held.size(), 1) << "what was approved and what ran out went, and what came since waits";
  }

  std::string Path(const std::string& name) const { return folder_.File(name); }
  void CopyFirst(const std::string& name) const { store::CopyAfterCrash(Path("first.db"), Path(name)); }

  // Tells the story with the n-th operation failing. False if the story ended before there were so many.
  bool TellWithFault(int n) {
    SCOPED_TRACE(n);
    CopyFirst("gate.db");
    {
      World world(Path("gate.db"), &disk_);
      disk_.Fail(GetParam().operation, n, GetParam().code, GetParam().lasting);
      for (size_t i = 0; i < Story().size() && !HasFailure(); ++i) {
        SCOPED_TRACE(Story()[i].first);
        TellStep(world, i);
      }
    }
    const bool reached = disk_.failures() > 0;
    disk_.Heal();
    CheckProof(Path("gate.db"));
    // Another start: nothing goes anew.
    const World world(Path("gate.db"), &disk_);
    EXPECT_EQ(world.kept().outbox, kept_.back().outbox);
    return reached;
  }

  void TellStep(World& world, size_t i) {
    const Step& step = Story()[i].second;
    disk_.Resume();
    absl::Status status = step(world);
    if (!status.ok()) {
      ++refused_;
      CheckNothingHappened(world, status, i);
      // The clock asks again by itself, perhaps while the disk was looked at and did not fail.
      if (GetParam().lasting && i != kTheClock) {
        disk_.Resume();
        status = step(world);
        EXPECT_FALSE(status.ok()) << "the disk cannot have written this";
        CheckNothingHappened(world, status, i);
      }
      disk_.Heal();
      while (absl::IsUnavailable(status = step(world)) && i == kTheClock) {
      }
      EXPECT_EQ(status, absl::OkStatus()) << "the disk works again";
    }
    EXPECT_EQ(world.kept(), kept_[i + 1]);
    EXPECT_EQ(AfterCrash(world), kept_[i + 1]);
  }

  void CheckNothingHappened(const World& world, const absl::Status& status, size_t i) {
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_EQ(world.kept(), kept_[i]);
    const Contents found = AfterCrash(world);
    // A crash while the disk fails on may leave the step as a whole (store.h), never in part.
    if (!(GetParam().lasting && found == kept_[i + 1])) {
      EXPECT_EQ(found, kept_[i]);
    }
  }

  // What a gate would find that starts after a crash at the last answer.
  static Contents AfterCrash(const World& world) {
    const auto image = store::Open(world.image());
    return image == nullptr ? Contents() : ReadContents(*image);
  }

  FaultVfs disk_;
  TempFolder folder_;
  std::vector<Contents> kept_;  // at the beginning and after each step, where nothing fails
  int refused_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Faults, FailingDiskTest, ::testing::ValuesIn(store::kFaultsOfChanges),
                         [](const ::testing::TestParamInfo<Fault>& info) { return std::string(info.param.name); });

TEST_P(FailingDiskTest, EachCallIsDurableOrHasNoEffect) {
  int n = 1;
  while (TellWithFault(n) && !HasFailure()) ++n;
  std::cout << n - 1 << " places, " << refused_ << " calls refused\n";
  EXPECT_GT(n, static_cast<int>(Story().size())) << "each step writes";
  EXPECT_GT(refused_, static_cast<int>(Story().size()) - 1);
}

TEST_P(FailingDiskTest, AStartFailsCleanlyAndWorksAfterwards) {
  int refused = 0;
  bool reached = true;
  for (int n = 1; reached && !HasFailure(); ++n) {
    SCOPED_TRACE(n);
    CopyFirst("gate.db");
    const auto store = store::Open(Path("gate.db"));
    const Contents before = ReadContents(*store);
    testing::SimulatedClock clock(At(kFriday));
    const auto start = [&] {
      return Gate::Start(
          store.get(), &clock, SmallPack(), [](const auto&, auto*) { return ShippedComments(); }, Options());
    };
    disk_.Fail(GetParam().operation, n, GetParam().code, GetParam().lasting);
    disk_.Resume();
    const absl::Status status = start().status();
    reached = disk_.failures() > 0;
    disk_.Suspend();
    disk_.Heal();
    if (!status.ok()) {
      ++refused;
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      EXPECT_EQ(ReadContents(*store), before);
      EXPECT_EQ(start().status(), absl::OkStatus()) << "the disk works again";
    }
    const Contents after = ReadContents(*store);
    EXPECT_EQ(after.entries.size(), before.entries.size() + 1) << "it has started once";
    EXPECT_EQ(after.results, before.results);
    EXPECT_EQ(after.outbox, before.outbox);
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace resultgate::gate
