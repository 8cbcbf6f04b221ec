#include "server/policy/reference.h"

#include <google/protobuf/timestamp.pb.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/model_comments.h"
#include "server/policy/names.h"

namespace resultgate::policy {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

std::vector<std::string> ConditionWords(const EnumDescriptor* type) {
  std::vector<std::string> words = EnumWords(type);
  for (std::string& word : words) word = absl::StrReplaceAll(absl::AsciiStrToUpper(word), {{"-", "_"}});
  return words;
}

// A message whose only field is `repeated … values` reads as that list.
const FieldDescriptor* ListOf(const Descriptor* message) {
  const bool is_list = message->field_count() == 1 && message->field(0)->is_repeated() && message->field(0)->name() == "values";
  return is_list ? message->field(0) : nullptr;
}

std::string TypeOf(const FieldDescriptor& field, bool many) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? "list of texts" : "text";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "yes or no";
    case FieldDescriptor::CPPTYPE_ENUM:
      return "one of";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
    default:
      return "number";
  }
  if (field.message_type() == google::protobuf::Timestamp::descriptor()) return "time";
  if (const FieldDescriptor* values = ListOf(field.message_type()); values != nullptr) return TypeOf(*values, true);
  if (field.message_type() == v1::CodeableConcept::descriptor()) return many ? "list of concepts" : "concept";
  return many ? "list" : "group";
}

// Variables of their own: not documented twice.
bool IsVariable(const Descriptor* message) {
  return message == v1::Observation::descriptor() || message == v1::Patient::descriptor() ||
         message == v1::ServiceRequest::descriptor();
}

void AddFacts(const Descriptor* message, const std::string& prefix, std::vector<FactHelp>* facts) {
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    if (field->type() == FieldDescriptor::TYPE_BYTES) continue;  // no condition reads them
    FactHelp fact;
    fact.path = absl::StrCat(prefix, field->name());
    fact.type = TypeOf(*field, field->is_repeated());
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) fact.values = ConditionWords(field->enum_type());
    fact.may_be_unknown = field->has_presence();
    fact.documentation = CommentOf(*field);
    fact.field = field;
    const bool variable = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && IsVariable(field->message_type());
    if (variable && !field->is_repeated()) {
      // Always there to be read, and each of its own facts says what its absence means.
      absl::StrAppend(&fact.documentation, " The same as `", field->name(), "`.");
      fact.may_be_unknown = false;
    }
    const bool group = fact.type == "group" || fact.type == "list";
    facts->push_back(fact);
    if (!group || variable) continue;
    const FieldDescriptor* values = ListOf(field->message_type());
    const bool many = field->is_repeated() || values != nullptr;
    AddFacts(values == nullptr ? field->message_type() : values->message_type(), absl::StrCat(fact.path, many ? "[]." : "."),
             facts);
  }
}

std::string Row(const FactHelp& fact) {
  std::string type = fact.type;
  if (!fact.values.empty()) type = absl::StrCat("one of `", absl::StrJoin(fact.values, "`, `"), "`");
  return absl::StrCat("| `", fact.path, "` | ", type, fact.may_be_unknown ? " (may be unknown)" : "", " | ",
                      absl::StrReplaceAll(fact.documentation, {{"|", "\\|"}}), " |\n");
}

}  // namespace

std::vector<FactHelp> Facts() {
  std::vector<FactHelp> facts;
  AddFacts(v1::DiagnosticReport::descriptor(), "report.", &facts);
  AddFacts(v1::Observation::descriptor(), "observation.", &facts);
  AddFacts(v1::Patient::descriptor(), "patient.", &facts);
  AddFacts(v1::ServiceRequest::descriptor(), "order.", &facts);
  facts.push_back({"audience", "one of", ConditionWords(v1::Audience_descriptor()), false, "Who would read the unit.", nullptr});
  facts.push_back({"now", "time", {}, false, "When it is decided.", nullptr});
  return facts;
}

