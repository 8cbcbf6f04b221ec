#include "server/comment/check.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/comment/template.h"
#include "server/nextstep/next_step.h"
#include "server/text/readability.h"

namespace resultgate::comment {
namespace {

using base::FileIssue;
using base::FileIssues;

constexpr size_t kFewestDigitsOfANumber = 7;
constexpr size_t kLongestQuote = 160;

// What a wording is rendered with to be measured: one result of one, and some of many, because plurals differ.
struct Sample {
  int64_t count;
  int64_t total;
};
constexpr Sample kSamples[] = {{1, 1}, {2, 5}};

bool HasMeasure(absl::string_view language) {
  return absl::StartsWith(language, "en") || absl::StartsWith(language, "es");
}

std::string Quote(absl::string_view sentence) {
  if (sentence.size() <= kLongestQuote) return absl::StrCat("“", sentence, "”");
  size_t end = kLongestQuote;
  while (end > 0 && (static_cast<unsigned char>(sentence[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat("“", sentence.substr(0, end), "…”");
}

// `value`, `values`; `elevado`, `elevada`, `elevados`, `elevadas`.
bool IsFormOf(absl::string_view word, absl::string_view base) {
  if (word == base) return true;
  if (!absl::ConsumePrefix(&word, absl::EndsWith(base, "o") ? base.substr(0, base.size() - 1) : base)) return false;
  return word == "s" || word == "es" ||
         (absl::EndsWith(base, "o") && (word == "o" || word == "a" || word == "os" || word == "as"));
}

// True if `words` has `phrase`, its last word in any form.
bool HasPhrase(const std::vector<std::string>& words, const std::vector<std::string>& phrase) {
  for (size_t i = 0; !phrase.empty() && i + phrase.size() <= words.size(); ++i) {
    size_t k = 0;
    while (k + 1 < phrase.size() && words[i + k] == phrase[k]) ++k;
    if (k + 1 == phrase.size() && IsFormOf(words[i + k], phrase[k])) return true;
  }
  return false;
}

// The names that a language's text has in capitals, as `TSH`, `A1C` or `HbA1c`.
std::set<std::string> Abbreviations(absl::string_view text) {
  std::set<std::string> found;
  size_t i = 0;
  while (i < text.size()) {
    size_t end = i;
    int capitals = 0;
    while (end < text.size() && absl::ascii_isalnum(text[end])) capitals += absl::ascii_isupper(text[end++]) ? 1 : 0;
    // A letter that is not ASCII belongs to a word that is no abbreviation.
    const bool whole = (i == 0 || static_cast<unsigned char>(text[i - 1]) < 0x80 || text[i - 1] == '\x9C') &&
                       (end == text.size() || static_cast<unsigned char>(text[end]) < 0x80 || text[end] == '\xE2');
    if (capitals >= 2 && whole) found.emplace(text.substr(i, end - i));
    i = std::max(end, i + 1);
  }
  return found;
}

// `thyroid-stimulating hormone (TSH)`, or `TSH (a hormone that …)`.
bool IsExplained(absl::string_view text, const std::string& abbreviation) {
  return absl::StrContains(text, absl::StrCat("(", abbreviation, ")")) ||
         absl::StrContains(text, absl::StrCat(abbreviation, " ("));
}

size_t MostDigitsInARow(absl::string_view text) {
  size_t most = 0, now = 0;
  for (const char c : text) {
    if (absl::ascii_isdigit(c)) {
      most = std::max(most, ++now);
    } else if (!absl::StrContains(" -.()+", absl::string_view(&c, 1))) {
      now = 0;
    }
  }
  return most;
}

std::set<std::string> ArgumentsOf(const Pattern& pattern) {
  std::set<std::string> names;
  if (pattern.message() == nullptr) return names;
  for (const text::Message::Argument& argument : pattern.message()->arguments()) names.insert(argument.name);
  return names;
}

class Checker {
 public:
  Checker(const Templates& templates, absl::CivilDay today, FileIssues* issues)
      : templates_(templates), today_(today), issues_(*issues) {}

  void Check() {
    const bool any_signed = std::any_of(templates_.templates.begin(), templates_.templates.end(), [](const Template& made) {
      return std::any_of(made.translations.begin(), made.translations.end(),
                         [](const Translation& translation) { return translation.sign_off.has_value(); });
    });
    if (!any_signed && !templates_.templates.empty()) {
      Add(FileIssue::Severity::kWarning, {templates_.languages.front().file, 0, 0}, "sign-off",
          "no template is signed off: patients see them in development mode only", "see README.md, Sign off");
    }
    for (const SharedWords& words : templates_.languages) CheckShared(words);
    for (const Template& made : templates_.templates) {
      for (size_t i = 0; i < made.translations.size(); ++i) {
        const Translation& translation = made.translations[i];
        if (!translation.exists) continue;
        if (any_signed) CheckSignOff(translation, templates_.languages[i].tag);
        if (translation.title.empty())
          Error(translation.place, "title", "the comment has no `title`", "write the heading that a patient reads");
        for (const VariantInfo& info : kVariants) CheckWording(made, translation, info, templates_.languages[i]);
      }
      CheckArguments(made);
    }
  }

 private:
  void Add(FileIssue::Severity severity, const base::Place& place, absl::string_view check, absl::string_view message,
           std::string suggestion) {
    std::string text = absl::StrCat("[", check, "] ", message);
    // What stands in `common` is met in every variant.
    if (!said_.insert(absl::StrCat(place.file, ":", place.line, ":", place.column, " ", text)).second) return;
    issues_.push_back({severity, place, std::move(text), std::move(suggestion), ""});
  }
  void Error(const base::Place& place, absl::string_view check, absl::string_view message, std::string suggestion) {
    Add(FileIssue::Severity::kError, place, check, message, std::move(suggestion));
  }

  static std::vector<text::Message::NamedValue> Arguments(const SharedWords& words, const Sample& sample,
                                                          const v1::NextStep& step) {
    return {{"test", words.this_test},
            {"count", sample.count},
            {"total", sample.total},
            {"days", static_cast<int64_t>(step.within_days())},
            {"clinic_phone", "911"},
            {"after_hours_phone", "911"},
            {"emergency_number", "911"},
            {"answer_days", int64_t{2}},
            {"expected_by", absl::CivilDay(2026, 3, 11)}};
  }

  void CheckSignOff(const Translation& translation, const std::string& language) {
    if (!translation.sign_off) {
      return Error(translation.place, "sign-off", absl::StrCat("nobody signed it off in `", language, "`"),
                   absl::StrCat("when it is read, add to template.yaml: sign_off: {", language,
                                ": {role: …, date: …, next_review: …, digest: ", translation.digest, "}}"));
    }
    if (!translation.signed_off) {
      Error(translation.sign_off->place, "sign-off",
            absl::StrCat("the text in `", language, "` is not the one that was signed off"),
            absl::StrCat("read it again, then write `digest: ", translation.digest, "`"));
    }
    if (translation.sign_off->next_review < today_) {
      Error(translation.sign_off->place, "sign-off",
            absl::StrCat("the review of `", language, "` was due on ", absl::FormatCivilTime(translation.sign_off->next_review)),
            "read it again and sign it anew");
    }
  }

  void CheckShared(const SharedWords& words) {
    std::vector<const Pattern*> patterns = {&words.contact};
    for (const Pattern& pattern : words.results) {
      if (!pattern.empty()) patterns.push_back(&pattern);
    }
    patterns.push_back(&words.no_verdict);
    for (const Pattern& pattern : words.next_steps) patterns.push_back(&pattern);
    std::string all;
    for (const Pattern* pattern : patterns) {
      CheckLists(*pattern, words, {}, "the shared words", false);
      if (const auto text = pattern->Render(Arguments(words, kSamples[1], {})); text.ok()) absl::StrAppend(&all, *text, " ");
    }
    absl::StrAppend(&all, words.for_others, " ", words.letter_opening, " ", words.letter_closing);
    // Measured together: by itself each is too short to be.
    CheckReading(all, words, {}, {words.file, 1, 1}, "the shared words");
  }

  void CheckWording(const Template& made, const Translation& translation, const VariantInfo& info, const SharedWords& words) {
    const auto at = static_cast<size_t>(info.variant);
    const Wording& wording = translation.wordings[at];
    if (!wording.written) return;
    const std::string what = absl::StrCat("`", info.name, "` in `", words.tag, "`");
    std::string worst;
    for (const Sample& sample : kSamples) {
      std::string text;
      for (size_t i = 0; i < kSectionCount; ++i) {
        const Pattern& pattern = wording.sections[i];
        if (pattern.empty() || pattern.place().file == words.file) continue;  // the shared words are measured by themselves
        const auto rendered = pattern.Render(Arguments(words, sample, made.next_steps[at]));
        if (rendered.ok()) absl::StrAppend(&text, text.empty() ? "" : " ", *rendered);
      }
      if (IsHarder(text, worst, words.tag, made.exempt_terms)) worst = std::move(text);
    }
    CheckReading(worst, words, made.exempt_terms, wording.place, what);
    CheckAbbreviations(absl::StrCat(translation.title, " ", worst), words, wording.place, what);
    for (size_t i = 0; i < kSectionCount; ++i) {
      const Pattern& pattern = wording.sections[i];
      if (!pattern.empty()) CheckLists(pattern, words, made.exempt_terms, what, !IsReassuring(info.variant));
    }
    CheckNextStep(made.next_steps[at], wording.sections[static_cast<size_t>(Section::kToDo)]);
  }

  static bool IsHarder(const std::string& text, const std::string& than, absl::string_view language,
                       const std::vector<std::string>& exempt) {
    if (than.empty()) return true;
    const text::Reading a = text::Read(text, language, exempt), b = text::Read(than, language, exempt);
    return text::FleschKincaidGrade(a) > text::FleschKincaidGrade(b);
  }

  void CheckReading(const std::string& text, const SharedWords& words, const std::vector<std::string>& exempt,
                    const base::Place& place, absl::string_view what) {
    const ReadingLevel level = ReadingLevelOf(text, words.tag, exempt);
    if (!level.easy) {
      Error(place, "reading-level", absl::StrCat(what, " reads at ", level.measures),
            absl::StrCat("shorten ", Quote(level.hardest), ", or choose shorter words"));
    }
    const int longest = HasMeasure(words.tag) ? kLongestSentence : kLongestUnmeasuredSentence;
    for (const text::SentenceCount& sentence : text::Read(text, words.tag, exempt).sentences) {
      if (sentence.words <= longest) continue;
      Error(place, "sentence-length", absl::StrCat(what, " has a sentence of ", sentence.words, " words: ", Quote(sentence.text)),
            absl::StrCat("at most ", longest, "; make two of it"));
    }
  }

  void CheckAbbreviations(const std::string& text, const SharedWords& words, const base::Place& place, absl::string_view what) {
    for (const std::string& abbreviation : Abbreviations(text)) {
      const auto& known = words.checks.known_abbreviations;
      if (std::find(known.begin(), known.end(), abbreviation) != known.end() || IsExplained(text, abbreviation)) continue;
      Error(place, "abbreviation", absl::StrCat(what, " does not explain `", abbreviation, "`"),
            absl::StrCat("write what it is and `(", abbreviation, ")` after it"));
    }
  }

  // What the language's lists name, in one section.
  void CheckLists(const Pattern& pattern, const SharedWords& words, const std::vector<std::string>& exempt,
                  absl::string_view what, bool may_not_reassure) {
    if (MostDigitsInARow(pattern.source()) >= kFewestDigitsOfANumber) {
      Error(pattern.place(), "telephone", "a wording has a telephone number", "sites differ: use `{clinic_phone}` or the like");
    }
    const std::vector<std::string> spoken = text::FoldedWords(pattern.source());
    for (const WordLists::Jargon& jargon : words.checks.jargon) {
      const std::vector<std::string> phrase = text::FoldedWords(jargon.word);
      const bool is_exempt =
          std::any_of(exempt.begin(), exempt.end(), [&](const std::string& term) { return text::FoldedWords(term) == phrase; });
      if (is_exempt || !HasPhrase(spoken, phrase)) continue;
      Error(pattern.place(), "jargon", absl::StrCat("`", jargon.word, "` is not an everyday word"),
            absl::StrCat("write `", jargon.instead, "`"));
    }
    for (const std::string& diagnosis : words.checks.diagnosis) {
      if (!HasPhrase(spoken, text::FoldedWords(diagnosis))) continue;
      Error(pattern.place(), "diagnosis", absl::StrCat("`", diagnosis, "` states a diagnosis"),
            "a comment says what the value can go with, never what the patient has");
    }
    if (!may_not_reassure) return;
    for (const std::string& comfort : words.checks.reassurance) {
      if (!HasPhrase(spoken, text::FoldedWords(comfort))) continue;
      Error(pattern.place(), "reassurance", absl::StrCat(what, " comforts: `", comfort, "`"),
            "only `normal` and `not-detected` may; whether it is harmless is for the care team to say");
    }
  }

  void CheckNextStep(const v1::NextStep& step, const Pattern& to_do) {
    if (to_do.empty()) return;  // the shared words say it, and are held to it at load
    const std::set<std::string> used = ArgumentsOf(to_do);
    const auto needs = [&](const char* argument, const char* what) {
      if (used.count(argument) > 0) return;
      Error(to_do.place(), "next-step", absl::StrCat("`to_do` says `", nextstep::ToString(step), "` but not ", what),
            absl::StrCat("use `{", argument, "}`, or leave `to_do` out"));
    };
    if (step.kind() == v1::NextStep::KIND_MESSAGE) needs("answer_days", "when the clinic answers");
    if (step.kind() == v1::NextStep::KIND_CALL) needs("clinic_phone", "whom to call");
    if (step.kind() == v1::NextStep::KIND_EMERGENCY) needs("emergency_number", "whom to call");
  }

  void CheckArguments(const Template& made) {
    for (const VariantInfo& info : kVariants) {
      for (size_t section = 0; section < kSectionCount; ++section) {
        const Pattern* first = nullptr;
        for (size_t i = 0; i < made.translations.size(); ++i) {
          const Wording& wording = made.translations[i].wordings[static_cast<size_t>(info.variant)];
          if (!wording.written) continue;
          const Pattern& pattern = wording.sections[section];
          if (first == nullptr) {
            first = &pattern;
          } else if (ArgumentsOf(*first) != ArgumentsOf(pattern)) {
            Error(pattern.empty() ? wording.place : pattern.place(), "arguments",
                  absl::StrCat("`", kSectionNames[section], "` of `", info.name, "` uses {",
                               absl::StrJoin(ArgumentsOf(pattern), ", "), "} and in another language {",
                               absl::StrJoin(ArgumentsOf(*first), ", "), "}"),
                  "every language says the same");
          }
        }
      }
    }
  }

  const Templates& templates_;
  const absl::CivilDay today_;
  FileIssues& issues_;
  std::set<std::string> said_;
};

}  // namespace

ReadingLevel ReadingLevelOf(absl::string_view text, absl::string_view language, const std::vector<std::string>& exempt) {
  ReadingLevel level;
  const text::Reading reading = text::Read(text, language, exempt);
  if (reading.words == 0 || !HasMeasure(language)) return level;
  if (absl::StartsWith(language, "en")) {
    const double grade = text::FleschKincaidGrade(reading);
    level.easy = grade <= kHighestGrade;
    level.measures = absl::StrFormat("grade %.1f (Flesch-Kincaid; SMOG %.1f)", grade, text::SmogGrade(reading));
  } else {
    const double ease = text::FernandezHuerta(reading), inflesz = text::SzigrisztPazos(reading);
    level.easy = ease >= kLowestFernandezHuerta && inflesz > kLowestInflesz;
    level.measures = absl::StrFormat("%.0f of 100 (Fernández Huerta; INFLESZ %.0f, %s)", ease, inflesz, text::Inflesz(inflesz));
  }
  if (!level.easy) level.hardest = reading.sentences[static_cast<size_t>(text::HardestSentence(reading))].text;
  return level;
}

void CheckWordings(const Library& library, absl::CivilDay today, FileIssues* issues) {
  Checker(library.templates(), today, issues).Check();
}

}  // namespace resultgate::comment
