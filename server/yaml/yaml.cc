#include "server/yaml/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/yaml/syntax_errors.h"

namespace resultgate::yaml {
namespace {

using base::FileIssue;
using base::FileIssues;
using base::Place;

std::string LineAt(const std::vector<std::string>& lines, int line) {
  return line >= 1 && line <= static_cast<int>(lines.size()) ? lines[static_cast<size_t>(line) - 1] : "";
}

void AddIssue(const std::vector<std::string>& lines, FileIssue::Severity severity, const Place& place, std::string message,
              std::string suggestion, FileIssues* issues) {
  issues->push_back({severity, place, std::move(message), std::move(suggestion), LineAt(lines, place.line)});
}

// YAML 1.1 readers take `010` for eight, YAML 1.2 ones for ten: nobody may guess.
bool LooksOctal(absl::string_view text) {
  return text.size() > 1 && text[0] == '0' && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// Builds the tree from the parser's events; collects what we refuse as it comes by.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, const std::vector<std::string>& lines, FileIssues* issues)
      : file_(file), lines_(lines), issues_(issues) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    Add(At(mark), Node::Kind::kNull);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Error(At(mark), "aliases (`*name`) are not read", "write the value out where it is used");
    Add(At(mark), Node::Kind::kNull);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    RefuseAnchor(mark, anchor);
    const bool quoted = tag == "!";  // how yaml-cpp marks quoted and block scalars
    if (!quoted) RefuseTag(mark, tag);
    Place place = At(mark);
    const bool block = quoted && !KeyIsNext() && IsBlockIndicator(place);
    if (block) {
      ++place.line;
      const std::string line = LineAt(lines_, place.line);
      const size_t indent = line.find_first_not_of(' ');
      place.column = indent == std::string::npos ? 1 : static_cast<int>(indent) + 1;
    }
    if (quoted && !block && !IsClosed(place)) Error(place, "this quote is never closed", "write another at the end of the text");
    if (!quoted && LooksOctal(value)) {
      Error(place, absl::StrCat("`", value, "` may be read as octal"), "write it without the leading zero, or in quotes");
    }
    if (Node* node = Add(place, Node::Kind::kScalar, value); node != nullptr) {
      node->text = value;
      node->quoted = quoted;
      node->block = block;
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(mark, tag, anchor, Node::Kind::kList, style);
  }
  void OnSequenceEnd() override { stack_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(mark, tag, anchor, Node::Kind::kMap, style);
  }
  void OnMapEnd() override { stack_.pop_back(); }

  Node TakeRoot() { return std::move(root_); }

 private:
  struct Open_ {
    Node* node;
    bool expects_key = true;  // in a map: the next scalar is a key
    bool dropped = false;     // below a refused key: read, but kept nowhere
  };

  Place At(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  bool KeyIsNext() const { return !stack_.empty() && stack_.back().node->IsMap() && stack_.back().expects_key; }

  bool IsBlockIndicator(const Place& place) const {
    const std::string line = LineAt(lines_, place.line);
    const auto at = static_cast<size_t>(place.column) - 1;
    return at < line.size() && (line[at] == '|' || line[at] == '>');
  }

  // A text in quotes has its end: the library takes the end of the file for one.
  bool IsClosed(const Place& place) const {
    auto at = static_cast<size_t>(place.column) - 1;
    const std::string first = LineAt(lines_, place.line);
    if (at >= first.size()) return true;
    const char quote = first[at++];
    for (auto line = static_cast<size_t>(place.line) - 1; line < lines_.size(); ++line, at = 0) {
      const std::string& text = lines_[line];
      for (; at < text.size(); ++at) {
        const bool doubled = quote == '\'' && text[at] == quote && at + 1 < text.size() && text[at + 1] == quote;
        if (doubled || (quote == '"' && text[at] == '\\')) {
          ++at;
        } else if (text[at] == quote) {
          return true;
        }
      }
    }
    return false;
  }

  void Error(const Place& place, std::string message, std::string suggestion) {
    AddIssue(lines_, FileIssue::Severity::kError, place, std::move(message), std::move(suggestion), issues_);
  }

  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) Error(At(mark), "anchors (`&name`) are not read", "write the value out where it is used");
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?") Error(At(mark), absl::StrCat("tags (`", tag, "`) are not read"), "leave it out");
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind,
            YAML::EmitterStyle::value style) {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    if (stack_.size() >= kDeepestNesting) throw YAML::ParserException(mark, absl::StrCat("nested deeper than ", kDeepestNesting));
    Node* node = Add(At(mark), kind);
    if (node == nullptr) {
      discarded_.push_back(std::make_unique<Node>());
      node = discarded_.back().get();
      node->kind = kind;
    }
    node->flow = style == YAML::EmitterStyle::Flow;
    stack_.push_back({node});
  }

