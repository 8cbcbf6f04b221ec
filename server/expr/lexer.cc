#include "server/expr/lexer.h"

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace resultgate::expr {
namespace {

void AppendUtf8(uint32_t code_point, std::string* text) {
  const auto byte = [&](uint32_t value) { text->push_back(static_cast<char>(value)); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xC0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    byte(0xE0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3F));
    byte(0x80 | (code_point & 0x3F));
  } else {
    byte(0xF0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3F));
    byte(0x80 | (code_point >> 6 & 0x3F));
    byte(0x80 | (code_point & 0x3F));
  }
}

bool IsNameStart(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_';
}
bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}
bool IsHexDigit(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c));
}
bool IsNamePart(char c) {
  return IsNameStart(c) || IsDigit(c);
}

class Lexer {
 public:
  Lexer(absl::string_view text, Diagnostics* diagnostics) : text_(text), diagnostics_(diagnostics) {}

  std::vector<Token> Run() {
    while (SkipBlank()) Next();
    Push(Token::Kind::kEnd, text_.size());
    return std::move(tokens_);
  }

 private:
  char At(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  Token& Push(Token::Kind kind, size_t begin) {
    Token token;
    token.kind = kind;
    token.begin = begin;
    token.end = at_;
    tokens_.push_back(std::move(token));
    return tokens_.back();
  }

  // White space and comments; false at the end.
  bool SkipBlank() {
    while (at_ < text_.size()) {
      if (absl::StrContains(" \t\n\f\r", text_.substr(at_, 1))) {
        ++at_;
      } else if (absl::StartsWith(text_.substr(at_), "//")) {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else {
        return true;
      }
    }
    return false;
  }

  void Next() {
    const char c = text_[at_];
    if (IsDigit(c) || (c == '.' && IsDigit(At(at_ + 1)))) return Number();
    if (c == '"' || c == '\'') return String(/*raw=*/false, /*bytes=*/false, at_);
    if (IsNameStart(c)) {
      const size_t begin = at_;
      while (IsNamePart(At(at_))) ++at_;
      const absl::string_view name = text_.substr(begin, at_ - begin);
      if (At(at_) == '"' || At(at_) == '\'') {
        const std::string prefix = absl::AsciiStrToLower(name);
        if (prefix == "r") return String(/*raw=*/true, /*bytes=*/false, begin);
        if (prefix == "b") return String(/*raw=*/false, /*bytes=*/true, begin);
        if (prefix == "br" || prefix == "rb") return String(/*raw=*/true, /*bytes=*/true, begin);
      }
      Push(Token::Kind::kIdentifier, begin).text = std::string(name);
      return;
    }
    Symbol();
  }

  void Symbol() {
    // What other languages write, and what it is here.
    struct Slip {
      absl::string_view written, meant;
    };
    static constexpr Slip kSlips[] = {{"===", "=="}, {"!==", "!="}, {"<>", "!="}, {"=<", "<="}, {"=>", ">="}};
    static constexpr absl::string_view kSymbols[] = {"&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/",
                                                     "%",  "!",  "?",  ":",  "(",  ")",  "[", "]", "{", "}", ",", "."};
    static constexpr Slip kLateSlips[] = {{"=", "=="}, {"&", "&&"}, {"|", "||"}};
    const size_t begin = at_;
    const absl::string_view rest = text_.substr(at_);
    const auto slip = [&](const Slip& wrong) {
      diagnostics_->Add(begin, absl::StrCat("there is no operator `", wrong.written, "`"),
                        absl::StrCat("write `", wrong.meant, "`"));
      at_ += wrong.written.size();
      Push(Token::Kind::kSymbol, begin).text = std::string(wrong.meant);
    };
    for (const Slip& wrong : kSlips) {
      if (absl::StartsWith(rest, wrong.written)) return slip(wrong);
    }
    for (const absl::string_view symbol : kSymbols) {
      if (!absl::StartsWith(rest, symbol)) continue;
      at_ += symbol.size();
      Push(Token::Kind::kSymbol, begin).text = std::string(symbol);
      return;
    }
    for (const Slip& wrong : kLateSlips) {
      if (absl::StartsWith(rest, wrong.written)) return slip(wrong);
    }
    if (rest[0] == '`') {
      const size_t close = text_.find_first_of("`\n", at_ + 1);
      at_ = close == absl::string_view::npos ? text_.size() : close + 1;
      diagnostics_->Add(begin, "names in backticks are not in this subset of CEL", "write the field's name as it is");
    } else {
      ++at_;
      while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80) ++at_;
      const absl::string_view character = text_.substr(begin, at_ - begin);
      const bool visible = static_cast<unsigned char>(character[0]) > ' ' && character[0] != '\x7f';
      diagnostics_->Add(begin, visible ? absl::StrCat("a character that has no meaning here: `", character, "`")
                                       : std::string("a control character"));
    }
    Push(Token::Kind::kError, begin);
  }

  void Number() {
    const size_t begin = at_;
    const bool hex = At(at_) == '0' && (At(at_ + 1) == 'x' || At(at_ + 1) == 'X');
    bool fraction = false;
    if (hex) {
      at_ += 2;
      while (IsHexDigit(At(at_))) ++at_;
    } else {
      while (IsDigit(At(at_))) ++at_;
      if (At(at_) == '.' && IsDigit(At(at_ + 1))) {
        fraction = true;
        ++at_;
        while (IsDigit(At(at_))) ++at_;
      }
      const size_t digit = At(at_ + 1) == '+' || At(at_ + 1) == '-' ? at_ + 2 : at_ + 1;
      if ((At(at_) == 'e' || At(at_) == 'E') && IsDigit(At(digit))) {
        fraction = true;
        at_ = digit;
        while (IsDigit(At(at_))) ++at_;
      }
    }
    const absl::string_view digits = text_.substr(begin, at_ - begin);
    const bool is_unsigned = !fraction && (At(at_) == 'u' || At(at_) == 'U');
    if (is_unsigned) ++at_;
    if (IsNamePart(At(at_)) || (hex && digits.size() == 2)) {
      while (IsNamePart(At(at_))) ++at_;
      diagnostics_->Add(begin, absl::StrCat("`", diagnostics_->Quote(begin, at_), "` is no number"),
                        "numbers are written `12`, `0x1f`, `12u`, `1.5` or `2.5e-3`");
      Push(Token::Kind::kError, begin);
      return;
    }
    Token& token = Push(fraction ? Token::Kind::kDouble : is_unsigned ? Token::Kind::kUint : Token::Kind::kInt, begin);
    const bool fits = fraction ? absl::SimpleAtod(digits, &token.number) && std::isfinite(token.number)
                      : hex    ? absl::SimpleHexAtoi(digits, &token.integer)
                               : absl::SimpleAtoi(digits, &token.integer);
    if (!fits) {
      token.kind = Token::Kind::kError;
      diagnostics_->Add(begin, absl::StrCat("the number `", diagnostics_->Quote(begin, at_), "` is out of range"));
    }
  }

  // At the opening quote; `begin` is where the prefix stands.
  void String(bool raw, bool bytes, size_t begin) {
    const char quote = text_[at_];
    const bool triple = At(at_ + 1) == quote && At(at_ + 2) == quote;
    const std::string close(triple ? 3 : 1, quote);
    at_ += close.size();
    std::string value;
    bool good = true;
    while (!absl::StartsWith(text_.substr(at_), close)) {
      if (at_ >= text_.size() || (!triple && (text_[at_] == '\n' || text_[at_] == '\r'))) {
        diagnostics_->Add(begin, "this text is never closed", absl::StrCat("end it with `", close, "`"));
        Push(Token::Kind::kError, begin);
        return;
      }
      if (text_[at_] != '\\') {
        value.push_back(text_[at_++]);
      } else if (raw) {
        value.push_back(text_[at_++]);
        // A raw text keeps the backslash, which still guards a quote.
        if (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') value.push_back(text_[at_++]);
      } else {
        good = Escape(&value) && good;
      }
    }
    at_ += close.size();
    if (bytes) {
      diagnostics_->Add(begin, "bytes are not in this subset of CEL", "write a text, without the `b`");
      good = false;
    }
    Push(good ? Token::Kind::kString : Token::Kind::kError, begin).text = std::move(value);
  }

  // At a backslash. False if the escape is none; then it is skipped.
  bool Escape(std::string* value) {
    static constexpr absl::string_view kNames = "abfnrtv\\?\"'`";
    static constexpr absl::string_view kMeanings = "\a\b\f\n\r\t\v\\?\"'`";
    const size_t begin = at_;
    const char c = At(at_ + 1);
    const size_t simple = c == '\0' ? absl::string_view::npos : kNames.find(c);
    if (simple != absl::string_view::npos) {
      value->push_back(kMeanings[simple]);
      at_ += 2;
      return true;
    }
    const bool octal = c >= '0' && c <= '3';
    const size_t digits = octal ? 3 : c == 'x' || c == 'X' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    at_ += octal ? 1 : 2;
    if (at_ > text_.size()) at_ = text_.size();
    uint32_t code_point = 0;
    size_t read = 0;
    for (; read < digits && (octal ? At(at_) >= '0' && At(at_) <= '7' : IsHexDigit(At(at_))); ++read, ++at_) {
      const char digit = absl::ascii_tolower(static_cast<unsigned char>(text_[at_]));
      code_point = code_point * (octal ? 8 : 16) + static_cast<uint32_t>(IsDigit(digit) ? digit - '0' : digit - 'a' + 10);
    }
    if (digits == 0 || read < digits) {
      diagnostics_->Add(begin, absl::StrCat("`", diagnostics_->Quote(begin, std::max(at_, begin + 1)), "` is no escape"),
                        "write `\\\\` for a backslash, or a raw text: `r\"…\"`");
      return false;
    }
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) {
      diagnostics_->Add(begin, absl::StrCat("`", diagnostics_->Quote(begin, at_), "` is no Unicode character"));
      return false;
    }
    AppendUtf8(code_point, value);
    return true;
  }

  absl::string_view text_;
  Diagnostics* diagnostics_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Tokenize(absl::string_view text, Diagnostics* diagnostics) {
  return Lexer(text, diagnostics).Run();
}

bool IsValidUtf8(absl::string_view text, size_t* offset) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0; };
    const unsigned char lead = byte(i);
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xC2 && lead < 0xE0 ? 2
                          : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xF0 && lead < 0xF5 ? 4
                                                        : 0;
    bool good = length > 0;
    for (size_t k = 1; k < length; ++k) good = good && (byte(i + k) & 0xC0) == 0x80;
    // Overlong forms, surrogates, beyond U+10FFFF.
    if ((lead == 0xE0 && byte(i + 1) < 0xA0) || (lead == 0xED && byte(i + 1) > 0x9F) || (lead == 0xF0 && byte(i + 1) < 0x90) ||
        (lead == 0xF4 && byte(i + 1) > 0x8F)) {
      good = false;
    }
    if (!good) {
      *offset = i;
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace resultgate::expr
