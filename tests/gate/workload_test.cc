// What reviews cost, and what patients wrote, as the log has it.
#include "server/gate/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "tests/gate/review_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOrderer[] = "1234567893";
constexpr char kMarch[] = "2026-03-01T00:00:00-05:00";

v1::GetWorkloadResponse WorkloadOf(ReviewGate& gate, const std::string& since,
                                   const std::vector<v1::WorkloadDimension>& group_by = {}, const std::string& until = "") {
  v1::GetWorkloadRequest request;
  for (const v1::WorkloadDimension dimension : group_by) request.add_group_by(dimension);
  *request.mutable_since() = base::ToProto(At(since));
  if (!until.empty()) *request.mutable_until() = base::ToProto(At(until));
  auto response = gate.gate().GetWorkload(request);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? *response : v1::GetWorkloadResponse();
}

const v1::WorkloadRow* RowOf(const v1::GetWorkloadResponse& workload, const std::string& pool, const std::string& clinician,
                             const std::string& week) {
  for (const v1::WorkloadRow& row : workload.rows()) {
    if (row.rule_id() == "biopsy-review" && row.pool() == pool && row.clinician() == clinician && row.week() == week &&
        row.template_id().empty()) {
      return &row;
    }
  }
  return nullptr;
}

// What is in the rows but for weeks: `rule/pool/clinician: reviews, overdue, escalations, expired`.
std::vector<std::string> TurnsOf(const Workload& workload) {
  std::vector<std::string> lines;
  for (const v1::WorkloadRow& row : workload.Rows()) {
    lines.push_back(absl::StrCat(row.rule_id(), "/", row.pool(), "/", row.clinician(), ": ", row.reviews(), ", ", row.overdue(),
                                 ", ", row.escalations(), ", ", row.expired()));
  }
  return lines;
}

absl::Status Write(ReviewGate& gate, int64_t id, const std::string& message_id) {
  v1::RecordMessageRequest message;
  message.set_result_id(id);
  message.set_message_id(message_id);
  message.set_category("question");
  return gate.Call(&Gate::RecordMessage, message).status();
}

absl::Status Claim(ReviewGate& gate, int64_t id, const std::string& who = kOrderer) {
  return gate.Call(&Gate::Claim, gate.About<v1::ClaimReviewRequest>(id, who)).status();
}

absl::Status Approve(ReviewGate& gate, int64_t id, const std::string& who = kOrderer) {
  v1::ApproveReviewRequest approval = gate.About<v1::ApproveReviewRequest>(id, who);
  approval.set_version(1);
  return gate.Call(&Gate::Approve, approval).status();
}

