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
// The same, of answers that no "normal" or "not detected" flag goes with.
constexpr absl::string_view kFindingStems[] = {"pos",       "detect",     "reactiv",    "abnormal",  "present", "critical",
                                               "equivocal", "indetermin", "borderline", "inconclus", "anormal", "crític",
                                               "equívoc",   "hallad",     "suspicious", "sospechos", "malign"};
constexpr absl::string_view kAnswersOfNone[] = {
    " not performed ", " not done ",  " not tested ",     " test not ", " tnp ",          " pending ",
    " invalid ",       " unable ",    " cancelled ",      " canceled ", " no result ",    " see comment ",
    " see note ",      " see below ", " see report ",     " rejected ", " insufficient ", " pendiente ",
    " no realizad",    " inválid",    " ver comentario ", " ver nota ", " rechazad",      " insuficiente "};
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
constexpr absl::string_view kNegations[] = {"no",  "not", "non",  "none",  "without", "negative", "nor",
                                            "sin", "ni",  "free", "below", "less",    "absent",   "ningún"};
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

// True if a word begins with one of the stems, and none before it in its clause says that it is not so; or if a phrase is there.
template <size_t Stems, size_t Phrases>
bool Says(absl::string_view text, const absl::string_view (&stems)[Stems], const absl::string_view (&phrases)[Phrases]) {
  if (text.empty()) return false;
  for (const absl::string_view clause : absl::StrSplit(text, absl::ByAnyChar(".;\r\n"), absl::SkipEmpty())) {
    const std::vector<std::string> words = Words(clause);
    for (size_t i = 0; i < words.size(); ++i) {
      const bool said = std::any_of(std::begin(stems), std::end(stems),
                                    [&](absl::string_view stem) { return absl::StartsWith(words[i], stem); });
      if (said && !IsNegated(words, i)) return true;
    }
    const std::string line = absl::StrCat(" ", absl::StrJoin(words, " "), " ");
    if (std::any_of(std::begin(phrases), std::end(phrases),
                    [&](absl::string_view phrase) { return absl::StrContains(line, phrase); })) {
      return true;
    }
  }
  return false;
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
  return Says(remark, kStems, kPhrases);
}

bool IsFindingOrNone(absl::string_view answer) {
  return Says(answer, kFindingStems, kAnswersOfNone);
}

bool IsSpecimenInDoubt(const v1::DiagnosticReport& report) {
  const auto doubts = [](const std::string& note) { return DoubtsSpecimen(note); };
  return std::any_of(report.specimen_conditions().begin(), report.specimen_conditions().end(), IsInDoubt) ||
         std::any_of(report.notes().begin(), report.notes().end(), doubts) ||
         std::any_of(report.observations().begin(), report.observations().end(), [&](const v1::Observation& observation) {
           return DoubtsSpecimen(observation.text()) ||
                  std::any_of(observation.notes().begin(), observation.notes().end(), doubts);
         });
}

}  // namespace resultgate::comment
