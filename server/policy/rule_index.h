// Which rules can speak for a unit at all: found without visiting the others.
//
// Every condition that asks a fact for one of some constants (a list of enumeration values, a text or its beginning, a range of
// numbers, a value set that holds a code) is an entry in the fact's column: for each value, the rules that it lets through, as
// bits. The rules left after all columns were and-ed are the candidates; a further rule costs one bit a column. What a column
// decides needs not be asked again, unless the fact is absent; what is no column is left among the shared conditions.
#ifndef RESULTGATE_POLICY_RULE_INDEX_H_
#define RESULTGATE_POLICY_RULE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "absl/time/civil_time.h"
#include "resultgate/v1/model.pb.h"
#include "server/expr/fact_test.h"
#include "server/policy/column.h"
#include "server/policy/shared_conditions.h"
#include "server/policy/units.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

struct Rule;

// Immutable, thread-safe.
class RuleIndex {
 public:
  // `rules` in the pack's order. They and the value sets must outlive the index.
  RuleIndex(const std::vector<Rule>& rules, const valueset::Registry& value_sets);
  RuleIndex(const RuleIndex&) = delete;
  RuleIndex& operator=(const RuleIndex&) = delete;

  // What remains to be asked of a candidate.
  const SharedConditions& conditions() const { return conditions_; }

 private:
  friend class RuleSearch;

  using Fields = std::vector<const google::protobuf::FieldDescriptor*>;

  // The column of a fact; nullptr where the fields lead to none that can be one.
  Column* ColumnOf(size_t variable, const Fields& fields, Column::Reading reading);
  void AddMatch(size_t number, const Rule& rule);
  void AddWhen(size_t number, const expr::Program& when);
  bool AddTest(size_t number, const expr::FactTest& test);

  const size_t rules_;
  const valueset::Registry& value_sets_;
  std::map<std::tuple<size_t, Fields, Column::Reading>, std::unique_ptr<Column>> columns_;
  std::vector<const Column*> of_report_, of_observation_;
  Column codes_, status_;  // of the unit
  SharedConditions conditions_;
  RuleBits restricting_;                     // rules that delay, review or withhold
  RuleBits allowing_;                        // rules that permit, set a deadline or say the next step
  RuleBits of_documents_, of_observations_;  // rules that can speak for a document, for an observation
};

// A search for the candidates of one report after another. Its memory is used again; one thread at a time.
class RuleSearch {
 public:
  // `today`: the date, where the pack is, that ages are counted to.
  void BeginReport(const RuleIndex& index, const v1::DiagnosticReport& report, absl::CivilDay today);
  // After BeginReport. What follows is about this unit.
  void BeginUnit(const Unit& unit);

  // The rules that may hold the unit: their `codes` hold somewhere in the report's header or the unit.
  const RuleBits& may_restrict() const { return may_restrict_; }
  // The rules that may let it go or limit its wait: their `codes` are the unit's own.
  const RuleBits& may_allow() const { return may_allow_; }
  // True if the rule asks for a fact that is absent, or that cannot be read.
  bool AsksUnknown(size_t rule) const { return HasBit(unknown_, rule); }

 private:
  void Narrow(const Column& column, const v1::Observation* observation, RuleBits* left, RuleBits* unknown);
  void Keep(const Column& column, RuleBits* left);

  const RuleIndex* index_ = nullptr;
  const v1::DiagnosticReport* report_ = nullptr;
  absl::CivilDay today_;
  RuleBits left_of_report_, unknown_of_report_;
  RuleBits left_, unknown_, may_restrict_, may_allow_;
  std::vector<const uint64_t*> rows_;
  valueset::Membership sets_;
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_RULE_INDEX_H_
