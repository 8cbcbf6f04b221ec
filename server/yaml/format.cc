#include "server/yaml/format.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/yaml/notes.h"
#include "server/yaml/scalar.h"
#include "server/yaml/source.h"

namespace resultgate::yaml {
namespace {

using base::FileIssues;

const Layout kPlainLayout;

const Layout& OrPlain(const std::shared_ptr<const Layout>& layout) {
  return layout == nullptr ? kPlainLayout : *layout;
}

const Layout& LayoutOf(const Layout& map, const std::string& key) {
  for (const auto& [name, layout] : map.keys) {
    if (name == key) return OrPlain(layout);
  }
  return kPlainLayout;
}

std::vector<const Node::Entry*> InOrder(const Node& map, const Layout& layout) {
  std::vector<const Node::Entry*> entries;
  for (const Node::Entry& entry : map.entries) entries.push_back(&entry);
  const auto rank = [&layout](const Node::Entry* entry) {
    const auto same = [entry](const auto& key) { return key.first == entry->key; };
    return std::find_if(layout.keys.begin(), layout.keys.end(), same) - layout.keys.begin();
  };
  std::stable_sort(entries.begin(), entries.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return entries;
}

class Writer {
 public:
  Writer(const Notes& notes, const Source& source) : notes_(notes), source_(source) {}

  std::string Write(const Node& root, const Layout& layout) {
    lines_ = notes_.head();
    if (notes_.has_gap_below_head() && !lines_.empty()) lines_.emplace_back();
    WriteMap(root, layout, 0, "");
    return absl::StrJoin(lines_, "\n") + "\n";
  }

 private:
  static std::string Blanks(size_t count) { return std::string(count, ' '); }

  // Comments and empty lines, but no empty line before the `first` thing in its map or list.
  void WriteComments(const std::vector<std::string>& comments, size_t indent, bool first) {
    for (const std::string& comment : comments) {
      if (!comment.empty()) {
        lines_.push_back(Blanks(indent) + comment);
        first = false;
      } else if (!first && !lines_.empty() && !lines_.back().empty()) {
        lines_.emplace_back();
      }
    }
  }

  // A line with the comment behind it, in its old column where there is room.
  void WriteLine(std::string line, const Note& note) {
    if (!note.behind.empty()) {
      const size_t column = std::max(line.size() + 2, static_cast<size_t>(std::max(note.behind_column, 1)) - 1);
      line.resize(column, ' ');
      line += note.behind;
    }
    lines_.push_back(std::move(line));
  }

  // `lead` is what stands before the first key, on its line: the `-` of the list that the map is an item of.
  void WriteMap(const Node& map, const Layout& layout, size_t indent, const std::string& lead, const Note& of_item = {}) {
    bool first = true;
    for (const Node::Entry* entry : InOrder(map, layout)) {
      Note note = notes_.Of(entry);
      if (first && !lead.empty()) {
        WriteComments(note.before, indent - 2, true);
        if (note.behind.empty()) note = of_item;
      } else {
        WriteComments(note.before, indent, first);
      }
      const std::string before = first && !lead.empty() ? lead : Blanks(indent);
      WriteValue(absl::StrCat(before, Scalar(entry->key, false, false), ":"), entry->value, LayoutOf(layout, entry->key), indent,
                 note, false);
      first = false;
    }
    WriteComments(notes_.EndOf(map), indent, false);
  }

  void WriteList(const Node& list, const Layout& layout, size_t indent) {
    const Layout& item_layout = OrPlain(layout.items);
    bool first = true;
    for (const Node& item : list.items) {
      const Note& note = notes_.Of(&item);
      if (layout.spaced && !first && !lines_.back().empty()) lines_.emplace_back();
      WriteComments(note.before, indent, first);
      first = false;
      const std::string dash = Blanks(indent) + "-";
      if (item.IsMap() && !FitsInBrackets(dash, item, item_layout, layout.table)) {
        WriteMap(item, item_layout, indent + 2, dash + " ", note);
      } else {
        WriteValue(dash, item, item_layout, indent, note, layout.table);
      }
    }
    WriteComments(notes_.EndOf(list), indent, false);
  }

  bool FitsInBrackets(const std::string& lead, const Node& node, const Layout& layout, bool row) const {
    if (!node.flow || notes_.IsOpened(node)) return false;
    return row || (node.items.empty() && node.entries.empty()) || lead.size() + 1 + InBrackets(node, layout).size() <= kWidth;
  }

  // `lead` is `key:` or `-` with its indentation, `indent` blanks wide.
  void WriteValue(const std::string& lead, const Node& value, const Layout& layout, size_t indent, const Note& note, bool row) {
    if (value.IsNull()) return WriteLine(lead, note);
    if (value.IsScalar()) return WriteScalar(lead, value, layout, indent, note);
    if (FitsInBrackets(lead, value, layout, row)) return WriteLine(absl::StrCat(lead, " ", InBrackets(value, layout)), note);
    WriteLine(lead, note);
    if (value.IsMap()) {
      WriteMap(value, layout, indent + 2, "");
    } else {
      WriteList(value, layout, indent + 2);
    }
  }

  void WriteScalar(const std::string& lead, const Node& value, const Layout& layout, size_t indent, const Note& note) {
    const auto write_block = [&](const std::string& header, const std::vector<std::string>& lines) {
      WriteLine(absl::StrCat(lead, " ", header), note);
      for (const std::string& line : lines) lines_.push_back(line.empty() ? "" : Blanks(indent + 2) + line);
    };
    if (value.block) {
      const BlockText block = source_.BlockOf(value);
      return write_block(block.header, block.lines);
    }
    const std::string line = absl::StrCat(lead, " ", Scalar(value.text, value.quoted, false));
    std::vector<std::string> broken;
    if (line.size() > kWidth) broken = layout.condition ? BreakCondition(value.text) : Fold(value.text, kWidth - indent - 2);
    if (broken.size() < 2) return WriteLine(line, note);
    write_block(layout.condition ? "|" : ">-", broken);
  }

  std::string InBrackets(const Node& node, const Layout& layout) const {
    std::vector<std::string> parts;
    if (node.IsScalar()) return Scalar(node.text, node.quoted, true);
    if (node.IsNull()) return "null";
    if (node.IsList()) {
      for (const Node& item : node.items) parts.push_back(InBrackets(item, OrPlain(layout.items)));
      return absl::StrCat("[", absl::StrJoin(parts, ", "), "]");
    }
    for (const Node::Entry* entry : InOrder(node, layout)) {
      parts.push_back(
          absl::StrCat(Scalar(entry->key, false, true), ": ", InBrackets(entry->value, LayoutOf(layout, entry->key))));
    }
    return absl::StrCat("{", absl::StrJoin(parts, ", "), "}");
  }

  const Notes& notes_;
  const Source& source_;
  std::vector<std::string> lines_;
};

bool SameText(const std::string& before, const std::string& after, bool condition) {
  if (before == after) return true;
  if (!condition || absl::StrContains(before, '\n')) return false;
  std::string folded = absl::StrReplaceAll(after, {{"\n", " "}});
  absl::StripTrailingAsciiWhitespace(&folded);
  return folded == before;
}

// The same values; the order of keys tells nothing.
bool Same(const Node& before, const Node& after, const Layout& layout) {
  if (before.kind != after.kind || before.items.size() != after.items.size() || before.entries.size() != after.entries.size()) {
    return false;
  }
  if (before.IsScalar()) {
    const bool same_kind = before.quoted == after.quoted || layout.condition || !MayReadAsOtherThanText(before.text);
    return same_kind && SameText(before.text, after.text, layout.condition);
  }
  for (size_t i = 0; i < before.items.size(); ++i) {
    if (!Same(before.items[i], after.items[i], OrPlain(layout.items))) return false;
  }
  return std::all_of(before.entries.begin(), before.entries.end(), [&](const Node::Entry& entry) {
    const Node* value = after.Find(entry.key);
    return value != nullptr && Same(entry.value, *value, LayoutOf(layout, entry.key));
  });
}

std::vector<std::string> CommentTexts(const Document& document) {
  std::vector<std::string> texts;
  const Source source(document);
  for (const Comment& comment : source.comments()) texts.push_back(comment.text);
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::string FormatOnce(const Document& document, const Layout& layout) {
  const Source source(document);
  return Writer(Notes(document, source), source).Write(document.root, layout);
}

}  // namespace

std::optional<std::string> Format(const std::string& file, absl::string_view text, const Layout& layout, FileIssues* issues) {
  const std::string with_line_feeds = absl::StrReplaceAll(text, {{"\r\n", "\n"}});
  const std::optional<Document> before = Parse(file, with_line_feeds, issues);
  if (!before) return std::nullopt;
  if (!before->root.IsMap() || before->root.flow) {
    before->Error(before->root.place, "only a map of keys can be formatted", "begin the file with a key, as `name: …`", issues);
    return std::nullopt;
  }
  std::string formatted = FormatOnce(*before, layout);
  FileIssues found;
  const std::optional<Document> after = Parse(file, formatted, &found);
  const bool same = after && Same(before->root, after->root, layout) && CommentTexts(*before) == CommentTexts(*after) &&
                    FormatOnce(*after, layout) == formatted;
  if (same) return formatted;
  before->Error(base::Place{file, 0, 0}, "the formatter cannot lay this file out without changing what it says",
                "it is left as it is", issues);
  return std::nullopt;
}

}  // namespace resultgate::yaml
