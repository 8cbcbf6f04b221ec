// Source text to tokens.
#ifndef RESULTGATE_EXPR_LEXER_H_
#define RESULTGATE_EXPR_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/expr/diagnostics.h"

namespace resultgate::expr {

struct Token {
  enum class Kind {
    kEnd,
    kError,       // reported already; stands where a value stood
    kIdentifier,  // names and words: `true`, `in`, `report`
    kInt,
    kUint,
    kDouble,
    kString,
    kSymbol,  // operators and brackets
  };

  Kind kind = Kind::kEnd;
  size_t begin = 0;  // bytes of the source text
  size_t end = 0;
  std::string text;      // the name, the symbol, or a string literal's value
  uint64_t integer = 0;  // kInt, kUint: the magnitude; a sign is the parser's
  double number = 0;     // kDouble
};

// The tokens of `text`, which must be valid UTF-8; the last one is kEnd. Mistakes are reported, and what was meant (`==` for `=`)
// or an error token is put in, so that the parser goes on.
std::vector<Token> Tokenize(absl::string_view text, Diagnostics* diagnostics);

// True if `text` is valid UTF-8 (Unicode 15, table 3-7); else *offset is the first bad byte.
bool IsValidUtf8(absl::string_view text, size_t* offset);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_LEXER_H_