TEST(WorkloadTest, CountsMinutesTurnsAndExpiriesByRulePoolClinicianAndWeek) {
  ReviewGate gate;
  const int64_t first = gate.Submit(Biopsy("F1"));
  gate.Submit(Biopsy("F2"));
  ASSERT_EQ(Claim(gate, first), absl::OkStatus());
  gate.clock().Advance(absl::Minutes(7));
  ASSERT_EQ(Approve(gate, first), absl::OkStatus());
  gate.AdvanceTo("2026-03-09T15:30:00-04:00");  // the turn passes on
  gate.AdvanceTo("2026-03-11T15:10:00-04:00");  // the review expires

  const v1::GetWorkloadResponse workload = WorkloadOf(gate, kMarch);
  const v1::WorkloadRow* reviewed = RowOf(workload, "ordering-provider", kOrderer, "2026-03-02");
  ASSERT_NE(reviewed, nullptr) << workload.DebugString();
  EXPECT_EQ(reviewed->reviews(), 1);
  EXPECT_EQ(reviewed->claimed(), 1);
  EXPECT_EQ(reviewed->review_minutes(), 7);
  EXPECT_EQ(reviewed->waiting_minutes(), 7);
  const v1::WorkloadRow* passed = RowOf(workload, "ordering-provider", kOrderer, "2026-03-09");
  ASSERT_NE(passed, nullptr) << "the turn was the orderer's, and nobody else's: " << workload.DebugString();
  EXPECT_EQ(passed->overdue(), 1);
  EXPECT_EQ(passed->expired(), 0);
  const v1::WorkloadRow* expired = RowOf(workload, "pathology-pool", "", "2026-03-09");
  ASSERT_NE(expired, nullptr) << workload.DebugString();
  EXPECT_EQ(expired->overdue(), 0);
  EXPECT_EQ(expired->expired(), 1);
  EXPECT_THAT(WorkloadOf(gate, "2026-03-12T00:00:00-04:00").rows(), IsEmpty());
  EXPECT_THAT(WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_WEEK}, "2026-03-09T00:00:00-04:00").rows(), SizeIs(1))
      << "before that week";

  // Two rules asked for that one review.
  const v1::GetWorkloadResponse by_clinician = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_CLINICIAN});
  ASSERT_THAT(by_clinician.rows(), SizeIs(2)) << by_clinician.DebugString();
  EXPECT_EQ(by_clinician.rows(1).clinician(), kOrderer);
  EXPECT_EQ(by_clinician.rows(1).reviews(), 1);
  EXPECT_EQ(by_clinician.rows(1).overdue(), 1);
  EXPECT_EQ(by_clinician.rows(1).rule_id(), "");
}

TEST(WorkloadTest, ATurnIsWhoClaimedItOrGotIt) {
  ReviewGate gate;
  const int64_t claimed = gate.Submit(Biopsy("F1"));
  v1::HandOverReviewRequest hand_over = gate.About<v1::HandOverReviewRequest>(claimed);
  hand_over.mutable_to()->mutable_person()->set_value("1987654321");
  hand_over.set_reason("away");
  ASSERT_TRUE(gate.Call(&Gate::HandOver, hand_over).ok());
  gate.AdvanceTo("2026-03-09T15:30:00-04:00");
  ASSERT_EQ(Claim(gate, claimed, "D103"), absl::OkStatus());
  gate.AdvanceTo("2026-03-11T15:10:00-04:00");
  const v1::GetWorkloadResponse by_clinician = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_CLINICIAN});
  ASSERT_THAT(by_clinician.rows(), SizeIs(2)) << by_clinician.DebugString();
  EXPECT_EQ(by_clinician.rows(0).clinician(), "1987654321");
  EXPECT_EQ(by_clinician.rows(0).overdue(), 1);
  EXPECT_EQ(by_clinician.rows(1).clinician(), "D103");
  EXPECT_EQ(by_clinician.rows(1).expired(), 1);
}

TEST(WorkloadTest, ATurnIsWhoStoodInWhenItEnded) {
  ReviewGate gate;
  gate.Submit(Biopsy("F1"));
  v1::PutOwnerRequest put;
  put.set_actor("staff-office");
  v1::DirectoryOwner* owner = put.mutable_owner();
  owner->set_id(kOrderer);
  owner->set_kind(v1::OWNER_KIND_CLINICIAN);
  v1::Absence* absence = owner->add_absences();
  *absence->mutable_from() = base::ToProto(At("2026-03-06T00:00:00-05:00"));
  *absence->mutable_until() = base::ToProto(At("2026-03-10T00:00:00-04:00"));
  absence->set_delegate("dr-2");
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, put).ok());
  gate.AdvanceTo("2026-03-09T15:30:00-04:00");
  owner->set_left(true);  // since then
  ASSERT_TRUE(gate.Call(&Gate::PutOwner, put).ok());
  const v1::GetWorkloadResponse by_clinician = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_CLINICIAN});
  ASSERT_THAT(by_clinician.rows(), SizeIs(1)) << by_clinician.DebugString();
  EXPECT_EQ(by_clinician.rows(0).clinician(), "dr-2");
  EXPECT_EQ(by_clinician.rows(0).overdue(), 1);
}

