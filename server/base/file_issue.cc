#include "server/base/file_issue.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace resultgate::base {
namespace {

constexpr size_t kLongestListed = 12;

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost one each.
size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

bool HasErrors(const FileIssues& issues) {
  return std::any_of(issues.begin(), issues.end(),
                     [](const FileIssue& issue) { return issue.severity == FileIssue::Severity::kError; });
}

std::string Format(const FileIssue& issue) {
  std::string text = issue.place.file;
  if (issue.place.line > 0) absl::StrAppend(&text, ":", issue.place.line, ":", issue.place.column);
  absl::StrAppend(&text, issue.severity == FileIssue::Severity::kError ? ": error: " : ": warning: ", issue.message);
  if (!issue.suggestion.empty()) absl::StrAppend(&text, "; ", issue.suggestion);
  absl::StrAppend(&text, "\n");
  if (!issue.source_line.empty() && issue.place.column > 0) {
    absl::StrAppend(&text, "    ", issue.source_line, "\n    ");
    // Tabs stay tabs, so that the caret stands below its column whatever their width.
    for (int i = 0; i + 1 < issue.place.column; ++i) {
      const auto at = static_cast<size_t>(i);
      text += at < issue.source_line.size() && issue.source_line[at] == '\t' ? '\t' : ' ';
    }
    absl::StrAppend(&text, "^\n");
  }
  return text;
}

std::string Format(const FileIssues& issues) {
  FileIssues sorted = issues;
  std::stable_sort(sorted.begin(), sorted.end(), [](const FileIssue& a, const FileIssue& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) < std::tie(b.place.file, b.place.line, b.place.column);
  });
  std::string text;
  for (const FileIssue& issue : sorted) text += Format(issue);
  return text;
}

std::string Nearest(absl::string_view word, const std::vector<std::string>& known) {
  const std::string lower = absl::AsciiStrToLower(word);
  std::string nearest;
  size_t best = std::max<size_t>(lower.size() / 3, 1) + 1;
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(lower, absl::AsciiStrToLower(candidate));
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string Suggest(absl::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(word, known);
  if (!nearest.empty()) return absl::StrCat("did you mean `", nearest, "`?");
  if (known.empty() || known.size() > kLongestListed) return "";
  return absl::StrCat("one of `", absl::StrJoin(known, "`, `"), "`");
}

}  // namespace resultgate::base
