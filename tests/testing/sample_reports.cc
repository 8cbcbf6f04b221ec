#include "tests/testing/sample_reports.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace resultgate::testing {
namespace {

constexpr char kLoinc[] = "http://loinc.org";

void SetCode(const char* code, const char* display, v1::CodeableConcept* concept_) {
  v1::Coding* coding = concept_->add_codings();
  coding->set_system(kLoinc);
  coding->set_code(code);
  coding->set_display(display);
}

// Issued at five in the afternoon of 6 March 2026 in New York: four hours before the sample clock.
google::protobuf::Timestamp Issued(int number) {
  google::protobuf::Timestamp issued;
  issued.set_seconds(1772834400 + number % 3600);
  return issued;
}

v1::DiagnosticReport Report(int number, v1::Section section, const char* code, const char* display) {
  v1::DiagnosticReport report;
  report.set_sender("LAB|LOAD");
  report.set_report_id(absl::StrCat("R", number));
  report.set_status(v1::RESULT_STATUS_FINAL);
  report.set_section(section);
  SetCode(code, display, report.mutable_code());
  v1::Identifier* patient = report.mutable_patient()->add_identifiers();
  patient->set_system("urn:local:load");
  patient->set_value(absl::StrFormat("P%05d", number % 10'000));
  report.mutable_patient()->set_birth_date("1970-01-01");
  report.mutable_patient()->set_gender(v1::ADMINISTRATIVE_GENDER_FEMALE);
  report.mutable_order()->set_placer_order_number(absl::StrCat("O", number));
  report.mutable_order()->set_filler_order_number(FillerNumber(number));
  report.mutable_order()->mutable_ordering_provider()->set_value("D1");
  *report.mutable_order()->mutable_code() = report.code();
  *report.mutable_issued() = Issued(number);
  return report;
}

}  // namespace

std::string FillerNumber(int number) {
  return absl::StrFormat("F%06d", number);
}

v1::DiagnosticReport BloodCount(int number) {
  struct Row {
    const char* code;
    const char* display;
    const char* unit;
    const char* low;
    const char* high;
    double middle;
    int decimals;
  };
  static constexpr Row kRows[] = {
      {"718-7", "Hemoglobin", "g/dL", "12.0", "16.0", 13.5, 1},     {"4544-3", "Hematocrit", "%", "36.0", "46.0", 41.0, 1},
      {"6690-2", "Leukocytes", "10*3/uL", "4.0", "11.0", 6.5, 1},   {"777-3", "Platelets", "10*3/uL", "150", "400", 250, 0},
      {"789-8", "Erythrocytes", "10*6/uL", "3.80", "5.20", 4.5, 2}, {"787-2", "MCV", "fL", "80", "100", 90, 0},
  };
  v1::DiagnosticReport report = Report(number, v1::SECTION_LABORATORY, "58410-2", "CBC panel");
  for (const Row& row : kRows) {
    v1::Observation* observation = report.add_observations();
    observation->set_id(row.code);
    SetCode(row.code, row.display, observation->mutable_code());
    observation->set_status(v1::RESULT_STATUS_FINAL);
    observation->mutable_quantity()->set_value(
        absl::StrFormat("%.*f", row.decimals, row.middle + number % 10 * 0.02 * row.middle / 10));
    observation->mutable_quantity()->set_unit(row.unit);
    observation->set_interpretation(v1::INTERPRETATION_NORMAL);
    observation->mutable_reference_range()->set_low(row.low);
    observation->mutable_reference_range()->set_high(row.high);
    observation->mutable_reference_range()->set_text(absl::StrCat(row.low, "-", row.high));
    *observation->mutable_issued() = Issued(number);
  }
  return report;
}

v1::DiagnosticReport Biopsy(int number) {
  v1::DiagnosticReport report = Report(number, v1::SECTION_PATHOLOGY, "11529-5", "Surgical pathology study");
  report.set_narrative(absl::StrCat("Specimen ", number, ": skin, left forearm, shave biopsy. Seborrheic keratosis."));
  report.set_conclusion("Seborrheic keratosis, benign.");
  return report;
}

}  // namespace resultgate::testing
