#include "server/audit/entry_facts.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace resultgate::audit {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const FieldDescriptor* EventOf(const v1::Entry& entry) {
  static const google::protobuf::OneofDescriptor* const event = v1::Entry::descriptor()->FindOneofByName("event");
  return v1::Entry::GetReflection()->GetOneofFieldDescriptor(entry, event);
}

// A field's messages, one after the other.
template <typename Take>
void ForEachMessage(const Message& message, const FieldDescriptor* field, Take take) {
  const Reflection* const reflection = message.GetReflection();
  if (!field->is_repeated()) {
    if (reflection->HasField(message, field)) take(reflection->GetMessage(message, field));
    return;
  }
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) take(reflection->GetRepeatedMessage(message, field, i));
}

void Collect(const Message& message, EntryFacts* facts) {
  const Reflection* const reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = message.GetDescriptor()->field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM && field->enum_type() == v1::Audience_descriptor()) {
      const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
      for (int k = 0; k < count; ++k) {
        const int value =
            field->is_repeated() ? reflection->GetRepeatedEnumValue(message, field, k) : reflection->GetEnumValue(message, field);
        if (value != v1::AUDIENCE_UNSPECIFIED) facts->audiences.push_back(static_cast<v1::Audience>(value));
      }
      continue;
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->message_type() == v1::Outcome::descriptor()) {
      ForEachMessage(message, field,
                     [facts](const Message& part) { facts->outcomes.push_back(static_cast<const v1::Outcome*>(&part)); });
    } else if (field->message_type() == v1::ReleaseNote::descriptor()) {
      ForEachMessage(message, field,
                     [facts](const Message& part) { facts->releases.push_back(static_cast<const v1::ReleaseNote*>(&part)); });
    } else if (field->message_type() == v1::Decision::descriptor()) {
      ForEachMessage(message, field, [facts](const Message& part) { Collect(part, facts); });
    }
  }
}

}  // namespace

std::string EnumWord(absl::string_view name, absl::string_view prefix) {
  name.remove_prefix(std::min(prefix.size(), name.size()));
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}});
}

v1::EntryKind ParseKind(absl::string_view word) {
  v1::EntryKind kind = v1::ENTRY_KIND_UNSPECIFIED;
  v1::EntryKind_Parse(absl::StrCat("ENTRY_KIND_", absl::StrReplaceAll(absl::AsciiStrToUpper(word), {{"-", "_"}})), &kind);
  return kind;
}

v1::EntryKind KindOf(const v1::Entry& entry) {
  const FieldDescriptor* const event = EventOf(entry);
  return event == nullptr ? v1::ENTRY_KIND_UNSPECIFIED : ParseKind(event->name());
}

std::string KindWord(const v1::Entry& entry) {
  const FieldDescriptor* const event = EventOf(entry);
  return event == nullptr ? "" : EnumWord(event->name(), "");
}

std::vector<std::string> KindWords() {
  std::vector<std::string> words;
  const google::protobuf::EnumDescriptor* const kinds = v1::EntryKind_descriptor();
  for (int i = 0; i < kinds->value_count(); ++i) {
    if (kinds->value(i)->number() != 0) words.push_back(EnumWord(kinds->value(i)->name(), "ENTRY_KIND_"));
  }
  return words;
}

EntryFacts FactsOf(const v1::Entry& entry) {
  EntryFacts facts;
  const FieldDescriptor* const event = EventOf(entry);
  if (event != nullptr) Collect(v1::Entry::GetReflection()->GetMessage(entry, event), &facts);
  return facts;
}

}  // namespace resultgate::audit
