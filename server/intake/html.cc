#include "server/intake/html.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace resultgate::intake {
namespace {

void AppendUtf8(uint32_t code, std::string* text) {
  if (code < 0x80) {
    *text += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr unsigned char kLead[] = {0, 0xC0, 0xE0, 0xF0};
  *text += static_cast<char>(kLead[more] | (code >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) *text += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F));
}

// The character that the reference `name` (between `&` and `;`) stands for. False if it is none.
bool AppendReference(absl::string_view name, std::string* text) {
  struct Entity {
    absl::string_view name;
    uint32_t code;
  };
  constexpr Entity kEntities[] = {{"amp", '&'},    {"lt", '<'},   {"gt", '>'},      {"quot", '"'},  {"apos", '\''}, {"nbsp", ' '},
                                  {"micro", 0xB5}, {"deg", 0xB0}, {"plusmn", 0xB1}, {"le", 0x2264}, {"ge", 0x2265}};
  for (const Entity& entity : kEntities) {
    if (entity.name == name) {
      AppendUtf8(entity.code, text);
      return true;
    }
  }
  uint32_t code = 0;
  if (!absl::ConsumePrefix(&name, "#")) return false;
  const bool hex = absl::ConsumePrefix(&name, "x") || absl::ConsumePrefix(&name, "X");
  if (!(hex ? absl::SimpleHexAtoi(name, &code) : absl::SimpleAtoi(name, &code))) return false;
  if (code < 0x20 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
  AppendUtf8(code, text);
  return true;
}

bool BeginsLine(absl::string_view tag) {
  for (const absl::string_view block : {"br", "p",  "div", "tr", "li", "ul",  "ol",         "table", "h1", "h2",
                                        "h3", "h4", "h5",  "h6", "hr", "pre", "blockquote", "dt",    "dd", "section"}) {
    if (tag == block) return true;
  }
  return false;
}

// Writes text with spaces collapsed and no empty lines.
class Writer {
 public:
  void Space() { space_ = true; }
  void Line() { line_ = true; }
  void Text(absl::string_view word) {
    if (!text_.empty() && (line_ || space_)) text_ += line_ ? '\n' : ' ';
    line_ = space_ = false;
    absl::StrAppend(&text_, word);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
  bool space_ = false, line_ = false;
};

// The position after the tag or comment that begins at `at`, and its name in lower case, without a slash.
size_t SkipTag(absl::string_view html, size_t at, std::string* name) {
  if (absl::StartsWith(html.substr(at), "<!--")) {
    const size_t end = html.find("-->", at + 4);
    return end == absl::string_view::npos ? html.size() : end + 3;
  }
  size_t start = at + 1;
  if (start < html.size() && html[start] == '/') ++start;
  size_t end = start;
  while (end < html.size() && absl::ascii_isalnum(html[end])) ++end;
  *name = absl::AsciiStrToLower(html.substr(start, end - start));
  char quote = 0;
  for (; end < html.size(); ++end) {
    if (quote != 0) {
      if (html[end] == quote) quote = 0;
    } else if (html[end] == '"' || html[end] == '\'') {
      quote = html[end];
    } else if (html[end] == '>') {
      return end + 1;
    }
  }
  return html.size();
}

}  // namespace

std::string PlainTextOfHtml(absl::string_view html) {
  Writer writer;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) writer.Text(word);
    word.clear();
  };
  for (size_t at = 0; at < html.size();) {
    const char c = html[at];
    const bool tag = c == '<' && at + 1 < html.size() &&
                     (absl::ascii_isalpha(html[at + 1]) || html[at + 1] == '/' || html[at + 1] == '!' || html[at + 1] == '?');
    if (tag) {
      std::string name;
      const bool opens = html[at + 1] != '/';
      at = SkipTag(html, at, &name);
      if (opens && (name == "script" || name == "style")) {
        const size_t end = html.find(absl::StrCat("</", name), at);
        at = end == absl::string_view::npos ? html.size() : end;
        continue;
      }
      if (!BeginsLine(name) && name != "td" && name != "th") continue;
      flush();
      BeginsLine(name) ? writer.Line() : writer.Space();
    } else if (absl::ascii_isspace(c)) {
      flush();
      writer.Space();
      ++at;
    } else if (c == '&') {
      const size_t end = html.substr(0, std::min(html.size(), at + 12)).find(';', at);
      if (end != absl::string_view::npos && AppendReference(html.substr(at + 1, end - at - 1), &word)) {
        at = end + 1;
      } else {
        word += c;
        ++at;
      }
    } else {
      word += c;
      ++at;
    }
  }
  flush();
  return writer.Take();
}

}  // namespace resultgate::intake
