// Whose word an approval is where others review what those who see for the patient may see, on a real database.
#include "server/gate/approval.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/file_issue.h"
#include "server/base/proto_time.h"
#include "server/gate/review_turns.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack_files.h"
#include "server/policy/review_plan.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::scenario::BareGate;
using ::resultgate::testing::At;
using ::resultgate::testing::Cbc;

constexpr char kClinician[] = "1234567893";
constexpr char kNurse[] = "nurse-7";

// Two rules ask for a review of every blood count: `b-counts` for everybody, `relatives_id` for those who see for the patient.
v1::PackFiles Pack(const std::string& owners, const std::string& expires, const std::string& relatives_id,
                   const std::string& relatives_expire, const std::string& protocol = "") {
  return MakePack(
      absl::StrCat("  - id: b-counts\n    title: t\n    match: {codes: [routine]}\n    then:\n      review: {owners: [", owners,
                   "], each: 1 business day, expires: ", expires, ", on_expiry: release", protocol,
                   "}\n    basis: {type: organization-policy, citation: c}\n  - id: ", relatives_id,
                   "\n    title: t\n    audiences: [representative, delegate]\n    match: {codes: [routine]}\n    then:\n"
                   "      review: {owners: [records], each: 1 business day, expires: ",
                   relatives_expire, ", on_expiry: release}\n    basis: {type: privacy, citation: c}\n"),
      "author: author-1\n", "");
}

v1::Outcome Standing(BareGate& gate, int64_t id, v1::Audience audience) {
  const v1::Result result = **gate.store().FindResult(id);
  return *policy::OutcomeOf(&result.decision(), "718-7", audience);
}

std::string OwnerNow(BareGate& gate, int64_t id, v1::Audience audience = v1::AUDIENCE_DELEGATE) {
  const v1::Outcome outcome = Standing(gate, id, audience);
  if (outcome.state() != v1::OUTCOME_STATE_HELD) return "";
  return policy::CurrentTurn(outcome.review(), gate.clock().Now()).owner().role();
}

// A pool may decide of those who are forty or older.
v1::PackFiles WithProtocol() {
  return Pack("ordering-provider, results-pool", "3 business days", "relatives", "6 business days",
              ", protocol: {pool: pathology-pool, covers: \"age(patient) >= 40\", each: 4 h}");
}

void RecordNurse(BareGate& gate) {
  v1::PutOwnerRequest pool;
  pool.set_actor("staff-office");
  pool.mutable_owner()->set_id("pathology-pool");
  pool.mutable_owner()->set_kind(v1::OWNER_KIND_POOL);
  pool.mutable_owner()->add_members(kNurse);
  gate.Ask(&Gate::PutOwner, pool);
}

// The director is asked by the patient's rule, too, but a review of two days has no time left for it: that is nobody else.
TEST(ApprovalTest, WhoseTurnThePatientsReviewHadNoTimeForIsNobodyElse) {
  BareGate gate(Pack("ordering-provider, results-pool, director", "2 business days", "a-relatives", "6 business days"));
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  ASSERT_EQ(Standing(gate, id, v1::AUDIENCE_PATIENT).review().turns_size(), 2);
  ASSERT_EQ(Standing(gate, id, v1::AUDIENCE_DELEGATE).review().turns_size(), 4);
  ASSERT_TRUE(gate.Approve(id, 1, kClinician).ok());
  EXPECT_EQ(OwnerNow(gate, id, v1::AUDIENCE_PATIENT), "");
  EXPECT_EQ(OwnerNow(gate, id), "records") << "the turn that stands goes on";
  EXPECT_EQ(base::FromProto(Standing(gate, id, v1::AUDIENCE_DELEGATE).due_at()), At("2026-03-09T15:00:00-04:00"));
  ASSERT_TRUE(gate.Approve(id, 1, "records-1").ok());
  EXPECT_EQ(OwnerNow(gate, id), "");
}

// The others' turns are as long as the whole review: who was to come after them has what is left when they are done.
TEST(ApprovalTest, WhoHadNoTurnForLackOfTimeHasItOnceTheOthersHaveDecided) {
  BareGate gate(Pack("ordering-provider, results-pool, director", "3 business days", "relatives", "3 business days"));
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  ASSERT_EQ(Standing(gate, id, v1::AUDIENCE_DELEGATE).review().turns_size(), 3);
  ASSERT_TRUE(gate.Approve(id, 1, kClinician).ok());
  EXPECT_EQ(OwnerNow(gate, id, v1::AUDIENCE_PATIENT), "");
  EXPECT_EQ(OwnerNow(gate, id), "records") << "one owner's word is not another's";
  const v1::Outcome delegates = Standing(gate, id, v1::AUDIENCE_DELEGATE);
  EXPECT_EQ(base::FromProto(delegates.due_at()), At("2026-03-11T15:00:00-04:00"));
  EXPECT_EQ(base::FromProto(delegates.review().expires_at()), At("2026-03-11T15:00:00-04:00")) << "its end stays";
  gate.MoveTo(At("2026-03-11T15:00:00-04:00"));
  EXPECT_EQ(OwnerNow(gate, id), "") << "and comes";
}

