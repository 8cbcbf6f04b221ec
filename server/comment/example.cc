#include "server/comment/example.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/nextstep/next_step.h"
#include "server/valueset/valueset.h"
#include "server/yaml/yaml.h"

namespace resultgate::comment {
namespace {

using base::FileIssues;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using yaml::Node;

// Fills a message from a map of its fields, in the writing of README.md.
class MessageReader {
 public:
  MessageReader(const yaml::Document& document, FileIssues* issues) : document_(document), issues_(issues) {}

  void Fill(const Node& node, Message* message) {
    const google::protobuf::Descriptor* type = message->GetDescriptor();
    if (type == v1::CodeableConcept::descriptor() && !node.IsMap())
      return FillConcept(node, static_cast<v1::CodeableConcept*>(message));
    if (type == google::protobuf::Timestamp::descriptor()) {
      absl::Time time;
      if (!base::ParseRfc3339(node.text, &time)) return Error(node, "a time is written as `2026-03-06T15:00:00-05:00`");
      return message->CopyFrom(base::ToProto(time));
    }
    if (!node.IsMap()) return Error(node, absl::StrCat("a ", type->name(), " must be a map of its fields"));
    for (const Node::Entry& entry : node.entries) {
      const FieldDescriptor* field = type->FindFieldByName(entry.key);
      if (field == nullptr) {
        std::vector<std::string> fields;
        for (int i = 0; i < type->field_count(); ++i) fields.push_back(type->field(i)->name());
        document_.Error(entry.place, absl::StrCat("`", entry.key, "` is no field of ", type->name()),
                        base::Suggest(entry.key, fields), issues_);
      } else if (!field->is_repeated()) {
        SetField(entry.value, field, message);
      } else if (!entry.value.IsList()) {
        Error(entry.value, absl::StrCat("`", field->name(), "` must be a list"));
      } else {
        for (const Node& item : entry.value.items) SetField(item, field, message);
      }
    }
  }

 private:
  void Error(const Node& node, std::string message) { document_.Error(node.place, std::move(message), "", issues_); }

  // `loinc|718-7 Hemoglobin`: system, code and, after the first space, the text.
  void FillConcept(const Node& node, v1::CodeableConcept* made) {
    const absl::string_view text = node.text;
    const size_t space = text.find(' ');
    const absl::string_view code = text.substr(0, space);
    const size_t bar = code.rfind('|');
    const std::string system = bar == absl::string_view::npos ? "" : valueset::SystemUri(code.substr(0, bar));
    if (system.empty()) return Error(node, "a code is written as `loinc|718-7 Hemoglobin`");
    v1::Coding* coding = made->add_codings();
    coding->set_system(system);
    coding->set_code(std::string(code.substr(bar + 1)));
    if (space != absl::string_view::npos) made->set_text(std::string(absl::StripAsciiWhitespace(text.substr(space))));
  }

  // Sets a field, or adds to a repeated one.
  void SetField(const Node& node, const FieldDescriptor* field, Message* message) {
    const google::protobuf::Reflection* reflection = message->GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return Fill(node,
                  field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field));
    }
    if (!node.IsScalar()) return Error(node, absl::StrCat("`", field->name(), "` must be one value"));
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (field->is_repeated()) return reflection->AddString(message, field, node.text);
      return reflection->SetString(message, field, node.text);
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !field->is_repeated()) {
      // `critical-high` is INTERPRETATION_CRITICAL_HIGH; the prefix is that of the value 0.
      const google::protobuf::EnumDescriptor* type = field->enum_type();
      const absl::string_view prefix = absl::StripSuffix(type->FindValueByNumber(0)->name(), "UNSPECIFIED");
      const std::string name = absl::StrCat(prefix, absl::AsciiStrToUpper(absl::StrReplaceAll(node.text, {{"-", "_"}})));
      if (const auto* value = type->FindValueByName(name)) return reflection->SetEnum(message, field, value);
    }
    Error(node, absl::StrCat("`", node.text, "` is no value of `", field->name(), "`"));
  }

  const yaml::Document& document_;
  FileIssues* const issues_;
};

std::optional<Occasion> OccasionNamed(absl::string_view name) {
  if (name.empty() || name == "result") return Occasion::kResult;
  if (name == "corrected") return Occasion::kCorrected;
  if (name == "being-corrected") return Occasion::kBeingCorrected;
  if (name == "cancelled") return Occasion::kCancelled;
  if (name == "in-process") return Occasion::kInProcess;
  return std::nullopt;
}

std::optional<v1::Audience> AudienceNamed(absl::string_view name) {
  if (name.empty() || name == "patient") return v1::AUDIENCE_PATIENT;
  if (name == "representative") return v1::AUDIENCE_REPRESENTATIVE;
  if (name == "delegate") return v1::AUDIENCE_DELEGATE;
  return std::nullopt;
}

