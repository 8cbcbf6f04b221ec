#include "server/json/json.h"

#include <deque>
#include <exception>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace resultgate::json {

// Children are a list in order, so that a node has one size whatever it holds.
struct Node {
  Value::Kind kind = Value::Kind::kNull;
  bool truth = false;
  uint32_t index = 0;   // position in the parent
  uint32_t offset = 0;  // first byte in the text
  const Node* parent = nullptr;
  Node* first = nullptr;
  Node* last = nullptr;
  Node* next = nullptr;
  std::string key;
  std::string text;
};

struct Document::Tree {
  std::deque<Node> nodes;  // addresses stay
};

namespace {

using nlohmann::json;

// Walks over the bytes and counts them, because a SAX handler is not told where it is.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    *furthest_ = at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

// What the library was reading when it gave up, in our words: its own text would repeat the input.
std::string Expectation(absl::string_view what) {
  if (what.find("number overflow") != absl::string_view::npos) return "the number is out of range; expected one below 1e308";
  if (what.find("invalid string") != absl::string_view::npos) {
    return what.find("ill-formed UTF-8") != absl::string_view::npos
               ? "the string is not valid UTF-8"
               : "the string is not closed or holds an unescaped control character or a bad escape";
  }
  if (what.find("invalid number") != absl::string_view::npos)
    return "this is not a number; expected digits on both sides of a decimal point";
  if (what.find("object key") != absl::string_view::npos)
    return "expected a key in double quotes, or `}` without a comma before it";
  if (what.find("object separator") != absl::string_view::npos) return "expected `:` after the key";
  if (what.find("parsing object") != absl::string_view::npos) return "expected `,` or `}` in the object";
  if (what.find("parsing array") != absl::string_view::npos) return "expected `,` or `]` in the array";
  return "expected one JSON value: an object, array, string in double quotes, number, true, false or null";
}

// Builds the tree; returns false, with `problem` set, to stop.
class Builder final : public nlohmann::json_sax<json> {
 public:
  // `*furthest` is how far the library has read in `text`.
  Builder(std::deque<Node>* nodes, const Limits& limits, absl::string_view text, const char* const* furthest)
      : nodes_(*nodes), limits_(limits), text_(text), furthest_(furthest) {}

