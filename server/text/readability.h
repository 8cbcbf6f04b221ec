// How hard a text is to read, by the measures that health literacy work goes by. Pure functions, thread-safe.
//
// English: Flesch-Kincaid grade (Kincaid et al. 1975) and SMOG (McLaughlin 1969). Spanish: Fernández Huerta (1959) and the scale
// INFLESZ (Barrio-Cantalejo 2008) over the Szigriszt-Pazos index (1993). For other languages there is no measure here that was
// validated for health texts: only lengths are counted.
//
// Sentences and words are ICU's. Syllables are counted by rules with a list of exceptions: of single words some are off by one,
// of texts the mean is not (tests/text/readability_test.cc has published scores).
#ifndef RESULTGATE_TEXT_READABILITY_H_
#define RESULTGATE_TEXT_READABILITY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::text {

struct SentenceCount {
  std::string text;
  int words = 0;
  int syllables = 0;
  int polysyllables = 0;  // words of three syllables or more
};

struct Reading {
  std::vector<SentenceCount> sentences;
  int words = 0;
  int syllables = 0;
  int polysyllables = 0;
};

// Counts. A line feed ends no sentence. Numbers count as words of one syllable; a word of `exempt` (case ignored; a term of
// several words too) as well: a test's name is not the author's choice.
Reading Read(absl::string_view utf8, absl::string_view language, const std::vector<std::string>& exempt = {});

// The words of a text, case folded, for comparing them.
std::vector<std::string> FoldedWords(absl::string_view utf8);

int EnglishSyllables(absl::string_view word);
int SpanishSyllables(absl::string_view word);

// 0 for a text without words.
double FleschKincaidGrade(const Reading& reading);
// Made for 30 sentences; of fewer it is an estimate.
double SmogGrade(const Reading& reading);
// 0 to 100 and beyond, higher is easier: 70 is read at a sixth-grade level.
double FernandezHuerta(const Reading& reading);
double SzigrisztPazos(const Reading& reading);
// `muy fácil` (over 80), `bastante fácil` (over 65), `normal` (over 55), `algo difícil` (over 40), `muy difícil`.
const char* Inflesz(double szigriszt_pazos);

// The same text as if it were one of its sentences: for naming the one that drives a score. -1 if there is none.
int HardestSentence(const Reading& reading);

}  // namespace resultgate::text

#endif  // RESULTGATE_TEXT_READABILITY_H_
