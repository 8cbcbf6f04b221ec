#include "server/policy/pack_test_runner.h"

#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/policy/decide.h"
#include "server/policy/pack_test_compare.h"
#include "server/policy/pack_test_file.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {
namespace {

using base::FileIssues;

class Runner {
 public:
  Runner(const Pack& pack, const base::Files& files, FileIssues* issues)
      : pack_(pack), files_(files), issues_(issues), coverage_(pack) {}

  void RunFile(const std::string& path) {
    const absl::StatusOr<std::string> content = files_.Read(path);
    if (!content.ok()) {
      issues_->push_back({base::FileIssue::Severity::kError, {path, 0, 0}, std::string(content.status().message()), "", ""});
      return;
    }
    const std::optional<yaml::Document> document = yaml::Parse(path, *content, issues_);
    if (!document.has_value()) return;
    for (const PackTest& test : ReadPackTests(*document, issues_)) RunTest(test);
  }

  PackTestReport Finish() {
    for (const Rule& rule : pack_.rules()) {
      if (seen_.find(rule.id) == seen_.end()) report_.untested_rules.push_back(rule.id);
    }
    report_.coverage = coverage_.rules();
    return std::move(report_);
  }

 private:
  void RunTest(const PackTest& test) {
    Context context;
    context.received_at = test.received;
    context.acted = test.acted;
    context.quarantine = test.quarantine;
    v1::Decision earlier;
    if (test.earlier) {
      Context first;
      first.received_at = test.earlier->received;
      earlier = Decide(pack_, test.earlier->report, first, test.earlier->now);
      context.previous = &earlier;
      if (earlier.has_clock_start()) context.clock_start = base::FromProto(earlier.clock_start());
    }
    for (const OrderReport& other : test.same_order) {
      Context of_other;
      of_other.received_at = other.received.value_or(test.received);
      for (OrderHold& hold : OrderHoldsOf(pack_, other.report, of_other, test.now))
        context.order_holds.push_back(std::move(hold));
    }
    const v1::Decision decision = Decide(pack_, test.report, context, test.now);
    for (const v1::Outcome& outcome : decision.outcomes()) {
      for (const v1::AppliedRule& rule : outcome.rules()) seen_.insert(rule.rule_id());
    }
    // What is quarantined is not asked of the rules.
    if (test.quarantine.empty()) coverage_.Add(test.report, context, test.now);
    report_.tests.push_back({test.name, test.place, Compare(pack_, test, context, decision)});
  }

  const Pack& pack_;
  const base::Files files_;
  FileIssues* const issues_;
  PackTestReport report_;
  RuleCoverageCounter coverage_;
  std::set<std::string> seen_;
};

}  // namespace

PackTestReport RunPackTests(const Pack& pack, const std::string& folder, FileIssues* issues, const base::Files& files) {
  Runner runner(pack, files, issues);
  const absl::StatusOr<std::vector<std::string>> paths = files.List(absl::StrCat(folder, "/tests"), ".yaml");
  if (paths.ok()) {
    for (const std::string& path : *paths) runner.RunFile(path);
  } else {
    issues->push_back({base::FileIssue::Severity::kError, {folder, 0, 0}, std::string(paths.status().message()), "", ""});
  }
  return runner.Finish();
}

}  // namespace resultgate::policy
