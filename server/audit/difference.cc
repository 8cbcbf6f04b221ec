#include "server/audit/difference.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr char kAbsent[] = "absent";

// A message that is written as one word.
bool IsWord(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
         field.message_type() == google::protobuf::Timestamp::descriptor() ||
         field.message_type() == google::protobuf::Duration::descriptor();
}

std::string TextOf(const Message& message) {
  if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
    const absl::Time time = base::FromProto(static_cast<const google::protobuf::Timestamp&>(message));
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
  }
  if (message.GetDescriptor() == google::protobuf::Duration::descriptor()) {
    return absl::FormatDuration(base::FromProto(static_cast<const google::protobuf::Duration&>(message)));
  }
  return absl::StrCat("{", message.ShortDebugString(), "}");
}

// `index` -1 for a field that is not repeated.
std::string TextOf(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection* const reflection = message.GetReflection();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return TextOf(index < 0 ? reflection->GetMessage(message, field) : reflection->GetRepeatedMessage(message, field, index));
  }
  std::string text;
  google::protobuf::TextFormat::PrintFieldValueToString(message, field, index, &text);
  return text;
}

void Compare(const Message& logged, const Message& now, const std::string& path, std::vector<std::string>* lines);

void CompareValues(const Message& logged, const Message& now, const FieldDescriptor* field, int index, const std::string& path,
                   std::vector<std::string>* lines) {
  if (!IsWord(*field)) {
    const auto part = [&](const Message& message) -> const Message& {
      const Reflection* const reflection = message.GetReflection();
      return index < 0 ? reflection->GetMessage(message, field) : reflection->GetRepeatedMessage(message, field, index);
    };
    return Compare(part(logged), part(now), path + ".", lines);
  }
  const std::string before = TextOf(logged, field, index);
  const std::string after = TextOf(now, field, index);
  if (before != after) lines->push_back(absl::StrCat(path, ": logged ", before, ", now ", after));
}

void Compare(const Message& logged, const Message& now, const std::string& path, std::vector<std::string>* lines) {
  const Reflection* const reflection = logged.GetReflection();
  for (int i = 0; i < logged.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = logged.GetDescriptor()->field(i);
    const std::string name = path + field->name();
    if (field->is_repeated()) {
      const int before = reflection->FieldSize(logged, field);
      const int after = reflection->FieldSize(now, field);
      for (int k = 0; k < std::max(before, after); ++k) {
        const std::string place = absl::StrCat(name, "[", k, "]");
        if (k >= before) {
          lines->push_back(absl::StrCat(place, ": logged ", kAbsent, ", now ", TextOf(now, field, k)));
        } else if (k >= after) {
          lines->push_back(absl::StrCat(place, ": logged ", TextOf(logged, field, k), ", now ", kAbsent));
        } else {
          CompareValues(logged, now, field, k, place, lines);
        }
      }
      continue;
    }
    if (field->has_presence() && reflection->HasField(logged, field) != reflection->HasField(now, field)) {
      const bool was = reflection->HasField(logged, field);
      lines->push_back(absl::StrCat(name, ": logged ", was ? TextOf(logged, field, -1) : kAbsent, ", now ",
                                    was ? kAbsent : TextOf(now, field, -1)));
      continue;
    }
    if (field->has_presence() && !reflection->HasField(logged, field)) continue;
    CompareValues(logged, now, field, -1, name, lines);
  }
}

}  // namespace

std::vector<std::string> Differences(const Message& logged, const Message& now) {
  std::vector<std::string> lines;
  Compare(logged, now, "", &lines);
  return lines;
}

}  // namespace resultgate::audit
