// Scenarios 15, 17, 18, 19 and 21: critical values, hospital patients, owners who are not there, reviews that nobody does, and a
// policy that changes meanwhile.
#include <gmock/gmock.h>

#include <algorithm>

#include "server/base/proto_time.h"
#include "server/policy/review_plan.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::At;
using testing::Biopsy;
using testing::Cbc;

class ScenarioPeople : public ScenarioTest {
 protected:
  std::string OwnerNow(int64_t result_id) {
    std::vector<std::string> owners;
    for (const v1::PendingReview& review : Reviews()) {
      const auto& audiences = review.outcome().audiences();
      const bool of_patient = std::find(audiences.begin(), audiences.end(), v1::AUDIENCE_PATIENT) != audiences.end();
      if (review.result_id() == result_id && of_patient) owners.push_back(review.owner().role());
    }
    EXPECT_LE(owners.size(), 1u) << "never two at a time";
    return owners.empty() ? "" : owners.front();
  }
};

TEST_F(ScenarioPeople, Scenario15ACriticalValueIsReleasedAsItsClassAndTellsWhatToDo) {
  Submit(Oru{.service = "2823-3", .section = "CH", .observations = {{.loinc = "2823-3", .value = "6.9", .flag = "HH"}}});
  EXPECT_EQ(See("2823-3"), "6.9");
  EXPECT_EQ(CommentOf("2823-3").next_step().kind(), v1::NextStep::KIND_EMERGENCY);
  const Response unknown = Submit(Oru{
      .filler = "F2", .service = "LOCAL1", .section = "CH", .observations = {{.loinc = "LOCAL1", .value = "6.9", .flag = "HH"}}});
  EXPECT_EQ(OutcomeOf(unknown.result_id(), "LOCAL1").disposition(), v1::DISPOSITION_REVIEW) << "critical is not a permit";
}

TEST_F(ScenarioPeople, Scenario17HospitalPatientsSeeTheirResultsAsSoonAsOthers) {
  for (const v1::EncounterClass place :
       {v1::ENCOUNTER_CLASS_AMBULATORY, v1::ENCOUNTER_CLASS_INPATIENT, v1::ENCOUNTER_CLASS_EMERGENCY}) {
    const std::string name = v1::EncounterClass_Name(place);
    v1::DiagnosticReport count = Cbc("C" + name);
    v1::DiagnosticReport biopsy = Biopsy("B" + name);
    for (v1::DiagnosticReport* report : {&count, &biopsy}) {
      report->mutable_order()->set_encounter_class(place);
      report->mutable_patient()->mutable_identifiers(0)->set_value(name);
    }
    Submit(count);
    const Response held = Submit(biopsy);
    EXPECT_EQ(See("718-7", name), "13.9");
    EXPECT_EQ(base::FromProto(OutcomeOf(held.result_id(), "document").review().expires_at()), At("2026-03-11T15:00:00-04:00"))
        << name;
  }
}

// Many results of one stay are told once an hour, and none at night; a value that cannot wait is told at once.
TEST_F(ScenarioPeople, Scenario17AHospitalStayIsNotAFloodOfNotifications) {
  const auto notification = [this](const std::string& patient, const std::string& unit) {
    See(unit, patient);
    return portal().ShownTo(patient, unit).notification;
  };
  const auto of_visit = [](v1::DiagnosticReport report, const std::string& patient) {
    report.mutable_patient()->mutable_identifiers(0)->set_value(patient);
    report.mutable_order()->set_encounter_class(v1::ENCOUNTER_CLASS_INPATIENT);
    report.mutable_order()->mutable_encounter()->set_value("V1");
    return report;
  };
  MoveTo("2026-03-06T15:10:00-05:00");
  Submit(of_visit(Cbc("F1"), "p1"));
  MoveTo("2026-03-06T15:40:00-05:00");
  Submit(of_visit(Cbc("F2"), "p2"));
  for (const char* patient : {"p1", "p2"}) {
    EXPECT_EQ(See("718-7", patient), "13.9") << "it is there at once";
    EXPECT_EQ(base::FromProto(notification(patient, "718-7").not_before()), At("2026-03-06T16:00:00-05:00"));
    EXPECT_EQ(notification(patient, "718-7").group(), "|V1");
  }
  MoveTo("2026-03-07T23:00:00-05:00");
  Submit(of_visit(Cbc("F3"), "p3"));
  EXPECT_EQ(base::FromProto(notification("p3", "718-7").not_before()), At("2026-03-09T08:00:00-04:00"));
  Submit(Oru{.filler = "F4",
             .mrn = "p4",
             .service = "2823-3",
             .section = "CH",
             .observations = {{.loinc = "2823-3", .value = "6.9", .flag = "HH"}}});
  ASSERT_EQ(CommentOf("2823-3", "p4").next_step().kind(), v1::NextStep::KIND_EMERGENCY);
  EXPECT_FALSE(notification("p4", "2823-3").has_not_before());
  EXPECT_FALSE(notification("p4", "2823-3").audiences().empty());
}

