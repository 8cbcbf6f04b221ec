// What authors are told: all that is wrong with a pack in which nearly everything is, word for word.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {
namespace {

constexpr char kFolder[] = "tests/policy/broken_examples";
// UPDATE_GOLDEN=1 writes it: read the difference as an author would.
constexpr char kGolden[] = "tests/policy/broken_examples.golden";

TEST(BrokenExamples, EveryMistakeIsSaidAtOnceAndInWordsAnAuthorUnderstands) {
  base::FileIssues issues;
  const auto value_sets = valueset::Registry::LoadWhatIsUnderstood(absl::StrCat(kFolder, "/valuesets"), &issues);
  EXPECT_EQ(Pack::Load(kFolder, absl::StrCat(kFolder, "/calendars"), value_sets, &issues), nullptr);
  std::set<std::string> different;
  for (const base::FileIssue& issue : issues) {
    different.insert(issue.message);
    EXPECT_GT(issue.place.line, 0) << issue.message;
    EXPECT_FALSE(issue.source_line.empty()) << issue.message;
  }
  EXPECT_GE(different.size(), 45u) << "mistakes hide each other";
  const std::string said = base::Format(issues);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(kGolden) << said;
  std::ifstream golden(kGolden);
  EXPECT_EQ(said, std::string((std::istreambuf_iterator<char>(golden)), std::istreambuf_iterator<char>()));
}

}  // namespace
}  // namespace resultgate::policy
