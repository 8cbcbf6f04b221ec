#include "server/policy/format.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/policy/file_format.h"
#include "server/yaml/format.h"

namespace resultgate::policy {
namespace {

std::shared_ptr<const yaml::Layout> LayoutOf(const Shape& shape) {
  auto layout = std::make_shared<yaml::Layout>();
  layout->table = shape.table;
  layout->spaced = shape.spaced;
  layout->condition = shape.kind == Shape::Kind::kCondition;
  if (shape.item != nullptr) layout->items = LayoutOf(*shape.item);
  for (const Key& key : shape.keys) layout->keys.emplace_back(key.name, LayoutOf(*key.shape));
  // A value is laid out as the one alternative that has keys.
  for (const ShapePtr& alternative : shape.alternatives) {
    for (const Key& key : alternative->keys) layout->keys.emplace_back(key.name, LayoutOf(*key.shape));
  }
  return layout;
}

enum class Change { kSame, kRemoved, kAdded };

// The longest common subsequence, between a common beginning and a common end.
std::vector<std::pair<Change, absl::string_view>> Align(std::vector<absl::string_view> a, std::vector<absl::string_view> b) {
  std::vector<std::pair<Change, absl::string_view>> aligned;
  size_t begin = 0;
  while (begin < a.size() && begin < b.size() && a[begin] == b[begin]) aligned.emplace_back(Change::kSame, a[begin++]);
  size_t end = 0;
  while (end < a.size() - begin && end < b.size() - begin && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
  const size_t rows = a.size() - begin - end;
  const size_t columns = b.size() - begin - end;
  std::vector<std::vector<int>> common(rows + 1, std::vector<int>(columns + 1));
  for (size_t i = rows; i-- > 0;) {
    for (size_t j = columns; j-- > 0;) {
      common[i][j] = a[begin + i] == b[begin + j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  size_t i = 0;
  size_t j = 0;
  while (i < rows || j < columns) {
    if (i < rows && j < columns && a[begin + i] == b[begin + j]) {
      aligned.emplace_back(Change::kSame, a[begin + i]);
      ++i;
      ++j;
    } else if (j == columns || (i < rows && common[i + 1][j] >= common[i][j + 1])) {
      aligned.emplace_back(Change::kRemoved, a[begin + i++]);
    } else {
      aligned.emplace_back(Change::kAdded, b[begin + j++]);
    }
  }
  for (size_t k = a.size() - end; k < a.size(); ++k) aligned.emplace_back(Change::kSame, a[k]);
  return aligned;
}

}  // namespace

std::optional<std::string> FormatFile(const std::string& file, absl::string_view text, base::FileIssues* issues) {
  const std::optional<yaml::Document> document = yaml::Parse(file, text, issues);
  if (!document) return std::nullopt;
  return yaml::Format(file, text, *LayoutOf(*ShapeOf(KindOf(document->root))), issues);
}

std::string LineDifference(absl::string_view before, absl::string_view after) {
  constexpr size_t kAround = 3;
  const auto aligned = Align(absl::StrSplit(before, '\n'), absl::StrSplit(after, '\n'));
  std::string text;
  size_t printed = 0;  // lines of `aligned`
  int line = 0;        // of `before`
  std::vector<int> lines;
  for (const auto& [change, unused] : aligned) lines.push_back(change == Change::kAdded ? line + 1 : ++line);
  for (size_t i = 0; i < aligned.size(); ++i) {
    if (aligned[i].first == Change::kSame) continue;
    const size_t first = std::max(printed, i < kAround ? 0 : i - kAround);
    if (first > printed || printed == 0) absl::StrAppend(&text, "@@ line ", lines[first], " @@\n");
    size_t last = i;
    for (size_t k = i; k < aligned.size() && k <= last + kAround; ++k) {
      if (aligned[k].first != Change::kSame) last = k;
    }
    printed = std::min(aligned.size(), last + kAround + 1);
    for (size_t k = first; k < printed; ++k) {
      const Change change = aligned[k].first;
      absl::StrAppend(&text, change == Change::kSame ? "  " : change == Change::kRemoved ? "- " : "+ ", aligned[k].second, "\n");
    }
    i = printed - 1;
  }
  return text;
}

}  // namespace resultgate::policy
