// How fields of messages are read: everything that their descriptors say is looked up when the program is made, so that reading
// is one call of protobuf's reflection.
//
// Readers are immutable once made; threads share them.
#ifndef RESULTGATE_EXPR_FIELDS_H_
#define RESULTGATE_EXPR_FIELDS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <map>

#include "absl/strings/string_view.h"
#include "server/expr/type.h"
#include "server/expr/value.h"

namespace resultgate::expr {

// What one value of a field, or a message, reads as.
enum class Reading : uint8_t {
  kBool,
  kInt32,
  kInt64,
  kUint32,
  kUint64,
  kFloat,
  kDouble,
  kText,
  kEnum,
  kMessage,
  kTimestamp,
  kDuration,
  kValues,  // a message whose only field is `repeated … values`: this list
};

struct FieldReader {
  const google::protobuf::FieldDescriptor* field = nullptr;
  // That of generated messages; nullptr for messages of other pools, which are asked for theirs.
  const google::protobuf::Reflection* reflection = nullptr;
  Reading reading = Reading::kBool;
  bool repeated = false;
  bool presence = false;                // may be absent
  const FieldReader* values = nullptr;  // kValues: the reader of `values`

  const google::protobuf::Reflection& ReflectionOf(const google::protobuf::Message& message) const {
    return reflection != nullptr ? *reflection : *message.GetReflection();
  }
};

// A message as a value.
struct MessageReader {
  Reading reading = Reading::kMessage;
  const FieldReader* values = nullptr;
};

// Where the codings of a coding or concept are.
struct CodingReader {
  const FieldReader* codings = nullptr;  // nullptr for a coding itself
  const FieldReader* system = nullptr;
  const FieldReader* code = nullptr;
};

// The readers of one program. Their addresses stay.
class Readers {
 public:
  // To be called first: all messages that are read are of generated code, as those are that stand in a message of generated code.
  void ReadGeneratedOnly() { generated_ = true; }

  const FieldReader* Of(const google::protobuf::FieldDescriptor* field);
  MessageReader Of(const google::protobuf::Descriptor* message);
  CodingReader Of(const CodingShape& shape);

 private:
  bool generated_ = false;
  std::map<const google::protobuf::FieldDescriptor*, FieldReader> readers_;
};

// The reflection of generated messages of that type; nullptr where the type is not generated code.
const google::protobuf::Reflection* GeneratedReflection(const google::protobuf::Descriptor* message);

// True if a field without presence, or one that is there, is to be read.
inline bool IsThere(const google::protobuf::Message& message, const FieldReader& reader) {
  return !reader.presence || reader.ReflectionOf(message).HasField(message, reader.field);
}

// The field is there, or has a default. Texts are views into the message.
Value ReadField(const google::protobuf::Message& message, const FieldReader& reader);
Value ReadMessage(const google::protobuf::Message& message, Reading reading, const FieldReader* values);
absl::string_view ReadText(const google::protobuf::Message& message, const FieldReader& reader);
// Of a repeated field.
size_t CountElements(const google::protobuf::Message& message, const FieldReader& reader);
Value ReadElement(const google::protobuf::Message& message, const FieldReader& reader, int index);

// Calls `visit(system, code)` for each coding of a coding or concept, until it returns true. True if it did.
template <typename Visit>
bool AnyCoding(const CodingReader& reader, const google::protobuf::Message& message, const Visit& visit) {
  if (reader.codings == nullptr) return visit(ReadText(message, *reader.system), ReadText(message, *reader.code));
  const google::protobuf::Reflection& reflection = reader.codings->ReflectionOf(message);
  const int count = reflection.FieldSize(message, reader.codings->field);
  for (int i = 0; i < count; ++i) {
    const google::protobuf::Message& coding = reflection.GetRepeatedMessage(message, reader.codings->field, i);
    if (visit(ReadText(coding, *reader.system), ReadText(coding, *reader.code))) return true;
  }
  return false;
}

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_FIELDS_H_
