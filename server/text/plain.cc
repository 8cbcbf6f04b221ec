#include "server/text/plain.h"

#include <unicode/locid.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

namespace resultgate::text {
namespace {

constexpr UChar32 kReplacement = 0xFFFD;
constexpr size_t kLongestLanguageTag = 35;  // RFC 5646 section 4.4.1: what every reader must be able to keep

bool IsSpace(UChar32 c) {
  return c == '\t' || c == '\n' || c == '\r' || c == ' ' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool IsLeftOut(UChar32 c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || (c >= 0x200B && c <= 0x200F && c != 0x200C && c != 0x200D) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || U_IS_UNICODE_NONCHAR(c);
}

void Append(UChar32 c, std::string* text) {
  char bytes[U8_MAX_LENGTH];
  int32_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, c);
  text->append(bytes, static_cast<size_t>(length));
}

// Printable, with single spaces inside only: as it should be. Most lines are.
bool IsPlainAscii(absl::string_view bytes) {
  char before = ' ';
  for (const char c : bytes) {
    if (c < ' ' || c > '~' || (c == ' ' && before == ' ')) return false;
    before = c;
  }
  return before != ' ' || bytes.empty();
}

}  // namespace

Plain PlainLine(absl::string_view bytes, size_t most) {
  Plain plain;
  if (bytes.size() <= most && IsPlainAscii(bytes)) {
    plain.text.assign(bytes.data(), bytes.size());
    return plain;
  }
  size_t characters = 0;
  bool space_before = true;  // at the beginning: leading spaces go
  const auto length = static_cast<int32_t>(std::min<size_t>(bytes.size(), 1 << 20));
  for (int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U8_NEXT(bytes.data(), i, length, c);
    if (c < 0) c = kReplacement;
    const bool space = IsSpace(c);
    if ((space && space_before) || (!space && IsLeftOut(c))) continue;
    if (characters == most) {
      if (space) continue;
      plain.cut = true;
      break;
    }
    space_before = space;
    ++characters;
    if (space) {
      plain.text += ' ';
    } else {
      Append(c, &plain.text);
    }
  }
  while (!plain.text.empty() && plain.text.back() == ' ') plain.text.pop_back();
  if (plain.cut) plain.text += "…";
  return plain;
}

std::string Isolate(absl::string_view text) {
  // A text without a letter takes the direction of what surrounds it, which would turn `70 - 99` round: it is set by hand.
  bool has_letter = false;
  const auto length = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < length && !has_letter;) {
    UChar32 c = 0;
    U8_NEXT(text.data(), i, length, c);
    has_letter = c >= 0 && u_isalpha(c);
  }
  const absl::string_view first_strong = "\u2068", left_to_right = "\u2066", pop = "\u2069";
  std::string isolated(has_letter ? first_strong : left_to_right);
  isolated.append(text.data(), text.size());
  isolated.append(pop.data(), pop.size());
  return isolated;
}

bool IsRightToLeft(absl::string_view language_tag) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Locale locale =
      icu::Locale::forLanguageTag(icu::StringPiece(language_tag.data(), static_cast<int32_t>(language_tag.size())), error);
  return U_SUCCESS(error) && locale.isRightToLeft();
}

std::string CanonicalLanguage(absl::string_view tag) {
  if (tag.empty() || tag.size() > kLongestLanguageTag) return "";
  std::string hyphenated(tag);
  std::replace(hyphenated.begin(), hyphenated.end(), '_', '-');
  UErrorCode error = U_ZERO_ERROR;
  const icu::Locale locale = icu::Locale::forLanguageTag(hyphenated, error);
  if (U_FAILURE(error) || locale.isBogus()) return "";
  std::string canonical = locale.toLanguageTag<std::string>(error);
  if (U_FAILURE(error) || canonical == "und") return "";
  return canonical;
}

std::vector<std::string> LanguageLookup(absl::string_view canonical_tag) {
  std::vector<std::string> tags;
  std::string tag(canonical_tag);
  while (!tag.empty()) {
    tags.push_back(tag);
    size_t end = tag.rfind('-');
    if (end == std::string::npos) break;
    // A single letter introduces what follows it, so it goes with it.
    if (end >= 2 && tag[end - 2] == '-') end -= 2;
    tag.resize(end);
  }
  return tags;
}

}  // namespace resultgate::text
