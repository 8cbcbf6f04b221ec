// CEL's conformance cases: what compiles gives CEL's answer, and what does not is in the list beside this test.
#include "tests/expr/conformance.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

namespace resultgate::expr {
namespace {

constexpr char kFolder[] = "../shared/data/cel-conformance";
// `name<tab>reason`, in the order of the files. RESULTGATE_UPDATE_TEXTS=1 writes it.
constexpr char kList[] = "tests/expr/outside_the_subset.txt";

TEST(Conformance, WhatCompilesGivesCelsAnswerAndWhatDoesNotIsListed) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << kFolder << " is not here: CEL's conformance cases are not run";
  std::map<std::string, int> reasons;
  std::string outside;
  int passed = 0, failed = 0, count_outside = 0;
  for (const char* file : {"basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros",
                           "parse", "string", "timestamps"}) {
    const auto cases = RunConformanceFile(std::string(kFolder) + "/" + file + ".jsonl");
    ASSERT_TRUE(cases.ok()) << cases.status();
    for (const ConformanceCase& test : *cases) {
      EXPECT_NE(test.outcome, ConformanceCase::Outcome::kFailed) << test.name << ": " << test.why;
      passed += test.outcome == ConformanceCase::Outcome::kPassed ? 1 : 0;
      failed += test.outcome == ConformanceCase::Outcome::kFailed ? 1 : 0;
      if (test.outcome != ConformanceCase::Outcome::kOutside) continue;
      ++count_outside;
      ++reasons[test.why];
      outside += test.name + "\t" + test.why + "\n";
    }
  }
  std::cout << "CEL conformance: " << passed << " passed, " << failed << " failed, " << count_outside << " outside the subset\n";
  for (const auto& [reason, count] : reasons) std::cout << "  " << count << " times: " << reason << "\n";
  if (std::getenv("RESULTGATE_UPDATE_TEXTS") != nullptr) std::ofstream(kList) << outside;
  std::ifstream list(kList);
  const std::string listed((std::istreambuf_iterator<char>(list)), std::istreambuf_iterator<char>());
  EXPECT_EQ(outside, listed) << "the subset has changed: look at it, then write " << kList << " with RESULTGATE_UPDATE_TEXTS=1";
}

}  // namespace
}  // namespace resultgate::expr