TEST_F(ScenarioPeople, Scenario18OwnershipMovesAlongTheChainOneAtATime) {
  const Response held = Submit(Biopsy("F1"));
  EXPECT_EQ(OwnerNow(held.result_id()), "ordering-provider");
  MoveTo("2026-03-09T14:59:59-04:00");
  EXPECT_EQ(OwnerNow(held.result_id()), "ordering-provider");
  MoveTo("2026-03-09T15:00:00-04:00");
  EXPECT_EQ(OwnerNow(held.result_id()), "pathology-pool") << "nobody is known to cover, so nobody loses a day";
}

TEST_F(ScenarioPeople, Scenario18AnOrderWithoutAClinicianBeginsWithWhoeverIsThere) {
  v1::DiagnosticReport report = Biopsy("F1");
  report.mutable_order()->clear_ordering_provider();
  const Response held = Submit(report);
  EXPECT_NE(OwnerNow(held.result_id()), "ordering-provider");
  EXPECT_NE(OwnerNow(held.result_id()), "");
}

TEST_F(ScenarioPeople, Scenario19AReviewThatNobodyDoesReleasesAndSaysSo) {
  const Response held = Submit(Biopsy("F1"));
  MoveTo("2026-03-11T14:59:59-04:00");
  EXPECT_EQ(See("document"), "");
  MoveTo("2026-03-11T15:00:00-04:00");
  EXPECT_EQ(See("document"), "benign breast tissue");
  EXPECT_TRUE(OutcomeOf(held.result_id(), "document").released_unreviewed());
  EXPECT_THAT(CommentOf("document").text(), ::testing::HasSubstr("may not have read"));
  EXPECT_THAT(Entries(v1::ENTRY_KIND_ADVANCED, held.result_id()).back().advanced().reasons(0),
              ::testing::HasSubstr("the review expired"));
}

TEST_F(ScenarioPeople, Scenario19AnEscalationHasOneOwnerAndAnEnd) {
  const Response held = Submit(Oru{.service = "LOCAL77", .section = "", .observations = {{.loinc = "LOCAL77", .value = "3"}}});
  MoveTo("2026-03-11T15:00:00-04:00");
  EXPECT_EQ(OwnerNow(held.result_id()), "medical-director");
  EXPECT_EQ(See("LOCAL77"), "");
  MoveTo("2026-03-13T15:00:00-04:00");
  EXPECT_EQ(See("LOCAL77"), "3");
  EXPECT_THAT(Entries(v1::ENTRY_KIND_ADVANCED, held.result_id()).back().advanced().reasons(0),
              ::testing::HasSubstr("asked to reach the patient"));
}

class ScenarioPolicy : public ScenarioTest {
 protected:
  grpc::Status Activate(const v1::PackFiles& files, v1::ActivatePackResponse* response) {
    grpc::ClientContext context;
    v1::ActivatePackRequest request;
    *request.mutable_files() = files;
    request.set_approver("approver-1");
    return policies().ActivatePack(&context, request, response);
  }

  grpc::Status Redecide(int64_t count) {
    grpc::ClientContext context;
    v1::RedecideHeldRequest request;
    request.set_actor("approver-1");
    request.set_release_held(count);
    v1::RedecideHeldResponse response;
    return policies().RedecideHeld(&context, request, &response);
  }
};

