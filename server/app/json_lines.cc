#include "server/app/json_lines.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"

namespace resultgate::app {
namespace {

std::string Quoted(absl::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  return ToJson(value);
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const google::protobuf::util::Status status = google::protobuf::util::MessageToJsonString(message, &json, options);
  // Fails only for a google.protobuf.Any of a type that this program does not know.
  return status.ok() ? json : "null";
}

JsonLine& JsonLine::Text(absl::string_view name, absl::string_view text) {
  Begin(name);
  text_ += Quoted(text);
  return *this;
}

JsonLine& JsonLine::Number(absl::string_view name, int number) {
  Begin(name);
  absl::StrAppend(&text_, number);
  return *this;
}

JsonLine& JsonLine::Message(absl::string_view name, const google::protobuf::Message& message) {
  Begin(name);
  text_ += ToJson(message);
  return *this;
}

std::string JsonLine::ToString() const {
  return absl::StrCat("{", text_, "}\n");
}

void JsonLine::Begin(absl::string_view name) {
  absl::StrAppend(&text_, text_.empty() ? "" : ",", Quoted(name), ":");
}

}  // namespace resultgate::app
