// Codes that no rule knows: counted, sorted, and written as a value set that loads.
#include "server/policy/unmapped_codes.h"

#include <gtest/gtest.h>

#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using UnmappedCodesTest = DecideTest;

TEST_F(UnmappedCodesTest, CountsWhatNoRuleKnowsAndWritesAValueSetThatLoads) {
  const auto pack = Load(kRoutine);
  UnmappedCodes codes(*pack);
  v1::DiagnosticReport report = Cbc();
  AddObservation(&report, "33914-3")->mutable_code()->set_text("eGFR, \"MDRD\"");
  AddObservation(&report, "56888-1");  // in a value set, but in none that a rule uses
  v1::Coding* local = AddObservation(&report, "2823-3")->mutable_code()->add_codings();
  local->set_system("urn:local:LAB|NORTH");
  local->set_code("K");
  v1::Coding* known = AddObservation(&report, "1-2")->mutable_code()->add_codings();
  known->set_system("http://loinc.org");
  known->set_code("718-7");
  AddObservation(&report, "123-4");  // a wrong check digit
  codes.Add(report);
  codes.Add(report);
  report.mutable_observations()->DeleteSubrange(0, 1);
  report.mutable_observations()->DeleteSubrange(1, report.observations_size() - 1);
  codes.Add(report);
  EXPECT_EQ(codes.seen(), 7 + 7 + 2);
  EXPECT_EQ(codes.unmapped(), 4 + 4 + 1);
  const std::vector<UnmappedCode> by_volume = codes.ByVolume();
  ASSERT_EQ(by_volume.size(), 5u);
  EXPECT_EQ(by_volume[0].code, "33914-3");
  EXPECT_EQ(by_volume[0].count, 3);
  EXPECT_EQ(by_volume[1].code, "123-4");
  EXPECT_EQ(by_volume[4].code, "K");

  testing::TempFolder folder;
  folder.Write("codes.csv", ToValueSetCsv(by_volume));
  base::FileIssues issues;
  const auto registry = valueset::Registry::Load(folder.path(), &issues);
  ASSERT_NE(registry, nullptr) << base::Format(issues);
  const valueset::ValueSet* set = registry->Find("unmapped-codes");
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->entries().size(), 4u) << "what is no LOINC code stands in a remark";
  EXPECT_EQ(set->entries()[0].display, "eGFR, \"MDRD\"");
  EXPECT_TRUE(set->Contains("urn:local:LAB|NORTH", "K"));
}

}  // namespace
}  // namespace resultgate::policy
