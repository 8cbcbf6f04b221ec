// A gate on a real database with rules that a test chooses, with simulated time: for tests of what reviewers and patients do.
#ifndef RESULTGATE_TESTS_GATE_REVIEW_GATE_H_
#define RESULTGATE_TESTS_GATE_REVIEW_GATE_H_

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/comment/library.h"
#include "server/gate/gate.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/testing/packs.h"
#include "tests/testing/simulated_clock.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {

class ReviewGate {
 public:
  // A pack of the project; it begins on a Friday afternoon.
  explicit ReviewGate(const std::string& pack = "policies/default") {
    auto store = store::OpenSqlite(folder_.path() + "/gate.db");
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto gate = Gate::Start(
        store_.get(), &clock_, testing::LoadPackWithFiles(pack), [](const auto&, auto*) { return Templates(); }, Options());
    EXPECT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  // Calls one of the gate's methods and waits for its answer.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(void (Gate::*method)(Request, Callback<Response>, const Caller&), const Request& request) {
    std::promise<absl::StatusOr<Response>> promise;
    ((*gate_).*method)(request, [&promise](absl::StatusOr<Response> response) { promise.set_value(std::move(response)); }, {});
    return promise.get_future().get();
  }

  int64_t Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    auto response = Call(&Gate::Submit, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->result_id() : 0;
  }

  v1::GetReviewResponse Review(int64_t id) {
    v1::GetReviewRequest request;
    request.set_result_id(id);
    auto response = gate_->GetReview(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::GetReviewResponse();
  }

  // A request about a result as it stands now.
  template <typename Request>
  Request About(int64_t id, const std::string& reviewer = "1234567893") {
    Request request;
    request.set_result_id(id);
    request.set_etag(Review(id).etag());
    request.set_reviewer(reviewer);
    return request;
  }

  // Tells the directory of a licensed clinician.
  void License(const std::string& id) {
    v1::PutOwnerRequest request;
    request.set_actor("staff-office");
    request.mutable_owner()->set_id(id);
    request.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
    request.mutable_owner()->set_licensed(true);
    EXPECT_TRUE(Call(&Gate::PutOwner, request).ok());
  }

  std::vector<v1::Entry> Entries(int64_t id) {
    v1::ListEntriesRequest request;
    request.set_result_id(id);
    request.set_page_size(1000);
    auto response = gate_->ListEntries(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return {response->entries().begin(), response->entries().end()};
  }

  // Moves the clock and waits until everything that came due has been done.
  void AdvanceTo(const std::string& rfc3339) {
    clock_.Set(testing::At(rfc3339));
    for (;;) {
      auto due = store_->EarliestDue();
      ASSERT_TRUE(due.ok());
      if (*due > clock_.Now()) return;
      (void)Call(&Gate::Acknowledge, v1::AcknowledgeReleasesRequest());
    }
  }

  Gate& gate() { return *gate_; }
  testing::SimulatedClock& clock() { return clock_; }
  store::Store& store() { return *store_; }

 private:
  static std::shared_ptr<const comment::Library> Templates() {
    static const auto* library = [] {
      base::FileIssues issues;
      comment::Library::Options options;
      options.development = true;
      auto loaded = comment::Library::Load("templates", *testing::ShippedValueSets(), options, &issues);
      EXPECT_NE(loaded, nullptr) << base::Format(issues);
      return new std::shared_ptr<const comment::Library>(std::move(loaded));
    }();
    return *library;
  }

  testing::TempFolder folder_;
  testing::SimulatedClock clock_{testing::At(testing::kFriday)};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Gate> gate_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_TESTS_GATE_REVIEW_GATE_H_
