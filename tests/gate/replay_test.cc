// Whatever was decided comes out the same when it is decided again; what was tampered with does not, and is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/gate/ask_anew.h"
#include "server/gate/decision_before.h"
#include "server/gate/log_follower.h"
#include "server/gate/logged_state.h"
#include "server/gate/replay_log.h"
#include "server/gate/review_turns.h"
#include "server/gate/stored_check.h"
#include "server/gate/submit.h"
#include "server/intake/intake.h"
#include "server/policy/asks.h"
#include "server/policy/outcomes.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/log_file.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"
#include "tests/testing/packs.h"

namespace resultgate::gate {
namespace {

namespace fs = std::filesystem;
using ::resultgate::scenario::BareGate;
using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::Later;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ReplayReport Replay(const std::string& database, const ReplayRange& range = {}) {
  const auto log = store::OpenLogFile(database);
  EXPECT_TRUE(log.ok()) << log.status();
  if (!log.ok()) return ReplayReport();
  absl::StatusOr<ReplayReport> report = ReplayLog(**log, range, nullptr);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *std::move(report) : ReplayReport();
}

// `12 decided: pack_digest: logged …, now …`
std::vector<std::string> Lines(const std::vector<Replayed>& list) {
  std::vector<std::string> lines;
  for (const Replayed& replayed : list) {
    for (const std::string& detail : replayed.details) {
      lines.push_back(absl::StrCat(replayed.sequence, " ", replayed.kind, ": ", detail));
    }
  }
  return lines;
}

std::vector<std::string> Stored(const std::string& database) {
  const auto log = store::OpenLogFile(database);
  EXPECT_TRUE(log.ok()) << log.status();
  if (!log.ok()) return {};
  const absl::StatusOr<StoredReport> report = CheckStored(**log, nullptr);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? report->findings : std::vector<std::string>();
}

void ExpectNoDifference(const std::string& database) {
  EXPECT_THAT(Lines(Replay(database).differences), IsEmpty());
  EXPECT_THAT(Stored(database), IsEmpty());
}

void ActivateAnother(BareGate& gate, const v1::PackFiles& files) {
  v1::ActivatePackRequest request;
  *request.mutable_files() = files;
  request.set_approver("approver-1");
  const auto activated = gate.gate().ActivatePack(request);
  ASSERT_TRUE(activated.ok()) << activated.status();
}

// Everything that is held, decided anew; where `relax`, with the right number confirmed.
void Redecide(BareGate& gate, bool relax, bool tighten) {
  v1::RedecideHeldRequest request;
  request.set_actor("approver-1");
  request.set_tighten(tighten);
  if (relax) request.set_release_held(0);
  request.set_validate_only(true);
  const auto preview = gate.gate().RedecideHeld(request);
  ASSERT_TRUE(preview.ok()) << preview.status();
  request.set_validate_only(false);
  if (relax) request.set_release_held(preview->released());
  const auto done = gate.gate().RedecideHeld(request);
  ASSERT_TRUE(done.ok()) << done.status();
}

uint64_t Seed() {
  const char* text = getenv("RESULTGATE_MODEL_SEED");
  uint64_t seed = 20260306;
  if (text != nullptr && !absl::SimpleAtoi(text, &seed)) seed = 20260306;
  std::cout << "seed " << seed << "\n";
  return seed;
}

std::vector<v1::DiagnosticReport> RealReports() {
  std::vector<v1::DiagnosticReport> reports;
  for (const char* folder : {"hl7v2", "hl7v2-mpl", "fhir", "fhir-cc-by"}) {
    const std::vector<std::string> paths = base::ListFiles(absl::StrCat("../shared/data/", folder), "").value();
    for (const std::string& path : paths) {
      for (intake::Message& message : intake::ReadMessages(*base::ReadFile(path), intake::Options())) {
        for (v1::DiagnosticReport& report : message.reports) {
          report.set_test_message(false);
          reports.push_back(std::move(report));
        }
      }
    }
  }
  return reports;
}

// Asked anew at once, and with nothing new known, a pack says of what is held what it said: the same rules, clocks and reviews,
// but for how far a review has come that began with an earlier version.
void ExpectAskedAnewTheSame(BareGate& gate, int64_t result_id) {
  const absl::StatusOr<std::optional<v1::Result>> found = gate.store().FindResult(result_id);
  ASSERT_TRUE(found.ok() && *found) << found.status();
  const v1::Result* result = &**found;
  const absl::StatusOr<std::optional<v1::Decision>> previous = DecisionBefore(gate.store(), *result);
  ASSERT_TRUE(previous.ok()) << previous.status();
  LoggedCells asked = ToLoggedCells(policy::ToOutcomes(
      AskAnew(*gate.pack().pack, *result, *previous ? &**previous : nullptr, base::FromProto(result->received_at()))));
  LoggedCells stands = ToLoggedCells(result->decision().outcomes());
  LoggedCells asked_of_held, held;
  for (auto& [place, outcome] : stands) {
    if (outcome.state() != v1::OUTCOME_STATE_HELD || asked.count(place) == 0) continue;
    v1::Outcome& anew = asked[place];
    for (v1::Outcome* one : {&outcome, &anew}) {
      one->clear_release_sequence();
      one->clear_due_at();
      const google::protobuf::Timestamp started_at = one->review().started_at();
      if (one->has_review()) *one->mutable_review() = v1::Review();
      if (one->has_review()) *one->mutable_review()->mutable_started_at() = started_at;
    }
    held[place] = std::move(outcome);
    asked_of_held[place] = std::move(anew);
  }
  EXPECT_THAT(DifferencesOf(held, asked_of_held), IsEmpty()) << "result " << result_id << " version " << result->version();
}

// Real messages in random order, repeated, corrected, taken back, sent for somebody else, approved, acknowledged, while the clock
// goes on and the gate goes down and up.
TEST(ReplayTest, ARandomDayOfRealMessagesComesOutTheSame) {
  if (!fs::is_directory("../shared/data")) GTEST_SKIP() << "no real messages here: ../shared/data is absent";
  std::mt19937_64 random(Seed());
  const auto roll = [&random](size_t sides) { return static_cast<size_t>(random() % sides); };
  std::vector<v1::DiagnosticReport> real = RealReports();
  ASSERT_GE(real.size(), 400u);
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  std::vector<v1::DiagnosticReport> sent;
  std::vector<std::pair<int64_t, int>> results;
  for (int step = 0; step < 800; ++step) {
    const size_t dice = roll(100);
    if (dice < 40 || sent.empty()) {
      sent.push_back(real[roll(real.size())]);
    } else if (dice < 70) {
      v1::DiagnosticReport next = Later(sent[roll(sent.size())], absl::Minutes(1 + roll(90)));
      const size_t kind = roll(8);
      if (kind == 0) next.mutable_patient()->mutable_identifiers()->Clear();
      if (kind == 0) next.mutable_patient()->add_identifiers()->set_value(absl::StrCat("other-", roll(5)));
      next.set_status(kind == 1   ? v1::RESULT_STATUS_ENTERED_IN_ERROR
                      : kind == 2 ? v1::RESULT_STATUS_CANCELLED
                      : kind == 3 ? v1::RESULT_STATUS_PRELIMINARY
                      : kind == 4 ? v1::RESULT_STATUS_FINAL
                                  : v1::RESULT_STATUS_CORRECTED);
      for (v1::Observation& observation : *next.mutable_observations()) {
        if (roll(3) == 0) observation.mutable_quantity()->set_value(absl::StrCat(roll(200)));
        if (roll(3) == 0) observation.set_status(next.status());
      }
      if (roll(6) == 0) next.clear_issued();
      sent.push_back(std::move(next));
    } else if (dice < 75) {
      gate.MoveTo(gate.clock().Now() + absl::Minutes(roll(60 * 24)));
      continue;
    } else if (dice < 85 && !results.empty()) {
      const auto [id, version] = results[roll(results.size())];
      gate.Approve(id, version, absl::StrCat("reviewer-", roll(3))).IgnoreError();
      continue;
    } else if (dice < 88) {
      std::vector<int64_t> sequences;
      for (const v1::Release& release : gate.Releases()) {
        if (roll(2) == 0) sequences.push_back(release.sequence());
      }
      gate.Acknowledge(sequences);
      continue;
    } else if (dice < 89) {
      gate.Restart();
      gate.JumpTo(gate.clock().Now() + absl::Hours(roll(100)));
      continue;
    }
    const v1::SubmitResultResponse response = gate.Submit(sent[roll(4) == 0 ? roll(sent.size()) : sent.size() - 1]);
    results.emplace_back(response.result_id(), response.version());
    const bool decided = response.disposal() == v1::SubmitResultResponse::DISPOSAL_NEW ||
                         response.disposal() == v1::SubmitResultResponse::DISPOSAL_NEW_VERSION;
    if (decided) ExpectAskedAnewTheSame(gate, response.result_id());
  }
  ExpectNoDifference(gate.database());
  const ReplayReport report = Replay(gate.database());
  std::cout << report.same << " decided again, " << report.not_kept << " not:\n";
  for (const auto& [reason, count] : report.reasons) std::cout << "  " << count << ": " << reason << "\n";
  EXPECT_GT(report.same, 300);
  EXPECT_GT(report.same, 3 * report.not_kept);
}

const std::string kHoldsOrders =
    kRoutine + absl::StrReplaceAll(TissueReview("3 business days"), {{"    match:", "    together: order\n    match:"}}) +
    ImagingDelay("3 days");

v1::DiagnosticReport Imaging(const std::string& order) {
  v1::DiagnosticReport image = testing::Report(order, "36643-5");
  image.set_narrative("clear lungs");
  return image;
}

TEST(ReplayTest, OrdersThatWaitTogetherComeOutTheSame) {
  BareGate gate(MakePack(kHoldsOrders));
  gate.Submit(Imaging("O1"));
  const int64_t tissue = gate.Submit(Biopsy("O1")).result_id();
  gate.Submit(Cbc("O1"));
  gate.MoveTo(At("2026-03-08T10:00:00-04:00"));
  ASSERT_TRUE(gate.Approve(tissue, 1, "reviewer-1").ok());
  gate.MoveTo(At("2026-03-20T10:00:00-04:00"));
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing), IsEmpty());
  EXPECT_GE(report.same, 6);
}

