#include "server/yaml/syntax_errors.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace resultgate::yaml {
namespace {

constexpr char kAlike[] = "indent the keys of one map alike, and the items of one list alike";

absl::string_view LineAt(const std::vector<std::string>& lines, int line) {
  return line >= 1 && line <= static_cast<int>(lines.size()) ? absl::string_view(lines[static_cast<size_t>(line) - 1]) : "";
}

size_t IndentOf(absl::string_view line) {
  const size_t indent = line.find_first_not_of(" -");
  return indent == absl::string_view::npos ? line.size() : indent;
}

bool HasTabInIndent(absl::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return absl::StrContains(line.substr(0, std::min(first, line.size())), "\t");
}

// Has a `:` with a blank or nothing behind it.
bool HasKey(absl::string_view line) {
  return absl::StrContains(line, ": ") || absl::EndsWith(line, ":");
}

// A `:` where none may stand: mostly within a text, or because the line before is no key and value.
Explanation UnexpectedColon(absl::string_view line, absl::string_view before, size_t column) {
  if (const size_t first = line.find(": "); first != absl::string_view::npos && first + 1 < column) {
    return {"this text holds a `: `, which begins a value", "put the whole text in quotes"};
  }
  if (!before.empty() && !HasKey(before)) return {"the line above is no `key: value`", "write a `:` and a blank behind its key"};
  return {"this key is indented more than the one above, which has its value already", kAlike};
}

}  // namespace

Explanation ExplainSyntaxError(const std::string& complaint, const base::Place& place, const std::vector<std::string>& lines) {
  const absl::string_view line = LineAt(lines, place.line);
  const absl::string_view before = LineAt(lines, place.line - 1);
  const auto column = static_cast<size_t>(std::max(place.column, 1));
  const auto is = [&complaint](absl::string_view text) { return absl::StartsWith(complaint, text); };
  if (HasTabInIndent(line) && (is("illegal") || is("end of")))
    return {"a tab stands where the line begins", "indent with blanks"};
  if (is("illegal map value")) return UnexpectedColon(line, before, column);
  if (is("end of map not found") || is("end of sequence not found")) {
    if (column > IndentOf(line) + 1)
      return {"this stands behind the end of the value", "leave it out, or put all of the text in quotes"};
    return {"the indentation of this line fits nothing above it", kAlike};
  }
  if (is("end of map flow not found"))
    return {"a `{` above is not closed where this begins", "write `}` at its end, and `,` between entries"};
  if (is("end of sequence flow not found")) {
    return {"a `[` above is not closed where this begins", "write `]` at its end, and `,` between entries"};
  }
  if (is("illegal flow end")) return {"this bracket closes nothing that is open here", "`[` ends with `]`, and `{` with `}`"};
  if (is("unknown token")) return {"a text cannot begin with this sign", "put the text in quotes"};
  if (is("unknown escape character")) {
    return {"in double quotes a `\\` and what follows it stand for another sign", "write single quotes: they take `\\` as it is"};
  }
  if (is("the referenced anchor is not defined"))
    return {"aliases (`*name`) are not read", "put a text that begins with `*` in quotes"};
  if (is("unexpected character in block scalar")) {
    return {"nothing but a comment may stand behind `|` or `>`", "begin the text on the next line, indented"};
  }
  return {absl::StrCat("not valid YAML: ", complaint), ""};
}

}  // namespace resultgate::yaml