  bool null() override { return Add(Value::Kind::kNull) != nullptr; }
  bool boolean(bool value) override {
    Node* node = Add(Value::Kind::kBool);
    if (node != nullptr) node->truth = value;
    return node != nullptr;
  }
  // The library calls this for negative integers only, so that a zero was written `-0`.
  bool number_integer(number_integer_t value) override {
    return AddText(Value::Kind::kNumber, value == 0 ? "-0" : absl::StrCat(value));
  }
  bool number_unsigned(number_unsigned_t value) override { return AddText(Value::Kind::kNumber, absl::StrCat(value)); }
  bool number_float(number_float_t, const string_t& written) override { return AddText(Value::Kind::kNumber, written); }
  bool string(string_t& value) override { return AddText(Value::Kind::kString, std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return Open(Value::Kind::kObject); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(Value::Kind::kArray); }
  bool end_array() override { return Close(); }

  bool key(string_t& value) override {
    token_end_ = ReadSoFar();
    if (!keys_[open_.size() - 1].insert(value).second) {
      problem_ = "this key stands twice in its object; expected every key once";
      return false;
    }
    key_ = std::move(value);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& problem) override {
    problem_ = Expectation(problem.what());
    position_ = position;
    return false;
  }

  const std::string& problem() const { return problem_; }
  // The count of bytes read when the library gave up; 0 where it was us.
  std::size_t position() const { return position_; }

 private:
  Node* Add(Value::Kind kind) {
    if (nodes_.size() >= limits_.most_values) {
      problem_ = absl::StrCat("more values than a message may hold; expected at most ", limits_.most_values);
      return nullptr;
    }
    Node& node = nodes_.emplace_back();
    node.kind = kind;
    node.offset = static_cast<uint32_t>(NextToken());
    token_end_ = ReadSoFar();
    if (!open_.empty()) {
      Node* parent = open_.back();
      node.parent = parent;
      node.key = std::move(key_);
      key_.clear();
      node.index = parent->last == nullptr ? 0 : parent->last->index + 1;
      (parent->last == nullptr ? parent->first : parent->last->next) = &node;
      parent->last = &node;
    }
    return &node;
  }

  bool AddText(Value::Kind kind, std::string text) {
    Node* node = Add(kind);
    if (node != nullptr) node->text = std::move(text);
    return node != nullptr;
  }

  bool Open(Value::Kind kind) {
    if (static_cast<int>(open_.size()) >= limits_.deepest_nesting) {
      problem_ = absl::StrCat("nested too deeply; expected at most ", limits_.deepest_nesting, " levels");
      return false;
    }
    Node* node = Add(kind);
    if (node == nullptr) return false;
    open_.push_back(node);
    if (keys_.size() < open_.size()) keys_.emplace_back();
    keys_[open_.size() - 1].clear();
    return true;
  }

  bool Close() {
    token_end_ = ReadSoFar();
    open_.pop_back();
    return true;
  }

  std::size_t ReadSoFar() const { return static_cast<std::size_t>(*furthest_ - text_.data()); }

  // Where the token begins that the library has just read: behind the one before, and what stands between two.
  std::size_t NextToken() const {
    std::size_t at = token_end_;
    while (at < text_.size() && absl::StrContains(" \t\r\n,:", text_[at])) ++at;
    return at;
  }

  std::deque<Node>& nodes_;
  const Limits limits_;
  const absl::string_view text_;
  const char* const* const furthest_;
  std::size_t token_end_ = 0;  // of the last token that was made something of
  std::vector<Node*> open_;
  std::vector<absl::flat_hash_set<std::string>> keys_;  // of the open objects, by depth
  std::string key_;
  std::string problem_;
  std::size_t position_ = 0;
};

void SetPlace(absl::string_view text, std::size_t position, Error* error) {
  error->line = 1;
  error->column = 1;
  for (std::size_t i = 0; i < position && i < text.size(); ++i) {
    ++error->column;
    if (text[i] == '\n') {
      ++error->line;
      error->column = 1;
    }
  }
}

}  // namespace

Value::Kind Value::kind() const {
  return node_ == nullptr ? Kind::kAbsent : node_->kind;
}

bool Value::IsTrue() const {
  return kind() == Kind::kBool && node_->truth;
}

bool Value::IsFalse() const {
  return kind() == Kind::kBool && !node_->truth;
}

absl::string_view Value::text() const {
  return node_ == nullptr ? absl::string_view() : absl::string_view(node_->text);
}

absl::string_view Value::key() const {
  return node_ == nullptr ? absl::string_view() : absl::string_view(node_->key);
}

Value Value::operator[](absl::string_view key) const {
  if (!IsObject()) return Value();
  for (const Node* child = node_->first; child != nullptr; child = child->next) {
    if (child->key == key) return Value(child);
  }
  return Value();
}

std::vector<Value> Value::children() const {
  std::vector<Value> result;
  if (node_ == nullptr) return result;
  for (const Node* child = node_->first; child != nullptr; child = child->next) result.push_back(Value(child));
  return result;
}

std::vector<Value> Value::AsList() const {
  if (IsArray()) return children();
  if (!IsPresent() || kind() == Kind::kNull) return {};
  return {*this};
}

Value Value::parent() const {
  return node_ == nullptr ? Value() : Value(node_->parent);
}

std::string Value::Path() const {
  std::vector<const Node*> steps;
  for (const Node* node = node_; node != nullptr && node->parent != nullptr; node = node->parent) steps.push_back(node);
  std::string path;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step)->parent->kind == Kind::kArray) {
      absl::StrAppend(&path, "[", (*step)->index, "]");
    } else {
      absl::StrAppend(&path, path.empty() ? "" : ".", (*step)->key);
    }
  }
  return path;
}

size_t Value::offset() const {
  return node_ == nullptr ? 0 : node_->offset;
}

std::string Value::PathOf(absl::string_view key) const {
  std::string path = Path();
  return absl::StrCat(path, path.empty() ? "" : ".", key);
}

Document::Document() : tree_(std::make_unique<Tree>()) {}
Document::~Document() = default;

Value Document::root() const {
  return Value(&tree_->nodes.front());
}

std::unique_ptr<const Document> Document::Parse(absl::string_view text, const Limits& limits, Error* error) {
  *error = Error();
  std::unique_ptr<Document> document(new Document());
  const char* furthest = text.data();
  Builder builder(&document->tree_->nodes, limits, text, &furthest);
  bool parsed = false;
  std::string problem;
  try {
    parsed = json::sax_parse(CountingIterator(text.data(), &furthest), CountingIterator(text.data() + text.size(), &furthest),
                             &builder);
  } catch (const std::exception&) {
    problem = "this cannot be read as JSON";
  }
  if (parsed && !document->tree_->nodes.empty()) return document;
  error->message = !problem.empty() ? problem : builder.problem().empty() ? "expected one JSON value" : builder.problem();
  // The last byte that was read: what was wrong ends there.
  const std::size_t read = builder.position() > 0 ? builder.position() : static_cast<std::size_t>(furthest - text.data());
  SetPlace(text, read > 0 ? read - 1 : 0, error);
  return nullptr;
}

}  // namespace resultgate::json
