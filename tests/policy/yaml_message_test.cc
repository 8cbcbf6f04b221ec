#include "server/policy/yaml_message.h"

#include <gtest/gtest.h>

#include "resultgate/v1/model.pb.h"

namespace resultgate::policy {
namespace {

v1::DiagnosticReport Read(const std::string& text, base::FileIssues* issues) {
  v1::DiagnosticReport report;
  const std::optional<yaml::Document> document = yaml::Parse("test.yaml", text, issues);
  if (document.has_value()) FillFromYaml(*document, document->root, &report, issues);
  return report;
}

TEST(YamlMessage, ReadsAReportAsAuthorsWriteIt) {
  base::FileIssues issues;
  const v1::DiagnosticReport report = Read(R"(
sender: LAB|NORTH
status: final
section: laboratory
code: [loinc|58410-2, "urn:local:LAB|NORTH|CBC"]
issued: 2026-03-06T14:30:00-05:00
patient: {identifiers: [{value: p1}], deceased: false, known_conditions: {values: [icd10cm|C50.911]}}
observations:
  - {id: 718-7, status: final, quantity: {value: "13.90"}, interpretation: critical-high}
)",
                                           &issues);
  EXPECT_TRUE(issues.empty()) << base::Format(issues);
  EXPECT_EQ(report.sender(), "LAB|NORTH");
  EXPECT_EQ(report.status(), v1::RESULT_STATUS_FINAL);
  EXPECT_EQ(report.code().codings(0).system(), "http://loinc.org");
  EXPECT_EQ(report.code().codings(1).code(), "CBC");
  EXPECT_EQ(report.code().codings(1).system(), "urn:local:LAB|NORTH");
  EXPECT_EQ(report.issued().seconds(), 1772825400);
  EXPECT_TRUE(report.patient().has_deceased());
  EXPECT_EQ(report.patient().known_conditions().values_size(), 1);
  EXPECT_EQ(report.observations(0).quantity().value(), "13.90");
  EXPECT_EQ(report.observations(0).interpretation(), v1::INTERPRETATION_CRITICAL_HIGH);
}

TEST(YamlMessage, TellsEveryMistakeAtItsPlace) {
  base::FileIssues issues;
  Read(R"(statuss: final
status: finall
issued: yesterday
code: 58410-2
occurrence: many
observations: {id: x}
)",
       &issues);
  const std::string text = base::Format(issues);
  EXPECT_NE(text.find("test.yaml:1:1: error: `statuss` is no field of DiagnosticReport; did you mean `status`?"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("test.yaml:2:9: error: `finall` is no value of `status`; did you mean `final`?"), std::string::npos)
      << text;
  EXPECT_NE(text.find("test.yaml:3:9"), std::string::npos) << text;
  EXPECT_NE(text.find("test.yaml:4:7"), std::string::npos) << text;
  EXPECT_NE(text.find("test.yaml:5:13"), std::string::npos) << text;
  EXPECT_NE(text.find("test.yaml:6:"), std::string::npos) << text;
  EXPECT_EQ(issues.size(), 6u);
}

}  // namespace
}  // namespace resultgate::policy
