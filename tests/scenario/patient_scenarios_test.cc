// Scenarios 14, 16 and 18: patients who become one, and two again; patients who have died; children who grow up; owners who are
// away. All of it told through PatientService and DirectoryService.
#include <gmock/gmock.h>

#include "server/base/proto_time.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::At;
using testing::Biopsy;
using testing::Cbc;
using Preference = v1::ReleasePreference;

v1::Identifier Mrn(const std::string& value) {
  v1::Identifier identifier;
  identifier.set_system("MRN");
  identifier.set_value(value);
  return identifier;
}

v1::DiagnosticReport Of(v1::DiagnosticReport report, const std::string& mrn) {
  *report.mutable_patient()->mutable_identifiers(0) = Mrn(mrn);
  return report;
}

class ScenarioPatient : public ScenarioTest {
 protected:
  void Prefer(const std::string& mrn, Preference::Timing timing) {
    grpc::ClientContext context;
    v1::SetPreferenceRequest request;
    v1::SetPreferenceResponse response;
    *request.mutable_patient() = Mrn(mrn);
    request.mutable_preference()->set_timing(timing);
    request.mutable_preference()->set_recorded_by("nurse-7");
    const grpc::Status status = patients().SetPreference(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  v1::UpdatePatientResponse TellOfDeath(const std::string& mrn, bool deceased) {
    grpc::ClientContext context;
    v1::UpdatePatientRequest request;
    v1::UpdatePatientResponse response;
    request.set_actor("adt");
    *request.mutable_facts()->add_identifiers() = Mrn(mrn);
    request.mutable_facts()->set_deceased(deceased);
    const grpc::Status status = patients().UpdatePatient(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  void Merge(const std::string& survivor, const std::string& merged) {
    grpc::ClientContext context;
    v1::MergePatientsRequest request;
    v1::MergePatientsResponse response;
    request.set_actor("him-3");
    *request.mutable_survivor() = Mrn(survivor);
    *request.mutable_merged() = Mrn(merged);
    const grpc::Status status = patients().MergePatients(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  void Unmerge(const std::string& survivor, const std::string& merged) {
    grpc::ClientContext context;
    v1::UnmergePatientsRequest request;
    v1::UnmergePatientsResponse response;
    request.set_actor("him-3");
    *request.mutable_survivor() = Mrn(survivor);
    *request.mutable_merged() = Mrn(merged);
    const grpc::Status status = patients().UnmergePatients(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
};

TEST_F(ScenarioPatient, Scenario14AMergeReleasesNothingAndTheMorePrivateWishHoldsUntilItIsUndone) {
  Prefer("p1", Preference::TIMING_IMMEDIATE);
  Prefer("p2", Preference::TIMING_AFTER_REVIEW);
  Submit(Of(Cbc("F1", "11.0"), "p1"));
  Submit(Of(Cbc("F2", "12.0"), "p2"));
  EXPECT_EQ(See("718-7", "p1"), "11.0");
  EXPECT_EQ(See("718-7", "p2"), "");
  portal().Acknowledge();
  Merge("p1", "p2");
  EXPECT_EQ(portal().Read(), 0) << "a merge releases nothing";
  const Response third = Submit(Of(Biopsy("F3"), "p1"));
  EXPECT_EQ(See("document", "p1"), "") << "one of the two wants a clinician to see it first";
  EXPECT_EQ(OutcomeOf(third.result_id(), "document").disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_EQ(See("718-7", "p1"), "11.0") << "what was shown stays";
  Unmerge("p1", "p2");
  EXPECT_EQ(See("document", "p1"), "benign breast tissue") << "the first one's own wish";
  EXPECT_EQ(See("718-7", "p2"), "") << "and the second one's";
  EXPECT_EQ(Entries(v1::ENTRY_KIND_PATIENTS_MERGED).size(), 2u);
}

TEST_F(ScenarioPatient, Scenario14ACorrectionUnderTheOtherNumberIsTheSamePatientsAfterAMerge) {
  Submit(Of(Cbc("F1", "11.0"), "p1"));
  EXPECT_EQ(See("718-7", "p1"), "11.0");
  Merge("p1", "p2");
  v1::DiagnosticReport corrected = testing::Later(Of(Cbc("F1", "12.0"), "p2"), absl::Minutes(30));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  const Response second = Submit(corrected);
  EXPECT_EQ(second.version(), 2);
  EXPECT_EQ(OutcomeOf(second.result_id(), "718-7").state(), v1::OUTCOME_STATE_RELEASED) << "nobody's identity is in doubt";
  EXPECT_EQ(See("718-7", "p2"), "12.0");
  EXPECT_TRUE(Entries(v1::ENTRY_KIND_INCIDENT).empty());
}

TEST_F(ScenarioPatient, Scenario16ADeathStopsPublishingAndNoTimeEndsThat) {
  Submit(Cbc("F1"));
  EXPECT_EQ(See("718-7"), "13.9");
  portal().Acknowledge();
  const Response biopsy = Submit(Biopsy("F2"));
  EXPECT_EQ(TellOfDeath("p1", true).results(), 1);
  EXPECT_EQ(OutcomeOf(biopsy.result_id(), "document").disposition(), v1::DISPOSITION_WITHHOLD);
  const Response late = Submit(Cbc("F3", "9.1"));
  EXPECT_EQ(OutcomeOf(late.result_id(), "718-7").disposition(), v1::DISPOSITION_WITHHOLD);
  MoveTo("2026-05-06T12:00:00-04:00");
  EXPECT_EQ(See("document"), "") << "a late pathology report tells nobody by itself";
  EXPECT_EQ(See("718-7"), "13.9") << "what the family has read stays";
  EXPECT_GE(Reviews().size(), 2u) << "somebody is asked whom the records go to";
  EXPECT_EQ(Entries(v1::ENTRY_KIND_RECONSIDERED, biopsy.result_id()).size(), 1u);
  // It was another patient's death.
  TellOfDeath("p1", false);
  EXPECT_EQ(OutcomeOf(late.result_id(), "718-7").state(), v1::OUTCOME_STATE_RELEASED);
  EXPECT_EQ(See("document"), "") << "the review that its class asks for begins now: nobody was asked for it before";
  EXPECT_EQ(OutcomeOf(biopsy.result_id(), "document").disposition(), v1::DISPOSITION_REVIEW);
  MoveTo("2026-05-12T12:00:00-04:00");
  EXPECT_EQ(See("document"), "benign breast tissue");
}

TEST_F(ScenarioPatient, Scenario16WhatThePortalHasNotShownYetIsTakenBackAtADeath) {
  Submit(Cbc("F1"));
  EXPECT_EQ(See("718-7"), "13.9");  // read, not acknowledged
  TellOfDeath("p1", true);
  EXPECT_EQ(See("718-7"), "");
  TellOfDeath("p1", false);
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_FALSE(::testing::Matches(::testing::HasSubstr("corrected"))(CommentOf("718-7").variant()))
      << "nothing was wrong with it";
}

// Reaching an age of consent decides anew what parents have been shown.
TEST_F(ScenarioPatient, Scenario16AtTheAgeOfConsentWhatParentsSawIsTakenFromThem) {
  v1::DiagnosticReport report = testing::Report("F1", "56888-1");
  report.mutable_patient()->set_birth_date("2014-03-20");
  testing::AddObservation(&report, "56888-1", "0.1");
  Submit(report);
  MoveTo("2026-03-19T23:59:00-04:00");
  EXPECT_EQ(See("56888-1", "p1", v1::AUDIENCE_REPRESENTATIVE), "0.1");
  portal().Acknowledge();
  MoveTo("2026-03-20T00:00:00-04:00");
  EXPECT_EQ(See("56888-1", "p1", v1::AUDIENCE_REPRESENTATIVE), "");
  EXPECT_EQ(See("56888-1"), "0.1") << "the child's own view stays";
}

TEST_F(ScenarioPatient, Scenario18WhoIsAwayHasNoTurnAndTheDelegateHas) {
  Submit(Biopsy("F1"));
  grpc::ClientContext put_context;
  v1::PutOwnerRequest owner;
  v1::PutOwnerResponse put;
  owner.set_actor("staff-office");
  owner.mutable_owner()->set_id("1234567893");
  owner.mutable_owner()->set_kind(v1::OWNER_KIND_CLINICIAN);
  v1::Absence* absence = owner.mutable_owner()->add_absences();
  *absence->mutable_from() = base::ToProto(At("2026-03-06T00:00:00-05:00"));
  *absence->mutable_until() = base::ToProto(At("2026-03-20T00:00:00-04:00"));
  absence->set_delegate("1987654321");
  const grpc::Status status = directory().PutOwner(&put_context, owner, &put);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(Reviews("1234567893").empty());
  ASSERT_FALSE(Reviews("1987654321").empty());
  EXPECT_EQ(Reviews("1987654321")[0].owner().role(), "ordering-provider");
  Stop();
  Start();
  EXPECT_FALSE(Reviews("1987654321").empty()) << "the directory outlives a restart";
}

}  // namespace
}  // namespace resultgate::scenario
