// What a result keeps of its versions, its patient and what people said, and what is kept of patients, is what the log says of
// it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/gate/stored_check.h"
#include "server/gate/submit.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/log_file.h"
#include "tests/gate/reports.h"
#include "tests/scenario/bare_gate.h"
#include "tests/testing/packs.h"

namespace resultgate::gate {
namespace {

using ::resultgate::scenario::BareGate;
using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::Later;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoredContentsTest : public ::testing::Test {
 protected:
  std::vector<std::string> Stored() {
    const auto log = store::OpenLogFile(gate_.database());
    EXPECT_TRUE(log.ok()) << log.status();
    if (!log.ok()) return {};
    const absl::StatusOr<StoredReport> report = CheckStored(**log, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->findings : std::vector<std::string>();
  }

  // What is found after a record was changed, which is then put back.
  template <typename Message>
  std::vector<std::string> After(const std::string& table, int64_t id, const std::function<void(Message&)>& change) {
    store::Connection connection = *store::Connection::Open(gate_.database(), store::Connection::Mode::kReadWriteCreate);
    const auto write = [&](const std::string& bytes) {
      store::Statement write = *connection.Prepare(absl::StrCat("UPDATE ", table, " SET record = ?1 WHERE id = ?2"));
      write.BindBlob(1, bytes);
      write.BindInt(2, id);
      EXPECT_EQ(write.Run(), absl::OkStatus());
    };
    std::string before;
    {
      store::Statement read = *connection.Prepare(absl::StrCat("SELECT record FROM ", table, " WHERE id = ?1"));
      read.BindInt(1, id);
      EXPECT_TRUE(*read.Step());
      before = std::string(read.Blob(0));
    }
    Message message;
    EXPECT_TRUE(message.ParseFromString(before));
    change(message);
    write(message.SerializeAsString());
    std::vector<std::string> found = Stored();
    write(before);
    return found;
  }
  std::vector<std::string> AfterResult(int64_t id, const std::function<void(v1::Result&)>& change) {
    return After<v1::Result>("results", id, change);
  }

  v1::Result Kept(int64_t id) { return **gate_.store().FindResult(id); }

  static v1::Identifier Mrn(const std::string& value) {
    v1::Identifier identifier;
    identifier.set_system("MRN");
    identifier.set_value(value);
    return identifier;
  }

  v1::UpdatePatientResponse Tell(const std::string& mrn, const std::function<void(v1::Patient&)>& facts) {
    v1::UpdatePatientRequest request;
    request.set_actor("registration-1");
    *request.mutable_facts()->add_identifiers() = Mrn(mrn);
    facts(*request.mutable_facts());
    return gate_.Ask(&Gate::UpdatePatient, request);
  }

  BareGate gate_{testing::LoadPackWithFiles("policies/default")};
};

constexpr char kNotTakenIn[] = "result 1: version 1 of those that are kept is none that was taken in";

TEST_F(StoredContentsTest, WhatVeryManyVersionsStartFrom) {
  for (int i = 0; i < 40; ++i) {
    v1::DiagnosticReport version = Later(Cbc("F1", absl::StrCat(10 + i % 5, ".", i)), absl::Seconds(i));
    if (i % 3 == 0) testing::AddObservation(&version, "4544-3", absl::StrCat(30 + i));
    if (i % 4 == 1) version.set_narrative("words, until a whole report lacks them");
    version.set_snapshot(i % 2 == 1);
    gate_.Submit(version);
    // A late one, which says nothing new.
    if (i > 33) gate_.Submit(Later(Cbc("F1", "9.0"), -absl::Minutes(i)));
  }
  ASSERT_EQ(Kept(1).versions_size(), static_cast<int>(kMostVersions));
  EXPECT_THAT(Stored(), IsEmpty());
  gate_.Stop();
  EXPECT_THAT(AfterResult(1,
                          [](v1::Result& result) {
                            result.mutable_versions(0)->mutable_observations(0)->mutable_quantity()->set_value("3.0");
                          }),
              Contains(kNotTakenIn));
  EXPECT_THAT(AfterResult(1,
                          [](v1::Result& result) {
                            *result.add_versions() = result.versions(0);
                            result.mutable_versions(31)->set_narrative("another");
                          }),
              Contains("result 1: version 32 of those that are kept is none that was taken in"));
}

TEST_F(StoredContentsTest, WhatPeopleSaidStands) {
  gate_.Submit(Cbc("F1", "13.9"));
  const v1::SubmitResultResponse doubt = gate_.Submit(Cbc("F1", "3.9"));
  ASSERT_TRUE(gate_.Approve(1, doubt.version(), "reviewer-1").ok());
  gate_.Submit(Later(Cbc("F1", "4.0"), absl::Minutes(5)));
  gate_.Submit(Later(Cbc("F1", "3.0"), -absl::Minutes(5)));
  ASSERT_EQ(Kept(1).versions_size(), 3);
  EXPECT_THAT(Stored(), IsEmpty());
  gate_.Stop();
  EXPECT_THAT(AfterResult(1,
                          [](v1::Result& result) {
                            result.mutable_versions(1)->mutable_observations(0)->mutable_quantity()->set_value("9.9");
                          }),
              Contains("result 1: version 2 of those that are kept is none that was taken in"));
}

TEST_F(StoredContentsTest, WhatMovedToAnotherPatient) {
  gate_.Submit(Cbc("F1", "13.9"));
  v1::DiagnosticReport moved = Later(Cbc("F1", "13.9"), absl::Minutes(5));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  *moved.mutable_patient()->mutable_identifiers(0) = Mrn("p2");
  gate_.Submit(moved);
  gate_.Submit(Later(moved, absl::Minutes(5)));
  ASSERT_EQ(Kept(1).versions_size(), 2);
  EXPECT_THAT(Stored(), IsEmpty());
  gate_.Stop();
  EXPECT_THAT(AfterResult(1, [](v1::Result& result) { result.mutable_versions(0)->set_conclusion("benign"); }),
              Contains(kNotTakenIn));
}

// That a clinician told the patient may let the result go.
TEST_F(StoredContentsTest, ThatItWasDiscussed) {
  gate_.Submit(Biopsy("F1"));
  gate_.Submit(Biopsy("F2"));
  v1::ApproveReviewRequest approve;
  approve.set_result_id(1);
  approve.set_version(1);
  approve.set_reviewer("1234567893");
  approve.set_discussed_how("by telephone");
  gate_.Ask(&Gate::Approve, approve);
  EXPECT_THAT(Stored(), IsEmpty());
  gate_.Stop();
  EXPECT_THAT(AfterResult(1,
                          [](v1::Result& result) {
                            result.clear_discussed_at();
                            result.clear_discussed_how();
                          }),
              Contains("result 1: that it was discussed with the patient was logged, and is missing"));
  EXPECT_THAT(AfterResult(1, [](v1::Result& result) { result.set_discussed_how("in person"); }),
              Contains("result 1: that it was discussed with the patient is not as it was logged"));
  EXPECT_THAT(AfterResult(2,
                          [](v1::Result& result) {
                            result.mutable_discussed_at()->set_seconds(1'772'827'200);
                            result.set_discussed_how("in person");
                          }),
              Contains("result 2: that it was discussed with the patient is not as it was logged"));
}

// An abnormal result that nobody looked at is on somebody's list as long as nobody did.
TEST_F(StoredContentsTest, WhoHasSeenIt) {
  gate_.Submit(Cbc("F1"));
  gate_.Submit(Cbc("F2"));
  v1::RecordViewRequest view;
  view.set_result_id(1);
  view.set_audience(v1::AUDIENCE_PATIENT);
  *view.mutable_viewed_at() = base::ToProto(gate_.clock().Now());
  gate_.Ask(&Gate::RecordView, view);
  v1::RecordContactRequest contact;
  contact.set_result_id(1);
  contact.set_contacted_by("nurse-1");
  contact.set_how("by telephone");
  gate_.Ask(&Gate::RecordContact, contact);
  EXPECT_THAT(Stored(), IsEmpty());
  gate_.Stop();
  const char kSeen[] = ": follow_up: somebody is said to have seen it, been reached or written about it of whom no entry tells";
  const v1::FollowUp done = [&] {
    const auto log = *store::OpenLogFile(gate_.database());
    return (**log->FindResult(1)).follow_up();
  }();
  EXPECT_TRUE(done.has_first_viewed_at() && done.has_contacted_at());
  EXPECT_THAT(AfterResult(2, [&](v1::Result& result) { *result.mutable_follow_up() = done; }),
              Contains(absl::StrCat("result 2", kSeen)));
  EXPECT_THAT(AfterResult(1, [](v1::Result& result) { result.mutable_follow_up()->set_messages(1); }),
              Contains(absl::StrCat("result 1", kSeen)));
}

TEST_F(StoredContentsTest, WhatIsKnownOfThePatient) {
  v1::PutRelatedPersonRequest put;
  put.set_actor("clinician-1");
  *put.mutable_patient() = Mrn("p1");
  *put.mutable_person()->mutable_person() = Mrn("relative");
  put.mutable_person()->set_audience(v1::AUDIENCE_DELEGATE);
  v1::ConfidentialCategory* confidential = put.mutable_person()->add_confidential();
  confidential->set_category(gate_.pack().pack->value_sets().Names().front());
  confidential->set_reason("the patient's own care");
  *confidential->mutable_until() = base::ToProto(At("2030-01-01T00:00:00Z"));
  gate_.Submit(Cbc("F1"));
  gate_.Submit(Biopsy("F2"));
  gate_.Ask(&Gate::PutRelatedPerson, put);
  // Known to the results, which have no entries about it.
  Tell("p1", [](v1::Patient& facts) { facts.set_portal_account(false); });
  EXPECT_FALSE(Kept(1).known_patient().portal_account());
  EXPECT_THAT(Stored(), IsEmpty());
  gate_.Stop();
  const char kKnown[] = "result 1: what it knows of its patient is neither what was logged nor what was told of the patient";
  EXPECT_THAT(AfterResult(1, [](v1::Result& result) { result.mutable_known_patient()->set_deceased(true); }), Contains(kKnown));
  EXPECT_THAT(AfterResult(1, [](v1::Result& result) { result.clear_known_patient(); }), Contains(kKnown));
  EXPECT_THAT(AfterResult(1, [](v1::Result& result) { result.add_confidential()->add_audiences(v1::AUDIENCE_PATIENT); }),
              Contains(kKnown));
}

// The day on which parents may see no more.
TEST_F(StoredContentsTest, TheNextBirthday) {
  v1::DiagnosticReport report = Cbc("F1");
  report.mutable_patient()->set_birth_date("2014-06-10");
  gate_.Submit(report);
  gate_.Acknowledge({1});
  const auto later = [](v1::Result& result) {
    *result.mutable_reconsider_at() = base::ToProto(base::FromProto(result.reconsider_at()) + absl::Hours(24 * 365));
  };
  const char kBirthday[] =
      "result 1: reconsider_at is not the next birthday of its patient at which somebody may lose the right to see for them";
  EXPECT_THAT(Stored(), IsEmpty());
  EXPECT_THAT(AfterResult(1, later), Contains(kBirthday));
  EXPECT_THAT(AfterResult(1, [](v1::Result& result) { result.clear_reconsider_at(); }), Contains(kBirthday));
  // Birthdays at which something changes, and others.
  for (const char* day : {"2026-06-11", "2027-06-11", "2030-06-11"}) {
    gate_.MoveTo(At(absl::StrCat(day, "T10:00:00-04:00")));
    EXPECT_THAT(Stored(), IsEmpty()) << day;
  }
  EXPECT_THAT(AfterResult(1, later), Contains(kBirthday));
}

TEST_F(StoredContentsTest, RecordsOfPatients) {
  const auto told = Tell("p1", [](v1::Patient& facts) { facts.set_language("es"); });
  EXPECT_TRUE(told.record().salt().empty()) << "never answered";
  v1::MergePatientsRequest merge;
  merge.set_actor("registration-1");
  *merge.mutable_survivor() = Mrn("p1");
  *merge.mutable_merged() = Mrn("p2");
  EXPECT_TRUE(gate_.Ask(&Gate::MergePatients, merge).survivor().salt().empty());
  const v1::PatientRecord first = **gate_.store().FindPatient(1);
  const v1::PatientRecord second = **gate_.store().FindPatient(2);
  EXPECT_EQ(first.salt().size(), 32u);
  EXPECT_EQ(second.salt().size(), 32u);
  EXPECT_NE(first.salt(), second.salt());
  v1::UnmergePatientsRequest unmerge;
  unmerge.set_actor("registration-1");
  *unmerge.mutable_survivor() = merge.survivor();
  *unmerge.mutable_merged() = merge.merged();
  const auto separated = gate_.Ask(&Gate::UnmergePatients, unmerge);
  EXPECT_TRUE(separated.survivor().salt().empty() && separated.merged().salt().empty());
  EXPECT_EQ((*gate_.store().FindPatient(1))->salt(), first.salt()) << "each keeps its own";
  EXPECT_EQ((*gate_.store().FindPatient(2))->salt(), second.salt());
  v1::GetPatientRequest get;
  *get.mutable_patient() = Mrn("p1");
  const auto answered = gate_.gate().GetPatient(get);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_TRUE(answered->record().salt().empty());
  // Told again, later: the same facts, and other times in the record.
  v1::UpdatePatientRequest again;
  again.set_actor("registration-1");
  *again.mutable_facts()->add_identifiers() = Mrn("p1");
  again.mutable_facts()->set_language("es");
  *again.mutable_recorded_at() = base::ToProto(gate_.clock().Now() + absl::Hours(1));
  EXPECT_THAT(gate_.Ask(&Gate::UpdatePatient, again).changed(), IsEmpty());
  // A hold on a patient of whom nothing was told.
  v1::PlaceLegalHoldRequest hold;
  hold.set_placed_by("counsel-1");
  hold.set_reason("a claim");
  *hold.mutable_patient() = Mrn("p3");
  gate_.Ask(&Gate::PlaceLegalHold, hold);
  EXPECT_THAT(Stored(), IsEmpty());
  gate_.Stop();
  for (const int64_t id : {1, 2, 3}) {
    EXPECT_THAT(
        After<v1::PatientRecord>("patients", id, [](v1::PatientRecord& record) { record.mutable_facts()->set_deceased(true); }),
        ElementsAre(HasSubstr(absl::StrCat("patient ", id, ": its record is not the one of which entry "))));
  }
  EXPECT_THAT(After<v1::PatientRecord>("patients", 1, [](v1::PatientRecord& record) { record.clear_recorded_at(); }),
              ElementsAre(HasSubstr("patient 1: its record is not the one of which entry ")));
}

}  // namespace
}  // namespace resultgate::gate
