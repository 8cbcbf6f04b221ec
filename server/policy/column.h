// One column of the rule index: for each value of a fact, the rules that it lets through. Internal to rule_index.cc.
#ifndef RESULTGATE_POLICY_COLUMN_H_
#define RESULTGATE_POLICY_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/policy/fact.h"

namespace resultgate::policy {

// A set of rules by their position among the pack's.
using RuleBits = std::vector<uint64_t>;
inline void SetBit(size_t rule, uint64_t* bits) {
  bits[rule / 64] |= uint64_t{1} << (rule % 64);
}
inline bool HasBit(const RuleBits& bits, size_t rule) {
  return (bits[rule / 64] >> (rule % 64) & 1) != 0;
}

// Numbers from `least` to `most`.
struct Range {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool least_open = false;  // without the end itself
  bool most_open = false;
};

// What one rule asks of the fact; any of it suffices. One of the lists is filled, the same for all rules of a column, but that
// texts and prefixes may stand beside each other.
struct Constraint {
  std::set<int64_t> numbers;       // of an enumeration or a bool
  std::vector<Range> ranges;       // of other numbers
  std::set<std::string> texts;     // is one of these, or a list that holds one
  std::set<std::string> prefixes;  // or begins so
  std::set<size_t> sets;           // value sets, by their number
};

// Built by Add, then Finish; after that immutable, thread-safe.
class Column {
 public:
  // How the fact becomes what is compared.
  enum class Reading { kAsIs, kAge, kDouble };

  Column(const Fact& fact, Reading reading, size_t rules);

  // False, and nothing is added, where the column already asks something of this rule that this cannot be merged with: then the
  // rule's own condition has to be asked for it.
  bool Add(size_t rule, const Constraint& constraint);
  void Finish();

  const Fact& fact() const { return fact_; }
  Reading reading() const { return reading_; }

  // The rules that ask nothing of the fact.
  const RuleBits& free() const { return free_; }
  // The rows of rules that the value lets through; each rule may be in several.
  void RowsOf(int64_t number, std::vector<const uint64_t*>* rows) const;
  void RowsOfDouble(double number, std::vector<const uint64_t*>* rows) const;
  void RowsOf(absl::string_view text, std::vector<const uint64_t*>* rows) const;
  void RowsOf(const valueset::Membership& sets, std::vector<const uint64_t*>* rows) const;

 private:
  uint64_t* AddRow();
  const uint64_t* Row(size_t row) const { return rows_.data() + row * words_; }
  template <typename Holds>
  void FillRow(const Holds& holds);

  const Fact fact_;
  const Reading reading_;
  const size_t words_;
  std::map<size_t, Constraint> constraints_;  // by rule; until Finish
  RuleBits free_;
  std::vector<uint64_t> rows_;
  // Positions of rows.
  std::vector<uint32_t> row_of_number_;  // by number; there are none for those beyond
  bool of_ranges_ = false;
  std::vector<double> bounds_;  // row 2i: below bounds_[i] and above the one before; row 2i + 1: just it
  absl::flat_hash_map<std::string, uint32_t> row_of_text_, row_of_prefix_;
  std::vector<size_t> prefix_lengths_;
  std::vector<uint32_t> row_of_set_;  // by set; kNoRow
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_COLUMN_H_
