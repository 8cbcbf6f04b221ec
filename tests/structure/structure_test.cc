// The house stands as floors.txt says: every file of server/, and that nothing lies about unbuilt or untested.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/file.h"
#include "tests/structure/house.h"

namespace resultgate::structure {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTable[] = "tests/structure/floors.txt";

std::string Read(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path);
  EXPECT_TRUE(text.ok()) << path << ": " << text.status();
  return text.ok() ? *text : "";
}

std::vector<std::string> Files(const std::string& folder, std::initializer_list<std::string> suffixes) {
  std::vector<std::string> files;
  for (const std::string& suffix : suffixes) {
    absl::StatusOr<std::vector<std::string>> found = base::ListFiles(folder, suffix);
    EXPECT_TRUE(found.ok()) << folder << ": " << found.status();
    if (found.ok()) files.insert(files.end(), found->begin(), found->end());
  }
  return files;
}

std::string Lines(const std::vector<std::string>& problems) {
  return absl::StrJoin(problems, "\n");
}

TEST(HouseTest, EveryFileKeepsToTheTable) {
  std::vector<std::string> problems;
  const House house = ReadHouse(kTable, Read(kTable), &problems);
  Uses uses;
  const std::vector<std::string> files = Files("server", {".h", ".cc"});
  EXPECT_GT(files.size(), 10);
  for (const std::string& path : files) CheckFile(house, path, Read(path), &uses, &problems);
  CheckUses(house, kTable, uses, &problems);
  EXPECT_THAT(problems, IsEmpty()) << Lines(problems);
}

TEST(HouseTest, EverySourceIsBuilt) {
  std::set<std::string> listed;
  std::vector<std::string> sources;
  for (const char* top : {"server", "tests"}) {
    for (const std::string& list : Files(top, {"CMakeLists.txt"})) {
      const std::filesystem::path folder = std::filesystem::path(list).parent_path();
      for (absl::string_view word : absl::StrSplit(Read(list), absl::ByAnyChar(" \n()"), absl::SkipEmpty())) {
        listed.insert((folder / std::string(word)).lexically_normal().string());
      }
    }
    const std::vector<std::string> found = Files(top, {".cc"});
    sources.insert(sources.end(), found.begin(), found.end());
  }
  std::vector<std::string> problems;
  for (const std::string& path : sources) {
    if (!listed.count(path))
      problems.push_back(absl::StrCat(path, ":1: no CMakeLists.txt lists this file; build it or delete it"));
  }
  EXPECT_THAT(problems, IsEmpty()) << Lines(problems);
}

TEST(HouseTest, NoNameIsBroughtInUnneeded) {
  std::vector<std::string> problems;
  for (const char* top : {"server", "tests"}) {
    for (const std::string& path : Files(top, {".cc"})) CheckUsings(path, Read(path), &problems);
  }
  EXPECT_THAT(problems, IsEmpty()) << Lines(problems);
}

TEST(HouseTest, NoTestIsSwitchedOffWithoutAWord) {
  std::vector<std::string> problems;
  // Put together, so that this file does not hold what it looks for.
  const std::string disabled = absl::StrCat("DISABLED", "_"), skip = absl::StrCat("GTEST", "_SKIP()");
  for (const std::string& path : Files("tests", {".cc", ".h"})) {
    int number = 0;
    for (absl::string_view line : absl::StrSplit(Read(path), '\n')) {
      ++number;
      if (absl::StrContains(line, disabled))
        problems.push_back(absl::StrCat(path, ":", number, ": a test is switched off; mend it or delete it"));
      if (absl::StrContains(line, skip) && !absl::StrContains(line, absl::StrCat(skip, " <<"))) {
        problems.push_back(absl::StrCat(path, ":", number, ": a test that skips prints why"));
      }
    }
  }
  EXPECT_THAT(problems, IsEmpty()) << Lines(problems);
}

// The checks themselves, on a house of three floors.

constexpr char kSmallHouse[] = R"(# comment
floor 0 base
floor 1 yaml valueset
floor 2 gate
floor 3 app
sideways valueset yaml
library absl/ *
library sqlite3.h gate
word absl::Now( base: ask the clock
long server/gate/table.cc: a table
)";

std::vector<std::string> Check(const std::string& path, const std::string& text, Uses* uses = nullptr) {
  std::vector<std::string> problems;
  const House house = ReadHouse("t", kSmallHouse, &problems);
  EXPECT_THAT(problems, IsEmpty());
  Uses unused;
  CheckFile(house, path, text, uses != nullptr ? uses : &unused, &problems);
  return problems;
}

