#include "server/policy/yaml_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "resultgate/v1/model.pb.h"
#include "server/base/proto_time.h"
#include "server/policy/names.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using yaml::Node;

class Filler {
 public:
  Filler(const yaml::Document& document, base::FileIssues* issues) : document_(document), issues_(issues) {}

  void Fill(const Node& node, Message* message) {
    const Descriptor* type = message->GetDescriptor();
    if (type == v1::CodeableConcept::descriptor() && !node.IsMap()) return FillConcept(node, message);
    if (type == google::protobuf::Timestamp::descriptor()) return FillTime(node, message);
    // A message whose only field is `values` may be written as that list, an empty one too: as the language reads it.
    if (type->field_count() == 1 && type->field(0)->name() == "values" && type->field(0)->is_repeated() && !node.IsMap()) {
      return FillRepeated(node, type->field(0), message);
    }
    if (!node.IsMap()) return Error(node, absl::StrCat("a ", type->name(), " must be a map of its fields"), "");
    for (const Node::Entry& entry : node.entries) {
      const FieldDescriptor* field = type->FindFieldByName(entry.key);
      if (field == nullptr) {
        document_.Error(entry.place, absl::StrCat("`", entry.key, "` is no field of ", type->name()),
                        base::Suggest(entry.key, FieldNames(type)), issues_);
      } else if (field->is_repeated()) {
        FillRepeated(entry.value, field, message);
      } else {
        FillSingle(entry.value, field, message);
      }
    }
  }

 private:
  void Error(const Node& node, std::string message, std::string suggestion) {
    document_.Error(node.place, std::move(message), std::move(suggestion), issues_);
  }

  static std::vector<std::string> FieldNames(const Descriptor* type) {
    std::vector<std::string> names;
    for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
    return names;
  }

  void FillTime(const Node& node, Message* message) {
    absl::Time time;
    if (!node.IsScalar() || !base::ParseRfc3339(node.text, &time)) {
      return Error(node, absl::StrCat("`", node.text, "` is no time"), "write it as `2026-03-06T15:00:00-05:00`");
    }
    message->CopyFrom(base::ToProto(time));
  }

  void FillConcept(const Node& node, Message* message) {
    auto* codeable_concept = static_cast<v1::CodeableConcept*>(message);
    const auto add = [&](const Node& code) {
      const std::vector<std::string> parts = absl::StrSplit(code.text, absl::MaxSplits('|', 1));
      // A system may itself hold a `|` (`urn:local:LAB|NORTH|X`): the code is what stands after the last.
      const size_t bar = code.text.rfind('|');
      const std::string system = bar == std::string::npos ? "" : valueset::SystemUri(code.text.substr(0, bar));
      if (!code.IsScalar() || parts.size() != 2 || system.empty()) {
        return Error(code, absl::StrCat("`", code.text, "` is no code"), "write it as `loinc|718-7`");
      }
      v1::Coding* coding = codeable_concept->add_codings();
      coding->set_system(system);
      coding->set_code(code.text.substr(bar + 1));
    };
    if (node.IsList()) {
      for (const Node& item : node.items) add(item);
    } else {
      add(node);
    }
  }

  void FillRepeated(const Node& node, const FieldDescriptor* field, Message* message) {
    if (!node.IsList()) return Error(node, absl::StrCat("`", field->name(), "` must be a list"), "");
    for (const Node& item : node.items) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Fill(item, message->GetReflection()->AddMessage(message, field));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && item.IsScalar()) {
        message->GetReflection()->AddString(message, field, item.text);
      } else {
        Error(item, absl::StrCat("an entry of `", field->name(), "` must be text"), "");
      }
    }
  }

  void FillSingle(const Node& node, const FieldDescriptor* field, Message* message) {
    const Reflection* reflection = message->GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return Fill(node, reflection->MutableMessage(message, field));
    if (!node.IsScalar()) return Error(node, absl::StrCat("`", field->name(), "` must be one value"), "");
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->SetString(message, field, node.text);
      case FieldDescriptor::CPPTYPE_ENUM: {
        const std::optional<int> number = EnumNumber(field->enum_type(), node.text);
        if (!number) {
          return Error(node, absl::StrCat("`", node.text, "` is no value of `", field->name(), "`"),
                       base::Suggest(node.text, EnumWords(field->enum_type())));
        }
        return reflection->SetEnumValue(message, field, *number);
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        if (node.text != "true" && node.text != "false") break;
        return reflection->SetBool(message, field, node.text == "true");
      case FieldDescriptor::CPPTYPE_INT32: {
        int32_t number = 0;
        if (!absl::SimpleAtoi(node.text, &number)) break;
        return reflection->SetInt32(message, field, number);
      }
      default:
        break;
    }
    Error(node, absl::StrCat("`", node.text, "` does not fit `", field->name(), "`"), "");
  }

  const yaml::Document& document_;
  base::FileIssues* const issues_;
};

}  // namespace

void FillFromYaml(const yaml::Document& document, const Node& node, Message* message, base::FileIssues* issues) {
  Filler(document, issues).Fill(node, message);
}

}  // namespace resultgate::policy
