// The workflow on a real database and the shipped rules and templates, with simulated time.
#include "server/gate/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <future>
#include <map>
#include <set>

#include "server/gate/content_digest.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/testing/packs.h"
#include "tests/testing/simulated_clock.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::kFriday;
using ::resultgate::testing::Later;
using Response = v1::SubmitResultResponse;

const policy::LoadedPack& DefaultPack() {
  static const auto* pack = new policy::LoadedPack(resultgate::testing::LoadPackWithFiles("policies/default"));
  return *pack;
}

std::shared_ptr<const comment::Library> Templates() {
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

class GateTest : public ::testing::Test {
 protected:
  GateTest() { Open(); }

  void Open(const std::string& database = "gate.db") {
    auto store = store::OpenSqlite(folder_.path() + "/" + database);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto gate = Gate::Start(
        store_.get(), &clock_, DefaultPack(), [](const auto&, auto*) { return Templates(); }, Options());
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  void Reopen() {
    gate_.reset();
    store_.reset();
    Open();
  }

  absl::StatusOr<Response> Submit(const v1::DiagnosticReport& report, bool accept_test = false) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    request.set_accept_test_message(accept_test);
    std::promise<absl::StatusOr<Response>> promise;
    gate_->Submit(std::move(request), [&promise](absl::StatusOr<Response> response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
  }

  static v1::GetResultRequest Request(int64_t id) {
    v1::GetResultRequest request;
    request.set_result_id(id);
    return request;
  }

  Response MustSubmit(const v1::DiagnosticReport& report) {
    absl::StatusOr<Response> response = Submit(report);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : Response();
  }

  absl::StatusOr<v1::ApproveReviewResponse> Approve(int64_t result_id, int32_t version,
                                                    const std::string& reviewer = "reviewer-1", const std::string& words = "") {
    v1::ApproveReviewRequest request;
    request.set_result_id(result_id);
    request.set_version(version);
    request.set_reviewer(reviewer);
    if (!words.empty()) request.mutable_comment()->set_text(words);
    std::promise<absl::StatusOr<v1::ApproveReviewResponse>> promise;
    gate_->Approve(request,
                   [&promise](absl::StatusOr<v1::ApproveReviewResponse> response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
  }

  // Tells the directory who looks into whose a result is.
  void PutRestorer(const std::string& person) {
    v1::PutOwnerRequest request;
    request.set_actor("staff-office");
    request.mutable_owner()->set_id(DefaultPack().pack->refusal_owner());
    request.mutable_owner()->set_kind(v1::OWNER_KIND_POOL);
    request.mutable_owner()->add_members(person);
    std::promise<absl::Status> promise;
    gate_->PutOwner(request, [&promise](const auto& response) { promise.set_value(response.status()); });
    ASSERT_TRUE(promise.get_future().get().ok());
  }

  absl::StatusOr<int> Acknowledge(const std::vector<int64_t>& sequences) {
    v1::AcknowledgeReleasesRequest request;
    for (const int64_t sequence : sequences) request.add_sequences(sequence);
    std::promise<absl::StatusOr<int>> promise;
    gate_->Acknowledge(request, [&promise](absl::StatusOr<v1::AcknowledgeReleasesResponse> response) {
      promise.set_value(response.ok() ? absl::StatusOr<int>(response->newly_acknowledged())
                                      : absl::StatusOr<int>(response.status()));
    });
    return promise.get_future().get();
  }

  std::vector<v1::Release> Releases(int64_t after = 0, bool unacknowledged_only = false) {
    int64_t scanned = 0;
    auto releases = gate_->ReadReleases(after, unacknowledged_only, 1000, &scanned);
    EXPECT_TRUE(releases.ok()) << releases.status();
    return releases.ok() ? *releases : std::vector<v1::Release>();
  }

  v1::Result Get(int64_t id) {
    v1::GetResultRequest request;
    request.set_result_id(id);
    auto response = gate_->GetResult(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->result() : v1::Result();
  }

  std::vector<v1::Entry> Entries() {
    v1::ListEntriesRequest request;
    request.set_page_size(1000);
    auto response = gate_->ListEntries(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return {response->entries().begin(), response->entries().end()};
  }

  // Moves the clock and waits until everything that came due has been done: a commit through the writer comes after the due ones.
  void AdvanceTo(const std::string& rfc3339) {
    clock_.Set(At(rfc3339));
    for (;;) {
      auto due = store_->EarliestDue();
      ASSERT_TRUE(due.ok());
      if (*due > clock_.Now()) return;
      (void)Acknowledge({});
    }
  }

  // What the patient's portal shows: by result and unit, the kind of the last release and the value in it.
  static std::map<std::string, std::string> Shown(const std::vector<v1::Release>& releases) {
    std::map<std::string, std::string> shown;
    for (const v1::Release& release : releases) {
      if (std::find(release.audiences().begin(), release.audiences().end(), v1::AUDIENCE_PATIENT) == release.audiences().end())
        continue;
      for (const std::string& unit : release.unit_ids()) {
        const std::string key = release.patient_identifiers(0).value() + "/" + unit;
        if (release.kind() == v1::RELEASE_KIND_RETRACTION) {
          shown.erase(key);
          continue;
        }
        std::string value = v1::ReleaseKind_Name(release.kind());
        for (const v1::Observation& observation : release.content().observations()) {
          if (observation.id() == unit) value = observation.quantity().value();
        }
        shown[key] = value;
      }
    }
    return shown;
  }

  resultgate::testing::TempFolder folder_;
  resultgate::testing::SimulatedClock clock_{At(kFriday)};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Gate> gate_;
};

// The legal clock of what was issued at no time that can be believed runs from the receipt, and the report says so, once.
TEST_F(GateTest, ADoubtfulTimeOfIssueIsAnIssueOfTheReport) {
  const auto about_issue = [](const auto& issues) {
    std::vector<std::string> messages;
    for (const v1::Issue& issue : issues) {
      if (issue.place() == "issued") messages.push_back(issue.message());
    }
    return messages;
  };
  EXPECT_TRUE(about_issue(gate_->GetResult(Request(MustSubmit(Cbc("F1")).result_id()))->result().report().issues()).empty());
  v1::DiagnosticReport report = Cbc("F2");
  report.clear_issued();
  const int64_t id = MustSubmit(report).result_id();
  const std::vector<std::string> expected = {"no time of issue was sent, so legal times run from the receipt"};
  EXPECT_EQ(about_issue(gate_->GetResult(Request(id))->result().report().issues()), expected);
  const std::vector<v1::Entry> entries = *store_->ListEntries(0, id, 10);
  EXPECT_EQ(about_issue(entries.at(0).decided().issues()), expected);
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  report.mutable_observations(0)->mutable_quantity()->set_value("14.1");
  EXPECT_EQ(MustSubmit(report).version(), 2);
  EXPECT_LE(about_issue(gate_->GetResult(Request(id))->result().report().issues()).size(), 1u);
  // One that was dropped for its date says that already.
  v1::DiagnosticReport ahead = resultgate::testing::Later(Cbc("F3"), absl::Hours(24 * 40));
  EXPECT_EQ(about_issue(gate_->GetResult(Request(MustSubmit(ahead).result_id()))->result().report().issues()).size(), 1u);
}

TEST_F(GateTest, ARoutineResultIsReleasedWithItsCommentAndItsEntry) {
  const Response response = MustSubmit(Cbc("F1"));
  EXPECT_EQ(response.disposal(), Response::DISPOSAL_NEW);
  ASSERT_EQ(response.decision().outcomes_size(), 1);
  EXPECT_EQ(response.decision().outcomes(0).state(), v1::OUTCOME_STATE_RELEASED);
  ASSERT_EQ(response.comments_size(), 1);
  EXPECT_NE(response.comments(0).text(), "");
  const std::vector<v1::Release> releases = Releases();
  ASSERT_EQ(releases.size(), 1u);
  EXPECT_EQ(releases[0].content().observations(0).quantity().value(), "13.9");
  EXPECT_EQ(releases[0].comment().text(), response.comments(0).text());
  const std::vector<v1::Entry> entries = Entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].activated().cause(), v1::ACTIVATION_CAUSE_FIRST_START);
  EXPECT_TRUE(entries[1].has_started());
  EXPECT_EQ(entries[2].decided().releases(0).sequence(), releases[0].sequence());
  EXPECT_EQ(entries[2].decided().decision().pack_digest(), DefaultPack().pack->digest());
}

TEST_F(GateTest, TheSameMessageTwiceGetsTheSameAnswerAndPublishesNothingTwice) {
  v1::DiagnosticReport report = Cbc("F1");
  const Response first = MustSubmit(report);
  report.set_message_id("sent again");
  report.set_report_id("and renumbered");
  const Response second = MustSubmit(report);
  EXPECT_EQ(second.disposal(), Response::DISPOSAL_DUPLICATE);
  EXPECT_EQ(second.result_id(), first.result_id());
  EXPECT_EQ(second.decision().SerializeAsString(), first.decision().SerializeAsString());
  ASSERT_EQ(second.comments_size(), first.comments_size());
  EXPECT_EQ(second.comments(0).text(), first.comments(0).text());
  EXPECT_EQ(Releases().size(), 1u);
  // As it is read since it is known that its format says all that stands.
  report.set_snapshot(true);
  EXPECT_EQ(MustSubmit(report).disposal(), Response::DISPOSAL_DUPLICATE);
  EXPECT_EQ(Releases().size(), 1u);
}

TEST_F(GateTest, NeitherNamesNorValuesAreInTheLog) {
  v1::DiagnosticReport report = Cbc("F1", "13.987");
  report.mutable_patient()->mutable_identifiers(0)->set_value("patient-4711");
  report.add_notes("a remark about the patient");
  MustSubmit(report);
  for (const v1::Entry& entry : Entries()) {
    const std::string text = entry.DebugString();
    EXPECT_EQ(text.find("13.987"), std::string::npos);
    EXPECT_EQ(text.find("patient-4711"), std::string::npos);
    EXPECT_EQ(text.find("a remark"), std::string::npos);
  }
}

TEST_F(GateTest, AHeldBiopsyWaitsForItsOwnerAndGoesWhenApproved) {
  const Response response = MustSubmit(Biopsy("F1"));
  ASSERT_EQ(response.decision().outcomes(0).disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_TRUE(Releases().empty());
  auto reviews = gate_->ListReviews({});
  ASSERT_TRUE(reviews.ok());
  ASSERT_GE(reviews->reviews_size(), 1);
  EXPECT_EQ(reviews->reviews(0).owner().role(), "ordering-provider");
  EXPECT_EQ(Approve(response.result_id(), 7).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Approve(99, 1).status().code(), absl::StatusCode::kNotFound);
  auto approved = Approve(response.result_id(), 1);
  ASSERT_TRUE(approved.ok()) << approved.status();
  const auto releases = Releases();
  ASSERT_FALSE(releases.empty());
  EXPECT_EQ(releases[0].kind(), v1::RELEASE_KIND_RESULT);
  EXPECT_EQ(releases[0].content().narrative(), "benign breast tissue");
  EXPECT_EQ(Approve(response.result_id(), 1).status().code(), absl::StatusCode::kFailedPrecondition) << "nothing waits any more";
  EXPECT_EQ(Entries().back().actor(), "reviewer-1");
}

// A reviewer's own words go before the template's, with their author; the log has who and a digest, not the words; hard ones get
// a hint and go all the same.
TEST_F(GateTest, WhatTheReviewerWroteIsShownWithTheResult) {
  const Response response = MustSubmit(Biopsy("F1"));
  const std::string words = "The histopathological examination demonstrates unremarkable epithelium throughout.";
  const auto approved = Approve(response.result_id(), 1, "reviewer-1", words);
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(approved->hints_size(), 2);
  const auto releases = Releases();
  ASSERT_FALSE(releases.empty());
  EXPECT_THAT(releases[0].comment().text(), ::testing::HasSubstr("From your care team:\n" + words + "\n"));
  EXPECT_EQ(releases[0].comment().clinician(), "reviewer-1");
  const v1::Entry entry = Entries().back();
  const auto kept = store_->FindResult(response.result_id());
  ASSERT_TRUE(kept.ok() && kept->has_value());
  EXPECT_TRUE(IsContentDigestText(entry.approved().comment_digest(), (*kept)->salt(), words));
  EXPECT_FALSE(IsContentDigestText(entry.approved().comment_digest(), "another salt", words));
  EXPECT_EQ(entry.approved().releases(0).clinician(), "reviewer-1");
  EXPECT_THAT(entry.SerializeAsString(), ::testing::Not(::testing::HasSubstr("histopathological")));
}

TEST_F(GateTest, AReviewThatNobodyDoesEndsByItselfAndSaysSo) {
  const Response response = MustSubmit(Biopsy("F1"));
  const absl::Time expires = base::FromProto(response.decision().outcomes(0).review().expires_at());
  clock_.Set(expires - absl::Seconds(1));
  AdvanceTo(base::FormatUtc(expires - absl::Seconds(1)));
  EXPECT_TRUE(Releases().empty()) << "not before its time";
  AdvanceTo(base::FormatUtc(expires + absl::Seconds(1)));
  for (int day = 1; day <= 30 && Releases().empty(); ++day) AdvanceTo(base::FormatUtc(expires + absl::Hours(24 * day)));
  const auto releases = Releases();
  ASSERT_FALSE(releases.empty()) << "every path ends in finite time";
  const v1::Result result = Get(response.result_id());
  EXPECT_TRUE(result.decision().outcomes(0).released_unreviewed());
}

TEST_F(GateTest, AResultThatCannotBeReadHoldsUpNoOther) {
  const Response damaged = MustSubmit(Biopsy("F1"));
  const Response sound = MustSubmit(Biopsy("F2"));
  gate_.reset();
  store_.reset();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((folder_.path() + "/gate.db").c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "UPDATE results SET record = x'ffff' WHERE id = 1", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  ASSERT_EQ(damaged.result_id(), 1);
  clock_.Set(base::FromProto(sound.decision().outcomes(0).review().expires_at()));
  Open();
  for (int i = 0; i < 100 && Releases().empty(); ++i) {
    (void)Acknowledge({});
    clock_.Advance(absl::Minutes(30));  // its owner keeps four staffed hours, because the gate was down
  }
  ASSERT_FALSE(Releases().empty());
  EXPECT_EQ(Releases()[0].result_id(), sound.result_id());
  const std::vector<v1::Entry> entries = Entries();
  EXPECT_EQ(std::count_if(entries.begin(), entries.end(),
                          [](const v1::Entry& entry) { return entry.result_id() == 1 && entry.has_advanced(); }),
            1)
      << "the log says so, once";
}

TEST_F(GateTest, AFloorEndsOnTheMinuteAlsoAcrossARestart) {
  v1::DiagnosticReport report = resultgate::testing::Report("F1", "36643-5");
  report.set_section(v1::SECTION_IMAGING);
  report.set_narrative("clear lungs");
  const Response response = MustSubmit(report);
  ASSERT_EQ(response.decision().outcomes(0).disposition(), v1::DISPOSITION_DELAY) << response.decision().DebugString();
  const absl::Time floor = base::FromProto(response.decision().outcomes(0).not_before());
  EXPECT_EQ(base::FormatUtc(floor), "2026-03-09T12:00:00Z");
  Reopen();
  AdvanceTo("2026-03-09T11:59:59Z");
  EXPECT_TRUE(Releases().empty());
  AdvanceTo("2026-03-09T12:00:00Z");
  EXPECT_EQ(Releases().size(), 1u);
  EXPECT_TRUE(Entries().back().has_advanced());
}

TEST_F(GateTest, WhatIsLateIsToldOneByOneBeforeAnyOfItGoes) {
  for (int i = 0; i < 101; ++i) {
    MustSubmit(Biopsy(absl::StrCat("F", i)));
    clock_.Advance(absl::Seconds(1));
  }
  gate_.reset();
  clock_.Set(At("2026-03-09T16:00:00-04:00"));
  int told = 0;
  Options options;
  options.tell_overdue = [&](const v1::Entry::Overdue& overdue) {
    ++told;
    EXPECT_EQ(overdue.results(), 101);
    ASSERT_EQ(overdue.due_size(), 100);
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(overdue.due(i).result_id(), i + 1) << "the earliest first";
      EXPECT_EQ(base::FromProto(overdue.due(i).due_at()), At("2026-03-09T15:00:00-04:00") + absl::Seconds(i));
    }
    const auto last = store_->ListEntriesBackward(0, 0, 1);
    ASSERT_TRUE(last.ok());
    EXPECT_TRUE((*last)[0].has_overdue()) << "it stands in the log, and nothing has gone yet";
  };
  const auto start = [&] {
    auto gate = Gate::Start(
        store_.get(), &clock_, DefaultPack(), [](const auto&, auto*) { return Templates(); }, options);
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
    AdvanceTo("2026-03-09T16:00:00-04:00");
  };
  start();
  EXPECT_EQ(told, 1);
  gate_.reset();
  start();
  EXPECT_EQ(told, 1) << "nothing is late any more";
}

TEST_F(GateTest, ACorrectionOfWhatIsOutReplacesItAndAnOlderVersionDoesNot) {
  const v1::DiagnosticReport wrong = Cbc("F1", "3.9");
  v1::DiagnosticReport right = Later(Cbc("F1", "13.9"), absl::Minutes(30));
  right.set_status(v1::RESULT_STATUS_CORRECTED);
  right.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  right.set_report_id("renumbered");
  MustSubmit(wrong);
  const Response corrected = MustSubmit(right);
  EXPECT_EQ(corrected.disposal(), Response::DISPOSAL_NEW_VERSION);
  EXPECT_EQ(corrected.version(), 2);
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p1/718-7", "13.9"}}));
  v1::DiagnosticReport late = Later(Cbc("F1", "99.9"), -absl::Minutes(30));
  EXPECT_EQ(MustSubmit(late).disposal(), Response::DISPOSAL_OLDER_VERSION);
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p1/718-7", "13.9"}}));
  EXPECT_EQ(Releases().size(), 1u) << "what was overtaken before anybody fetched it is left out";
}

TEST_F(GateTest, ACorrectionThatIsHeldWithdrawsRelianceAtOnce) {
  MustSubmit(Cbc("F1", "3.9"));
  v1::DiagnosticReport uncertain = Later(Cbc("F1", "13.9"), absl::Minutes(30));
  uncertain.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  MustSubmit(uncertain);
  const auto releases = Releases();
  ASSERT_EQ(releases.size(), 1u);
  EXPECT_EQ(releases[0].kind(), v1::RELEASE_KIND_BEING_CORRECTED);
  EXPECT_FALSE(releases[0].has_content());
  v1::DiagnosticReport right = Later(Cbc("F1", "13.9"), absl::Minutes(60));
  MustSubmit(right);
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p1/718-7", "13.9"}}));
}

TEST_F(GateTest, EnteredInErrorIsTakenAwayAndACancellationIsSaid) {
  MustSubmit(Cbc("F1"));
  v1::DiagnosticReport error = Later(Cbc("F1"), absl::Minutes(5));
  error.mutable_observations(0)->set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  MustSubmit(error);
  EXPECT_TRUE(Shown(Releases()).empty());
  v1::DiagnosticReport cancelled = Cbc("F2");
  cancelled.set_status(v1::RESULT_STATUS_CANCELLED);
  cancelled.mutable_observations(0)->set_status(v1::RESULT_STATUS_CANCELLED);
  cancelled.mutable_observations(0)->clear_value();
  cancelled.mutable_observations(0)->clear_interpretation();
  MustSubmit(cancelled);
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p1/718-7", "RELEASE_KIND_CANCELLED"}}));
}

TEST_F(GateTest, AReportThatMovesToAnotherPatientIsWithdrawnFromTheFirstAndHeldForTheSecond) {
  const Response first = MustSubmit(Cbc("F1"));
  v1::DiagnosticReport moved = Later(Cbc("F1"), absl::Minutes(5));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  const Response second = MustSubmit(moved);
  EXPECT_EQ(second.result_id(), first.result_id());
  EXPECT_EQ(second.decision().outcomes(0).disposition(), v1::DISPOSITION_QUARANTINE);
  const auto releases = Releases();
  ASSERT_EQ(releases.size(), 1u);
  EXPECT_EQ(releases[0].kind(), v1::RELEASE_KIND_RETRACTION);
  EXPECT_EQ(releases[0].patient_identifiers(0).value(), "p1") << "withdrawn from the one who had it";
  // Time alone never lets it go.
  for (int day = 1; day <= 20; ++day) AdvanceTo(base::FormatUtc(At(kFriday) + absl::Hours(24 * day)));
  EXPECT_EQ(Releases().size(), 1u);
  // Two people's word, not one's twice (I5).
  ASSERT_TRUE(Approve(first.result_id(), 2).ok());
  EXPECT_TRUE(Shown(Releases()).empty());
  EXPECT_EQ(Approve(first.result_id(), 2).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Approve(first.result_id(), 2, " Reviewer-1").status().code(), absl::StatusCode::kFailedPrecondition);
  // One of them is of those who look into it, and the refusal says how somebody becomes one.
  const absl::Status stranger = Approve(first.result_id(), 2, "reviewer-2").status();
  EXPECT_EQ(stranger.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(stranger.message()),
              ::testing::HasSubstr("resultgate directory put health-information-management --kind pool --member"));
  PutRestorer("privacy-1");
  EXPECT_EQ(Approve(first.result_id(), 2, "reviewer-2").status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Approve(first.result_id(), 2, "privacy-1").ok());
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p2/718-7", "13.9"}}));
  EXPECT_EQ(Get(first.result_id()).decision().pack_digest(), DefaultPack().pack->digest());
}

TEST_F(GateTest, ANoticeThatNobodyFetchedYetDoesNotSaveAnotherPatientsResult) {
  MustSubmit(Cbc("F1", "3.9"));
  ASSERT_EQ(Acknowledge({Releases()[0].sequence()}).value(), 1);
  v1::DiagnosticReport uncertain = Later(Cbc("F1", "4.0"), absl::Minutes(5));
  uncertain.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  MustSubmit(uncertain);
  v1::DiagnosticReport moved = Later(Cbc("F1", "13.9"), absl::Minutes(10));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  MustSubmit(moved);
  const auto waiting = Releases(0, /*unacknowledged_only=*/true);
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0].kind(), v1::RELEASE_KIND_RETRACTION);
  EXPECT_EQ(waiting[0].patient_identifiers(0).value(), "p1");
}

TEST_F(GateTest, AnOrderNumberThatIsUsedAgainLosesNeitherPatientsReport) {
  const Response first = MustSubmit(Cbc("F1", "3.9"));
  v1::DiagnosticReport other = Later(Cbc("F1", "13.9"), absl::Minutes(5));
  other.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  const Response second = MustSubmit(other);
  EXPECT_NE(second.result_id(), first.result_id());
  EXPECT_EQ(second.decision().outcomes(0).disposition(), v1::DISPOSITION_QUARANTINE);
  EXPECT_EQ(Get(first.result_id()).report().observations(0).quantity().value(), "3.9") << "it is still there";
  EXPECT_EQ(Get(first.result_id()).report().patient().identifiers(0).value(), "p1");
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p1/718-7", "RELEASE_KIND_BEING_CORRECTED"}}));
  // A further version of the second finds the second, although both have the key.
  v1::DiagnosticReport again = Later(other, absl::Minutes(5));
  EXPECT_EQ(MustSubmit(again).result_id(), second.result_id());
}

TEST_F(GateTest, AThirdPatientsReportUnderTheSameOrderPutsAllInDoubtForTwoPeople) {
  PutRestorer("reviewer-2");
  const Response first = MustSubmit(Cbc("F1", "3.9"));
  v1::DiagnosticReport other = Later(Cbc("F1", "13.9"), absl::Minutes(5));
  other.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  const Response second = MustSubmit(other);
  for (const char* reviewer : {"reviewer-1", "reviewer-2"}) {
    ASSERT_TRUE(Approve(first.result_id(), 2, reviewer).ok());
    ASSERT_TRUE(Approve(second.result_id(), 1, reviewer).ok());
  }
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p1/718-7", "3.9"}, {"p2/718-7", "13.9"}}));
  v1::DiagnosticReport correction = Later(Cbc("F1", "14.9"), absl::Minutes(10));
  correction.set_status(v1::RESULT_STATUS_CORRECTED);
  correction.mutable_patient()->mutable_identifiers(0)->set_value("p3");
  const Response third = MustSubmit(correction);
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p1/718-7", "RELEASE_KIND_BEING_CORRECTED"},
                                                                   {"p2/718-7", "RELEASE_KIND_BEING_CORRECTED"}}))
      << "nobody can tell which of the two it puts right";
  size_t incidents = 0;
  for (const v1::Entry& entry : Entries()) incidents += entry.has_incident() ? 1 : 0;
  EXPECT_EQ(incidents, 3u) << "when the number was first used again, and for each of the two";
  EXPECT_EQ(third.decision().outcomes(0).disposition(), v1::DISPOSITION_QUARANTINE);
  ASSERT_TRUE(Approve(third.result_id(), 1).ok());
  EXPECT_EQ(Get(third.result_id()).decision().outcomes(0).disposition(), v1::DISPOSITION_QUARANTINE)
      << "one's word is not enough";
  EXPECT_EQ(Get(first.result_id()).version(), 3);
  EXPECT_EQ(Get(second.result_id()).version(), 2);
}

TEST_F(GateTest, AnOlderReportOfAnotherPatientPutsTheStandingOneInDoubt) {
  v1::DiagnosticReport moved = Later(Cbc("F1", "13.9"), absl::Minutes(10));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  const Response standing = MustSubmit(moved);
  EXPECT_EQ(Shown(Releases()).size(), 1u);
  EXPECT_EQ(MustSubmit(Cbc("F1", "13.9")).disposal(), Response::DISPOSAL_OLDER_VERSION);
  EXPECT_EQ(Get(standing.result_id()).report().patient().identifiers(0).value(), "p2")
      << "the two patients' reports are not mixed";
  EXPECT_EQ(Get(standing.result_id()).decision().outcomes(0).disposition(), v1::DISPOSITION_QUARANTINE);
}

TEST_F(GateTest, AWithdrawalOrCancellationOfTheReportTakesItsObservationsWithIt) {
  MustSubmit(Cbc("F1"));
  v1::DiagnosticReport error = Later(Cbc("F1"), absl::Minutes(5));
  error.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);  // the observation still says final
  MustSubmit(error);
  EXPECT_TRUE(Shown(Releases()).empty());
  MustSubmit(Cbc("F2"));
  v1::DiagnosticReport cancelled = Later(resultgate::testing::Report("F2", "58410-2"), absl::Minutes(5));
  cancelled.set_status(v1::RESULT_STATUS_CANCELLED);  // and says nothing of its observations
  MustSubmit(cancelled);
  EXPECT_EQ(Shown(Releases())["p1/718-7"], "RELEASE_KIND_CANCELLED");
  v1::DiagnosticReport never = Cbc("F3");
  never.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  EXPECT_EQ(MustSubmit(never).decision().outcomes(0).disposition(), v1::DISPOSITION_NEVER);
}