TEST(CheckFileTest, Includes) {
  struct Case {
    const char* path;
    const char* line;
    const char* problem;  // empty: none
  };
  const Case cases[] = {
      {"server/gate/a.cc", "#include \"server/base/file.h\"", ""},
      {"server/gate/a.cc", "#include \"server/gate/b.h\"", ""},
      {"server/gate/a.cc", "#include <vector>", ""},
      {"server/gate/a.cc", "#include \"absl/time/time.h\"", ""},
      {"server/gate/a.cc", "#include <sqlite3.h>", ""},
      {"server/valueset/a.cc", "#include \"server/yaml/yaml.h\"", ""},
      {"server/app/a.cc", "#include \"server/gate/inner/b.h\"", ""},
      {"server/gate/inner/a.cc", "#include \"server/gate/inner/b.h\"", ""},
      {"server/yaml/a.cc", "#include \"server/valueset/valueset.h\"",
       "server/yaml/a.cc:1: server/yaml (floor 1) includes server/valueset/valueset.h (floor 1)"},
      {"server/base/a.cc", "  #  include \"server/gate/b.h\"  // why",
       "server/base/a.cc:1: server/base (floor 0) includes server/gate/b.h (floor 2)"},
      {"server/gate/a.cc", "#include \"server/attic/b.h\"", "server/attic has no floor"},
      {"server/attic/a.cc", "", "server/attic has no floor"},
      {"server/yaml/a.cc", "#include <sqlite3.h>", "this library stands in gate only"},
      {"server/gate/a.cc", "#include <curl/curl.h>", "no line of floors.txt speaks of"},
      {"server/gate/a.cc", "#include <unistd.h>", "no line of floors.txt speaks of"},
      {"server/gate/a.cc", "#include \"b.h\"", "paths begin at the root"},
      {"server/gate/a.cc", "#include \"server/yaml/inner/b.h\"", "stands behind server/yaml"},
      {"server/gate/a.cc", "absl::Now();", "server/gate/a.cc:1: `absl::Now(` does not stand in server/gate; ask the clock"},
      {"server/base/a.cc", "absl::Now();", ""},
      {"server/gate/a.cc", "namespace resultgate::yaml {", "namespace resultgate::gate"},
      {"server/app/main.cc", "namespace { } int main() {}", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.path, " ", c.line));
    if (*c.problem == '\0') {
      EXPECT_THAT(Check(c.path, c.line), IsEmpty());
    } else {
      EXPECT_THAT(Check(c.path, c.line), ElementsAre(HasSubstr(c.problem)));
    }
  }
}

TEST(CheckFileTest, Headers) {
  const std::string good = "// What it is for.\n#ifndef RESULTGATE_GATE_A_B_H_\n#define RESULTGATE_GATE_A_B_H_\n#endif\n";
  EXPECT_THAT(Check("server/gate/a_b.h", good), IsEmpty());
  EXPECT_THAT(Check("server/gate/other.h", good), ElementsAre(HasSubstr("no include guard RESULTGATE_GATE_OTHER_H_")));
  EXPECT_THAT(Check("server/gate/a_b.h", "\n" + good), ElementsAre(HasSubstr("a header begins with a comment")));
}

TEST(CheckFileTest, Length) {
  std::string longest;
  for (int i = 0; i < kLongestFile; ++i) longest += "\n";
  EXPECT_THAT(Check("server/gate/a.cc", longest), IsEmpty());
  EXPECT_THAT(Check("server/gate/a.cc", longest + "\n"), ElementsAre(HasSubstr("more than 450 lines")));
  EXPECT_THAT(Check("server/gate/table.cc", longest + "\n"), IsEmpty());
}

TEST(CheckUsingsTest, WhatTheFileDoesNotNameAgain) {
  std::vector<std::string> problems;
  CheckUsings("a.cc", "using ::testing::Eq;\nusing absl::StrCat;\nusing std::chrono::hours;\nStrCat(Equal(hours(1)));\n",
              &problems);
  EXPECT_THAT(problems, ElementsAre("a.cc:1: nothing needs `using Eq`; take it out"));
}

TEST(ReadHouseTest, EveryBadLineIsNamed) {
  std::vector<std::string> problems;
  ReadHouse("t", "floor x base\nword absl::Now( base\nroof 7 gate\nlong server/a.cc\n", &problems);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("t:1:"), HasSubstr("t:2:"), HasSubstr("t:3:"), HasSubstr("t:4:")));
}

TEST(CheckUsesTest, WhatNothingNeedsIsNamed) {
  std::vector<std::string> problems;
  const House house = ReadHouse("t", kSmallHouse, &problems);
  Uses uses;
  CheckUses(house, "t", uses, &problems);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("sideways valueset yaml"), HasSubstr("t:8: server/gate does not include sqlite3.h"),
                                    HasSubstr("table.cc")));
  uses.sideways.insert({"valueset", "yaml"});
  uses.libraries.insert({"sqlite3.h", "gate"});
  uses.long_files.insert("server/gate/table.cc");
  problems.clear();
  CheckUses(house, "t", uses, &problems);
  EXPECT_THAT(problems, IsEmpty());
}

}  // namespace
}  // namespace resultgate::structure
