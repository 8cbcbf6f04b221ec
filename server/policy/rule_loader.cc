#include "server/policy/rule_loader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/policy/names.h"

namespace resultgate::policy {
namespace {

using base::FileIssues;
using yaml::Document;
using yaml::MapReader;
using yaml::Node;

constexpr absl::string_view kOnExpiryForms = "`release`, `release_with_outreach` or `{escalate: {to: …, for: …, then: …}}`";

// Fields on whose content a hold may not hang without a reason: its length would tell the outcome.
constexpr absl::string_view kOutcomeFields[] = {"observation.interpretation",           "observation.quantity",
                                                "observation.codeable_concept",         "observation.text",
                                                "report.observations.interpretation",   "report.observations.quantity",
                                                "report.observations.codeable_concept", "report.observations.text"};

bool IsOrIsBelow(absl::string_view path, absl::string_view field) {
  return path == field || (absl::StartsWith(path, field) && path[field.size()] == '.');
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
    const auto is_id_letter = [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; };
    if (!std::all_of(rule.id.begin(), rule.id.end(), is_id_letter)) {
      Error(map.Optional("id")->place, absl::StrCat("the id `", rule.id, "` is not made of a-z, 0-9 and `-`"), "");
    }
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
    const bool says_why = map.Optional("outcome_dependent") != nullptr;
    if (says_why) map.RequiredText("outcome_dependent");
    if (!says_why && rule.then.restricts()) RefuseOutcomeDependence(rule);
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

  Match ReadMatch(const Node& node) {
    Match match;
    MapReader map(document_, node, "`match`", issues_);
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

  void ReadWhen(const Node& node, Rule* rule) {
    if (!node.IsScalar()) {
      Error(node.place, "`when` must be an expression", "");
      return;
    }
    expr::Program::Source source;
    source.text = node.text;
    source.file = document_.file;
    source.first_line = node.place.line;
    source.first_column = node.place.column;
    source.indent = node.place.column - 1;
    rule->when = expr::Program::Compile(*vocabulary_.environment, source, issues_);
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
      asks.review = LoadReview(document_, *review, "a review", vocabulary_.owners, issues_);
    }
    if (const Node* withhold = map.Optional("withhold"); withhold != nullptr) {
      MapReader inner(document_, *withhold, "`withhold`", issues_);
      if (inner.valid()) asks.withhold_until = ReadSpan(&inner, "until");
      inner.RefuseUnknownKeys();
    }
    if (const Node* deadline = map.Optional("deadline"); deadline != nullptr) asks.deadline = ReadDeadline(*deadline);
    map.RefuseUnknownKeys();
    if (node.entries.empty())
      Error(node.place, "`then` asks for nothing", "one of `release`, `delay`, `review`, `withhold`, `deadline`");
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

  void RefuseOutcomeDependence(const Rule& rule) {
    std::string field;
    if (!rule.match.interpretations.empty()) field = "observation.interpretation";
    if (rule.when != nullptr) {
      for (const std::string& path : rule.when->fields()) {
        for (const absl::string_view outcome : kOutcomeFields) {
          if (IsOrIsBelow(path, outcome)) field = path;
        }
      }
    }
    if (field.empty()) return;
    Error(rule.place, absl::StrCat("rule `", rule.id, "` holds by `", field, "`: the wait itself would tell the outcome"),
          "hold the whole class of tests, or say why under `outcome_dependent:`");
  }

  const Document& document_;
  const RuleVocabulary& vocabulary_;
  FileIssues* const issues_;
};

// One of the words of `on_expiry` that end a review.
std::optional<v1::OnExpiry> ReadEnding(const std::string& word) {
  if (word == "release") return v1::ON_EXPIRY_RELEASE;
  if (word == "release_with_outreach") return v1::ON_EXPIRY_RELEASE_WITH_OUTREACH;
  return std::nullopt;
}

}  // namespace

ReviewAsk LoadReview(const Document& document, const Node& node, const std::string& what,
                     const std::vector<std::string>& known_owners, FileIssues* issues) {
  ReviewAsk review;
  MapReader map(document, node, what, issues);
  if (!map.valid()) return review;
  const auto read_span = [&](MapReader* reader, absl::string_view key) {
    const std::string text = reader->RequiredText(key);
    const std::optional<calendar::Span> span = calendar::ParseSpan(text);
    if (!span.has_value() && !text.empty()) {
      document.Error(reader->node().Find(key)->place, absl::StrCat("`", text, "` is no length of time"),
                     absl::StrCat("write ", calendar::kSpanForms), issues);
    }
    return span.value_or(calendar::Span{});
  };
  const auto check_owner = [&](const std::string& owner, const base::Place& place) {
    if (std::find(known_owners.begin(), known_owners.end(), owner) != known_owners.end()) return;
    document.Error(place, absl::StrCat("`", owner, "` is neither a role nor one of the pack's `pools`"),
                   base::Suggest(owner, known_owners), issues);
  };
  if (const Node* owners = map.Required("owners"); owners != nullptr) {
    review.owners = map.OptionalTexts("owners");
    for (const std::string& owner : review.owners) check_owner(owner, owners->place);
    if (review.owners.empty()) document.Error(owners->place, "a review needs at least one owner", "", issues);
  }
  review.each = read_span(&map, "each");
  review.expires = read_span(&map, "expires");
  const Node* on_expiry = map.Required("on_expiry");
  if (on_expiry != nullptr && on_expiry->IsScalar()) {
    const std::optional<v1::OnExpiry> ending = ReadEnding(on_expiry->text);
    if (!ending) {
      document.Error(on_expiry->place, absl::StrCat("`", on_expiry->text, "` is no end of a review"),
                     absl::StrCat("write ", kOnExpiryForms), issues);
    }
    review.on_expiry = ending.value_or(v1::ON_EXPIRY_RELEASE);
  } else if (on_expiry != nullptr) {
    MapReader outer(document, *on_expiry, "`on_expiry`", issues);
    const Node* escalate = outer.Required("escalate");
    outer.RefuseUnknownKeys();
    if (escalate != nullptr) {
      MapReader inner(document, *escalate, "`escalate`", issues);
      review.on_expiry = v1::ON_EXPIRY_ESCALATE;
      review.escalate_to = inner.RequiredText("to");
      if (!review.escalate_to.empty()) check_owner(review.escalate_to, escalate->place);
      review.escalate_for = read_span(&inner, "for");
      const std::string then = inner.RequiredText("then");
      const std::optional<v1::OnExpiry> ending = ReadEnding(then);
      if (!ending && !then.empty()) {
        document.Error(escalate->place, absl::StrCat("`then: ", then, "` is no end of an escalation"),
                       "one of `release`, `release_with_outreach`", issues);
      }
      review.after_escalation = ending.value_or(v1::ON_EXPIRY_RELEASE);
      inner.RefuseUnknownKeys();
    }
  }
  map.RefuseUnknownKeys();
  return review;
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
  for (const Node& node : list->items) {
    Rule rule = reader.Read(node);
    const auto same_id = [&rule](const Rule& other) { return other.id == rule.id; };
    const auto before = std::find_if(rules->begin(), rules->end(), same_id);
    if (before != rules->end() && !rule.id.empty()) {
      document.Error(rule.place,
                     absl::StrCat("the id `", rule.id, "` is taken by the rule at ", before->place.file, ":", before->place.line),
                     "", issues);
    }
    rules->push_back(std::move(rule));
  }
}

}  // namespace resultgate::policy
