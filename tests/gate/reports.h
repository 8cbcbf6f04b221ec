// Reports for tests of the workflow.
#ifndef RESULTGATE_TESTS_GATE_REPORTS_H_
#define RESULTGATE_TESTS_GATE_REPORTS_H_

#include <gtest/gtest.h>

#include <string>

#include "resultgate/v1/model.pb.h"
#include "server/base/proto_time.h"

namespace resultgate::testing {

inline absl::Time At(const std::string& rfc3339) {
  absl::Time time;
  EXPECT_TRUE(base::ParseRfc3339(rfc3339, &time)) << rfc3339;
  return time;
}

// A Friday afternoon.
inline constexpr char kFriday[] = "2026-03-06T15:00:00-05:00";

inline void SetLoinc(v1::CodeableConcept* code, const std::string& loinc) {
  v1::Coding* coding = code->add_codings();
  coding->set_system("http://loinc.org");
  coding->set_code(loinc);
}

inline v1::Observation* AddObservation(v1::DiagnosticReport* report, const std::string& loinc, const std::string& value,
                                       v1::ResultStatus status = v1::RESULT_STATUS_FINAL) {
  v1::Observation* observation = report->add_observations();
  observation->set_id(loinc);
  observation->set_status(status);
  SetLoinc(observation->mutable_code(), loinc);
  observation->mutable_quantity()->set_value(value);
  observation->set_interpretation(v1::INTERPRETATION_NORMAL);
  return observation;
}

// A report of an adult patient, issued an hour before kFriday, under an order of its own.
inline v1::DiagnosticReport Report(const std::string& order, const std::string& loinc) {
  v1::DiagnosticReport report;
  report.set_sender("LAB|NORTH");
  report.set_status(v1::RESULT_STATUS_FINAL);
  report.set_section(v1::SECTION_LABORATORY);
  SetLoinc(report.mutable_code(), loinc);
  *report.mutable_issued() = base::ToProto(At("2026-03-06T14:00:00-05:00"));
  v1::Identifier* identifier = report.mutable_patient()->add_identifiers();
  identifier->set_system("MRN");
  identifier->set_value("p1");
  report.mutable_patient()->set_birth_date("1970-05-04");
  report.mutable_order()->set_filler_order_number(order);
  report.mutable_order()->mutable_ordering_provider()->set_value("1234567893");
  return report;
}

// A routine blood count: haemoglobin.
inline v1::DiagnosticReport Cbc(const std::string& order, const std::string& value = "13.9") {
  v1::DiagnosticReport report = Report(order, "58410-2");
  AddObservation(&report, "718-7", value);
  return report;
}

// A pathology report: held for review by its class.
inline v1::DiagnosticReport Biopsy(const std::string& order) {
  v1::DiagnosticReport report = Report(order, "60567-5");
  report.set_section(v1::SECTION_PATHOLOGY);
  report.set_narrative("benign breast tissue");
  return report;
}

// The same report, issued later.
inline v1::DiagnosticReport Later(v1::DiagnosticReport report, absl::Duration by) {
  *report.mutable_issued() = base::ToProto(base::FromProto(report.issued()) + by);
  return report;
}

}  // namespace resultgate::testing

#endif  // RESULTGATE_TESTS_GATE_REPORTS_H_