TEST(ReplayTest, WhatAnotherPackDecidesAnewComesOutTheSame) {
  BareGate gate(MakePack(kRoutine + TissueReview("3 business days") + ImagingDelay("3 days")));
  gate.Submit(Biopsy("F1"));
  gate.Submit(Imaging("F2"));
  gate.Submit(Imaging("F3"));
  ActivateAnother(gate, MakePack(kRoutine + TissueReview("1 business day") + ImagingReview()));
  Redecide(gate, /*relax=*/false, /*tighten=*/true);
  gate.Submit(Later(Biopsy("F1"), absl::Minutes(5)));
  ActivateAnother(gate, MakePack(kRoutine + TissueReview("5 business days") + ImagingDelay("1 day")));
  Redecide(gate, true, false);
  ActivateAnother(gate, MakePack(kRoutine));
  Redecide(gate, true, true);
  gate.MoveTo(At("2026-03-30T10:00:00-04:00"));
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing), IsEmpty());
  EXPECT_THAT(Stored(gate.database()), IsEmpty());
}

// That the patient of the reports here and `p2` are one, or are two after all.
template <typename Request>
Request OfTwoNumbers() {
  Request request;
  request.set_actor("him-1");
  *request.mutable_survivor() = Cbc("F1").patient().identifiers(0);
  *request.mutable_merged() = request.survivor();
  request.mutable_merged()->set_value("p2");
  return request;
}

TEST(ReplayTest, MergesAndSeparationsComeOutTheSame) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  gate.RecordRestorer("reviewer-2");
  const auto of = [](v1::DiagnosticReport report, const char* mrn, absl::Duration later) {
    report.mutable_patient()->mutable_identifiers(0)->set_value(mrn);
    if (later > absl::ZeroDuration()) report.set_status(v1::RESULT_STATUS_CORRECTED);
    return Later(std::move(report), later);
  };
  const auto panel = [](const std::string& haemoglobin) {
    v1::DiagnosticReport report = Cbc("F1", haemoglobin);
    testing::AddObservation(&report, "4544-3", "41");
    return report;
  };
  const int64_t shown = gate.Submit(of(panel("11.0"), "p1", absl::ZeroDuration())).result_id();
  const v1::SubmitResultResponse held = gate.Submit(of(Biopsy("F2"), "p1", absl::ZeroDuration()));
  gate.Ask(&Gate::MergePatients, OfTwoNumbers<v1::MergePatientsRequest>());
  gate.MoveTo(At("2026-03-09T10:00:00-04:00"));
  EXPECT_EQ(gate.Submit(of(Cbc("F1", "12.0"), "p2", absl::Minutes(30))).result_id(), shown);
  v1::DiagnosticReport corrected = of(Biopsy("F2"), "p2", absl::Hours(66));
  corrected.set_narrative("benign tissue of the breast");
  const v1::SubmitResultResponse again = gate.Submit(corrected);
  EXPECT_EQ(again.result_id(), held.result_id());
  EXPECT_EQ(base::FromProto(again.decision().clock_start()), base::FromProto(held.decision().clock_start()));
  // A version that comes late under the first number, and one that is final earlier than any.
  gate.Submit(of(Cbc("F1", "11.5"), "p1", absl::Minutes(20)));
  v1::DiagnosticReport first_final = of(Biopsy("F2"), "p1", -absl::Hours(2));
  gate.Submit(first_final);
  gate.Ask(&Gate::UnmergePatients, OfTwoNumbers<v1::UnmergePatientsRequest>());
  for (const int64_t id : {shown, held.result_id()}) {
    const v1::Result doubted = **gate.store().FindResult(id);
    EXPECT_EQ(StandingQuarantine(doubted), kOtherPatient);
    ASSERT_TRUE(gate.Approve(id, doubted.version(), "reviewer-1").ok());
    ASSERT_TRUE(gate.Approve(id, doubted.version(), "reviewer-2").ok());
  }
  gate.MoveTo(At("2026-03-20T10:00:00-04:00"));
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  for (const std::string& line : Lines(report.missing)) EXPECT_THAT(line, HasSubstr("no longer kept"));
  EXPECT_GE(report.same, 4);
  EXPECT_THAT(Stored(gate.database()), IsEmpty());
}

// Before people have settled anything, nothing of it is lost.
TEST(ReplayTest, CorrectionsUnderTheOtherNumberComeOutTheSame) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  gate.Submit(Cbc("F1", "11.0"));
  gate.Submit(Biopsy("F2"));
  gate.Ask(&Gate::MergePatients, OfTwoNumbers<v1::MergePatientsRequest>());
  gate.MoveTo(At("2026-03-09T10:00:00-04:00"));
  int minutes = 0;
  for (const char* mrn : {"p2", "p1", "p2"}) {
    for (v1::DiagnosticReport report : {Cbc("F1", absl::StrCat(++minutes)), Biopsy("F2")}) {
      report = Later(std::move(report), absl::Minutes(minutes));
      report.set_status(v1::RESULT_STATUS_CORRECTED);
      report.mutable_patient()->mutable_identifiers(0)->set_value(mrn);
      gate.Submit(report);
    }
  }
  gate.Ask(&Gate::UnmergePatients, OfTwoNumbers<v1::UnmergePatientsRequest>());
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing), IsEmpty());
  EXPECT_GE(report.same, 10);
  EXPECT_THAT(Stored(gate.database()), IsEmpty());
}