  // Puts a new node where the parser is; nullptr where it is a key, or belongs to one that was refused.
  Node* Add(const Place& place, Node::Kind kind, const std::string& text = "") {
    Node node;
    node.kind = kind;
    node.place = place;
    if (stack_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    Open_& parent = stack_.back();
    if (parent.node->IsList()) {
      parent.node->items.push_back(std::move(node));
      return &parent.node->items.back();
    }
    if (parent.expects_key) {
      parent.expects_key = false;
      AddKey(place, kind, text);
      return nullptr;
    }
    parent.expects_key = true;
    if (parent.dropped) {
      parent.dropped = false;
      return nullptr;
    }
    parent.node->entries.back().value = std::move(node);
    return &parent.node->entries.back().value;
  }

  void AddKey(const Place& place, Node::Kind kind, const std::string& key) {
    Open_& map = stack_.back();
    if (kind != Node::Kind::kScalar) {
      Error(place, "a key must be plain text", "");
      map.dropped = true;
    } else if (key == "<<") {
      Error(place, "merges (`<<`) are not read", "write the keys out");
      map.dropped = true;
    } else if (const Node* before = map.node->Find(key); before != nullptr) {
      Error(place, absl::StrCat("`", key, "` stands twice in the same map"), "keep one of them");
      map.dropped = true;
    } else {
      map.node->entries.push_back({key, place, {}});
    }
  }

  const std::string& file_;
  const std::vector<std::string>& lines_;
  FileIssues* const issues_;
  Node root_;
  std::vector<Open_> stack_;
  std::vector<std::unique_ptr<Node>> discarded_;
};

}  // namespace

const Node* Node::Find(absl::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

void Document::Error(const Place& place, std::string message, std::string suggestion, FileIssues* issues) const {
  AddIssue(lines, FileIssue::Severity::kError, place, std::move(message), std::move(suggestion), issues);
}

void Document::Warning(const Place& place, std::string message, std::string suggestion, FileIssues* issues) const {
  AddIssue(lines, FileIssue::Severity::kWarning, place, std::move(message), std::move(suggestion), issues);
}

std::optional<Document> Parse(const std::string& file, absl::string_view text, FileIssues* issues) {
  Document document;
  document.file = file;
  document.lines = absl::StrSplit(text, '\n');
  FileIssues found;
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder(document.file, document.lines, &found);
    parser.HandleNextDocument(builder);
    document.root = builder.TakeRoot();
    if (document.root.place.file.empty()) document.root.place = {file, 1, 1};  // nothing is in it
    TreeBuilder second(document.file, document.lines, &found);
    if (parser.HandleNextDocument(second)) {
      document.Error(second.TakeRoot().place, "a second document begins here", "keep one document in a file", &found);
    }
  } catch (const YAML::Exception& problem) {
    const Place place = {file, problem.mark.line + 1, problem.mark.column + 1};
    Explanation explanation = ExplainSyntaxError(problem.msg, place, document.lines);
    document.Error(place, std::move(explanation.message), std::move(explanation.suggestion), &found);
  } catch (const std::exception& problem) {
    document.Error({file, 1, 1}, "not valid YAML", "", &found);
  }
  const bool failed = base::HasErrors(found);
  issues->insert(issues->end(), found.begin(), found.end());
  if (failed) return std::nullopt;
  return document;
}

MapReader::MapReader(const Document& document, const Node& node, absl::string_view what, FileIssues* issues)
    : document_(document), node_(node), what_(what), issues_(issues) {
  if (node.IsMap()) return;
  valid_ = false;
  document.Error(node.place, absl::StrCat(what, " must be a map of keys and values"), "", issues);
}

const Node* MapReader::Optional(absl::string_view key) {
  asked_.emplace_back(key);
  return node_.Find(key);
}

const Node* MapReader::Required(absl::string_view key) {
  const Node* value = Optional(key);
  if (value == nullptr && valid_) {
    document_.Error(node_.place, absl::StrCat(what_, " lacks `", key, "`"), "", issues_);
  }
  return value;
}

std::string MapReader::OptionalText(absl::string_view key) {
  const Node* value = Optional(key);
  if (value == nullptr) return "";
  if (value->IsScalar()) return value->text;
  document_.Error(value->place, absl::StrCat("`", key, "` must be text"), "", issues_);
  return "";
}

std::string MapReader::RequiredText(absl::string_view key) {
  const Node* value = Required(key);
  if (value == nullptr) return "";
  if (value->IsScalar() && !absl::StripAsciiWhitespace(value->text).empty()) return value->text;
  document_.Error(value->place, absl::StrCat("`", key, "` must be text that is not empty"), "", issues_);
  return "";
}

std::vector<std::string> MapReader::OptionalTexts(absl::string_view key) {
  const Node* value = Optional(key);
  if (value == nullptr) return {};
  if (value->IsScalar()) return {value->text};
  std::vector<std::string> texts;
  if (value->IsList()) {
    for (const Node& item : value->items) {
      if (item.IsScalar()) {
        texts.push_back(item.text);
      } else {
        document_.Error(item.place, absl::StrCat("an entry of `", key, "` must be text"), "", issues_);
      }
    }
    return texts;
  }
  document_.Error(value->place, absl::StrCat("`", key, "` must be a list"), absl::StrCat("write `", key, ": [a, b]`"), issues_);
  return texts;
}

bool MapReader::OptionalBool(absl::string_view key, bool fallback) {
  const Node* value = Optional(key);
  if (value == nullptr) return fallback;
  if (value->IsScalar() && !value->quoted && value->text == "true") return true;
  if (value->IsScalar() && !value->quoted && value->text == "false") return false;
  document_.Error(value->place, absl::StrCat("`", key, "` must be `true` or `false`"), "", issues_);
  return fallback;
}

int MapReader::OptionalInt(absl::string_view key, int fallback, int least, int most) {
  const Node* value = Optional(key);
  if (value == nullptr) return fallback;
  int number = 0;
  if (value->IsScalar() && !value->quoted) {
    const char* end = value->text.data() + value->text.size();
    const auto [last, error] = std::from_chars(value->text.data(), end, number);
    if (error == std::errc() && last == end && number >= least && number <= most) return number;
  }
  document_.Error(value->place, absl::StrCat("`", key, "` must be a whole number from ", least, " to ", most), "", issues_);
  return fallback;
}

void MapReader::RefuseUnknownKeys() {
  if (!valid_) return;
  for (const Node::Entry& entry : node_.entries) {
    if (std::find(asked_.begin(), asked_.end(), entry.key) != asked_.end()) continue;
    document_.Error(entry.place, absl::StrCat("unknown key `", entry.key, "` in ", what_), base::Suggest(entry.key, asked_),
                    issues_);
  }
}

}  // namespace resultgate::yaml
