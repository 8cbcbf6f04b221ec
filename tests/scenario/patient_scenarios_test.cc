// Scenarios 14, 16 and 18: patients who become one, and two again; patients who have died; children who grow up; owners who are
// away. All of it told through PatientService and DirectoryService.
#include <gmock/gmock.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "tests/gate/small_packs.h"
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

// Two units.
v1::DiagnosticReport Panel(const std::string& filler, const std::string& haemoglobin) {
  v1::DiagnosticReport report = Cbc(filler, haemoglobin);
  testing::AddObservation(&report, "4544-3", "41");
  return report;
}

// Half an hour later.
v1::DiagnosticReport Corrected(v1::DiagnosticReport report) {
  report = testing::Later(std::move(report), absl::Minutes(30));
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
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

// The relatives' own review has been going on for a day; it does not end before that which the patient asks for now.
TEST_F(ScenarioPatient, ScenarioAWishForAReviewHoldsRelativesAsLongAsThePatient) {
  UsePack(gate::MakePack(absl::StrCat(
      gate::kRoutine, gate::ImagingDelay("7 days"),
      "  - id: birth-date-unknown\n    title: t\n    audiences: [representative, delegate]\n    when: "
      "\"!has(patient.birth_date)\"\n"
      "    then:\n      review: {owners: [records], each: 1 business day, expires: 2 business days, on_expiry: release}\n"
      "    lifted_by: [patient]\n    basis: {type: privacy, citation: c}\n")));
  v1::DiagnosticReport image = testing::Report("F1", "36643-5");
  image.mutable_patient()->clear_birth_date();
  testing::AddObservation(&image, "36643-5", "1");
  const int64_t id = Submit(image).result_id();
  MoveTo("2026-03-09T15:00:00-04:00");
  Prefer("p1", Preference::TIMING_AFTER_REVIEW);
  const v1::Outcome patients = OutcomeOf(id, "36643-5");
  const v1::Outcome relatives = OutcomeOf(id, "36643-5", v1::AUDIENCE_REPRESENTATIVE);
  ASSERT_EQ(patients.disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_GE(relatives.review().started_at().seconds(), patients.review().started_at().seconds());
  EXPECT_GE(relatives.review().expires_at().seconds(), patients.review().expires_at().seconds());
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
  EXPECT_EQ(See("718-7", "p1"), "") << "the old value is shown under neither number";
  EXPECT_TRUE(Entries(v1::ENTRY_KIND_INCIDENT).empty());
}

TEST_F(ScenarioPatient, Scenario14WhatACorrectionUnderTheOtherNumberLeavesAsItWasGoesThereToo) {
  const Response first = Submit(Of(Panel("F1", "11.0"), "p1"));
  EXPECT_EQ(See("4544-3", "p1"), "41");
  portal().Acknowledge();
  Merge("p1", "p2");
  const Response second = Submit(Corrected(Of(Cbc("F1", "12.0"), "p2")));
  EXPECT_EQ(second.result_id(), first.result_id());
  EXPECT_EQ(See("718-7", "p2"), "12.0");
  EXPECT_EQ(See("4544-3", "p2"), "41") << "what was not corrected";
  EXPECT_EQ(See("718-7", "p1"), "");
  EXPECT_EQ(See("4544-3", "p1"), "");
  EXPECT_EQ(Get(first.result_id()).first_released_at().seconds(), OutcomeOf(first.result_id(), "4544-3").released_at().seconds());
  // And back again, into a class that waits: neutral words under the number that it came with last.
  v1::DiagnosticReport third = testing::Later(Corrected(Of(Panel("F1", "13.0"), "p1")), absl::Minutes(10));
  third.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  Submit(third);
  EXPECT_EQ(See("718-7", "p1"), "being corrected");
  EXPECT_EQ(See("4544-3", "p1"), "41");
  EXPECT_EQ(See("718-7", "p2"), "");
  EXPECT_EQ(See("4544-3", "p2"), "");
  third = testing::Later(Corrected(Of(Panel("F1", "13.0"), "p2")), absl::Minutes(20));
  third.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  Submit(third);
  EXPECT_EQ(See("718-7", "p2"), "being corrected");
  EXPECT_EQ(See("718-7", "p1"), "");
  third = testing::Later(Corrected(Of(Panel("F1", "13.0"), "p1")), absl::Minutes(30));
  third.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  Submit(third);
  for (const char* mrn : {"p1", "p2"}) {
    EXPECT_EQ(See("718-7", mrn), "") << mrn;
    EXPECT_EQ(See("4544-3", mrn), "") << mrn;
  }
}

TEST_F(ScenarioPatient, Scenario14ACorrectionUnderTheOtherNumberRestartsNoClock) {
  const Response first = Submit(Of(Biopsy("F1"), "p1"));
  const v1::Outcome before = OutcomeOf(first.result_id(), "document");
  ASSERT_EQ(before.disposition(), v1::DISPOSITION_REVIEW);
  Merge("p1", "p2");
  MoveTo("2026-03-09T10:00:00-04:00");
  v1::DiagnosticReport corrected = Of(Biopsy("F1"), "p2");
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.set_narrative("benign tissue of the breast");
  *corrected.mutable_issued() = base::ToProto(At("2026-03-09T09:30:00-04:00"));
  const Response second = Submit(corrected);
  ASSERT_EQ(second.result_id(), first.result_id());
  EXPECT_EQ(second.decision().clock_start().seconds(), first.decision().clock_start().seconds());
  const v1::Outcome after = OutcomeOf(first.result_id(), "document");
  EXPECT_EQ(after.review().started_at().seconds(), before.review().started_at().seconds());
  EXPECT_EQ(after.review().expires_at().seconds(), before.review().expires_at().seconds());
}

TEST_F(ScenarioPatient, Scenario14WhatHasVersionsOfBothWaitsForTwoPeopleOnceTheyAreTwoAgain) {
  const Response mixed = Submit(Of(Panel("F1", "11.0"), "p1"));
  const Response own = Submit(Of(Cbc("F2", "9.0"), "p1"));
  MoveTo(Now() + absl::Minutes(20));
  Merge("p1", "p2");
  Submit(Corrected(Of(Cbc("F1", "12.0"), "p2")));
  EXPECT_EQ(See("718-7", "p2"), "12.0");
  MoveTo(Now() + absl::Minutes(10));
  Unmerge("p1", "p2");
  EXPECT_EQ(See("718-7", "p2"), "being corrected");
  EXPECT_EQ(See("4544-3", "p2"), "being corrected");
  EXPECT_EQ(See("718-7", "p1"), "9.0") << "the other result is the first one's alone";
  EXPECT_EQ(OutcomeOf(mixed.result_id(), "718-7").disposition(), v1::DISPOSITION_QUARANTINE);
  EXPECT_TRUE(Entries(v1::ENTRY_KIND_INCIDENT, own.result_id()).empty());
  const std::vector<v1::Entry> incidents = Entries(v1::ENTRY_KIND_INCIDENT, mixed.result_id());
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_EQ(incidents[0].actor(), "him-3");
  EXPECT_EQ(incidents[0].incident().unit_ids_size(), 2);
  EXPECT_EQ(incidents[0].incident().minutes_exposed(), 30) << "under whichever number";
  MoveTo("2026-04-06T15:00:00-04:00");
  EXPECT_EQ(See("718-7", "p2"), "being corrected") << "no timer says whose it is";
  ASSERT_TRUE(Approve(mixed.result_id(), 2, "reviewer-1").ok());
  EXPECT_EQ(See("718-7", "p2"), "being corrected");
  ASSERT_TRUE(Approve(mixed.result_id(), 2, "reviewer-2").ok());
  EXPECT_EQ(See("718-7", "p2"), "12.0");
  EXPECT_EQ(See("4544-3", "p2"), "41");
  // People have settled it: no later merge and separation puts it in doubt again.
  Merge("p1", "p2");
  Unmerge("p1", "p2");
  EXPECT_EQ(See("718-7", "p2"), "12.0");
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

TEST_F(ScenarioPatient, Scenario16WhoKeepsTheRecordsSaysWhomItGoesToAndDelegatesAreNotAmongThem) {
  const Response before = Submit(Biopsy("F1"));
  EXPECT_EQ(Reviews("1234567893").size(), 1u);
  MoveTo("2026-03-09T10:00:00-04:00");
  TellOfDeath("p1", true);
  const Response after = Submit(Biopsy("F2"));
  for (const v1::PendingReview& review : Reviews()) {
    EXPECT_EQ(review.owner().role(), "health-information-management") << "not the clinician of the order";
    EXPECT_EQ(base::FromProto(review.turn_ends_at()), At("2026-03-10T10:00:00-04:00")) << "from when it could be seen";
  }
  EXPECT_EQ(Reviews().size(), 2u);
  for (const Response& response : {before, after}) {
    ASSERT_TRUE(Approve(response.result_id(), 1, "him-3").ok());
    EXPECT_EQ(OutcomeOf(response.result_id(), "document", v1::AUDIENCE_DELEGATE).state(), v1::OUTCOME_STATE_CLOSED);
  }
  EXPECT_EQ(See("document", "p1", v1::AUDIENCE_REPRESENTATIVE), "benign breast tissue");
  EXPECT_EQ(See("document", "p1", v1::AUDIENCE_DELEGATE), "") << "a delegate's right ended with the patient's life";
  MoveTo("2026-05-06T12:00:00-04:00");
  EXPECT_TRUE(Reviews().empty()) << "nobody is asked again";
  EXPECT_EQ(See("document", "p1", v1::AUDIENCE_DELEGATE), "");
  // It was another patient's death.
  TellOfDeath("p1", false);
  EXPECT_EQ(See("document", "p1", v1::AUDIENCE_DELEGATE), "benign breast tissue");
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
