#include "server/policy/assumed_facts.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/policy/pack.h"

namespace resultgate::policy {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kPatient[] = "patient.";
constexpr char kOrder[] = "order.";

void AddOptionalFields(const google::protobuf::Descriptor* type, const char* prefix, std::vector<std::string>* paths) {
  for (int i = 0; i < type->field_count(); ++i) {
    const std::string& name = type->field(i)->name();
    // Nobody's birth date or wish can be told from another's.
    if (name == "birth_date" || name == "preference") continue;
    if (type->field(i)->has_presence()) paths->push_back(absl::StrCat(prefix, name));
  }
}

void CopyField(const Message& from, const FieldDescriptor* field, Message* to) {
  const auto* source = from.GetReflection();
  const auto* target = to->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return target->MutableMessage(to, field)->CopyFrom(source->GetMessage(from, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return target->SetEnumValue(to, field, source->GetEnumValue(from, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return target->SetBool(to, field, source->GetBool(from, field));
    case FieldDescriptor::CPPTYPE_INT32:
      return target->SetInt32(to, field, source->GetInt32(from, field));
    default:
      return target->SetString(to, field, source->GetString(from, field));
  }
}

}  // namespace

std::vector<std::string> OptionalFacts() {
  std::vector<std::string> paths;
  AddOptionalFields(v1::Patient::descriptor(), kPatient, &paths);
  AddOptionalFields(v1::ServiceRequest::descriptor(), kOrder, &paths);
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool Pack::FillAssumedFacts(const v1::DiagnosticReport& report, v1::DiagnosticReport* with_facts,
                            std::vector<std::string>* filled) const {
  bool copied = false;
  for (const AssumedFact& fact : assumed_facts_) {
    const bool of_patient = absl::StartsWith(fact.path, kPatient);
    const Message& has = of_patient ? static_cast<const Message&>(report.patient()) : report.order();
    const absl::string_view name = absl::StripPrefix(absl::string_view(fact.path), of_patient ? kPatient : kOrder);
    const FieldDescriptor* field = has.GetDescriptor()->FindFieldByName(std::string(name));
    if (has.GetReflection()->HasField(has, field)) continue;
    if (!copied) *with_facts = report;
    copied = true;
    Message* target = of_patient ? static_cast<Message*>(with_facts->mutable_patient()) : with_facts->mutable_order();
    CopyField(of_patient ? static_cast<const Message&>(assumed_.patient()) : assumed_.order(), field, target);
    filled->push_back(fact.path);
  }
  return copied;
}

}  // namespace resultgate::policy
