// What reviews keep of their time after the gate was down, on a real database.
#include "server/gate/downtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/gate/replay_log.h"
#include "server/gate/stored_check.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"
#include "server/store/sqlite/log_file.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::scenario::BareGate;
using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSoon[] = "the gate was down and the review would expire soon: pathology-pool keeps four staffed hours";

v1::PackFiles Pack(const std::string& more = "") {
  return MakePack(absl::StrCat(kRoutine, TissueReview("3 business days"), more));
}

v1::Outcome Standing(BareGate& gate, int64_t id) {
  const auto result = gate.store().FindResult(id);
  EXPECT_TRUE(result.ok() && result->has_value());
  return (*result)->decision().outcomes(0);
}

// It wrote last at `from`, and is up again at `until`.
void BeDown(BareGate& gate, const std::string& from, const std::string& until) {
  gate.MoveTo(At(from));
  gate.Submit(Cbc(absl::StrCat("before ", until)));
  gate.Stop();
  gate.clock().Set(At(until));
  gate.Restart();
  gate.Settle();
  // The writer looks at what is due after each of these.
  for (int i = 0; i < 3; ++i) gate.Acknowledge({});
}

std::vector<std::string> Reasons(BareGate& gate, int64_t id) {
  std::vector<std::string> reasons;
  const auto entries = gate.store().ListEntries(0, id, 1000);
  EXPECT_TRUE(entries.ok()) << entries.status();
  for (const v1::Entry& entry : *entries) {
    reasons.insert(reasons.end(), entry.advanced().reasons().begin(), entry.advanced().reasons().end());
  }
  return reasons;
}

void ExpectSound(BareGate& gate) {
  gate.Stop();
  const auto log = store::OpenLogFile(gate.database());
  ASSERT_TRUE(log.ok()) << log.status();
  const auto replay = ReplayLog(**log, {}, nullptr);
  ASSERT_TRUE(replay.ok()) << replay.status();
  for (const Replayed& replayed : replay->differences) {
    for (const std::string& detail : replayed.details)
      ADD_FAILURE() << replayed.sequence << " " << replayed.kind << ": " << detail;
  }
  const auto stored = CheckStored(**log, nullptr);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT(stored->findings, IsEmpty());
}

// A review that ends on Wednesday at three in the afternoon, of a gate that nobody could ask since Monday.
TEST(DowntimeTest, AReviewThatWouldEndSoonKeepsFourStaffedHoursOnce) {
  BareGate gate(Pack());
  const int64_t id = gate.Submit(Biopsy("F1")).result_id();
  ASSERT_EQ(base::FromProto(Standing(gate, id).review().expires_at()), At("2026-03-11T15:00:00-04:00"));
  BeDown(gate, "2026-03-09T10:00:00-04:00", "2026-03-11T14:55:00-04:00");
  // Until five on that day, and from eight on the next one.
  const absl::Time until = At("2026-03-12T09:55:00-04:00");
  EXPECT_EQ(base::FromProto(Standing(gate, id).review().expires_at()), until);
  EXPECT_EQ(base::FromProto(Standing(gate, id).due_at()), until);
  EXPECT_TRUE(Standing(gate, id).review().extended_after_downtime());
  ASSERT_FALSE(Reasons(gate, id).empty());
  EXPECT_THAT(Reasons(gate, id).back(), HasSubstr(kSoon));

  BeDown(gate, "2026-03-11T16:00:00-04:00", "2026-03-12T09:50:00-04:00");
  EXPECT_EQ(base::FromProto(Standing(gate, id).review().expires_at()), until) << "once";
  gate.MoveTo(until);
  EXPECT_EQ(Standing(gate, id).state(), v1::OUTCOME_STATE_RELEASED);
  EXPECT_TRUE(Standing(gate, id).released_unreviewed());
  ExpectSound(gate);
}

TEST(DowntimeTest, SoDoesOneThatEndedJustBefore) {
  BareGate gate(Pack());
  const int64_t id = gate.Submit(Biopsy("F1")).result_id();
  BeDown(gate, "2026-03-09T10:00:00-04:00", "2026-03-11T15:05:00-04:00");
  EXPECT_EQ(Standing(gate, id).state(), v1::OUTCOME_STATE_HELD);
  EXPECT_EQ(base::FromProto(Standing(gate, id).review().expires_at()), At("2026-03-12T10:05:00-04:00"));
  ExpectSound(gate);
}

