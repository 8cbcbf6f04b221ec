// Scenarios 10, 11 and 25: panels of which not all may go, documents that tell what is held, codes that nobody knows.
#include <gmock/gmock.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::AddObservation;
using testing::Cbc;

class ScenarioPanel : public ScenarioTest {};

TEST_F(ScenarioPanel, Scenario10InAPanelTheStrictestHoldsOnlyItself) {
  const Response panel = Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}, {.loinc = "56888-1", .value = "1"}}});
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_EQ(See("56888-1"), "");
  EXPECT_EQ(CommentOf("718-7").text().find("HIV"), std::string::npos);
  ASSERT_TRUE(Approve(panel.result_id(), 1).ok());
  EXPECT_EQ(See("56888-1"), "1");
  EXPECT_EQ(See("718-7"), "13.9");
}

TEST_F(ScenarioPanel, Scenario10APanelThatAPackKeepsTogetherWaitsAsOne) {
  UsePack(gate::MakePack(
      absl::StrCat(gate::kRoutine,
                   "  - id: tissue-review\n    title: t\n    match: {codes: [tissue]}\n    then:\n"
                   "      review: {owners: [pathology-pool], each: 1 business day, expires: 1 business day, on_expiry: release}\n"
                   "    together: report\n    lifted_by: [provider]\n    basis: {type: organization-policy, citation: c}\n")));
  v1::DiagnosticReport report = Cbc("F1");
  AddObservation(&report, "60567-5", "1");
  const Response panel = Submit(report);
  EXPECT_EQ(See("718-7"), "");
  ASSERT_TRUE(Approve(panel.result_id(), 1).ok());
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_EQ(See("60567-5"), "1");
}

TEST_F(ScenarioPanel, Scenario11ADocumentWaitsWhileAnythingThatItMayTellIsHeld) {
  v1::DiagnosticReport report = Cbc("F1");
  AddObservation(&report, "56888-1", "1");
  report.set_narrative("All results of this order.");
  v1::Attachment* pdf = report.add_presented_forms();
  pdf->set_content_type("application/pdf");
  pdf->set_data("%PDF");
  const Response response = Submit(report);
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_EQ(See("document"), "");
  grpc::Status approved = Approve(response.result_id(), 1);
  ASSERT_TRUE(approved.ok()) << approved.error_message();
  EXPECT_EQ(See("56888-1"), "1");
  EXPECT_EQ(See("document"), "All results of this order.");
}

TEST_F(ScenarioPanel, Scenario11ADocumentThatIsOutIsWithdrawnWhereItsReportGetsSomethingThatWaits) {
  v1::DiagnosticReport report = Cbc("F1");
  report.set_narrative("Blood count in full.");
  Submit(report);
  EXPECT_EQ(See("document"), "Blood count in full.");
  v1::DiagnosticReport more = testing::Later(report, absl::Minutes(5));
  AddObservation(&more, "56888-1", "1");
  Submit(more);
  EXPECT_EQ(See("document"), "being corrected");
}

TEST_F(ScenarioPanel, Scenario25AnUnknownCodeGoesTheDefaultWayWithOwnerAndEnd) {
  const Response response =
      Submit(Oru{.service = "LOCAL77", .section = "", .observations = {{.loinc = "LOCAL77", .value = "3"}}});
  const v1::Outcome outcome = OutcomeOf(response.result_id(), "LOCAL77");
  EXPECT_EQ(outcome.disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_EQ(outcome.rules(0).rule_id(), "default");
  EXPECT_EQ(outcome.review().turns(0).owner().role(), "ordering-provider");
  MoveTo("2026-03-16T15:00:00-04:00");
  EXPECT_EQ(See("LOCAL77"), "3") << "every way ends";
}

TEST_F(ScenarioPanel, Scenario25NeitherNameNorHeaderLetsAnythingGo) {
  v1::DiagnosticReport report = testing::Report("F1", "58410-2");
  report.mutable_code()->mutable_codings(0)->set_display("Complete blood count");
  v1::Observation* observation = AddObservation(&report, "718-8", "3");
  observation->mutable_code()->mutable_codings(0)->set_display("Hemoglobin");
  Submit(report);
  EXPECT_EQ(See("718-8"), "") << "a code with a wrong check digit is no code, whatever stands beside it";
}

// Real data call 58410-2, a blood count, "Covid": the code decides, and the words decide nothing.
TEST_F(ScenarioPanel, Scenario25AWrongNameOfAKnownCodeChangesNothing) {
  v1::DiagnosticReport report = Cbc("F1");
  report.mutable_code()->mutable_codings(0)->set_display("Covid");
  Submit(report);
  EXPECT_EQ(See("718-7"), "13.9");
}

}  // namespace
}  // namespace resultgate::scenario
