#include "server/expr/fields.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>

namespace resultgate::expr {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;

namespace {

Reading ReadingOf(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Reading::kInt32;
    case FieldDescriptor::CPPTYPE_INT64:
      return Reading::kInt64;
    case FieldDescriptor::CPPTYPE_UINT32:
      return Reading::kUint32;
    case FieldDescriptor::CPPTYPE_UINT64:
      return Reading::kUint64;
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Reading::kFloat;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Reading::kDouble;
    case FieldDescriptor::CPPTYPE_STRING:
      return Reading::kText;
    case FieldDescriptor::CPPTYPE_ENUM:
      return Reading::kEnum;
    default:
      return Reading::kBool;
  }
}

// Seconds and nanoseconds of a Timestamp or Duration; by reflection where it is of another pool.
template <typename Known>
void ReadSeconds(const Message& message, int64_t* seconds, int32_t* nanos) {
  if (const auto* known = google::protobuf::DynamicCastToGenerated<Known>(&message)) {
    *seconds = known->seconds();
    *nanos = known->nanos();
    return;
  }
  const Reflection& reflection = *message.GetReflection();
  *seconds = reflection.GetInt64(message, message.GetDescriptor()->FindFieldByNumber(1));
  *nanos = reflection.GetInt32(message, message.GetDescriptor()->FindFieldByNumber(2));
}

// The reader of one value of a field whose message is no special one.
void SetReading(const FieldDescriptor* field, Readers* readers, FieldReader* reader) {
  reader->reading = ReadingOf(field);
  if (field->message_type() == nullptr) return;
  const MessageReader of_message = readers->Of(field->message_type());
  reader->reading = of_message.reading;
  reader->values = of_message.values;
}

}  // namespace

const Reflection* GeneratedReflection(const Descriptor* message) {
  if (message->file()->pool() != DescriptorPool::generated_pool()) return nullptr;
  const Message* const prototype = MessageFactory::generated_factory()->GetPrototype(message);
  return prototype == nullptr ? nullptr : prototype->GetReflection();
}

const FieldReader* Readers::Of(const FieldDescriptor* field) {
  const auto [found, added] = readers_.try_emplace(field);
  FieldReader& reader = found->second;
  if (!added) return &reader;
  reader.field = field;
  if (generated_) reader.reflection = GeneratedReflection(field->containing_type());
  reader.repeated = field->is_repeated();
  reader.presence = field->has_presence();
  SetReading(field, this, &reader);
  return &reader;
}

MessageReader Readers::Of(const Descriptor* message) {
  if (message->well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP) return {Reading::kTimestamp, nullptr};
  if (message->well_known_type() == Descriptor::WELLKNOWNTYPE_DURATION) return {Reading::kDuration, nullptr};
  if (const FieldDescriptor* values = ListField(message)) return {Reading::kValues, Of(values)};
  return {Reading::kMessage, nullptr};
}

CodingReader Readers::Of(const CodingShape& shape) {
  CodingReader reader;
  if (!shape.found()) return reader;
  if (shape.codings != nullptr) reader.codings = Of(shape.codings);
  reader.system = Of(shape.system);
  reader.code = Of(shape.code);
  return reader;
}

Value ReadMessage(const Message& message, Reading reading, const FieldReader* values) {
  int64_t seconds = 0;
  int32_t nanos = 0;
  switch (reading) {
    case Reading::kTimestamp:
      ReadSeconds<google::protobuf::Timestamp>(message, &seconds, &nanos);
      return Checked(absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanos));
    case Reading::kDuration:
      ReadSeconds<google::protobuf::Duration>(message, &seconds, &nanos);
      return Checked(absl::Seconds(seconds) + absl::Nanoseconds(nanos));
    case Reading::kValues:
      return Repeated{&message, values};
    default:
      return &message;
  }
}

// Texts are std::string in messages, so that reflection has no need of the scratch that it takes for other representations:
// type.cc lets no other text be read.
absl::string_view ReadText(const Message& message, const FieldReader& reader) {
  return reader.ReflectionOf(message).GetStringReference(message, reader.field, nullptr);
}

Value ReadField(const Message& message, const FieldReader& reader) {
  if (reader.repeated) return Repeated{&message, &reader};
  const Reflection& reflection = reader.ReflectionOf(message);
  switch (reader.reading) {
    case Reading::kBool:
      return reflection.GetBool(message, reader.field);
    case Reading::kInt32:
      return int64_t{reflection.GetInt32(message, reader.field)};
    case Reading::kInt64:
      return int64_t{reflection.GetInt64(message, reader.field)};
    case Reading::kUint32:
      return uint64_t{reflection.GetUInt32(message, reader.field)};
    case Reading::kUint64:
      return uint64_t{reflection.GetUInt64(message, reader.field)};
    case Reading::kFloat:
      return static_cast<double>(reflection.GetFloat(message, reader.field));
    case Reading::kDouble:
      return reflection.GetDouble(message, reader.field);
    case Reading::kText:
      return Text(reflection.GetStringReference(message, reader.field, nullptr));
    case Reading::kEnum:
      return EnumNumber{reflection.GetEnumValue(message, reader.field)};
    case Reading::kMessage:
      return &reflection.GetMessage(message, reader.field);
    default:
      return ReadMessage(reflection.GetMessage(message, reader.field), reader.reading, reader.values);
  }
}

size_t CountElements(const Message& message, const FieldReader& reader) {
  return static_cast<size_t>(reader.ReflectionOf(message).FieldSize(message, reader.field));
}

Value ReadElement(const Message& message, const FieldReader& reader, int index) {
  const Reflection& reflection = reader.ReflectionOf(message);
  switch (reader.reading) {
    case Reading::kBool:
      return reflection.GetRepeatedBool(message, reader.field, index);
    case Reading::kInt32:
      return int64_t{reflection.GetRepeatedInt32(message, reader.field, index)};
    case Reading::kInt64:
      return int64_t{reflection.GetRepeatedInt64(message, reader.field, index)};
    case Reading::kUint32:
      return uint64_t{reflection.GetRepeatedUInt32(message, reader.field, index)};
    case Reading::kUint64:
      return uint64_t{reflection.GetRepeatedUInt64(message, reader.field, index)};
    case Reading::kFloat:
      return static_cast<double>(reflection.GetRepeatedFloat(message, reader.field, index));
    case Reading::kDouble:
      return reflection.GetRepeatedDouble(message, reader.field, index);
    case Reading::kText:
      return Text(reflection.GetRepeatedStringReference(message, reader.field, index, nullptr));
    case Reading::kEnum:
      return EnumNumber{reflection.GetRepeatedEnumValue(message, reader.field, index)};
    default:
      return ReadMessage(reflection.GetRepeatedMessage(message, reader.field, index), reader.reading, reader.values);
  }
}

}  // namespace resultgate::expr