// Their own review is over, and nobody has reviewed what the patient waits for now (I8).
TEST(ReplayTest, WhenThePatientWishesAReviewTheOthersWaitForItToo) {
  BareGate gate(MakePack(std::string(kRoutine) + ImagingDelay("72 h") + R"yaml(  - id: birth-date-unknown
    title: t
    audiences: [representative, delegate]
    when: "!has(patient.birth_date)"
    then:
      review: {owners: [records], each: 1 business day, expires: 1 business day, on_expiry: release}
    lifted_by: [patient]
    basis: {type: privacy, citation: c}
)yaml"));
  v1::DiagnosticReport image = Imaging("F1");
  image.mutable_patient()->clear_birth_date();
  gate.Submit(image);
  ASSERT_TRUE(gate.Approve(1, 1, "records-1").ok());
  const auto dispositions = [&gate] {
    std::map<v1::Audience, v1::Disposition> of;
    const auto result = gate.store().FindResult(1);
    for (const v1::Outcome& outcome : (*result)->decision().outcomes()) {
      for (const int audience : outcome.audiences()) of[static_cast<v1::Audience>(audience)] = outcome.disposition();
    }
    return of;
  };
  ASSERT_EQ(dispositions()[v1::AUDIENCE_REPRESENTATIVE], v1::DISPOSITION_DELAY) << "of what is left of it";
  gate.MoveTo(gate.clock().Now() + absl::Seconds(1));
  v1::SetPreferenceRequest wish;
  *wish.mutable_patient() = image.patient().identifiers(0);
  wish.mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_REVIEW);
  wish.mutable_preference()->set_recorded_by("nurse-1");
  gate.Ask(&Gate::SetPreference, wish);
  for (const v1::Audience audience : {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE}) {
    EXPECT_EQ(dispositions()[audience], v1::DISPOSITION_REVIEW) << v1::Audience_Name(audience);
  }
  gate.Stop();
  ExpectNoDifference(gate.database());
}

// What a person had determined of the first patient's result ended with that.
TEST(ReplayTest, AHoldOfAResultThatAMistakenReportMovedHasEndedAsItWasLogged) {
  BareGate gate(MakePack(std::string(kRoutine) + TissueReview("3 business days")));
  gate.Submit(Biopsy("F1"));
  v1::GetReviewRequest read;
  read.set_result_id(1);
  v1::HoldResultRequest hold;
  hold.set_result_id(1);
  hold.set_reviewer("clinician-1");
  hold.set_etag(gate.gate().GetReview(read)->etag());
  hold.set_type(v1::BASIS_TYPE_PATIENT_REQUEST);
  hold.set_reason("asked by telephone");
  *hold.mutable_until() = base::ToProto(gate.clock().Now() + absl::Hours(50));
  ASSERT_TRUE(gate.Call(&Gate::Hold, hold).ok());
  gate.MoveTo(gate.clock().Now() + absl::Minutes(5));
  v1::DiagnosticReport wrong = Later(Biopsy("F1"), absl::Minutes(5));
  wrong.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  wrong.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  gate.Submit(wrong);
  gate.Stop();
  ExpectNoDifference(gate.database());
}

// It was taken in before anybody told snapshots apart.
TEST(ReplayTest, AMessageThatIsKnownByItsFormerKeyIsKnown) {
  BareGate gate(MakePack(std::string(kRoutine)));
  v1::DiagnosticReport report = Cbc("F1");
  gate.Submit(report);
  report.set_snapshot(true);
  EXPECT_EQ(gate.Submit(report).disposal(), v1::SubmitResultResponse::DISPOSAL_DUPLICATE);
  gate.Stop();
  ExpectNoDifference(gate.database());
}

TEST(ReplayTest, WordsThatAWholeReportLacksAreTakenAwayAgain) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  for (int minutes = 0; minutes < 5; ++minutes) {
    v1::DiagnosticReport report = Later(Cbc("F1"), absl::Minutes(minutes));
    report.set_snapshot(true);
    if (minutes > 0) report.set_status(v1::RESULT_STATUS_CORRECTED);
    if (minutes % 2 == 0) report.set_narrative(absl::StrCat("words of minute ", minutes));
    gate.Submit(report);
  }
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing), IsEmpty());
  EXPECT_GE(report.same, 5);
  EXPECT_THAT(Stored(gate.database()), IsEmpty());
}

// One person said which of two versions stands. That one came under the other patient's number before, too late to count, is
// known when the two turn out to be two: whose the result is was never said.
TEST(ReplayTest, AnOlderVersionUnderTheOtherNumberIsKnownAfterADoubtThatOnePersonEnded) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  gate.RecordRestorer("reviewer-2");
  gate.Ask(&Gate::MergePatients, OfTwoNumbers<v1::MergePatientsRequest>());
  std::vector<int64_t> ids;
  // One that changes nothing, and one by which the legal clock starts earlier.
  for (const v1::ResultStatus status : {v1::RESULT_STATUS_PRELIMINARY, v1::RESULT_STATUS_FINAL}) {
    const std::string order = absl::StrCat("F", ids.size());
    gate.Submit(Cbc(order, "13.9"));
    ids.push_back(gate.Submit(Cbc(order, "3.9")).result_id());
    v1::DiagnosticReport late = Later(Cbc(order, "5.0"), -absl::Minutes(10));
    late.set_status(status);
    late.mutable_observations(0)->set_status(status);
    late.mutable_patient()->mutable_identifiers(0)->set_value("p2");
    const v1::SubmitResultResponse older = gate.Submit(late);
    ASSERT_EQ(older.result_id(), ids.back());
    EXPECT_EQ(older.disposal(), v1::SubmitResultResponse::DISPOSAL_OLDER_VERSION);
    ASSERT_TRUE(gate.Approve(ids.back(), older.version(), "reviewer-1").ok());
    EXPECT_EQ(StandingQuarantine(**gate.store().FindResult(ids.back())), "");
  }
  const int64_t own = gate.Submit(Cbc("F9")).result_id();
  gate.Ask(&Gate::UnmergePatients, OfTwoNumbers<v1::UnmergePatientsRequest>());
  for (const int64_t id : ids) EXPECT_EQ(StandingQuarantine(**gate.store().FindResult(id)), kOtherPatient) << id;
  EXPECT_EQ(StandingQuarantine(**gate.store().FindResult(own)), "") << "nothing of it came under the other number";
  // What came under that number is not kept any more once two people have said whose the result is; how it is found still fits.
  for (const int64_t id : ids) {
    const int version = (*gate.store().FindResult(id))->version();
    ASSERT_TRUE(gate.Approve(id, version, "reviewer-1").ok());
    ASSERT_TRUE(gate.Approve(id, version, "reviewer-2").ok());
    EXPECT_EQ(StandingQuarantine(**gate.store().FindResult(id)), "") << id;
  }
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  for (const std::string& line : Lines(report.missing)) EXPECT_THAT(line, HasSubstr("no longer kept"));
  EXPECT_THAT(Stored(gate.database()), IsEmpty());
}

