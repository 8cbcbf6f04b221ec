#include "server/yaml/scalar.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace resultgate::yaml {
namespace {

bool IsControl(char c) {
  return absl::ascii_iscntrl(static_cast<unsigned char>(c));
}

bool IsOneOf(char c, const char* set) {
  return c != '\0' && std::strchr(set, c) != nullptr;
}

// No reader sees anything but this text, and no syntax, in it.
bool CanBeBare(const std::string& text, bool in_brackets) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::any_of(text.begin(), text.end(), IsControl)) return false;
  if (IsOneOf(text.front(), ",[]{}#&*!|>'\"%@`")) return false;
  if (IsOneOf(text.front(), "-?:") && (in_brackets || text.size() == 1 || text[1] == ' ' || text[1] == text[0])) return false;
  if (absl::StrContains(text, ": ") || absl::StrContains(text, " #") || absl::StartsWith(text, "...")) return false;
  return !in_brackets || text.find_first_of(",[]{}") == std::string::npos;
}

std::string InQuotes(const std::string& text) {
  if (std::none_of(text.begin(), text.end(), IsControl)) {
    if (text.find_first_of("\"\\") == std::string::npos) return absl::StrCat("\"", text, "\"");
    return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (IsControl(c)) {
      quoted += absl::StrFormat("\\x%02x", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace

bool MayReadAsOtherThanText(const std::string& text) {
  if (text.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(text.front()))) return true;
  static constexpr const char* kWords[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  const std::string lower = absl::AsciiStrToLower(text);
  return std::any_of(std::begin(kWords), std::end(kWords), [&lower](const char* word) { return lower == word; });
}

std::string Scalar(const std::string& text, bool quoted, bool in_brackets) {
  return !quoted && CanBeBare(text, in_brackets) ? text : InQuotes(text);
}

std::vector<std::string> Fold(const std::string& text, size_t width) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || absl::StrContains(text, "  ") ||
      std::any_of(text.begin(), text.end(), IsControl)) {
    return {};
  }
  std::vector<std::string> lines = {""};
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    absl::StrAppend(&lines.back(), lines.back().empty() ? "" : " ", word);
  }
  return lines;
}

std::vector<std::string> BreakCondition(const std::string& text) {
  if (text.find('\\') != std::string::npos || std::any_of(text.begin(), text.end(), IsControl)) return {text};
  // Where `||` and `&&` stand outside of brackets and texts.
  std::vector<size_t> ors;
  std::vector<size_t> ands;
  int depth = 0;
  char quote = '\0';
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
      continue;
    }
    if (c == '"' || c == '\'') quote = c;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (depth != 0 || at + 2 >= text.size() || text[at + 1] != c || text[at + 2] != ' ') continue;
    if (c == '|') ors.push_back(at + 2);
    if (c == '&') ands.push_back(at + 2);
  }
  std::vector<std::string> lines;
  size_t begin = 0;
  for (const size_t at : ors.empty() ? ands : ors) {
    lines.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  lines.push_back(text.substr(begin));
  return lines;
}

}  // namespace resultgate::yaml
