// The types of the language and how protobuf descriptors map to them.
// Values, as thread-safe as any. Descriptors are not owned and outlive them.
#ifndef RESULTGATE_EXPR_TYPE_H_
#define RESULTGATE_EXPR_TYPE_H_

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::expr {

struct Type {
  enum class Kind {
    kError,  // of an expression whose mistake is reported
    kAny,    // of the elements of `[]`
    kNull,
    kBool,
    kInt,
    kUint,
    kDouble,
    kString,
    kTimestamp,
    kDuration,
    kEnum,
    kMessage,
    kList,
    kCodeSet,     // what valueset("…") gives
    kUnreadable,  // bytes, maps and other than std::string texts: has() is all that can be asked
  };

  Kind kind = Kind::kError;
  const google::protobuf::Descriptor* message = nullptr;          // kMessage
  const google::protobuf::EnumDescriptor* enumeration = nullptr;  // kEnum
  std::shared_ptr<const Type> element;                            // kList

  bool is(Kind other) const { return kind == other; }
  bool numeric() const { return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kDouble; }
  // Goes with everything: what is wrong is said already, or there is no value that could be wrong.
  bool loose() const { return kind == Kind::kError || kind == Kind::kAny; }
};

Type Simple(Type::Kind kind);
Type ListOf(Type element);
// A message; google.protobuf.Timestamp and Duration are their own types, and a message whose only field is `repeated … values`
// is the list of these.
Type TypeOf(const google::protobuf::Descriptor* message);
// What a field reads as: a list where it is repeated.
Type TypeOf(const google::protobuf::FieldDescriptor* field);

// For people: `int`, `list of Coding`, `ResultStatus`.
std::string NameOf(const Type& type);

// The field `values` of a message that reads as a list, else nullptr.
const google::protobuf::FieldDescriptor* ListField(const google::protobuf::Descriptor* message);

// What a list of both would hold: the same type, kAny giving way. False if there is none.
bool Join(const Type& a, const Type& b, Type* joined);

// True if `==` may stand between them: the same type, or two numbers; no messages.
bool Comparable(const Type& a, const Type& b);

// A value's name without its type's prefix: RESULT_STATUS_FINAL of ResultStatus is FINAL.
std::string ShortName(const google::protobuf::EnumValueDescriptor* value);
std::vector<std::string> ShortNames(const google::protobuf::EnumDescriptor* enumeration);
// By short name; nullptr if there is none.
const google::protobuf::EnumValueDescriptor* FindShort(const google::protobuf::EnumDescriptor* enumeration,
                                                       absl::string_view name);

// The enumeration that a type is, or that its elements are; else nullptr.
const google::protobuf::EnumDescriptor* EnumerationOf(const Type& type);

// A coding is a message with text fields `system` and `code`; a concept one with a repeated field `codings` of codings.
struct CodingShape {
  const google::protobuf::FieldDescriptor* codings = nullptr;  // nullptr for a coding itself
  const google::protobuf::FieldDescriptor* system = nullptr;   // nullptr: neither
  const google::protobuf::FieldDescriptor* code = nullptr;

  bool found() const { return system != nullptr; }
};
CodingShape ShapeOf(const Type& type);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_TYPE_H_
