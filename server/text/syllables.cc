// Syllables of English and Spanish words. See readability.h.
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/text/readability.h"

namespace resultgate::text {
namespace {

// What the rules below get wrong, of words that such texts use.
const absl::flat_hash_map<std::string, int>& Exceptions() {
  static const auto* const words = new absl::flat_hash_map<std::string, int>{
      {"actually", 4},      {"anemia", 4},    {"annual", 3},   {"area", 3},      {"bacteria", 4}, {"being", 2},
      {"business", 2},      {"client", 2},    {"clothes", 1},  {"coworkers", 3}, {"create", 2},   {"creatinine", 4},
      {"creative", 3},      {"diabetes", 4},  {"diabetic", 4}, {"diet", 2},      {"doing", 2},    {"evaluate", 4},
      {"every", 3},         {"everyone", 4},  {"fluid", 2},    {"going", 2},     {"gradual", 3},  {"idea", 3},
      {"interesting", 3},   {"valuable", 3},  {"iodine", 3},   {"leukemia", 4},  {"lion", 2},     {"manual", 3},
      {"marriage", 2},      {"medicine", 3},  {"people", 2},   {"period", 3},    {"poem", 2},     {"quiet", 2},
      {"real", 1},          {"really", 2},    {"riot", 2},     {"ruin", 2},      {"science", 2},  {"seeing", 2},
      {"something", 2},     {"sometimes", 2}, {"someone", 2},  {"somewhere", 2}, {"thyroid", 2},  {"triglyceride", 4},
      {"triglycerides", 4}, {"trying", 2},    {"urea", 3},     {"usual", 3},     {"usually", 4},  {"whole", 1},
      {"everything", 4},    {"cupboards", 2}};
  return *words;
}

bool IsVowel(char c) {
  return absl::StrContains("aeiouy", absl::string_view(&c, 1));
}
bool IsIn(char c, absl::string_view set) {
  return absl::StrContains(set, absl::string_view(&c, 1));
}
// The letter `back` from the end is a consonant that is there.
bool ConsonantAt(const std::string& word, size_t back) {
  return word.size() >= back && !IsVowel(word[word.size() - back]);
}

// `e` before one of these is silent where a consonant stands before it: `safely`, `statement`.
constexpr absl::string_view kSuffixes[] = {"ly",   "less",  "ful",   "ness", "ment", "ments",
                                           "some", "where", "thing", "time", "times"};

bool HasSilentInnerE(const std::string& word) {
  return std::any_of(std::begin(kSuffixes), std::end(kSuffixes), [&](absl::string_view suffix) {
    return word.size() > suffix.size() + 2 && absl::EndsWith(word, suffix) && word[word.size() - suffix.size() - 1] == 'e' &&
           !IsVowel(word[word.size() - suffix.size() - 2]);
  });
}

// Takes a silent `e` off the end: of `value`, `likes`, `marked`; not of `little`, `puzzles`, `wanted`.
void DropSilentEnd(std::string* word) {
  const size_t size = word->size();
  if (size < 3) return;
  const bool sounded_l = ConsonantAt(*word, size >= 4 ? 4 : size + 1);
  if (absl::EndsWith(*word, "es") && ConsonantAt(*word, 3)) {
    const char before = (*word)[size - 3];
    const bool hisses = IsIn(before, "szxcg") || absl::EndsWith(*word, "ches") || absl::EndsWith(*word, "shes");
    const bool puzzles = before == 'l' && size >= 4 && sounded_l;
    if (!hisses && !puzzles) *word = word->substr(0, size - 2) + "#";
  } else if (absl::EndsWith(*word, "ed") && ConsonantAt(*word, 3)) {
    const char before = (*word)[size - 3];
    const bool puzzled = IsIn(before, "lr") && size >= 4 && ConsonantAt(*word, 4) && !IsIn((*word)[size - 4], "lr");
    if (!IsIn(before, "td") && !puzzled) *word = word->substr(0, size - 2) + "#";
  } else if (word->back() == 'e' && ConsonantAt(*word, 2)) {
    const bool little = (*word)[size - 2] == 'l' && ConsonantAt(*word, 3) && !IsIn((*word)[size - 3], "lr");
    if (!little) word->pop_back();
  }
}

// Neighbouring vowels that belong to two syllables.
int SplitVowels(const std::string& word) {
  int more = 0;
  for (size_t i = 0; i + 1 < word.size(); ++i) {
    const absl::string_view pair = absl::string_view(word).substr(i, 2);
    const absl::string_view rest = absl::string_view(word).substr(i + 2);
    const char before = i > 0 ? word[i - 1] : '#';
    bool split = false;
    if (pair == "ia" || pair == "io" || pair == "iu" || pair == "eo") {
      // Not in `nation`, `special`, `region`, `carriage`, `people`.
      split = !IsIn(before, "tscgx") && !(pair == "ia" && absl::StartsWith(rest, "ge")) &&
              !(pair == "eo" && absl::StartsWith(rest, "pl"));
    } else if (pair == "ua" || pair == "uo") {
      split = !IsIn(before, "qgs");
    } else if (pair == "ea") {
      split = absl::StartsWith(rest, "te") || absl::StartsWith(rest, "ti") || absl::StartsWith(rest, "ct");
    } else if (pair == "ie") {
      split = (absl::StartsWith(rest, "t") || absl::StartsWith(rest, "nce") || absl::StartsWith(rest, "nt")) &&
              !IsIn(before, "tscgx");
    } else if (pair == "oi" || pair == "ei") {
      split = absl::StartsWith(rest, "ng");
    } else if (pair == "ui") {
      split = absl::StartsWith(rest, "ng") || absl::StartsWith(rest, "ti") || absl::StartsWith(rest, "ty");
    } else if (pair == "oe") {
      split = absl::StartsWith(rest, "t") || absl::StartsWith(rest, "m");
    } else if (pair == "yi") {
      split = true;
    } else if (pair == "ye") {
      split = !rest.empty() && !IsVowel(rest[0]);
    }
    if (split) {
      ++more;
      ++i;
    }
  }
  return more;
}

}  // namespace

int EnglishSyllables(absl::string_view written) {
  std::string word;
  absl::ConsumeSuffix(&written, "'s") || absl::ConsumeSuffix(&written, "’s") || absl::ConsumeSuffix(&written, "'");
  for (const char c : written) {
    if (c >= 'A' && c <= 'Z') word += static_cast<char>(c - 'A' + 'a');
    if (c >= 'a' && c <= 'z') word += c;
  }
  if (word.empty()) return written.empty() ? 0 : 1;
  if (const auto known = Exceptions().find(word); known != Exceptions().end()) return known->second;
  int count = HasSilentInnerE(word) ? -1 : 0;
  DropSilentEnd(&word);
  bool in_group = false;
  for (const char c : word) {
    const bool vowel = IsVowel(c);
    if (vowel && !in_group) ++count;
    in_group = vowel;
  }
  return std::max(1, count + SplitVowels(word));
}

// Every strong vowel (a, e, o) and every weak one with an accent is a syllable's; i and u beside one of those are not. The u of
// que, qui, gue and gui is silent; y is a vowel at the end of a word.
int SpanishSyllables(absl::string_view word) {
  enum class Sound { kConsonant, kStrong, kWeak };
  const auto length = static_cast<int32_t>(word.size());
  std::vector<UChar32> letters;
  for (int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U8_NEXT(word.data(), i, length, c);
    if (c >= 0 && u_isalpha(c)) letters.push_back(u_tolower(c));
  }
  if (letters.empty()) return word.empty() ? 0 : 1;
  const auto is = [](UChar32 c, const char32_t* set) {
    for (; *set != 0; ++set) {
      if (static_cast<char32_t>(c) == *set) return true;
    }
    return false;
  };
  int count = 0;
  Sound before = Sound::kConsonant;
  for (size_t i = 0; i < letters.size(); ++i) {
    const UChar32 c = letters[i];
    const bool silent_u = c == 'u' && i > 0 && is(letters[i - 1], U"qg") && i + 1 < letters.size() && is(letters[i + 1], U"eiéí");
    Sound sound = Sound::kConsonant;
    if (is(c, U"aeoáéóíú")) {
      sound = Sound::kStrong;
      ++count;
      // `ia`, `ue`: the weak vowel before it had counted as one of its own.
      if (before == Sound::kWeak && !is(c, U"íú")) --count;
    } else if (!silent_u && (is(c, U"iuü") || (c == 'y' && i + 1 == letters.size()))) {
      sound = before == Sound::kStrong ? Sound::kStrong : Sound::kWeak;
      if (before == Sound::kConsonant) ++count;
      if (before == Sound::kStrong) {
        // `ai` closes its syllable; what follows begins another.
        const bool between = i + 1 < letters.size() && is(letters[i + 1], U"aeoáéó");
        sound = between ? Sound::kConsonant : Sound::kStrong;
      }
    }
    before = sound;
  }
  return std::max(1, count);
}

}  // namespace resultgate::text
