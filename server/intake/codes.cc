#include "server/intake/codes.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace resultgate::intake {
namespace {

struct System {
  absl::string_view name;  // upper case
  absl::string_view uri;
};

constexpr System kSystems[] = {
    {"LN", kLoinc},
    {"LOINC", kLoinc},
    {"2.16.840.1.113883.6.1", kLoinc},
    {"SCT", "http://snomed.info/sct"},
    {"SCT2", "http://snomed.info/sct"},
    {"SNM", "http://snomed.info/sct"},
    {"SNOMED", "http://snomed.info/sct"},
    {"SNOMED-CT", "http://snomed.info/sct"},
    {"SNOMED CT", "http://snomed.info/sct"},
    {"2.16.840.1.113883.6.96", "http://snomed.info/sct"},
    {"I10C", "http://hl7.org/fhir/sid/icd-10-cm"},
    {"ICD-10-CM", "http://hl7.org/fhir/sid/icd-10-cm"},
    {"ICD10CM", "http://hl7.org/fhir/sid/icd-10-cm"},
    {"2.16.840.1.113883.6.90", "http://hl7.org/fhir/sid/icd-10-cm"},
    {"I10", "http://hl7.org/fhir/sid/icd-10"},
    {"ICD10", "http://hl7.org/fhir/sid/icd-10"},
    {"ICD-10", "http://hl7.org/fhir/sid/icd-10"},
    {"I9", "http://hl7.org/fhir/sid/icd-9"},
    {"I9C", "http://hl7.org/fhir/sid/icd-9-cm"},
    {"I9CDX", "http://hl7.org/fhir/sid/icd-9-cm"},
    {"ICDO3", "http://terminology.hl7.org/CodeSystem/icd-o-3"},
    {"ICD-O-3", "http://terminology.hl7.org/CodeSystem/icd-o-3"},
    {"UCUM", "http://unitsofmeasure.org"},
    {"C4", "http://www.ama-assn.org/go/cpt"},
    {"CPT", "http://www.ama-assn.org/go/cpt"},
    {"RADLEX", "http://radlex.org"},
    {"HGNC", "http://www.genenames.org/geneId"},
    {"RXNORM", "http://www.nlm.nih.gov/research/umls/rxnorm"},
};

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

}  // namespace

bool IsLoinc(absl::string_view code) {
  if (code.size() < 3 || code.size() > 9 || code[code.size() - 2] != '-') return false;
  const absl::string_view digits = code.substr(0, code.size() - 2);
  if (!AllDigits(digits) || !absl::ascii_isdigit(code.back())) return false;
  int sum = 0;
  bool twice = true;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    int value = (*digit - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return (10 - sum % 10) % 10 == code.back() - '0';
}

bool IsLoincPart(absl::string_view code) {
  if (!absl::StartsWith(code, "LA") && !absl::StartsWith(code, "LP") && !absl::StartsWith(code, "LG")) return false;
  code.remove_prefix(2);
  return code.size() >= 3 && code[code.size() - 2] == '-' && AllDigits(code.substr(0, code.size() - 2)) &&
         absl::ascii_isdigit(code.back());
}

std::string SystemFromV2(absl::string_view name, absl::string_view sender) {
  name = absl::StripAsciiWhitespace(name);
  const std::string upper = absl::AsciiStrToUpper(name);
  if (upper.empty() || upper == "L" || upper == "LOCAL" || absl::StartsWith(upper, "99"))
    return absl::StrCat("urn:local:", sender);
  for (const System& system : kSystems) {
    if (system.name == upper) return std::string(system.uri);
  }
  absl::string_view table = upper;
  if (absl::ConsumePrefix(&table, "HL7") && table.size() == 4 && AllDigits(table)) {
    return absl::StrCat("http://terminology.hl7.org/CodeSystem/v2-", table);
  }
  return absl::StrCat("urn:v2:", name);
}

bool CheckLoinc(CodeUse use, v1::Coding* coding) {
  if (coding->system() != kLoinc || coding->code().empty() || IsLoinc(coding->code())) return false;
  if (use == CodeUse::kValue && IsLoincPart(coding->code())) return false;
  coding->set_system(std::string(kInvalidLoinc));
  return true;
}

bool NamesFinalDiagnosis(const v1::CodeableConcept& code) {
  for (const v1::Coding& coding : code.codings()) {
    // Pathology report final diagnosis; diagnosis; pathology report final diagnosis narrative.
    if (coding.system() == kLoinc && (coding.code() == "22637-3" || coding.code() == "29308-4" || coding.code() == "34574-4"))
      return true;
  }
  return false;
}

}  // namespace resultgate::intake
