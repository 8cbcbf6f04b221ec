// Runs templates/<id>/tests.yaml, and what reads and runs them.
#include "server/comment/example.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "server/base/file.h"
#include "server/comment/example_run.h"
#include "tests/comment/library_for_tests.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::comment {
namespace {

absl::TimeZone Zone() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  return zone;
}

TEST(ExampleTest, EveryTemplateSaysWhatItsExamplesSayAndEveryWordingHasOne) {
  base::FileIssues issues;
  const ExampleCount count = RunExamples(ProjectTemplates(), "templates", "", Zone(), &issues);
  EXPECT_TRUE(issues.empty()) << base::Format(issues);
  EXPECT_GT(count.examples, 50);
  EXPECT_GT(count.texts, 2 * 50);
}

TEST(ExampleTest, AWordingWithoutAnExampleIsNamed) {
  const testing::TempFolder folder;
  folder.Write("cancelled/tests.yaml", "tests: []\n");
  base::FileIssues issues;
  RunExamples(ProjectTemplates(), folder.path(), "cancelled", Zone(), &issues);
  EXPECT_THAT(base::Format(issues), ::testing::HasSubstr("no example shows `cancelled` in `es`"));
}

TEST(ExampleTest, UpdateWritesTheTextsAndNothingElse) {
  const testing::TempFolder folder;
  const std::string before = *base::ReadFile("templates/cancelled/tests.yaml");
  ASSERT_NE(before.find("There is no result."), std::string::npos);
  const std::string path =
      folder.Write("cancelled/tests.yaml", absl::StrReplaceAll(before, {{"There is no result.", "There may be a result."}}));
  base::FileIssues issues;
  EXPECT_TRUE(UpdateExamples(ProjectTemplates(), folder.path(), "cancelled", Zone(), &issues).ok());
  EXPECT_EQ(*base::ReadFile(path), before);
}

TEST(ExampleTest, MistakesInExamplesAreReportedWhereTheyStand) {
  const testing::TempFolder folder;
  const std::string path = folder.Write("tests.yaml",
                                        "tests:\n"
                                        "  - name: wrong\n"
                                        "    report: {status: done, observation: [], code: 718-7}\n"
                                        "    occasion: later\n"
                                        "    expect: {variant: normal, text: {en: x}}\n");
  base::FileIssues issues;
  EXPECT_TRUE(ReadExamples(path, absl::UTCTimeZone(), &issues).empty());
  const std::string text = base::Format(issues);
  for (const char* expected :
       {":3:22: error: `done` is no value of `status`", ":3:28: error: `observation` is no field of DiagnosticReport",
        "did you mean `observations`?", ":3:51: error: a code is written as", ":4:15: error: unknown occasion"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
}

TEST(ExampleTest, ADifferentTextIsAnError) {
  Example example;
  example.name = "wrong on purpose";
  example.report.set_status(v1::RESULT_STATUS_CANCELLED);
  example.variant = "normal";
  example.template_id = "cbc";
  example.texts["en"] = {"All is well.", {"x.yaml", 3, 4}};
  base::FileIssues issues;
  CheckExample(ProjectTemplates(), example, &issues);
  EXPECT_EQ(issues.size(), 3u);
}

}  // namespace
}  // namespace resultgate::comment