// A rule of their own held it from relatives, and a correction ends that: they do not see it before the patient (I8).
TEST(DowntimeTest, ItsHoursAreKeptForRelativesToWhomACorrectionLeavesThePatientsReviewAlone) {
  BareGate gate(
      Pack("  - id: a-relatives\n    title: t\n    audiences: [representative, delegate]\n"
           "    match: {codes: [tissue], status: [final]}\n    then:\n"
           "      review: {owners: [records], each: 1 business day, expires: 2 business days, on_expiry: release}\n"
           "    basis: {type: privacy, citation: c}\n"));
  const int64_t id = gate.Submit(Biopsy("F1")).result_id();
  BeDown(gate, "2026-03-09T10:00:00-04:00", "2026-03-11T14:55:00-04:00");
  gate.MoveTo(At("2026-03-11T15:05:00-04:00"));
  v1::DiagnosticReport corrected = resultgate::testing::Later(Biopsy("F1"), absl::Hours(1));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  gate.Submit(corrected);
  const absl::Time until = At("2026-03-12T09:55:00-04:00");
  const auto ends = [&](v1::Audience audience) {
    const auto result = gate.store().FindResult(id);
    const v1::Outcome* outcome = policy::OutcomeOf(&(*result)->decision(), policy::kDocument, audience);
    EXPECT_EQ(outcome->state(), v1::OUTCOME_STATE_HELD) << v1::Audience_Name(audience);
    EXPECT_EQ(outcome->due_at().seconds(), outcome->review().expires_at().seconds());
    return base::FromProto(outcome->review().expires_at());
  };
  EXPECT_EQ(ends(v1::AUDIENCE_PATIENT), until);
  EXPECT_EQ(ends(v1::AUDIENCE_REPRESENTATIVE), until);
  EXPECT_EQ(ends(v1::AUDIENCE_DELEGATE), until);
  ExpectSound(gate);
}

TEST(DowntimeTest, NoHoursArePastACeiling) {
  // On Wednesday at four in the afternoon.
  BareGate gate(
      Pack("  - {id: by-law, title: t, match: {codes: [tissue]}, then: {deadline: {within: 121 h, duty: release}}, basis: {type: "
           "privacy, citation: c}}\n"));
  const int64_t id = gate.Submit(Biopsy("F1")).result_id();
  const absl::Time ceiling = At("2026-03-11T16:00:00-04:00");
  ASSERT_EQ(base::FromProto(Standing(gate, id).not_after()), ceiling);
  BeDown(gate, "2026-03-09T10:00:00-04:00", "2026-03-11T14:55:00-04:00");
  EXPECT_EQ(base::FromProto(Standing(gate, id).review().expires_at()), ceiling);
  gate.MoveTo(ceiling);
  EXPECT_EQ(Standing(gate, id).state(), v1::OUTCOME_STATE_RELEASED);
  ExpectSound(gate);
}

TEST(DowntimeTest, AGateThatWasNotMissedGivesNothing) {
  BareGate gate(MakePack(absl::StrCat(kRoutine,
                                      "  - id: tissue-review\n    title: t\n    match: {codes: [tissue]}\n    then:\n"
                                      "      review: {owners: [pathology-pool], each: 67 h, expires: 67 h, on_expiry: release}\n"
                                      "    basis: {type: organization-policy, citation: c}\n")));
  const int64_t id = gate.Submit(Biopsy("F1")).result_id();
  const absl::Time ends = At("2026-03-09T11:00:00-04:00");
  ASSERT_EQ(base::FromProto(Standing(gate, id).review().expires_at()), ends);
  BeDown(gate, "2026-03-06T16:55:00-05:00", "2026-03-09T08:05:00-04:00");
  EXPECT_EQ(base::FromProto(Standing(gate, id).review().expires_at()), ends) << "nobody was there but for ten minutes";
  EXPECT_THAT(Reasons(gate, id), IsEmpty());
  ExpectSound(gate);
}

TEST(DowntimeTest, WhatTimeDoesNotReleaseAndWhatEscalatesKeepsItsTimes) {
  BareGate gate(Pack());
  v1::DiagnosticReport unknown = resultgate::testing::Report("F1", "99999-9");
  resultgate::testing::AddObservation(&unknown, "99999-9", "1");
  const int64_t escalates = gate.Submit(unknown).result_id();
  v1::DiagnosticReport preliminary = Biopsy("F2");
  preliminary.set_status(v1::RESULT_STATUS_PRELIMINARY);
  const int64_t not_final = gate.Submit(preliminary).result_id();
  const absl::Time ends = base::FromProto(Standing(gate, escalates).review().expires_at());
  ASSERT_EQ(ends, At("2026-03-10T15:00:00-04:00"));
  BeDown(gate, "2026-03-09T10:00:00-04:00", "2026-03-10T14:55:00-04:00");
  for (const int64_t id : {escalates, not_final}) {
    EXPECT_EQ(base::FromProto(Standing(gate, id).review().expires_at()), ends) << id;
    EXPECT_FALSE(Standing(gate, id).review().extended_after_downtime()) << id;
  }
  ExpectSound(gate);
}

}  // namespace
}  // namespace resultgate::gate
