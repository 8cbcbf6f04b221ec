#include "server/valueset/code_system.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace resultgate::valueset {
namespace {

// The words that HL7 v2 senders and authors use, and HL7's own URIs for them (terminology.hl7.org, "Code Systems"). What intake
// cannot name it writes `urn:v2:<name>`, which an author may write here too.
constexpr char kCpt[] = "http://www.ama-assn.org/go/cpt";
constexpr char kDicom[] = "http://dicom.nema.org/resources/ontology/DCM";
constexpr char kIcd10[] = "http://hl7.org/fhir/sid/icd-10";
constexpr char kIcd10Cm[] = "http://hl7.org/fhir/sid/icd-10-cm";
constexpr char kIcd9Cm[] = "http://hl7.org/fhir/sid/icd-9-cm";
constexpr char kIcdO3[] = "http://terminology.hl7.org/CodeSystem/icd-o-3";
constexpr char kInterpretation[] = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
constexpr char kLoinc[] = "http://loinc.org";
constexpr char kRadLex[] = "http://radlex.org";
constexpr char kRxNorm[] = "http://www.nlm.nih.gov/research/umls/rxnorm";
constexpr char kSnomed[] = "http://snomed.info/sct";
constexpr char kUcum[] = "http://unitsofmeasure.org";

// With the OID by which older value sets name it (HL7 OID registry), or empty.
struct System {
  absl::string_view word;
  absl::string_view uri;
  absl::string_view oid;
};
constexpr System kSystems[] = {
    {"cpt", kCpt, "2.16.840.1.113883.6.12"},         {"dcm", kDicom, "1.2.840.10008.2.16.4"},
    {"hgnc", "http://www.genenames.org", ""},        {"icd10", kIcd10, "2.16.840.1.113883.6.3"},
    {"icd10cm", kIcd10Cm, "2.16.840.1.113883.6.90"}, {"icd9cm", kIcd9Cm, "2.16.840.1.113883.6.103"},
    {"icdo3", kIcdO3, "2.16.840.1.113883.6.43.1"},   {"interpretation", kInterpretation, "2.16.840.1.113883.5.83"},
    {"loinc", kLoinc, "2.16.840.1.113883.6.1"},      {"radlex", kRadLex, "2.16.840.1.113883.6.256"},
    {"rxnorm", kRxNorm, "2.16.840.1.113883.6.88"},   {"snomed", kSnomed, "2.16.840.1.113883.6.96"},
    {"ucum", kUcum, "2.16.840.1.113883.6.8"},
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

// Without scheme, `www.`, capital letters and a closing slash: what people write in more than one way.
std::string Plain(absl::string_view uri) {
  std::string plain = absl::AsciiStrToLower(uri);
  absl::string_view rest = plain;
  const size_t scheme = rest.find("://");
  if (scheme != absl::string_view::npos) rest.remove_prefix(scheme + 3);
  return std::string(absl::StripSuffix(absl::StripPrefix(rest, "www."), "/"));
}

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
}

bool AllAlnum(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isupper(c) || absl::ascii_isdigit(c); });
}

// `C50`, `C50.911`, `C4A.0`: a category of three characters, and at most four behind the point, which senders may leave out.
bool LooksLikeIcd10(absl::string_view code) {
  if (code.size() < 3 || !absl::ascii_isupper(static_cast<unsigned char>(code[0])) || !AllDigits(code.substr(1, 1)) ||
      !AllAlnum(code.substr(2, 1))) {
    return false;
  }
  absl::string_view rest = code.substr(3);
  if (absl::ConsumePrefix(&rest, ".") && rest.empty()) return false;
  return rest.size() <= 4 && AllAlnum(rest);
}

// `174.9`, `V10.3`, `E950.0`.
bool LooksLikeIcd9(absl::string_view code) {
  const size_t first = absl::StartsWith(code, "E") ? 4 : 3;
  if (code.size() < first) return false;
  const absl::string_view letter = code.substr(0, 1);
  if (!AllDigits(letter) && letter != "V" && letter != "E") return false;
  absl::string_view rest = code.substr(first);
  if (absl::ConsumePrefix(&rest, ".") && rest.empty()) return false;
  return AllDigits(code.substr(1, first - 1)) && rest.size() <= 2 && (rest.empty() || AllDigits(rest));
}

// A site (`C50.4`) or a morphology (`8500/3`, or `8500` for all behaviours).
bool LooksLikeIcdO3(absl::string_view code) {
  if (absl::StartsWith(code, "C")) {
    return (code.size() == 3 || (code.size() == 5 && code[3] == '.' && AllDigits(code.substr(4)))) &&
           AllDigits(code.substr(1, 2));
  }
  return AllDigits(code.substr(0, 4)) && (code.size() == 4 || (code.size() == 6 && code[4] == '/' && AllDigits(code.substr(5))));
}

// `88305`, `0042T`, `0001U`.
bool LooksLikeCpt(absl::string_view code) {
  return code.size() == 5 && AllDigits(code.substr(0, 4)) && absl::StrContains("0123456789AFMTU", code.substr(4));
}

// Digits, a hyphen and a digit behind a prefix.
bool LooksLikeLoinc(absl::string_view code, absl::string_view prefix) {
  if (!absl::ConsumePrefix(&code, prefix)) return false;
  return code.size() >= 3 && code[code.size() - 2] == '-' && AllDigits(code.substr(0, code.size() - 2)) &&
         AllDigits(code.substr(code.size() - 1));
}

