// Strict YAML with positions: what rule, value-set and template files are written in.
//
// A subset of YAML 1.2 on purpose, because what an author does not expect must not load. Errors are: unknown syntax, duplicate
// keys, keys that are not plain text, anchors, aliases, merges (`<<`), tags, octal-looking numbers (`010`), tabs, and second
// documents. Scalars stay text: `yes` is the text "yes", and whoever reads a field says what type it wants.
//
// A Node is a plain value, safe to read from several threads. No exception leaves this folder.
#ifndef RESULTGATE_YAML_YAML_H_
#define RESULTGATE_YAML_YAML_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"

namespace resultgate::yaml {

class Node {
 public:
  enum class Kind { kNull, kScalar, kList, kMap };

  struct Entry;  // one key with its value

  Kind kind = Kind::kNull;
  // Where the node begins: for a block scalar (`|`, `>`), the place of its first line of text.
  base::Place place;
  // kScalar: the text, quotes and escapes resolved.
  std::string text;
  // kScalar: written in quotes or as a block, so that it is text whatever it looks like.
  bool quoted = false;
  // kScalar: written as a block (`|`, `>`).
  bool block = false;
  // kList, kMap: written in brackets, `[a, b]` or `{a: b}`.
  bool flow = false;
  // kList.
  std::vector<Node> items;
  // kMap, in the order of the file; keys are unique.
  std::vector<Entry> entries;

  bool IsNull() const { return kind == Kind::kNull; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsList() const { return kind == Kind::kList; }
  bool IsMap() const { return kind == Kind::kMap; }

  // kMap: the value of `key`, or nullptr.
  const Node* Find(absl::string_view key) const;
};

struct Node::Entry {
  std::string key;
  base::Place place;  // of the key
  Node value;
};

// Nesting deeper than this is refused: no file of ours needs ten, and a reader may recurse.
inline constexpr int kDeepestNesting = 64;

// A parsed file: the root node, and the lines for messages.
struct Document {
  std::string file;
  std::vector<std::string> lines;
  Node root;

  // An error at `place`, with its source line, appended to `issues`.
  void Error(const base::Place& place, std::string message, std::string suggestion, base::FileIssues* issues) const;
  void Warning(const base::Place& place, std::string message, std::string suggestion, base::FileIssues* issues) const;
};

// Parses `text`, the content of `file` (a name for messages). On errors they are appended to `issues` and nullopt is returned.
// An empty file gives a null root.
std::optional<Document> Parse(const std::string& file, absl::string_view text, base::FileIssues* issues);

// Reads the fields of one map, and knows which were read: the way every loader here takes a file apart. All mistakes are
// appended to `issues`; a reader that returns nullptr or a default has said why.
class MapReader {
 public:
  // `node` that is not a map is an error that names `what` (as "a rule").
  MapReader(const Document& document, const Node& node, absl::string_view what, base::FileIssues* issues);

  // The value of a key, or nullptr where it is absent (`Optional…`) or absent and reported (`Required`).
  const Node* Optional(absl::string_view key);
  const Node* Required(absl::string_view key);

  // Text of a scalar; empty where absent. RequiredText reports absence and emptiness.
  std::string OptionalText(absl::string_view key);
  std::string RequiredText(absl::string_view key);
  // A list of scalars; a single scalar is a list of one.
  std::vector<std::string> OptionalTexts(absl::string_view key);
  // `true` or `false`.
  bool OptionalBool(absl::string_view key, bool fallback);
  // A decimal integer from `least` to `most`.
  int OptionalInt(absl::string_view key, int fallback, int least, int most);

  // Reports every key that was never asked for, with the nearest one that was. Call it last.
  void RefuseUnknownKeys();

  bool valid() const { return valid_; }
  const Node& node() const { return node_; }

 private:
  const Document& document_;
  const Node& node_;
  const std::string what_;
  base::FileIssues* const issues_;
  std::vector<std::string> asked_;
  bool valid_ = true;
};

}  // namespace resultgate::yaml

#endif  // RESULTGATE_YAML_YAML_H_
