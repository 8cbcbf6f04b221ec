#include "server/expr/assembler.h"

#include <algorithm>

namespace resultgate::expr {

using Code = Instruction::Code;
using Op = Expr::Op;

namespace {

bool IsConstant(const Expr& expr) {
  return expr.op == Op::kConstant;
}

bool IsComparison(Op op) {
  return op >= Op::kEqual && op <= Op::kGreaterOrEqual;
}

}  // namespace

Instruction& Assembler::Add(Code code, const Expr& expr) {
  Instruction instruction;
  instruction.code = code;
  instruction.op = expr.op;
  instruction.slot = static_cast<uint16_t>(expr.slot);
  instruction.expr = &expr;
  code_->instructions.push_back(instruction);
  return code_->instructions.back();
}

void Assembler::Push(int count) {
  depth_ += count;
  code_->stack = std::max(code_->stack, static_cast<size_t>(depth_));
}

void Assembler::SetTargets(const std::vector<size_t>& jumps) {
  for (const size_t jump : jumps) code_->instructions[jump].target = static_cast<uint32_t>(Here());
}

const std::string* const* Assembler::FactNames(const std::string& field, const std::string& variable) {
  const auto name = [this](const std::string& fact) { return &*code_->facts.insert(fact).first; };
  code_->fact_names.push_back({name(field), name(variable)});
  return code_->fact_names.back().data();
}

const Value* Assembler::Keep(const Value& constant) {
  code_->constants.push_back(constant);
  return &code_->constants.back();
}

void Assembler::Assemble(const Expr& root) {
  EmitPart(root);
}

void Assembler::EmitPart(const Expr& expr) {
  const auto begin = static_cast<uint32_t>(Here());
  if (expr.op == Op::kAnd || expr.op == Op::kOr) {
    EmitLogic(expr, true);
  } else {
    Emit(expr);
  }
  parts_[&expr] = {begin, static_cast<uint32_t>(Here()), expr.offset};
}

void Assembler::Emit(const Expr& expr) {
  switch (expr.op) {
    case Op::kConstant:
      Add(Code::kConstant, expr).constant = &expr.constant;
      return Push();
    case Op::kMessageVariable: {
      const MessageReader reader = code_->readers.Of(expr.message);
      Instruction& instruction = Add(Code::kMessageVariable, expr);
      instruction.reading = reader.reading;
      instruction.reader = reader.values;
      instruction.facts = FactNames(expr.path, expr.path);
      return Push();
    }
    case Op::kEnumVariable:
      Add(Code::kEnumVariable, expr);
      return Push();
    case Op::kTimestampVariable:
      Add(Code::kTimestampVariable, expr);
      return Push();
    case Op::kLocal:
      code_->locals = std::max(code_->locals, expr.slot + 1);
      Add(Code::kLocal, expr);
      return Push();
    case Op::kField:
      return EmitField(expr);
    case Op::kHasVariable:
      Add(Code::kHasVariable, expr);
      return Push();
    case Op::kHasField:
      Emit(*expr.operands[0]);
      Add(Code::kHasField, expr).reader = code_->readers.Of(expr.field);
      return;
    case Op::kList:
      return EmitList(expr);
    case Op::kAnd:
    case Op::kOr:
      return EmitLogic(expr, false);
    case Op::kNot:
    case Op::kNegate:
      Emit(*expr.operands[0]);
      Add(expr.op == Op::kNot ? Code::kNot : Code::kNegate, expr);
      return;
    case Op::kConditional:
      return EmitConditional(expr);
    case Op::kInList:
    case Op::kInConcepts:
    case Op::kInCodeSet:
      return EmitMembership(expr);
    case Op::kExists:
    case Op::kAll:
    case Op::kExistsOne:
      return EmitMacro(expr);
    case Op::kCall:
      return EmitCall(expr);
    default:
      return EmitBinary(expr);
  }
}

void Assembler::EmitField(const Expr& expr) {
  const Expr& operand = *expr.operands[0];
  const bool variable = operand.op == Op::kMessageVariable;
  const bool local = operand.op == Op::kLocal;
  if (!variable && !local) Emit(operand);
  Instruction& instruction = Add(variable ? Code::kVariableField : local ? Code::kLocalField : Code::kField, expr);
  instruction.reader = code_->readers.Of(expr.field);
  instruction.facts = FactNames(expr.path, operand.path);
  if (!variable && !local) return;
  if (local) code_->locals = std::max(code_->locals, operand.slot + 1);
  instruction.slot = static_cast<uint16_t>(operand.slot);
  instruction.steps = 2;
  Push();
}

void Assembler::EmitList(const Expr& expr) {
  const size_t count = expr.operands.size();
  if (std::all_of(expr.operands.begin(), expr.operands.end(), [](const ExprPtr& operand) { return IsConstant(*operand); })) {
    std::vector<Value>& values = code_->lists.emplace_back();
    for (const ExprPtr& operand : expr.operands) values.push_back(operand->constant);
    Instruction& instruction = Add(Code::kConstant, expr);
    instruction.constant = Keep(Array{values.data(), count});
    instruction.steps = static_cast<uint32_t>(1 + count);
    return Push();
  }
  for (const ExprPtr& operand : expr.operands) Emit(*operand);
  Add(Code::kList, expr).count = static_cast<uint32_t>(count);
  Push(1 - static_cast<int>(count));
}

void Assembler::EmitLogic(const Expr& expr, bool is_part) {
  const bool conjunction = expr.op == Op::kAnd;
  std::vector<size_t> jumps;
  for (const ExprPtr& operand : expr.operands) {
    if (is_part) {
      EmitPart(*operand);
    } else {
      Emit(*operand);
    }
    const bool first = jumps.empty();
    jumps.push_back(Here());
    Instruction& instruction =
        Add(conjunction ? (first ? Code::kFirstAnd : Code::kNextAnd) : (first ? Code::kFirstOr : Code::kNextOr), expr);
    instruction.steps = first ? 1 : 0;
    if (!first) Push(-1);
  }
  SetTargets(jumps);
}

void Assembler::EmitConditional(const Expr& expr) {
  Emit(*expr.operands[0]);
  const size_t choose = Here();
  Add(Code::kChoose, expr);
  Push(-1);
  Emit(*expr.operands[1]);
  const size_t jump = Here();
  Add(Code::kJump, expr).steps = 0;
  Push(-1);
  SetTargets({choose});
  Emit(*expr.operands[2]);
  SetTargets({jump});
  code_->instructions[choose].otherwise = static_cast<uint32_t>(Here());
}

void Assembler::EmitMacro(const Expr& expr) {
  code_->locals = std::max(code_->locals, expr.slot + 1);
  Emit(*expr.operands[0]);
  const size_t begin = Here();
  Add(Code::kBeginLoop, expr);
  const size_t next = Here();
  Add(Code::kNextElement, expr).steps = 0;
  Emit(*expr.operands[1]);
  Instruction& end = Add(Code::kEndElement, expr);
  end.steps = 0;
  end.target = static_cast<uint32_t>(next);
  end.otherwise = static_cast<uint32_t>(Here());
  Push(-1);
  SetTargets({begin, next});
}

void Assembler::EmitCall(const Expr& expr) {
  if (expr.operands.empty()) {
    // age() of an element of an empty list, which is never asked.
    Add(Code::kConstant, expr).constant = &expr.constant;
    return Push();
  }
  Emit(*expr.operands[0]);
  if (expr.function == Function::kAge) {
    Instruction& instruction = Add(Code::kAge, expr);
    instruction.reader = code_->readers.Of(expr.field);
    instruction.facts = FactNames(expr.path, expr.operands[0]->path);
    return;
  }
  // Patterns and zones were resolved when the expression was checked.
  const bool second = expr.operands.size() > 1 && expr.pattern == nullptr && !expr.zone;
  if (second && IsConstant(*expr.operands[1])) {
    Instruction& instruction = Add(Code::kTextTest, expr);
    instruction.constant = &expr.operands[1]->constant;
    instruction.steps = 2;
    return;
  }
  if (second) Emit(*expr.operands[1]);
  Add(Code::kCall, expr).count = second ? 2 : 1;
  if (second) Push(-1);
}

bool Assembler::EmitComparisonWithConstant(const Expr& expr) {
  const bool right = IsConstant(*expr.operands[1]);
  const Expr& constant = *expr.operands[right ? 1 : 0];
  if (!IsComparison(expr.op) || !IsConstant(constant)) return false;
  Emit(*expr.operands[right ? 0 : 1]);
  const bool equality = expr.op == Op::kEqual || expr.op == Op::kNotEqual;
  const bool text = equality && constant.constant.is(Value::Kind::kText);
  const bool enumeration = equality && constant.constant.is(Value::Kind::kEnum);
  Instruction& instruction = Add(text ? Code::kEqualText : enumeration ? Code::kEqualEnum : Code::kCompareConstant, expr);
  instruction.op = right ? expr.op : Mirrored(expr.op);
  instruction.constant = &constant.constant;
  instruction.steps = 2;
  instruction.count = static_cast<uint32_t>(Cost(constant.constant));
  return true;
}

void Assembler::EmitBinary(const Expr& expr) {
  if (expr.op != Op::kIndex && EmitComparisonWithConstant(expr)) return;
  Emit(*expr.operands[0]);
  Emit(*expr.operands[1]);
  Add(expr.op == Op::kIndex ? Code::kIndex : Code::kBinary, expr);
  Push(-1);
}

void Assembler::EmitMembership(const Expr& expr) {
  Emit(*expr.operands[0]);
  const auto codings = [this](const CodingShape& shape) {
    code_->codings.push_back(code_->readers.Of(shape));
    return &code_->codings.back();
  };
  if (expr.op == Op::kInCodeSet) {
    Instruction& instruction = Add(Code::kInCodeSet, expr);
    instruction.constant = &expr.operands[1]->constant;
    instruction.left = codings(expr.left);
    return;
  }
  Emit(*expr.operands[1]);
  Instruction& list = code_->instructions.back();
  if (expr.op == Op::kInList && expr.operands[1]->op == Op::kList && list.code == Code::kConstant) {
    // A written list of constants need not be pushed.
    list.code = Code::kInConstants;
    list.expr = &expr;
    ++list.steps;
  } else {
    Instruction& instruction = Add(expr.op == Op::kInList ? Code::kInList : Code::kInConcepts, expr);
    if (expr.op == Op::kInConcepts) {
      instruction.left = codings(expr.left);
      instruction.right = codings(expr.right);
    }
  }
  Push(-1);
}

}  // namespace resultgate::expr
