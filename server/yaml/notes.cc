#include "server/yaml/notes.h"

#include <algorithm>
#include <utility>

namespace resultgate::yaml {

Notes::Notes(const Document& document, const Source& source) : source_(source) {
  Walk(document.root, {});
  for (const Comment& comment : source.comments()) Take(comment);
  TakeEmptyLines();
  SplitHead();
}

const Note& Notes::Of(const void* part) const {
  static const auto* const kNone = new Note;
  const auto found = notes_.find(part);
  return found == notes_.end() ? *kNone : found->second;
}

const std::vector<std::string>& Notes::EndOf(const Node& container) const {
  static const auto* const kNone = new std::vector<std::string>;
  const auto found = ends_.find(&container);
  return found == ends_.end() ? *kNone : found->second;
}

void Notes::Walk(const Node& node, std::vector<const Node*> containers) {
  if (!node.IsMap() && !node.IsList()) return;
  if (node.flow) {
    const std::pair<int, int> begin = {node.place.line, node.place.column};
    const std::pair<int, int> end = source_.EndOf(node);
    const auto within = [&](const Comment& comment) {
      const std::pair<int, int> at = {comment.line, comment.column};
      return begin < at && at < end;
    };
    if (std::none_of(source_.comments().begin(), source_.comments().end(), within)) return;
    opened_.insert(&node);
  }
  containers.push_back(&node);
  for (const Node::Entry& entry : node.entries) {
    child_columns_.try_emplace(&node, entry.place.column);
    anchors_.push_back({entry.place.line, entry.place.column, &entry, containers});
    Walk(entry.value, containers);
  }
  for (const Node& item : node.items) {
    const int column = source_.DashOf(item.place);
    child_columns_.try_emplace(&node, column);
    anchors_.push_back({item.place.line - (item.block ? 1 : 0), column, &item, containers});
    Walk(item, containers);
  }
}

void Notes::Take(const Comment& comment) {
  const auto behind = std::find_if(anchors_.begin(), anchors_.end(), [&](const Anchor& anchor) {
    return comment.own_line ? anchor.line > comment.line
                            : std::make_pair(anchor.line, anchor.column) > std::make_pair(comment.line, comment.column);
  });
  const Anchor* next = behind == anchors_.end() ? nullptr : &*behind;
  const Anchor* before = behind == anchors_.begin() ? nullptr : &*(behind - 1);
  if (!comment.own_line && before != nullptr) {
    Note& note = notes_[before->part];
    if (note.behind.empty()) {
      note.behind = comment.text;
      note.behind_column = comment.column;
    } else {
      note.before.push_back(comment.text);
    }
    return;
  }
  const Node* container = ContainerThatEndsWith(comment, before, next);
  std::vector<std::string>* lines = &head_;
  if (container != nullptr) {
    lines = &ends_[container];
  } else if (next != nullptr) {
    lines = &notes_[next->part].before;
  }
  if (source_.IsBlank(comment.line - 1)) lines->emplace_back();
  lines->push_back(comment.text);
}

// The innermost map or list around what stands before the comment that is over with it, and whose children are not indented more
// than the comment.
const Node* Notes::ContainerThatEndsWith(const Comment& comment, const Anchor* before, const Anchor* next) const {
  if (before == nullptr || (next != nullptr && comment.column <= next->column)) return nullptr;
  for (auto container = before->containers.rbegin(); container != before->containers.rend(); ++container) {
    const bool goes_on =
        next != nullptr && std::find(next->containers.begin(), next->containers.end(), *container) != next->containers.end();
    if (goes_on) return nullptr;
    if (child_columns_.at(*container) <= comment.column) return *container;
  }
  return next == nullptr ? before->containers.front() : nullptr;
}

void Notes::TakeEmptyLines() {
  int line = 0;
  for (const Anchor& anchor : anchors_) {
    if (anchor.line != line && source_.IsBlank(anchor.line - 1)) notes_[anchor.part].before.emplace_back();
    line = anchor.line;
  }
}

void Notes::SplitHead() {
  if (anchors_.empty()) return;
  std::vector<std::string>& before = notes_[anchors_.front().part].before;
  const auto last_gap = std::find(before.rbegin(), before.rend(), "");
  has_gap_below_head_ = last_gap != before.rend();
  const auto rest = has_gap_below_head_ ? last_gap.base() : before.end();
  head_.assign(before.begin(), rest);
  if (has_gap_below_head_) head_.pop_back();
  before.erase(before.begin(), rest);
  while (!head_.empty() && head_.front().empty()) head_.erase(head_.begin());
}

}  // namespace resultgate::yaml
