// What stands in the files of a pack: every key with what it means, what its value looks like, and its place in the order in
// which it is written. The JSON Schema (schema.h) and the formatter (format.h) are made of it; a test holds the loaders against
// it.
//
// Plain values; immutable once made, safe to share.
#ifndef RESULTGATE_POLICY_FILE_FORMAT_H_
#define RESULTGATE_POLICY_FILE_FORMAT_H_

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

struct Key {
  std::string name;
  // For an author: what it says. A sentence or two.
  std::string documentation;
  ShapePtr shape;
  bool required = false;
};

struct Word {
  std::string text;
  std::string documentation;  // may be empty
};

// What a value looks like.
struct Shape {
  enum class Kind {
    kText,
    kBool,
    kInt,
    kCondition,  // an expression of the rule language
    kPattern,    // a text that `pattern` (ECMA 262) describes
    kWords,      // one of `words`
    kList,       // of `item`
    kMap,        // of `keys`
    kMessage,    // a protobuf message by its field names
    kEither,     // one of `alternatives`
    kAnything,
  };

  Kind kind = Kind::kText;
  std::string pattern;
  std::vector<Word> words;
  // kWords: another text is no mistake; upper case and `_` for `-` are none.
  bool open = false;
  bool any_case = false;
  ShapePtr item;
  // kList: a single item may stand for a list of one.
  bool or_single = false;
  // kList: the formatter keeps an item on one line, or an empty line between items.
  bool table = false;
  bool spaced = false;
  std::vector<Key> keys;
  // kMap: one of these must be there.
  std::vector<std::string> one_of;
  // kMap, a rule: what holds back or sets a deadline needs a `basis`.
  bool holds_need_basis = false;
  const google::protobuf::Descriptor* message = nullptr;
  std::vector<ShapePtr> alternatives;
};

// The names that this site's files may use; an empty list where nobody knows, so that any is offered none and refused none.
struct Vocabulary {
  std::vector<std::string> value_sets;
  std::vector<std::string> owners;  // roles and the pack's pools
};

// The names of a pack's own: those of `value_sets`, and the pools of `pack_file`, a parsed pack.yaml, as far as it is right.
Vocabulary VocabularyOf(const yaml::Node& pack_file, std::vector<std::string> value_sets);

enum class FileKind { kRules, kPack, kValueSet, kCalendar, kTests };
inline constexpr FileKind kFileKinds[] = {FileKind::kRules, FileKind::kPack, FileKind::kValueSet, FileKind::kCalendar,
                                          FileKind::kTests};

// `rules`, `pack`, `value-set`, `calendar`, `tests`.
absl::string_view NameOf(FileKind kind);
// A sentence for authors.
absl::string_view DocumentationOf(FileKind kind);

// The kind of file that a map with these keys at its root is meant to be; kValueSet where nothing tells.
FileKind KindOf(const yaml::Node& root);

// A map. Without names of its own: what every site's files have in common.
ShapePtr ShapeOf(FileKind kind, const Vocabulary& vocabulary = {});

// The words of an enumeration, with their comments.
ShapePtr EnumWordsOf(const google::protobuf::EnumDescriptor* type);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_FILE_FORMAT_H_
