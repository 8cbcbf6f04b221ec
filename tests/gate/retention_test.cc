// Contents are erased when their time has come, and only then; what was decided, and its proofs, stay.
#include "server/gate/retention.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/gate/content_digest.h"
#include "server/gate/erasure.h"
#include "server/gate/keys.h"
#include "server/gate/replay_log.h"
#include "server/gate/stored_check.h"
#include "server/gate/submit.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/log_file.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::gate {
namespace {

namespace fs = std::filesystem;
using ::resultgate::scenario::BareGate;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::Later;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kMarker[] = "a marker that stands nowhere else";
constexpr absl::Duration kDay = absl::Hours(24);

TEST(RetentionTest, IsReadInYearsOrDays) {
  EXPECT_EQ(ParseRetention("10y")->length, 3660 * kDay) << "never too early";
  EXPECT_EQ(ParseRetention("400d")->length, 400 * kDay);
  EXPECT_EQ(ParseRetention("90d")->text, "90d");
  for (const char* wrong : {"", "y", "10", "0y", "-1y", "1.5y", "10 years", "89d", "1001y", "99999999999999999999d", "10m"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseRetention(wrong).status())) << wrong;
  }
}

TEST(ContentDigestTest, SaysItselfOfWhichKindItIs) {
  const std::string plain = ContentDigest("", "contents");
  const std::string salted = ContentDigest("salt", "contents");
  EXPECT_THAT(plain, SizeIs(32));
  EXPECT_THAT(salted, SizeIs(33));
  EXPECT_NE(salted, ContentDigest("another", "contents"));
  // A result of before that has a salt since then has digests of both kinds.
  EXPECT_TRUE(IsContentDigest(plain, "salt", "contents"));
  EXPECT_TRUE(IsContentDigest(salted, "salt", "contents"));
  EXPECT_FALSE(IsContentDigest(salted, "", "contents")) << "without the salt nobody can tell";
  EXPECT_FALSE(IsContentDigest(salted, "another", "contents"));
  EXPECT_FALSE(IsContentDigest(salted, "salt", "other contents"));
  EXPECT_FALSE(IsContentDigest(plain, "", "other contents"));
  EXPECT_TRUE(IsContentDigestText(ContentDigestText("", "words"), "salt", "words"));
  EXPECT_TRUE(IsContentDigestText(ContentDigestText("salt", "words"), "salt", "words"));
  EXPECT_FALSE(IsContentDigestText(ContentDigestText("salt", "words"), "", "words"));

  const v1::DiagnosticReport report = Cbc("F1");
  const std::string digest = ReportDigest(report);
  EXPECT_THAT(ReportName("", report), ::testing::StartsWith("sha256:"));
  EXPECT_EQ(ReportName("salt", report), ContentDigestText("salt", DuplicateKey(report, digest)))
      << "so that a key alone can be held against the log";
  EXPECT_TRUE(IsReportName(ReportName("", report), "salt", report));
  EXPECT_TRUE(IsReportName(ReportName("salt", report), "salt", report));
  EXPECT_FALSE(IsReportName(ReportName("salt", report), "", report));
  EXPECT_FALSE(IsReportName(ReportName("salt", Cbc("F2")), "salt", report));
}

// A blood count that goes at once, with a marker in it.
v1::DiagnosticReport Marked(const std::string& order) {
  v1::DiagnosticReport report = Cbc(order);
  report.mutable_observations(0)->add_notes(kMarker);
  // Words for codes are anybody's; an id of an observation stands in the log anyway.
  report.mutable_code()->mutable_codings(0)->set_display(kMarker);
  report.mutable_observations(0)->mutable_code()->mutable_codings(0)->set_display(kMarker);
  report.mutable_observations(0)->mutable_code()->set_text(kMarker);
  report.mutable_patient()->mutable_identifiers(0)->set_value(absl::StrCat(kMarker, " ", order));
  report.mutable_patient()->set_language("es");
  report.mutable_order()->set_facility("NORTH");
  return report;
}

Options Keeping(const std::string& retention) {
  Options options;
  options.retention = *ParseRetention(retention);
  return options;
}

class ErasureTest : public ::testing::Test {
 protected:
  ErasureTest() : gate_(MakePack(kRoutine + TissueReview("3 business days")), Keeping("100d")) {}

