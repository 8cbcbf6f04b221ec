// Rules with `together: order`: the reports of an order wait for each other, and go on together.
#include "server/gate/same_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/gate/gate.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/testing/packs.h"
#include "tests/testing/simulated_clock.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::kFriday;
using ::testing::ElementsAre;

// What tissue waits for, its order waits for.
std::string Together(const std::string& rule) {
  return absl::StrReplaceAll(rule, {{"    match:", "    together: order\n    match:"}});
}

std::string TissueDelay() {
  return "  - {id: tissue-delay, title: t, together: order, match: {codes: [tissue]}, then: {release: now, delay: 72 h}, "
         "basis: {type: statute, citation: c}, verified: {by: b, on: 2026-01-01, text_digest: \"sha256:" +
         std::string(64, '0') + "\"}}\n";
}

class SameOrderTest : public ::testing::Test {
 protected:
  void Open(const std::string& rules) {
    auto store = store::OpenSqlite(folder_.path() + "/gate.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    base::FileIssues issues;
    const policy::LoadedPack pack = policy::LoadPackFiles(MakePack(rules), &issues);
    ASSERT_NE(pack.pack, nullptr) << base::Format(issues);
    auto gate = Gate::Start(
        store_.get(), &clock_, pack,
        [](const valueset::Registry&, base::FileIssues* found) -> std::shared_ptr<const comment::Library> {
          comment::Library::Options options;
          options.development = true;
          return comment::Library::Load("templates", *resultgate::testing::ShippedValueSets(), options, found);
        },
        Options());
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  int64_t Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    std::promise<absl::StatusOr<v1::SubmitResultResponse>> promise;
    gate_->Submit(std::move(request), [&promise](auto response) { promise.set_value(std::move(response)); });
    const auto response = promise.get_future().get();
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->result_id() : 0;
  }

  void Approve(int64_t id) {
    v1::ApproveReviewRequest request;
    request.set_result_id(id);
    request.set_version(Get(id).version());
    request.set_reviewer("reviewer-1");
    std::promise<absl::Status> promise;
    gate_->Approve(request, [&promise](const auto& response) { promise.set_value(response.status()); });
    EXPECT_TRUE(promise.get_future().get().ok());
  }

  void AdvanceTo(const std::string& rfc3339) {
    clock_.Set(At(rfc3339));
    for (;;) {
      if (*store_->EarliestDue() > clock_.Now()) return;
      std::promise<void> promise;
      gate_->Acknowledge({}, [&promise](const auto&) { promise.set_value(); });
      promise.get_future().get();
    }
  }

  v1::Result Get(int64_t id) {
    v1::GetResultRequest request;
    request.set_result_id(id);
    return gate_->GetResult(request)->result();
  }

  // How it is with the patient's first unit: `released`, or the disposition that holds it and by which rules.
  std::string State(int64_t id) {
    const v1::Outcome outcome = Get(id).decision().outcomes(0);
    if (outcome.state() != v1::OUTCOME_STATE_HELD) {
      return outcome.state() == v1::OUTCOME_STATE_CLOSED ? "closed" : outcome.released_unreviewed() ? "expired" : "released";
    }
    std::string text = outcome.disposition() == v1::DISPOSITION_REVIEW  ? "review"
                       : outcome.disposition() == v1::DISPOSITION_DELAY ? "delay"
                                                                        : absl::StrCat(outcome.disposition());
    for (const v1::AppliedRule& rule : outcome.rules()) {
      if (rule.effect() != v1::RULE_EFFECT_PERMIT) absl::StrAppend(&text, " ", rule.rule_id());
    }
    return text;
  }

  std::vector<std::string> Reasons(int64_t id) {
    std::vector<std::string> reasons;
    const std::vector<v1::Entry> entries = *store_->ListEntries(0, id, 1000);
    for (const v1::Entry& entry : entries) {
      reasons.insert(reasons.end(), entry.advanced().reasons().begin(), entry.advanced().reasons().end());
    }
    return reasons;
  }

  resultgate::testing::TempFolder folder_;
  resultgate::testing::SimulatedClock clock_{At(kFriday)};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Gate> gate_;
};

const std::string kReview = kRoutine + Together(TissueReview("3 business days"));

TEST_F(SameOrderTest, AReportThatComesLaterWaitsAlongAndGoesWithTheApproval) {
  Open(kReview);
  const int64_t tissue = Submit(Biopsy("O1"));
  const int64_t count = Submit(Cbc("O1"));
  const int64_t elsewhere = Submit(Cbc("O2"));
  EXPECT_EQ(State(tissue), "review tissue-review");
  EXPECT_EQ(State(count), "review tissue-review");
  EXPECT_EQ(State(elsewhere), "released");
  const v1::Outcome outcome = Get(count).decision().outcomes(0);
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (rule.effect() != v1::RULE_EFFECT_REVIEW) continue;
    EXPECT_EQ(rule.basis().citation(), "c (it holds another report of the same order)");
  }
  EXPECT_EQ(outcome.review().turns(0).owner().role(), "pathology-pool") << "every hold has an owner";
  Approve(tissue);
  EXPECT_EQ(State(tissue), "released");
  EXPECT_EQ(State(count), "released");
  EXPECT_THAT(Reasons(count), ElementsAre("no longer held along with another report of its order"));
}

