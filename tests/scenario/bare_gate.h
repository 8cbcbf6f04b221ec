// A gate without a server before it, for tests that need many thousands of steps: a real database, but in memory where the
// machine has such a folder, a clock that the test moves.
#ifndef RESULTGATE_TESTS_SCENARIO_BARE_GATE_H_
#define RESULTGATE_TESTS_SCENARIO_BARE_GATE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/file_issue.h"
#include "server/comment/library.h"
#include "server/gate/gate.h"
#include "server/policy/pack_files.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/testing/packs.h"
#include "tests/testing/server_process.h"
#include "tests/testing/simulated_clock.h"

namespace resultgate::scenario {

class BareGate {
 public:
  explicit BareGate(policy::LoadedPack pack, gate::Options options = {})
      : options_(std::move(options)),
        folder_(std::filesystem::exists("/dev/shm") ? "/dev/shm" : ""),
        clock_(testing::At(testing::kFriday)),
        pack_(std::move(pack)) {
    Start();
  }
  explicit BareGate(const v1::PackFiles& files, gate::Options options = {}) : BareGate(Load(files), std::move(options)) {}

  // Goes down and comes up again on the same database.
  void Restart() {
    Stop();
    Start();
  }
  void Restart(gate::Options options) {
    options_ = std::move(options);
    Restart();
  }
  // Goes down for good. The database is whole in its file then.
  void Stop() {
    gate_.reset();
    store_.reset();
  }
  std::string database() const { return absl::StrCat(folder_.path(), "/gate.db"); }

  // Queues a report; `Wait` for all of them.
  void Queue(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    auto promise = std::make_shared<std::promise<absl::StatusOr<v1::SubmitResultResponse>>>();
    queued_.push_back(promise->get_future());
    gate_->Submit(std::move(request),
                  [promise](absl::StatusOr<v1::SubmitResultResponse> response) { promise->set_value(std::move(response)); });
  }
  std::vector<v1::SubmitResultResponse> Wait() {
    std::vector<v1::SubmitResultResponse> responses;
    for (auto& queued : queued_) {
      absl::StatusOr<v1::SubmitResultResponse> response = queued.get();
      EXPECT_TRUE(response.ok()) << response.status();
      responses.push_back(response.ok() ? *std::move(response) : v1::SubmitResultResponse());
    }
    queued_.clear();
    return responses;
  }
  v1::SubmitResultResponse Submit(const v1::DiagnosticReport& report) {
    Queue(report);
    return Wait().front();
  }

  // Calls a method of the gate and waits for its answer.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(void (gate::Gate::*method)(Request, gate::Callback<Response>, const gate::Caller&),
                                Request request) {
    std::promise<absl::StatusOr<Response>> promise;
    (gate_.get()->*method)(std::move(request),
                           [&promise](absl::StatusOr<Response> response) { promise.set_value(std::move(response)); }, {});
    return promise.get_future().get();
  }
  // The answer must not be an error.
  template <typename Request, typename Response>
  Response Ask(void (gate::Gate::*method)(Request, gate::Callback<Response>, const gate::Caller&), Request request) {
    absl::StatusOr<Response> response = Call(method, std::move(request));
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *std::move(response) : Response();
  }

  absl::Status Approve(int64_t result_id, int version, const std::string& reviewer) {
    v1::ApproveReviewRequest request;
    request.set_result_id(result_id);
    request.set_version(version);
    request.set_reviewer(reviewer);
    std::promise<absl::Status> promise;
    gate_->Approve(request, [&promise](const auto& response) { promise.set_value(response.status()); });
    return promise.get_future().get();
  }

  // Tells the directory who looks into whose a result is: of two people who restore one, one must be of them.
  void RecordRestorer(const std::string& person) {
    v1::PutOwnerRequest request;
    request.set_actor("staff-office");
    request.mutable_owner()->set_id(pack_.pack->refusal_owner());
    request.mutable_owner()->set_kind(v1::OWNER_KIND_POOL);
    request.mutable_owner()->add_members(person);
    Ask(&gate::Gate::PutOwner, request);
  }

  void Acknowledge(const std::vector<int64_t>& sequences) {
    v1::AcknowledgeReleasesRequest request;
    for (const int64_t sequence : sequences) request.add_sequences(sequence);
    std::promise<void> promise;
    gate_->Acknowledge(request, [&promise](const auto& response) {
      EXPECT_TRUE(response.ok()) << response.status();
      promise.set_value();
    });
    promise.get_future().wait();
  }

  // Releases after this sequence, contents filled.
  std::vector<v1::Release> Releases(int64_t after = 0) {
    std::vector<v1::Release> all;
    for (int64_t scanned = after;;) {
      const int64_t from = scanned;
      auto releases = gate_->ReadReleases(from, false, 500, &scanned);
      EXPECT_TRUE(releases.ok()) << releases.status();
      if (!releases.ok() || scanned == from) return all;
      all.insert(all.end(), releases->begin(), releases->end());
    }
  }

  // Lets time pass: the clock stands still at each moment at which something comes due, until that is done.
  void MoveTo(absl::Time time) {
    for (;;) {
      const absl::StatusOr<absl::Time> due = store_->EarliestDue();
      ASSERT_TRUE(due.ok()) << due.status();
      clock_.Set(std::clamp(*due, clock_.Now(), time));
      if (*due > time) return;
      Acknowledge({});
    }
  }
  // The clock jumps, as if the gate had been down.
  void JumpTo(absl::Time time) {
    clock_.Set(time);
    Settle();
  }
  // Waits until all that is due now is done.
  void Settle() {
    for (;;) {
      const absl::StatusOr<absl::Time> due = store_->EarliestDue();
      ASSERT_TRUE(due.ok()) << due.status();
      if (*due > clock_.Now()) return;
      Acknowledge({});
    }
  }

  gate::Gate& gate() { return *gate_; }
  store::Store& store() { return *store_; }
  testing::SimulatedClock& clock() { return clock_; }
  const policy::LoadedPack& pack() const { return pack_; }

 private:
  static policy::LoadedPack Load(const v1::PackFiles& files) {
    base::FileIssues issues;
    policy::LoadedPack pack = policy::LoadPackFiles(files, &issues);
    EXPECT_NE(pack.pack, nullptr) << base::Format(issues);
    return pack;
  }

  // The project's, for all packs: those of a test bring fewer value sets.
  static std::shared_ptr<const comment::Library> Templates() {
    static const auto* templates = [] {
      base::FileIssues issues;
      comment::Library::Options options;
      options.development = true;
      auto loaded = comment::Library::Load("templates", *testing::ShippedValueSets(), options, &issues);
      EXPECT_NE(loaded, nullptr) << base::Format(issues);
      return new std::shared_ptr<const comment::Library>(std::move(loaded));
    }();
    return *templates;
  }

  void Start() {
    auto store = store::OpenSqlite(database());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto gate = gate::Gate::Start(
        store_.get(), &clock_, pack_, [](const auto&, auto*) { return Templates(); }, options_);
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  gate::Options options_;
  testing::TemporaryFolder folder_;
  testing::SimulatedClock clock_;
  policy::LoadedPack pack_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<gate::Gate> gate_;
  std::vector<std::future<absl::StatusOr<v1::SubmitResultResponse>>> queued_;
};

}  // namespace resultgate::scenario

#endif  // RESULTGATE_TESTS_SCENARIO_BARE_GATE_H_