  // Submits a blood count and acknowledges all of it.
  int64_t Publish(const v1::DiagnosticReport& report) {
    const v1::SubmitResultResponse response = gate_.Submit(report);
    AcknowledgeAll();
    return response.result_id();
  }
  void AcknowledgeAll() {
    std::vector<int64_t> sequences;
    for (const v1::Release& release : gate_.Releases()) sequences.push_back(release.sequence());
    gate_.Acknowledge(sequences);
  }
  // Time passes, and whatever follows from it is done, erasures too.
  void Pass(absl::Duration time) {
    gate_.MoveTo(gate_.clock().Now() + time);
    Settle();
  }
  void Settle() {
    for (int i = 0; i < 4; ++i) {
      gate_.Acknowledge({});
      gate_.Acknowledge({});
      gate_.clock().Advance(absl::Seconds(2));
    }
    gate_.Acknowledge({});
  }

  v1::Result Get(int64_t id) {
    v1::GetResultRequest request;
    request.set_result_id(id);
    const auto response = gate_.gate().GetResult(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->result() : v1::Result();
  }
  bool IsErased(int64_t id) {
    const v1::Result result = Get(id);
    EXPECT_EQ(result.has_erased(), !result.has_report());
    return result.has_erased();
  }
  std::vector<v1::Entry> EntriesOfKind(v1::EntryKind kind) {
    v1::ListEntriesRequest request;
    request.set_kind(kind);
    request.set_page_size(1000);
    const auto response = gate_.gate().ListEntries(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return {response->entries().begin(), response->entries().end()};
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(void (Gate::*method)(Request, Callback<Response>, const Caller&), const Request& request) {
    std::promise<absl::StatusOr<Response>> promise;
    (gate_.gate().*method)(request, [&promise](absl::StatusOr<Response> response) { promise.set_value(std::move(response)); },
                           {});
    return promise.get_future().get();
  }
  absl::StatusOr<v1::EraseResultResponse> Erase(int64_t id, const std::string& by = "records-1",
                                                const std::string& approver = "records-2") {
    v1::EraseResultRequest request;
    request.set_result_id(id);
    request.set_requested_by(by);
    request.set_approved_by(approver);
    request.set_reason("court order 9");
    return Call(&Gate::EraseResult, request);
  }
  int64_t Hold(int64_t result_id, const std::string& patient = "") {
    v1::PlaceLegalHoldRequest request;
    request.set_result_id(result_id);
    if (!patient.empty()) {
      request.mutable_patient()->set_system("MRN");
      request.mutable_patient()->set_value(patient);
    }
    request.set_placed_by("records-1");
    request.set_reason("claim 7");
    const auto response = Call(&Gate::PlaceLegalHold, request);
    EXPECT_TRUE(response.ok()) << response.status();
    if (response.ok()) {
      EXPECT_EQ(response->results(), 1);
    }
    return response.ok() ? response->legal_hold().id() : 0;
  }
  absl::Status EndHold(int64_t id) {
    v1::EndLegalHoldRequest request;
    request.set_legal_hold_id(id);
    request.set_ended_by("records-2");
    request.set_reason("settled");
    return Call(&Gate::EndLegalHold, request).status();
  }

  StoredReport Stored() {
    const auto log = store::OpenLogFile(gate_.database());
    EXPECT_TRUE(log.ok()) << log.status();
    const absl::StatusOr<StoredReport> report = CheckStored(**log, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : StoredReport();
  }
  ReplayReport Replayed() {
    const auto log = store::OpenLogFile(gate_.database());
    EXPECT_TRUE(log.ok()) << log.status();
    const absl::StatusOr<ReplayReport> report = ReplayLog(**log, {}, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : ReplayReport();
  }
  void ExpectLogHolds() {
    const auto log = store::OpenLogFile(gate_.database());
    ASSERT_TRUE(log.ok()) << log.status();
    const auto verified = (*log)->Verify(gate_.store().log().key(), {}, nullptr);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_TRUE(verified->ok());
  }
  // False once nothing of it is in the files any more; a reader may have put that off.
  bool StaysInFiles(const std::string& marker) {
    for (int i = 0; i < 5 && IsInFiles(marker); ++i) Settle();
    return IsInFiles(marker);
  }
  bool IsInFiles(const std::string& marker) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      const auto bytes = base::ReadFile(absl::StrCat(gate_.database(), suffix));
      if (bytes.ok() && absl::StrContains(*bytes, marker)) return true;
    }
    return false;
  }

  BareGate gate_;
};

TEST_F(ErasureTest, ContentsGoWhenTheirTimeHasComeAndTheLogStays) {
  const int64_t id = Publish(Marked("F1"));
  v1::DiagnosticReport corrected = Later(Marked("F1"), absl::Minutes(5));
  corrected.mutable_observations(0)->mutable_quantity()->set_value("12.0");
  Publish(corrected);
  EXPECT_TRUE(Get(id).salt().empty()) << "never answered";
  EXPECT_TRUE(Get(id).erased_keys().empty());
  EXPECT_FALSE(gate_.store().FindResult(id)->value().salt().empty());
  EXPECT_TRUE(IsInFiles(kMarker));
  v1::SummarizeRequest ask;
  ask.add_group_by(v1::SUMMARY_DIMENSION_LANGUAGE);
  ask.add_group_by(v1::SUMMARY_DIMENSION_FACILITY);
  ask.add_group_by(v1::SUMMARY_DIMENSION_CATEGORY);
  const std::string figures = gate_.gate().Summarize(ask)->groups(0).SerializeAsString();

  Pass(99 * kDay);
  EXPECT_FALSE(IsErased(id));
  Pass(2 * kDay);
  ASSERT_TRUE(IsErased(id));
  const v1::Result left = Get(id);
  EXPECT_EQ(left.erased().cause(), v1::ERASURE_CAUSE_RETENTION);
  EXPECT_TRUE(left.versions().empty());
  EXPECT_EQ(left.version(), 2) << "what was decided stays";
  EXPECT_FALSE(left.decision().outcomes().empty());
  EXPECT_TRUE(gate_.store().FindResult(id)->value().salt().empty());

  const std::vector<v1::Entry> erased = EntriesOfKind(v1::ENTRY_KIND_ERASED);
  ASSERT_THAT(erased, SizeIs(1));
  EXPECT_EQ(erased[0].actor(), "gate");
  EXPECT_EQ(erased[0].result_id(), id);
  EXPECT_EQ(erased[0].sequence(), left.erased().entry_sequence());
  EXPECT_EQ(erased[0].erased().retention(), "100d");
  EXPECT_EQ(erased[0].erased().reports(), 2);
  EXPECT_GE(erased[0].erased().releases(), 2);
  EXPECT_GE(erased[0].erased().keys(), 3) << "two messages and the patient";
  EXPECT_GE(base::FromProto(erased[0].time()) - base::FromProto(erased[0].erased().counted_from()), 100 * kDay);
  // What decisions used of it: codes, statuses and times, of the version that stood.
  v1::Entry::DecisionFacts facts;
  facts.set_section(corrected.section());
  facts.set_status(corrected.status());
  *facts.mutable_issued() = corrected.issued();
  *facts.add_codes() = corrected.code().codings(0);
  v1::Entry::DecisionFacts::Unit* unit = facts.add_units();
  unit->set_unit_id("718-7");
  *unit->add_codes() = corrected.observations(0).code().codings(0);
  unit->set_status(corrected.observations(0).status());
  if (corrected.observations(0).has_issued()) *unit->mutable_issued() = corrected.observations(0).issued();
  facts.mutable_codes(0)->clear_display();
  unit->mutable_codes(0)->clear_display();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(erased[0].erased().facts(), facts))
      << erased[0].erased().facts().DebugString();
  EXPECT_NE(corrected.section(), v1::SECTION_UNSPECIFIED);
  v1::GetHistoryRequest whose;
  whose.set_result_id(id);
  const auto history = gate_.gate().GetHistory(whose);
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_THAT(history->text(),
              AllOf(HasSubstr("what was erased was of laboratory, final, issued "), HasSubstr("    unit 718-7: final, ")));

  EXPECT_THAT(gate_.Releases(), IsEmpty()) << "there is nothing to show any more";
  const auto rows = gate_.store().ListOutbox(0, false, 100);
  ASSERT_THAT(*rows, SizeIs(erased[0].erased().releases()));
  for (const store::OutboxRow& row : *rows) {
    EXPECT_FALSE(row.release.has_comment());
    EXPECT_TRUE(row.release.patient_identifiers().empty());
    EXPECT_TRUE(row.acknowledged);
  }
  v1::GetReleaseRequest get;
  get.set_sequence((*rows)[0].release.sequence());
  EXPECT_THAT(std::string(gate_.gate().GetRelease(get).status().message()), HasSubstr("were erased at "));
  v1::RecordClinicianViewRequest view;
  view.set_result_id(id);
  view.set_clinician("1234567893");
  EXPECT_TRUE(absl::IsFailedPrecondition(Call(&Gate::RecordClinicianView, view).status()));

  EXPECT_FALSE(StaysInFiles(kMarker)) << "not in a free page, and not in the write-ahead log";
  ExpectLogHolds();
  const StoredReport stored = Stored();
  EXPECT_THAT(stored.findings, IsEmpty());
  EXPECT_EQ(stored.erased, 1);
  const ReplayReport replayed = Replayed();
  EXPECT_EQ(replayed.different, 0);
  EXPECT_EQ(replayed.same, 0);
  EXPECT_THAT(replayed.reasons, ElementsAre(Pair("erased", replayed.not_kept)));
  EXPECT_EQ(gate_.gate().Summarize(ask)->groups(0).SerializeAsString(), figures) << "figures stay";
  Pass(10 * kDay);
  EXPECT_THAT(EntriesOfKind(v1::ENTRY_KIND_ERASED), SizeIs(1)) << "once";
}

TEST_F(ErasureTest, WithoutARetentionNothingGoes) {
  gate_.Restart(Options());
  const int64_t id = Publish(Marked("F1"));
  Pass(5000 * kDay);
  EXPECT_FALSE(IsErased(id));
  gate_.Restart(Keeping("100d"));
  Settle();
  EXPECT_TRUE(IsErased(id)) << "what is long over goes once there is one";
  EXPECT_FALSE(StaysInFiles(kMarker));
}

TEST_F(ErasureTest, NothingGoesWhileSomethingOfItWaits) {
  const int64_t unacknowledged = gate_.Submit(Marked("F1")).result_id();
  v1::DiagnosticReport unfinished = Marked("F2");
  unfinished.set_status(v1::RESULT_STATUS_PRELIMINARY);
  unfinished.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  const int64_t held = gate_.Submit(unfinished).result_id();
  // Taken back: the portal is to take it away.
  const int64_t taken_back = gate_.Submit(Marked("F3")).result_id();
  gate_.Acknowledge({2});
  v1::DiagnosticReport wrong = Later(Marked("F3"), absl::Minutes(5));
  wrong.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  wrong.mutable_observations(0)->set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  gate_.Submit(wrong);
  const int64_t done = gate_.Submit(Marked("F4")).result_id();
  gate_.Acknowledge({gate_.Releases().back().sequence()});

  Pass(300 * kDay);
  EXPECT_FALSE(IsErased(unacknowledged));
  EXPECT_FALSE(IsErased(held));
  EXPECT_FALSE(IsErased(taken_back));
  EXPECT_TRUE(IsErased(done));
  for (const auto& [id, why] : std::vector<std::pair<int64_t, std::string>>{
           {unacknowledged, "the portal has not acknowledged all of it"},
           {held, "something of it is held"},
           {taken_back, "the portal has not acknowledged that it takes something of it away"}}) {
    const absl::Status status = Erase(id).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }
  AcknowledgeAll();
  Pass(2 * kDay);
  EXPECT_TRUE(IsErased(unacknowledged)) << "it was released long ago";
  EXPECT_TRUE(IsErased(taken_back));
  EXPECT_FALSE(IsErased(held));
  EXPECT_THAT(Stored().findings, IsEmpty());
}

TEST_F(ErasureTest, ALegalHoldStopsItUntilItEnds) {
  const int64_t on_hold = Publish(Marked("F1"));
  const int64_t of_patient = Publish(Marked("F2"));
  const int64_t neither = Publish(Marked("F3"));
  const int64_t first = Hold(on_hold);
  const int64_t second = Hold(0, absl::StrCat(kMarker, " F2"));
  v1::ListLegalHoldsRequest list;
  list.set_page_size(1);
  auto listed = gate_.gate().ListLegalHolds(list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(listed->legal_holds(), SizeIs(1));
  EXPECT_EQ(listed->legal_holds(0).id(), first);
  EXPECT_EQ(listed->legal_holds(0).placed_by(), "records-1");
  EXPECT_EQ(listed->legal_holds(0).reason(), "claim 7");
  list.set_page_token(listed->next_page_token());
  listed = gate_.gate().ListLegalHolds(list);
  ASSERT_THAT(listed->legal_holds(), SizeIs(1));
  EXPECT_EQ(listed->legal_holds(0).patient().value(), absl::StrCat(kMarker, " F2"));
  EXPECT_EQ(listed->next_page_token(), "");

  Pass(300 * kDay);
  EXPECT_FALSE(IsErased(on_hold));
  EXPECT_FALSE(IsErased(of_patient));
  EXPECT_TRUE(IsErased(neither));
  EXPECT_THAT(std::string(Erase(on_hold).status().message()), HasSubstr("it is on legal hold"));
  EXPECT_EQ(Stored().legal_holds, 2);
  EXPECT_THAT(Stored().findings, IsEmpty());
  v1::PlaceLegalHoldRequest too_late;
  too_late.set_result_id(neither);
  EXPECT_TRUE(absl::IsFailedPrecondition(Call(&Gate::PlaceLegalHold, too_late).status()));
  too_late.set_result_id(99);
  EXPECT_TRUE(absl::IsNotFound(Call(&Gate::PlaceLegalHold, too_late).status()));

  gate_.Restart();
  Settle();
  EXPECT_FALSE(IsErased(on_hold)) << "a hold outlives a restart";
  ASSERT_EQ(EndHold(first), absl::OkStatus());
  Settle();
  EXPECT_TRUE(IsErased(on_hold));
  EXPECT_FALSE(IsErased(of_patient));
  ASSERT_EQ(EndHold(second), absl::OkStatus());
  EXPECT_TRUE(absl::IsNotFound(EndHold(second)));
  Settle();
  EXPECT_TRUE(IsErased(of_patient));

  const std::vector<v1::Entry> changes = EntriesOfKind(v1::ENTRY_KIND_LEGAL_HOLD_CHANGED);
  ASSERT_THAT(changes, SizeIs(4));
  EXPECT_EQ(changes[0].sequence(), first);
  EXPECT_EQ(changes[0].result_id(), on_hold);
  EXPECT_EQ(changes[0].legal_hold_changed().patient_id(), 0);
  EXPECT_GT(changes[1].legal_hold_changed().patient_id(), 0);
  EXPECT_THAT(changes[1].SerializeAsString(), ::testing::Not(HasSubstr(kMarker))) << "no identifier in the log";
  EXPECT_TRUE(changes[2].legal_hold_changed().ended());
  EXPECT_EQ(changes[2].actor(), "records-2");
  EXPECT_THAT(Stored().findings, IsEmpty());
}

TEST_F(ErasureTest, AHoldOnAPatientKeepsWhatWasMovedToAnother) {
  const int64_t id = Publish(Marked("F1"));
  const int64_t hold = Hold(0, absl::StrCat(kMarker, " F1"));
  v1::DiagnosticReport moved = Later(Marked("F1"), absl::Minutes(5));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("another");
  ASSERT_EQ(gate_.Submit(moved).result_id(), id);
  gate_.RecordRestorer("privacy-2");
  for (const char* person : {"privacy-1", "privacy-2"}) ASSERT_EQ(gate_.Approve(id, 2, person), absl::OkStatus());
  AcknowledgeAll();
  Pass(300 * kDay);
  EXPECT_FALSE(IsErased(id)) << "what the first patient was told is still here";
  EXPECT_THAT(std::string(Erase(id).status().message()), HasSubstr("it is on legal hold"));
  ASSERT_EQ(EndHold(hold), absl::OkStatus());
  Settle();
  EXPECT_TRUE(IsErased(id));
  const std::vector<v1::Release> told = gate_.Releases();
  ASSERT_THAT(told, SizeIs(1)) << "a portal that was restored is told to take it away again";
  EXPECT_EQ(told[0].kind(), v1::RELEASE_KIND_RETRACTION);
  EXPECT_THAT(told[0].patient_identifiers(), IsEmpty());
  EXPECT_THAT(Stored().findings, IsEmpty());
}

TEST_F(ErasureTest, PatientsWhoAreSeparatedStayOnHold) {
  const int64_t first = Publish(Marked("F1"));
  const int64_t second = Publish(Marked("F2"));
  v1::MergePatientsRequest merge;
  merge.set_actor("records-1");
  for (v1::Identifier* identifier : {merge.mutable_merged(), merge.mutable_survivor()}) identifier->set_system("MRN");
  merge.mutable_merged()->set_value(absl::StrCat(kMarker, " F1"));
  merge.mutable_survivor()->set_value(absl::StrCat(kMarker, " F2"));
  ASSERT_TRUE(Call(&Gate::MergePatients, merge).ok());
  v1::PlaceLegalHoldRequest hold;
  *hold.mutable_patient() = merge.survivor();
  hold.set_placed_by("records-1");
  hold.set_reason("claim 7");
  EXPECT_EQ(Call(&Gate::PlaceLegalHold, hold)->results(), 2);
  v1::UnmergePatientsRequest separate;
  separate.set_actor("records-1");
  *separate.mutable_merged() = merge.merged();
  *separate.mutable_survivor() = merge.survivor();
  ASSERT_TRUE(Call(&Gate::UnmergePatients, separate).ok());
  const auto holds = gate_.gate().ListLegalHolds({});
  ASSERT_THAT(holds->legal_holds(), SizeIs(2));
  EXPECT_EQ(holds->legal_holds(1).patient().value(), absl::StrCat(kMarker, " F1"));
  EXPECT_EQ(holds->legal_holds(1).reason(), "claim 7");
  EXPECT_EQ(holds->legal_holds(1).kept_of(), holds->legal_holds(0).id());
  ASSERT_TRUE(Call(&Gate::MergePatients, merge).ok());
  ASSERT_TRUE(Call(&Gate::UnmergePatients, separate).ok());
  EXPECT_THAT(gate_.gate().ListLegalHolds({})->legal_holds(), SizeIs(2)) << "both are on hold already";
  Pass(300 * kDay);
  EXPECT_FALSE(IsErased(first));
  EXPECT_FALSE(IsErased(second));
  EXPECT_THAT(Stored().findings, IsEmpty());
}

TEST_F(ErasureTest, ABirthdayThatIsToChangeWhoSeesItComesFirst) {
  v1::DiagnosticReport child = Marked("F1");
  child.mutable_patient()->set_birth_date("2021-05-04");
  const int64_t id = Publish(child);
  Pass(300 * kDay);
  EXPECT_FALSE(IsErased(id)) << "the parents' access ends one day";
  EXPECT_TRUE(Erase(id).ok()) << "two people know what they do";
}

TEST_F(ErasureTest, OneThatCannotBeReadHoldsUpNoOther) {
  const int64_t before = Publish(Marked("F1"));
  const int64_t damaged = Publish(Marked("F2"));
  const int64_t after = Publish(Marked("F3"));
  store::Connection connection = *store::Connection::Open(gate_.database(), store::Connection::Mode::kReadWriteCreate);
  ASSERT_EQ(connection.Execute(absl::StrCat("UPDATE results SET record = x'ff' WHERE id = ", damaged)), absl::OkStatus());
  Pass(101 * kDay);
  Settle();
  EXPECT_TRUE(IsErased(before));
  EXPECT_TRUE(IsErased(after));
}

TEST_F(ErasureTest, TwoPeopleMayHaveOneErasedAtOnce) {
  const int64_t id = Publish(Marked("F1"));
  const int64_t other = Publish(Cbc("F2"));
  EXPECT_TRUE(absl::IsInvalidArgument(Erase(id, "records-1", " RECORDS-1 ").status()));
  EXPECT_TRUE(absl::IsNotFound(Erase(99).status()));
  EXPECT_FALSE(IsErased(id));
  const auto erased = Erase(id);
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(erased->erased().cause(), v1::ERASURE_CAUSE_REQUEST);
  EXPECT_TRUE(IsErased(id));
  EXPECT_FALSE(IsErased(other));
  EXPECT_FALSE(StaysInFiles(kMarker));
  const std::vector<v1::Entry> entries = EntriesOfKind(v1::ENTRY_KIND_ERASED);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].actor(), "records-1");
  EXPECT_EQ(entries[0].erased().approved_by(), "records-2");
  EXPECT_EQ(entries[0].erased().reason(), "court order 9");
  const auto again = Erase(id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->erased().entry_sequence(), entries[0].sequence());
  EXPECT_THAT(EntriesOfKind(v1::ENTRY_KIND_ERASED), SizeIs(1));
  EXPECT_THAT(Stored().findings, IsEmpty());
}

TEST_F(ErasureTest, WhatComesLaterOfItIsHeldForTwoPeople) {
  const int64_t id = Publish(Marked("F1"));
  ASSERT_TRUE(Erase(id).ok());
  gate_.clock().Advance(absl::Minutes(7));
  for (const v1::DiagnosticReport& late : {Marked("F1"), Later(Marked("F1"), absl::Hours(1))}) {
    const v1::SubmitResultResponse response = gate_.Submit(late);
    EXPECT_NE(response.result_id(), id);
    ASSERT_FALSE(response.decision().outcomes().empty());
    for (const v1::Outcome& outcome : response.decision().outcomes()) {
      EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_QUARANTINE);
      EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_HELD);
    }
    EXPECT_EQ(StandingQuarantine(gate_.store().FindResult(response.result_id())->value()), kErasedBefore);
    EXPECT_THAT(gate_.Releases(), IsEmpty());
  }
  const std::vector<v1::Entry> incidents = EntriesOfKind(v1::ENTRY_KIND_INCIDENT);
  ASSERT_THAT(incidents, SizeIs(1)) << "the portal may still show what was erased here";
  EXPECT_EQ(incidents[0].result_id(), id);
  EXPECT_EQ(incidents[0].incident().right_result_id(), id + 1);
  EXPECT_EQ(incidents[0].incident().minutes_exposed(), 7);
  EXPECT_THAT(incidents[0].incident().unit_ids(), ::testing::Not(IsEmpty()));
  const int64_t late_id = id + 1;
  EXPECT_EQ(Get(late_id).version(), 2) << "and they are versions of one another";
  gate_.RecordRestorer("reviewer-2");
  ASSERT_EQ(gate_.Approve(late_id, 2, "reviewer-1"), absl::OkStatus());
  EXPECT_THAT(gate_.Releases(), IsEmpty());
  ASSERT_EQ(gate_.Approve(late_id, 2, "reviewer-2"), absl::OkStatus());
  EXPECT_THAT(gate_.Releases(), SizeIs(1));
  EXPECT_TRUE(IsErased(id));
  EXPECT_THAT(Stored().findings, IsEmpty());
  EXPECT_EQ(Replayed().different, 0);
}