TEST_F(SameOrderTest, AReportThatStillWaitsIsHeldByOneThatComesLaterAndWhatIsOutStaysOut) {
  Open(kReview + ImagingDelay("3 days"));
  const int64_t out = Submit(Cbc("O1"));
  v1::DiagnosticReport image = resultgate::testing::Report("O1", "36643-5");
  image.set_narrative("clear lungs");
  const int64_t imaging = Submit(image);
  EXPECT_EQ(State(out), "released");
  EXPECT_EQ(State(imaging), "delay imaging-delay");
  const int64_t tissue = Submit(Biopsy("O1"));
  EXPECT_EQ(State(out), "released") << "never held again";
  EXPECT_EQ(State(imaging), "review imaging-delay tissue-review");
  EXPECT_THAT(Reasons(imaging), ElementsAre("held along with another report of its order"));
  // The end of that hold leaves what holds it besides.
  Approve(tissue);
  EXPECT_EQ(State(imaging), "delay imaging-delay");
  AdvanceTo("2026-03-09T00:00:00-04:00");
  EXPECT_EQ(State(imaging), "released");
}

TEST_F(SameOrderTest, AFloorHoldsThemAllUntilItEnds) {
  Open(kRoutine + TissueDelay());
  clock_.Set(At("2026-03-06T14:30:00-05:00"));
  const int64_t tissue = Submit(Biopsy("O1"));
  clock_.Set(At(kFriday));
  const int64_t count = Submit(resultgate::testing::Later(Cbc("O1"), absl::Minutes(50)));
  EXPECT_EQ(State(count), "delay tissue-delay");
  // 72 hours from when the tissue was issued, not the count.
  AdvanceTo("2026-03-09T14:59:59-04:00");
  EXPECT_EQ(State(count), "delay tissue-delay");
  AdvanceTo("2026-03-09T15:00:00-04:00");
  EXPECT_EQ(State(tissue), "released");
  EXPECT_EQ(State(count), "released");
}

TEST_F(SameOrderTest, ExpiryLetsThemAllGo) {
  Open(kReview);
  const int64_t tissue = Submit(Biopsy("O1"));
  clock_.Set(At("2026-03-09T10:00:00-04:00"));
  const int64_t count = Submit(Cbc("O1"));
  AdvanceTo("2026-03-11T15:00:01-04:00");
  EXPECT_EQ(State(tissue), "expired");
  EXPECT_EQ(State(count), "released");
}

TEST_F(SameOrderTest, ACorrectionThatEndsTheHoldLetsTheOthersGo) {
  Open(kReview);
  const int64_t tissue = Submit(Biopsy("O1"));
  const int64_t count = Submit(Cbc("O1"));
  v1::DiagnosticReport wrong = resultgate::testing::Later(Biopsy("O1"), absl::Minutes(30));
  wrong.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  EXPECT_EQ(Submit(wrong), tissue);
  EXPECT_EQ(State(tissue), "closed");
  EXPECT_EQ(State(count), "released");
}

TEST_F(SameOrderTest, TwoThatHoldEachOtherDoNotWaitForEver) {
  Open(kReview + Together(ImagingReview()));
  const int64_t tissue = Submit(Biopsy("O1"));
  v1::DiagnosticReport image = resultgate::testing::Report("O1", "36643-5");
  image.set_narrative("clear lungs");
  const int64_t imaging = Submit(image);
  EXPECT_EQ(State(tissue), "review tissue-review") << "its own review ends no earlier";
  EXPECT_EQ(State(imaging), "review imaging-review tissue-review");
  Approve(imaging);
  EXPECT_EQ(State(imaging), "released");
  EXPECT_EQ(State(tissue), "review tissue-review");
  Approve(tissue);
  EXPECT_EQ(State(tissue), "released");
}

TEST_F(SameOrderTest, AnotherPatientUnderTheSameNumberIsNoneOfItsBusiness) {
  Open(kReview);
  v1::DiagnosticReport tissue = Biopsy("O1");
  tissue.mutable_order()->set_placer_order_number("P1");
  Submit(tissue);
  v1::DiagnosticReport other = Cbc("O7");
  other.set_sender("LAB|SOUTH");
  other.mutable_order()->set_placer_order_number("P1");
  EXPECT_EQ(State(Submit(other)), "review tissue-review") << "a placer's number counts across senders";
  other.mutable_order()->set_filler_order_number("O8");
  other.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  EXPECT_EQ(State(Submit(other)), "released");
}

TEST_F(SameOrderTest, AfterAMergeTheOtherNumberIsTheSamePatients) {
  Open(kReview);
  const int64_t tissue = Submit(Biopsy("O1"));
  v1::MergePatientsRequest merge;
  merge.set_actor("him-1");
  *merge.mutable_survivor() = Biopsy("O1").patient().identifiers(0);
  *merge.mutable_merged() = merge.survivor();
  merge.mutable_merged()->set_value("p2");
  std::promise<absl::Status> merged;
  gate_->MergePatients(merge, [&merged](const auto& response) { merged.set_value(response.status()); });
  ASSERT_TRUE(merged.get_future().get().ok());
  v1::DiagnosticReport count = Cbc("O1");
  count.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  const int64_t blood = Submit(count);
  EXPECT_EQ(State(blood), "review tissue-review");
  Approve(tissue);
  EXPECT_EQ(State(blood), "released");
}

TEST_F(SameOrderTest, DecidingAnewLetsNothingGoThatWaitsAlong) {
  Open(kReview);
  Submit(Biopsy("O1"));
  const int64_t count = Submit(Cbc("O1"));
  v1::ActivatePackRequest activate;
  *activate.mutable_files() = MakePack(kRoutine + Together(TissueReview("5 business days")));
  activate.set_approver("approver-1");
  ASSERT_TRUE(gate_->ActivatePack(activate).ok());
  v1::RedecideHeldRequest redecide;
  redecide.set_actor("approver-1");
  redecide.set_release_held(0);
  const auto redecided = gate_->RedecideHeld(redecide);
  ASSERT_TRUE(redecided.ok()) << redecided.status();
  EXPECT_EQ(State(count), "review tissue-review");
}

}  // namespace
}  // namespace resultgate::gate