// As above, where no doubt of versions came before: the late one alone stood under the other number.
TEST(ReplayTest, TheNumberUnderWhichOneCameBehindOutlastsIt) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  gate.RecordRestorer("reviewer-2");
  gate.Ask(&Gate::MergePatients, OfTwoNumbers<v1::MergePatientsRequest>());
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  v1::DiagnosticReport late = Later(Cbc("F1"), -absl::Minutes(10));
  late.set_status(v1::RESULT_STATUS_PRELIMINARY);
  late.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  late.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  ASSERT_EQ(gate.Submit(late).disposal(), v1::SubmitResultResponse::DISPOSAL_OLDER_VERSION);
  gate.Ask(&Gate::UnmergePatients, OfTwoNumbers<v1::UnmergePatientsRequest>());
  const v1::Result doubted = **gate.store().FindResult(id);
  ASSERT_EQ(StandingQuarantine(doubted), kOtherPatient);
  ASSERT_TRUE(gate.Approve(id, doubted.version(), "reviewer-1").ok());
  ASSERT_TRUE(gate.Approve(id, doubted.version(), "reviewer-2").ok());
  ASSERT_EQ(StandingQuarantine(**gate.store().FindResult(id)), "");
  EXPECT_THAT(Stored(gate.database()), IsEmpty());
}

TEST(ReplayTest, DoubtsAndTheirEndsComeOutTheSame) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  gate.RecordRestorer("reviewer-2");
  // Two that differ at the same time; settled by one.
  gate.Submit(Cbc("F1", "13.9"));
  v1::SubmitResultResponse doubt = gate.Submit(Cbc("F1", "3.9"));
  ASSERT_TRUE(gate.Approve(doubt.result_id(), doubt.version(), "reviewer-1").ok());
  gate.Submit(Later(Cbc("F1", "4.0"), absl::Minutes(5)));
  // An order number that is used for another patient; two people's word.
  gate.Submit(Cbc("F2", "3.9"));
  v1::DiagnosticReport other = Later(Cbc("F2", "13.9"), absl::Minutes(5));
  other.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  const v1::SubmitResultResponse reused = gate.Submit(other);
  ASSERT_TRUE(gate.Approve(reused.result_id(), 1, "reviewer-1").ok());
  ASSERT_TRUE(gate.Approve(reused.result_id(), 1, "reviewer-2").ok());
  // Taken back, and sent again.
  gate.Submit(Cbc("F3"));
  v1::DiagnosticReport wrong = Later(Cbc("F3"), absl::Minutes(5));
  wrong.mutable_observations(0)->set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  gate.Submit(wrong);
  gate.Submit(Later(Cbc("F3", "14.1"), absl::Minutes(10)));
  // Late, with a time of issue that lies in the future, and with none.
  gate.Submit(Later(Cbc("F4", "14.0"), absl::Minutes(10)));
  gate.Submit(Cbc("F4", "13.0"));
  gate.Submit(Later(Biopsy("F5"), absl::Hours(100)));
  v1::DiagnosticReport without = Biopsy("F5");
  without.clear_issued();
  without.set_conclusion("benign");
  gate.Submit(without);
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  // What stood before people settled a doubt is kept as far as it stands now.
  EXPECT_LE(report.not_kept, 2);
  for (const std::string& line : Lines(report.missing)) EXPECT_THAT(line, HasSubstr("no longer kept"));
  EXPECT_GE(report.same, 12);
  EXPECT_THAT(Stored(gate.database()), IsEmpty());
}

TEST(ReplayTest, WhatPeopleEndedComesOutTheSame) {
  BareGate gate(MakePack(absl::StrCat(kRoutine, ImagingDelay("72 h"), TissueReview("3 business days"),
                                      "  - {id: tissue-permit, title: t, match: {codes: [tissue]}, then: {release: now}}\n")));
  v1::SetPreferenceRequest wish;
  *wish.mutable_patient() = Cbc("F1").patient().identifiers(0);
  wish.mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
  wish.mutable_preference()->set_after_days(5);
  wish.mutable_preference()->set_recorded_by("nurse-1");
  gate.Ask(&Gate::SetPreference, wish);
  v1::DiagnosticReport image = resultgate::testing::Report("F1", "36643-5");
  image.set_section(v1::SECTION_IMAGING);
  resultgate::testing::AddObservation(&image, "36643-5", "1");
  const v1::SubmitResultResponse held = gate.Submit(image);
  v1::RequestReleaseRequest asked;
  asked.set_result_id(held.result_id());
  *asked.mutable_patient() = wish.patient();
  asked.set_audience(v1::AUDIENCE_PATIENT);
  asked.set_requested_by("account-1");
  EXPECT_TRUE(gate.Ask(&Gate::RequestRelease, asked).released());
  const v1::SubmitResultResponse tissue = gate.Submit(Biopsy("F2"));
  v1::ReleaseNowRequest now;
  now.set_result_id(tissue.result_id());
  now.set_reviewer("1234567893");
  now.set_etag(ReviewEtag(**gate.store().FindResult(tissue.result_id())));
  gate.Ask(&Gate::ReleaseNow, now);
  v1::ApproveReviewRequest approve;
  const v1::SubmitResultResponse discussed = gate.Submit(Biopsy("F3"));
  approve.set_result_id(discussed.result_id());
  approve.set_version(1);
  approve.set_reviewer("1234567893");
  approve.set_discussed_how("by telephone");
  gate.Ask(&Gate::Approve, approve);
  gate.Submit(Later(Biopsy("F3"), absl::Minutes(5)));
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing), IsEmpty());
  EXPECT_EQ(report.same, 7);
  EXPECT_THAT(Stored(gate.database()), IsEmpty());
}

// What waits along with another report of its order is covered by a protocol only where that is.
// It moved to another patient, of whom nothing was decided before: whoever may end what holds it now can.
TEST(ReplayTest, WhatMovedAndWasRestoredCanBeReleased) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  gate.RecordRestorer("reviewer-2");
  const int64_t id = gate.Submit(Biopsy("F1")).result_id();
  v1::DiagnosticReport moved = Later(Biopsy("F1"), absl::Minutes(5));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  ASSERT_EQ(gate.Submit(moved).version(), 2);
  ASSERT_TRUE(gate.Approve(id, 2, "reviewer-1").ok());
  ASSERT_TRUE(gate.Approve(id, 2, "reviewer-2").ok());
  const auto patients = [&] {
    const v1::Result result = **gate.store().FindResult(id);
    return *policy::OutcomeOf(&result.decision(), "document", v1::AUDIENCE_PATIENT);
  };
  ASSERT_EQ(patients().disposition(), v1::DISPOSITION_REVIEW);
  v1::ReleaseNowRequest now;
  now.set_result_id(id);
  now.set_reviewer("1234567893");
  now.set_etag(ReviewEtag(**gate.store().FindResult(id)));
  gate.Ask(&Gate::ReleaseNow, now);
  EXPECT_EQ(patients().state(), v1::OUTCOME_STATE_RELEASED);
  ExpectNoDifference(gate.database());
}

