// A patient who waits: "in process, expected by", where the pack says so for a whole class.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::Biopsy;
using testing::Cbc;
using ::testing::HasSubstr;
using testing::Later;

class ScenarioInProcess : public ScenarioTest {
 protected:
  ScenarioInProcess() {
    UsePack(gate::MakePack(absl::StrCat(gate::kRoutine, gate::TissueReview("3 business days")),
                           "author: author-1\nin_process:\n  - {codes: [tissue], section: [pathology]}\n"));
  }

  // What the patient reads of a result that waits, after the portal read on; empty: nothing.
  std::string Notice(int64_t result_id, const std::string& mrn = "p1", v1::Audience audience = v1::AUDIENCE_PATIENT) {
    portal().Read();
    return portal().NoticeOf(mrn, result_id, audience).comment.text();
  }
};

TEST_F(ScenarioInProcess, ScenarioAPatientWhoWaitsReadsByWhenAndThenTheResult) {
  const Response biopsy = Submit(Biopsy("F1"));
  const Response count = Submit(Cbc("F2"));
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_EQ(Notice(count.result_id()), "");
  EXPECT_THAT(Notice(biopsy.result_id()), HasSubstr("It is expected by March 11, 2026."));
  EXPECT_EQ(See("document"), "");
  for (const v1::Audience other : {v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE}) {
    EXPECT_EQ(Notice(biopsy.result_id(), "p1", other), "");
  }
  portal().Acknowledge();
  // It is durable, and said once.
  Stop();
  Start();
  EXPECT_EQ(portal().Read(/*again=*/true), 0);
  Submit(Biopsy("F1"));
  EXPECT_EQ(portal().Read(), 0);
  ASSERT_TRUE(Approve(biopsy.result_id(), 1).ok());
  EXPECT_EQ(See("document"), "benign breast tissue");
  EXPECT_EQ(Notice(biopsy.result_id()), "") << "the result stands in its place";
  // The log tells both, with the units that the portal was not told.
  const std::vector<v1::Entry> decided = Entries(v1::ENTRY_KIND_DECIDED, biopsy.result_id());
  ASSERT_FALSE(decided.empty());
  ASSERT_EQ(decided[0].decided().releases_size(), 1);
  const v1::ReleaseNote& note = decided[0].decided().releases(0);
  EXPECT_EQ(note.kind(), v1::RELEASE_KIND_IN_PROCESS);
  EXPECT_THAT(note.unit_ids(), ::testing::ElementsAre("document"));
  EXPECT_EQ(base::FromProto(note.expected_by()), testing::At("2026-03-12T00:00:00-04:00"));
}

TEST_F(ScenarioInProcess, ScenarioWhatIsInProcessCorrectsNothingThoughItHasVersions) {
  const Response biopsy = Submit(Biopsy("F1"));
  v1::DiagnosticReport again = Later(Biopsy("F1"), absl::Minutes(1));
  again.set_status(v1::RESULT_STATUS_CORRECTED);
  again.set_narrative("benign breast tissue, left side");
  Submit(again);
  EXPECT_THAT(Notice(biopsy.result_id()), HasSubstr("March 11"));
  const std::vector<v1::PendingReview> waiting = Reviews();
  ASSERT_FALSE(waiting.empty());
  EXPECT_EQ(waiting[0].version(), 2);
  for (const v1::PendingReview& review : waiting) EXPECT_FALSE(review.corrects());
}

TEST_F(ScenarioInProcess, ScenarioTheReviewEndsBeforeTheDay) {
  const Response biopsy = Submit(Biopsy("F1"));
  MoveTo("2026-03-11T14:59:00-04:00");
  EXPECT_THAT(Notice(biopsy.result_id()), HasSubstr("March 11"));
  EXPECT_EQ(See("document"), "");
  MoveTo("2026-03-11T23:59:00-04:00");
  EXPECT_EQ(See("document"), "benign breast tissue") << "the day was right";
  EXPECT_EQ(Notice(biopsy.result_id()), "");
}

TEST_F(ScenarioInProcess, ScenarioANoticeGoesFromThePatientWhoseResultItIsNot) {
  const Response biopsy = Submit(Biopsy("F1"));
  EXPECT_NE(Notice(biopsy.result_id()), "");
  v1::DiagnosticReport moved = Later(Biopsy("F1"), absl::Minutes(1));
  moved.set_status(v1::RESULT_STATUS_CORRECTED);
  moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  Submit(moved);
  EXPECT_EQ(Notice(biopsy.result_id(), "p1"), "");
  EXPECT_EQ(Notice(biopsy.result_id(), "p2"), "") << "not before people have looked whose it is";
  const v1::Result standing = Get(biopsy.result_id());
  ASSERT_TRUE(Approve(standing.id(), standing.version(), "reviewer-1").ok());
  ASSERT_TRUE(Approve(standing.id(), standing.version(), "reviewer-2").ok());
  EXPECT_NE(Notice(biopsy.result_id(), "p2"), "");
  EXPECT_EQ(Notice(biopsy.result_id(), "p1"), "");
}

TEST_F(ScenarioInProcess, Scenario14ANoticeGoesWithTheResultToTheOtherNumberOfTheSamePatient) {
  const Response biopsy = Submit(Biopsy("F1"));
  EXPECT_NE(Notice(biopsy.result_id(), "p1"), "");
  grpc::ClientContext context;
  v1::MergePatientsRequest merge;
  v1::MergePatientsResponse merged;
  merge.set_actor("him-3");
  *merge.mutable_survivor() = Biopsy("F1").patient().identifiers(0);
  *merge.mutable_merged() = merge.survivor();
  merge.mutable_merged()->set_value("p2");
  ASSERT_TRUE(patients().MergePatients(&context, merge, &merged).ok());
  v1::DiagnosticReport corrected = Later(Biopsy("F1"), absl::Minutes(1));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  Submit(corrected);
  EXPECT_EQ(Notice(biopsy.result_id(), "p1"), "");
  EXPECT_THAT(Notice(biopsy.result_id(), "p2"), HasSubstr("It is expected by March 11, 2026."));
  EXPECT_EQ(See("document", "p2"), "") << "and no words that it is being corrected";
  ASSERT_TRUE(Approve(biopsy.result_id(), 2).ok());
  EXPECT_EQ(See("document", "p2"), "benign breast tissue");
  EXPECT_EQ(Notice(biopsy.result_id(), "p2"), "");
}

TEST_F(ScenarioInProcess, ScenarioANoticeGoesWhenTheResultIsTakenBackAndIsNeverWrongAfterItsDay) {
  const Response wrong = Submit(Biopsy("F1"));
  v1::DiagnosticReport taken_back = Later(Biopsy("F1"), absl::Minutes(1));
  taken_back.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  Submit(taken_back);
  EXPECT_EQ(Notice(wrong.result_id()), "");
  // The gate is down when the review expires: its owner keeps four staffed hours, past the day.
  const Response late = Submit(Biopsy("F2"));
  EXPECT_THAT(Notice(late.result_id()), HasSubstr("March 11"));
  Stop();
  MoveClockWhileDown("2026-03-12T09:00:00-04:00");
  Start();
  MoveTo("2026-03-12T09:01:00-04:00");
  EXPECT_EQ(See("document"), "");
  EXPECT_THAT(Notice(late.result_id()), HasSubstr("We cannot say yet on which day it will be here."));
  MoveTo("2026-03-12T14:00:00-04:00");
  EXPECT_EQ(See("document"), "benign breast tissue");
  EXPECT_EQ(Notice(late.result_id()), "");
}

}  // namespace
}  // namespace resultgate::scenario