std::vector<FunctionHelp> Functions() {
  return {
      {"&&", "a && b", "Both. False as soon as one is false, even if the other is unknown.",
       "report.section == IMAGING && order.encounter_class == EMERGENCY"},
      {"||", "a || b", "Either. True as soon as one is true, even if the other is unknown.",
       "report.section == PATHOLOGY || report.section == CYTOLOGY"},
      {"!", "!a", "Not. Of what is unknown: unknown.", "!(report.code in valueset(\"mammography\"))"},
      {"==", "a == b, a != b", "The same, not the same.", "report.status == CORRECTED"},
      {"<", "a < b, a <= b, a > b, a >= b", "Order of numbers, times, lengths of time and texts.", "age(patient) < 18"},
      {"+", "a + b, a - b, a * b, a / b, a % b", "Arithmetic. Division by zero and overflow count as unknown.",
       "report.issued + duration(\"72h\") < now"},
      {"?:", "a ? b : c", "`b` where `a` is true, else `c`.", "has(patient.birth_date) ? age(patient) < 12 : true"},
      {"in", "x in list", "One of the list's entries.", "\"US-KY\" in order.jurisdictions"},
      {"valueset", "x in valueset(\"name\")",
       "A concept, or any of a list of concepts, has a code of that value set. Any of its codings counts.",
       "report.code in valueset(\"hiv\")"},
      {"has", "has(fact)", "The fact was sent. Never unknown itself; `has(observation)` is false for a document.",
       "!has(patient.birth_date)"},
      {"age", "age(patient)",
       "Whole years from the birth date to now. Unknown where the birth date is, or is too coarse to tell.",
       "age(patient) >= 12 && age(patient) < 18"},
      {"exists", "list.exists(x, condition)", "At least one element is so.",
       "order.reason_codes.exists(r, r in valueset(\"cancer-indication\"))"},
      {"all", "list.all(x, condition)", "Every element is so; true for an empty list.",
       "report.observations.all(o, o.status == FINAL)"},
      {"exists_one", "list.exists_one(x, condition)", "Exactly one element is so.",
       "report.observations.exists_one(o, o.code in valueset(\"final-diagnosis\"))"},
      {"size", "size(list), size(text)", "How many elements, or characters.", "size(report.observations) > 1"},
      {"startsWith", "text.startsWith(text)", "Begins with it.", "report.sender.startsWith(\"LAB|\")"},
      {"endsWith", "text.endsWith(text)", "Ends with it.", "report.sender.endsWith(\"|NORTH\")"},
      {"contains", "text.contains(text)", "Has it somewhere.", "order.facility.contains(\"Student Health\")"},
      {"matches", "text.matches(pattern)", "An RE2 pattern fits somewhere in it; `(?i)` in front takes any case.",
       "order.facility.matches(\"(?i)^north \")"},
      {"timestamp", "timestamp(\"2026-07-01T00:00:00-05:00\")", "A time.",
       "report.issued >= timestamp(\"2026-07-01T00:00:00-05:00\")"},
      {"duration", "duration(\"72h\")", "A length of time, in `h`, `m`, `s`.", "now - report.issued > duration(\"720h\")"},
      {"getFullYear", "time.getFullYear()", "The year.", "report.issued.getFullYear() >= 2026"},
      {"getMonth", "time.getMonth()", "The month, January being 0.", "now.getMonth() == 11"},
      {"getDate", "time.getDate()", "The day of the month, from 1.", "now.getDate() == 1"},
      {"getDayOfMonth", "time.getDayOfMonth()", "The day of the month, from 0.", "now.getDayOfMonth() == 0"},
      {"getDayOfWeek", "time.getDayOfWeek()", "The day of the week, Sunday being 0.", "report.issued.getDayOfWeek() == 5"},
      {"getDayOfYear", "time.getDayOfYear()", "The day of the year, from 0.", "now.getDayOfYear() < 31"},
      {"getHours", "time.getHours()", "The hour, 0 to 23; of a length of time, its whole hours.",
       "report.issued.getHours() >= 17"},
      {"getMinutes", "time.getMinutes()", "The minute; of a length of time, its whole minutes.",
       "(now - report.issued).getMinutes() > 90"},
      {"getSeconds", "time.getSeconds()", "The second; of a length of time, its whole seconds.",
       "(now - report.issued).getSeconds() > 60"},
      {"getMilliseconds", "time.getMilliseconds()", "The thousandths within the second.", "report.issued.getMilliseconds() == 0"},
      {"double", "double(x)", "A number with a fraction; of a text that is none: unknown.",
       "double(observation.quantity.value) > 6.5"},
      {"int", "int(x)", "A whole number; what stands behind the point is cut off.",
       "int(double(observation.quantity.value)) > 6"},
      {"uint", "uint(x)", "A whole number that is not negative.", "uint(size(report.observations)) > 1u"},
      {"string", "string(x)", "As a text.", "string(age(patient)) in [\"12\", \"13\"]"},
      {"bool", "bool(x)", "Yes or no, of the text `true` or `false`.", "bool(observation.text)"},
  };
}

std::string ReferenceMarkdown() {
  std::string text = "| fact | what it is | what it says |\n|---|---|---|\n";
  for (const FactHelp& fact : Facts()) text += Row(fact);
  text +=
      "\nA **concept** is something said in codes: `codings` (a list, each with `system`, `code` and `display`) and a `text`. "
      "Compare it "
      "by `in valueset(\"…\")`.\nA path with `[]` is a field of a list's elements: "
      "`report.presented_forms.exists(f, f.content_type == \"application/pdf\")`.\n\n"
      "| function | what it does | example |\n|---|---|---|\n";
  for (const FunctionHelp& function : Functions()) {
    const auto escaped = [](const std::string& cell) { return absl::StrReplaceAll(cell, {{"|", "\\|"}}); };
    absl::StrAppend(&text, "| `", escaped(function.form), "` | ", function.documentation, " | `", escaped(function.example),
                    "` |\n");
  }
  text +=
      "\nWhat a time is made of is read in the zone of the order's facility (pack.yaml), else of the pack, or in one that is "
      "named: "
      "`report.issued.getHours(\"America/Chicago\")`.\n";
  return text;
}

}  // namespace resultgate::policy
