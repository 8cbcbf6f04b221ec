// What people did with reviews comes out the same when it is done again, also where nothing came of it; and no entry is left out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/gate/replay_log.h"
#include "server/gate/review_turns.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/log_file.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::gate {
namespace {

using ::resultgate::scenario::BareGate;
using ::resultgate::testing::Biopsy;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// A biopsy goes through several hands, and escalates; imaging waits for days, which the patient may end.
constexpr char kReview[] =
    "  - id: tissue-review\n    title: t\n    match: {codes: [tissue]}\n    then:\n"
    "      review: {owners: [ordering-provider, pathology-pool], each: 1 business day, expires: 3 business days,\n"
    "               on_expiry: {escalate: {to: director, for: 1 business day, then: release}}}\n"
    "    lifted_by: [provider]\n    basis: {type: research, citation: c}\n";

class ReplayPeopleTest : public ::testing::Test {
 protected:
  ReplayPeopleTest() : gate_(MakePack(absl::StrCat(kRoutine, kReview, ImagingDelay("72 h")))) {}

  template <typename Request>
  Request About(int64_t id, const std::string& reviewer) {
    Request request;
    request.set_result_id(id);
    request.set_reviewer(reviewer);
    request.set_etag(ReviewEtag(**gate_.store().FindResult(id)));
    return request;
  }
  void Claim(int64_t id, const std::string& reviewer) { gate_.Ask(&Gate::Claim, About<v1::ClaimReviewRequest>(id, reviewer)); }
  void HandOver(int64_t id, const std::string& reviewer, const std::string& to) {
    auto request = About<v1::HandOverReviewRequest>(id, reviewer);
    request.mutable_to()->mutable_person()->set_value(to);
    request.set_reason("away from Monday");
    gate_.Ask(&Gate::HandOver, request);
  }
  void Refuse(int64_t id, const std::string& reviewer) {
    auto request = About<v1::RefuseReviewRequest>(id, reviewer);
    request.set_reason("not mine");
    gate_.Ask(&Gate::RefuseReview, request);
  }
  void Hold(int64_t id, const std::string& reviewer) {
    auto request = About<v1::HoldResultRequest>(id, reviewer);
    request.set_type(v1::BASIS_TYPE_PATIENT_REQUEST);
    request.set_reason("to be told in person");
    *request.mutable_until() = base::ToProto(gate_.clock().Now() + absl::Hours(24 * 30));
    gate_.Ask(&Gate::Hold, request);
  }
  void EndHold(int64_t id, const std::string& reviewer, int determination_id) {
    auto request = About<v1::EndHoldRequest>(id, reviewer);
    request.set_determination_id(determination_id);
    request.set_reason("was told today");
    gate_.Ask(&Gate::EndHold, request);
  }
  bool RequestRelease(int64_t id) {
    v1::RequestReleaseRequest request;
    request.set_result_id(id);
    *request.mutable_patient() = Biopsy("F1").patient().identifiers(0);
    request.set_audience(v1::AUDIENCE_PATIENT);
    request.set_requested_by("account-1");
    return gate_.Ask(&Gate::RequestRelease, request).released();
  }
  int64_t Imaging(const std::string& order) {
    v1::DiagnosticReport image = resultgate::testing::Report(order, "36643-5");
    image.set_narrative("clear lungs");
    return gate_.Submit(image).result_id();
  }

  ReplayReport Replay(const ReplayRange& range = {}) {
    const auto log = store::OpenLogFile(gate_.database());
    EXPECT_TRUE(log.ok()) << log.status();
    if (!log.ok()) return ReplayReport();
    entries_ = (*log)->size();
    absl::StatusOr<ReplayReport> report = ReplayLog(**log, range, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : ReplayReport();
  }
  // `reviewed: …`, a line for each detail.
  static std::vector<std::string> Lines(const std::vector<Replayed>& list) {
    std::vector<std::string> lines;
    for (const Replayed& replayed : list) {
      for (const std::string& detail : replayed.details) lines.push_back(absl::StrCat(replayed.kind, ": ", detail));
    }
    return lines;
  }
  static int64_t All(const ReplayReport& report) {
    int64_t all = report.same + report.different + report.not_kept;
    for (const auto& [kind, count] : report.decide_nothing) all += count;
    return all;
  }

  // Stops the gate and changes the first entry that `edit` takes.
  void Tamper(const std::function<bool(v1::Entry&)>& edit) {
    gate_.Stop();
    store::Connection connection = *store::Connection::Open(gate_.database(), store::Connection::Mode::kReadWriteCreate);
    const int64_t last = *connection.QueryInt("SELECT max(sequence) FROM entries");
    for (int64_t sequence = 1; sequence <= last; ++sequence) {
      v1::Entry entry;
      {
        store::Statement read = *connection.Prepare(absl::StrCat("SELECT bytes FROM entries WHERE sequence = ", sequence));
        ASSERT_TRUE(*read.Step());
        ASSERT_TRUE(entry.ParseFromString(std::string(read.Blob(0))));
      }
      if (!edit(entry)) continue;
      const std::string bytes = entry.SerializeAsString();
      store::Statement write = *connection.Prepare(absl::StrCat("UPDATE entries SET bytes = ?1 WHERE sequence = ", sequence));
      write.BindBlob(1, bytes);
      ASSERT_EQ(write.Run(), absl::OkStatus());
      return;
    }
    FAIL() << "no entry was changed";
  }

  BareGate gate_;
  int64_t entries_ = 0;
};

TEST_F(ReplayPeopleTest, TurnsAndDeterminationsComeOutTheSame) {
  const int64_t id = gate_.Submit(Biopsy("F1")).result_id();
  HandOver(id, "1234567893", "D2");
  Refuse(id, "D2");
  Claim(id, "D3");
  Hold(id, "D3");
  EndHold(id, "D3", 1);
  Hold(id, "D3");
  Refuse(gate_.Submit(Biopsy("F2")).result_id(), "1234567893");
  Refuse(2, "pathologist");  // the last one: it escalates
  const ReplayReport report = Replay();
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing), IsEmpty());
  EXPECT_EQ(report.same, 10);
  EXPECT_EQ(All(report), entries_) << "nothing is left out";
}