TEST_F(ErasureTest, WordsKnownFactsAndDeterminationsGoToo) {
  v1::UpdatePatientRequest told;
  told.set_actor("adt");
  told.mutable_facts()->add_identifiers()->set_value(absl::StrCat(kMarker, " F1"));
  told.mutable_facts()->mutable_identifiers(0)->set_system("MRN");
  told.mutable_facts()->set_language("es");
  ASSERT_TRUE(Call(&Gate::UpdatePatient, told).ok());
  v1::DiagnosticReport report = Biopsy("F1");
  *report.mutable_patient() = Marked("F1").patient();
  const int64_t id = gate_.Submit(report).result_id();
  v1::ApproveReviewRequest approve;
  approve.set_result_id(id);
  approve.set_version(1);
  approve.set_reviewer("reviewer-1");
  approve.mutable_comment()->set_text("The word of a clinician.");
  ASSERT_TRUE(Call(&Gate::Approve, approve).ok());
  AcknowledgeAll();
  ASSERT_TRUE(Get(id).has_known_patient());
  EXPECT_THAT(std::string(Erase(id).status().message()), HasSubstr("somebody has something left to do about it"));
  v1::RecordViewRequest viewed;
  viewed.set_result_id(id);
  viewed.set_audience(v1::AUDIENCE_PATIENT);
  ASSERT_TRUE(Call(&Gate::RecordView, viewed).ok());
  v1::RecordClinicianViewRequest opened;
  opened.set_result_id(id);
  opened.set_clinician("1234567893");
  ASSERT_TRUE(Call(&Gate::RecordClinicianView, opened).ok());
  v1::RecordMessageRequest message;
  message.set_result_id(id);
  message.set_message_id("m1");
  message.set_category("question");
  ASSERT_TRUE(Call(&Gate::RecordMessage, message).ok());
  EXPECT_THAT(Stored().findings, IsEmpty()) << "a message has a key too";
  const auto erased = Erase(id);
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_FALSE(Get(id).has_known_patient());
  EXPECT_FALSE(StaysInFiles("The word of a clinician."));
  EXPECT_FALSE(StaysInFiles("benign breast tissue"));
  EXPECT_EQ(EntriesOfKind(v1::ENTRY_KIND_ERASED).at(0).erased().comments(), 1);
  EXPECT_THAT(Stored().findings, IsEmpty());
}

