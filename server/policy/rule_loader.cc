#include "server/policy/rule_loader.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/nextstep/next_step.h"
#include "server/policy/condition_loader.h"
#include "server/policy/names.h"
#include "server/policy/place_codes.h"
#include "server/policy/review_loader.h"
#include "server/policy/verdict.h"

namespace resultgate::policy {
namespace {

using base::FileIssues;
using yaml::Document;
using yaml::MapReader;
using yaml::Node;

// Fields that tell what was found: what goes when may not hang on them without a reason, or its timing would tell the outcome.
constexpr absl::string_view kOfObservation[] = {"interpretation", "quantity", "codeable_concept",
                                                "text",           "notes",    "data_absent_reason"};
constexpr absl::string_view kOfReport[] = {"report.conclusion", "report.conclusion_codes", "report.narrative", "report.notes",
                                           "report.presented_forms"};

bool IsOrIsBelow(absl::string_view path, absl::string_view field) {
  return path == field || (absl::StartsWith(path, field) && path[field.size()] == '.');
}

bool TellsTheOutcome(absl::string_view path) {
  const auto is_below = [path](absl::string_view field) { return IsOrIsBelow(path, field); };
  if (std::any_of(std::begin(kOfReport), std::end(kOfReport), is_below)) return true;
  return std::any_of(std::begin(kOfObservation), std::end(kOfObservation), [&](absl::string_view field) {
    return is_below(absl::StrCat("observation.", field)) || is_below(absl::StrCat("report.observations.", field));
  });
}

class RuleReader {
 public:
  RuleReader(const Document& document, const RuleVocabulary& vocabulary, FileIssues* issues)
      : document_(document), vocabulary_(vocabulary), issues_(issues) {}

  Rule Read(const Node& node) {
    Rule rule;
    MapReader map(document_, node, "a rule", issues_);
    if (!map.valid()) return rule;
    rule.place = node.place;
    rule.id = map.RequiredText("id");
    rule.title = map.RequiredText("title");
    if (!rule.id.empty() && !IsId(rule.id)) {
      Error(map.Optional("id")->place, absl::StrCat("the id `", rule.id, "` is not made of a-z, 0-9 and `-`"), "");
    }
    if (IsReservedRuleId(rule.id)) {
      Error(map.Optional("id")->place, absl::StrCat("the id `", rule.id, "` names what every pack does by itself"),
            "choose another");
    }
    rule.policy_owner = map.OptionalText("policy_owner");
    ReadDatesOfEffect(&map, &rule);
    RefuseEmptyLists(map.node(), {"audiences"});
    rule.audiences = Enums<v1::Audience>(&map, "audiences", v1::Audience_descriptor());
    if (rule.audiences.empty()) rule.audiences = {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE};
    if (const Node* match = map.Optional("match"); match != nullptr) rule.match = ReadMatch(*match);
    if (const Node* when = map.Optional("when"); when != nullptr) ReadWhen(*when, &rule);
    if (map.node().Find("match") == nullptr && map.node().Find("when") == nullptr) {
      Error(node.place, absl::StrCat("rule `", rule.id, "` has neither `match` nor `when`, so it would speak for everything"),
            "say what it is about, or write `when: \"true\"`");
    }
    if (const Node* then = map.Required("then"); then != nullptr) rule.then = ReadThen(*then);
    rule.lifted_by = Enums<v1::Lifter>(&map, "lifted_by", v1::Lifter_descriptor());
    const Node* basis = map.Optional("basis");
    if (basis != nullptr) rule.basis = ReadBasis(*basis);
    if (basis == nullptr && (rule.then.restricts() || rule.then.deadline)) {
      Error(node.place, absl::StrCat("rule `", rule.id, "` holds something back or sets a deadline, but has no `basis`"),
            "add `basis: {type: organization-policy, citation: …}`");
    }
    if (const Node* verified = map.Optional("verified"); verified != nullptr) rule.verified = ReadVerified(*verified);
    if (rule.unverified() && !vocabulary_.allow_unverified) {
      Error(
          basis->place, absl::StrCat("rule `", rule.id, "` rests on a statute that nobody has compared it with"),
          "read the law's own text and add `verified: {by: …, on: …, text_digest: …}`; to try the rule before, allow unverified "
          "statutes when you load the pack");
    }
    rule.together = ReadTogether(&map);
    if (rule.together != Rule::Together::kUnit && !rule.then.restricts()) {
      Error(map.Optional("together")->place, absl::StrCat("rule `", rule.id, "` holds nothing back that could wait together"),
            "leave `together` out");
    }
    rule.ignores = LoadIgnores(document_, &map, /*of_pack=*/false, issues_);
    const bool says_why = map.Optional("outcome_dependent") != nullptr;
    if (says_why) map.RequiredText("outcome_dependent");
    if (!says_why) RefuseOutcomeDependence(rule);
    rule.outcome_dependent = says_why;
    map.RefuseUnknownKeys();
    return rule;
  }

