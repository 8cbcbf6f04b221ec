// The conditions of a pack's rules, each once, however many rules it is part of.
#ifndef RESULTGATE_POLICY_SHARED_CONDITIONS_H_
#define RESULTGATE_POLICY_SHARED_CONDITIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/expr/expr.h"

namespace resultgate::policy {

// Built by Add, then immutable and thread-safe.
class SharedConditions {
 public:
  // Adds a conjunct of a rule's `when`, which must outlive this, to those that remain to be asked of the rule.
  void Add(size_t rule, const expr::Program& program, size_t conjunct);
  void Finish(size_t rules);

  // The conditions to ask of the rule, by their position among all.
  const std::vector<uint32_t>& Of(size_t rule) const { return of_rule_[rule]; }
  size_t size() const { return conditions_.size(); }

  struct Condition {
    const expr::Program* program = nullptr;
    size_t conjunct = 0;
    bool reads_observation = false;  // may come out differently for each unit
    bool reads_audience = false;     // and for each audience
  };
  const Condition& operator[](size_t condition) const { return conditions_[condition]; }

 private:
  std::vector<Condition> conditions_;
  std::vector<std::vector<uint32_t>> of_rule_;
  absl::flat_hash_map<std::string, uint32_t> by_key_;
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_SHARED_CONDITIONS_H_