TEST(WorkloadTest, WhatWasClaimedBeforeTheTimeThatIsAskedForCountsItsMinutes) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  ASSERT_EQ(Claim(gate, id), absl::OkStatus());
  gate.AdvanceTo("2026-03-09T10:00:00-04:00");
  ASSERT_EQ(Approve(gate, id), absl::OkStatus());
  const v1::GetWorkloadResponse workload = WorkloadOf(gate, "2026-03-09T00:00:00-04:00", {v1::WORKLOAD_DIMENSION_WEEK});
  ASSERT_THAT(workload.rows(), SizeIs(1)) << workload.DebugString();
  EXPECT_EQ(workload.rows(0).claimed(), 1);
  EXPECT_EQ(workload.rows(0).review_minutes(), 66 * 60) << "from Friday 15:00 on; clocks went forward";
}

TEST(WorkloadTest, MessagesAreCountedToTheRuleAndTheTemplateOfWhatWentAtOnce) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Cbc("F1"));
  for (const char* message : {"m1", "m2", "m3", "m3"}) ASSERT_EQ(Write(gate, id, message), absl::OkStatus());

  const v1::GetWorkloadResponse by_template = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_TEMPLATE});
  ASSERT_THAT(by_template.rows(), SizeIs(1)) << by_template.DebugString();
  std::string shown;
  for (const v1::Entry& entry : gate.Entries(id)) {
    if (entry.has_decided()) shown = entry.decided().releases(0).template_id();
  }
  ASSERT_FALSE(shown.empty());
  EXPECT_EQ(by_template.rows(0).template_id(), shown);
  EXPECT_EQ(by_template.rows(0).messages(), 3) << "told twice, counted once";
  EXPECT_EQ(by_template.rows(0).rule_id(), "");

  const v1::GetWorkloadResponse by_rule = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_RULE});
  ASSERT_THAT(by_rule.rows(), SizeIs(1)) << by_rule.DebugString();
  EXPECT_EQ(by_rule.rows(0).rule_id(), "routine-laboratory-release");
  EXPECT_EQ(by_rule.rows(0).messages(), 3);
  EXPECT_EQ(by_rule.rows(0).reviews(), 0);

  const v1::GetWorkloadResponse by_week = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_WEEK});
  ASSERT_THAT(by_week.rows(), SizeIs(1)) << by_week.DebugString();
  EXPECT_EQ(by_week.rows(0).messages(), 3);
}

TEST(WorkloadTest, AMessageIsCountedToTheTemplateThatStoodWhenItCame) {
  ReviewGate gate;
  const int64_t id = gate.Submit(Biopsy("F1"));
  ASSERT_EQ(Write(gate, id, "where is it?"), absl::OkStatus());
  v1::GetWorkloadResponse by_template = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_TEMPLATE});
  ASSERT_THAT(by_template.rows(), SizeIs(1)) << by_template.DebugString();
  EXPECT_EQ(by_template.rows(0).template_id(), "") << "nothing was shown";
  ASSERT_EQ(Approve(gate, id), absl::OkStatus());
  ASSERT_EQ(Write(gate, id, "what is it?"), absl::OkStatus());
  by_template = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_TEMPLATE});
  ASSERT_THAT(by_template.rows(), SizeIs(2)) << by_template.DebugString();
  EXPECT_EQ(by_template.rows(0).messages(), 1);
  EXPECT_EQ(by_template.rows(0).reviews(), 1) << "reviews have no template";
  EXPECT_NE(by_template.rows(1).template_id(), "");
  EXPECT_EQ(by_template.rows(1).messages(), 1);
  const v1::GetWorkloadResponse by_rule = WorkloadOf(gate, kMarch, {v1::WORKLOAD_DIMENSION_RULE});
  int messages = 0;
  for (const v1::WorkloadRow& row : by_rule.rows()) {
    if (row.rule_id() == "biopsy-review") messages += row.messages();
  }
  EXPECT_EQ(messages, 2) << by_rule.DebugString();
}