TEST_F(GateTest, ANoticeIsTakenBackWhereTheCorrectionWasNone) {
  MustSubmit(Cbc("F1", "3.9"));
  v1::DiagnosticReport uncertain = Later(Cbc("F1", "4.0"), absl::Minutes(5));
  uncertain.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  MustSubmit(uncertain);
  v1::DiagnosticReport error = Later(Cbc("F1"), absl::Minutes(10));
  error.mutable_observations(0)->set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  MustSubmit(error);
  EXPECT_TRUE(Shown(Releases()).empty());
}

TEST_F(GateTest, ADocumentThatIsOutComesBackWhileAnObservationOfItsReportIsHeld) {
  v1::DiagnosticReport report = Cbc("F1");
  report.add_notes("a remark");
  MustSubmit(report);
  EXPECT_EQ(Shown(Releases()).count("p1/document"), 1u);
  v1::DiagnosticReport more = Later(report, absl::Minutes(5));
  resultgate::testing::AddObservation(&more, "56888-1", "1");
  const Response response = MustSubmit(more);
  EXPECT_EQ(Shown(Releases())["p1/document"], "RELEASE_KIND_BEING_CORRECTED");
  EXPECT_EQ(Shown(Releases())["p1/718-7"], "13.9") << "what is out and unchanged stays";
  ASSERT_TRUE(Approve(response.result_id(), 2).ok());
  EXPECT_EQ(Shown(Releases())["p1/document"], "RELEASE_KIND_RESULT");
}