// What asks anew in one batch with a new version knows what that version waited for.
TEST(ReplayTest, OrdersThatWaitTogetherBecauseOfACorrectionComeOutTheSame) {
  BareGate gate(MakePack(std::string(kRoutine) +
                         absl::StrReplaceAll(ImagingDelay("72 h"), {{"    match:", "    together: order\n    match:"}})));
  v1::DiagnosticReport first = Cbc("F1");
  v1::DiagnosticReport second = Cbc("F2");
  second.mutable_order()->set_filler_order_number("F2");
  for (v1::DiagnosticReport* report : {&first, &second}) report->mutable_order()->set_placer_order_number("O1");
  for (v1::Observation& observation : *first.mutable_observations()) observation.set_status(v1::RESULT_STATUS_PRELIMINARY);
  first.set_status(v1::RESULT_STATUS_PRELIMINARY);
  gate.Submit(second);
  const int64_t waits = gate.Submit(first).result_id();
  gate.MoveTo(At("2026-03-10T12:00:00-04:00"));
  // The correction brings an image, which holds all of the order for three days from now.
  v1::DiagnosticReport corrected = Later(second, absl::Hours(88));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  testing::AddObservation(&corrected, "36643-5", "1", v1::RESULT_STATUS_CORRECTED);
  gate.Submit(corrected);
  first = Later(first, absl::Hours(89));
  first.set_status(v1::RESULT_STATUS_FINAL);
  first.mutable_observations(0)->set_status(v1::RESULT_STATUS_FINAL);
  gate.Submit(first);
  const v1::Result result = **gate.store().FindResult(waits);
  const v1::Outcome outcome = *policy::OutcomeOf(&result.decision(), "718-7", v1::AUDIENCE_PATIENT);
  EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_HELD);
  EXPECT_GE(base::FromProto(outcome.not_before()), At("2026-03-13T00:00:00-04:00"));
  ExpectNoDifference(gate.database());
}

TEST(ReplayTest, ARequestOfWhatNothingMayBeSaidOfComesOutTheSame) {
  BareGate gate(MakePack(absl::StrCat(kRoutine, ImagingDelay("72 h"))));
  v1::DiagnosticReport image = resultgate::testing::Report("F1", "36643-5");
  image.set_section(v1::SECTION_IMAGING);
  resultgate::testing::AddObservation(&image, "36643-5", "1");
  const int64_t id = gate.Submit(image).result_id();
  v1::UpdatePatientRequest death;
  death.set_actor("adt");
  *death.mutable_facts()->add_identifiers() = image.patient().identifiers(0);
  death.mutable_facts()->set_deceased(true);
  gate.Ask(&Gate::UpdatePatient, death);
  v1::RequestReleaseRequest asked;
  asked.set_result_id(id);
  *asked.mutable_patient() = image.patient().identifiers(0);
  asked.set_audience(v1::AUDIENCE_PATIENT);
  asked.set_requested_by("account-1");
  EXPECT_EQ(gate.Call(&Gate::RequestRelease, asked).status().code(), absl::StatusCode::kNotFound);
  ExpectNoDifference(gate.database());
}

TEST(ReplayTest, OrdersUnderAProtocolComeOutTheSame) {
  BareGate gate(MakePack(std::string(kRoutine) +
                         "  - {id: images, title: t, match: {codes: [imaging]}, then: {release: now}}\n"
                         "  - id: both\n    title: t\n    match: {codes: [routine, imaging]}\n    then:\n"
                         "      review: {owners: [pathology-pool], each: 1 business day, expires: 3 business days,"
                         " on_expiry: release,\n"
                         "               protocol: {pool: results-pool, covers: \"age(patient) >= 40\", each: 4 h}}\n"
                         "    together: order\n    basis: {type: organization-policy, citation: c}\n"));
  gate.Submit(Imaging("O1"));
  const int64_t blood = gate.Submit(Cbc("O1")).result_id();
  const auto standing = gate.store().FindResult(blood);
  ASSERT_TRUE(standing.ok());
  EXPECT_EQ((*standing)->decision().outcomes(0).review().turns(0).owner().role(), "results-pool");
  ExpectNoDifference(gate.database());
}

TEST(ReplayTest, WhatIsToldOfAResultIsPartOfTheLog) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  const int64_t id = gate.Submit(Cbc("F1")).result_id();
  v1::RecordMessageRequest message;
  message.set_result_id(id);
  message.set_message_id("message-1");
  message.set_category("question");
  gate.Ask(&Gate::RecordMessage, message);
  v1::RecordViewRequest view;
  view.set_result_id(id);
  view.set_audience(v1::AUDIENCE_PATIENT);
  view.set_viewer("account-1");
  *view.mutable_viewed_at() = base::ToProto(gate.clock().Now());
  gate.Ask(&Gate::RecordView, view);
  ExpectNoDifference(gate.database());
}

TEST(ReplayTest, WhatWasDeterminedAndReviewedIsPartOfTheLog) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  const auto about = [&](int64_t id, auto request, const std::string& reviewer) {
    request.set_result_id(id);
    request.set_reviewer(reviewer);
    request.set_etag(ReviewEtag(**gate.store().FindResult(id)));
    request.set_reason("a danger");
    return request;
  };
  for (const char* person : {"clinician-1", "clinician-2"}) {
    v1::PutOwnerRequest put;
    put.set_actor("staff-office");
    put.mutable_owner()->set_id(person);
    put.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
    put.mutable_owner()->set_licensed(true);
    gate.Ask(&Gate::PutOwner, put);
  }
  for (const char* order : {"F1", "F2", "F3"}) {
    const int64_t id = gate.Submit(Biopsy(order)).result_id();
    v1::HoldResultRequest hold = about(id, v1::HoldResultRequest(), "clinician-1");
    hold.set_type(v1::BASIS_TYPE_HARM_DETERMINATION);
    *hold.mutable_until() = base::ToProto(gate.clock().Now() + absl::Hours(24 * 30));
    gate.Ask(&Gate::Hold, hold);
    v1::RequestReleaseRequest asked;
    asked.set_result_id(id);
    *asked.mutable_patient() = Biopsy(order).patient().identifiers(0);
    asked.set_audience(v1::AUDIENCE_PATIENT);
    asked.set_requested_by("account-1");
    EXPECT_FALSE(gate.Ask(&Gate::RequestRelease, asked).released());
    if (id == 1) {
      v1::UpholdHoldRequest uphold = about(id, v1::UpholdHoldRequest(), "clinician-2");
      uphold.set_determination_id(1);
      gate.Ask(&Gate::UpholdHold, uphold);
    } else if (id == 2) {
      v1::EndHoldRequest end = about(id, v1::EndHoldRequest(), "clinician-2");
      end.set_determination_id(1);
      gate.Ask(&Gate::EndHold, end);
    }
  }
  ExpectNoDifference(gate.database());
  v1::DiagnosticReport moved = Later(Biopsy("F3"), absl::Minutes(5));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  gate.Submit(moved);
  EXPECT_THAT((*gate.store().FindResult(3))->determination_reviews(), IsEmpty())
      << "what one patient asked is not told to another";
  ExpectNoDifference(gate.database());
}

// That a person's hold is cut out of a record would let the result go.
TEST(ReplayTest, ADeterminationThatIsCutOutIsFound) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  v1::HoldResultRequest hold;
  hold.set_result_id(gate.Submit(Biopsy("F1")).result_id());
  hold.set_reviewer("1234567893");
  hold.set_type(v1::BASIS_TYPE_PRIVACY);
  hold.add_audiences(v1::AUDIENCE_DELEGATE);
  hold.set_reason("to be told in person");
  *hold.mutable_until() = base::ToProto(gate.clock().Now() + absl::Hours(24 * 30));
  gate.Ask(&Gate::Hold, hold);
  ExpectNoDifference(gate.database());
  gate.Stop();
  store::Connection connection = *store::Connection::Open(gate.database(), store::Connection::Mode::kReadWriteCreate);
  v1::Result result;
  {
    store::Statement read = *connection.Prepare("SELECT record FROM results WHERE id = 1");
    ASSERT_TRUE(*read.Step());
    ASSERT_TRUE(result.ParseFromString(std::string(read.Blob(0))));
  }
  result.clear_determinations();
  const std::string bytes = result.SerializeAsString();
  store::Statement write = *connection.Prepare("UPDATE results SET record = ?1 WHERE id = 1");
  write.BindBlob(1, bytes);
  ASSERT_EQ(write.Run(), absl::OkStatus());
  EXPECT_THAT(Stored(gate.database()), ::testing::Contains("result 1: determination 1, which was logged, is missing"));
}

