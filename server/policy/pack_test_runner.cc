#include "server/policy/pack_test_runner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/policy/decide.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"
#include "server/policy/yaml_message.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {
namespace {

using base::FileIssues;
using yaml::Document;
using yaml::MapReader;
using yaml::Node;

std::set<std::string> RuleIds(const v1::Outcome& outcome) {
  std::set<std::string> ids;
  for (const v1::AppliedRule& rule : outcome.rules()) ids.insert(rule.rule_id());
  return ids;
}

std::string Words(const std::set<std::string>& words) {
  return absl::StrCat("[", absl::StrJoin(words, ", "), "]");
}

class Runner {
 public:
  Runner(const Pack& pack, FileIssues* issues) : pack_(pack), issues_(issues) {}

  void RunFile(const std::string& path) {
    const absl::StatusOr<std::string> content = base::ReadFile(path);
    if (!content.ok()) {
      issues_->push_back({base::FileIssue::Severity::kError, {path, 0, 0}, std::string(content.status().message()), "", ""});
      return;
    }
    const std::optional<Document> document = yaml::Parse(path, *content, issues_);
    if (!document.has_value()) return;
    MapReader map(*document, document->root, "a test file", issues_);
    const Node* tests = map.Required("tests");
    map.RefuseUnknownKeys();
    if (tests == nullptr) return;
    for (const Node& node : tests->items) RunTest(*document, node);
  }

  PackTestReport Finish() {
    for (const Rule& rule : pack_.rules()) {
      if (seen_.find(rule.id) == seen_.end()) report_.untested_rules.push_back(rule.id);
    }
    return std::move(report_);
  }

 private:
  std::optional<absl::Time> ReadTime(const Document& document, MapReader* map, absl::string_view key) {
    const std::string text = map->OptionalText(key);
    if (text.empty()) return std::nullopt;
    absl::Time time;
    if (base::ParseRfc3339(text, &time)) return time;
    document.Error(map->node().Find(key)->place, absl::StrCat("`", text, "` is no time"),
                   "write it as `2026-03-06T15:00:00-05:00`", issues_);
    return std::nullopt;
  }

  void RunTest(const Document& document, const Node& node) {
    const size_t issues_before = issues_->size();
    MapReader map(document, node, "a test", issues_);
    TestOutcome test;
    test.place = node.place;
    test.name = map.RequiredText("name");
    map.Required("now");
    const std::optional<absl::Time> now = ReadTime(document, &map, "now");
    const std::optional<absl::Time> received = ReadTime(document, &map, "received");
    v1::DiagnosticReport report;
    if (const Node* written = map.Required("report"); written != nullptr) FillFromYaml(document, *written, &report, issues_);
    const Node* expect = map.Required("expect");
    Context context;
    for (const std::string& word : map.OptionalTexts("acted")) {
      const std::optional<int> lifter = EnumNumber(v1::Lifter_descriptor(), word);
      if (lifter) context.acted.push_back(static_cast<v1::Lifter>(*lifter));
      if (!lifter) {
        document.Error(map.node().Find("acted")->place, absl::StrCat("`", word, "` is nobody who may lift a hold"),
                       base::Suggest(word, EnumWords(v1::Lifter_descriptor())), issues_);
      }
    }
    map.RefuseUnknownKeys();
    if (issues_->size() != issues_before || !now || expect == nullptr) return;
    context.received_at = received.value_or(*now);
    const v1::Decision decision = Decide(pack_, report, context, *now);
    const std::vector<Cell> cells = ToCells(decision.outcomes());
    for (const Cell& cell : cells) {
      const std::set<std::string> ids = RuleIds(cell.outcome);
      seen_.insert(ids.begin(), ids.end());
    }
    if (!expect->IsList()) document.Error(expect->place, "`expect` must be a list", "", issues_);
    for (const Node& item : expect->items) Compare(document, item, cells, *now, &test);
    if (issues_->size() == issues_before) report_.tests.push_back(std::move(test));
  }