TEST_F(GateTest, ThePanelsNameWaitsForWhatIsHeldInIt) {
  v1::DiagnosticReport report = Cbc("F1");
  report.mutable_code()->set_text("HIV and blood count");
  report.mutable_order()->mutable_code()->set_text("HIV and blood count");
  report.mutable_order()->add_reason_codes()->set_text("exposure");
  resultgate::testing::AddObservation(&report, "56888-1", "1");
  const Response response = MustSubmit(report);
  auto releases = Releases();
  ASSERT_EQ(releases.size(), 1u);
  EXPECT_EQ(releases[0].DebugString().find("HIV"), std::string::npos) << releases[0].DebugString();
  EXPECT_EQ(releases[0].DebugString().find("exposure"), std::string::npos);
  EXPECT_EQ(releases[0].DebugString().find("56888-1"), std::string::npos);
  EXPECT_EQ(response.decision().outcomes_size() > 1, true);
}

TEST_F(GateTest, AReviewThatAVersionIsTheFirstToAskForHasItsWholeTime) {
  v1::DiagnosticReport unknown = resultgate::testing::Report("F1", "33914-3");
  resultgate::testing::AddObservation(&unknown, "33914-3", "1");
  const Response first = MustSubmit(unknown);
  clock_.Set(At(kFriday) + absl::Hours(20));
  v1::DiagnosticReport biopsy = Later(unknown, absl::Hours(19));
  biopsy.set_status(v1::RESULT_STATUS_CORRECTED);
  biopsy.set_section(v1::SECTION_PATHOLOGY);
  biopsy.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  const Response second = MustSubmit(biopsy);
  EXPECT_EQ(second.result_id(), first.result_id());
  EXPECT_EQ(base::FromProto(second.decision().outcomes(0).review().started_at()), At("2026-03-09T08:00:00-04:00"))
      << "it came on a Saturday, and can be seen on Monday";
}

