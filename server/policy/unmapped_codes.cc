#include "server/policy/unmapped_codes.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {
namespace {

// As a field of a table; a line of it never ends within one.
std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}, {"\n", " "}, {"\r", " "}}), "\"");
}

bool CouldBeACode(const UnmappedCode& code) {
  if (valueset::SystemUri(code.system).empty()) return false;
  if (std::any_of(code.code.begin(), code.code.end(), [](unsigned char c) { return absl::ascii_isspace(c); })) return false;
  return code.system != valueset::SystemUri("loinc") || valueset::HasValidLoincCheckDigit(code.code);
}

}  // namespace

UnmappedCodes::UnmappedCodes(const Pack& pack) {
  for (const std::string& name : pack.used_value_sets()) used_.push_back(pack.value_sets().Find(name));
}

void UnmappedCodes::Add(const v1::DiagnosticReport& report) {
  Add(report.code());
  for (const v1::Observation& observation : report.observations()) Add(observation.code());
}

void UnmappedCodes::Add(const v1::CodeableConcept& codeable_concept) {
  if (codeable_concept.codings().empty()) return;
  ++seen_;
  const auto holds = [&](const valueset::ValueSet* set) { return set->Contains(codeable_concept); };
  if (std::any_of(used_.begin(), used_.end(), holds)) return;
  ++unmapped_;
  for (const v1::Coding& coding : codeable_concept.codings()) {
    if (coding.code().empty()) continue;
    UnmappedCode& code = codes_[{coding.system(), coding.code()}];
    code.system = coding.system();
    code.code = coding.code();
    if (code.display.empty()) code.display = coding.display().empty() ? codeable_concept.text() : coding.display();
    ++code.count;
  }
}

std::vector<UnmappedCode> UnmappedCodes::ByVolume() const {
  std::vector<UnmappedCode> codes;
  for (const auto& [key, code] : codes_) codes.push_back(code);
  std::stable_sort(codes.begin(), codes.end(), [](const UnmappedCode& a, const UnmappedCode& b) { return a.count > b.count; });
  return codes;
}

std::string ToValueSetCsv(const std::vector<UnmappedCode>& codes) {
  std::string text =
      "# name: unmapped-codes\n# title: Codes that no rule knows yet\n# source: the messages that were looked at\n# version: 1\n"
      "# license: see each code system\n"
      "# Keep the rows of one class of tests, say so above, and name the set in a rule.\n"
      "system,code,display\n";
  for (const UnmappedCode& code : codes) {
    const std::string display = code.display.empty() ? code.code : code.display;
    const std::string row = absl::StrCat(Quoted(code.system), ",", Quoted(code.code), ",", Quoted(display));
    absl::StrAppend(&text, CouldBeACode(code) ? "" : "# no code of its system - ", row, "\n");
  }
  return text;
}

}  // namespace resultgate::policy
