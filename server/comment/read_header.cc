// template.yaml.
#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "server/comment/loader.h"
#include "server/nextstep/next_step.h"

namespace resultgate::comment {
namespace {

using base::FileIssues;
using text::Message;

// What library.cc has to give.
const ArgumentTypes& KnownArguments() {
  static const auto* const known = new ArgumentTypes{{"test", Message::Type::kText},
                                                     {"count", Message::Type::kNumber},
                                                     {"total", Message::Type::kNumber},
                                                     {"days", Message::Type::kNumber},
                                                     {"expected_by", Message::Type::kDate}};
  return *known;
}

template <typename Map>
std::vector<std::string> Keys(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

const std::map<std::string, v1::Section>& SectionNames() {
  static const auto* const names = new std::map<std::string, v1::Section>{{"laboratory", v1::SECTION_LABORATORY},
                                                                          {"microbiology", v1::SECTION_MICROBIOLOGY},
                                                                          {"pathology", v1::SECTION_PATHOLOGY},
                                                                          {"cytology", v1::SECTION_CYTOLOGY},
                                                                          {"genetics", v1::SECTION_GENETICS},
                                                                          {"imaging", v1::SECTION_IMAGING},
                                                                          {"other", v1::SECTION_OTHER}};
  return *names;
}

const std::map<std::string, v1::Audience>& AudienceNames() {
  static const auto* const names = new std::map<std::string, v1::Audience>{
      {"patient", v1::AUDIENCE_PATIENT}, {"representative", v1::AUDIENCE_REPRESENTATIVE}, {"delegate", v1::AUDIENCE_DELEGATE}};
  return *names;
}

// The entries of a list of scalars (a single one is a list of one), with their places.
std::vector<const yaml::Node*> Scalars(const yaml::Node* node) {
  std::vector<const yaml::Node*> scalars;
  if (node == nullptr) return scalars;
  if (node->IsScalar()) scalars.push_back(node);
  for (const yaml::Node& item : node->items) {
    if (item.IsScalar()) scalars.push_back(&item);
  }
  return scalars;
}

class HeaderReader {
 public:
  HeaderReader(const yaml::Document& document, const valueset::Registry& value_sets, const std::vector<std::string>& languages,
               Template* made, FileIssues* issues)
      : document_(document), value_sets_(value_sets), languages_(languages), made_(*made), issues_(issues) {}

  Header Read() {
    yaml::MapReader reader(document_, document_.root, "a template", issues_);
    made_.title = reader.RequiredText("title");
    reader.RequiredText("purpose");
    for (const auto& [set, place] : ReadValueSets(reader, "codes")) header_.value_sets.emplace_back(set, place);
    for (const auto& [set, place] : ReadValueSets(reader, "own_goal_with")) header_.own_goals.push_back(set);
    if (const yaml::Node* exact = reader.Optional("exact")) ReadExact(*exact);
    reader.OptionalTexts("sections");  // reports what is no list of text
    for (const yaml::Node* item : Scalars(reader.node().Find("sections"))) {
      if (const v1::Section* section = OneOf(SectionNames(), *item, "section"))
        header_.sections.emplace_back(*section, item->place);
    }
    made_.gives_verdict = !ReadSwitch(reader, "verdict", "none");
    made_.hides_names = ReadSwitch(reader, "names", "hidden");
    ReadAudiences(reader);
    if (const yaml::Node* arguments = reader.Optional("arguments")) ReadArguments(*arguments);
    header_.falls_back = ReadSwitch(reader, "fallback", "generic");
    if (const yaml::Node* variants = reader.Required("variants")) ReadVariants(*variants);
    if (const yaml::Node* sign_off = reader.Optional("sign_off")) ReadSignOff(*sign_off);
    reader.OptionalTexts("exempt_terms");
    for (const yaml::Node* item : Scalars(reader.node().Find("exempt_terms"))) {
      header_.exempt_terms.emplace_back(item->text, item->place);
      made_.exempt_terms.push_back(item->text);
    }
    reader.RefuseUnknownKeys();
    return std::move(header_);
  }

 private:
  void Error(const base::Place& place, std::string message, std::string suggestion = "") {
    document_.Error(place, std::move(message), std::move(suggestion), issues_);
  }

  template <typename Map>
  const typename Map::mapped_type* OneOf(const Map& names, const yaml::Node& node, absl::string_view what) {
    const auto found = names.find(node.text);
    if (found != names.end()) return &found->second;
    Error(node.place, absl::StrCat("unknown ", what, " `", node.text, "`"), base::Suggest(node.text, Keys(names)));
    return nullptr;
  }

  // A key that has one value only, for whoever reads the file.
  bool ReadSwitch(yaml::MapReader& reader, absl::string_view key, absl::string_view value) {
    const yaml::Node* node = reader.Optional(key);
    if (node == nullptr) return false;
    if (node->IsScalar() && node->text == value) return true;
    Error(node->place, absl::StrCat("`", key, "` must be `", value, "`, or be left out"));
    return false;
  }

  std::vector<std::pair<const valueset::ValueSet*, base::Place>> ReadValueSets(yaml::MapReader& reader, absl::string_view key) {
    std::vector<std::pair<const valueset::ValueSet*, base::Place>> sets;
    reader.OptionalTexts(key);
    for (const yaml::Node* item : Scalars(reader.node().Find(key))) {
      if (const valueset::ValueSet* set = value_sets_.Find(item->text)) {
        sets.emplace_back(set, item->place);
      } else {
        Error(item->place, absl::StrCat("there is no value set `", item->text, "`"),
              base::Suggest(item->text, value_sets_.Names()));
      }
    }
    return sets;
  }

  void ReadExact(const yaml::Node& list) {
    if (!list.IsList()) return Error(list.place, "`exact` must be a list of codes", "write `- {system: loinc, code: 58410-2}`");
    for (const yaml::Node& item : list.items) {
      yaml::MapReader reader(document_, item, "a code", issues_);
      const std::string word = reader.RequiredText("system");
      const std::string code = reader.RequiredText("code");
      reader.RefuseUnknownKeys();
      if (word.empty() || code.empty()) continue;
      const std::string system = valueset::SystemUri(word);
      if (system.empty()) {
        Error(item.Find("system")->place, absl::StrCat("unknown code system `", word, "`"));
      } else if (system == valueset::SystemUri("loinc") && !valueset::HasValidLoincCheckDigit(code)) {
        Error(item.Find("code")->place, absl::StrCat("`", code, "` is no LOINC code: its check digit is wrong"));
      } else {
        header_.exact.push_back({system, code, item.Find("code")->place});
      }
    }
  }

  void ReadAudiences(yaml::MapReader& reader) {
    const std::vector<std::string> listed = reader.OptionalTexts("audiences");
    for (const yaml::Node* item : Scalars(reader.node().Find("audiences"))) {
      if (const v1::Audience* audience = OneOf(AudienceNames(), *item, "audience")) made_.audiences.push_back(*audience);
    }
    if (listed.empty()) {
      for (const auto& [name, audience] : AudienceNames()) made_.audiences.push_back(audience);
    }
  }

  void ReadArguments(const yaml::Node& map) {
    if (!map.IsMap()) return Error(map.place, "`arguments` must be a map of names and types", "write `arguments: {test: text}`");
    for (const yaml::Node::Entry& entry : map.entries) {
      const auto known = KnownArguments().find(entry.key);
      if (known == KnownArguments().end()) {
        Error(entry.place, absl::StrCat("there is no argument `", entry.key, "`"),
              base::Suggest(entry.key, Keys(KnownArguments())));
        continue;
      }
      const std::string type = known->second == Message::Type::kNumber ? "number"
                               : known->second == Message::Type::kDate ? "date"
                                                                       : "text";
      if (!entry.value.IsScalar() || entry.value.text != type) {
        Error(entry.value.place, absl::StrCat("the type of `", entry.key, "` is `", type, "`"));
        continue;
      }
      header_.arguments.insert(*known);
      header_.argument_places[entry.key] = entry.place;
    }
  }

  void ReadVariants(const yaml::Node& map) {
    if (!map.IsMap())
      return Error(map.place, "`variants` must be a map of variants and next steps", "write `variants: {normal: none}`");
    for (const yaml::Node::Entry& entry : map.entries) {
      const std::optional<Variant> variant = VariantNamed(entry.key);
      if (!variant) {
        Error(entry.place, absl::StrCat("unknown variant `", entry.key, "`"), base::Suggest(entry.key, VariantNames()));
        continue;
      }
      const auto at = static_cast<size_t>(*variant);
      made_.has_variant[at] = true;
      made_.next_steps[at] = ReadNextStep(*variant, entry.value);
      const bool judges = *variant < Variant::kNoVerdict;
      if (judges && !made_.gives_verdict) {
        Error(entry.place, absl::StrCat("a template with `verdict: none` cannot say `", entry.key, "`"), "write `no-verdict`");
      }
    }
    if (header_.falls_back) return;
    std::vector<std::string> missing;
    for (const VariantInfo& info : kVariants) {
      if (!IsSaidByOne(info.variant) && !made_.has_variant[static_cast<size_t>(info.variant)]) missing.emplace_back(info.name);
    }
    if (!missing.empty()) {
      Error(map.place, absl::StrCat("[variant] variants are missing: `", absl::StrJoin(missing, "`, `"), "`"),
            "write them, or `fallback: generic` to have the generic templates say them");
    }
  }

  v1::NextStep ReadNextStep(Variant variant, const yaml::Node& node) {
    if (IsSaidByOne(variant) && made_.id != Info(variant).generic) {
      Error(node.place, absl::StrCat("only the template `", Info(variant).generic, "` says `", Name(variant), "`"),
            "leave it out");
      return {};
    }
    if (IsPrefix(variant)) {
      if (node.text != "sentence") {
        Error(node.place, absl::StrCat("`", Name(variant), "` is a sentence before another wording"), "write `sentence`");
      }
      return {};
    }
    const std::optional<v1::NextStep> step = nextstep::Parse(node.text);
    if (!step) {
      Error(node.place, absl::StrCat("[next-step] unknown next step `", node.text, "`"),
            absl::StrCat("one of ", nextstep::kForms));
      return {};
    }
    if (IsCritical(variant) && step->kind() != v1::NextStep::KIND_EMERGENCY) {
      Error(node.place, absl::StrCat("[next-step] the next step of `", Name(variant), "` must be `emergency`"));
    }
    if (step->kind() == v1::NextStep::KIND_NONE && !IsReassuring(variant)) {
      Error(node.place, "[next-step] only `normal` and `not-detected` may tell the reader to do nothing",
            "write `message` at least");
    }
    return *step;
  }

  std::optional<absl::CivilDay> ReadDay(const yaml::Node& map, absl::string_view key) {
    const yaml::Node* node = map.Find(key);
    if (node == nullptr) return std::nullopt;
    absl::CivilDay day;
    if (node->text.size() == 10 && absl::ParseCivilTime(node->text, &day)) return day;
    Error(node->place, absl::StrCat("`", key, "` must be a date as `2026-03-01`"));
    return std::nullopt;
  }

  void ReadSignOff(const yaml::Node& map) {
    if (!map.IsMap()) return Error(map.place, "`sign_off` must be a map of languages");
    for (const yaml::Node::Entry& entry : map.entries) {
      if (std::find(languages_.begin(), languages_.end(), entry.key) == languages_.end()) {
        Error(entry.place, absl::StrCat("there is no language `", entry.key, "`"), base::Suggest(entry.key, languages_));
      }
      yaml::MapReader reader(document_, entry.value, "a sign-off", issues_);
      SignOff made;
      made.place = entry.place;
      made.role = reader.RequiredText("role");
      reader.RequiredText("date");
      reader.RequiredText("next_review");
      made.digest = reader.OptionalText("digest");  // its absence is reported with the digest to write
      reader.RefuseUnknownKeys();
      const std::optional<absl::CivilDay> date = ReadDay(entry.value, "date");
      const std::optional<absl::CivilDay> next_review = ReadDay(entry.value, "next_review");
      if (date && next_review && *next_review <= *date) {
        Error(entry.value.Find("next_review")->place, "the next review must be after the sign-off");
      }
      if (made.role.empty() || !date || !next_review) continue;
      made.date = *date;
      made.next_review = *next_review;
      header_.sign_offs.emplace(entry.key, std::move(made));
    }
  }

  const yaml::Document& document_;
  const valueset::Registry& value_sets_;
  const std::vector<std::string>& languages_;
  Template& made_;
  FileIssues* const issues_;
  Header header_;
};

}  // namespace

Header ReadHeader(const yaml::Document& document, const valueset::Registry& value_sets, const std::vector<std::string>& languages,
                  Template* made, FileIssues* issues) {
  return HeaderReader(document, value_sets, languages, made, issues).Read();
}

}  // namespace resultgate::comment
