#include "server/yaml/source.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace resultgate::yaml {
namespace {

size_t IndentOf(const std::string& line) {
  const size_t indent = line.find_first_not_of(' ');
  return indent == std::string::npos ? line.size() : indent;
}

bool Blank(const std::string& line) {
  return absl::StripAsciiWhitespace(line).empty();
}

// `|`, `>`, with what may follow up to the line's end or a comment; empty where the text at `at` is none.
std::string HeaderAt(const std::string& line, size_t at) {
  size_t end = at + 1;
  while (end < line.size() &&
         (line[end] == '-' || line[end] == '+' || absl::ascii_isdigit(static_cast<unsigned char>(line[end])))) {
    ++end;
  }
  const size_t rest = line.find_first_not_of(" \t", end);
  const bool ends = rest == std::string::npos || (line[rest] == '#' && rest > end);
  return ends ? line.substr(at, end - at) : "";
}

}  // namespace

Source::Source(const Document& document) : document_(document), masked_(document.lines) {
  Mask(document.root);
  FindComments();
}

void Source::Mask(const Node& node) {
  for (const Node& item : node.items) Mask(item);
  for (const Node::Entry& entry : node.entries) {
    MaskQuoted(entry.place);
    Mask(entry.value);
  }
  if (node.block) {
    const int last = BlockOf(node).last_line;
    for (int line = node.place.line; line <= last; ++line) {
      std::string& text = masked_[static_cast<size_t>(line) - 1];
      text.assign(text.size(), 'x');
    }
  } else if (node.quoted) {
    MaskQuoted(node.place);
  }
}

void Source::MaskQuoted(const base::Place& place) {
  auto line = static_cast<size_t>(place.line) - 1;
  auto at = static_cast<size_t>(place.column) - 1;
  if (line >= masked_.size() || at >= masked_[line].size()) return;
  const char quote = masked_[line][at];
  if (quote != '"' && quote != '\'') return;
  masked_[line][at++] = 'x';
  for (; line < masked_.size(); ++line, at = 0) {
    std::string& text = masked_[line];
    while (at < text.size()) {
      const char c = text[at];
      const bool pair =
          at + 1 < text.size() && ((quote == '"' && c == '\\') || (quote == '\'' && c == quote && text[at + 1] == quote));
      text[at++] = 'x';
      if (pair) {
        text[at++] = 'x';
      } else if (c == quote) {
        return;
      }
    }
  }
}

void Source::FindComments() {
  for (size_t i = 0; i < masked_.size(); ++i) {
    const std::string& line = masked_[i];
    for (size_t at = line.find('#'); at != std::string::npos; at = line.find('#', at + 1)) {
      if (at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t') continue;
      Comment comment;
      comment.line = static_cast<int>(i) + 1;
      comment.column = static_cast<int>(at) + 1;
      comment.text = std::string(absl::StripTrailingAsciiWhitespace(absl::string_view(document_.lines[i]).substr(at)));
      comment.own_line = Blank(line.substr(0, at));
      comments_.push_back(std::move(comment));
      break;
    }
  }
}

BlockText Source::BlockOf(const Node& node) const {
  BlockText block;
  const std::string& above = document_.lines[static_cast<size_t>(node.place.line) - 2];
  for (size_t at = above.find_first_of("|>"); at != std::string::npos && block.header.empty();
       at = above.find_first_of("|>", at + 1)) {
    block.header = HeaderAt(above, at);
  }
  const auto first = static_cast<size_t>(node.place.line) - 1;
  size_t end = first;
  size_t indent = 0;
  for (size_t line = first; line < document_.lines.size(); ++line) {
    const std::string& text = document_.lines[line];
    if (Blank(text)) continue;
    // A comment or key further left than the text ends it. Text of no line at all ends before it begins.
    if (indent == 0) {
      indent = IndentOf(text);
      if (node.text.find_first_not_of('\n') == std::string::npos) break;
    }
    if (IndentOf(text) < indent) break;
    end = line + 1;
  }
  block.last_line = static_cast<int>(end);
  for (size_t line = first; line < end; ++line) {
    const std::string& text = document_.lines[line];
    block.lines.push_back(Blank(text) ? "" : text.substr(indent));
  }
  return block;
}

std::pair<int, int> Source::EndOf(const Node& node) const {
  int depth = 0;
  auto at = static_cast<size_t>(node.place.column) - 1;
  for (auto line = static_cast<size_t>(node.place.line) - 1; line < masked_.size(); ++line, at = 0) {
    for (; at < masked_[line].size(); ++at) {
      const char c = masked_[line][at];
      if (c == '#' && (at == 0 || masked_[line][at - 1] == ' ' || masked_[line][at - 1] == '\t')) break;
      if (c == '[' || c == '{') ++depth;
      if (c != ']' && c != '}') continue;
      if (--depth == 0) return {static_cast<int>(line) + 1, static_cast<int>(at) + 1};
    }
  }
  return {static_cast<int>(masked_.size()), 0};
}

bool Source::IsBlank(int line) const {
  return line >= 1 && line <= static_cast<int>(masked_.size()) && Blank(masked_[static_cast<size_t>(line) - 1]);
}

int Source::DashOf(const base::Place& place) const {
  const std::string& line = document_.lines[static_cast<size_t>(place.line) - 1];
  size_t at = std::min(static_cast<size_t>(place.column) - 1, line.size());
  while (at > 0 && line[at - 1] == ' ') --at;
  return at > 0 && line[at - 1] == '-' ? static_cast<int>(at) : place.column;
}

}  // namespace resultgate::yaml