  void Compare(const Document& document, const Node& node, const std::vector<Cell>& cells, absl::Time now, TestOutcome* test) {
    MapReader map(document, node, "an expectation", issues_);
    if (!map.valid()) return;
    map.Required("units");
    const std::vector<std::string> units = map.OptionalTexts("units");
    std::vector<v1::Audience> audiences;
    for (const std::string& word : map.OptionalTexts("audiences")) {
      const std::optional<int> number = EnumNumber(v1::Audience_descriptor(), word);
      if (number) audiences.push_back(static_cast<v1::Audience>(*number));
      if (!number) {
        document.Error(node.place, absl::StrCat("`", word, "` is no audience"),
                       base::Suggest(word, EnumWords(v1::Audience_descriptor())), issues_);
      }
    }
    if (audiences.empty()) audiences.assign(std::begin(kAudiences), std::end(kAudiences));
    const std::string decision = map.RequiredText("decision");
    if (!decision.empty() && !EnumNumber(v1::Disposition_descriptor(), decision)) {
      document.Error(map.node().Find("decision")->place, absl::StrCat("`", decision, "` is no decision"),
                     base::Suggest(decision, EnumWords(v1::Disposition_descriptor())), issues_);
    }
    const bool names_rules = map.Required("rules") != nullptr;
    const std::vector<std::string> rule_list = map.OptionalTexts("rules");
    const std::set<std::string> rules(rule_list.begin(), rule_list.end());
    const bool names_facts = map.Optional("unknown_facts") != nullptr;
    const std::vector<std::string> fact_list = map.OptionalTexts("unknown_facts");
    const std::string owner = map.OptionalText("owner");
    const std::string on_expiry = map.OptionalText("on_expiry");
    const std::optional<absl::Time> not_before = ReadTime(document, &map, "not_before");
    const std::optional<absl::Time> not_after = ReadTime(document, &map, "not_after");
    const std::optional<absl::Time> expires = ReadTime(document, &map, "expires");
    map.RefuseUnknownKeys();

    // What differs, with whom it differs for: mostly all alike.
    std::vector<std::pair<std::string, std::vector<std::string>>> differences;
    for (const std::string& unit : units) {
      for (const v1::Audience audience : audiences) {
        const auto add = [&](const std::string& what) {
          const auto same = [&](const auto& known) { return known.first == absl::StrCat(unit, ": ", what); };
          auto found = std::find_if(differences.begin(), differences.end(), same);
          if (found == differences.end()) found = differences.insert(found, {absl::StrCat(unit, ": ", what), {}});
          found->second.push_back(EnumWord(v1::Audience_descriptor(), audience));
        };
        const auto is_it = [&](const Cell& cell) { return cell.unit_id == unit && cell.audience == audience; };
        const auto cell = std::find_if(cells.begin(), cells.end(), is_it);
        if (cell == cells.end()) {
          add("the report has no such unit");
          continue;
        }
        const v1::Outcome& outcome = cell->outcome;
        const auto differ = [&](absl::string_view what, const std::string& expected, const std::string& found) {
          if (expected != found) add(absl::StrCat(what, " expected ", expected, ", but it is ", found));
        };
        const auto differ_time = [&](absl::string_view what, const std::optional<absl::Time>& expected, bool has,
                                     const google::protobuf::Timestamp& found) {
          if (expected) differ(what, Local(*expected), has ? Local(base::FromProto(found)) : "not set");
        };
        differ("decision", decision, EnumWord(v1::Disposition_descriptor(), outcome.disposition()));
        if (names_rules) differ("rules", Words(rules), Words(RuleIds(outcome)));
        if (names_facts) {
          differ("unknown facts", Words({fact_list.begin(), fact_list.end()}),
                 Words({outcome.unknown_facts().begin(), outcome.unknown_facts().end()}));
        }
        if (!owner.empty())
          differ("owner", owner, outcome.has_review() ? CurrentTurn(outcome.review(), now).owner().role() : "nobody");
        if (!on_expiry.empty()) {
          differ("on_expiry", EnumWord(v1::OnExpiry_descriptor(), EnumNumber(v1::OnExpiry_descriptor(), on_expiry).value_or(0)),
                 EnumWord(v1::OnExpiry_descriptor(), outcome.review().on_expiry()));
        }
        differ_time("not_before", not_before, outcome.has_not_before(), outcome.not_before());
        differ_time("not_after", not_after, outcome.has_not_after(), outcome.not_after());
        differ_time("expires", expires, outcome.has_review(), outcome.review().expires_at());
      }
    }
    for (const auto& [what, whom] : differences) {
      const bool all = whom.size() == audiences.size();
      test->differences.push_back(all ? what : absl::StrCat(what, " (for ", absl::StrJoin(whom, ", "), ")"));
    }
  }

  std::string Local(absl::Time time) const { return absl::FormatTime(absl::RFC3339_sec, time, pack_.calendar().zone()); }

  const Pack& pack_;
  FileIssues* const issues_;
  PackTestReport report_;
  std::set<std::string> seen_;
};

}  // namespace

PackTestReport RunPackTests(const Pack& pack, const std::string& folder, FileIssues* issues) {
  Runner runner(pack, issues);
  const absl::StatusOr<std::vector<std::string>> paths = base::ListFiles(absl::StrCat(folder, "/tests"), ".yaml");
  if (paths.ok()) {
    for (const std::string& path : *paths) runner.RunFile(path);
  } else {
    issues->push_back({base::FileIssue::Severity::kError, {folder, 0, 0}, std::string(paths.status().message()), "", ""});
  }
  return runner.Finish();
}

}  // namespace resultgate::policy
