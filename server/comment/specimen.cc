#include "server/comment/specimen.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace resultgate::comment {
namespace {

// Of HL7 table 0493 (SPM-24; FHIR Specimen.condition). A sender that leaves out the table's name means these too.
constexpr absl::string_view kCodes[] = {"AUT", "CLOT", "CON", "HEM"};

// Beginnings of words.
constexpr absl::string_view kStems[] = {"hemolyz",   "hemolys", "haemolyz",   "haemolys",  "clotted",   "lipemi",
                                        "lipaemi",   "icteric", "contaminat", "hemoliz",   "hemólisis", "hemolisis",
                                        "coagulada", "lipémic", "ictéric",    "contaminad"};
// Whole phrases.
constexpr absl::string_view kPhrases[] = {" qns ",
                                          " quantity not sufficient ",
                                          " insufficient sample ",
                                          " insufficient specimen ",
                                          " insufficient quantity ",
                                          " insufficient volume ",
                                          " recollect ",
                                          " redraw ",
                                          " muestra insuficiente ",
                                          " cantidad insuficiente ",
                                          " repetir la muestra "};
constexpr absl::string_view kNegations[] = {"no", "not", "non", "without", "negative", "nor", "sin", "ni", "free"};
constexpr size_t kWordsOfNegation = 3;

// The words, in lower case where ASCII has one.
std::vector<std::string> Words(absl::string_view text) {
  return absl::StrSplit(absl::AsciiStrToLower(text), absl::ByAnyChar(" \t\r\n.,;:!?()[]/\"'-*"), absl::SkipEmpty());
}

bool IsNegated(const std::vector<std::string>& words, size_t at) {
  const size_t first = at > kWordsOfNegation ? at - kWordsOfNegation : 0;
  return std::any_of(words.begin() + static_cast<std::ptrdiff_t>(first), words.begin() + static_cast<std::ptrdiff_t>(at),
                     [](const std::string& word) {
                       return std::find(std::begin(kNegations), std::end(kNegations), word) != std::end(kNegations);
                     });
}

bool IsInDoubt(const v1::CodeableConcept& condition) {
  for (const v1::Coding& coding : condition.codings()) {
    if (std::find(std::begin(kCodes), std::end(kCodes), coding.code()) != std::end(kCodes)) return true;
    if (DoubtsSpecimen(coding.display())) return true;
  }
  return DoubtsSpecimen(condition.text());
}

}  // namespace

bool DoubtsSpecimen(absl::string_view remark) {
  if (remark.empty()) return false;
  const std::vector<std::string> words = Words(remark);
  for (size_t i = 0; i < words.size(); ++i) {
    const bool doubt = std::any_of(std::begin(kStems), std::end(kStems),
                                   [&](absl::string_view stem) { return absl::StartsWith(words[i], stem); });
    if (doubt && !IsNegated(words, i)) return true;
  }
  const std::string line = absl::StrCat(" ", absl::StrJoin(words, " "), " ");
  return std::any_of(std::begin(kPhrases), std::end(kPhrases),
                     [&](absl::string_view phrase) { return absl::StrContains(line, phrase); });
}

bool IsSpecimenInDoubt(const v1::DiagnosticReport& report) {
  const auto doubts = [](const std::string& note) { return DoubtsSpecimen(note); };
  return std::any_of(report.specimen_conditions().begin(), report.specimen_conditions().end(), IsInDoubt) ||
         std::any_of(report.notes().begin(), report.notes().end(), doubts) ||
         std::any_of(report.observations().begin(), report.observations().end(), [&](const v1::Observation& observation) {
           return std::any_of(observation.notes().begin(), observation.notes().end(), doubts);
         });
}

}  // namespace resultgate::comment