// A gate from before there were salts, then this one on its log.
TEST_F(ErasureTest, ALogFromBeforeThereWereSaltsHoldsAndGoesOn) {
  Options before;
  before.new_salt = [] { return std::string(); };
  gate_.Restart(before);
  const int64_t id = Publish(Marked("F1"));
  const int64_t untouched = Publish(Marked("F2"));
  EXPECT_THAT(EntriesOfKind(v1::ENTRY_KIND_DECIDED).at(0).decided().report_digest(), ::testing::StartsWith("sha256:"));
  EXPECT_THAT(Stored().findings, IsEmpty());
  gate_.Restart(Keeping("100d"));
  Publish(Later(Marked("F1"), absl::Minutes(5)));
  gate_.Submit(Marked("F1"));  // again
  EXPECT_THAT(EntriesOfKind(v1::ENTRY_KIND_DECIDED).at(2).decided().report_digest(), ::testing::StartsWith("hmac-sha256:"));
  EXPECT_THAT(Stored().findings, IsEmpty());
  ReplayReport replayed = Replayed();
  EXPECT_EQ(replayed.different, 0);
  EXPECT_EQ(replayed.not_kept, 0);
  AcknowledgeAll();
  Pass(110 * kDay);
  EXPECT_TRUE(IsErased(id));
  EXPECT_TRUE(IsErased(untouched));
  EXPECT_FALSE(StaysInFiles(kMarker));
  ExpectLogHolds();
  EXPECT_THAT(Stored().findings, IsEmpty());
  // Nothing is left by which whose they were, or that they came, can be found out.
  EXPECT_THAT(*gate_.store().FindByKey(PatientKey(Marked("F2").patient().identifiers(0))), IsEmpty());
  EXPECT_THAT(*gate_.store().FindByKey(DuplicateKey(Marked("F2"), ReportDigest(Marked("F2")))), IsEmpty());
}