 private:
  void Error(const base::Place& place, std::string message, std::string suggestion) {
    document_.Error(place, std::move(message), std::move(suggestion), issues_);
  }

  // The list under `key` as values of an enumeration.
  template <typename Enum>
  std::vector<Enum> Enums(MapReader* map, absl::string_view key, const google::protobuf::EnumDescriptor* type) {
    std::vector<Enum> values;
    for (const std::string& word : map->OptionalTexts(key)) {
      const std::optional<int> number = EnumNumber(type, word);
      if (number.has_value()) {
        values.push_back(static_cast<Enum>(*number));
      } else {
        Error(map->node().Find(key)->place, absl::StrCat("`", word, "` is no value of `", key, "`"),
              base::Suggest(word, EnumWords(type)));
      }
    }
    return values;
  }

  // A list that names nothing would count as not written, so that the rule speaks for everything instead.
  void RefuseEmptyLists(const Node& node, std::initializer_list<absl::string_view> keys) {
    for (const absl::string_view key : keys) {
      const Node* list = node.Find(key);
      if (list == nullptr || !list->IsList() || !list->items.empty()) continue;
      Error(list->place, absl::StrCat("`", key, "` names nothing, so the rule would speak for all of them"),
            absl::StrCat("name some, or leave `", key, "` out"));
    }
  }

  Match ReadMatch(const Node& node) {
    Match match;
    MapReader map(document_, node, "`match`", issues_);
    if (map.valid()) RefuseEmptyLists(node, {"codes", "section", "status", "interpretation", "encounter_class", "jurisdiction"});
    for (const std::string& name : map.OptionalTexts("codes")) {
      const valueset::ValueSet* set = vocabulary_.value_sets->Find(name);
      if (set != nullptr) {
        match.codes.push_back(set);
      } else {
        Error(map.node().Find("codes")->place, absl::StrCat("no value set is named `", name, "`"),
              base::Suggest(name, vocabulary_.value_sets->Names()));
      }
    }
    match.sections = Enums<v1::Section>(&map, "section", v1::Section_descriptor());
    match.statuses = Enums<v1::ResultStatus>(&map, "status", v1::ResultStatus_descriptor());
    match.interpretations = Enums<v1::Interpretation>(&map, "interpretation", v1::Interpretation_descriptor());
    match.encounter_classes = Enums<v1::EncounterClass>(&map, "encounter_class", v1::EncounterClass_descriptor());
    match.jurisdictions = ReadJurisdictions(&map);
    const std::string unit = map.OptionalText("unit");
    if (unit == "observation") {
      match.unit = Match::Unit::kObservation;
    } else if (unit == "document") {
      match.unit = Match::Unit::kDocument;
    } else if (!unit.empty()) {
      Error(map.node().Find("unit")->place, absl::StrCat("`", unit, "` is no unit"), "one of `observation`, `document`");
    }
    map.RefuseUnknownKeys();
    if (map.valid() && node.entries.empty()) Error(node.place, "`match` is empty, so it would match everything", "");
    return match;
  }

  std::vector<std::string> ReadJurisdictions(MapReader* map) {
    std::vector<std::string> places = map->OptionalTexts("jurisdiction");
    for (const std::string& place : places) {
      const bool other_country = vocabulary_.american && IsBareState(place);
      if (IsPlaceCode(place) && !other_country) continue;
      Error(map->node().Find("jurisdiction")->place,
            absl::StrCat("`", place, "` is no code of a place", other_country ? " in the United States" : ""),
            SuggestPlaceCode(place));
    }
    return places;
  }

  void ReadDatesOfEffect(MapReader* map, Rule* rule) {
    rule->effective = LoadDate(document_, map, "effective", issues_);
    rule->expires = LoadDate(document_, map, "expires", issues_);
    if (rule->effective && rule->expires && *rule->expires <= *rule->effective) {
      Error(map->node().Find("expires")->place, absl::StrCat("rule `", rule->id, "` expires before it takes effect"),
            "`expires` is the first day on which the rule no longer speaks");
    }
  }

  std::optional<Verified> ReadVerified(const Node& node) {
    MapReader map(document_, node, "`verified`", issues_);
    if (!map.valid()) return std::nullopt;
    Verified verified;
    verified.by = map.RequiredText("by");
    if (map.Required("on") != nullptr) verified.on = LoadDate(document_, &map, "on", issues_).value_or(absl::CivilDay());
    verified.text_digest = map.RequiredText("text_digest");
    constexpr absl::string_view kPrefix = "sha256:";
    const absl::string_view digits = absl::StripPrefix(absl::string_view(verified.text_digest), kPrefix);
    const auto is_hex = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
    if (!verified.text_digest.empty() && (!absl::StartsWith(verified.text_digest, kPrefix) || digits.size() != 64 ||
                                          !std::all_of(digits.begin(), digits.end(), is_hex))) {
      Error(map.node().Find("text_digest")->place, absl::StrCat("`", verified.text_digest, "` is no digest"),
            "write `sha256:` and the 64 digits that `sha256sum` prints for the law's text");
    }
    map.RefuseUnknownKeys();
    return verified;
  }

