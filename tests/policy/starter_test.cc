// What `resultgate policy new` writes: in order from the first minute.
#include "server/policy/starter.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/base/file.h"
#include "server/policy/format.h"
#include "server/policy/pack.h"
#include "server/policy/pack_test_runner.h"
#include "server/valueset/valueset.h"
#include "tests/testing/packs.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::policy {
namespace {

class Starter : public ::testing::TestWithParam<const char*> {
 protected:
  std::shared_ptr<const Pack> Load() {
    const auto value_sets = valueset::Registry::LoadWhatIsUnderstood(folder_.path() + "/valuesets", &issues_);
    return Pack::Load(folder_.path(), folder_.path() + "/calendars", value_sets, &issues_);
  }

  testing::TempFolder folder_;
  base::FileIssues issues_;
};

TEST_P(Starter, LoadsWithoutAComplaintIsFormattedAndItsTestsAreGreen) {
  for (const StarterFile& file : StarterPack("our-pack", GetParam(), StarterNames::kItsOwn)) {
    EXPECT_EQ(FormatFile(file.path, file.content, &issues_), file.content) << file.path;
    folder_.Write(file.path, file.content);
  }
  const std::shared_ptr<const Pack> pack = Load();
  ASSERT_NE(pack, nullptr) << base::Format(issues_);
  EXPECT_EQ(pack->name(), "our-pack");
  EXPECT_EQ(pack->jurisdiction(), GetParam());
  const PackTestReport report = RunPackTests(*pack, folder_.path(), &issues_);
  EXPECT_TRUE(issues_.empty()) << base::Format(issues_);
  EXPECT_GE(report.tests.size(), 4u);
  for (const TestOutcome& test : report.tests) {
    EXPECT_TRUE(test.passed()) << test.place.file << ":" << test.place.line << ": " << absl::StrJoin(test.differences, "\n  ");
  }
  EXPECT_TRUE(report.untested_rules.empty()) << absl::StrJoin(report.untested_rules, ", ");
}

TEST_P(Starter, BesideTheProjectsValueSetsItUsesThose) {
  for (const StarterFile& file : StarterPack("our-pack", GetParam(), StarterNames::kShared)) {
    EXPECT_FALSE(absl::StartsWith(file.path, "valuesets/") || absl::StartsWith(file.path, "calendars/")) << file.path;
    EXPECT_EQ(FormatFile(file.path, file.content, &issues_), file.content) << file.path;
    folder_.Write(file.path, file.content);
  }
  for (const char* file : kSharedFiles) EXPECT_TRUE(base::ReadFile(absl::StrCat("policies/", file)).ok()) << file;
  const auto pack = Pack::Load(folder_.path(), "policies/calendars", testing::ShippedValueSets(), &issues_);
  ASSERT_NE(pack, nullptr) << base::Format(issues_);
  const PackTestReport report = RunPackTests(*pack, folder_.path(), &issues_);
  EXPECT_TRUE(issues_.empty()) << base::Format(issues_);
  EXPECT_GE(report.tests.size(), 4u);
  for (const TestOutcome& test : report.tests) {
    EXPECT_TRUE(test.passed()) << test.place.file << ":" << test.place.line << ": " << absl::StrJoin(test.differences, "\n  ");
  }
}

INSTANTIATE_TEST_SUITE_P(All, Starter, ::testing::Values("none", "DE", "US", "US-OH"), [](const auto& info) {
  return absl::StrReplaceAll(info.param, {{"-", "_"}});
});

// The one for everywhere holds by the organisation's own policy, which the one for the United States must not.
TEST_F(Starter, TheOneForEverywhereWouldBeRefusedInTheUnitedStates) {
  for (const StarterFile& file : StarterPack("our-pack", "none", StarterNames::kItsOwn)) {
    folder_.Write(file.path, absl::StrReplaceAll(file.content, {{"\njurisdiction: none\n", "\njurisdiction: US\n"}}));
  }
  EXPECT_EQ(Load(), nullptr);
  EXPECT_TRUE(absl::StrContains(base::Format(issues_), "[unlawful-hold]"));
}

}  // namespace
}  // namespace resultgate::policy
