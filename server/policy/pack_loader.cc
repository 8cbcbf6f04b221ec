// Loads a pack: pack.yaml, its calendar, its rules, its digest.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/digest.h"
#include "server/base/file.h"
#include "server/nextstep/next_step.h"
#include "server/policy/assumed_facts.h"
#include "server/policy/clock_loader.h"
#include "server/policy/model_environment.h"
#include "server/policy/names.h"
#include "server/policy/pack.h"
#include "server/policy/pack_checks.h"
#include "server/policy/place_codes.h"
#include "server/policy/review_loader.h"
#include "server/policy/rule_index.h"
#include "server/policy/rule_loader.h"
#include "server/policy/yaml_message.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {
namespace {

using base::FileIssue;
using base::FileIssues;
using yaml::Document;
using yaml::MapReader;
using yaml::Node;

// The version of the rule language that this program reads.
constexpr int kLanguageVersion = 1;

}  // namespace

class PackLoader {
 public:
  PackLoader(std::string folder, std::string calendars, std::shared_ptr<const valueset::Registry> value_sets, FileIssues* issues,
             const LoadOptions& options, const base::Files& files)
      : files_(files),
        folder_(std::move(folder)),
        calendars_(std::move(calendars)),
        pack_(new Pack),
        issues_(issues),
        options_(options) {
    pack_->value_sets_ = std::move(value_sets);
    pack_->environment_ = std::make_unique<ModelEnvironment>(pack_->value_sets_);
  }

  std::shared_ptr<const Pack> Load() {
    const absl::StatusOr<std::vector<std::string>> paths = files_.List(folder_, ".yaml");
    if (!paths.ok()) return Fail(folder_, std::string(paths.status().message()));
    const std::string pack_file = absl::StrCat(folder_, "/pack.yaml");
    if (std::find(paths->begin(), paths->end(), pack_file) == paths->end()) {
      return Fail(folder_, "the folder has no `pack.yaml`, so it is no pack");
    }
    const size_t issues_before = issues_->size();
    loaded_packs_.insert(std::filesystem::path(folder_).lexically_normal().filename().string());
    LoadPackFile(pack_file);
    RefuseMisnamedFiles(folder_);
    LoadRuleFiles(folder_, *paths);
    for (const std::string& name : std::exchange(pack_->required_packs_, {})) LoadRequiredPack(name, folder_);
    Finish();
    ForgetMisunderstoodRules();
    if (pack_->calendar_ != nullptr) CheckPack(*pack_, folder_, lines_, options_.now, issues_);
    const FileIssues found(issues_->begin() + static_cast<std::ptrdiff_t>(issues_before), issues_->end());
    if (base::HasErrors(found)) return nullptr;
    pack_->index_ = std::make_unique<const RuleIndex>(pack_->rules_, *pack_->value_sets_);
    for (const Rule& rule : pack_->rules_) {
      pack_->holds_reports_together_ |= rule.together != Rule::Together::kUnit;
      pack_->holds_orders_together_ |= rule.together == Rule::Together::kOrder;
    }
    return std::move(pack_);
  }

 private:
  std::shared_ptr<const Pack> Fail(const std::string& file, std::string message) {
    issues_->push_back({FileIssue::Severity::kError, {file, 0, 0}, std::move(message), "", ""});
    return nullptr;
  }

  // A file that would be passed over for its name, and with it what its rules hold back.
  void RefuseMisnamedFiles(const std::string& folder) {
    const absl::StatusOr<std::vector<std::string>> paths = files_.List(folder, "");
    for (const std::string& path : paths.ok() ? *paths : std::vector<std::string>()) {
      const std::string name = absl::AsciiStrToLower(absl::StripSuffix(path, ".txt"));
      const bool is_meant = absl::EndsWith(name, ".yaml") || absl::EndsWith(name, ".yml");
      if (is_meant && !absl::EndsWith(path, ".yaml")) Fail(path, "would not be read: a pack's files end in `.yaml`; rename it");
    }
  }

