#include "server/policy/fact.h"

#include <string>
#include <utility>

namespace resultgate::policy {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The list that a message stands for whose only field is `repeated … values`.
const FieldDescriptor* ListOf(const Descriptor* type) {
  const bool is_list = type->field_count() == 1 && type->field(0)->is_repeated() && type->field(0)->name() == "values";
  return is_list ? type->field(0) : nullptr;
}

}  // namespace

std::optional<Fact> Fact::At(size_t variable, std::vector<const FieldDescriptor*> fields) {
  if (variable > ModelEnvironment::kOrder || fields.empty()) return std::nullopt;
  // A list in a message of its own is read as the list.
  const FieldDescriptor* last = fields.back();
  if (!last->is_repeated() && last->message_type() != nullptr && ListOf(last->message_type()) != nullptr) {
    fields.push_back(ListOf(last->message_type()));
  }
  Fact fact;
  fact.variable_ = variable;
  fact.last_ = StepTo(fields.back());
  fact.type_ = fields.back()->cpp_type();
  fields.pop_back();
  for (const FieldDescriptor* step : fields) {
    if (step->is_repeated()) return std::nullopt;
    fact.way_.push_back(StepTo(step));
  }
  const FieldDescriptor& field = *fact.last_.field;
  if (field.type() == FieldDescriptor::TYPE_STRING) {
    fact.kind_ = field.is_repeated() ? Kind::kTexts : Kind::kText;
  } else if (field.message_type() == v1::CodeableConcept::descriptor()) {
    fact.kind_ = Kind::kConcepts;
  } else if (!field.is_repeated() && (fact.is_enumeration() || field.cpp_type() == FieldDescriptor::CPPTYPE_INT32)) {
    fact.kind_ = Kind::kNumber;
  } else {
    return std::nullopt;
  }
  return fact;
}

Fact::Step Fact::StepTo(const FieldDescriptor* field) {
  const Message* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(field->containing_type());
  return {field, prototype->GetReflection(), field->has_presence()};
}

const Message* Fact::Find(const v1::DiagnosticReport& report, const v1::Observation* observation) const {
  const Message* const variables[] = {&report, observation, &report.patient(), &report.order()};
  const Message* holder = variables[variable_];
  if (holder == nullptr) return nullptr;
  for (const Step& step : way_) {
    if (!step.reflection->HasField(*holder, step.field)) return nullptr;
    holder = &step.reflection->GetMessage(*holder, step.field);
  }
  return last_.has_presence && !last_.reflection->HasField(*holder, last_.field) ? nullptr : holder;
}

int64_t Fact::Number(const Message& holder) const {
  const auto* reflection = last_.reflection;
  switch (type_) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->GetEnumValue(holder, last_.field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(holder, last_.field) ? 1 : 0;
    default:
      return reflection->GetInt32(holder, last_.field);
  }
}

absl::string_view Fact::Text(const Message& holder) const {
  // Texts of generated messages are given in place; the scratch is for others, and stays empty.
  std::string unused;
  return last_.reflection->GetStringReference(holder, last_.field, &unused);
}

int Fact::TextCount(const Message& holder) const {
  return last_.reflection->FieldSize(holder, last_.field);
}

absl::string_view Fact::Text(const Message& holder, int i) const {
  std::string unused;
  return last_.reflection->GetRepeatedStringReference(holder, last_.field, i, &unused);
}

void Fact::AddSets(const Message& holder, const valueset::Registry& value_sets, valueset::Membership* sets) const {
  const auto* reflection = last_.reflection;
  const auto add = [&](const Message& message) {
    value_sets.AddSetsThatHold(static_cast<const v1::CodeableConcept&>(message), sets);
  };
  if (!last_.field->is_repeated()) return add(reflection->GetMessage(holder, last_.field));
  const int count = reflection->FieldSize(holder, last_.field);
  for (int i = 0; i < count; ++i) add(reflection->GetRepeatedMessage(holder, last_.field, i));
}

}  // namespace resultgate::policy
