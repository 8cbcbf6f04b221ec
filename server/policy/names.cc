#include "server/policy/names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace resultgate::policy {
namespace {

using google::protobuf::EnumDescriptor;

// `RESULT_STATUS_` for ResultStatus: buf's ENUM_VALUE_PREFIX, which the API holds to.
std::string Prefix(const EnumDescriptor* type) {
  std::string prefix;
  for (const char c : type->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return prefix + "_";
}

}  // namespace

std::optional<int> EnumNumber(const EnumDescriptor* type, absl::string_view word) {
  const std::string name = absl::StrReplaceAll(absl::AsciiStrToUpper(word), {{"-", "_"}});
  const auto* value = type->FindValueByName(absl::StrCat(Prefix(type), name));
  if (value == nullptr || value->number() == 0) return std::nullopt;
  return value->number();
}

std::string EnumWord(const EnumDescriptor* type, int number) {
  const auto* value = type->FindValueByNumber(number);
  if (value == nullptr) return absl::StrCat(number);
  const absl::string_view full = value->name();
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(full, Prefix(type))), {{"_", "-"}});
}

std::vector<std::string> EnumWords(const EnumDescriptor* type) {
  std::vector<std::string> words;
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0) words.push_back(EnumWord(type, type->value(i)->number()));
  }
  return words;
}

}  // namespace resultgate::policy
