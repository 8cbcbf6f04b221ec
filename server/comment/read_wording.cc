// <template>/<language>.yaml and <language>.yaml.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/comment/loader.h"

namespace resultgate::comment {
namespace {

using base::FileIssues;
using text::Message;

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char* TypeWord(Message::Type type) {
  return type == Message::Type::kNumber ? "number" : type == Message::Type::kDate ? "date" : "text";
}

// Whether a pattern may use an argument of type `has` as it does.
bool Accepts(Message::Type use, Message::Type has) {
  if (use == Message::Type::kAny) return has != Message::Type::kDate;
  return use == has;
}

class TranslationReader {
 public:
  TranslationReader(const yaml::Document& document, absl::string_view language, const Pattern& shared_contact,
                    const Template& made, Header* header, FileIssues* issues)
      : document_(document),
        language_(language),
        shared_contact_(shared_contact),
        made_(made),
        header_(*header),
        issues_(issues) {}

  Translation Read() {
    yaml::MapReader reader(document_, document_.root, "a translation", issues_);
    const yaml::Node* common = reader.Optional("common");
    if (common != nullptr) ReadCommon(*common);
    const yaml::Node* variants = reader.Required("variants");
    reader.RefuseUnknownKeys();
    if (variants == nullptr) return std::move(translation_);
    if (!variants->IsMap()) {
      Error(variants->place, "`variants` must be a map of variants and their sections");
      return std::move(translation_);
    }
    for (const yaml::Node::Entry& entry : variants->entries) ReadVariant(entry);
    for (const VariantInfo& info : kVariants) {
      if (!header_.has_variant[static_cast<size_t>(info.variant)] || variants->Find(info.name) != nullptr) continue;
      Error(variants->place, absl::StrCat("the variant `", info.name, "` is missing: template.yaml promises it"));
    }
    return std::move(translation_);
  }

 private:
  void Error(const base::Place& place, std::string message, std::string suggestion = "") {
    document_.Error(place, std::move(message), std::move(suggestion), issues_);
  }

  // The arguments that a section of a variant may use: `days` only where there is something to count.
  ArgumentTypes Allowed(Section section, const Action& action) const {
    ArgumentTypes allowed = header_.arguments;
    if (section != Section::kToDo || action.kind != Action::Kind::kCall) allowed.erase("days");
    return allowed;
  }

  void ReadCommon(const yaml::Node& map) {
    yaml::MapReader reader(document_, map, "`common`", issues_);
    for (size_t i = 0; i < kSectionCount; ++i) {
      const auto section = static_cast<Section>(i);
      if (section == Section::kToDo) continue;  // what to do is said for each variant by itself
      if (const yaml::Node* node = reader.Optional(kSectionNames[i])) {
        has_common_[i] = true;
        common_[i] = ReadPattern(document_, *node, language_, Allowed(section, {}), &header_.used_arguments, issues_);
      }
    }
    reader.RefuseUnknownKeys();
  }

  void ReadVariant(const yaml::Node::Entry& entry) {
    const std::optional<Variant> variant = VariantNamed(entry.key);
    if (!variant)
      return Error(entry.place, absl::StrCat("unknown variant `", entry.key, "`"), base::Suggest(entry.key, VariantNames()));
    const auto at = static_cast<size_t>(*variant);
    if (!header_.has_variant[at]) {
      return Error(entry.place, absl::StrCat("template.yaml does not list the variant `", entry.key, "`"),
                   "add it there with its action");
    }
    Wording& wording = translation_.wordings[at];
    const Action& action = made_.actions[at];
    const std::string what = absl::StrCat("the variant `", entry.key, "`");
    yaml::MapReader reader(document_, entry.value, what, issues_);
    if (!reader.valid()) return;
    for (size_t i = 0; i < kSectionCount; ++i) {
      const auto section = static_cast<Section>(i);
      if (IsPrefix(*variant) && section != Section::kResult) continue;
      const yaml::Node* node = reader.Optional(kSectionNames[i]);
      if (node == nullptr) {
        UseDefault(*variant, section, entry, &wording.sections[i]);
        continue;
      }
      std::set<std::string> used;
      wording.sections[i] = ReadPattern(document_, *node, language_, Allowed(section, action), &used, issues_);
      if (section == Section::kToDo && action.kind == Action::Kind::kCall && !wording.sections[i].empty() &&
          used.count("days") == 0) {
        Error(node->place, absl::StrCat("`to_do` does not say within how many days to call"), "use the argument `days`");
      }
      header_.used_arguments.insert(used.begin(), used.end());
    }
    reader.RefuseUnknownKeys();
    wording.written = true;
  }

