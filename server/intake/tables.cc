#include "server/intake/tables.h"

#include <iterator>

namespace resultgate::intake {
namespace {

template <typename T>
struct Row {
  absl::string_view code;
  T value;
};

template <typename T, size_t N>
T Find(const Row<T> (&rows)[N], absl::string_view code, T otherwise) {
  for (const Row<T>& row : rows) {
    if (row.code == code) return row.value;
  }
  return otherwise;
}

constexpr Row<v1::ResultStatus> kTable0123[] = {
    {"O", v1::RESULT_STATUS_REGISTERED},  {"I", v1::RESULT_STATUS_REGISTERED},  {"S", v1::RESULT_STATUS_REGISTERED},
    {"N", v1::RESULT_STATUS_REGISTERED},  {"P", v1::RESULT_STATUS_PRELIMINARY}, {"A", v1::RESULT_STATUS_PRELIMINARY},
    {"R", v1::RESULT_STATUS_PRELIMINARY}, {"M", v1::RESULT_STATUS_PRELIMINARY}, {"F", v1::RESULT_STATUS_FINAL},
    {"C", v1::RESULT_STATUS_CORRECTED},   {"X", v1::RESULT_STATUS_CANCELLED}};

constexpr Row<v1::ResultStatus> kTable0085[] = {
    {"I", v1::RESULT_STATUS_REGISTERED},      {"O", v1::RESULT_STATUS_REGISTERED},  {"N", v1::RESULT_STATUS_REGISTERED},
    {"P", v1::RESULT_STATUS_PRELIMINARY},     {"S", v1::RESULT_STATUS_PRELIMINARY}, {"R", v1::RESULT_STATUS_PRELIMINARY},
    {"F", v1::RESULT_STATUS_FINAL},           {"A", v1::RESULT_STATUS_AMENDED},     {"C", v1::RESULT_STATUS_CORRECTED},
    {"B", v1::RESULT_STATUS_APPENDED},        {"X", v1::RESULT_STATUS_CANCELLED},   {"D", v1::RESULT_STATUS_ENTERED_IN_ERROR},
    {"W", v1::RESULT_STATUS_ENTERED_IN_ERROR}};

constexpr Row<v1::ResultStatus> kFhirStatus[] = {
    {"registered", v1::RESULT_STATUS_REGISTERED}, {"preliminary", v1::RESULT_STATUS_PRELIMINARY},
    {"partial", v1::RESULT_STATUS_PRELIMINARY},   {"final", v1::RESULT_STATUS_FINAL},
    {"amended", v1::RESULT_STATUS_AMENDED},       {"corrected", v1::RESULT_STATUS_CORRECTED},
    {"appended", v1::RESULT_STATUS_APPENDED},     {"cancelled", v1::RESULT_STATUS_CANCELLED},
    {"unknown", v1::RESULT_STATUS_UNKNOWN},       {"entered-in-error", v1::RESULT_STATUS_ENTERED_IN_ERROR}};

// Furthest from final first.
constexpr v1::ResultStatus kFinality[] = {v1::RESULT_STATUS_UNKNOWN,          v1::RESULT_STATUS_UNSPECIFIED,
                                          v1::RESULT_STATUS_REGISTERED,       v1::RESULT_STATUS_PRELIMINARY,
                                          v1::RESULT_STATUS_ENTERED_IN_ERROR, v1::RESULT_STATUS_CANCELLED,
                                          v1::RESULT_STATUS_CORRECTED,        v1::RESULT_STATUS_AMENDED,
                                          v1::RESULT_STATUS_APPENDED,         v1::RESULT_STATUS_FINAL};

int FinalityRank(v1::ResultStatus status) {
  int rank = 0;
  while (rank + 1 < static_cast<int>(std::size(kFinality)) && kFinality[rank] != status) ++rank;
  return rank;
}

// `<` and `>` are off the instrument's scale.
constexpr Row<v1::Interpretation> kTable0078[] = {{"N", v1::INTERPRETATION_NORMAL},
                                                  {"L", v1::INTERPRETATION_LOW},
                                                  {"LU", v1::INTERPRETATION_LOW},
                                                  {"H", v1::INTERPRETATION_HIGH},
                                                  {"HU", v1::INTERPRETATION_HIGH},
                                                  {"LL", v1::INTERPRETATION_CRITICAL_LOW},
                                                  {"<", v1::INTERPRETATION_CRITICAL_LOW},
                                                  {"HH", v1::INTERPRETATION_CRITICAL_HIGH},
                                                  {">", v1::INTERPRETATION_CRITICAL_HIGH},
                                                  {"A", v1::INTERPRETATION_ABNORMAL},
                                                  {"AA", v1::INTERPRETATION_CRITICAL_ABNORMAL},
                                                  {"POS", v1::INTERPRETATION_DETECTED},
                                                  {"DET", v1::INTERPRETATION_DETECTED},
                                                  {"RR", v1::INTERPRETATION_DETECTED},
                                                  {"NEG", v1::INTERPRETATION_NOT_DETECTED},
                                                  {"ND", v1::INTERPRETATION_NOT_DETECTED},
                                                  {"NR", v1::INTERPRETATION_NOT_DETECTED}};

int Severity(v1::Interpretation interpretation) {
  switch (interpretation) {
    case v1::INTERPRETATION_CRITICAL_LOW:
    case v1::INTERPRETATION_CRITICAL_HIGH:
    case v1::INTERPRETATION_CRITICAL_ABNORMAL:
      return 5;
    case v1::INTERPRETATION_LOW:
    case v1::INTERPRETATION_HIGH:
    case v1::INTERPRETATION_ABNORMAL:
    case v1::INTERPRETATION_DETECTED:
      return 4;
    case v1::INTERPRETATION_OTHER:
      return 3;
    case v1::INTERPRETATION_NOT_DETECTED:
      return 2;
    case v1::INTERPRETATION_NORMAL:
      return 1;
    default:
      return 0;
  }
}

constexpr Row<v1::Section> kTable0074[] = {
    {"BG", v1::SECTION_LABORATORY},    {"BLB", v1::SECTION_LABORATORY},   {"CH", v1::SECTION_LABORATORY},
    {"HM", v1::SECTION_LABORATORY},    {"IMM", v1::SECTION_LABORATORY},   {"LAB", v1::SECTION_LABORATORY},
    {"OSL", v1::SECTION_LABORATORY},   {"SR", v1::SECTION_LABORATORY},    {"TX", v1::SECTION_LABORATORY},
    {"URN", v1::SECTION_LABORATORY},   {"MB", v1::SECTION_MICROBIOLOGY},  {"MCB", v1::SECTION_MICROBIOLOGY},
    {"MYC", v1::SECTION_MICROBIOLOGY}, {"PAR", v1::SECTION_MICROBIOLOGY}, {"VR", v1::SECTION_MICROBIOLOGY},
    {"PAT", v1::SECTION_PATHOLOGY},    {"SP", v1::SECTION_PATHOLOGY},     {"CP", v1::SECTION_CYTOLOGY},
    {"CY", v1::SECTION_CYTOLOGY},      {"CG", v1::SECTION_GENETICS},      {"GE", v1::SECTION_GENETICS},
    {"CT", v1::SECTION_IMAGING},       {"CUS", v1::SECTION_IMAGING},      {"IMG", v1::SECTION_IMAGING},
    {"MR", v1::SECTION_IMAGING},       {"NMR", v1::SECTION_IMAGING},      {"NMS", v1::SECTION_IMAGING},
    {"OUS", v1::SECTION_IMAGING},      {"RAD", v1::SECTION_IMAGING},      {"RUS", v1::SECTION_IMAGING},
    {"RX", v1::SECTION_IMAGING},       {"VUS", v1::SECTION_IMAGING},      {"XRC", v1::SECTION_IMAGING},
    {"AU", v1::SECTION_OTHER},         {"CTH", v1::SECTION_OTHER},        {"EC", v1::SECTION_OTHER},
    {"EN", v1::SECTION_OTHER},         {"ICU", v1::SECTION_OTHER},        {"NRS", v1::SECTION_OTHER},
    {"OT", v1::SECTION_OTHER},         {"OTH", v1::SECTION_OTHER},        {"PF", v1::SECTION_OTHER},
    {"PHR", v1::SECTION_OTHER},        {"PHY", v1::SECTION_OTHER},        {"PT", v1::SECTION_OTHER},
    {"RC", v1::SECTION_OTHER},         {"RT", v1::SECTION_OTHER}};

constexpr Row<v1::Section> kObservationCategory[] = {
    {"laboratory", v1::SECTION_LABORATORY}, {"imaging", v1::SECTION_IMAGING}, {"procedure", v1::SECTION_OTHER},
    {"vital-signs", v1::SECTION_OTHER},     {"survey", v1::SECTION_OTHER},    {"exam", v1::SECTION_OTHER},
    {"therapy", v1::SECTION_OTHER},         {"activity", v1::SECTION_OTHER},  {"social-history", v1::SECTION_OTHER}};

// The LOINC parts that US Core's DiagnosticReport profile for notes takes as categories.
constexpr Row<v1::Section> kLoincCategory[] = {
    {"LP29684-5", v1::SECTION_IMAGING}, {"LP29708-2", v1::SECTION_OTHER}, {"LP7839-6", v1::SECTION_PATHOLOGY}};

// Says most first.
constexpr v1::Section kSpecific[] = {v1::SECTION_GENETICS,     v1::SECTION_PATHOLOGY,   v1::SECTION_CYTOLOGY,
                                     v1::SECTION_MICROBIOLOGY, v1::SECTION_IMAGING,     v1::SECTION_LABORATORY,
                                     v1::SECTION_OTHER,        v1::SECTION_UNCLASSIFIED};

constexpr Row<v1::EncounterClass> kTable0004[] = {
    {"I", v1::ENCOUNTER_CLASS_INPATIENT},        {"INPATIENT", v1::ENCOUNTER_CLASS_INPATIENT},
    {"O", v1::ENCOUNTER_CLASS_AMBULATORY},       {"OUTPATIENT", v1::ENCOUNTER_CLASS_AMBULATORY},
    {"R", v1::ENCOUNTER_CLASS_AMBULATORY},       {"E", v1::ENCOUNTER_CLASS_EMERGENCY},
    {"EMERGENCY", v1::ENCOUNTER_CLASS_EMERGENCY}};

constexpr Row<v1::EncounterClass> kActEncounterCode[] = {
    {"AMB", v1::ENCOUNTER_CLASS_AMBULATORY},        {"VR", v1::ENCOUNTER_CLASS_AMBULATORY},
    {"IMP", v1::ENCOUNTER_CLASS_INPATIENT},         {"ACUTE", v1::ENCOUNTER_CLASS_INPATIENT},
    {"NONAC", v1::ENCOUNTER_CLASS_INPATIENT},       {"EMER", v1::ENCOUNTER_CLASS_EMERGENCY},
    {"inpatient", v1::ENCOUNTER_CLASS_INPATIENT},   {"outpatient", v1::ENCOUNTER_CLASS_AMBULATORY},
    {"ambulatory", v1::ENCOUNTER_CLASS_AMBULATORY}, {"emergency", v1::ENCOUNTER_CLASS_EMERGENCY}};

}  // namespace

v1::ResultStatus ReportStatusFromV2(absl::string_view code) {
  return Find(kTable0123, code, v1::RESULT_STATUS_UNKNOWN);
}

bool ConfirmsEarlierValue(absl::string_view code) {
  return code == "U" || code == "V";
}

v1::ResultStatus ObservationStatusFromV2(absl::string_view code, bool has_value) {
  if (ConfirmsEarlierValue(code)) return has_value ? v1::RESULT_STATUS_FINAL : v1::RESULT_STATUS_UNKNOWN;
  return Find(kTable0085, code, v1::RESULT_STATUS_UNKNOWN);
}

v1::ResultStatus StatusFromFhir(absl::string_view code) {
  return Find(kFhirStatus, code, v1::RESULT_STATUS_UNKNOWN);
}

bool IsFinalLike(v1::ResultStatus status) {
  return status == v1::RESULT_STATUS_FINAL || status == v1::RESULT_STATUS_AMENDED || status == v1::RESULT_STATUS_CORRECTED ||
         status == v1::RESULT_STATUS_APPENDED;
}

v1::ResultStatus LeastFinal(v1::ResultStatus a, v1::ResultStatus b) {
  return FinalityRank(b) < FinalityRank(a) ? b : a;
}

v1::Interpretation InterpretationFromCode(absl::string_view code) {
  return Find(kTable0078, code, v1::INTERPRETATION_OTHER);
}

v1::Interpretation MoreSevere(v1::Interpretation a, v1::Interpretation b) {
  return Severity(b) > Severity(a) ? b : a;
}

v1::Section SectionFromV2(absl::string_view code) {
  return Find(kTable0074, code, v1::SECTION_UNCLASSIFIED);
}

v1::Section SectionFromCategory(absl::string_view system, absl::string_view code) {
  if (system == "http://terminology.hl7.org/CodeSystem/v2-0074" || system == "http://hl7.org/fhir/v2/0074")
    return SectionFromV2(code);
  if (system == "http://loinc.org") return Find(kLoincCategory, code, v1::SECTION_UNCLASSIFIED);
  if (system == "http://terminology.hl7.org/CodeSystem/observation-category" ||
      system == "http://hl7.org/fhir/observation-category") {
    return Find(kObservationCategory, code, v1::SECTION_UNCLASSIFIED);
  }
  return v1::SECTION_UNCLASSIFIED;
}

v1::Section MoreSpecific(v1::Section a, v1::Section b) {
  for (const v1::Section section : kSpecific) {
    if (a == section) return a;
    if (b == section) return b;
  }
  return v1::SECTION_UNCLASSIFIED;
}

std::optional<v1::EncounterClass> EncounterClassFromV2(absl::string_view code) {
  if (code.empty() || code == "N" || code == "U") return std::nullopt;
  return Find(kTable0004, code, v1::ENCOUNTER_CLASS_OTHER);
}

std::optional<v1::EncounterClass> EncounterClassFromFhir(absl::string_view code) {
  if (code.empty()) return std::nullopt;
  return Find(kActEncounterCode, code, v1::ENCOUNTER_CLASS_OTHER);
}

}  // namespace resultgate::intake
