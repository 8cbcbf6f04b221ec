// What conditions mean, in the plainest words: a walk over the typed tree with values that own what they hold. The compiled
// program is held against it (differential_test.cc).
#ifndef RESULTGATE_TESTS_EXPR_REFERENCE_H_
#define RESULTGATE_TESTS_EXPR_REFERENCE_H_

#include <string>
#include <vector>

#include "server/expr/expr.h"
#include "server/expr/typed.h"

namespace resultgate::expr::reference {

struct Outcome {
  Truth truth = Truth::kUnknown;
  std::vector<std::string> unknown_facts;  // for kUnknown by absent facts, in order
  const char* error = nullptr;             // for kUnknown by an error
  size_t offset = 0;                       // of the source text

  std::string ToString() const;
  friend bool operator==(const Outcome& a, const Outcome& b) { return a.ToString() == b.ToString(); }
};

// The activation fits the environment that the expression was checked against.
Outcome Evaluate(const Expr& root, const Activation& activation, long steps = Limits().steps);

}  // namespace resultgate::expr::reference

#endif  // RESULTGATE_TESTS_EXPR_REFERENCE_H_
