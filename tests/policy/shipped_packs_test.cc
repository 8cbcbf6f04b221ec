// The packs that the project ships load without a complaint, and the tests beside their rules pass.
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "server/policy/pack_test_runner.h"
#include "tests/testing/packs.h"

namespace resultgate::policy {
namespace {

class ShippedPacks : public ::testing::TestWithParam<const char*> {};

TEST_P(ShippedPacks, LoadWithoutAComplaintAndTheTestsBesideTheirRulesPass) {
  const std::string folder = GetParam();
  const std::shared_ptr<const Pack> pack = testing::LoadPack(folder);
  ASSERT_NE(pack, nullptr);
  base::FileIssues issues;
  const PackTestReport report = RunPackTests(*pack, folder, &issues);
  EXPECT_TRUE(issues.empty()) << base::Format(issues);
  EXPECT_GT(report.tests.size(), 20u);
  for (const TestOutcome& test : report.tests) {
    EXPECT_TRUE(test.passed()) << test.place.file << ":" << test.place.line << ": " << test.name << "\n  "
                               << absl::StrJoin(test.differences, "\n  ");
  }
  EXPECT_TRUE(report.untested_rules.empty()) << "rules without a test: " << absl::StrJoin(report.untested_rules, ", ");
}

INSTANTIATE_TEST_SUITE_P(All, ShippedPacks, ::testing::Values("policies/default", "policies/us"),
                         [](const auto& info) { return std::string(info.param).substr(std::string("policies/").size()); });

// Nobody has compared the statutes with the law's own text: the pack says so instead of holding in a law's name.
TEST(UnitedStates, LoadsOnlyWhereUnverifiedStatutesAreAllowed) {
  base::FileIssues issues;
  EXPECT_EQ(Pack::Load("policies/us", "policies/calendars", testing::ShippedValueSets(), &issues), nullptr);
  EXPECT_GT(issues.size(), 20u);
}

}  // namespace
}  // namespace resultgate::policy
