#include "server/comment/contacts.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/nextstep/next_step.h"

namespace resultgate::comment {
namespace {

using base::FileIssues;

constexpr size_t kLongestNumber = 40;

class ContactsReader {
 public:
  ContactsReader(const yaml::Document& document, bool placeholders_allowed, FileIssues* issues)
      : document_(document), placeholders_allowed_(placeholders_allowed), issues_(issues) {}

  std::vector<Contacts> Read(const std::vector<std::string>& languages) {
    yaml::MapReader reader(document_, document_.root, "the contacts", issues_);
    Contacts all;
    ReadNumber(reader, "clinic_phone", true, &all.clinic_phone);
    ReadNumber(reader, "after_hours_phone", true, &all.after_hours_phone);
    ReadEmergency(reader, true, &all.emergency_number);
    ReadAnswer(reader, &all.answer_days);
    std::vector<Contacts> contacts(languages.size(), all);
    if (const yaml::Node* own = reader.Optional("languages")) {
      if (!own->IsMap()) document_.Error(own->place, "`languages` must be a map of languages and their numbers", "", issues_);
      for (const yaml::Node::Entry& entry : own->entries) {
        const auto at = std::find(languages.begin(), languages.end(), entry.key);
        if (at == languages.end()) {
          document_.Error(entry.place, absl::StrCat("there is no language `", entry.key, "`"),
                          base::Suggest(entry.key, languages), issues_);
          continue;
        }
        Contacts& those = contacts[static_cast<size_t>(at - languages.begin())];
        yaml::MapReader numbers(document_, entry.value, "a language's numbers", issues_);
        ReadNumber(numbers, "clinic_phone", false, &those.clinic_phone);
        ReadNumber(numbers, "after_hours_phone", false, &those.after_hours_phone);
        ReadEmergency(numbers, false, &those.emergency_number);
        numbers.RefuseUnknownKeys();
      }
    }
    reader.RefuseUnknownKeys();
    return contacts;
  }

 private:
  const yaml::Node* Get(yaml::MapReader& reader, absl::string_view key, bool required) {
    const yaml::Node* node = required ? reader.Required(key) : reader.Optional(key);
    if (node == nullptr || (node->IsScalar() && !node->text.empty() && node->text.size() <= kLongestNumber)) return node;
    document_.Error(node->place, absl::StrCat("`", key, "` must be a telephone number as text"), "", issues_);
    return nullptr;
  }

  void ReadNumber(yaml::MapReader& reader, absl::string_view key, bool required, std::string* number) {
    const yaml::Node* node = Get(reader, key, required);
    if (node == nullptr) return;
    *number = node->text;
    if (!IsPlaceholderNumber(node->text)) return;
    const std::string message = absl::StrCat("[telephone] nobody answers at `", node->text, "`: it is a placeholder");
    const std::string suggestion = "write the number that your patients are to call";
    if (placeholders_allowed_) {
      document_.Warning(node->place, message, suggestion, issues_);
    } else {
      document_.Error(node->place, message, suggestion, issues_);
    }
  }

  void ReadEmergency(yaml::MapReader& reader, bool required, std::string* number) {
    const yaml::Node* node = Get(reader, "emergency_number", required);
    if (node == nullptr) return;
    *number = node->text;
    if (std::none_of(node->text.begin(), node->text.end(), absl::ascii_isdigit)) {
      document_.Error(node->place, absl::StrCat("`", node->text, "` is no number"), "write the emergency number, as `911`",
                      issues_);
    }
  }

  // `2 business days`.
  void ReadAnswer(yaml::MapReader& reader, int* days) {
    const yaml::Node* node = reader.Required("we_answer_within");
    if (node == nullptr) return;
    const std::optional<int> read = nextstep::ParseAnswerDays(node->text);
    if (read) {
      *days = *read;
    } else {
      document_.Error(node->place, absl::StrCat("`", node->text, "` is no time to answer in"), "write it as `2 business days`",
                      issues_);
    }
  }

  const yaml::Document& document_;
  const bool placeholders_allowed_;
  FileIssues* const issues_;
};

}  // namespace

bool IsPlaceholderNumber(absl::string_view number) {
  if (absl::StrContains(absl::AsciiStrToLower(number), "example")) return true;
  std::string digits;
  std::copy_if(number.begin(), number.end(), std::back_inserter(digits), absl::ascii_isdigit);
  if (digits.size() < 3) return true;
  // North American numbers: (1) area exchange line.
  absl::string_view national = digits;
  if (national.size() == 11) absl::ConsumePrefix(&national, "1");
  if (national.size() == 10 && (absl::StartsWith(national, "555") || national.substr(3, 3) == "555")) return true;
  if (national.size() == 7 && absl::StartsWith(national, "555")) return true;
  const bool repeated = digits.size() > 3 && std::all_of(digits.begin(), digits.end(), [&](char c) { return c == digits[0]; });
  return repeated || absl::StrContains(digits, "00000") || absl::StrContains(digits, "1234567");
}

std::vector<Contacts> ReadContacts(const yaml::Document& document, const std::vector<std::string>& languages,
                                   bool placeholders_allowed, FileIssues* issues) {
  return ContactsReader(document, placeholders_allowed, issues).Read(languages);
}

Contacts StandInContacts() {
  return {"[clinic]", "[after hours]", "[emergency]", 2};
}

}  // namespace resultgate::comment
