// Turns a typed expression into instructions.
#ifndef RESULTGATE_EXPR_ASSEMBLER_H_
#define RESULTGATE_EXPR_ASSEMBLER_H_

#include <map>

#include "server/expr/instruction.h"

namespace resultgate::expr {

// Assembles one program. The steps of its instructions are those of the nodes of the tree: one for each that is evaluated, and
// what work on their values costs (value.h).
class Assembler {
 public:
  // `code` must outlive this, the expressions the code.
  explicit Assembler(CompiledCode* code) : code_(code) {}

  void Assemble(const Expr& root);

  // The stretch of an expression that `&&` and `||` join from the root down, or of the root.
  Stretch StretchOf(const Expr& part) const { return parts_.at(&part); }

 private:
  void Emit(const Expr& expr);
  void EmitPart(const Expr& expr);
  void EmitField(const Expr& expr);
  void EmitList(const Expr& expr);
  void EmitLogic(const Expr& expr, bool is_part);
  void EmitConditional(const Expr& expr);
  void EmitMacro(const Expr& expr);
  void EmitCall(const Expr& expr);
  void EmitBinary(const Expr& expr);
  // Comparisons with a constant on one side. False where there is none.
  bool EmitComparisonWithConstant(const Expr& expr);
  void EmitMembership(const Expr& expr);

  // Appends an instruction. The reference is good until the next one.
  Instruction& Add(Instruction::Code code, const Expr& expr);
  // Notes that `count` values more are on the stack.
  void Push(int count = 1);
  size_t Here() const { return code_->instructions.size(); }
  void SetTargets(const std::vector<size_t>& jumps);
  const std::string* const* FactNames(const std::string& field, const std::string& variable);
  const Value* Keep(const Value& constant);

  CompiledCode* code_;
  int depth_ = 0;
  std::map<const Expr*, Stretch> parts_;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_ASSEMBLER_H_