TEST_F(ErasureTest, AllOfOneResultOrNothing) {
  const int64_t id = Publish(Marked("F1"));
  const std::string copy = absl::StrCat(gate_.database(), ".copy");
  const auto copy_now = [&] {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(absl::StrCat(copy, suffix));
    for (const char* suffix : {"", "-wal"}) {
      if (fs::exists(gate_.database() + suffix)) fs::copy_file(gate_.database() + suffix, copy + suffix);
    }
    fs::copy_file(gate_.database() + ".key", copy + ".key", fs::copy_options::overwrite_existing);
  };
  // The gate stands still; a batch is begun beside it, as its writer would.
  const absl::Time now = gate_.clock().Now();
  for (const bool commits : {false, true}) {
    auto batch = *gate_.store().Begin();
    v1::Result result = batch->FindResult(id)->value();
    ASSERT_EQ(EraseContents(*batch, now, "gate", v1::Entry::Erased(), &result), absl::OkStatus());
    if (commits) {
      ASSERT_EQ(batch->Commit(), absl::OkStatus());
    }
    copy_now();
    batch.reset();
    const auto crashed = store::OpenSqlite(copy);
    ASSERT_TRUE(crashed.ok()) << crashed.status();
    const v1::Result left = (*crashed)->FindResult(id)->value();
    EXPECT_EQ(left.has_erased(), commits);
    EXPECT_EQ(left.has_report(), !commits);
    EXPECT_EQ((*crashed)->FindByKey(PatientKey(Marked("F1").patient().identifiers(0)))->empty(), commits);
    EXPECT_EQ((*crashed)->ListOutbox(0, false, 1)->at(0).release.has_comment(), !commits);
    const auto bytes = base::ReadFile(copy);
    EXPECT_EQ(absl::StrContains(*bytes, kMarker), !commits) << "a start forgets what a crash had no time to";
  }
}

