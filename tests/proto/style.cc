#include "tests/proto/style.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace resultgate::style {
namespace {

namespace pb = google::protobuf;

// Field numbers of descriptor.proto: a location's path is made of them and of indexes.
enum Part {
  kFileMessage = 4,
  kFileEnum = 5,
  kFileService = 6,
  kMessageField = 2,
  kMessageMessage = 3,
  kMessageEnum = 4,
  kMessageOneof = 8,
  kEnumValue = 2,
  kServiceMethod = 2,
};

using Path = std::vector<int>;

Path Below(Path path, int part, int index) {
  path.push_back(part);
  path.push_back(index);
  return path;
}

bool IsUpperCamel(absl::string_view name) {
  return !name.empty() && absl::ascii_isupper(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return absl::ascii_isalnum(c); });
}

bool IsSnake(absl::string_view name, bool (*letter)(unsigned char)) {
  return !name.empty() && letter(name[0]) && name.back() != '_' && !absl::StrContains(name, "__") &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || absl::ascii_isdigit(c) || c == '_'; });
}

bool IsLowerSnake(absl::string_view name) {
  return IsSnake(name, absl::ascii_islower);
}
bool IsUpperSnake(absl::string_view name) {
  return IsSnake(name, absl::ascii_isupper);
}

// `ON_EXPIRY` of `OnExpiry`.
std::string UpperSnake(absl::string_view camel) {
  std::string snake;
  for (size_t i = 0; i < camel.size(); ++i) {
    const bool starts_word =
        absl::ascii_isupper(camel[i]) && i > 0 && (absl::ascii_islower(camel[i - 1]) || absl::ascii_isdigit(camel[i - 1]));
    if (starts_word) snake += '_';
    snake += absl::ascii_toupper(camel[i]);
  }
  return snake;
}

class Checker {
 public:
  explicit Checker(const pb::FileDescriptorSet& files) : files_(files) {}

  std::vector<std::string> Check() {
    for (const pb::FileDescriptorProto& file : files_.file()) {
      if (file.package() == "resultgate.v1") File(file);
    }
    for (const auto& [type, methods] : users_) {
      if (methods.size() > 1)
        problems_.push_back(
            absl::StrCat(methods.front(), type, " is used by several methods; each has its own request and response"));
    }
    return std::move(problems_);
  }

 private:
  void File(const pb::FileDescriptorProto& file) {
    file_ = &file;
    locations_.clear();
    for (const auto& location : file.source_code_info().location()) {
      locations_[Path(location.path().begin(), location.path().end())] = &location;
    }
    const std::string folder = absl::StrReplaceAll(file.package(), {{".", "/"}}) + "/";
    const absl::string_view base = absl::StripSuffix(absl::StripPrefix(file.name(), folder), ".proto");
    if (!absl::StartsWith(file.name(), folder) || !IsLowerSnake(base)) {
      Problem({}, file.name(), absl::StrCat("stands in ", folder, " under a lower_snake_case name"));
    }
    if (file.syntax() != "proto3") Problem({}, file.name(), "is written in proto3");
    for (int i = 0; i < file.message_type_size(); ++i) Message(Below({}, kFileMessage, i), "", file.message_type(i));
    for (int i = 0; i < file.enum_type_size(); ++i) Enum(Below({}, kFileEnum, i), "", file.enum_type(i));
    for (int i = 0; i < file.service_size(); ++i) Service(Below({}, kFileService, i), file.service(i));
  }

  void Message(const Path& path, const std::string& scope, const pb::DescriptorProto& message) {
    const std::string name = scope + message.name();
    Comment(path, name);
    if (!IsUpperCamel(message.name())) Problem(path, name, "a message is named in UpperCamelCase");
    for (int i = 0; i < message.field_size(); ++i) {
      const pb::FieldDescriptorProto& field = message.field(i);
      const Path field_path = Below(path, kMessageField, i);
      Comment(field_path, absl::StrCat(name, ".", field.name()));
      if (!IsLowerSnake(field.name()))
        Problem(field_path, absl::StrCat(name, ".", field.name()), "a field is named in lower_snake_case");
    }
    for (int i = 0; i < message.oneof_decl_size(); ++i) {
      // `optional` makes a oneof of its own, which nobody wrote.
      const bool written = std::any_of(message.field().begin(), message.field().end(), [&](const auto& field) {
        return field.has_oneof_index() && field.oneof_index() == i && !field.proto3_optional();
      });
      if (!written) continue;
      const Path oneof_path = Below(path, kMessageOneof, i);
      const std::string oneof = absl::StrCat(name, ".", message.oneof_decl(i).name());
      Comment(oneof_path, oneof);
      if (!IsLowerSnake(message.oneof_decl(i).name())) Problem(oneof_path, oneof, "a oneof is named in lower_snake_case");
    }
    for (int i = 0; i < message.nested_type_size(); ++i) {
      if (!message.nested_type(i).options().map_entry())
        Message(Below(path, kMessageMessage, i), name + ".", message.nested_type(i));
    }
    for (int i = 0; i < message.enum_type_size(); ++i) Enum(Below(path, kMessageEnum, i), name + ".", message.enum_type(i));
  }