TEST_F(ScenarioPolicy, Scenario18NursesApproveWhatTheirProtocolCoversAndPassOnTheRest) {
  UsePack(
      gate::MakePack(absl::StrCat(gate::kRoutine,
                                  "  - id: counts\n    title: t\n    match: {codes: [routine]}\n    then:\n"
                                  "      review: {owners: [ordering-provider, results-pool], each: 1 business day, expires: 3 "
                                  "business days, on_expiry: release,\n"
                                  "               protocol: {pool: pathology-pool, covers: \"age(patient) >= 40\", each: 4 h}}\n"
                                  "    lifted_by: [provider]\n    basis: {type: organization-policy, citation: c}\n")));
  grpc::ClientContext putting;
  v1::PutOwnerRequest pool;
  v1::PutOwnerResponse put;
  pool.set_actor("staff-office");
  pool.mutable_owner()->set_id("pathology-pool");
  pool.mutable_owner()->set_kind(v1::OWNER_KIND_POOL);
  pool.mutable_owner()->add_members("nurse-7");
  ASSERT_TRUE(directory().PutOwner(&putting, pool, &put).ok());

  const Response covered = Submit(Cbc("F1"));
  const grpc::Status approved = Approve(covered.result_id(), 1, "nurse-7");
  ASSERT_TRUE(approved.ok()) << approved.error_message();
  EXPECT_EQ(See("718-7"), "13.9");

  v1::DiagnosticReport young = Cbc("F2", "9.1");
  young.mutable_patient()->set_birth_date("2000-05-04");
  young.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  const Response uncovered = Submit(young);
  const grpc::Status refused = Approve(uncovered.result_id(), 1, "nurse-7");
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), ::testing::HasSubstr("hand it to ordering-provider (1234567893)"));
  EXPECT_EQ(See("718-7", "p2"), "");
  ASSERT_TRUE(Approve(uncovered.result_id(), 1, "1234567893").ok()) << "whose turn it is";
  EXPECT_EQ(See("718-7", "p2"), "9.1");

  // What a protocol covers and they do not want to decide they give back, and then it is not theirs any more.
  const Response given_back = Submit(Cbc("F3", "7.0"));
  const std::vector<v1::PendingReview> waiting = Reviews("pathology-pool");
  ASSERT_EQ(waiting.size(), 1u);
  v1::ReleaseNowRequest release;
  release.set_result_id(given_back.result_id());
  release.set_etag(waiting[0].etag());
  release.set_reviewer("nurse-7");
  v1::ReleaseNowResponse released;
  grpc::ClientContext releasing;
  const grpc::Status all = reviews().ReleaseNow(&releasing, release, &released);
  EXPECT_EQ(all.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(all.error_message(), ::testing::HasSubstr("hand it to ordering-provider (1234567893)"));
  v1::RefuseReviewRequest refuse;
  refuse.set_result_id(given_back.result_id());
  refuse.set_etag(waiting[0].etag());
  refuse.set_reviewer("nurse-7");
  refuse.set_reason("too low for us");
  v1::RefuseReviewResponse passed;
  grpc::ClientContext refusing;
  ASSERT_TRUE(reviews().RefuseReview(&refusing, refuse, &passed).ok());
  EXPECT_EQ(Reviews("ordering-provider").size(), 1u);
  EXPECT_EQ(Approve(given_back.result_id(), 1, "nurse-7").error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  // Whom the directory knows as more than one of them may do more; and whom it does not know at all, as ever.
  pool.mutable_owner()->set_id("results-pool");
  grpc::ClientContext again;
  ASSERT_TRUE(directory().PutOwner(&again, pool, &put).ok());
  EXPECT_TRUE(Approve(given_back.result_id(), 1, "nurse-7").ok());
}

TEST_F(ScenarioPolicy, Scenario21WhatIsHeldKeepsThePackThatDecidedIt) {
  const std::string routine = gate::kRoutine;
  UsePack(gate::MakePack(routine + gate::TissueReview("3 business days")));
  const Response held = Submit(Biopsy("F1"));
  const v1::Outcome before = OutcomeOf(held.result_id(), "document");
  v1::ActivatePackResponse activated;
  const grpc::Status status =
      Activate(gate::MakePack(routine + "  - {id: tissue-release, title: t, match: {codes: [tissue]}, then: {release: now}}\n"),
               &activated);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(OutcomeOf(held.result_id(), "document").SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(See("document"), "") << "an activation publishes nothing that is held (I13)";
  EXPECT_FALSE(Redecide(99).ok()) << "somebody confirms the number";
  EXPECT_EQ(See("document"), "");
  ASSERT_TRUE(Redecide(1).ok());
  EXPECT_EQ(See("document"), "benign breast tissue") << "and only in the releasing direction";
}

TEST_F(ScenarioPolicy, Scenario21AStricterPackDoesNotLengthenWhatIsHeld) {
  const std::string routine = gate::kRoutine;
  UsePack(gate::MakePack(routine + gate::TissueReview("1 business day")));
  const Response held = Submit(Biopsy("F1"));
  const int64_t expires = OutcomeOf(held.result_id(), "document").review().expires_at().seconds();
  v1::ActivatePackResponse activated;
  ASSERT_TRUE(Activate(gate::MakePack(routine + gate::TissueReview("3 business days")), &activated).ok());
  ASSERT_TRUE(Redecide(0).ok());
  EXPECT_EQ(OutcomeOf(held.result_id(), "document").review().expires_at().seconds(), expires);
}

}  // namespace
}  // namespace resultgate::scenario
