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

yaml::Node EmptyMap(const base::Place& place) {
  yaml::Node map;
  map.kind = yaml::Node::Kind::kMap;
  map.place = place;
  return map;
}

class TranslationReader {
 public:
  TranslationReader(const yaml::Document& document, const SharedWords& words, const Template& made, Header* header,
                    FileIssues* issues)
      : document_(document), language_(words.tag), words_(words), made_(made), header_(*header), issues_(issues) {}

  Translation Read() {
    yaml::MapReader reader(document_, document_.root, "a translation", issues_);
    translation_.exists = true;
    translation_.place = {document_.file, 1, 1};
    ReadTitle(reader);
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
      if (!made_.has_variant[static_cast<size_t>(info.variant)] || variants->Find(info.name) != nullptr) continue;
      // The shared words say all of it but what was tested.
      if (info.variant == Variant::kNoVerdict && has_common_[static_cast<size_t>(Section::kTested)]) {
        ReadVariant({info.name, variants->place, EmptyMap(variants->place)});
        continue;
      }
      Error(variants->place, absl::StrCat("[variant] the variant `", info.name, "` is missing: template.yaml promises it"));
    }
    return std::move(translation_);
  }

 private:
  void Error(const base::Place& place, std::string message, std::string suggestion = "") {
    document_.Error(place, std::move(message), std::move(suggestion), issues_);
  }

  // A heading: no message, so that it is the same wherever it stands.
  void ReadTitle(yaml::MapReader& reader) {
    const yaml::Node* node = reader.Optional("title");
    if (node == nullptr) return;
    translation_.title = node->text;
    if (!node->IsScalar() || node->text.empty() || node->text.find_first_of("{}\n") != std::string::npos) {
      Error(node->place, "`title` must be one line of text without arguments");
    }
  }

  // The arguments that a section of a variant may use: `days` only where there is something to count, `expected_by` only where
  // there is a day.
  ArgumentTypes Allowed(Section section, const v1::NextStep& step, std::optional<Variant> variant) const {
    ArgumentTypes allowed = header_.arguments;
    if (variant != Variant::kInProcess) allowed.erase("expected_by");
    if (section != Section::kToDo || step.kind() != v1::NextStep::KIND_CALL || step.within_days() == 0) allowed.erase("days");
    if (section == Section::kToDo || section == Section::kUrgent || section == Section::kContact) {
      allowed.insert(ContactArguments().begin(), ContactArguments().end());
    }
    return allowed;
  }

  void ReadCommon(const yaml::Node& map) {
    yaml::MapReader reader(document_, map, "`common`", issues_);
    for (size_t i = 0; i < kSectionCount; ++i) {
      const auto section = static_cast<Section>(i);
      if (section == Section::kToDo) continue;  // what to do is said for each variant by itself
      if (const yaml::Node* node = reader.Optional(kSectionNames[i])) {
        has_common_[i] = true;
        common_[i] =
            ReadPattern(document_, *node, language_, Allowed(section, {}, std::nullopt), &header_.used_arguments, issues_);
      }
    }
    reader.RefuseUnknownKeys();
  }

  void ReadVariant(const yaml::Node::Entry& entry) {
    const std::optional<Variant> variant = VariantNamed(entry.key);
    if (!variant)
      return Error(entry.place, absl::StrCat("unknown variant `", entry.key, "`"), base::Suggest(entry.key, VariantNames()));
    const auto at = static_cast<size_t>(*variant);
    if (!made_.has_variant[at]) {
      return Error(entry.place, absl::StrCat("[variant] template.yaml does not list the variant `", entry.key, "`"),
                   "add it there with its next step");
    }
    Wording& wording = translation_.wordings[at];
    const v1::NextStep& step = made_.next_steps[at];
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
      wording.sections[i] = ReadPattern(document_, *node, language_, Allowed(section, step, *variant), &used, issues_);
      if (section == Section::kToDo && !wording.sections[i].empty()) CheckToDo(step, used, node->place);
      header_.used_arguments.insert(used.begin(), used.end());
    }
    reader.RefuseUnknownKeys();
    wording.written = true;
    wording.place = entry.place;
  }

  // A template's own words say what its next step promises.
  void CheckToDo(const v1::NextStep& step, const std::set<std::string>& used, const base::Place& place) {
    if (step.kind() == v1::NextStep::KIND_CALL && step.within_days() > 0 && used.count("days") == 0) {
      Error(place, "[next-step] `to_do` does not say within how many days to call",
            "use the argument `days`, or leave `to_do` out");
    }
  }

  void UseDefault(Variant variant, Section section, const yaml::Node::Entry& entry, Pattern* pattern) {
    const auto at = static_cast<size_t>(section);
    // Where nothing stands out, nothing is urgent.
    const bool common_holds = !IsPrefix(variant) && !(section == Section::kUrgent && IsReassuring(variant));
    if (common_holds && has_common_[at]) {
      *pattern = common_[at];  // empty where it is wrong, which is reported already
      return;
    }
    if (variant == Variant::kNoVerdict && section == Section::kMeaning) *pattern = words_.no_verdict;
    if (!IsPrefix(variant) && section == Section::kResult) *pattern = words_.results[static_cast<size_t>(variant)];
    if (!IsPrefix(variant) && section == Section::kContact) *pattern = words_.contact;
    // Left out, what to do is said by the language's words for the next step.
    const bool may_be_empty = !IsPrefix(variant) && (section == Section::kToDo || section == Section::kUrgent);
    if (pattern->empty() && !may_be_empty) {
      Error(entry.place, absl::StrCat("the variant `", entry.key, "` lacks `", kSectionNames[at], "`"));
    }
  }

  const yaml::Document& document_;
  const absl::string_view language_;
  const SharedWords& words_;
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
                     absl::StrCat("[arguments] the argument `", argument.name, "` is not to be had here"),
                     base::Suggest(argument.name, names), issues);
    } else if (!Accepts(argument.type, known->second)) {
      good = false;
      document.Error(PlaceIn(document, node, argument.offset),
                     absl::StrCat("[arguments] `", argument.name, "` is a ", TypeWord(known->second), " and is used as a ",
                                  TypeWord(argument.type)),
                     "", issues);
    } else if (used != nullptr) {
      used->insert(argument.name);
    }
  }
  if (!good) return {};
  return Pattern(*std::move(message), pattern, node.place);
}

const ArgumentTypes& ContactArguments() {
  static const auto* const known = new ArgumentTypes{{"clinic_phone", Message::Type::kText},
                                                     {"after_hours_phone", Message::Type::kText},
                                                     {"emergency_number", Message::Type::kText},
                                                     {"answer_days", Message::Type::kNumber}};
  return *known;
}

Translation ReadTranslation(const yaml::Document& document, const SharedWords& words, const Template& made, Header* header,
                            FileIssues* issues) {
  return TranslationReader(document, words, made, header, issues).Read();
}

}  // namespace resultgate::comment
