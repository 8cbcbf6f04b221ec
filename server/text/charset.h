// Characters: bytes in a named character set to UTF-8. Pure functions, thread-safe.
#ifndef RESULTGATE_TEXT_CHARSET_H_
#define RESULTGATE_TEXT_CHARSET_H_

#include <string>

#include "absl/strings/string_view.h"

namespace resultgate::text {

// True if `bytes` are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
bool IsUtf8(absl::string_view bytes);

struct Decoded {
  // Always well-formed UTF-8; each invalid sequence became one U+FFFD.
  std::string utf8;
  // How many sequences were invalid: what they said is lost.
  int replaced = 0;
  // False if ICU has no such character set: the bytes were then read as UTF-8.
  bool known = true;
};

// Reads `bytes` in the character set that ICU calls `name` (`UTF-8`, `ISO-8859-1`, `Shift_JIS`, `UTF-16`, …).
Decoded Decode(absl::string_view bytes, absl::string_view name);

}  // namespace resultgate::text

#endif  // RESULTGATE_TEXT_CHARSET_H_