// The code with the check digit that its other digits ask for, or empty.
std::string WithRightCheckDigit(absl::string_view code) {
  const absl::string_view number = code.substr(0, code.find('-'));
  for (char digit = '0'; digit <= '9'; ++digit) {
    std::string candidate = absl::StrCat(number, "-", std::string(1, digit));
    if (HasValidLoincCheckDigit(candidate)) return candidate;
  }
  return "";
}

WrongForm FindWrongLoinc(absl::string_view code) {
  const std::string said = absl::StrCat("`", code, "` is ");
  if (absl::StartsWith(code, "LP"))
    return {said + "a LOINC part, with which nothing is coded", "list the codes that have that part"};
  if (absl::StartsWith(code, "LL")) return {said + "a LOINC list of answers, with which nothing is coded", "list its answers"};
  if (absl::StartsWith(code, "LG")) return {said + "a LOINC group, with which nothing is coded", "list the codes of the group"};
  if (LooksLikeLoinc(code, "LA") || HasValidLoincCheckDigit(code)) return {};
  const std::string right = WithRightCheckDigit(code);
  return {said + "no LOINC code: its check digit is wrong",
          right.empty() ? "" : absl::StrCat("`", right, "` would be right; look the code up before you change it")};
}

WrongForm FindWrongSnomed(absl::string_view code) {
  const std::string said = absl::StrCat("`", code, "` is ");
  if (!HasValidSnomedCheckDigit(code)) return {said + "no SNOMED CT code: its check digit is wrong", "look the code up"};
  // The two digits before the check digit say of what it is the identifier; the second of them, whether of a concept.
  const char partition = code[code.size() - 2];
  if (partition == '0') return {};
  return {said + (partition == '1' ? "a SNOMED CT description" : "no SNOMED CT concept") + ", with which nothing is coded",
          "write the concept's identifier"};
}

}  // namespace

std::string SystemUri(absl::string_view word) {
  absl::string_view oid = word;
  const bool is_oid = absl::ConsumePrefix(&oid, "urn:oid:");
  for (const System& system : kSystems) {
    if (word == system.word || (is_oid && !oid.empty() && oid == system.oid)) return std::string(system.uri);
  }
  if (IsV2Table(word)) return absl::StrCat("http://terminology.hl7.org/CodeSystem/", word);
  if (IsUri(word)) return std::string(word);
  return "";
}

bool IsKnownSystem(absl::string_view uri) {
  return std::any_of(std::begin(kSystems), std::end(kSystems), [uri](const System& system) { return system.uri == uri; });
}

std::string MeantSystem(absl::string_view uri) {
  for (const System& system : kSystems) {
    if (uri != system.uri && Plain(uri) == Plain(system.uri)) return std::string(system.uri);
  }
  return "";
}

bool NestsByPrefix(absl::string_view uri) {
  return uri == kIcd10 || uri == kIcd10Cm || uri == kIcd9Cm || uri == kIcdO3;
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

bool HasValidSnomedCheckDigit(absl::string_view code) {
  if (code.size() < 6 || code.size() > 18 || !AllDigits(code)) return false;
  // The multiplication of the dihedral group D5, and Verhoeff's permutation of the digits, applied once more for each place.
  constexpr int kProduct[10][10] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
                                    {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
                                    {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
                                    {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
                                    {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
  constexpr int kPermutation[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  int check = 0;
  for (size_t place = 0; place < code.size(); ++place) {
    int digit = code[code.size() - 1 - place] - '0';
    for (size_t i = 0; i < place % 8; ++i) digit = kPermutation[digit];
    check = kProduct[check][digit];
  }
  return check == 0;
}

bool LooksLikeCode(absl::string_view uri, absl::string_view code) {
  if (uri == kIcd10 || uri == kIcd10Cm) return LooksLikeIcd10(code);
  if (uri == kIcd9Cm) return LooksLikeIcd9(code);
  if (uri == kIcdO3) return LooksLikeIcdO3(code);
  if (uri == kCpt) return LooksLikeCpt(code);
  if (uri == kRxNorm) return AllDigits(code);
  if (uri == kRadLex) return (absl::ConsumePrefix(&code, "RID") || absl::ConsumePrefix(&code, "RPID")) && AllDigits(code);
  if (uri == kLoinc) return LooksLikeLoinc(code, "LA") || HasValidLoincCheckDigit(code);
  if (uri == kSnomed) return HasValidSnomedCheckDigit(code);
  return true;
}

WrongForm FindWrongForm(absl::string_view uri, absl::string_view code) {
  if (uri == kLoinc) return FindWrongLoinc(code);
  if (uri == kSnomed) return FindWrongSnomed(code);
  if (LooksLikeCode(uri, code)) return {};
  WrongForm wrong = {absl::StrCat("`", code, "` is no code of its system, `", uri, "`"), ""};
  if (HasValidLoincCheckDigit(code)) wrong.suggestion = "it looks like one of `loinc`";
  if (LooksLikeIcd10(code) && absl::StrContains(code, '.')) wrong.suggestion = "it looks like one of `icd10cm`";
  return wrong;
}

bool CanNameAnObservation(absl::string_view uri, absl::string_view code) {
  return !NestsByPrefix(uri) && uri != kInterpretation && uri != kUcum && !(uri == kLoinc && absl::StartsWith(code, "LA"));
}

}  // namespace resultgate::valueset
