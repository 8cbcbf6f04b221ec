// How many of the laboratory results that others really sent have a comment of their own; skipped where they are not there.
#include "server/comment/coverage.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/intake/intake.h"
#include "tests/comment/library_for_tests.h"

namespace resultgate::comment {
namespace {

TEST(CoverageTest, FourInFiveRealLaboratoryResultsAreToldInATemplatesWords) {
  constexpr char kData[] = "../shared/data";
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << kData << " is not there";
  intake::Options options;
  ASSERT_TRUE(absl::LoadTimeZone("America/New_York", &options.zone));
  Coverage coverage(ProjectTemplates(), ProjectValueSets(), options.zone);
  for (const char* folder : {"fhir", "fhir-cc-by", "hl7v2", "hl7v2-mpl"}) {
    const auto files = base::ListFiles(absl::StrCat(kData, "/", folder), "");
    ASSERT_TRUE(files.ok()) << files.status();
    for (const std::string& file : *files) {
      for (const intake::Message& message : intake::ReadMessages(*base::ReadFile(file), options)) {
        for (const v1::DiagnosticReport& report : message.reports) coverage.Add(report);
      }
    }
  }
  std::cout << coverage.covered_observations() << " of " << coverage.observations() << " results have a template, "
            << coverage.commented_observations() << " are told in its words; " << coverage.served_commented_observations()
            << " of " << coverage.served_observations() << " of the classes that templates serve\n";
  EXPECT_GT(coverage.observations(), 1000);
  EXPECT_GE(5 * coverage.covered_observations(), 4 * coverage.observations());
  // By the strictest measure: that a template knows the code counts only where its words are in the comment. What is missing
  // stands beside something critical, which is said alone, or is private.
  EXPECT_GE(5 * coverage.served_commented_observations(), 4 * coverage.served_observations());
}

TEST(CoverageTest, CountsWhatHasNone) {
  v1::DiagnosticReport report;
  report.set_status(v1::RESULT_STATUS_FINAL);
  report.set_section(v1::SECTION_LABORATORY);
  for (const char* code : {"2823-3", "8302-2", "8302-2", "8302-3"}) {  // potassium, body height twice, and no LOINC code
    v1::Observation* observation = report.add_observations();
    observation->set_id(absl::StrCat(report.observations_size()));
    observation->set_status(v1::RESULT_STATUS_FINAL);
    observation->mutable_code()->add_codings()->set_system("http://loinc.org");
    observation->mutable_code()->mutable_codings(0)->set_code(code);
  }
  Coverage coverage(ProjectTemplates(), ProjectValueSets(), absl::UTCTimeZone());
  coverage.Add(report);
  EXPECT_EQ(coverage.observations(), 3);
  EXPECT_EQ(coverage.covered_observations(), 1);
  EXPECT_EQ(coverage.commented_observations(), 1);
  EXPECT_EQ(coverage.served_observations(), 1);
  EXPECT_EQ(coverage.served_commented_observations(), 1);
  ASSERT_FALSE(coverage.WithoutTemplate().empty());
  EXPECT_EQ(coverage.WithoutTemplate()[0].code, "8302-2");
  EXPECT_EQ(coverage.WithoutTemplate()[0].observations, 2);
}

}  // namespace
}  // namespace resultgate::comment
