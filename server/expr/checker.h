// Names and types: turns the parser's tree into a typed one, or says everything that is wrong with it.
#ifndef RESULTGATE_EXPR_CHECKER_H_
#define RESULTGATE_EXPR_CHECKER_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/expr/ast.h"
#include "server/expr/diagnostics.h"
#include "server/expr/expr.h"
#include "server/expr/typed.h"

namespace resultgate::expr {

// What an expression reads, with the byte of its first reading: Program's lists are in the order of the text.
using Uses = std::map<std::string, size_t>;

class Checker {
 public:
  // All must outlive this.
  Checker(const Environment& environment, Diagnostics* diagnostics) : environment_(environment), diagnostics_(diagnostics) {}

  // Nullptr if anything was reported.
  ExprPtr CheckCondition(const Node& root);

  const Uses& fields() const { return fields_; }
  const Uses& guarded_variables() const { return guarded_variables_; }
  const Uses& code_sets() const { return code_sets_; }

 private:
  using MutableExpr = std::unique_ptr<Expr>;

  // A macro's variable.
  struct Local {
    std::string name;
    Type type;
    std::string path;  // of what the macro runs over
  };

  // checker.cc: names, fields, lists.

  // `expected` is the enumeration whose values bare names may be here, or nullptr. Never null: a mistake gives an expression of
  // type kError, which goes with everything, so that one mistake is reported once.
  MutableExpr Check(const Node& node, const google::protobuf::EnumDescriptor* expected = nullptr);
  // Without counting the whole of it as read: something of it is selected.
  MutableExpr CheckWithin(const Node& node, const google::protobuf::EnumDescriptor* expected);
  // Notes that `name` is read at `offset`; the first place counts.
  static void Note(Uses* uses, const std::string& name, size_t offset);
  MutableExpr Mistake(const Node& node, std::string message, std::string suggestion = "");
  static MutableExpr OfText(const Node& node);
  MutableExpr Identifier(const Node& node, const google::protobuf::EnumDescriptor* expected);
  MutableExpr EnumValue(const Node& node, const google::protobuf::EnumDescriptor* expected);
  MutableExpr Select(const Node& node);
  MutableExpr Index(const Node& node);
  MutableExpr ListOfElements(const Node& node, const google::protobuf::EnumDescriptor* expected);
  bool Require(const Node& node, const Expr& expr, Type::Kind kind, const std::string& what);
  // The field of the message that `operand` is; nullptr with a report if there is none.
  const google::protobuf::FieldDescriptor* Field(const Node& node, const Expr& operand);
  // True for names that are no variables, and lists and choices of such: their type comes from the other side.
  bool NeedsExpectation(const Node& node) const;
  // True for all else, and for lists and choices that have something else in them: `[observation.interpretation, LOW]`.
  bool TellsItsType(const Node& node) const;
  const Local* FindLocal(const std::string& name, size_t* slot) const;
  bool IsVariable(const std::string& name) const;
  std::vector<std::string> VariableNames() const;
  std::string Quote(const Node& node) const { return diagnostics_->Quote(node.begin, node.end); }
  static MutableExpr Make(Expr::Op op, Type type, size_t offset);

  // checker_operators.cc.

  MutableExpr Unary(const Node& node);
  MutableExpr Binary(const Node& node);
  MutableExpr Logic(const Node& node);
  MutableExpr Conditional(const Node& node, const google::protobuf::EnumDescriptor* expected);
  MutableExpr In(const Node& node, MutableExpr left, MutableExpr right);
  // Both sides of an operator, the one that says which enumeration it is first.
  std::pair<MutableExpr, MutableExpr> Sides(const Node& node);
  void ExplainIncomparable(const Node& node, const Expr& left, const Expr& right);

  // checker_calls.cc: functions and macros.

  MutableExpr Call(const Node& node);
  MutableExpr Macro(const Node& node, Expr::Op op);
  MutableExpr Has(const Node& node);
  MutableExpr Age(const Node& node);
  MutableExpr ValueSet(const Node& node);
  MutableExpr UnknownFunction(const Node& node);
  void CheckArgumentsOf(const Node& node);
  bool RequireArguments(const Node& node, size_t count, const std::string& form);
  // What is resolved when the program is made: patterns, time zones, written times.
  void ResolveLiterals(const Node& node, Expr* call);

  const Environment& environment_;
  Diagnostics* diagnostics_;
  std::vector<Local> locals_;
  Uses fields_, guarded_variables_, code_sets_;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_CHECKER_H_
