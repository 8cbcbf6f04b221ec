#include "server/expr/diagnostics.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace resultgate::expr {
namespace {

// Longer source lines are not repeated below a message.
constexpr size_t kLongestShownLine = 500;
constexpr size_t kLongestQuote = 60;
constexpr size_t kLongestSuggestedWord = 80;

struct Line {
  int number;  // from 0
  size_t begin;
};

Line LineOf(const std::string& text, size_t offset) {
  Line line = {0, 0};
  for (size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') line = {line.number + 1, i + 1};
  }
  return line;
}

// The columns before the text in a file's line.
int Margin(const Program::Source& source, const Line& line) {
  return line.number == 0 ? source.first_column - 1 : source.indent;
}

}  // namespace

base::Place PlaceOf(const Program::Source& source, size_t offset) {
  const Line line = LineOf(source.text, offset);
  return {source.file, source.first_line + line.number, Margin(source, line) + static_cast<int>(offset - line.begin) + 1};
}

void Diagnostics::Add(size_t offset, std::string message, std::string suggestion) {
  if (issues_.size() >= kMost || issues_.count(offset) > 0) return;
  base::FileIssue issue;
  issue.place = PlaceOf(source_, offset);
  issue.message = std::move(message);
  issue.suggestion = std::move(suggestion);
  const Line line = LineOf(source_.text, offset);
  const size_t end = std::min(source_.text.find('\n', line.begin), source_.text.size());
  if (end - line.begin <= kLongestShownLine) {
    // What stands before the text in its file is not known here, only how wide it is.
    issue.source_line = std::string(static_cast<size_t>(std::max(0, Margin(source_, line))), ' ') +
                        source_.text.substr(line.begin, end - line.begin);
    if (!issue.source_line.empty() && issue.source_line.back() == '\r') issue.source_line.pop_back();
  }
  issues_.emplace(offset, std::move(issue));
}

std::string Diagnostics::Quote(size_t begin, size_t end) const {
  std::string text = source_.text.substr(begin, end - begin);
  if (text.size() > kLongestQuote) {
    size_t cut = kLongestQuote;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    text = absl::StrCat(text.substr(0, cut), "…");
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

void Diagnostics::AppendTo(base::FileIssues* issues) const {
  for (const auto& [offset, issue] : issues_) issues->push_back(issue);
}

std::string SuggestName(absl::string_view word, const std::vector<std::string>& known) {
  return word.size() > kLongestSuggestedWord ? "" : base::Suggest(word, known);
}

}  // namespace resultgate::expr
