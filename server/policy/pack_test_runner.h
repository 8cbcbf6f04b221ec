// The tests that stand beside rules: a report and a time, and what must be decided by which rules. Format: policies/README.md.
#ifndef RESULTGATE_POLICY_PACK_TEST_RUNNER_H_
#define RESULTGATE_POLICY_PACK_TEST_RUNNER_H_

#include <string>
#include <vector>

#include "server/base/file.h"
#include "server/base/file_issue.h"
#include "server/policy/pack.h"
#include "server/policy/rule_coverage.h"

namespace resultgate::policy {

struct TestOutcome {
  std::string name;
  base::Place place;
  // What differs between what is expected and what is decided, a line each, as a person reads it: the units and audiences, where
  // the expectation stands, what was expected and what came, and how the rules in question came out. Empty if the test passes.
  std::vector<std::string> differences;

  bool passed() const { return differences.empty(); }
};

struct PackTestReport {
  std::vector<TestOutcome> tests;
  // Rules of the pack that had no part in any test, in order.
  std::vector<std::string> untested_rules;
  // What the tests try of each rule.
  std::vector<RuleCoverage> coverage;
};

// Runs every test of the files below `folder`/tests. Mistakes in the files are appended to `issues`; the tests that can be read
// are run all the same.
PackTestReport RunPackTests(const Pack& pack, const std::string& folder, base::FileIssues* issues, const base::Files& files = {});

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PACK_TEST_RUNNER_H_
