// Runs templates/<id>/tests.yaml. With RESULTGATE_UPDATE_TEXTS=1 in the environment it writes the texts that come out into those
// files instead, to be read over before they are kept.
#include "server/comment/example.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "server/base/file.h"
#include "server/comment/variant.h"
#include "server/yaml/yaml.h"
#include "tests/comment/library_for_tests.h"

namespace resultgate::comment {
namespace {

absl::TimeZone Zone() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  return zone;
}

// Replaces the block scalars at the examples' texts, from the last to the first.
void UpdateTexts(const std::string& path, const std::vector<Example>& examples) {
  std::vector<std::string> lines = absl::StrSplit(*base::ReadFile(path), '\n');
  std::map<int, std::pair<int, std::string>, std::greater<int>> blocks;  // by first line: column and text
  for (const Example& example : examples) {
    for (const auto& [language, text] : example.texts) {
      blocks[text.place.line] = {text.place.column, RenderExample(ProjectTemplates(), example, language).text()};
    }
  }
  for (const auto& [line, block] : blocks) {
    const std::string indent(static_cast<size_t>(block.first) - 1, ' ');
    auto begin = lines.begin() + line - 1;
    auto end = begin;
    while (end != lines.end() && absl::StartsWith(*end, indent)) ++end;
    std::vector<std::string> text = absl::StrSplit(block.second, '\n');
    for (std::string& part : text) part = indent + part;
    lines.insert(lines.erase(begin, end), text.begin(), text.end());
  }
  std::ofstream(path) << absl::StrJoin(lines, "\n");
}

TEST(ExampleTest, EveryTemplateSaysWhatItsExamplesSay) {
  const bool update = std::getenv("RESULTGATE_UPDATE_TEXTS") != nullptr;
  for (const std::string& id : ProjectTemplates().Ids()) {
    const std::string path = "templates/" + id + "/tests.yaml";
    base::FileIssues issues;
    const std::vector<Example> examples = ReadExamples(path, Zone(), &issues);
    EXPECT_FALSE(examples.empty()) << path;
    if (update && issues.empty()) UpdateTexts(path, examples);
    for (const Example& example : update ? ReadExamples(path, Zone(), &issues) : examples) {
      CheckExample(ProjectTemplates(), example, &issues);
    }
    EXPECT_TRUE(issues.empty()) << base::Format(issues);
  }
}

// A wording that no example shows is one that nobody has read.
TEST(ExampleTest, EveryWordingHasAnExampleInEveryLanguage) {
  std::map<std::string, std::set<std::string>> shown;  // template/variant: languages
  std::set<std::string> languages;
  for (const std::string& id : ProjectTemplates().Ids()) {
    base::FileIssues issues;
    for (const Example& example : ReadExamples("templates/" + id + "/tests.yaml", Zone(), &issues)) {
      for (const auto& [language, text] : example.texts) {
        languages.insert(language);
        const v1::Comment comment = RenderExample(ProjectTemplates(), example, language);
        const std::vector<std::string> variants = absl::StrSplit(comment.variant(), '+');
        shown[comment.template_id() + "/" + variants.back()].insert(language);
        for (size_t i = 0; i + 1 < variants.size(); ++i)
          shown[std::string(Info(*VariantNamed(variants[i])).generic) + "/" + variants[i]].insert(language);
      }
    }
  }
  EXPECT_EQ(languages, (std::set<std::string>{"en", "es"}));
  for (const std::string& id : ProjectTemplates().Ids()) {
    base::FileIssues issues;
    const auto header = yaml::Parse("template.yaml", *base::ReadFile("templates/" + id + "/template.yaml"), &issues);
    ASSERT_TRUE(header.has_value());
    for (const yaml::Node::Entry& entry : header->root.Find("variants")->entries) {
      EXPECT_EQ(shown[id + "/" + entry.key], languages) << id << "/" << entry.key;
    }
  }
}

TEST(ExampleTest, MistakesInExamplesAreReportedWhereTheyStand) {
  const std::string path = ::testing::TempDir() + "/tests.yaml";
  std::ofstream(path) << "tests:\n"
                         "  - name: wrong\n"
                         "    report: {status: done, observation: [], code: 718-7}\n"
                         "    occasion: later\n"
                         "    expect: {variant: normal, text: {en: x}}\n";
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
