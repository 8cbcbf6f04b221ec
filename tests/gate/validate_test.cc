#include "server/gate/validate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/gate/reports.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::AddObservation;
using ::resultgate::testing::Cbc;

std::vector<std::string> Fields(const v1::DiagnosticReport& report) {
  std::vector<std::string> fields;
  for (const Violation& violation : Validate(report)) fields.push_back(violation.field);
  return fields;
}

TEST(Validate, AGoodReportHasNoViolationAndAbsentFactsAreNone) {
  EXPECT_TRUE(Validate(Cbc("F1")).empty());
  v1::DiagnosticReport bare;
  bare.set_sender("LAB");
  bare.mutable_patient()->add_identifiers()->set_value("p1");
  EXPECT_TRUE(Validate(bare).empty());
}

TEST(Validate, TellsEverythingAtOnce) {
  v1::DiagnosticReport report;
  report.set_occurrence(-1);
  report.mutable_issued()->set_seconds(999'999'999'999);
  AddObservation(&report, "718-7", "1");
  AddObservation(&report, "718-7", "2");
  AddObservation(&report, "4544-3", "3")->set_id("");
  AddObservation(&report, "4544-3", "3")->set_id("document");
  report.add_presented_forms()->set_data(std::string(4 * 1024 * 1024, 'x'));
  const std::vector<std::string> expected = {"sender",
                                             "patient.identifiers",
                                             "occurrence",
                                             "issued",
                                             "observations[1].id",
                                             "observations[2].id",
                                             "observations[3].id",
                                             "presented_forms[0].data"};
  EXPECT_EQ(Fields(report), expected);
}

TEST(Validate, APlaceIsACode) {
  v1::DiagnosticReport report = Cbc("F1");
  auto* places = report.mutable_order()->mutable_jurisdictions();
  EXPECT_EQ(Fields(report), std::vector<std::string>{"order.jurisdictions"});
  for (const char* place : {"US-KY", "us-ky", "US-KT", "GB-ENG", "DE", "", "Kentucky"}) places->add_values(place);
  const std::vector<std::string> expected = {"order.jurisdictions.values[1]", "order.jurisdictions.values[2]",
                                             "order.jurisdictions.values[5]", "order.jurisdictions.values[6]"};
  EXPECT_EQ(Fields(report), expected);
  EXPECT_EQ(Validate(report)[0].description, "is no code of a place: did you mean `US-KY`?");
}

TEST(Validate, Limits) {
  v1::DiagnosticReport report = Cbc("F1");
  report.set_sender(std::string(256, 'x'));
  EXPECT_TRUE(Validate(report).empty());
  report.set_sender(std::string(257, 'x'));
  EXPECT_EQ(Fields(report), std::vector<std::string>{"sender"});
  report = Cbc("F1");
  for (int i = 0; i < 999; ++i) AddObservation(&report, "4544-3", "1")->set_id("o" + std::to_string(i));
  EXPECT_TRUE(Validate(report).empty());
  AddObservation(&report, "4544-3", "1")->set_id("one too many");
  EXPECT_EQ(Fields(report), std::vector<std::string>{"observations"});
}

TEST(Validate, SaysNothingOfThePatient) {
  v1::DiagnosticReport report = Cbc("F1");
  report.mutable_patient()->mutable_identifiers(0)->set_value(std::string(300, '7'));
  for (const Violation& violation : Validate(report)) {
    EXPECT_EQ(violation.description.find("777"), std::string::npos);
  }
  EXPECT_EQ(Validate(report).size(), 1u);
}

}  // namespace
}  // namespace resultgate::gate