TEST_F(ReplayPeopleTest, WhatNothingCameOfIsDoneAgainToo) {
  const int64_t tissue = gate_.Submit(Biopsy("F1")).result_id();
  EXPECT_FALSE(RequestRelease(tissue)) << "nobody but a provider lifts it";
  const int64_t image = Imaging("F2");
  EXPECT_TRUE(RequestRelease(image));
  EXPECT_FALSE(RequestRelease(image)) << "they have it";
  gate_.Submit(Biopsy("F1"));
  gate_.Acknowledge({1});
  const ReplayReport report = Replay();
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing), IsEmpty());
  EXPECT_EQ(report.same, 5) << "two decisions and three requests";
  EXPECT_THAT(report.decide_nothing,
              AllOf(Contains(Pair("started", 1)), Contains(Pair("decided (duplicate)", 1)), Contains(Pair("acknowledged", 1))))
      << "a repetition is told, and decides nothing";
  EXPECT_EQ(All(report), entries_);
  // Of one result, and of a range, it is the same.
  const ReplayReport one = Replay({1, INT64_MAX, image});
  EXPECT_EQ(one.same, 3);
  EXPECT_EQ(one.decide_nothing.count("started"), 0u);
  EXPECT_EQ(All(Replay({2, 4, 0})), 3);
}

TEST_F(ReplayPeopleTest, ARefusalThatWasWrongIsFound) {
  const int64_t image = Imaging("F1");
  EXPECT_TRUE(RequestRelease(image));
  Tamper([](v1::Entry& entry) {
    if (!entry.has_release_requested()) return false;
    entry.mutable_release_requested()->clear_outcomes();
    entry.mutable_release_requested()->clear_releases();
    return true;
  });
  EXPECT_THAT(Lines(Replay().differences), Contains(HasSubstr("release-requested: release: not logged, now ")));
}

TEST_F(ReplayPeopleTest, ATurnThatWentElsewhereIsFound) {
  const int64_t id = gate_.Submit(Biopsy("F1")).result_id();
  Refuse(id, "1234567893");
  Claim(id, "D3");
  Tamper([](v1::Entry& entry) {
    if (entry.reviewed().action() != v1::REVIEW_ACTION_CLAIMED) return false;
    for (v1::Outcome& outcome : *entry.mutable_reviewed()->mutable_outcomes()) {
      outcome.mutable_review()->mutable_turns(1)->mutable_owner()->mutable_person()->set_value("D9");
    }
    return true;
  });
  EXPECT_THAT(Lines(Replay().differences), ElementsAre("reviewed: turns: they went to somebody else than who claimed"));
}

TEST_F(ReplayPeopleTest, ATurnThatGotLongerByBeingHandedRoundIsFound) {
  const int64_t id = gate_.Submit(Biopsy("F1")).result_id();
  HandOver(id, "1234567893", "D2");
  Tamper([](v1::Entry& entry) {
    if (!entry.has_reviewed()) return false;
    for (v1::Outcome& outcome : *entry.mutable_reviewed()->mutable_outcomes()) {
      outcome.mutable_review()->mutable_expires_at()->set_seconds(1'900'000'000);
    }
    return true;
  });
  EXPECT_THAT(Lines(Replay().differences), Contains(HasSubstr("review.expires_at: logged 2030-")));
}

TEST_F(ReplayPeopleTest, AHoldThatHeldLessIsFound) {
  const int64_t id = gate_.Submit(Biopsy("F1")).result_id();
  Hold(id, "D3");
  Tamper([](v1::Entry& entry) {
    if (!entry.has_reviewed()) return false;
    entry.mutable_reviewed()->mutable_outcomes(0)->mutable_withheld_until()->set_seconds(1'773'000'000);
    return true;
  });
  EXPECT_THAT(Lines(Replay().differences), Contains(HasSubstr("withheld_until: logged 2026-03-08")));
}

TEST_F(ReplayPeopleTest, AClaimThatChangedNothingIsCounted) {
  Claim(gate_.Submit(Biopsy("F1")).result_id(), "1234567893");
  const ReplayReport report = Replay();
  EXPECT_THAT(Lines(report.missing), ElementsAre("reviewed: whose turn it was, by the directory of then, is not kept"));
  EXPECT_EQ(All(report), entries_);
}

TEST_F(ReplayPeopleTest, WhatCannotBeDoneAgainIsSaid) {
  const int64_t id = gate_.Submit(Biopsy("F1")).result_id();
  Hold(id, "D3");
  // As before entries told what was known then.
  Tamper([](v1::Entry& entry) {
    if (!entry.has_reviewed()) return false;
    entry.clear_known_digest();
    return true;
  });
  const ReplayReport report = Replay();
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing), ElementsAre("reviewed: it was logged without the digest of what was known of the patient"));
  EXPECT_THAT(report.reasons, SizeIs(1));
}

}  // namespace
}  // namespace resultgate::gate