  Rule::Together ReadTogether(MapReader* map) {
    const std::string together = map->OptionalText("together");
    if (together == "report") return Rule::Together::kReport;
    if (together == "order") return Rule::Together::kOrder;
    if (!together.empty()) {
      Error(map->node().Find("together")->place, absl::StrCat("`", together, "` is nothing that could wait together"),
            "write `report`: all units of the report wait; or `order`: all reports of the order wait");
    }
    return Rule::Together::kUnit;
  }

  void ReadWhen(const Node& node, Rule* rule) {
    rule->when = LoadCondition(document_, node, "`when`", *vocabulary_.environment, issues_);
    if (rule->when == nullptr) return;
    const auto& fields = rule->when->fields();
    const auto& guarded = rule->when->guarded_variables();
    const bool guards = std::find(guarded.begin(), guarded.end(), "observation") != guarded.end();
    const bool reads =
        std::any_of(fields.begin(), fields.end(), [](const std::string& path) { return IsOrIsBelow(path, "observation"); });
    rule->reads_observation = guards || reads;
    rule->observations_only = reads && !guards;
    rule->reads_audience = std::find(fields.begin(), fields.end(), "audience") != fields.end();
  }

  std::optional<calendar::Span> ReadSpan(MapReader* map, absl::string_view key) {
    const std::string text = map->RequiredText(key);
    if (text.empty()) return std::nullopt;
    std::optional<calendar::Span> span = calendar::ParseSpan(text);
    if (!span.has_value()) {
      Error(map->node().Find(key)->place, absl::StrCat("`", text, "` is no length of time"),
            absl::StrCat("write ", calendar::kSpanForms));
    }
    return span;
  }

  Asks ReadThen(const Node& node) {
    Asks asks;
    MapReader map(document_, node, "`then`", issues_);
    if (!map.valid()) return asks;
    if (const Node* release = map.Optional("release"); release != nullptr) {
      const std::string text = map.RequiredText("release");
      asks.permit = text == "now" || text == "preliminary";
      asks.permit_preliminary = text == "preliminary";
      if (!asks.permit) Error(release->place, absl::StrCat("`", text, "` is no way to release"), "one of `now`, `preliminary`");
    }
    if (map.Optional("delay") != nullptr) asks.delay = ReadSpan(&map, "delay");
    if (const Node* review = map.Optional("review"); review != nullptr) {
      asks.review = LoadReview(document_, *review, "a review", vocabulary_.owners, vocabulary_.environment, issues_);
    }
    if (const Node* withhold = map.Optional("withhold"); withhold != nullptr) {
      MapReader inner(document_, *withhold, "`withhold`", issues_);
      if (inner.valid()) asks.withhold_until = ReadSpan(&inner, "until");
      inner.RefuseUnknownKeys();
    }
    if (const Node* deadline = map.Optional("deadline"); deadline != nullptr) asks.deadline = ReadDeadline(*deadline);
    if (const Node* step = map.Optional("next_step"); step != nullptr) asks.next_step = ReadNextStep(*step);
    map.RefuseUnknownKeys();
    if (node.entries.empty())
      Error(node.place, "`then` asks for nothing", "one of `release`, `delay`, `review`, `withhold`, `deadline`, `next_step`");
    return asks;
  }

  std::optional<Asks::Deadline> ReadDeadline(const Node& node) {
    MapReader map(document_, node, "`deadline`", issues_);
    if (!map.valid()) return std::nullopt;
    const std::optional<calendar::Span> within = ReadSpan(&map, "within");
    const std::string duty = map.RequiredText("duty");
    if (!duty.empty() && duty != "release" && duty != "notice") {
      Error(map.node().Find("duty")->place, absl::StrCat("`", duty, "` is no duty"), "one of `release`, `notice`");
    }
    map.RefuseUnknownKeys();
    if (!within.has_value()) return std::nullopt;
    return Asks::Deadline{*within, duty == "notice"};
  }

  std::optional<v1::NextStep> ReadNextStep(const Node& node) {
    std::optional<v1::NextStep> step = node.IsScalar() ? nextstep::Parse(node.text) : std::nullopt;
    if (!step) {
      Error(node.place, node.IsScalar() ? absl::StrCat("`", node.text, "` is no next step") : "`next_step` must be one step",
            absl::StrCat("one of ", nextstep::kForms));
    }
    return step;
  }

