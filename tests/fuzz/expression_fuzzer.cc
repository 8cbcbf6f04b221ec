// Any text as a condition: it is refused with reasons, or means the same to the compiled program and to the reference.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/expr/fixture.h"
#include "tests/expr/reference.h"

namespace resultgate::expr {
namespace {

// Limits::source_bytes refuses longer texts by their size alone; this is room for the deepest nesting and for dozens of parts,
// and small inputs keep a fuzzer fast.
constexpr size_t kMostBytes = 4096;

[[noreturn]] void Fail(const std::string& text, const std::string& what) {
  std::fprintf(stderr, "%s\n%s\n", text.c_str(), what.c_str());
  std::abort();
}

void CheckIssues(const std::string& text, const base::FileIssues& issues) {
  for (const base::FileIssue& issue : issues) {
    if (issue.place.line < 1 || issue.place.column < 1 || issue.message.empty()) Fail(text, "an issue without a place or words");
  }
}

void CheckMeaning(const std::string& text, const Program& program, const Activation& activation, Scratch* scratch) {
  reference::Outcome outcome;
  outcome.truth = program.Evaluate(activation, scratch);
  for (const std::string* fact : scratch->unknown_facts()) outcome.unknown_facts.push_back(*fact);
  outcome.error = scratch->error();
  outcome.offset = scratch->error_offset();
  const reference::Outcome expected = reference::Evaluate(program.root(), activation);
  if (!(outcome == expected)) Fail(text, "compiled: " + outcome.ToString() + "\nreference: " + expected.ToString());
  Truth joined = Truth::kTrue;
  for (size_t i = 0; i < program.conjuncts().size(); ++i) {
    joined = Conjunction(joined, program.EvaluateConjunct(i, activation, scratch));
  }
  if (joined != expected.truth) Fail(text, "its parts do not come to what the whole does");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kMostBytes) return 0;
  static const Environment* const kEnvironment = new Environment(TestEnvironment());
  static const auto* const kCases = new std::vector<Case>{Case(kReport), Case("")};
  static auto* const kScratch = new Scratch();
  const std::string text(reinterpret_cast<const char*>(data), size);
  base::FileIssues issues;
  const auto program = Program::Compile(*kEnvironment, {text, "fuzz"}, &issues);
  CheckIssues(text, issues);
  if ((program == nullptr) != base::HasErrors(issues)) Fail(text, "refused without a reason, or compiled with errors");
  if (program == nullptr) return 0;
  for (const Case& values : *kCases) CheckMeaning(text, *program, values.activation(), kScratch);
  return 0;
}

}  // namespace resultgate::expr
