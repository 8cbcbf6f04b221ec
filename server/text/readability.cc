#include "server/text/readability.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/ascii.h"

namespace resultgate::text {
namespace {

constexpr int kPolysyllable = 3;

std::string ToUtf8(const icu::UnicodeString& text) {
  std::string utf8;
  return text.toUTF8String(utf8);
}

// Line feeds become spaces: a line's end is no sentence's.
icu::UnicodeString OneLine(absl::string_view utf8) {
  icu::UnicodeString text = icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size())));
  for (int32_t i = 0; i < text.length(); ++i) {
    if (text[i] == '\n' || text[i] == '\r') text.setCharAt(i, ' ');
  }
  return text;
}

bool IsWordCharacter(UChar32 c) {
  return u_isalnum(c) || c == 0x2019 || c == '\'' || c == '-' || c == 0x2010 || c == 0x2011 ||
         u_charType(c) == U_NON_SPACING_MARK;
}

// The words of a sentence, as white space parts them: `well-balanced` and `it’s` are one each, `…` and `-` none.
std::vector<icu::UnicodeString> Words(const icu::UnicodeString& sentence) {
  std::vector<icu::UnicodeString> words;
  icu::UnicodeString word;
  bool has_letter = false;
  const auto end_word = [&] {
    if (has_letter) words.push_back(word);
    word.remove();
    has_letter = false;
  };
  for (int32_t i = 0; i < sentence.length();) {
    const UChar32 c = sentence.char32At(i);
    i += U16_LENGTH(c);
    if (u_isUWhiteSpace(c) || c == 0x2014 || c == '/') {
      end_word();
    } else if (IsWordCharacter(c)) {
      word.append(c);
      has_letter = has_letter || u_isalnum(c);
    }
  }
  end_word();
  return words;
}

int SyllablesOf(const std::string& word, absl::string_view language) {
  return language.substr(0, 2) == "es" ? SpanishSyllables(word) : EnglishSyllables(word);
}

double PerWord(int count, const Reading& reading) {
  return static_cast<double>(count) / reading.words;
}
double WordsPerSentence(const Reading& reading) {
  return static_cast<double>(reading.words) / static_cast<double>(reading.sentences.size());
}

}  // namespace

Reading Read(absl::string_view utf8, absl::string_view language, const std::vector<std::string>& exempt) {
  Reading reading;
  const icu::UnicodeString text = OneLine(utf8);
  std::vector<std::vector<icu::UnicodeString>> exempt_terms;
  for (const std::string& term : exempt) {
    exempt_terms.push_back(Words(icu::UnicodeString::fromUTF8(term)));
    for (icu::UnicodeString& word : exempt_terms.back()) word.foldCase();
  }
  UErrorCode error = U_ZERO_ERROR;
  const std::string tag(language);
  const std::unique_ptr<icu::BreakIterator> breaks(icu::BreakIterator::createSentenceInstance(icu::Locale(tag.c_str()), error));
  if (U_FAILURE(error)) return reading;
  breaks->setText(text);
  for (int32_t begin = breaks->first(), end = breaks->next(); end != icu::BreakIterator::DONE;
       begin = end, end = breaks->next()) {
    const icu::UnicodeString piece = text.tempSubStringBetween(begin, end);
    const std::vector<icu::UnicodeString> words = Words(piece);
    if (words.empty()) continue;
    SentenceCount sentence;
    sentence.text = std::string(absl::StripAsciiWhitespace(ToUtf8(piece)));
    for (size_t i = 0; i < words.size();) {
      size_t exempt_words = 0;
      for (const std::vector<icu::UnicodeString>& term : exempt_terms) {
        bool all = !term.empty() && i + term.size() <= words.size();
        for (size_t k = 0; all && k < term.size(); ++k) all = icu::UnicodeString(words[i + k]).foldCase() == term[k];
        if (all) exempt_words = std::max(exempt_words, term.size());
      }
      const int syllables = exempt_words > 0 ? 1 : SyllablesOf(ToUtf8(words[i]), language);
      ++sentence.words;
      sentence.syllables += syllables;
      sentence.polysyllables += syllables >= kPolysyllable ? 1 : 0;
      i += std::max<size_t>(exempt_words, 1);
    }
    reading.words += sentence.words;
    reading.syllables += sentence.syllables;
    reading.polysyllables += sentence.polysyllables;
    reading.sentences.push_back(std::move(sentence));
  }
  return reading;
}

std::vector<std::string> FoldedWords(absl::string_view utf8) {
  std::vector<std::string> folded;
  for (icu::UnicodeString& word : Words(OneLine(utf8))) folded.push_back(ToUtf8(word.foldCase()));
  return folded;
}

double FleschKincaidGrade(const Reading& reading) {
  if (reading.words == 0) return 0;
  return 0.39 * WordsPerSentence(reading) + 11.8 * PerWord(reading.syllables, reading) - 15.59;
}

double SmogGrade(const Reading& reading) {
  if (reading.words == 0) return 0;
  return 1.043 * std::sqrt(30.0 * reading.polysyllables / static_cast<double>(reading.sentences.size())) + 3.1291;
}

double FernandezHuerta(const Reading& reading) {
  if (reading.words == 0) return 0;
  return 206.84 - 60 * PerWord(reading.syllables, reading) - 1.02 * WordsPerSentence(reading);
}

double SzigrisztPazos(const Reading& reading) {
  if (reading.words == 0) return 0;
  return 206.835 - 62.3 * PerWord(reading.syllables, reading) - WordsPerSentence(reading);
}

const char* Inflesz(double szigriszt_pazos) {
  if (szigriszt_pazos > 80) return "muy fácil";
  if (szigriszt_pazos > 65) return "bastante fácil";
  if (szigriszt_pazos > 55) return "normal";
  return szigriszt_pazos > 40 ? "algo difícil" : "muy difícil";
}

int HardestSentence(const Reading& reading) {
  int hardest = -1;
  double most = 0;
  for (size_t i = 0; i < reading.sentences.size(); ++i) {
    const SentenceCount& sentence = reading.sentences[i];
    // What it adds to a mean: long sentences and long words alike, by their weights in Flesch-Kincaid.
    const double hard = 0.39 * sentence.words + 11.8 * sentence.syllables / sentence.words;
    if (hardest < 0 || hard > most) {
      hardest = static_cast<int>(i);
      most = hard;
    }
  }
  return hardest;
}

}  // namespace resultgate::text