TEST_F(GateTest, PartsThatComeOutOfOrderEndInTheSameState) {
  // t1 gives both, t3 corrects one, t2 the other: whatever the order, the latest word on each stands.
  v1::DiagnosticReport t1 = Cbc("F", "1.0");
  resultgate::testing::AddObservation(&t1, "4544-3", "41");
  v1::DiagnosticReport t2 = Later(resultgate::testing::Report("F", "58410-2"), absl::Minutes(1));
  resultgate::testing::AddObservation(&t2, "4544-3", "42", v1::RESULT_STATUS_CORRECTED);
  v1::DiagnosticReport t3 = Later(Cbc("F", "3.0"), absl::Minutes(2));
  t3.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  std::vector<v1::DiagnosticReport> versions = {t1, t2, t3};
  std::vector<int> order = {0, 1, 2};
  int round = 0;
  do {
    const std::string number = "P" + std::to_string(round++);
    for (const int i : order) {
      v1::DiagnosticReport version = versions[static_cast<size_t>(i)];
      version.mutable_order()->set_filler_order_number(number);
      version.mutable_patient()->mutable_identifiers(0)->set_value(number);
      MustSubmit(version);
    }
    const auto shown = Shown(Releases());
    EXPECT_EQ(shown.at(number + "/718-7"), "3.0") << number;
    EXPECT_EQ(shown.at(number + "/4544-3"), "42") << number;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(GateTest, AResultDoesNotGrowWithoutEnd) {
  v1::DiagnosticReport report = Cbc("F1");
  for (int i = 0; i < 900; ++i) resultgate::testing::AddObservation(&report, "4544-3", "1")->set_id("a" + std::to_string(i));
  const Response first = MustSubmit(report);
  v1::DiagnosticReport more = Later(Cbc("F1"), absl::Minutes(5));
  for (int i = 0; i < 900; ++i) resultgate::testing::AddObservation(&more, "4544-3", "1")->set_id("b" + std::to_string(i));
  const Response second = MustSubmit(more);
  EXPECT_NE(second.result_id(), first.result_id());
  EXPECT_EQ(second.decision().outcomes(0).disposition(), v1::DISPOSITION_QUARANTINE);
}

TEST_F(GateTest, ASecondPartOfAReportTakesNothingAwayFromTheFirst) {
  MustSubmit(Cbc("F1"));
  v1::DiagnosticReport part = Later(resultgate::testing::Report("F1", "58410-2"), absl::Minutes(5));
  resultgate::testing::AddObservation(&part, "4544-3", "41");
  MustSubmit(part);
  EXPECT_EQ(Shown(Releases()), (std::map<std::string, std::string>{{"p1/718-7", "13.9"}, {"p1/4544-3", "41"}}));
}

TEST_F(GateTest, TwoFinalsOfTheSameTimeThatDifferAreHeldWhicheverComesFirst) {
  std::set<std::string> standing;
  for (const bool turned : {false, true}) {
    gate_.reset();
    store_.reset();
    Open(turned ? "turned.db" : "straight.db");
    const Response first = MustSubmit(Cbc("F1", turned ? "9.9" : "13.9"));
    const Response second = MustSubmit(Cbc("F1", turned ? "13.9" : "9.9"));
    EXPECT_EQ(second.result_id(), first.result_id());
    EXPECT_EQ(second.decision().outcomes(0).disposition(), v1::DISPOSITION_QUARANTINE);
    standing.insert(Get(second.result_id()).report().observations(0).quantity().value());
  }
  EXPECT_EQ(standing.size(), 1u) << "which one stands does not hang on the order of arrival";
}

TEST_F(GateTest, ADoubtAboutTwoVersionsIsEndedByAPersonOrALaterVersionOfTheSame) {
  const Response first = MustSubmit(Cbc("F1", "13.9"));
  MustSubmit(Cbc("F1", "9.9"));
  v1::DiagnosticReport other = Later(resultgate::testing::Report("F1", "58410-2"), absl::Minutes(5));
  resultgate::testing::AddObservation(&other, "4544-3", "41");
  EXPECT_EQ(MustSubmit(other).decision().outcomes(0).disposition(), v1::DISPOSITION_QUARANTINE) << "it says nothing of that";
  EXPECT_EQ(Shown(Releases())["p1/718-7"], "RELEASE_KIND_BEING_CORRECTED");
  MustSubmit(Later(Cbc("F1", "10.0"), absl::Minutes(10)));
  EXPECT_EQ(Shown(Releases())["p1/718-7"], "10.0");
  const Response second = MustSubmit(Cbc("F2", "13.9"));
  MustSubmit(Cbc("F2", "9.9"));
  ASSERT_TRUE(Approve(second.result_id(), 2).ok()) << "which version stands is one person's word";
  EXPECT_NE(Shown(Releases())["p1/718-7"], "RELEASE_KIND_BEING_CORRECTED");
  EXPECT_NE(first.result_id(), second.result_id());
}

TEST_F(GateTest, ACorrectionWhileItWaitsKeepsTheFloor) {
  v1::DiagnosticReport report = resultgate::testing::Report("F1", "36643-5");
  report.set_section(v1::SECTION_IMAGING);
  report.set_narrative("clear lungs");
  const Response first = MustSubmit(report);
  clock_.Set(At("2026-03-09T07:00:00-04:00"));
  v1::DiagnosticReport corrected = report;
  *corrected.mutable_issued() = base::ToProto(At("2026-03-09T06:30:00-04:00"));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.set_narrative("clear lungs, old scar");
  const Response second = MustSubmit(corrected);
  EXPECT_EQ(second.result_id(), first.result_id());
  EXPECT_EQ(second.decision().outcomes(0).not_before().seconds(), first.decision().outcomes(0).not_before().seconds());
}

TEST_F(GateTest, AnyOrderAndRepetitionOfVersionsEndsInTheSamePublishedState) {
  // I7, over every permutation of a preliminary, a final, a correction and a repeated final.
  v1::DiagnosticReport preliminary = Cbc("F", "1.0");
  preliminary.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  v1::DiagnosticReport final_report = Later(Cbc("F", "2.0"), absl::Minutes(1));
  v1::DiagnosticReport corrected = Later(Cbc("F", "3.0"), absl::Minutes(2));
  corrected.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  const std::vector<v1::DiagnosticReport> versions = {preliminary, final_report, corrected, final_report};
  std::vector<int> order = {0, 1, 2, 3};
  int round = 0;
  do {
    const std::string number = "P" + std::to_string(round++);
    for (const int i : order) {
      v1::DiagnosticReport version = versions[static_cast<size_t>(i)];
      version.mutable_order()->set_filler_order_number(number);
      version.mutable_patient()->mutable_identifiers(0)->set_value(number);
      MustSubmit(version);
    }
    const auto shown = Shown(Releases());
    EXPECT_EQ(shown.at(number + "/718-7"), "3.0") << number;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(GateTest, TestMessagesAreRefusedUnlessAsked) {
  v1::DiagnosticReport report = Cbc("F1");
  report.set_test_message(true);
  EXPECT_EQ(Submit(report).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Entries().back().has_refused());
  EXPECT_FALSE(Entries().back().refused().owner().role().empty()) << "a refusal that nobody watches is a lost biopsy";
  EXPECT_TRUE(Submit(report, /*accept_test=*/true).ok());
}

TEST_F(GateTest, AcknowledgementPublishesOnceAndAnUnknownOneChangesNothing) {
  const Response response = MustSubmit(Cbc("F1"));
  const int64_t sequence = Releases()[0].sequence();
  EXPECT_EQ(Acknowledge({sequence, 99}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get(response.result_id()).decision().outcomes(0).state(), v1::OUTCOME_STATE_RELEASED);
  EXPECT_EQ(Acknowledge({sequence, sequence}).value(), 1);
  EXPECT_EQ(Acknowledge({sequence}).value(), 0);
  EXPECT_EQ(Get(response.result_id()).decision().outcomes(0).state(), v1::OUTCOME_STATE_PUBLISHED);
  EXPECT_TRUE(Releases(0, /*unacknowledged_only=*/true).empty());
  Reopen();
  EXPECT_TRUE(Releases(0, /*unacknowledged_only=*/true).empty());
}

TEST_F(GateTest, SubscribersAreWokenByReleases) {
  int woken = 0;
  const int64_t id = gate_->Subscribe(Feed::kReleases, [&woken] { ++woken; });
  MustSubmit(Cbc("F1"));
  MustSubmit(Biopsy("F2"));
  (void)Acknowledge({});
  EXPECT_EQ(woken, 1);
  gate_->Unsubscribe(id);
  MustSubmit(Cbc("F3"));
  EXPECT_EQ(woken, 1);
}

TEST_F(GateTest, ADryRunKeepsNothing) {
  v1::DecideRequest request;
  *request.mutable_report() = Cbc("F1");
  const v1::DecideResponse response = gate_->DryRun(request);
  EXPECT_EQ(response.decision().outcomes(0).disposition(), v1::DISPOSITION_RELEASE);
  EXPECT_EQ(response.comments_size(), 1);
  EXPECT_TRUE(Releases().empty());
  EXPECT_EQ(Entries().size(), 2u) << "the pack was activated, the gate started";
}

TEST_F(GateTest, ListsArePagedWithoutGapsOrRepetition) {
  for (int i = 0; i < 25; ++i) MustSubmit(i % 5 == 0 ? Biopsy("B" + std::to_string(i)) : Cbc("F" + std::to_string(i)));
  std::set<int64_t> seen;
  v1::ListResultsRequest request;
  request.set_page_size(7);
  do {
    auto page = gate_->ListResults(request);
    ASSERT_TRUE(page.ok());
    for (const v1::Result& result : page->results()) EXPECT_TRUE(seen.insert(result.id()).second);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen.size(), 25u);
  request.set_state(v1::OUTCOME_STATE_HELD);
  EXPECT_EQ(gate_->ListResults(request)->results_size(), 5);
  request.set_page_token("nonsense");
  EXPECT_EQ(gate_->ListResults(request).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace resultgate::gate
