// The reference of facts and functions: complete, true, and the one that stands in policies/README.md.
#include "server/policy/reference.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/base/file.h"
#include "server/expr/expr.h"
#include "server/expr/functions.h"
#include "server/policy/model_environment.h"
#include "tests/testing/packs.h"

namespace resultgate::policy {
namespace {

class Reference : public ::testing::Test {
 protected:
  std::shared_ptr<const expr::Program> Compile(const std::string& condition) {
    base::FileIssues issues;
    expr::Program::Source source;
    source.text = condition;
    source.file = "example";
    auto program = expr::Program::Compile(environment_.environment(), source, &issues);
    EXPECT_NE(program, nullptr) << base::Format(issues);
    return program;
  }

  ModelEnvironment environment_{testing::ShippedValueSets()};
};

TEST_F(Reference, StandsInTheReadmeAsTheProgramWritesIt) {
  const std::string readme = base::ReadFile("policies/README.md").value();
  EXPECT_TRUE(absl::StrContains(readme, absl::StrCat(kReferenceBegin, ReferenceMarkdown(), kReferenceEnd)))
      << "run `build/bin/resultgate policy reference --write policies/README.md`";
}

TEST_F(Reference, EveryExampleCompiles) {
  for (const FunctionHelp& function : Functions()) EXPECT_NE(Compile(function.example), nullptr) << function.example;
}

TEST_F(Reference, EveryFunctionOfTheLanguageIsThereAndShowsItself) {
  std::set<std::string> helped;
  for (const FunctionHelp& function : Functions()) {
    helped.insert(function.name);
    if (function.name != "?:") {
      EXPECT_TRUE(absl::StrContains(function.example, function.name)) << function.example;
    }
  }
  for (const std::string& name : expr::FunctionNames())
    EXPECT_EQ(helped.count(name), 1u) << "nothing says what `" << name << "` does";
}

// A condition that reads the fact, and that a report without it leaves unknown if its absence is.
std::string Reading(const FactHelp& fact) {
  if (!fact.values.empty()) return absl::StrCat(fact.path, " == ", fact.values.front());
  if (fact.type == "text") return absl::StrCat(fact.path, " == \"x\"");
  if (fact.type == "number") return absl::StrCat(fact.path, " == 1");
  if (fact.type == "time") return absl::StrCat(fact.path, " < now");
  if (fact.type == "concept") return absl::StrCat(fact.path, " in valueset(\"hiv\")");
  if (absl::StartsWith(fact.type, "list")) return absl::StrCat("size(", fact.path, ") == 0");
  return fact.path;
}

TEST_F(Reference, EveryFactCanBeReadAndIsUnknownWhereItSays) {
  const v1::DiagnosticReport report;
  const v1::Observation observation;
  const expr::Activation activation =
      ModelEnvironment::Activate(report, &observation, v1::AUDIENCE_PATIENT, absl::UnixEpoch(), absl::UTCTimeZone());
  size_t read = 0;
  std::set<std::string> unknown_groups;
  for (const FactHelp& fact : Facts()) {
    EXPECT_FALSE(fact.documentation.empty()) << fact.path;
    if (fact.type == "group" && fact.may_be_unknown) unknown_groups.insert(fact.path + ".");
    if (fact.type == "group" || absl::StrContains(fact.path, "[]")) continue;
    const auto program = Compile(Reading(fact));
    ASSERT_NE(program, nullptr);
    bool unknown = fact.may_be_unknown;
    for (const std::string& group : unknown_groups) unknown |= absl::StartsWith(fact.path, group);
    EXPECT_EQ(program->Evaluate(activation).truth == expr::Truth::kUnknown, unknown) << Reading(fact);
    ++read;
  }
  EXPECT_GT(read, 50u);
}

}  // namespace
}  // namespace resultgate::policy