TEST(ApprovalTest, APoolApprovesByItsProtocolWhatItsWordEndsAndNothingElse) {
  BareGate gate(WithProtocol());
  RecordNurse(gate);
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  ASSERT_EQ(OwnerNow(gate, id, v1::AUDIENCE_PATIENT), "pathology-pool");
  ASSERT_EQ(OwnerNow(gate, id), "ordering-provider") << "what relatives may see no protocol covers alone";
  const absl::Status approved = gate.Approve(id, 1, kNurse);
  ASSERT_TRUE(approved.ok()) << approved;
  EXPECT_EQ(OwnerNow(gate, id, v1::AUDIENCE_PATIENT), "");
  EXPECT_EQ(OwnerNow(gate, id), "records");
  EXPECT_EQ(gate.Approve(id, 1, kNurse).code(), absl::StatusCode::kFailedPrecondition) << "that is not theirs to say";
  EXPECT_EQ(OwnerNow(gate, id), "records");
}

TEST(ApprovalTest, APoolsTurnPassesOnWhenItsProtocolCoversTheResultNoMore) {
  BareGate gate(WithProtocol());
  RecordNurse(gate);
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  ASSERT_EQ(OwnerNow(gate, id, v1::AUDIENCE_PATIENT), "pathology-pool");
  const absl::Time ends = base::FromProto(Standing(gate, id, v1::AUDIENCE_PATIENT).review().expires_at());
  // The patient is younger than was said.
  v1::DiagnosticReport corrected = resultgate::testing::Later(Cbc("F1", "12.9"), absl::Minutes(5));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.mutable_patient()->set_birth_date("2000-05-04");
  ASSERT_EQ(gate.Submit(corrected).result_id(), id);
  EXPECT_EQ(OwnerNow(gate, id, v1::AUDIENCE_PATIENT), "ordering-provider");
  EXPECT_EQ(base::FromProto(Standing(gate, id, v1::AUDIENCE_PATIENT).review().expires_at()), ends) << "no clock is restarted";
  EXPECT_EQ(gate.Approve(id, 2, kNurse).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Standing(gate, id, v1::AUDIENCE_PATIENT).state(), v1::OUTCOME_STATE_HELD);
  EXPECT_TRUE(gate.Approve(id, 2, kClinician).ok());
}

// What people did with turns the rules do not know: who was asked first has handed it over, and is not asked again.
TEST(ApprovalTest, AHandedOverTurnDoesNotComeBack) {
  BareGate gate(Pack("ordering-provider", "3 business days", "a-relatives", "6 business days"));
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  ASSERT_EQ(OwnerNow(gate, id), "records");
  v1::HandOverReviewRequest request;
  request.set_result_id(id);
  request.set_etag(ReviewEtag(**gate.store().FindResult(id)));
  request.set_reviewer("records-1");
  request.mutable_to()->set_role("director");
  gate.Ask(&Gate::HandOver, request);
  ASSERT_EQ(OwnerNow(gate, id), "director");
  ASSERT_TRUE(gate.Approve(id, 1, "director-1").ok());
  const v1::Outcome delegates = Standing(gate, id, v1::AUDIENCE_DELEGATE);
  EXPECT_EQ(OwnerNow(gate, id), "ordering-provider");
  for (const v1::ReviewTurn& turn : delegates.review().turns()) EXPECT_NE(turn.owner().role(), "records");
}

// Part of a result was decided anew by a pack whose name the result does not bear: the turns say who else is asked.
TEST(ApprovalTest, ARuleThatThePackDoesNotKnowIsAnothersWord) {
  const v1::PackFiles files = Pack("ordering-provider", "3 business days", "relatives", "6 business days");
  BareGate gate(files);
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  v1::Result result = **gate.store().FindResult(id);
  for (v1::Outcome& outcome : *result.mutable_decision()->mutable_outcomes()) {
    for (v1::AppliedRule& rule : *outcome.mutable_rules()) {
      if (rule.rule_id() == "relatives") rule.set_rule_id("of-another-pack");
    }
  }
  base::FileIssues issues;
  const policy::LoadedPack loaded = policy::LoadPackFiles(files, &issues);
  std::vector<std::string> reasons;
  int passed_on = 0;
  for (const policy::Cell& cell : ApproveCells(loaded.pack.get(), result, {}, kClinician, gate.clock().Now(), &reasons)) {
    const bool waits = cell.outcome.state() == v1::OUTCOME_STATE_HELD && !cell.outcome.review().has_approved_at();
    EXPECT_EQ(waits, cell.audience != v1::AUDIENCE_PATIENT) << cell.audience;
    if (!waits) continue;
    ++passed_on;
    EXPECT_EQ(policy::CurrentTurn(cell.outcome.review(), gate.clock().Now()).owner().role(), "records");
  }
  EXPECT_EQ(passed_on, 2);
}

// Between the end of a review and the moment at which the clock looks, nobody gets a turn that is over.
TEST(ApprovalTest, NoTurnBeginsWhereTheReviewIsOver) {
  const v1::PackFiles files =
      Pack("ordering-provider, results-pool, director", "3 business days", "relatives", "3 business days");
  BareGate gate(files);
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  const v1::Result result = **gate.store().FindResult(id);
  base::FileIssues issues;
  const policy::LoadedPack loaded = policy::LoadPackFiles(files, &issues);
  std::vector<std::string> reasons;
  const absl::Time over = base::FromProto(Standing(gate, id, v1::AUDIENCE_DELEGATE).review().expires_at());
  for (const policy::Cell& cell : ApproveCells(loaded.pack.get(), result, {}, kClinician, over, &reasons)) {
    EXPECT_LE(cell.outcome.review().turns_size(), 3) << cell.audience;
  }
}

}  // namespace
}  // namespace resultgate::gate
