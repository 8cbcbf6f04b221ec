// What can be said of a condition without evaluating it: whether it can hold at all, always holds, or follows from another.
//
// A condition is taken as alternatives, each a conjunction of constraints: what a fact may be, by a list of values or a range of
// numbers. What has no such form (a macro, a comparison of two facts) is a constraint of its own, told apart by its text alone.
// So every yes is a proof, and a no means that none was found: the questions below are asked to warn authors, and a false alarm
// costs more than a missed one.
//
// Absent facts are left out of account: a condition that never holds is still unknown where its facts are.
//
// Values, as thread-safe as any. Pure functions.
#ifndef RESULTGATE_EXPR_ANALYSIS_H_
#define RESULTGATE_EXPR_ANALYSIS_H_

#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/expr/expr.h"
#include "server/expr/typed.h"

namespace resultgate::expr {

// What one subject may be.
struct Domain {
  enum class Kind {
    kValues,  // one of `values`, or anything but these where `except`
    kRange,   // a number from `least` to `most`
    kAnyOf,   // a list that holds at least one of `values`
  };

  Kind kind = Kind::kValues;
  std::set<std::string> values;
  bool except = false;
  std::set<std::string> all;  // kValues: every value there is, where that is a closed list; else empty
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool least_open = false;  // kRange: without the end itself
  bool most_open = false;

  static Domain OneOf(std::set<std::string> values, std::set<std::string> all = {});
  static Domain AnyOf(std::set<std::string> values);

  bool empty() const;
  bool IsWithin(const Domain& other) const;
  // Narrows it to what `other` allows too. False where the two are of kinds that do not go together; then nothing changes.
  bool Narrow(const Domain& other);
};

// The ranges of a number for which `it op number` holds; `whole`: it is a whole number, so that `> 11` is `>= 12`.
std::vector<Domain> RangesOf(Expr::Op op, double number, bool whole);
// A constant that a double holds exactly; false for all else.
bool ExactNumber(const Expr& expr, double* number);

class Condition {
 public:
  // Always holds.
  Condition() : alternatives_(1) {}
  static Condition Of(const Program& program);

  // Requires more: `subject` is a path as `report.section`, or any text that means the same wherever it stands.
  void Require(const std::string& subject, const Domain& domain);
  void Require(const Condition& other);

  bool NeverHolds() const { return alternatives_.empty(); }
  bool AlwaysHolds() const { return always_; }
  // True if wherever this holds, `other` does.
  bool Implies(const Condition& other) const;
  // True if the two never hold together.
  bool Excludes(const Condition& other) const;

 private:
  friend class ConditionBuilder;
  friend class ImplicationIndex;
  using Term = std::map<std::string, Domain>;  // by subject

  static bool Intersect(Term* term, const Term& other);

  std::vector<Term> alternatives_;
  bool always_ = true;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_ANALYSIS_H_
