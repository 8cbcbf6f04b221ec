// What is said of mistakes, and what a program says of itself.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "tests/expr/fixture.h"

namespace resultgate::expr {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<const Program> CompileOne(const Program::Source& source, base::FileIssues* issues) {
  return Program::Compile(TestEnvironment(), source, issues);
}

// tests/expr/mistakes.golden: blocks of an expression, its lines after `| `, and all that is said of it. With UPDATE_GOLDEN=1 in
// the environment, what is said now is written there, to be read by a person before it is kept.
TEST(Mistakes, AreAllSaidWithTheirPlace) {
  const std::string path = "tests/expr/mistakes.golden";
  std::ifstream file(path);
  ASSERT_TRUE(file.good());
  std::stringstream content;
  content << file.rdbuf();
  std::string written;
  int count = 0;
  for (const absl::string_view block : absl::StrSplit(content.str(), "\n\n")) {
    std::vector<std::string> lines;
    for (const absl::string_view line : absl::StrSplit(block, '\n')) {
      if (absl::StartsWith(line, "| ")) lines.emplace_back(line.substr(2));
    }
    if (lines.empty()) continue;
    ++count;
    const std::string text = absl::StrJoin(lines, "\n");
    base::FileIssues issues;
    const auto program = CompileOne({text, ""}, &issues);
    EXPECT_EQ(program, nullptr) << text;
    std::string said = base::Format(issues);
    // The line and its caret are tested below; here they would hide the sentences.
    std::string short_form;
    for (const absl::string_view line : absl::StrSplit(said, '\n', absl::SkipEmpty())) {
      if (!absl::StartsWith(line, "    ")) absl::StrAppend(&short_form, line.substr(1), "\n");
    }
    absl::StrAppend(&written, written.empty() ? "" : "\n", "| ", absl::StrJoin(lines, "\n| "), "\n", short_form);
  }
  EXPECT_GT(count, 50);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << written;
  } else {
    EXPECT_EQ(content.str(), written);
  }
}

// A rule in a YAML file: the text begins at 12:11 on the line of its key, or stands in a block that is indented by 6.
TEST(Mistakes, StandWhereTheFileHasThem) {
  base::FileIssues issues;
  CompileOne({"report.statu == FINAL", "pack/rules.yaml", 12, 11, 0}, &issues);
  EXPECT_EQ(base::Format(issues),
            "pack/rules.yaml:12:18: error: DiagnosticReport has no field `statu`; did you mean `status`?\n"
            "              report.statu == FINAL\n"
            "                     ^\n");
  issues.clear();
  CompileOne({"report.statu == FINAL &&\r\n  patient.gendre == MALE ||\n1", "pack/rules.yaml", 20, 7, 6}, &issues);
  EXPECT_EQ(base::Format(issues),
            "pack/rules.yaml:20:14: error: DiagnosticReport has no field `statu`; did you mean `status`?\n"
            "          report.statu == FINAL &&\n"
            "                 ^\n"
            "pack/rules.yaml:21:17: error: Patient has no field `gendre`; did you mean `gender`?\n"
            "            patient.gendre == MALE ||\n"
            "                    ^\n"
            "pack/rules.yaml:22:7: error: `||` joins conditions, but `1` is of type int\n"
            "          1\n"
            "          ^\n");
}

TEST(Mistakes, LimitsAndEncoding) {
  const auto said = [](const std::string& text) {
    base::FileIssues issues;
    EXPECT_EQ(CompileOne({text, "f"}, &issues), nullptr);
    return issues.empty() ? "" : issues[0].message;
  };
  EXPECT_EQ(said(std::string(20'001, ' ')), "an expression has at most 20000 bytes, not 20001");
  EXPECT_EQ(said(std::string(65, '(') + "true" + std::string(65, ')')), "this is nested more than 64 levels deep");
  EXPECT_EQ(said(std::string(65, '!') + "true"), "this is nested more than 64 levels deep");
  EXPECT_EQ(said("true ==" + std::string(9'000, '(')), "this is nested more than 64 levels deep");
  EXPECT_EQ(said("true\xff"), "the text is not valid UTF-8 here");
  EXPECT_EQ(said("\xed\xa0\x80"), "the text is not valid UTF-8 here");
  EXPECT_EQ(said("\xf4\x90\x80\x80"), "the text is not valid UTF-8 here");
  EXPECT_EQ(said("true \x01"), "a control character");
  EXPECT_EQ(said(""), "the expression ends where a value was expected");
  base::FileIssues issues;
  EXPECT_NE(CompileOne({std::string(62, '(') + "true" + std::string(62, ')'), "f"}, &issues), nullptr);
  // Long is not deep.
  std::string chain = "true";
  for (int i = 0; i < 2'000; ++i) chain += " || true";
  EXPECT_NE(CompileOne({chain, "f"}, &issues), nullptr);
  EXPECT_THAT(issues, IsEmpty());
  issues.clear();
  std::string many = "a";
  for (int i = 0; i < 2'000; ++i) many += " || a";
  EXPECT_EQ(CompileOne({many, "f"}, &issues), nullptr);
  EXPECT_EQ(issues.size(), 50);
}

TEST(Program, SaysWhatItReads) {
  base::FileIssues issues;
  const auto program = CompileOne({R"(
      has(observation) && observation.interpretation == HIGH
      && report.observations.exists(o, o.code in valueset("potassium") && has(o.quantity.value) && o.interpretation != HIGH)
      && report.conclusion_codes.exists(c, c in valueset("malignant-neoplasm") && !(c in patient.known_conditions))
      && (audience == PATIENT || age(patient) < 18 || age(report.patient) > 3)
      && order.ordering_provider.value != "" && report.observations[0].issued < now && observation.interpretation != LOW
      && order.jurisdictions.exists(j, j in ["US-KY"]) && report.code in valueset("potassium"))",
                                   "f"},
                                  &issues);
  ASSERT_NE(program, nullptr) << base::Format(issues);
  EXPECT_THAT(program->fields(), ElementsAre("observation.interpretation", "report.observations", "report.observations.code",
                                             "report.observations.quantity.value", "report.observations.interpretation",
                                             "report.conclusion_codes", "patient.known_conditions", "audience",
                                             "patient.birth_date", "report.patient.birth_date", "order.ordering_provider.value",
                                             "report.observations.issued", "now", "order.jurisdictions", "report.code"));
  EXPECT_THAT(program->guarded_variables(), ElementsAre("observation"));
  EXPECT_THAT(program->code_sets(), ElementsAre("potassium", "malignant-neoplasm"));
}

TEST(Program, ConstantsAreConditions) {
  base::FileIssues issues;
  const auto program = CompileOne({"true", "f"}, &issues);
  ASSERT_NE(program, nullptr);
  EXPECT_THAT(program->fields(), IsEmpty());
  EXPECT_EQ(program->Evaluate(Case("").activation()).truth, Truth::kTrue);
  EXPECT_NE(CompileOne({"// never\nfalse // at all", "f"}, &issues), nullptr);
  EXPECT_THAT(issues, IsEmpty());
}

}  // namespace
}  // namespace resultgate::expr
