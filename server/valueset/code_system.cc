// Code systems: the short words that authors write for them, and LOINC's check digit.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/valueset/valueset.h"

namespace resultgate::valueset {
namespace {

// The words that HL7 v2 senders and authors use, and HL7's own URIs for them (terminology.hl7.org, "Code Systems"). What intake
// cannot name it writes `urn:v2:<name>`, which an author may write here too.
constexpr std::pair<absl::string_view, absl::string_view> kSystems[] = {
    {"cpt", "http://www.ama-assn.org/go/cpt"},
    {"dcm", "http://dicom.nema.org/resources/ontology/DCM"},
    {"hgnc", "http://www.genenames.org"},
    {"icd10", "http://hl7.org/fhir/sid/icd-10"},
    {"icd10cm", "http://hl7.org/fhir/sid/icd-10-cm"},
    {"icd9cm", "http://hl7.org/fhir/sid/icd-9-cm"},
    {"icdo3", "http://terminology.hl7.org/CodeSystem/icd-o-3"},
    {"interpretation", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"},
    {"loinc", "http://loinc.org"},
    {"radlex", "http://radlex.org"},
    {"rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm"},
    {"snomed", "http://snomed.info/sct"},
    {"ucum", "http://unitsofmeasure.org"},
};

// `v2-0074`: an HL7 v2 table. Its code system's URI ends in the same words.
bool IsV2Table(absl::string_view word) {
  return word.size() == 7 && absl::StartsWith(word, "v2-") && std::all_of(word.begin() + 3, word.end(), absl::ascii_isdigit);
}

// A scheme, a colon and something after it, without blanks (RFC 3986, as far as it matters here).
bool IsUri(absl::string_view word) {
  const size_t colon = word.find(':');
  if (colon == absl::string_view::npos || colon == 0 || colon + 1 == word.size()) return false;
  const absl::string_view scheme = word.substr(0, colon);
  return absl::ascii_isalpha(scheme[0]) && std::none_of(word.begin(), word.end(), absl::ascii_isspace) &&
         std::all_of(scheme.begin(), scheme.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace

std::string SystemUri(absl::string_view word) {
  for (const auto& [name, uri] : kSystems) {
    if (word == name) return std::string(uri);
  }
  if (IsV2Table(word)) return absl::StrCat("http://terminology.hl7.org/CodeSystem/", word);
  if (IsUri(word)) return std::string(word);
  return "";
}

bool HasValidLoincCheckDigit(absl::string_view code) {
  const size_t hyphen = code.find('-');
  if (hyphen == absl::string_view::npos || hyphen == 0 || code.size() != hyphen + 2) return false;
  const absl::string_view number = code.substr(0, hyphen);
  if (!std::all_of(number.begin(), number.end(), absl::ascii_isdigit) || !absl::ascii_isdigit(code.back())) return false;
  // Mod 10: from the right, every other digit counts double, and the digits of the products are added.
  int sum = 0;
  bool doubles = true;
  for (auto digit = number.rbegin(); digit != number.rend(); ++digit, doubles = !doubles) {
    const int value = (*digit - '0') * (doubles ? 2 : 1);
    sum += value / 10 + value % 10;
  }
  return (10 - sum % 10) % 10 == code.back() - '0';
}

}  // namespace resultgate::valueset
