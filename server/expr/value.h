// What an expression comes to: a small value that is copied by its bytes and owns nothing.
//
// Texts, lists and messages are views: into the activation's messages, the program's constants, or the arena of the evaluation.
// They must not outlive these.
#ifndef RESULTGATE_EXPR_VALUE_H_
#define RESULTGATE_EXPR_VALUE_H_

#include <google/protobuf/message.h>

#include <compare>
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/expr/arena.h"
#include "server/expr/expr.h"

namespace resultgate::expr {

struct FieldReader;
struct Value;

struct Null {};

struct Text {
  const char* data = "";
  size_t size = 0;

  Text() = default;
  explicit Text(absl::string_view view) : data(view.data()), size(view.size()) {}
  absl::string_view view() const { return {data, size}; }
};

struct EnumNumber {
  int number = 0;
};

// A list that is a repeated field.
struct Repeated {
  const google::protobuf::Message* message = nullptr;
  const FieldReader* reader = nullptr;
};

// A list that was written, or made in the evaluation.
struct Array {
  const Value* values = nullptr;
  size_t size = 0;
};

// The names of the absent facts, each once. The texts belong to the program.
struct Unknown {
  const std::string* const* facts = nullptr;
  size_t count = 0;
};

// A text of this program, never of its data, and the byte of the source that it happened at.
struct Error {
  const char* text = "";
  size_t offset = 0;
};

struct Value {
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kInt,
    kUint,
    kDouble,
    kText,
    kTime,
    kDuration,
    kEnum,
    kMessage,
    kRepeated,
    kArray,
    kCodeSet,
    kUnknown,
    kError,
  };

  Value() : integer(0) {}
  // NOLINTBEGIN(google-explicit-constructor): a value is written as what it holds.
  Value(Null) : integer(0) {}
  Value(Text value) : kind(Kind::kText), text(value) {}
  Value(absl::Time value) : kind(Kind::kTime), time(value) {}
  Value(absl::Duration value) : kind(Kind::kDuration), duration(value) {}
  Value(EnumNumber value) : kind(Kind::kEnum), enumeration(value) {}
  Value(const google::protobuf::Message* value) : kind(Kind::kMessage), message(value) {}
  Value(Repeated value) : kind(Kind::kRepeated), repeated(value) {}
  Value(Array value) : kind(Kind::kArray), array(value) {}
  Value(const CodeSet* value) : kind(Kind::kCodeSet), code_set(value) {}
  Value(Unknown value) : kind(Kind::kUnknown), unknown(value) {}
  Value(Error value) : kind(Kind::kError), error(value) {}
  // Exactly these types: no int becomes a bool unseen.
  template <typename T>
  requires std::is_same_v<T, bool> Value(T value) : kind(Kind::kBool), truth(value) {}
  template <typename T>
  requires std::is_same_v<T, int64_t> Value(T value) : kind(Kind::kInt), integer(value) {}
  template <typename T>
  requires std::is_same_v<T, uint64_t> Value(T value) : kind(Kind::kUint), natural(value) {}
  template <typename T>
  requires std::is_same_v<T, double> Value(T value) : kind(Kind::kDouble), number(value) {}
  // NOLINTEND(google-explicit-constructor)

  bool is(Kind other) const { return kind == other; }
  bool known() const { return kind < Kind::kUnknown; }
  bool is_list() const { return kind == Kind::kRepeated || kind == Kind::kArray; }

  // What it holds, or nullptr where it holds another type.
  template <typename T>
  const T* If() const;

  Kind kind = Kind::kNull;
  // The member that `kind` names. The checker has seen to it that operators meet the kinds that they take.
  union {
    bool truth;
    int64_t integer;
    uint64_t natural;
    double number;
    Text text;
    absl::Time time;
    absl::Duration duration;
    EnumNumber enumeration;
    const google::protobuf::Message* message;
    Repeated repeated;
    Array array;
    const CodeSet* code_set;
    Unknown unknown;
    Error error;
  };
};

static_assert(std::is_trivially_copyable_v<Value> && std::is_trivially_destructible_v<Value>);
static_assert(sizeof(Value) <= 24);

template <>
inline const bool* Value::If<bool>() const {
  return is(Kind::kBool) ? &truth : nullptr;
}
template <>
inline const int64_t* Value::If<int64_t>() const {
  return is(Kind::kInt) ? &integer : nullptr;
}
template <>
inline const uint64_t* Value::If<uint64_t>() const {
  return is(Kind::kUint) ? &natural : nullptr;
}
template <>
inline const double* Value::If<double>() const {
  return is(Kind::kDouble) ? &number : nullptr;
}
template <>
inline const Text* Value::If<Text>() const {
  return is(Kind::kText) ? &text : nullptr;
}
template <>
inline const absl::Time* Value::If<absl::Time>() const {
  return is(Kind::kTime) ? &time : nullptr;
}
template <>
inline const absl::Duration* Value::If<absl::Duration>() const {
  return is(Kind::kDuration) ? &duration : nullptr;
}
template <>
inline const EnumNumber* Value::If<EnumNumber>() const {
  return is(Kind::kEnum) ? &enumeration : nullptr;
}
template <>
inline const Error* Value::If<Error>() const {
  return is(Kind::kError) ? &error : nullptr;
}

inline Value MakeError(const char* text) {
  return Error{text, 0};
}
// A copy of it.
Value MakeText(absl::string_view text, Arena* arena);

// CEL's ranges: years 1 to 9999; durations that 64 bits of nanoseconds hold (some 292 years).
bool InRange(absl::Time time);
bool InRange(absl::Duration duration);
// The value, or an error where it is out of range.
Value Checked(absl::Time time);
Value Checked(absl::Duration duration);

// Of a list.
size_t SizeOf(const Value& list);
Value ElementOf(const Value& list, size_t index);

// Of two known values that the checker found comparable. Ints and uints compare by their values; with a double, as
// doubles.
bool Equal(const Value& a, const Value& b);
std::partial_ordering Compare(const Value& a, const Value& b);

// How much work comparing or copying them is, in steps; at least 1.
long Cost(const Value& value);

// Unicode code points of valid UTF-8.
int64_t CodePoints(absl::string_view text);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_VALUE_H_