  void LoadRuleFiles(const std::string& folder, const std::vector<std::string>& paths) {
    const std::string pack_file = absl::StrCat(folder, "/pack.yaml");
    const auto is_rule_file = [&](const std::string& path) {
      const auto below = [&](absl::string_view name) { return absl::StartsWith(path, absl::StrCat(folder, "/", name, "/")); };
      return path != pack_file && !below("tests") && !below("valuesets") && !below("calendars");
    };
    for (const std::string& path : paths) {
      if (!is_rule_file(path)) continue;
      const std::optional<Document> document = Read(path);
      if (!document.has_value()) continue;
      lines_[path] = document->lines;
      LoadRules(
          *document,
          {pack_->value_sets_.get(), &pack_->environment_->environment(), owners_, options_.allow_unverified, IsAmerican(*pack_)},
          &pack_->rules_, issues_);
    }
  }

  static void ReadLanguageVersion(MapReader* map) {
    if (map->Required("language_version") == nullptr) return;
    map->OptionalInt("language_version", kLanguageVersion, kLanguageVersion, kLanguageVersion);
  }

  // The rules of a pack beside this one, and of those that it requires itself. Of its pack.yaml no more counts: zone, hours and
  // pools are those of the pack that requires, whose `facts` and `precedence` it decides by.
  void LoadRequiredPack(const std::string& name, const std::string& required_by) {
    if (!loaded_packs_.insert(name).second) return;
    pack_->required_packs_.push_back(name);
    const std::string folder = (std::filesystem::path(folder_).lexically_normal() / ".." / name).lexically_normal().string();
    const absl::StatusOr<std::vector<std::string>> paths = files_.List(folder, ".yaml");
    const std::string pack_file = absl::StrCat(folder, "/pack.yaml");
    if (!paths.ok() || std::find(paths->begin(), paths->end(), pack_file) == paths->end()) {
      Fail(absl::StrCat(required_by, "/pack.yaml"),
           absl::StrCat("`requires` names `", name, "`, but there is no pack in ", folder));
      return;
    }
    if (const std::optional<Document> document = Read(pack_file); document.has_value()) {
      lines_[pack_file] = document->lines;
      MapReader map(*document, document->root, "a pack", issues_);
      if (map.valid()) {
        ReadLanguageVersion(&map);
        for (const std::string& further : ReadRequires(*document, &map, folder)) LoadRequiredPack(further, folder);
      }
    }
    RefuseMisnamedFiles(folder);
    LoadRuleFiles(folder, *paths);
  }

  // Reads a file into the digest and as YAML.
  std::optional<Document> Read(const std::string& path) {
    const absl::StatusOr<std::string> content = files_.Read(path);
    if (!content.ok()) {
      Fail(path, std::string(content.status().message()));
      return std::nullopt;
    }
    digested_.emplace_back(std::filesystem::path(path).lexically_relative(folder_).string(), *content);
    return yaml::Parse(path, *content, issues_);
  }