TEST(ReplayTest, WhatIsNoLongerKeptIsNamedAndNotPassed) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  gate.Submit(Cbc("F1"));
  v1::DiagnosticReport moved = Later(Cbc("F1"), absl::Minutes(5));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  gate.Submit(moved);
  const ReplayReport report = Replay(gate.database());
  EXPECT_THAT(Lines(report.differences), IsEmpty());
  EXPECT_THAT(Lines(report.missing),
              ElementsAre("3 decided: the report that it decided is no longer kept as it was",
                          "4 decided: the version before it, which it was compared with, is no longer kept"));
  EXPECT_EQ(report.same, 0);
}

TEST(ReplayTest, DecidesARangeOrOneResult) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  for (int i = 0; i < 10; ++i) gate.Submit(Cbc(absl::StrCat("F", i)));
  EXPECT_EQ(Replay(gate.database()).same, 10);
  EXPECT_EQ(Replay(gate.database(), {5, 7, 0}).same, 3);
  EXPECT_EQ(Replay(gate.database(), {1, INT64_MAX, 4}).same, 1);
  EXPECT_EQ(Replay(gate.database(), {8, 12, 4}).same, 0);
  EXPECT_THAT(Replay(gate.database(), {5, 7, 0}).versions, ElementsAre(::testing::Pair(2, "")))
      << "this gate was given no version";
  const auto log = *store::OpenLogFile(gate.database());
  EXPECT_EQ(ReplayLog(*log, {1, INT64_MAX, 99}, nullptr).status().code(), absl::StatusCode::kNotFound);
}

// A small day in a file, to be tampered with.
class TamperTest : public ::testing::Test {
 protected:
  TamperTest() : gate_(MakePack(kRoutine + TissueReview("3 business days") + ImagingDelay("3 days"), "author: author-1\n", "")) {
    gate_.Submit(Cbc("F1"));
    gate_.Submit(Biopsy("F2"));
    gate_.Submit(Later(Cbc("F1", "12.0"), absl::Minutes(5)));
    gate_.Submit(Imaging("F3"));
    EXPECT_TRUE(gate_.Approve(2, 1, "reviewer-1").ok());
    gate_.Acknowledge({1});
    TellOfOthers();
    gate_.MoveTo(At("2026-03-12T10:00:00-04:00"));
    gate_.Submit(Later(Imaging("F4"), absl::Hours(139)));
    gate_.Stop();
    FollowLog();
    ExpectNoDifference(gate_.database());
  }

  // What of a database is of no result: who works here, patients of whom no report came, legal holds.
  void TellOfOthers() {
    v1::PutOwnerRequest put;
    put.set_actor("staff-office");
    put.mutable_owner()->set_id("clinician-1");
    put.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
    gate_.Ask(&Gate::PutOwner, put);
    v1::UpdatePatientRequest update;
    update.set_actor("registration-1");
    update.mutable_facts()->set_language("es");
    update.mutable_facts()->set_deceased(true);
    v1::Identifier* identifier = update.mutable_facts()->add_identifiers();
    identifier->set_system("MRN");
    identifier->set_value("p8");
    gate_.Ask(&Gate::UpdatePatient, update);
    v1::MergePatientsRequest merge;
    merge.set_actor("registration-1");
    *merge.mutable_survivor() = *identifier;
    *merge.mutable_merged() = *identifier;
    merge.mutable_merged()->set_value("p9");
    gate_.Ask(&Gate::MergePatients, merge);
    v1::PlaceLegalHoldRequest hold;
    hold.set_placed_by("counsel-1");
    hold.set_reason("a claim");
    hold.set_result_id(1);
    gate_.Ask(&Gate::PlaceLegalHold, hold);
    hold.clear_result_id();
    *hold.mutable_patient() = *identifier;
    hold.mutable_patient()->set_value("p10");
    gate_.Ask(&Gate::PlaceLegalHold, hold);
  }

  // The log grows until the times of results follow it, and some keys come to their place.
  void FollowLog() {
    {
      const auto store = *store::OpenSqlite(gate_.database());
      auto batch = *store->Begin();
      while (true) {
        v1::Entry entry;
        entry.set_sequence(batch->NextEntrySequence());
        *entry.mutable_time() = base::ToProto(gate_.clock().Now());
        entry.set_actor("auditor");
        entry.mutable_queried()->set_query(v1::QUERY_HISTORY);
        ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
        if (entry.sequence() == kEntriesFollowed) break;
      }
      ASSERT_EQ(batch->Commit(), absl::OkStatus());
      batch.reset();
      batch = *store->Begin();
      ASSERT_EQ(PutPiece(*batch, **ReadNextPiece(*store)), absl::OkStatus());
      ASSERT_EQ(batch->Commit(), absl::OkStatus());
    }
    store::Connection connection = *store::Connection::Open(gate_.database(), store::Connection::Mode::kReadWriteCreate);
    ASSERT_EQ(connection.Execute("INSERT INTO keys SELECT key, result_id FROM recent_keys WHERE result_id <> 3; "
                                 "DELETE FROM recent_keys WHERE result_id <> 3"),
              absl::OkStatus());
  }

  // A copy of the database after `change`.
  std::string After(const std::function<void(store::Connection&)>& change) {
    const std::string path = absl::StrCat(folder_.path(), "/tampered.db");
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(absl::StrCat(path, suffix));
    fs::copy_file(gate_.database(), path);
    store::Connection connection = *store::Connection::Open(path, store::Connection::Mode::kReadWriteCreate);
    EXPECT_EQ(connection.Execute("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON"), absl::OkStatus());
    change(connection);
    return path;
  }

  // The bytes of one row.
  static std::string Read(store::Connection& connection, const std::string& sql) {
    store::Statement statement = *connection.Prepare(sql);
    EXPECT_TRUE(*statement.Step()) << sql;
    return std::string(statement.Blob(0));
  }
  static void Write(store::Connection& connection, const std::string& sql, const std::string& bytes) {
    store::Statement statement = *connection.Prepare(sql);
    statement.BindBlob(1, bytes);
    EXPECT_EQ(statement.Run(), absl::OkStatus()) << sql;
  }
  template <typename Message>
  static void Edit(store::Connection& connection, const std::string& column, const std::string& table_and_row,
                   const std::function<void(Message&)>& edit) {
    Message message;
    ASSERT_TRUE(message.ParseFromString(Read(connection, absl::StrCat("SELECT ", column, " FROM ", table_and_row))));
    edit(message);
    const std::string table = table_and_row.substr(0, table_and_row.find(' '));
    Write(connection, absl::StrCat("UPDATE ", table, " SET ", column, " = ?1 ", table_and_row.substr(table.size())),
          message.SerializeAsString());
  }

  const resultgate::testing::TemporaryFolder folder_{fs::exists("/dev/shm") ? "/dev/shm" : ""};
  BareGate gate_;
};