TEST_F(ErasureTest, WhatIsKeptAgainstTheLogIsFound) {
  const int64_t id = Publish(Marked("F1"));
  const v1::Result before = gate_.store().FindResult(id)->value();
  const int64_t on_hold = Publish(Cbc("F2"));
  Hold(on_hold);
  ASSERT_TRUE(Erase(id).ok());
  ASSERT_THAT(Stored().findings, IsEmpty());
  gate_.Stop();
  store::Connection connection = *store::Connection::Open(gate_.database(), store::Connection::Mode::kReadWriteCreate);
  const auto put = [&connection, id](const v1::Result& result) {
    const std::string record = result.SerializeAsString();
    store::Statement statement = *connection.Prepare("UPDATE results SET record = ?1 WHERE id = ?2");
    statement.BindBlob(1, record);
    statement.BindInt(2, id);
    ASSERT_EQ(statement.Run(), absl::OkStatus());
  };
  v1::Result put_back = before;
  put(put_back);
  EXPECT_THAT(Stored().findings, Contains(HasSubstr("erased its contents, and something of them is kept")));
  put_back = WithoutContents(before);
  put(put_back);
  EXPECT_THAT(Stored().findings, Contains(HasSubstr("erased its contents, and something of them is kept")))
      << "it does not say that it was erased";
  ASSERT_EQ(connection.Execute("DELETE FROM legal_holds"), absl::OkStatus());
  EXPECT_THAT(Stored().findings, Contains(AllOf(HasSubstr("legal hold "), HasSubstr(" is missing: entry "))));
}

}  // namespace
}  // namespace resultgate::gate
