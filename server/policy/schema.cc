#include "server/policy/schema.h"

#include <google/protobuf/timestamp.pb.h>

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "resultgate/v1/model.pb.h"
#include "server/json/quote.h"
#include "server/policy/model_comments.h"
#include "server/policy/reference.h"

namespace resultgate::policy {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Kind = Shape::Kind;

// A scalar is text to our reader, whatever an editor takes it for.
constexpr char kScalar[] = R"("type": ["string", "number", "boolean"])";
constexpr char kTimePattern[] = R"(^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$)";
constexpr char kCodePattern[] = R"(^.+\|.+$)";

// The members of an object, each already written.
class Members {
 public:
  void Raw(const std::string& member) { members_.push_back(member); }
  void Add(absl::string_view name, const std::string& json) { members_.push_back(absl::StrCat(json::Quote(name), ": ", json)); }
  void Text(absl::string_view name, const std::string& text) {
    if (!text.empty()) Add(name, json::Quote(text));
  }
  std::string ToString() const { return absl::StrCat("{", absl::StrJoin(members_, ",\n"), "}"); }

 private:
  std::vector<std::string> members_;
};

std::string Array(const std::vector<std::string>& items) {
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

std::string Quoted(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(json::Quote(text));
  return Array(quoted);
}

class Schema {
 public:
  explicit Schema(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  std::string Write() {
    for (const FileKind kind : kFileKinds) {
      definitions_[std::string(NameOf(kind))] = Object(*ShapeOf(kind, vocabulary_), std::string(DocumentationOf(kind)));
    }
    Members root;
    root.Text("$schema", "http://json-schema.org/draft-07/schema#");
    root.Text("title", "The files of a Resultgate policy pack");
    root.Text("description", "Written by `resultgate policy schema`.");
    root.Raw(Choice());
    Members definitions;
    for (const auto& [name, definition] : definitions_) definitions.Add(name, definition);
    root.Add("definitions", definitions.ToString());
    return root.ToString() + "\n";
  }

 private:
  static std::string Reference(absl::string_view name) {
    return absl::StrCat("{\"$ref\": ", json::Quote(absl::StrCat("#/definitions/", name)), "}");
  }

  static std::string Requires(const std::string& key) { return absl::StrCat("{\"required\": [", json::Quote(key), "]}"); }

  // As KindOf tells the kinds apart; for a file that says nothing yet, all of them.
  static std::string Choice() {
    const auto has = [](const std::vector<std::string>& keys) {
      std::vector<std::string> ways;
      for (const std::string& key : keys) ways.push_back(Requires(key));
      return absl::StrCat("{\"anyOf\": ", Array(ways), "}");
    };
    const std::pair<FileKind, std::vector<std::string>> kinds[] = {
        {FileKind::kRules, {"rules"}},
        {FileKind::kTests, {"tests"}},
        {FileKind::kCalendar, {"holidays"}},
        {FileKind::kPack, {"language_version", "time_zone", "staffed_hours", "quarantine"}},
        {FileKind::kValueSet, {"codes", "includes", "license", "version"}},
    };
    std::vector<std::string> all;
    for (const FileKind kind : kFileKinds) all.push_back(Reference(NameOf(kind)));
    std::string otherwise = absl::StrCat("{\"anyOf\": ", Array(all), "}");
    for (auto kind = std::rbegin(kinds); kind != std::rend(kinds); ++kind) {
      otherwise = absl::StrCat("{\"if\": ", has(kind->second), ",\n\"then\": ", Reference(NameOf(kind->first)),
                               ",\n\"else\": ", otherwise, "}");
    }
    return otherwise.substr(1, otherwise.size() - 2);
  }

  std::string Object(const Shape& shape, const std::string& documentation) {
    Members properties;
    std::vector<std::string> required;
    for (const Key& key : shape.keys) {
      properties.Add(key.name, Value(*key.shape, key.documentation));
      if (key.required) required.push_back(key.name);
    }
    Members object;
    object.Text("description", documentation);
    object.Text("type", "object");
    object.Add("properties", properties.ToString());
    if (!required.empty()) object.Add("required", Quoted(required));
    object.Add("additionalProperties", "false");
    std::vector<std::string> ways;
    for (const std::string& key : shape.one_of) ways.push_back(Requires(key));
    if (!ways.empty()) object.Add("anyOf", Array(ways));
    if (shape.holds_need_basis) {
      const std::string holds = Array({Requires("delay"), Requires("review"), Requires("withhold"), Requires("deadline")});
      object.Add("if", absl::StrCat(R"({"required": ["then"], "properties": {"then": {"anyOf": )", holds, "}}}"));
      object.Add("then", Requires("basis"));
    }
    return object.ToString();
  }

  std::string Value(const Shape& shape, const std::string& documentation) {
    Members value;
    value.Text("description", documentation);
    switch (shape.kind) {
      case Kind::kText:
        value.Raw(kScalar);
        break;
      case Kind::kBool:
        value.Text("type", "boolean");
        break;
      case Kind::kInt:
        value.Text("type", "integer");
        break;
      case Kind::kCondition:
        value.Raw(R"("type": ["string", "boolean"])");
        value.Text("markdownDescription", documentation + "\n\n" + ConditionHelp());
        break;
      case Kind::kPattern:
        value.Text("type", "string");
        value.Text("pattern", shape.pattern);
        break;
      case Kind::kWords:
        AddWords(shape, &value);
        break;
      case Kind::kList:
        AddList(shape, &value);
        break;
      case Kind::kMap:
        return Object(shape, documentation);
      case Kind::kMessage:
        Define(shape.message);
        value.Add("allOf", Array({Reference(shape.message->name())}));
        break;
      case Kind::kEither: {
        std::vector<std::string> alternatives;
        for (const ShapePtr& alternative : shape.alternatives) alternatives.push_back(Value(*alternative, ""));
        value.Add("anyOf", Array(alternatives));
        break;
      }
      case Kind::kAnything:
        break;
    }
    return value.ToString();
  }

  static void AddWords(const Shape& shape, Members* value) {
    std::vector<std::string> words;
    std::vector<std::string> documentation;
    for (const Word& word : shape.words) {
      words.push_back(word.text);
      documentation.push_back(word.documentation);
    }
    Members choice;
    choice.Add("enum", Quoted(words));
    choice.Add("enumDescriptions", Quoted(documentation));
    std::vector<std::string> ways = {choice.ToString()};
    if (shape.open) ways.push_back(R"({"type": "string"})");
    if (shape.any_case) {
      const std::string lower = absl::StrReplaceAll(absl::StrJoin(words, "|"), {{"-", "[-_]"}});
      ways.push_back(absl::StrCat("{\"type\": \"string\", \"pattern\": ",
                                  json::Quote(absl::StrCat("^(", lower, "|", absl::AsciiStrToUpper(lower), ")$")), "}"));
    }
    if (ways.size() == 1) {
      value->Add("enum", Quoted(words));
      value->Add("enumDescriptions", Quoted(documentation));
    } else {
      value->Add("anyOf", Array(ways));
    }
  }

  void AddList(const Shape& shape, Members* value) {
    const std::string item = Value(*shape.item, "");
    Members list;
    // A table without rows may be left empty.
    list.Raw(shape.table ? R"("type": ["array", "null"])" : R"("type": "array")");
    list.Add("items", item);
    if (shape.or_single) {
      value->Add("anyOf", Array({list.ToString(), item}));
    } else {
      const std::string members = list.ToString();
      value->Raw(members.substr(1, members.size() - 2));
    }
  }

  // As FillFromYaml (yaml_message.h) takes a message.
  void Define(const Descriptor* message) {
    const auto [definition, is_new] = definitions_.try_emplace(message->name());
    if (!is_new) return;
    Members properties;
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      const std::string documentation = CommentOf(*field);
      Members value;
      value.Text("description", documentation);
      if (field->is_repeated()) {
        value.Text("type", "array");
        value.Add("items", Single(*field));
      } else {
        value.Add("allOf", Array({Single(*field)}));
      }
      properties.Add(field->name(), value.ToString());
    }
    Members object;
    object.Text("description", CommentOf(*message));
    object.Text("type", "object");
    object.Add("properties", properties.ToString());
    object.Add("additionalProperties", "false");
    std::vector<std::string> ways = {object.ToString()};
    const std::string code = absl::StrCat("{\"type\": \"string\", \"pattern\": ", json::Quote(kCodePattern), "}");
    if (message == v1::CodeableConcept::descriptor()) {
      ways.push_back(code);
      ways.push_back(absl::StrCat("{\"type\": \"array\", \"items\": ", code, "}"));
    } else if (message->field_count() == 1 && message->field(0)->is_repeated() && message->field(0)->name() == "values") {
      ways.push_back(absl::StrCat("{\"type\": \"array\", \"items\": ", Single(*message->field(0)), "}"));
    }
    definitions_[message->name()] = ways.size() == 1 ? ways.front() : absl::StrCat("{\"anyOf\": ", Array(ways), "}");
  }

  std::string Single(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (field.message_type() == google::protobuf::Timestamp::descriptor()) {
          return absl::StrCat("{\"type\": \"string\", \"pattern\": ", json::Quote(kTimePattern), "}");
        }
        Define(field.message_type());
        return Reference(field.message_type()->name());
      case FieldDescriptor::CPPTYPE_ENUM:
        return Value(*EnumWordsOf(field.enum_type()), "");
      case FieldDescriptor::CPPTYPE_BOOL:
        return R"({"type": "boolean"})";
      case FieldDescriptor::CPPTYPE_INT32:
        return R"({"type": "integer"})";
      default:
        return absl::StrCat("{", kScalar, "}");
    }
  }

  static const std::string& ConditionHelp() {
    static const auto* const kHelp = [] {
      auto* help = new std::string("Facts:\n");
      for (const FactHelp& fact : Facts()) {
        absl::StrAppend(help, "- `", fact.path, "`", fact.may_be_unknown ? " (may be unknown)" : "", ": ",
                        FirstSentence(fact.documentation), "\n");
      }
      absl::StrAppend(help, "\nFunctions:\n");
      for (const FunctionHelp& function : Functions()) {
        absl::StrAppend(help, "- `", function.form, "`: ", FirstSentence(function.documentation), "\n");
      }
      return help;
    }();
    return *kHelp;
  }

  const Vocabulary& vocabulary_;
  std::map<std::string, std::string> definitions_;
};

}  // namespace

std::string JsonSchema(const Vocabulary& vocabulary) {
  return Schema(vocabulary).Write();
}

}  // namespace resultgate::policy
