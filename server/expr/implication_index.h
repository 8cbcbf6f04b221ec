// Which of many conditions one of them may imply, without comparing each with each: five thousand rules are twenty-five million
// pairs.
//
// Immutable once made, thread-safe.
#ifndef RESULTGATE_EXPR_IMPLICATION_INDEX_H_
#define RESULTGATE_EXPR_IMPLICATION_INDEX_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/expr/analysis.h"

namespace resultgate::expr {

class ImplicationIndex {
 public:
  explicit ImplicationIndex(const std::vector<Condition>& conditions);

  // The positions of some conditions, in order and each once. All that `condition` implies are among them.
  std::vector<size_t> Candidates(const Condition& condition) const;

 private:
  // The conditions that constrain a subject: by the values that they allow it, and those that allow it no list of values.
  struct Subject {
    absl::flat_hash_map<std::string, std::vector<size_t>> by_value;
    std::vector<size_t> others;
  };

  absl::flat_hash_map<std::string, Subject> subjects_;
  std::vector<size_t> unconstrained_;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_IMPLICATION_INDEX_H_
