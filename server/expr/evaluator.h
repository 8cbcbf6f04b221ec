// Walks a checked expression. Plain and exact: this is what any faster form is compared with.
#ifndef RESULTGATE_EXPR_EVALUATOR_H_
#define RESULTGATE_EXPR_EVALUATOR_H_

#include <vector>

#include "server/expr/expr.h"
#include "server/expr/typed.h"

namespace resultgate::expr {

// One evaluation. The logic of the unknown, as CEL's specification has it ("Evaluation", "Logical Operators"): an operand that is
// unknown or an error makes its operator so, unknown before error; only `&&`, `||`, `?:`, `exists` and `all` may do without.
class Evaluator {
 public:
  // The activation fits the environment that the expression was checked against.
  Evaluator(const Activation& activation, long steps, size_t local_slots)
      : activation_(activation), steps_left_(steps), locals_(local_slots) {}

  // A value of the expression's type, Unknown or Error.
  Value Evaluate(const Expr& root);

 private:
  Value Eval(const Expr& expr);
  Value Dispatch(const Expr& expr);
  Value Field(const Expr& expr);
  Value HasField(const Expr& expr);
  Value Index(const Expr& expr);
  Value MakeList(const Expr& expr);
  Value Logic(const Expr& expr);
  Value Conditional(const Expr& expr);
  Value Comparison(const Expr& expr, const Value& a, const Value& b);
  Value InList(const Expr& expr, const Value& value, const List& list);
  Value InConcepts(const Expr& expr, const Value& value, const List& list);
  Value InCodeSet(const Expr& expr, const Value& value);
  Value Macro(const Expr& expr);
  Value Call(const Expr& expr);
  Value Age(const Expr& expr, const google::protobuf::Message& message);
  // Takes steps; false when there are none left.
  bool Spend(long steps);

  const Activation& activation_;
  long steps_left_;
  std::vector<Value> locals_;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_EVALUATOR_H_