  void UseDefault(Variant variant, Section section, const yaml::Node::Entry& entry, Pattern* pattern) {
    const auto at = static_cast<size_t>(section);
    if (!IsPrefix(variant) && has_common_[at]) {
      *pattern = common_[at];  // empty where it is wrong, which is reported already
      return;
    }
    if (pattern->empty() && section == Section::kContact && !IsPrefix(variant)) *pattern = shared_contact_;
    if (pattern->empty()) {
      Error(entry.place, absl::StrCat("the variant `", entry.key, "` lacks `", kSectionNames[at], "`"));
    }
  }

  const yaml::Document& document_;
  const absl::string_view language_;
  const Pattern& shared_contact_;
  const Template& made_;
  Header& header_;
  FileIssues* const issues_;
  std::array<Pattern, kSectionCount> common_;
  std::array<bool, kSectionCount> has_common_{};
  Translation translation_;
};

}  // namespace

base::Place PlaceIn(const yaml::Document& document, const yaml::Node& scalar, size_t offset) {
  // YAML folds and indents, but leaves every byte that is not a space: count those.
  const auto end = scalar.text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, scalar.text.size()));
  auto to_go = std::count_if(scalar.text.begin(), end, [](char c) { return !IsSpace(c); });
  base::Place place = scalar.place;
  auto line = static_cast<size_t>(place.line) - 1;
  auto column = static_cast<size_t>(place.column) - 1;
  if (line < document.lines.size() && column < document.lines[line].size()) {
    const char first = document.lines[line][column];
    if (scalar.quoted && (first == '"' || first == '\'') && (scalar.text.empty() || scalar.text[0] != first)) ++column;
  }
  for (; line < document.lines.size(); ++line, column = 0) {
    for (; column < document.lines[line].size(); ++column) {
      if (IsSpace(document.lines[line][column])) continue;
      if (to_go-- == 0) return {place.file, static_cast<int>(line) + 1, static_cast<int>(column) + 1};
    }
  }
  return place;
}

Pattern ReadPattern(const yaml::Document& document, const yaml::Node& node, absl::string_view language,
                    const ArgumentTypes& allowed, std::set<std::string>* used, FileIssues* issues) {
  const absl::string_view pattern = absl::StripTrailingAsciiWhitespace(node.text);
  if (!node.IsScalar() || pattern.empty()) {
    document.Error(node.place, "a text is expected here", "", issues);
    return {};
  }
  size_t offset = 0;
  absl::StatusOr<std::unique_ptr<const Message>> message = Message::Compile(pattern, language, &offset);
  if (!message.ok()) {
    document.Error(PlaceIn(document, node, offset), std::string(message.status().message()), "", issues);
    return {};
  }
  bool good = true;
  std::vector<std::string> names;
  for (const auto& [name, type] : allowed) names.push_back(name);
  for (const Message::Argument& argument : (*message)->arguments()) {
    const auto known = allowed.find(argument.name);
    if (known == allowed.end()) {
      good = false;
      document.Error(PlaceIn(document, node, argument.offset),
                     absl::StrCat("the argument `", argument.name, "` is not to be had here"),
                     base::Suggest(argument.name, names), issues);
    } else if (!Accepts(argument.type, known->second)) {
      good = false;
      document.Error(
          PlaceIn(document, node, argument.offset),
          absl::StrCat("`", argument.name, "` is a ", TypeWord(known->second), " and is used as a ", TypeWord(argument.type)), "",
          issues);
    } else if (used != nullptr) {
      used->insert(argument.name);
    }
  }
  if (!good) return {};
  return Pattern(*std::move(message));
}

Translation ReadTranslation(const yaml::Document& document, absl::string_view language, const Pattern& shared_contact,
                            const Template& made, Header* header, FileIssues* issues) {
  return TranslationReader(document, language, shared_contact, made, header, issues).Read();
}

SharedWords ReadSharedWords(const yaml::Document& document, absl::string_view language, FileIssues* issues) {
  SharedWords words;
  words.tag = std::string(language);
  yaml::MapReader reader(document, document.root, "the shared words", issues);
  const auto pattern = [&](absl::string_view key, const ArgumentTypes& allowed) -> Pattern {
    const yaml::Node* node = reader.Required(key);
    return node == nullptr ? Pattern() : ReadPattern(document, *node, language, allowed, nullptr, issues);
  };
  ArgumentTypes line = {{"name", Message::Type::kText}, {"value", Message::Type::kText}, {"flag", Message::Type::kText}};
  words.this_test = reader.RequiredText("this_test");
  words.unnamed = reader.RequiredText("unnamed");
  words.for_others = reader.RequiredText("for_others");
  words.line = pattern("line", line);
  line.emplace("range", Message::Type::kText);
  words.line_with_range = pattern("line_with_range", line);
  words.more = pattern("more", {{"count", Message::Type::kNumber}});
  words.date = pattern("date", {{"date", Message::Type::kDate}});
  words.contact = pattern("contact", {});
  reader.RefuseUnknownKeys();
  return words;
}

}  // namespace resultgate::comment