  v1::Basis ReadBasis(const Node& node) {
    v1::Basis basis;
    MapReader map(document_, node, "`basis`", issues_);
    if (!map.valid()) return basis;
    const std::string type = map.RequiredText("type");
    if (const std::optional<int> number = EnumNumber(v1::BasisType_descriptor(), type); number.has_value()) {
      basis.set_type(static_cast<v1::BasisType>(*number));
    } else if (!type.empty()) {
      Error(map.node().Find("type")->place, absl::StrCat("`", type, "` is no type of basis"),
            base::Suggest(type, EnumWords(v1::BasisType_descriptor())));
    }
    basis.set_citation(map.RequiredText("citation"));
    map.RefuseUnknownKeys();
    return basis;
  }

  // A permit or a deadline that hangs on what was found tells it as a hold does: by what does not come. A next step tells nothing
  // before its result is there, and is about what was found.
  void RefuseOutcomeDependence(const Rule& rule) {
    if (rule.protocol() != nullptr) RefuseTellingProtocol(rule);
    if (!rule.then.restricts() && !rule.then.permit && !rule.then.deadline) return;
    std::string field;
    if (!rule.match.interpretations.empty()) field = "observation.interpretation";
    if (rule.when != nullptr) field = WhatTells(*rule.when, field);
    if (field.empty()) return;
    const bool holds = rule.then.restricts();
    Error(rule.place,
          absl::StrCat("rule `", rule.id, "` ", holds ? "holds" : "releases", " by `", field,
                       holds ? "`: the wait itself would tell the outcome" : "`: what goes at once would tell what the rest is"),
          absl::StrCat(holds ? "hold" : "release", " the whole class of tests, or say why under `outcome_dependent:`"));
  }

  // What a pool decides comes sooner than what waits for a clinician.
  void RefuseTellingProtocol(const Rule& rule) {
    const std::string field = WhatTells(*rule.protocol()->covers, "");
    if (field.empty()) return;
    Error(rule.place,
          absl::StrCat("the protocol of rule `", rule.id, "` covers by `", field, "`: what comes sooner would tell the outcome"),
          "cover a whole class of tests, or say why under `outcome_dependent:`");
  }

  // The last field of the condition that tells what was found, else `otherwise`.
  static std::string WhatTells(const expr::Program& condition, std::string otherwise) {
    for (const std::string& path : condition.fields()) {
      if (TellsTheOutcome(path)) otherwise = path;
    }
    return otherwise;
  }

  const Document& document_;
  const RuleVocabulary& vocabulary_;
  FileIssues* const issues_;
};

}  // namespace

bool IsId(absl::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == absl::string_view::npos;
}

std::vector<Ignore> LoadIgnores(const Document& document, MapReader* map, bool of_pack, FileIssues* issues) {
  std::vector<Ignore> ignores;
  const Node* list = map->Optional("ignore");
  if (list == nullptr) return ignores;
  if (!list->IsList()) {
    document.Error(list->place, "`ignore` must be a list", "write `ignore: [{check: …, reason: …}]`", issues);
    return ignores;
  }
  for (const Node& node : list->items) {
    MapReader entry(document, node, "an entry of `ignore`", issues);
    if (!entry.valid()) continue;
    Ignore ignore;
    ignore.check = entry.RequiredText("check");
    ignore.reason = entry.RequiredText("reason");
    if (of_pack) ignore.of = entry.OptionalText("of");
    ignore.place = node.place;
    entry.RefuseUnknownKeys();
    ignores.push_back(std::move(ignore));
  }
  return ignores;
}

std::optional<absl::CivilDay> LoadDate(const Document& document, MapReader* map, absl::string_view key, FileIssues* issues) {
  const std::string text = map->OptionalText(key);
  if (text.empty()) return std::nullopt;
  absl::CivilDay day;
  if (text.size() == 10 && absl::ParseCivilTime(text, &day)) return day;
  document.Error(map->node().Find(key)->place, absl::StrCat("`", text, "` is no date"), "write it as `2026-07-01`", issues);
  return std::nullopt;
}

void LoadRules(const Document& document, const RuleVocabulary& vocabulary, std::vector<Rule>* rules, FileIssues* issues) {
  MapReader map(document, document.root, "a rule file", issues);
  if (!map.valid()) return;
  const Node* list = map.Required("rules");
  map.RefuseUnknownKeys();
  if (list == nullptr) return;
  if (!list->IsList()) {
    document.Error(list->place, "`rules` must be a list", "begin each rule with `- id: …`", issues);
    return;
  }
  RuleReader reader(document, vocabulary, issues);
  for (const Node& node : list->items) rules->push_back(reader.Read(node));
}

}  // namespace resultgate::policy