void ReadExpectation(const yaml::Document& document, const Node& node, Example* example, FileIssues* issues) {
  yaml::MapReader reader(document, node, "an expectation", issues);
  example->template_id = reader.OptionalText("template");
  example->variant = reader.RequiredText("variant");
  example->next_step = reader.OptionalText("next_step");
  if (!example->next_step.empty() && !nextstep::ParseSaid(example->next_step)) {
    document.Error(node.Find("next_step")->place, absl::StrCat("unknown next step `", example->next_step, "`"),
                   "as `call within 3 days`; in hospital `tell the nurse` or `ask the care team`", issues);
  }
  const Node* texts = reader.Required("text");
  reader.RefuseUnknownKeys();
  if (texts == nullptr || !texts->IsMap()) return;
  for (const Node::Entry& entry : texts->entries) {
    example->texts[entry.key] = {std::string(absl::StripTrailingAsciiWhitespace(entry.value.text)), entry.value.place};
  }
}

Example ReadExample(const yaml::Document& document, const Node& node, const absl::TimeZone& zone, FileIssues* issues) {
  Example example;
  example.place = node.place;
  example.request.zone = zone;
  yaml::MapReader reader(document, node, "an example", issues);
  example.name = reader.RequiredText("name");
  if (const Node* report = reader.Required("report")) MessageReader(document, issues).Fill(*report, &example.report);
  const std::optional<Occasion> occasion = OccasionNamed(reader.OptionalText("occasion"));
  const std::optional<v1::Audience> audience = AudienceNamed(reader.OptionalText("audience"));
  if (!occasion)
    document.Error(node.Find("occasion")->place, "unknown occasion",
                   "one of `result`, `corrected`, `being-corrected`, `cancelled`, `in-process`", issues);
  if (!audience)
    document.Error(node.Find("audience")->place, "unknown audience", "one of `patient`, `representative`, `delegate`", issues);
  example.request.occasion = occasion.value_or(Occasion::kResult);
  example.request.audiences = {audience.value_or(v1::AUDIENCE_PATIENT)};
  if (const std::string day = reader.OptionalText("expected_by"); !day.empty()) {
    example.request.expected_by.emplace();
    if (!absl::ParseCivilTime(day, &*example.request.expected_by))
      document.Error(node.Find("expected_by")->place, "`expected_by` must be a date as `2026-03-01`", "", issues);
  }
  example.request.not_yet_reviewed = reader.OptionalBool("not_yet_reviewed", false);
  if (const Node* expect = reader.Required("expect")) ReadExpectation(document, *expect, &example, issues);
  reader.RefuseUnknownKeys();
  return example;
}

}  // namespace

std::vector<Example> ReadExamples(const std::string& path, const absl::TimeZone& zone, FileIssues* issues) {
  std::vector<Example> examples;
  const absl::StatusOr<std::string> content = base::ReadFile(path);
  if (!content.ok()) {
    base::FileIssue issue;
    issue.place.file = path;
    issue.message = std::string(content.status().message());
    issues->push_back(std::move(issue));
    return examples;
  }
  const std::optional<yaml::Document> document = yaml::Parse(path, *content, issues);
  if (!document) return examples;
  yaml::MapReader reader(*document, document->root, "a file of examples", issues);
  const Node* list = reader.Required("tests");
  reader.RefuseUnknownKeys();
  if (list == nullptr) return examples;
  if (!list->IsList()) document->Error(list->place, "`tests` must be a list", "", issues);
  for (const Node& item : list->items) {
    FileIssues found;
    Example example = ReadExample(*document, item, zone, &found);
    if (!base::HasErrors(found)) examples.push_back(std::move(example));
    issues->insert(issues->end(), found.begin(), found.end());
  }
  return examples;
}

v1::Comment RenderExample(const Library& library, const Example& example, const std::string& language) {
  v1::DiagnosticReport report = example.report;
  report.mutable_patient()->set_language(language);
  Request request = example.request;
  request.report = &report;
  return library.Render(request);
}

void CheckExample(const Library& library, const Example& example, FileIssues* issues) {
  const auto error = [&](const base::Place& place, const std::string& message) {
    issues->push_back({base::FileIssue::Severity::kError, place, absl::StrCat("`", example.name, "`: ", message), "", ""});
  };
  for (const auto& [language, expected] : example.texts) {
    const v1::Comment comment = RenderExample(library, example, language);
    if (!example.template_id.empty() && comment.template_id() != example.template_id) {
      error(example.place, absl::StrCat("the template is `", comment.template_id(), "`, not `", example.template_id,
                                        "`: ", absl::StrJoin(comment.chosen_because(), "; ")));
    }
    if (comment.variant() != example.variant) {
      error(example.place, absl::StrCat("the variant is `", comment.variant(), "`, not `", example.variant,
                                        "`: ", absl::StrJoin(comment.chosen_because(), "; ")));
    }
    if (!example.next_step.empty() && nextstep::ToString(comment.next_step()) != example.next_step) {
      error(example.place,
            absl::StrCat("the next step is `", nextstep::ToString(comment.next_step()), "`, not `", example.next_step, "`"));
    }
    if (comment.language() != language) error(expected.place, absl::StrCat("the language is `", comment.language(), "`"));
    if (comment.text() != expected.text) error(expected.place, absl::StrCat("the text is now\n", comment.text(), "\n"));
  }
}

}  // namespace resultgate::comment
