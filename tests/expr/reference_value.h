// The values of the reference (reference.h), which own what they hold, and all that is done with them: reading fields by their
// descriptors, comparing, adding. Nothing here is shared with the compiled program but what conversions read and print.
#ifndef RESULTGATE_TESTS_EXPR_REFERENCE_VALUE_H_
#define RESULTGATE_TESTS_EXPR_REFERENCE_VALUE_H_

#include <google/protobuf/message.h>

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/expr/expr.h"
#include "server/expr/typed.h"

namespace resultgate::expr::reference {

struct Value;

struct Null {};

struct Text {
  absl::string_view view;
  std::shared_ptr<const std::string> owner;  // set where the text was made in the evaluation
};

struct EnumNumber {
  int number = 0;
};

// A repeated field, or the values of a list that was made in the evaluation.
struct List {
  const google::protobuf::Message* message = nullptr;
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::shared_ptr<const std::vector<Value>> values;

  size_t size() const;
  Value at(size_t index) const;
};

// The names of the absent facts. The texts belong to the program.
struct Unknown {
  std::vector<const std::string*> facts;

  // Adds those of `other` that are not here yet.
  void Merge(const Unknown& other);
};

// A text of this program, never of its data, and the byte of the source that it happened at.
struct Error {
  const char* text = "";
  size_t offset = 0;
};

struct Value {
  std::variant<Null, bool, int64_t, uint64_t, double, Text, absl::Time, absl::Duration, EnumNumber,
               const google::protobuf::Message*, List, const CodeSet*, Unknown, Error>
      content;

  template <typename T>
  const T* If() const {
    return std::get_if<T>(&content);
  }
  // The checker has seen to it that the value is of this kind.
  template <typename T>
  const T& As() const {
    return std::get<T>(content);
  }
  bool known() const { return If<Unknown>() == nullptr && If<Error>() == nullptr; }
};

Value MakeText(std::string text);
inline Value MakeError(const char* text) {
  return {Error{text, 0}};
}

// CEL's ranges: years 1 to 9999; durations that 64 bits of nanoseconds hold (some 292 years).
bool InRange(absl::Time time);
bool InRange(absl::Duration duration);
// The value, or an error where it is out of range.
Value Checked(absl::Time time);
Value Checked(absl::Duration duration);

// Reads a singular field that is there, or has a default.
Value ReadField(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field);
// A message as a value: a timestamp, duration or list where it reads as one.
Value ReadMessage(const google::protobuf::Message& message);

// Of two known values that the checker found comparable. Ints and uints compare by their values; with a double, as
// doubles.
bool Equal(const Value& a, const Value& b);
std::partial_ordering Compare(const Value& a, const Value& b);

// How much work comparing or copying them is, in steps; at least 1.
long Cost(const Value& value);

// Of two known values; `op` is kAdd to kModulo.
Value Arithmetic(Expr::Op op, const Value& a, const Value& b);
Value Negate(const Value& value);

// A constant of the checker, or of a conversion.
Value Own(const expr::Value& value);
Value Convert(Function function, const Value& value);

// Unicode code points of valid UTF-8.
int64_t CodePoints(absl::string_view text);

}  // namespace resultgate::expr::reference

#endif  // RESULTGATE_TESTS_EXPR_REFERENCE_VALUE_H_
