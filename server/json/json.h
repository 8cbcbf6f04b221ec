// Strict JSON (RFC 8259) as a small immutable tree: what a sender's FHIR resources are read from.
//
// Strict because what two readers may understand differently must not be decided on: duplicate keys, comments, trailing commas,
// invalid UTF-8 and anything after the document are errors. Numbers are kept as their text, exactly as written: `7.10` stays
// `7.10`.
//
// A Document is immutable and may be read from several threads; a Value is a view into it and must not outlive it. No exception
// leaves this folder, and no error text holds any of the input.
#ifndef RESULTGATE_JSON_JSON_H_
#define RESULTGATE_JSON_JSON_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::json {

// What is refused although it may be JSON. The defaults are far above any real message and bound the memory of one (about 100
// bytes a value).
struct Limits {
  int deepest_nesting = 64;
  size_t most_values = 1000000;
};

// Why a text is not taken. Lines and columns count from 1; columns count bytes.
struct Error {
  int line = 0;
  int column = 0;
  // Starts in lower case, without a full stop; says what would be right.
  std::string message;
};

struct Node;

// One value of a document, or the absence of one: looking into what is absent, or of another kind, gives absence again, so that a
// path may be followed without asking at every step.
class Value {
 public:
  enum class Kind { kAbsent, kNull, kBool, kNumber, kString, kArray, kObject };

  Value() = default;

  Kind kind() const;
  bool IsPresent() const { return node_ != nullptr; }
  bool IsObject() const { return kind() == Kind::kObject; }
  bool IsArray() const { return kind() == Kind::kArray; }
  bool IsString() const { return kind() == Kind::kString; }
  bool IsNumber() const { return kind() == Kind::kNumber; }
  bool IsTrue() const;
  bool IsFalse() const;

  // kString: the string, escapes resolved. kNumber: the number as written. Else empty.
  absl::string_view text() const;
  // The text of a string; empty for every other kind.
  absl::string_view string() const { return IsString() ? text() : absl::string_view(); }
  // The name under which the value stands in its object; empty in arrays and at the root.
  absl::string_view key() const;

  // kObject: the member of that name.
  Value operator[](absl::string_view key) const;
  // kArray: the elements; kObject: the members' values, in order; else none.
  std::vector<Value> children() const;
  // An array's elements, or the value itself as the only one, or none where it is absent or null: for senders that write
  // one object where a list belongs.
  std::vector<Value> AsList() const;

  // The object or array that the value stands in; absent for the root.
  Value parent() const;

  // Where the value stands, as `entry[2].resource.status`; empty for the root and for an absent value.
  std::string Path() const;
  // The byte of the text at which the value begins; 0 for an absent one.
  size_t offset() const;
  // The path that a member `key` of this value has, present or not.
  std::string PathOf(absl::string_view key) const;

  // The same place of the same document.
  friend bool operator==(const Value& a, const Value& b) { return a.node_ == b.node_; }
  friend bool operator!=(const Value& a, const Value& b) { return a.node_ != b.node_; }
  template <typename H>
  friend H AbslHashValue(H state, const Value& value) {
    return H::combine(std::move(state), value.node_);
  }

 private:
  friend class Document;
  explicit Value(const Node* node) : node_(node) {}

  const Node* node_ = nullptr;
};

class Document {
 public:
  // Reads one JSON document. On an error the result is null and `error` says why; `error` must not be null.
  static std::unique_ptr<const Document> Parse(absl::string_view text, const Limits& limits, Error* error);

  ~Document();
  Value root() const;

 private:
  Document();

  struct Tree;
  std::unique_ptr<Tree> tree_;
};

}  // namespace resultgate::json

#endif  // RESULTGATE_JSON_JSON_H_
