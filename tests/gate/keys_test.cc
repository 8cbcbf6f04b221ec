#include "server/gate/keys.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/gate/reports.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::Cbc;
using ::resultgate::testing::Later;

bool Share(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b, int tier) {
  const IdentityKeys mine = IdentityOf(a);
  const IdentityKeys theirs = IdentityOf(b);
  const std::set<store::Key> keys(mine.tiers[tier].begin(), mine.tiers[tier].end());
  return std::any_of(theirs.tiers[tier].begin(), theirs.tiers[tier].end(),
                     [&keys](const store::Key& key) { return keys.count(key) > 0; });
}

TEST(ReportDigest, LeavesTransportOutAndEverythingElseIn) {
  const v1::DiagnosticReport report = Cbc("F1");
  v1::DiagnosticReport again = report;
  again.set_message_id("other");
  again.set_report_id("other");
  again.mutable_message_time()->set_seconds(1);
  again.add_issues()->set_message("something");
  EXPECT_EQ(ReportDigest(again), ReportDigest(report));
  EXPECT_NE(ReportDigest(Later(report, absl::Seconds(1))), ReportDigest(report)) << "issued counts";
  v1::DiagnosticReport status = report;
  status.set_status(v1::RESULT_STATUS_CORRECTED);
  EXPECT_NE(ReportDigest(status), ReportDigest(report));
  v1::DiagnosticReport patient = report;
  patient.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  EXPECT_NE(ReportDigest(patient), ReportDigest(report)) << "a report that moved to another patient is no duplicate";
}

TEST(IdentityOf, FillerNumberAndServiceCodeTellTheResultAndThePatientDoesNot) {
  v1::DiagnosticReport other = Cbc("F1", "9.9");
  other.mutable_patient()->mutable_identifiers(0)->set_value("p2");
  other.set_report_id("other");
  EXPECT_TRUE(Share(Cbc("F1"), other, 0));
  EXPECT_FALSE(Share(Cbc("F1"), Cbc("F2"), 0));
  EXPECT_FALSE(Share(Cbc("F1"), resultgate::testing::Report("F1", "24323-8"), 0)) << "another service of the same order";
  other.set_sender("LAB|SOUTH");
  EXPECT_FALSE(Share(Cbc("F1"), other, 0));
  other = Cbc("F1");
  other.set_occurrence(1);
  EXPECT_FALSE(Share(Cbc("F1"), other, 0)) << "two reports of one message";
}

TEST(IdentityOf, AnEmptyPartNeverMatches) {
  v1::DiagnosticReport report = Cbc("");
  EXPECT_TRUE(IdentityOf(report).tiers[0].empty());
  EXPECT_TRUE(IdentityOf(report).tiers[1].empty());
  EXPECT_TRUE(IdentityOf(report).tiers[2].empty());
  EXPECT_TRUE(IdentityOf(report).tiers[3].empty()) << "an id made from a code says which test, not which result";
}

TEST(IdentityOf, SpecimenAndObservationIdsStandInWhereTheOrderSaysNothing) {
  v1::DiagnosticReport report = Cbc("");
  report.set_specimen_id("S1");
  EXPECT_TRUE(Share(report, report, 2));
  v1::DiagnosticReport fhir = Cbc("");
  fhir.mutable_observations(0)->set_id("389061070");
  EXPECT_TRUE(Share(fhir, fhir, 3));
  fhir.mutable_observations(0)->set_id("#obs1");
  EXPECT_TRUE(IdentityOf(fhir).tiers[3].empty()) << "two messages' contained `#obs1` have nothing in common";
  v1::DiagnosticReport accession = Cbc("");
  accession.mutable_order()->set_accession_number("A1");
  EXPECT_TRUE(Share(accession, accession, 1));
}

TEST(IdentityOf, AnyCodingOfTheServiceSuffices) {
  v1::DiagnosticReport local = Cbc("F1");
  v1::Coding* coding = local.mutable_code()->add_codings();
  coding->set_system("urn:local:LAB|NORTH");
  coding->set_code("CBC");
  v1::DiagnosticReport only_local = local;
  only_local.mutable_code()->mutable_codings()->DeleteSubrange(0, 1);
  EXPECT_TRUE(Share(Cbc("F1"), local, 0));
  EXPECT_TRUE(Share(only_local, local, 0));
  EXPECT_FALSE(Share(only_local, Cbc("F1"), 0));
}

}  // namespace
}  // namespace resultgate::gate
