// The packs that the project ships load without a complaint, and the tests beside their rules pass.
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "server/policy/pack_test_runner.h"
#include "tests/testing/packs.h"

namespace resultgate::policy {
namespace {

TEST(ShippedPacks, TheTestsBesideTheDefaultRulesPass) {
  const std::shared_ptr<const Pack> pack = testing::LoadPack("policies/default");
  ASSERT_NE(pack, nullptr);
  base::FileIssues issues;
  const PackTestReport report = RunPackTests(*pack, "policies/default", &issues);
  EXPECT_TRUE(issues.empty()) << base::Format(issues);
  EXPECT_GT(report.tests.size(), 20u);
  for (const TestOutcome& test : report.tests) {
    EXPECT_TRUE(test.passed()) << test.place.file << ":" << test.place.line << ": " << test.name << "\n  "
                               << absl::StrJoin(test.differences, "\n  ");
  }
  EXPECT_TRUE(report.untested_rules.empty()) << "rules without a test: " << absl::StrJoin(report.untested_rules, ", ");
}

}  // namespace
}  // namespace resultgate::policy
