// What follows from it that a clinician has discussed a result with its patient, through the gate on a real database.
#include "server/gate/discussion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/gate/replay_log.h"
#include "server/gate/stored_check.h"
#include "server/store/sqlite/log_file.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::scenario::BareGate;
using ::resultgate::testing::AddObservation;
using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kReviewer[] = "1234567893";

// Nobody reads of tissue for ten days, unless somebody has talked to the patient.
constexpr char kTellFirst[] =
    "  - {id: tell-first, title: t, match: {codes: [tissue]}, when: \"!has(order.discussed_at)\", then: {delay: 10 days}, "
    "lifted_by: [patient], basis: {type: organization-policy, citation: c}}\n";

v1::PackFiles Pack(const std::string& more = "") {
  return MakePack(absl::StrCat(kRoutine, TissueReview("3 business days"), kTellFirst, more));
}

v1::ApproveReviewRequest Approval(BareGate& gate, int64_t id, const std::string& how, const std::string& unit = "") {
  v1::GetReviewRequest about;
  about.set_result_id(id);
  v1::ApproveReviewRequest request;
  request.set_result_id(id);
  request.set_version(1);
  request.set_etag(gate.gate().GetReview(about)->etag());
  request.set_reviewer(kReviewer);
  request.set_discussed_how(how);
  if (!unit.empty()) request.add_unit_ids(unit);
  return request;
}

v1::Result Standing(BareGate& gate, int64_t id) {
  const auto result = gate.store().FindResult(id);
  EXPECT_TRUE(result.ok() && result->has_value());
  return **result;
}

// How it stands with each unit for the patient.
std::map<std::string, v1::Outcome> Units(BareGate& gate, int64_t id) {
  std::map<std::string, v1::Outcome> units;
  const v1::Result result = Standing(gate, id);
  for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
    if (cell.audience == v1::AUDIENCE_PATIENT) units[cell.unit_id] = cell.outcome;
  }
  return units;
}

void ExpectSound(BareGate& gate) {
  gate.Stop();
  const auto log = store::OpenLogFile(gate.database());
  ASSERT_TRUE(log.ok()) << log.status();
  const auto replay = ReplayLog(**log, {}, nullptr);
  ASSERT_TRUE(replay.ok()) << replay.status();
  for (const auto* list : {&replay->differences, &replay->missing}) {
    for (const Replayed& replayed : *list) {
      for (const std::string& detail : replayed.details)
        ADD_FAILURE() << replayed.sequence << " " << replayed.kind << ": " << detail;
    }
  }
  const auto stored = CheckStored(**log, nullptr);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT(stored->findings, IsEmpty());
}

TEST(DiscussionTest, WhatWasDiscussedDoesNotWaitForTheDiscussion) {
  BareGate gate(Pack());
  const int64_t id = gate.Submit(Biopsy("F1")).result_id();
  const v1::ApproveReviewResponse approved = gate.Ask(&Gate::Approve, Approval(gate, id, "by telephone"));
  EXPECT_THAT(approved.comments(), Not(IsEmpty()));
  const v1::Outcome outcome = Units(gate, id)["document"];
  EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_RELEASED) << outcome.DebugString();
  EXPECT_EQ(outcome.review().approved_by(), kReviewer);
  EXPECT_FALSE(outcome.has_not_before());
  EXPECT_FALSE(outcome.released_unreviewed());
  EXPECT_EQ(gate.Releases().size(), 1u);
  ExpectSound(gate);
}

TEST(DiscussionTest, ADiscussionEndsAWaitThatNobodyReviews) {
  BareGate gate(Pack());
  const int64_t id = gate.Submit(Biopsy("F1")).result_id();
  gate.Ask(&Gate::Approve, Approval(gate, id, ""));
  ASSERT_EQ(Units(gate, id)["document"].disposition(), v1::DISPOSITION_DELAY);
  gate.MoveTo(At("2026-03-09T10:00:00-04:00"));
  gate.Ask(&Gate::Approve, Approval(gate, id, "in person"));
  const v1::Outcome outcome = Units(gate, id)["document"];
  EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_RELEASED) << outcome.DebugString();
  EXPECT_EQ(base::FromProto(outcome.review().approved_at()), At("2026-03-06T15:00:00-05:00")) << "as it was";
  v1::GetReviewRequest about;
  about.set_result_id(id);
  const auto review = gate.gate().GetReview(about);
  ASSERT_EQ(review->history_size(), 2);
  EXPECT_EQ(review->history(1).what(), "discussed");
  ExpectSound(gate);
}

TEST(DiscussionTest, AFactIsKeptWhereItEndsNothing) {
  BareGate gate(Pack(absl::StrCat(ImagingDelay("5 days"))));
  v1::DiagnosticReport image = resultgate::testing::Report("F1", "36643-5");
  AddObservation(&image, "36643-5", "1");
  const int64_t id = gate.Submit(image).result_id();
  gate.Ask(&Gate::Approve, Approval(gate, id, "by telephone"));
  EXPECT_EQ(Units(gate, id)["36643-5"].disposition(), v1::DISPOSITION_DELAY) << "the rule asks for no discussion";
  EXPECT_EQ(Standing(gate, id).discussed_how(), "by telephone");
  gate.MoveTo(At("2026-03-12T10:00:00-04:00"));
  ASSERT_EQ(Units(gate, id)["36643-5"].state(), v1::OUTCOME_STATE_RELEASED);
  std::promise<absl::Status> promise;
  gate.gate().Approve(Approval(gate, id, "by telephone"),
                      [&promise](const auto& response) { promise.set_value(response.status()); }, {});
  EXPECT_EQ(promise.get_future().get().code(), absl::StatusCode::kFailedPrecondition) << "nothing waits for anything";
  ExpectSound(gate);
}

// What is not approved goes on waiting for its review, and an earlier wait than one for a discussion stays.
TEST(DiscussionTest, ADiscussionApprovesNothingByItself) {
  BareGate gate(
      Pack("  - {id: image-first, title: t, match: {codes: [imaging]}, when: \"!has(order.discussed_at)\", then: {release: now, "
           "delay: "
           "10 days}, lifted_by: [patient], basis: {type: organization-policy, citation: c}}\n"
           "  - {id: image, title: t, match: {codes: [imaging]}, then: {release: now}}\n"
           "  - {id: always, title: t, match: {codes: [tissue]}, then: {delay: 2 days}, lifted_by: [patient], basis: {type: "
           "organization-policy, citation: c}}\n"));
  v1::DiagnosticReport report = resultgate::testing::Report("F1", "24604-1");
  AddObservation(&report, "36643-5", "1");
  AddObservation(&report, "60567-5", "1");
  const int64_t id = gate.Submit(report).result_id();
  ASSERT_EQ(Units(gate, id)["60567-5"].disposition(), v1::DISPOSITION_REVIEW);
  gate.Ask(&Gate::Approve, Approval(gate, id, "by telephone", "36643-5"));
  std::map<std::string, v1::Outcome> units = Units(gate, id);
  EXPECT_EQ(units["36643-5"].state(), v1::OUTCOME_STATE_RELEASED) << units["36643-5"].DebugString();
  EXPECT_EQ(units["60567-5"].disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_FALSE(units["60567-5"].review().has_approved_at());
  EXPECT_EQ(base::FromProto(units["60567-5"].not_before()), At("2026-03-08T00:00:00-05:00")) << "not ten days any more";
  ExpectSound(gate);
}

}  // namespace
}  // namespace resultgate::gate