  void LoadPackFile(const std::string& path) {
    std::optional<Document> document = Read(path);
    if (!document.has_value()) return;
    lines_[path] = document->lines;
    MapReader map(*document, document->root, "a pack", issues_);
    if (!map.valid()) return;
    pack_->place_ = document->root.place;
    pack_->name_ = map.RequiredText("name");
    ReadLanguageVersion(&map);
    pack_->jurisdiction_ = map.RequiredText("jurisdiction");
    const std::string& place = pack_->jurisdiction_;
    if (!place.empty() && place != "none" && !IsPlaceCode(place)) {
      document->Error(document->root.Find("jurisdiction")->place, absl::StrCat("`", place, "` is no code of a place"),
                      absl::StrCat(SuggestPlaceCode(place), "; `none` for a pack of no place"), issues_);
    }
    pack_->author_ = map.OptionalText("author");
    pack_->approved_by_ = map.OptionalText("approved_by");
    pack_->approved_on_ = LoadDate(*document, &map, "approved_on", issues_);
    pack_->ignores_ = LoadIgnores(*document, &map, /*of_pack=*/true, issues_);
    pack_->required_packs_ = ReadRequires(*document, &map, folder_);
    LoadPrecedence(*document, &map);
    LoadFacts(*document, map.Optional("facts"));
    pack_->language_ = map.RequiredText("language");
    if (const std::string answer = map.OptionalText("we_answer_within"); !answer.empty()) {
      const std::optional<int> days = nextstep::ParseAnswerDays(answer);
      pack_->answer_days_ = days.value_or(0);
      if (!days) {
        document->Error(map.node().Find("we_answer_within")->place, absl::StrCat("`", answer, "` is no time to answer in"),
                        "write it as `2 business days`, 30 at most", issues_);
      }
    }
    PackClocks clocks = LoadClocks(*document, &map, calendars_, files_, issues_);
    pack_->time_zone_name_ = std::move(clocks.time_zone_name);
    pack_->calendar_ = std::move(clocks.calendar);
    pack_->notification_calendar_ = std::move(clocks.notification_calendar);
    pack_->notifications_together_ = clocks.notifications_together;
    pack_->facilities_ = std::move(clocks.facilities);
    std::move(clocks.files.begin(), clocks.files.end(), std::back_inserter(digested_));
    pack_->in_process_ = LoadInProcess(*document, &map, *pack_->value_sets_, issues_);
    LoadPools(*document, &map);
    for (const absl::string_view role : kRoles) owners_.emplace_back(role);
    owners_.insert(owners_.end(), pools_.begin(), pools_.end());
    pack_->default_review_ = LoadFloorReview(*document, &map, "default");
    pack_->quarantine_review_ = LoadFloorReview(*document, &map, "quarantine");
    const auto& watchers = pack_->quarantine_review_.owners;
    const auto pool = std::find_first_of(watchers.begin(), watchers.end(), pools_.begin(), pools_.end());
    if (pool != watchers.end()) pack_->refusal_owner_ = *pool;
    map.RefuseUnknownKeys();
  }

  // A pool is somebody for every order. One that is named as a role would be nobody for some.
  void LoadPools(const Document& document, MapReader* map) {
    const auto wrong = [&](const std::string& pool) {
      if (IsRole(pool)) return "means whom the order names, and is no pool";
      if (std::find(pools_.begin(), pools_.end(), pool) != pools_.end()) return "stands twice among the `pools`";
      return IsId(pool) ? "" : "is not made of a-z, 0-9 and `-`";
    };
    for (const std::string& pool : map->OptionalTexts("pools")) {
      const std::string problem = wrong(pool);
      pools_.push_back(pool);
      if (!problem.empty()) document.Error(map->node().Find("pools")->place, absl::StrCat("`", pool, "` ", problem), "", issues_);
    }
  }

  // The names of the packs beside it that the pack in `folder` requires.
  std::vector<std::string> ReadRequires(const Document& document, MapReader* map, const std::string& folder) {
    std::vector<std::string> names = map->OptionalTexts("requires");
    std::set<std::string> seen = {std::filesystem::path(folder).lexically_normal().filename().string()};
    const auto wrong = [&](const std::string& name) {
      std::string message;
      std::string suggestion;
      if (name.empty() || name.find_first_of("/\\.") != std::string::npos) {
        message = absl::StrCat("`", name, "` is no name of a pack");
        suggestion = "write the name of a folder beside this pack's, as `us`";
      } else if (!seen.insert(name).second) {
        message = absl::StrCat("`", name, "` is required twice, or by itself");
      }
      if (message.empty()) return false;
      document.Error(map->node().Find("requires")->place, message, suggestion, issues_);
      return true;
    };
    names.erase(std::remove_if(names.begin(), names.end(), wrong), names.end());
    return names;
  }

