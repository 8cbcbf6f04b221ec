// Text of others, made fit to stand inside text of ours; and language tags. Pure functions, thread-safe.
#ifndef RESULTGATE_TEXT_PLAIN_H_
#define RESULTGATE_TEXT_PLAIN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::text {

struct Plain {
  std::string text;
  bool cut = false;  // more than `most` characters: `text` is the beginning, ended by an ellipsis
};

// One line of valid UTF-8 from any bytes: broken bytes become U+FFFD; line ends and tabs become a space; control characters,
// marks that turn the direction of writing (U+061C, U+200E/F, U+202A-E, U+2066-9), invisible ones (U+200B, U+2060-4, U+FEFF) and
// noncharacters are left out; spaces at both ends and repeated ones go. Letters, digits, signs and markup stay as they are.
Plain PlainLine(absl::string_view bytes, size_t most);

// `text` between U+2068 and U+2069: a reader's program lays it out by its own direction, whatever stands around it (Unicode
// Standard Annex 9). A number with its unit or a range of numbers counts as left to right.
std::string Isolate(absl::string_view text);

// True if the language is written from right to left.
bool IsRightToLeft(absl::string_view language_tag);

// The tag in its usual writing (`es-MX` for `ES_mx`, `es` for `spa`), or empty if it is no BCP 47 tag that ICU can read.
std::string CanonicalLanguage(absl::string_view tag);

// The tag and its shorter forms, longest first, as RFC 4647 section 3.4 looks them up: `es-Latn-MX`, `es-Latn`, `es`.
std::vector<std::string> LanguageLookup(absl::string_view canonical_tag);

}  // namespace resultgate::text

#endif  // RESULTGATE_TEXT_PLAIN_H_