// A result on its way through the log, without a gate.
class Entries {
 public:
  // Its outcomes as they are decided.
  explicit Entries(std::vector<v1::Outcome> outcomes) {
    v1::Entry& entry = Add(At(testing::kFriday));
    entry.mutable_decided()->mutable_decision();
    for (v1::Outcome& outcome : outcomes) *entry.mutable_decided()->mutable_decision()->add_outcomes() = std::move(outcome);
  }

  v1::Entry& Add(absl::Time time) {
    v1::Entry& entry = entries_.emplace_back();
    entry.set_sequence(static_cast<int64_t>(entries_.size()));
    entry.set_result_id(1);
    *entry.mutable_time() = base::ToProto(time);
    return entry;
  }

  std::vector<std::string> Turns() const {
    Workload workload(absl::UTCTimeZone(), absl::InfinitePast(), absl::InfiniteFuture(),
                      std::vector<v1::WorkloadDimension>{v1::WORKLOAD_DIMENSION_RULE, v1::WORKLOAD_DIMENSION_POOL,
                                                         v1::WORKLOAD_DIMENSION_CLINICIAN});
    workload.Add(entries_);
    return TurnsOf(workload);
  }

 private:
  std::vector<v1::Entry> entries_;
};

// Waits for dr-1 a day, then for the pool another one; asked for by the rule of the same name.
v1::Outcome Waits(const std::string& unit, const std::string& rule) {
  const absl::Time start = At(testing::kFriday);
  v1::Outcome outcome;
  outcome.add_unit_ids(unit);
  outcome.add_audiences(v1::AUDIENCE_PATIENT);
  outcome.set_disposition(v1::DISPOSITION_REVIEW);
  outcome.set_state(v1::OUTCOME_STATE_HELD);
  v1::AppliedRule* applied = outcome.add_rules();
  applied->set_rule_id(rule);
  applied->set_effect(v1::RULE_EFFECT_REVIEW);
  v1::Review* review = outcome.mutable_review();
  *review->mutable_started_at() = base::ToProto(start);
  v1::ReviewTurn* turn = review->add_turns();
  turn->mutable_owner()->set_role("ordering-provider");
  turn->mutable_owner()->mutable_person()->set_value("dr-1");
  *turn->mutable_until() = base::ToProto(start + absl::Hours(24));
  turn = review->add_turns();
  turn->mutable_owner()->set_role("pool");
  *turn->mutable_until() = base::ToProto(start + absl::Hours(48));
  *review->mutable_expires_at() = turn->until();
  *outcome.mutable_due_at() = review->turns(0).until();
  return outcome;
}

TEST(WorkloadTest, OfWhatMovesOnAtOnceOnlyTheReviewWhoseTurnEndedIsOverdue) {
  v1::Outcome delayed = Waits("b", "second");
  delayed.mutable_review()->mutable_turns(0)->mutable_owner()->mutable_person()->set_value("dr-2");
  *delayed.mutable_review()->mutable_approved_at() = base::ToProto(At(testing::kFriday));
  delayed.set_disposition(v1::DISPOSITION_DELAY);
  Entries entries({Waits("a", "first"), delayed});
  v1::Entry& entry = entries.Add(At(testing::kFriday) + absl::Hours(24));
  v1::Outcome passed = Waits("a", "first");
  *passed.mutable_due_at() = passed.review().expires_at();
  *entry.mutable_advanced()->add_outcomes() = passed;
  delayed.set_state(v1::OUTCOME_STATE_RELEASED);
  *entry.mutable_advanced()->add_outcomes() = delayed;
  entry.mutable_advanced()->add_reasons("a: now waits for pool");
  entry.mutable_advanced()->add_reasons("b: the floor has passed");
  EXPECT_THAT(entries.Turns(), ElementsAre("first/ordering-provider/dr-1: 0, 1, 0, 0"));
}