TEST_F(TamperTest, AChangedDecisionIsSaidWithItsEntryAndField) {
  const std::string path = After([](store::Connection& connection) {
    Edit<v1::Entry>(
        connection, "bytes",
        "entries WHERE result_id = 4 AND sequence IN (SELECT min(sequence) FROM entries WHERE result_id = 4)",
        [](v1::Entry& entry) {
          entry.mutable_decided()->mutable_decision()->mutable_outcomes(0)->mutable_not_before()->set_seconds(1'000'000'000);
        });
  });
  const ReplayReport report = Replay(path);
  ASSERT_EQ(report.different, 1);
  EXPECT_EQ(report.differences[0].result_id, 4);
  EXPECT_THAT(report.differences[0].details[0],
              HasSubstr("patient: not_before: logged 2001-09-09T01:46:40Z, now 2026-03-15T04:00:00Z"));
}

TEST_F(TamperTest, AChangedPackIsSaidAtEachOfItsDecisions) {
  const std::string path = After([](store::Connection& connection) {
    Edit<v1::PackFiles>(connection, "files", "packs WHERE TRUE", [](v1::PackFiles& files) {
      for (v1::PackFiles::File& file : *files.mutable_files()) {
        if (file.path() == "small/rules.yaml")
          *file.mutable_content() = absl::StrReplaceAll(file.content(), {{"3 days", "9 days"}});
      }
    });
  });
  const ReplayReport report = Replay(path);
  EXPECT_EQ(report.same, 1) << "what is approved goes, by whatever pack";
  ASSERT_GE(report.different, 6);
  EXPECT_THAT(report.differences[0].details,
              ElementsAre(AllOf(HasSubstr("pack sha256:"), HasSubstr("its files are others than were active"))));
}

TEST_F(TamperTest, AChangedReportIsSaidAndAMissingOneCountedApart) {
  const std::string changed = After([](store::Connection& connection) {
    Edit<v1::Result>(connection, "record", "results WHERE id = 3",
                     [](v1::Result& result) { result.mutable_report()->set_narrative("a shadow"); });
  });
  EXPECT_THAT(Lines(Replay(changed).differences),
              ElementsAre(HasSubstr("decided: report: what is kept of the result is not what was decided")));
  const std::string missing = After([](store::Connection& connection) {
    Edit<v1::Result>(connection, "record", "results WHERE id = 3", [](v1::Result& result) {
      result.clear_report();
      result.clear_versions();
    });
  });
  const ReplayReport report = Replay(missing);
  EXPECT_EQ(report.different, 0);
  EXPECT_EQ(report.reasons.count("the report that it decided is not kept"), 1u);
  EXPECT_GE(report.not_kept, 2) << "and what the clock did with it";
  EXPECT_THAT(Stored(missing), Contains(HasSubstr("result 3: its report is missing, and no entry erased it")));
}

// That somebody reviewed a determination, and why it stands, is told to patients.
TEST_F(TamperTest, AReviewOfADeterminationThatWasNotLoggedIsFound) {
  const std::string changed = After([](store::Connection& connection) {
    Edit<v1::Result>(connection, "record", "results WHERE id = 2",
                     [](v1::Result& result) { result.add_determination_reviews()->set_upheld_by("clinician-2"); });
  });
  EXPECT_THAT(Stored(changed), ElementsAre("result 2: the reviews of determinations are not those that were logged"));
  const std::string held = After([](store::Connection& connection) {
    Edit<v1::Result>(connection, "record", "results WHERE id = 2",
                     [](v1::Result& result) { result.add_determinations()->set_id(1); });
  });
  EXPECT_THAT(Stored(held), ElementsAre("result 2: determination 1 was made by no entry"));
}

// The log proves these by itself (tests/store/log_test.cc).
const std::set<std::string> kOfTheLog = {"entries", "log_tiles", "log_head"};
// What a row says nothing by: only its order.
const std::set<std::string> kOrderOnly = {"recent_keys.id"};

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::string key;  // of a row
  std::set<std::string> key_columns;

  // Where one row of it is.
  std::string Where(int row) const {
    return absl::StrCat(" WHERE (", key, ") = (SELECT ", key, " FROM ", name, " ORDER BY ", key, " LIMIT 1 OFFSET ", row, ")");
  }
};

// Every table beside the log, as the schema has them: one that is new is checked too.
std::vector<Table> TablesBesideTheLog(store::Connection& connection) {
  std::vector<Table> tables;
  {
    store::Statement statement =
        *connection.Prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name");
    while (*statement.Step()) {
      const std::string name(statement.Blob(0));
      if (kOfTheLog.count(name) == 0) tables.push_back({name, {}, "", {}});
    }
  }
  for (Table& table : tables) {
    store::Statement statement = *connection.Prepare(absl::StrCat("SELECT name, pk FROM pragma_table_info('", table.name, "')"));
    while (*statement.Step()) {
      const std::string column(statement.Blob(0));
      if (kOrderOnly.count(absl::StrCat(table.name, ".", column)) == 0) table.columns.push_back(column);
      if (statement.Int(1) == 0) continue;
      table.key_columns.insert(column);
      absl::StrAppend(&table.key, table.key.empty() ? "" : ", ", column);
    }
  }
  return tables;
}

// Every row of every table beside the log, changed and removed in turn.
TEST_F(TamperTest, EveryRowThatIsChangedOrRemovedIsFound) {
  std::mt19937_64 random(Seed());
  std::vector<Table> tables;
  After([&](store::Connection& connection) { tables = TablesBesideTheLog(connection); });
  ASSERT_GE(tables.size(), 12u);
  int rows_changed = 0;
  int rows_removed = 0;
  for (const Table& table : tables) {
    int rows = 0;
    After([&](store::Connection& connection) { rows = *connection.QueryInt(absl::StrCat("SELECT count(*) FROM ", table.name)); });
    ASSERT_GT(rows, 0) << table.name << " needs a row in this test, and a look at in gate/stored_check.h";
    for (int row = 0; row < rows; ++row) {
      // Their order is that of the key.
      const std::string removed = After([&](store::Connection& connection) {
        ASSERT_EQ(connection.Execute(absl::StrCat("DELETE FROM ", table.name, table.Where(row))), absl::OkStatus());
      });
      EXPECT_FALSE(Stored(removed).empty()) << table.name << ", row " << row << " removed";
      ++rows_removed;
      for (const std::string& column : table.columns) {
        for (int i = 0; i < 6; ++i) {
          std::string what;
          const std::string changed = After([&](store::Connection& connection) {
            const std::string where = table.Where(row);
            const std::string type = *connection.QueryText(absl::StrCat("SELECT typeof(", column, ") FROM ", table.name, where));
            if (type != "blob") {
              what = "another number";
              // None that another row has.
              const bool is_name = table.key_columns.count(column) > 0 || column == "result_id" || column == "patient_id";
              ASSERT_EQ(connection.Execute(absl::StrCat("UPDATE ", table.name, " SET ", column, " = coalesce(", column, ", 0) + ",
                                                        is_name ? 1000 : 1, where)),
                        absl::OkStatus());
              return;
            }
            std::string bytes = Read(connection, absl::StrCat("SELECT ", column, " FROM ", table.name, where));
            if (bytes.empty()) bytes = "x";
            const size_t place = random() % bytes.size();
            bytes[place] = static_cast<char>(bytes[place] ^ (1 + random() % 255));
            what = absl::StrCat("byte ", place, " of ", bytes.size());
            Write(connection, absl::StrCat("UPDATE ", table.name, " SET ", column, " = ?1", where), bytes);
          });
          EXPECT_FALSE(Stored(changed).empty()) << table.name << "." << column << ", row " << row << ": " << what;
          ++rows_changed;
          if (what == "another number") break;
        }
      }
    }
  }
  std::cout << rows_removed << " rows removed, " << rows_changed << " changed\n";
}