  // All seven kinds of basis, the one that binds most first.
  void LoadPrecedence(const Document& document, MapReader* map) {
    for (size_t i = 0; i < pack_->ranks_.size(); ++i) pack_->ranks_[i] = static_cast<int>(i);
    const Node* node = map->Optional("precedence");
    const std::string reason = map->OptionalText("precedence_reason");
    if (node == nullptr) return;
    if (reason.empty()) {
      document.Error(node->place, "`precedence` departs from the usual order without a reason", "add `precedence_reason: …`",
                     issues_);
    }
    const std::vector<std::string> words = map->OptionalTexts("precedence");
    std::set<int> named;
    int rank = 0;
    for (const std::string& word : words) {
      const std::optional<int> number = EnumNumber(v1::BasisType_descriptor(), word);
      if (!number) {
        document.Error(node->place, absl::StrCat("`", word, "` is no type of basis"),
                       base::Suggest(word, EnumWords(v1::BasisType_descriptor())), issues_);
      } else if (!named.insert(*number).second) {
        document.Error(node->place, absl::StrCat("`", word, "` stands twice in `precedence`"), "", issues_);
      } else {
        pack_->ranks_[static_cast<size_t>(*number)] = ++rank;
      }
    }
    for (const std::string& word : EnumWords(v1::BasisType_descriptor())) {
      if (named.count(*EnumNumber(v1::BasisType_descriptor(), word)) > 0) continue;
      document.Error(node->place, absl::StrCat("`precedence` leaves out `", word, "`"), "name every type of basis once", issues_);
    }
  }

  // `facts:`: only what belongs to the patient or the order can be a property of a site's feed; what an observation lacks is
  // lacking in that result.
  void LoadFacts(const Document& document, const Node* list) {
    if (list == nullptr) return;
    if (!list->IsList()) {
      document.Error(list->place, "`facts` must be a list",
                     "begin each with `- fact: order.jurisdictions`, then `absent_means`, `reason` and `approved_by`", issues_);
      return;
    }
    for (const Node& node : list->items) LoadFact(document, node);
    std::sort(pack_->assumed_facts_.begin(), pack_->assumed_facts_.end(),
              [](const AssumedFact& a, const AssumedFact& b) { return a.path < b.path; });
  }

  void LoadFact(const Document& document, const Node& node) {
    MapReader map(document, node, "a fact", issues_);
    if (!map.valid()) return;
    AssumedFact fact;
    fact.place = node.place;
    fact.path = map.RequiredText("fact");
    const Node* value = map.Required("absent_means");
    fact.reason = map.RequiredText("reason");
    fact.approved_by = map.RequiredText("approved_by");
    map.RefuseUnknownKeys();
    if (fact.path.empty() || value == nullptr) return;
    const std::vector<std::string> known = OptionalFacts();
    if (std::find(known.begin(), known.end(), fact.path) == known.end()) {
      document.Error(map.node().Find("fact")->place,
                     absl::StrCat("`", fact.path, "` is no fact whose absence a pack may explain"),
                     base::Suggest(fact.path, known), issues_);
      return;
    }
    const auto same = [&fact](const AssumedFact& other) { return other.path == fact.path; };
    if (std::any_of(pack_->assumed_facts_.begin(), pack_->assumed_facts_.end(), same)) {
      document.Error(node.place, absl::StrCat("`", fact.path, "` stands twice among the facts"), "", issues_);
      return;
    }
    // Written as the field of its message, so that it is read as in a test's report.
    Node fields;
    fields.kind = Node::Kind::kMap;
    fields.place = value->place;
    fields.entries.push_back(
        {std::string(absl::StripPrefix(absl::StripPrefix(fact.path, "patient."), "order.")), value->place, *value});
    google::protobuf::Message* owner = absl::StartsWith(fact.path, "patient.")
                                           ? static_cast<google::protobuf::Message*>(pack_->assumed_.mutable_patient())
                                           : pack_->assumed_.mutable_order();
    FillFromYaml(document, fields, owner, issues_);
    for (const std::string& place : pack_->assumed_.order().jurisdictions().values()) {
      if (fact.path != "order.jurisdictions" || IsPlaceCode(place)) continue;
      document.Error(value->place, absl::StrCat("`", place, "` is no code of a place, so no law would bind there"),
                     SuggestPlaceCode(place), issues_);
    }
    pack_->assumed_facts_.push_back(std::move(fact));
  }