TEST(WorkloadTest, AnEscalationAndAnOverrunAreTheLastOwners) {
  Entries entries({Waits("a", "rule")});
  v1::Outcome outcome = Waits("a", "rule");
  // Both turns were over before anybody looked.
  outcome.mutable_review()->set_escalated(true);
  outcome.mutable_review()->mutable_turns()->DeleteSubrange(1, 1);
  outcome.mutable_review()->mutable_turns(0)->mutable_owner()->mutable_person()->set_value("director");
  *outcome.mutable_review()->mutable_expires_at() = base::ToProto(At(testing::kFriday) + absl::Hours(72));
  *outcome.mutable_review()->mutable_turns(0)->mutable_until() = outcome.review().expires_at();
  *outcome.mutable_due_at() = outcome.review().expires_at();
  *entries.Add(At(testing::kFriday) + absl::Hours(48)).mutable_advanced()->add_outcomes() = outcome;
  EXPECT_THAT(entries.Turns(), ElementsAre("rule/ordering-provider/dr-1: 0, 1, 0, 0", "rule/pool/: 0, 0, 1, 0"));
  outcome.mutable_review()->set_overruns(1);
  *outcome.mutable_review()->mutable_expires_at() = base::ToProto(At(testing::kFriday) + absl::Hours(96));
  *outcome.mutable_review()->mutable_turns(0)->mutable_until() = outcome.review().expires_at();
  *entries.Add(At(testing::kFriday) + absl::Hours(72)).mutable_advanced()->add_outcomes() = outcome;
  EXPECT_THAT(entries.Turns(), ElementsAre("rule/ordering-provider/director: 0, 1, 0, 0",
                                           "rule/ordering-provider/dr-1: 0, 1, 0, 0", "rule/pool/: 0, 0, 1, 0"));
}

TEST(WorkloadTest, AReviewExpiresOnceThoughItsUnitGoesLater) {
  Entries entries({Waits("a", "rule"), Waits("document", "rule")});
  v1::Outcome outcome = Waits("a", "rule");
  outcome.add_unit_ids("document");
  outcome.set_released_unreviewed(true);
  outcome.set_disposition(v1::DISPOSITION_RELEASE);
  outcome.clear_due_at();
  *entries.Add(At(testing::kFriday) + absl::Hours(48)).mutable_advanced()->add_outcomes() = outcome;
  outcome.set_state(v1::OUTCOME_STATE_RELEASED);
  *entries.Add(At(testing::kFriday) + absl::Hours(50)).mutable_advanced()->add_outcomes() = outcome;
  EXPECT_THAT(entries.Turns(), ElementsAre("rule/ordering-provider/dr-1: 0, 1, 0, 0", "rule/pool/: 0, 0, 0, 1"));
}

TEST(WorkloadTest, TheFirstOfTwoVoicesEndsNoReview) {
  v1::Outcome outcome = Waits("a", "quarantine");
  outcome.set_disposition(v1::DISPOSITION_QUARANTINE);
  Entries entries({outcome});
  outcome.mutable_review()->set_approved_by("him-1");
  v1::Entry& first = entries.Add(At(testing::kFriday) + absl::Hours(1));
  first.set_actor("him-1");
  *first.mutable_approved()->add_outcomes() = outcome;
  EXPECT_THAT(entries.Turns(), IsEmpty());
  v1::Entry& second = entries.Add(At(testing::kFriday) + absl::Hours(2));
  second.set_actor("him-2");
  *second.mutable_approved()->add_outcomes() = Waits("a", "rule");
  EXPECT_THAT(entries.Turns(), ElementsAre("quarantine/ordering-provider/him-2: 1, 0, 0, 0"));
}

}  // namespace
}  // namespace resultgate::gate
