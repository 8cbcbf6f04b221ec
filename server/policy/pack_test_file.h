// A file of tests beside rules: what it holds, and reading it. Format: policies/README.md.
#ifndef RESULTGATE_POLICY_PACK_TEST_FILE_H_
#define RESULTGATE_POLICY_PACK_TEST_FILE_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/base/file_issue.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

// `next_step:` where no rule says one.
inline constexpr char kTemplateStep[] = "template";

// `reasons:`: why a rule has its part. What is absent is not compared.
struct ExpectedReason {
  std::string rule;
  std::optional<v1::RuleEffect> effect;
  std::optional<std::set<std::string>> unknown_facts;
  std::optional<v1::BasisType> basis;
  std::optional<bool> lifted;
};

// An entry of `expect:`. What is absent is not compared.
struct Expectation {
  base::Place place;
  std::vector<std::string> units;
  std::vector<v1::Audience> audiences;  // all where the file names none
  v1::Disposition decision = v1::DISPOSITION_UNSPECIFIED;
  std::set<std::string> rules;
  std::optional<std::set<std::string>> unknown_facts;
  std::string owner;  // a role; empty: not compared
  std::optional<v1::OnExpiry> on_expiry;
  std::optional<std::string> next_step;  // as nextstep::ToString writes it; `template`: no rule says it
  std::optional<absl::Time> not_before, not_after, expires, withheld_until;
  std::vector<ExpectedReason> reasons;
};

// A version that was decided before.
struct EarlierVersion {
  absl::Time now;
  absl::Time received;
  v1::DiagnosticReport report;
};

// Another report of the same order, as it came.
struct OrderReport {
  std::optional<absl::Time> received;  // absent: when the test's own was
  v1::DiagnosticReport report;
};

struct PackTest {
  std::string name;
  base::Place place;
  absl::Time now;
  absl::Time received;
  v1::DiagnosticReport report;
  std::vector<v1::Lifter> acted;
  std::string quarantine;                 // why it cannot be told apart; empty if it can
  std::optional<EarlierVersion> earlier;  // `earlier_version:`
  std::vector<OrderReport> same_order;    // `same_order:`
  std::vector<Expectation> expectations;
};

// The tests that can be read. Mistakes are appended to `issues`.
std::vector<PackTest> ReadPackTests(const yaml::Document& document, base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PACK_TEST_FILE_H_
