// The cookbook of policies/README.md, taken out of it: every rule loads, is formatted, and does what its test says.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/base/file.h"
#include "server/policy/format.h"
#include "server/policy/pack.h"
#include "server/policy/pack_test_runner.h"
#include "tests/testing/packs.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::policy {
namespace {

struct Recipe {
  std::string title;
  std::vector<std::string> blocks;  // of YAML
};

std::vector<Recipe> Cookbook(const std::string& readme) {
  std::vector<Recipe> recipes;
  bool in_cookbook = false;
  bool in_block = false;
  for (const absl::string_view line : absl::StrSplit(readme, '\n')) {
    if (absl::StartsWith(line, "## ")) in_cookbook = line == "## A cookbook";
    if (!in_cookbook) continue;
    if (absl::StartsWith(line, "### ")) recipes.push_back({std::string(line.substr(4)), {}});
    if (recipes.empty()) continue;
    if (line == "```yaml") {
      in_block = true;
      recipes.back().blocks.emplace_back();
    } else if (line == "```") {
      in_block = false;
    } else if (in_block) {
      absl::StrAppend(&recipes.back().blocks.back(), line, "\n");
    }
  }
  return recipes;
}

TEST(Cookbook, FourteenRulesAndTheirTestsStandInOnePackWithoutAComplaint) {
  const std::vector<Recipe> recipes = Cookbook(base::ReadFile("policies/README.md").value());
  ASSERT_EQ(recipes.size(), 14u);
  const testing::TempFolder folder;
  const std::string pack_file = base::ReadFile("policies/default/pack.yaml").value();
  const std::string with_nurses = absl::StrReplaceAll(pack_file, {{"\npools:\n", "\npools:\n  - nurse-pool\n"}});
  ASSERT_NE(with_nurses, pack_file);
  folder.Write("pack.yaml", with_nurses);
  base::FileIssues issues;
  for (size_t i = 0; i < recipes.size(); ++i) {
    SCOPED_TRACE(recipes[i].title);
    ASSERT_EQ(recipes[i].blocks.size(), 2u) << "a rule, and a test";
    EXPECT_TRUE(absl::StartsWith(recipes[i].blocks[0], "rules:\n"));
    EXPECT_TRUE(absl::StartsWith(recipes[i].blocks[1], "tests:\n"));
    for (const std::string& block : recipes[i].blocks) {
      const std::optional<std::string> formatted = FormatFile("recipe", block, &issues);
      ASSERT_TRUE(formatted) << base::Format(issues);
      EXPECT_EQ(LineDifference(block, *formatted), "");
    }
    folder.Write(absl::StrCat("recipe-", i + 1, ".yaml"), recipes[i].blocks[0]);
    folder.Write(absl::StrCat("tests/recipe-", i + 1, ".yaml"), recipes[i].blocks[1]);
  }
  const auto pack = Pack::Load(folder.path(), "policies/calendars", testing::ShippedValueSets(), &issues);
  ASSERT_NE(pack, nullptr) << base::Format(issues);
  EXPECT_EQ(pack->rules().size(), 14u);
  const PackTestReport report = RunPackTests(*pack, folder.path(), &issues);
  EXPECT_TRUE(issues.empty()) << base::Format(issues);
  EXPECT_EQ(report.tests.size(), 15u) << "one each, and two of a protocol";
  for (const TestOutcome& test : report.tests)
    EXPECT_TRUE(test.passed()) << test.name << "\n  " << absl::StrJoin(test.differences, "\n  ");
  EXPECT_TRUE(report.untested_rules.empty()) << absl::StrJoin(report.untested_rules, ", ");
}

}  // namespace
}  // namespace resultgate::policy