  void Enum(const Path& path, const std::string& scope, const pb::EnumDescriptorProto& type) {
    const std::string name = scope + type.name();
    const std::string prefix = UpperSnake(type.name()) + "_";
    Comment(path, name);
    if (!IsUpperCamel(type.name())) Problem(path, name, "an enumeration is named in UpperCamelCase");
    if (type.options().allow_alias()) Problem(path, name, "no two values share a number");
    for (int i = 0; i < type.value_size(); ++i) {
      const pb::EnumValueDescriptorProto& value = type.value(i);
      const Path value_path = Below(path, kEnumValue, i);
      const std::string value_name = absl::StrCat(name, ".", value.name());
      Comment(value_path, value_name);
      if (!IsUpperSnake(value.name()) || !absl::StartsWith(value.name(), prefix))
        Problem(value_path, value_name, absl::StrCat("begins with ", prefix));
      if (i == 0 && (value.number() != 0 || value.name() != prefix + "UNSPECIFIED")) {
        Problem(value_path, value_name, absl::StrCat("the first value is ", prefix, "UNSPECIFIED = 0"));
      }
    }
  }

  void Service(const Path& path, const pb::ServiceDescriptorProto& service) {
    Comment(path, service.name());
    if (!IsUpperCamel(service.name()) || !absl::EndsWith(service.name(), "Service")) {
      Problem(path, service.name(), "a service is named in UpperCamelCase and ends in `Service`");
    }
    for (int i = 0; i < service.method_size(); ++i) {
      const pb::MethodDescriptorProto& method = service.method(i);
      const Path method_path = Below(path, kServiceMethod, i);
      const std::string name = absl::StrCat(service.name(), ".", method.name());
      Comment(method_path, name);
      if (!IsUpperCamel(method.name())) Problem(method_path, name, "a method is named in UpperCamelCase");
      MethodType(method_path, name, method.input_type(), service.name(), method.name(), "Request");
      MethodType(method_path, name, method.output_type(), service.name(), method.name(), "Response");
    }
  }

  void MethodType(const Path& path, const std::string& method, absl::string_view type, absl::string_view service,
                  absl::string_view name, absl::string_view suffix) {
    const absl::string_view short_name = absl::StripPrefix(type, ".resultgate.v1.");
    if (short_name != absl::StrCat(name, suffix) && short_name != absl::StrCat(service, name, suffix)) {
      Problem(path, method, absl::StrCat("its ", suffix, " is named ", name, suffix));
    }
    users_[std::string(short_name)].push_back(At(path));
  }

  // A comment before the element that is a sentence: it begins with a capital letter, a number or code in backticks, and ends
  // with a full stop or an ellipsis.
  void Comment(const Path& path, const std::string& name) {
    const auto found = locations_.find(path);
    const absl::string_view comment =
        found == locations_.end() ? "" : absl::StripAsciiWhitespace(found->second->leading_comments());
    if (comment.empty()) {
      Problem(path, name, "has no comment; give its format, unit, default and limit");
    } else if (absl::ascii_islower(comment[0]) || !(absl::EndsWith(comment, ".") || absl::EndsWith(comment, "…"))) {
      Problem(path, name, "its comment is no sentence; begin with a capital letter and end with a full stop");
    }
  }

  std::string At(const Path& path) const {
    const auto found = locations_.find(path);
    const int line = found == locations_.end() || found->second->span_size() == 0 ? 1 : found->second->span(0) + 1;
    return absl::StrCat("proto/", file_->name(), ":", line, ": ");
  }

  void Problem(const Path& path, const std::string& name, absl::string_view what) {
    problems_.push_back(absl::StrCat(At(path), name, ": ", what));
  }

  const pb::FileDescriptorSet& files_;
  const pb::FileDescriptorProto* file_ = nullptr;
  std::map<Path, const pb::SourceCodeInfo::Location*> locations_;
  std::map<std::string, std::vector<std::string>> users_;  // places of the methods that use a request or response
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> Check(const pb::FileDescriptorSet& files) {
  return Checker(files).Check();
}

}  // namespace resultgate::style
