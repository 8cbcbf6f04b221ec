#include "server/expr/type.h"

#include <google/protobuf/descriptor.pb.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace resultgate::expr {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

Type Simple(Type::Kind kind) {
  Type type;
  type.kind = kind;
  return type;
}

Type ListOf(Type element) {
  Type type;
  type.kind = Type::Kind::kList;
  type.element = std::make_shared<const Type>(std::move(element));
  return type;
}

namespace {

// Kept as std::string, so that it can be viewed in its message.
bool IsText(const FieldDescriptor* field) {
  return field->type() == FieldDescriptor::TYPE_STRING && field->options().ctype() == google::protobuf::FieldOptions::STRING;
}

// Of one value of a field, repeated or not.
Type SingleTypeOf(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Simple(Type::Kind::kBool);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return Simple(Type::Kind::kInt);
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return Simple(Type::Kind::kUint);
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Simple(Type::Kind::kDouble);
    case FieldDescriptor::CPPTYPE_STRING:
      return Simple(IsText(field) ? Type::Kind::kString : Type::Kind::kUnreadable);
    case FieldDescriptor::CPPTYPE_ENUM: {
      Type type = Simple(Type::Kind::kEnum);
      type.enumeration = field->enum_type();
      return type;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return TypeOf(field->message_type());
  }
  return Simple(Type::Kind::kUnreadable);
}

const FieldDescriptor* OnlyValues(const Descriptor* message) {
  if (message->field_count() != 1) return nullptr;
  const FieldDescriptor* field = message->field(0);
  return field->is_repeated() && !field->is_map() && field->name() == "values" ? field : nullptr;
}

// `ResultStatus` gives `RESULT_STATUS_`.
std::string Prefix(const EnumDescriptor* enumeration) {
  std::string prefix;
  const std::string& name = enumeration->name();
  for (size_t i = 0; i < name.size(); ++i) {
    if (i > 0 && absl::ascii_isupper(static_cast<unsigned char>(name[i])) &&
        !absl::ascii_isupper(static_cast<unsigned char>(name[i - 1]))) {
      prefix.push_back('_');
    }
    prefix.push_back(absl::ascii_toupper(static_cast<unsigned char>(name[i])));
  }
  return prefix + "_";
}

}  // namespace

const FieldDescriptor* ListField(const Descriptor* message) {
  const FieldDescriptor* values = OnlyValues(message);
  // A list of itself would have no end, so what holds such messages stays a message.
  if (values == nullptr || values->message_type() == nullptr || OnlyValues(values->message_type()) == nullptr) return values;
  return nullptr;
}

Type TypeOf(const Descriptor* message) {
  if (message->well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP) return Simple(Type::Kind::kTimestamp);
  if (message->well_known_type() == Descriptor::WELLKNOWNTYPE_DURATION) return Simple(Type::Kind::kDuration);
  if (const FieldDescriptor* values = ListField(message)) return TypeOf(values);
  Type type = Simple(Type::Kind::kMessage);
  type.message = message;
  return type;
}

Type TypeOf(const FieldDescriptor* field) {
  if (field->is_map()) return Simple(Type::Kind::kUnreadable);
  Type single = SingleTypeOf(field);
  if (!field->is_repeated() || single.is(Type::Kind::kUnreadable)) return single;
  return ListOf(std::move(single));
}

std::string NameOf(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kError:
    case Type::Kind::kAny:
      return "anything";
    case Type::Kind::kNull:
      return "null";
    case Type::Kind::kBool:
      return "bool";
    case Type::Kind::kInt:
      return "int";
    case Type::Kind::kUint:
      return "uint";
    case Type::Kind::kDouble:
      return "double";
    case Type::Kind::kString:
      return "string";
    case Type::Kind::kTimestamp:
      return "timestamp";
    case Type::Kind::kDuration:
      return "duration";
    case Type::Kind::kEnum:
      return type.enumeration->name();
    case Type::Kind::kMessage:
      return type.message->name();
    case Type::Kind::kList:
      return absl::StrCat("list of ", NameOf(*type.element));
    case Type::Kind::kCodeSet:
      return "value set";
    case Type::Kind::kUnreadable:
      return "bytes";
  }
  return "anything";
}

bool Join(const Type& a, const Type& b, Type* joined) {
  using Kind = Type::Kind;
  if (a.loose() || b.loose()) {
    *joined = a.loose() ? b : a;
    return true;
  }
  if (a.kind != b.kind) return false;
  if (a.is(Kind::kList)) {
    Type element;
    if (!Join(*a.element, *b.element, &element)) return false;
    *joined = ListOf(std::move(element));
    return true;
  }
  *joined = a;
  return a.message == b.message && a.enumeration == b.enumeration;
}

bool Comparable(const Type& a, const Type& b) {
  using Kind = Type::Kind;
  if (a.is(Kind::kError) || b.is(Kind::kError)) return true;
  for (const Type* type : {&a, &b}) {
    if (type->is(Kind::kMessage) || type->is(Kind::kCodeSet) || type->is(Kind::kUnreadable)) return false;
  }
  if (a.loose() || b.loose()) return true;
  if (a.numeric() && b.numeric()) return true;
  if (a.kind != b.kind) return false;
  if (a.is(Kind::kList)) return Comparable(*a.element, *b.element);
  return a.enumeration == b.enumeration;
}

std::string ShortName(const EnumValueDescriptor* value) {
  return std::string(absl::StripPrefix(value->name(), Prefix(value->type())));
}

std::vector<std::string> ShortNames(const EnumDescriptor* enumeration) {
  std::vector<std::string> names;
  for (int i = 0; i < enumeration->value_count(); ++i) names.push_back(ShortName(enumeration->value(i)));
  return names;
}

const EnumValueDescriptor* FindShort(const EnumDescriptor* enumeration, absl::string_view name) {
  for (int i = 0; i < enumeration->value_count(); ++i) {
    if (ShortName(enumeration->value(i)) == name) return enumeration->value(i);
  }
  return nullptr;
}

const EnumDescriptor* EnumerationOf(const Type& type) {
  if (type.is(Type::Kind::kEnum)) return type.enumeration;
  return type.is(Type::Kind::kList) ? EnumerationOf(*type.element) : nullptr;
}

namespace {

const FieldDescriptor* TextField(const Descriptor* message, const char* name) {
  const FieldDescriptor* field = message->FindFieldByName(name);
  return field != nullptr && TypeOf(field).is(Type::Kind::kString) ? field : nullptr;
}

}  // namespace

CodingShape ShapeOf(const Type& type) {
  CodingShape shape;
  if (!type.is(Type::Kind::kMessage)) return shape;
  const Descriptor* coding = type.message;
  const FieldDescriptor* codings = coding->FindFieldByName("codings");
  if (codings != nullptr && codings->is_repeated() && !codings->is_map() && codings->message_type() != nullptr) {
    shape.codings = codings;
    coding = codings->message_type();
  }
  shape.system = TextField(coding, "system");
  shape.code = TextField(coding, "code");
  return shape.system == nullptr || shape.code == nullptr ? CodingShape() : shape;
}

}  // namespace resultgate::expr
