// A pack as files in one message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/policy/pack_files.h"
#include "tests/policy/small_pack.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PackFilesTest, IsTheSamePackFromTheDiskAndFromAMessage) {
  for (const std::string folder : {"policies/default", "policies/us"}) {
    SCOPED_TRACE(folder);
    base::FileIssues issues;
    const LoadedPack disk =
        LoadPackFolders({folder, "policies/valuesets", "policies/calendars", {/*allow_unverified=*/true}}, &issues);
    ASSERT_NE(disk.pack, nullptr) << base::Format(issues);
    EXPECT_TRUE(MistakesOf(*disk.files).empty());
    const LoadedPack memory = LoadPackFiles(*disk.files, &issues);
    ASSERT_NE(memory.pack, nullptr) << base::Format(issues);
    EXPECT_EQ(memory.pack->digest(), disk.pack->digest());
    EXPECT_EQ(memory.value_sets->digest(), disk.value_sets->digest());
    const PackTestReport tests = RunPackTests(memory, &issues);
    EXPECT_EQ(tests.tests.size(), RunPackTests(*disk.pack, folder, &issues).tests.size());
    EXPECT_GT(tests.tests.size(), 10u);
    for (const TestOutcome& test : tests.tests) EXPECT_TRUE(test.passed()) << test.name;
    EXPECT_TRUE(issues.empty()) << base::Format(issues);
  }
}

TEST(PackFilesTest, HoldsAllRequiredPacksAndThePacksOwnSetsAndNothingElse) {
  const testing::TempFolder root;
  root.Write("site/pack.yaml", absl::StrCat(kPackFile, "requires: [law]\n"));
  root.Write("site/rules.yaml", "rules: [{id: a, title: t, match: {codes: [blood]}, then: {release: now}}]\n");
  root.Write("site/tests/a.yaml", "tests: []\n");
  root.Write("site/notes.txt", "x");
  root.Write(
      "site/valuesets/blood.yaml",
      "name: blood\ntitle: t\nsource: s\nversion: \"1\"\nlicense: l\ncodes:\n  - {system: loinc, code: 718-7, display: d}\n");
  root.Write("law/pack.yaml", absl::StrCat(kPackFile, "requires: [federal]\n"));
  root.Write("law/rules.yaml", "rules: [{id: b, title: t, match: {section: [imaging]}, then: {release: now}}]\n");
  root.Write("law/tests/b.yaml", "tests: []\n");
  root.Write("federal/pack.yaml", kPackFile);
  root.Write("federal/rules.yaml", "rules: [{id: c, title: t, match: {section: [pathology]}, then: {release: now}}]\n");
  root.Write("calendars/weekdays.yaml", "name: weekdays\nholidays: []\n");
  base::FileIssues issues;
  const LoadedPack disk =
      LoadPackFolders({root.path() + "/site/", root.path() + "/site/valuesets", root.path() + "/calendars", {}}, &issues);
  ASSERT_NE(disk.pack, nullptr) << base::Format(issues);
  EXPECT_EQ(disk.files->folder(), "site");
  std::vector<std::string> paths;
  for (const v1::PackFiles::File& file : disk.files->files()) paths.push_back(file.path());
  EXPECT_THAT(paths,
              ElementsAre("calendars/weekdays.yaml", "federal/pack.yaml", "federal/rules.yaml", "law/pack.yaml", "law/rules.yaml",
                          "site/pack.yaml", "site/rules.yaml", "site/tests/a.yaml", "valuesets/blood.yaml"));
  const LoadedPack memory = LoadPackFiles(*disk.files, &issues);
  ASSERT_NE(memory.pack, nullptr) << base::Format(issues);
  EXPECT_EQ(memory.pack->digest(), disk.pack->digest());
  EXPECT_EQ(memory.pack->rules().size(), 3u);
}

TEST(PackFilesTest, MistakesStandAtThePathsOfTheMessage) {
  v1::PackFiles files;
  files.set_folder("site");
  files.add_files()->set_path("site/pack.yaml");
  files.mutable_files(0)->set_content(absl::StrCat(kPackFile, "colour: red\n"));
  base::FileIssues issues;
  EXPECT_EQ(LoadPackFiles(files, &issues).pack, nullptr);
  const std::string text = base::Format(issues);
  EXPECT_THAT(text, HasSubstr("site/pack.yaml:19:1: error"));
  EXPECT_THAT(text, HasSubstr("calendars/weekdays.yaml"));
  EXPECT_THAT(text, HasSubstr("valuesets: error"));
}

TEST(PackFilesTest, RefusesPathsThatLeadOut) {
  for (const char* path : {"/etc/passwd", "site/../x", "site/./x", "site//x", "..", "x", ""}) {
    v1::PackFiles files;
    files.set_folder("site");
    files.add_files()->set_path(path);
    EXPECT_EQ(MistakesOf(files).size(), 1u) << path;
  }
  for (const char* folder : {"", ".", "..", "a/b", "valuesets", ".git"}) {
    v1::PackFiles files;
    files.set_folder(folder);
    files.add_files()->set_path("site/pack.yaml");
    EXPECT_EQ(MistakesOf(files).size(), 1u) << folder;
  }
}

}  // namespace
}  // namespace resultgate::policy
