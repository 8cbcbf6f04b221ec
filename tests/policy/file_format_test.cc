// file_format.h says what the loaders read, no more and no less; the files that the project ships are formatted.
#include "server/policy/file_format.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "server/base/file.h"
#include "server/policy/format.h"

namespace resultgate::policy {
namespace {

void AddKeys(const Shape& shape, std::set<std::string>* keys) {
  for (const Key& key : shape.keys) {
    EXPECT_FALSE(key.documentation.empty()) << key.name;
    keys->insert(key.name);
    AddKeys(*key.shape, keys);
  }
  if (shape.item != nullptr) AddKeys(*shape.item, keys);
  for (const ShapePtr& alternative : shape.alternatives) AddKeys(*alternative, keys);
}

std::set<std::string> DocumentedKeys() {
  std::set<std::string> keys;
  for (const FileKind kind : kFileKinds) AddKeys(*ShapeOf(kind), &keys);
  return keys;
}

// Every key that a loader asks a MapReader for, read off its source.
std::set<std::string> KeysThatLoadersAskFor() {
  const std::regex call(
      R"re((?:Optional\w*|Required\w*|Enums<[^>]*>|LoadDate|ReadTime|ReadSpan|read_span|LoadFloorReview|ReadRole)\([^"();]*"([a-z_]+)")re");
  std::set<std::string> keys;
  for (const char* folder : {"server/policy", "server/valueset"}) {
    const std::vector<std::string> paths = base::ListFiles(folder, ".cc").value();
    for (const std::string& path : paths) {
      const std::string source = base::ReadFile(path).value();
      for (std::sregex_iterator it(source.begin(), source.end(), call), end; it != end; ++it) keys.insert((*it)[1]);
    }
  }
  return keys;
}

TEST(FileFormat, DocumentsEveryKeyThatALoaderAsksForAndNoOther) {
  std::set<std::string> documented = DocumentedKeys();
  const std::set<std::string> asked = KeysThatLoadersAskFor();
  EXPECT_GT(asked.size(), 50u) << "the loaders are written in another way now";
  for (const std::string& key : asked) EXPECT_EQ(documented.erase(key), 1u) << "`" << key << "` stands in no file_format.cc";
  // Read by a function that takes the key.
  documented.erase("unknown_facts");
  // Read by their position in a table.
  for (const char* day : {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}) documented.erase(day);
  EXPECT_TRUE(documented.empty()) << "no loader asks for " << absl::StrJoin(documented, ", ");
}

TEST(FileFormat, TheShippedFilesAreFormatted) {
  size_t files = 0;
  const std::vector<std::string> paths = base::ListFiles("policies", ".yaml").value();
  for (const std::string& path : paths) {
    base::FileIssues issues;
    const std::string before = base::ReadFile(path).value();
    const std::optional<std::string> after = FormatFile(path, before, &issues);
    ASSERT_TRUE(after) << base::Format(issues);
    EXPECT_EQ(LineDifference(before, *after), "") << path << ": run `resultgate policy fmt policies`";
    ++files;
  }
  EXPECT_GT(files, 60u);
}

TEST(LineDifference, ShowsWhatChangedAndThreeLinesAroundIt) {
  EXPECT_EQ(LineDifference("a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(LineDifference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "@@ line 2 @@\n  2\n  3\n  4\n- 5\n+ five\n  6\n  7\n  8\n");
  EXPECT_EQ(LineDifference("a\n", "b\na\n"), "@@ line 1 @@\n+ b\n  a\n  \n");
}

}  // namespace
}  // namespace resultgate::policy