TEST_F(TamperTest, SaysWhereAndWhatDoesNotFit) {
  const struct {
    const char* sql;
    const char* finding;
  } kCases[] = {
      {"DELETE FROM outbox WHERE sequence = 2", "release 2 is missing: entry "},
      {"INSERT INTO outbox SELECT 99, 0, result_id, bytes FROM outbox WHERE sequence = 1", "release 99 came in beside the gate"},
      {"UPDATE outbox SET acknowledged = 0 WHERE sequence = 1",
       "release 1: it is kept as not acknowledged by the portal, and the log of result 1 says otherwise"},
      {"DELETE FROM results WHERE id = 3", "result 3 is missing: entry "},
      {"INSERT INTO results SELECT 77, due_us, held, record, open, settled_us FROM results WHERE id = 1",
       "result 77: its record is damaged"},
      {"UPDATE results SET due_us = due_us + 1 WHERE id = 4", "result 4: the columns by which it is found as held, due or open"},
      {"DELETE FROM activations", "activation 1 is missing: that entry activated pack sha256:"},
      {"INSERT INTO activations SELECT 3, digest FROM packs",
       "activation 3 came in beside the gate: that entry activated nothing"},
      {"DELETE FROM packs", "is missing: it was active"},
      {"INSERT INTO packs SELECT x'00', files FROM packs", "came in beside the gate: no entry activated it"},
      {"DELETE FROM keys WHERE result_id = 2", "result 2: 3 keys by which its messages are known again are missing"},
      {"DELETE FROM assigners", "result 2: who gave its patient an identifier is not kept"},
      {"INSERT INTO keys VALUES (zeroblob(32), 2)", "result 2: it is found by a key that none of its messages has"},
      {"INSERT INTO assigners VALUES (x'4d')", "1 assigner of patients' identifiers came in beside the gate"},
      {"DELETE FROM owners", "owner `clinician-1` is missing: entry "},
      {"UPDATE owners SET record = CAST(record || x'28' AS BLOB)", "owner `clinician-1`: it is not as entry "},
      {"INSERT INTO owners VALUES (x'41', x'0a0141')", "an owner of the directory came in beside the gate"},
      {"DELETE FROM patients WHERE id = 1", "patient 1 is missing: entry "},
      {"INSERT INTO patients VALUES (99, x'0863')", "patient 99 came in beside the gate: no entry tells of it"},
      {"UPDATE patients SET record = (SELECT record FROM patients WHERE id = 2) WHERE id = 1",
       "patient 1: its record is damaged"},
      {"DELETE FROM patient_keys WHERE patient_id = 2", "patient 2: 1 identifier does not lead there"},
      {"INSERT INTO patient_keys VALUES (zeroblob(32), 2)", "patient 2: a key leads there that none of its identifiers has"},
      {"DELETE FROM turnarounds WHERE result_id = 3", "result 3: its times, which figures count, are missing"},
      {"INSERT INTO turnarounds VALUES (7, 3, x'')", "result 3: times of it that figures count came in beside the gate"},
      {"DELETE FROM turnarounds_reach", "result 3: times of it that figures count came in beside the gate"},
      {"UPDATE turnarounds_reach SET sequence = 4096", "of the log up to entry 4096, where no follower stops"},
      {"DELETE FROM entry_terms WHERE term = CAST('rule=tissue-review' AS BLOB)",
       "entries 1 to 2048: 2 are not found by `rule=tissue-review`, and should be"},
      {"UPDATE entry_terms SET entries = x'0001' WHERE term = CAST('actor=reviewer-1' AS BLOB)",
       "entries 1 to 2048: those that are found by `actor=reviewer-1` are not those that tell of it"},
      {"INSERT INTO entry_terms VALUES (CAST('actor=nobody' AS BLOB), 0, x'0001')",
       "entries 1 to 2048: a term by which they are found came in beside the gate"},
      {"DELETE FROM entry_terms_reach", "entries 1 to 2048: a term by which they are found came in beside the gate"},
      {"UPDATE entry_terms_reach SET blocks = 2", "by their terms up to block 2, and the log has 2048 entries"},
      {"UPDATE legal_holds SET record = x'08' WHERE result_id = 1", ": it is not as entry "},
      {"DELETE FROM legal_holds WHERE patient_id IS NOT NULL", " placed it, and none ended it"},
  };
  for (const auto& test : kCases) {
    const std::string path =
        After([&](store::Connection& connection) { EXPECT_EQ(connection.Execute(test.sql), absl::OkStatus()) << test.sql; });
    EXPECT_THAT(Stored(path), ::testing::Contains(HasSubstr(test.finding))) << test.sql;
  }
  const std::string path = After([](store::Connection& connection) {
    Edit<v1::Result>(connection, "record", "results WHERE id = 4", [](v1::Result& result) {
      result.set_version(2);
      result.mutable_decision()->mutable_outcomes(0)->set_state(v1::OUTCOME_STATE_RELEASED);
    });
    Edit<v1::Release>(connection, "bytes", "outbox WHERE sequence = 1",
                      [](v1::Release& release) { release.mutable_comment()->set_language("xx"); });
  });
  EXPECT_THAT(Stored(path),
              ::testing::IsSupersetOf({HasSubstr("release 1: its row was changed: it has another digest than entry "),
                                       HasSubstr("result 4: version: logged 1, now 2"),
                                       HasSubstr("patient: state: logged OUTCOME_STATE_HELD, now OUTCOME_STATE_RELEASED")}));
}

// Figures are counted from these rows, which an auditor cannot see.
TEST_F(TamperTest, TimesThatFiguresCountAreHeldAgainstTheLog) {
  const std::string path = After([](store::Connection& connection) {
    Edit<v1::Turnaround>(connection, "record", "turnarounds WHERE result_id = 2", [](v1::Turnaround& times) {
      times.mutable_parts(0)->mutable_holds(0)->mutable_reviewed_at()->set_seconds(1'772'827'201);
    });
    Edit<v1::Turnaround>(connection, "record", "turnarounds WHERE result_id = 3",
                         [](v1::Turnaround& times) { times.set_facility("elsewhere"); });
  });
  EXPECT_THAT(Stored(path), ElementsAre("result 2: its times, which figures count, are not those that the log tells",
                                        "result 3: its times, which figures count, are not those that the log tells"));
}

// What cannot be read ends neither the check nor the replay: it must not hide the rest.
TEST_F(TamperTest, AnEntryThatCannotBeReadIsAFinding) {
  int64_t first = 0;
  const std::string path = After([&](store::Connection& connection) {
    first = *connection.QueryInt("SELECT min(sequence) FROM entries WHERE result_id = 3");
    ASSERT_EQ(connection.Execute(absl::StrCat("UPDATE entries SET bytes = x'ff' WHERE sequence = ", first,
                                              " OR sequence = ", "(SELECT max(sequence) FROM entries WHERE result_id IS NULL);",
                                              "UPDATE outbox SET acknowledged = 0 WHERE sequence = 1")),
              absl::OkStatus());
  });
  EXPECT_THAT(Stored(path), ::testing::UnorderedElementsAre(
                                "entry 2048 cannot be read",
                                absl::StrCat("entry ", first,
                                             " cannot be read, so that nobody can tell whether what is kept of result 3 agrees "
                                             "with the log"),
                                HasSubstr("release 1: it is kept as not acknowledged")));
  const ReplayReport report = Replay(path);
  EXPECT_THAT(Lines(report.differences), ElementsAre(absl::StrCat(first, " unreadable: its bytes are no entry")));
  EXPECT_GE(report.same, 4) << "of the others";
  EXPECT_EQ(report.reasons.count(absl::StrCat("entry ", first, " of the result cannot be read")), 1u);
}

}  // namespace
}  // namespace resultgate::gate
