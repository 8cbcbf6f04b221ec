// What a rule could not know.
#ifndef RESULTGATE_POLICY_MISSING_H_
#define RESULTGATE_POLICY_MISSING_H_

#include <algorithm>
#include <cstddef>
#include <string>

namespace resultgate::policy {

// An absent fact by its path, as `patient.known_conditions`, or, as `error: division by zero at 12:7`, why a condition failed: a
// rule that fails is as unknown as one that lacks a fact, and says so in the same place. The texts belong to the pack or to the
// workspace of the decision.
struct MissingFacts {
  const std::string* const* first = nullptr;
  size_t count = 0;

  bool empty() const { return count == 0; }
  const std::string* const* begin() const { return first; }
  const std::string* const* end() const { return first + count; }
  bool operator==(const MissingFacts& other) const {
    return std::equal(begin(), end(), other.begin(), other.end(), [](const auto* a, const auto* b) { return *a == *b; });
  }
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_MISSING_H_