  // `default:` and `quarantine:`: somebody must always be there, so one of the owners is a pool.
  ReviewAsk LoadFloorReview(const Document& document, MapReader* map, const std::string& key) {
    const Node* node = map->Required(key);
    if (node == nullptr) return {};
    ReviewAsk review = LoadReview(document, *node, absl::StrCat("`", key, "`"), owners_, /*environment=*/nullptr, issues_);
    const auto is_pool = [this](const std::string& owner) {
      return std::find(pools_.begin(), pools_.end(), owner) != pools_.end();
    };
    if (std::none_of(review.owners.begin(), review.owners.end(), is_pool)) {
      document.Error(
          node->place,
          absl::StrCat("`", key, "` names no pool among its owners, so a report without a known clinician would have none"),
          "add one of the pack's `pools`", issues_);
    }
    if (review.on_expiry != v1::ON_EXPIRY_ESCALATE) {
      document.Error(node->place,
                     absl::StrCat("`", key, "` must escalate: what nobody classified is not released by a timer alone"),
                     "write `on_expiry: {escalate: {to: …, for: …, then: …}}`", issues_);
    }
    return review;
  }

  // A rule with an error in its lines is not what its author meant: what it would add up to with the others is no finding yet.
  void ForgetMisunderstoodRules() {
    std::vector<base::Place> starts;
    for (const Rule& rule : pack_->rules_) starts.push_back(rule.place);
    const auto misunderstood = [&](const Rule& rule) {
      int end = std::numeric_limits<int>::max();  // the line of the next rule in the file
      for (const base::Place& start : starts) {
        if (start.file == rule.place.file && start.line > rule.place.line) end = std::min(end, start.line);
      }
      return std::any_of(issues_->begin(), issues_->end(), [&](const FileIssue& issue) {
        return issue.severity == FileIssue::Severity::kError && issue.place.file == rule.place.file &&
               issue.place.line >= rule.place.line && issue.place.line < end;
      });
    };
    if (!base::HasErrors(*issues_)) return;
    auto& rules = pack_->rules_;
    rules.erase(std::remove_if(rules.begin(), rules.end(), misunderstood), rules.end());
  }

  // Over all files, and those of required packs.
  void RefuseSameIds() {
    std::map<std::string, const Rule*> known;
    for (const Rule& rule : pack_->rules_) {
      const auto [before, is_new] = known.emplace(rule.id, &rule);
      if (is_new || rule.id.empty()) continue;
      const std::vector<std::string>& lines = lines_[rule.place.file];
      const auto line = static_cast<size_t>(rule.place.line);
      issues_->push_back({FileIssue::Severity::kError, rule.place,
                          absl::StrCat("the id `", rule.id, "` is taken by the rule at ", before->second->place.file, ":",
                                       before->second->place.line),
                          "", line >= 1 && line <= lines.size() ? lines[line - 1] : ""});
    }
  }

  void Finish() {
    RefuseSameIds();
    std::sort(pack_->rules_.begin(), pack_->rules_.end(), [](const Rule& a, const Rule& b) { return a.id < b.id; });
    std::set<std::string> used;
    for (const Rule& rule : pack_->rules_) {
      for (const valueset::ValueSet* set : rule.match.codes) used.insert(set->name());
      for (const expr::Program* condition : ConditionsOf(rule)) {
        used.insert(condition->code_sets().begin(), condition->code_sets().end());
      }
    }
    for (InProcessClass& of : pack_->in_process_) {
      for (const valueset::ValueSet* set : of.codes) used.insert(set->name());
      of.holds = HoldsOfClass(*pack_, of);
    }
    pack_->used_value_sets_.assign(used.begin(), used.end());
    digested_.emplace_back("valuesets", pack_->value_sets_->digest());
    pack_->digest_ = base::DigestOfFiles(digested_);
  }

  const base::Files files_;
  const std::string folder_;
  const std::string calendars_;
  std::shared_ptr<Pack> pack_;
  FileIssues* const issues_;
  std::vector<std::string> pools_;
  std::vector<std::string> owners_;
  const LoadOptions options_;
  std::vector<std::pair<std::string, std::string>> digested_;
  std::set<std::string> loaded_packs_;  // those that are required, and this one
  FileLines lines_;                     // of the rule files
};

std::shared_ptr<const Pack> Pack::Load(const std::string& folder, const std::string& calendars,
                                       std::shared_ptr<const valueset::Registry> value_sets, FileIssues* issues,
                                       const LoadOptions& options, const base::Files& files) {
  std::string trimmed = folder;
  while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
  return PackLoader(trimmed, calendars, std::move(value_sets), issues, options, files).Load();
}

}  // namespace resultgate::policy
