// `cel_conformance FILE…`: runs CEL's conformance cases and prints which passed, failed, or are outside the subset.
#include <iostream>

#include "tests/expr/conformance.h"

int main(int argc, char** argv) {
  using resultgate::expr::ConformanceCase;
  if (argc < 2) {
    std::cerr << "cel_conformance FILE…: files of cases as JSON lines\n";
    return 2;
  }
  int counts[3] = {};
  bool unreadable = false;
  for (int i = 1; i < argc; ++i) {
    const auto cases = resultgate::expr::RunConformanceFile(argv[i]);
    if (!cases.ok()) {
      std::cerr << cases.status().message() << "\n";
      unreadable = true;
      continue;
    }
    constexpr const char* kWords[] = {"passed", "failed", "outside the subset"};
    for (const ConformanceCase& test : *cases) {
      const auto outcome = static_cast<size_t>(test.outcome);
      ++counts[outcome];
      std::cout << kWords[outcome] << ": " << test.name << (test.why.empty() ? "" : ": ") << test.why << "\n";
    }
  }
  std::cout << counts[0] << " passed, " << counts[1] << " failed, " << counts[2] << " outside the subset\n";
  return counts[1] > 0 || unreadable ? 1 : 0;
}
