#include "server/expr/fact_test.h"

#include <iterator>
#include <utility>

#include "server/expr/typed.h"

namespace resultgate::expr {
namespace {

using Op = Expr::Op;
using Test = std::optional<FactTest>;

class Finder {
 public:
  Test Of(const Expr& expr) {
    switch (expr.op) {
      case Op::kOr:
        return Any(expr);
      case Op::kEqual:
      case Op::kLess:
      case Op::kLessOrEqual:
      case Op::kGreater:
      case Op::kGreaterOrEqual:
        return Comparison(expr);
      case Op::kInList:
        return InList(expr);
      case Op::kInCodeSet:
        return InCodeSet(expr);
      case Op::kExists:
        return Exists(expr);
      case Op::kCall:
        return Prefix(expr);
      case Op::kNot:
        return Flag(*expr.operands[0], 0);
      case Op::kField:
        return Flag(expr, 1);
      default:
        return std::nullopt;
    }
  }

 private:
  // The fact that `expr` reads.
  Test Subject(const Expr& expr) {
    Test test;
    switch (expr.op) {
      case Op::kMessageVariable:
      case Op::kEnumVariable:
        test.emplace();
        test->variable = expr.slot;
        break;
      case Op::kLocal:
        // The element that the innermost macro runs over; others are not tests of one fact.
        if (element_ == nullptr || expr.slot != slot_) return std::nullopt;
        test = *element_;
        test->any = true;
        break;
      case Op::kField:
        test = Subject(*expr.operands[0]);
        if (test) test->fields.push_back(expr.field);
        break;
      case Op::kCall:
        if (expr.operands.empty()) return std::nullopt;
        test = Subject(*expr.operands[0]);
        if (!test || test->form != FactTest::Form::kAsIs) return std::nullopt;
        if (expr.function == Function::kAge) {
          test->form = FactTest::Form::kAge;
          test->fields.push_back(expr.field);
        } else if (expr.function == Function::kToDouble && expr.operands[0]->type.is(Type::Kind::kString)) {
          test->form = FactTest::Form::kDouble;
          test->name = expr.operands[0]->path;
          return test;
        } else {
          return std::nullopt;
        }
        break;
      default:
        return std::nullopt;
    }
    if (test) test->name = expr.path;
    return test;
  }

  // A constant as one of the values that the fact may be.
  static bool AddConstant(const Value& constant, FactTest* test) {
    switch (constant.kind) {
      case Value::Kind::kBool:
        test->numbers.push_back(constant.truth ? 1 : 0);
        return true;
      case Value::Kind::kInt:
        test->numbers.push_back(constant.integer);
        return true;
      case Value::Kind::kEnum:
        test->numbers.push_back(constant.enumeration.number);
        return true;
      case Value::Kind::kText:
        test->texts.emplace_back(constant.text.view());
        return true;
      default:
        return false;
    }
  }

  // True where values of the type are told apart by AddConstant's numbers and texts.
  static bool Countable(const Type& type) {
    return type.is(Type::Kind::kBool) || type.is(Type::Kind::kInt) || type.is(Type::Kind::kEnum) || type.is(Type::Kind::kString);
  }

  Test Any(const Expr& expr) {
    Test whole;
    for (const ExprPtr& operand : expr.operands) {
      Test part = Of(*operand);
      if (!part) return std::nullopt;
      if (!whole) {
        whole = std::move(part);
        continue;
      }
      if (part->kind != whole->kind || part->variable != whole->variable || part->fields != whole->fields ||
          part->form != whole->form || part->any != whole->any) {
        return std::nullopt;
      }
      const auto append = [](auto& more, auto* all) {
        all->insert(all->end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
      };
      append(part->numbers, &whole->numbers);
      append(part->texts, &whole->texts);
      append(part->ranges, &whole->ranges);
    }
    return whole;
  }

  Test Comparison(const Expr& expr) {
    const Expr* left = expr.operands[0].get();
    const Expr* right = expr.operands[1].get();
    Op op = expr.op;
    if (left->op == Op::kConstant) {
      std::swap(left, right);
      op = Mirrored(op);
    }
    if (right->op != Op::kConstant) return std::nullopt;
    Test test = Subject(*left);
    if (!test) return std::nullopt;
    // Whole numbers and doubles are equal in ranges only.
    if (op == Op::kEqual && Countable(left->type) && left->type.kind == right->type.kind) {
      return AddConstant(right->constant, &*test) ? test : std::nullopt;
    }
    double number = 0;
    const bool range = left->type.is(Type::Kind::kInt) || test->form == FactTest::Form::kDouble;
    if (!range || !ExactNumber(*right, &number)) return std::nullopt;
    test->kind = FactTest::Kind::kRange;
    test->ranges = RangesOf(op, number, left->type.is(Type::Kind::kInt));
    return test;
  }

  // `fact in [A, B]`, or `A in list`.
  Test InList(const Expr& expr) {
    const Expr& value = *expr.operands[0];
    const Expr& list = *expr.operands[1];
    if (value.op == Op::kConstant) {
      Test test = Subject(list);
      if (!test || !list.type.is(Type::Kind::kList) || !Countable(*list.type.element) ||
          list.type.element->kind != value.type.kind || !AddConstant(value.constant, &*test)) {
        return std::nullopt;
      }
      test->any = true;
      return test;
    }
    Test test = Subject(value);
    if (!test || list.op != Op::kList || !Countable(value.type)) return std::nullopt;
    for (const ExprPtr& element : list.operands) {
      if (element->op != Op::kConstant || element->type.kind != value.type.kind || !AddConstant(element->constant, &*test)) {
        return std::nullopt;
      }
    }
    return test;
  }

  Test InCodeSet(const Expr& expr) {
    Test test = Subject(*expr.operands[0]);
    if (!test) return test;
    test->kind = FactTest::Kind::kInCodeSet;
    test->texts.push_back(expr.operands[1]->text);
    test->any = test->any || expr.operands[0]->type.is(Type::Kind::kList);
    return test;
  }

  Test Exists(const Expr& expr) {
    // Within another macro, an absent element there would count once for each list.
    if (element_ != nullptr) return std::nullopt;
    const Test list = Subject(*expr.operands[0]);
    if (!list) return std::nullopt;
    element_ = &*list;
    slot_ = expr.slot;
    Test test = Of(*expr.operands[1]);
    element_ = nullptr;
    // The condition must be on the element, not on something else that only stands in the macro.
    return test && test->any ? test : std::nullopt;
  }

  Test Prefix(const Expr& expr) {
    if (expr.function != Function::kStartsWith || expr.operands[1]->op != Op::kConstant) return std::nullopt;
    Test test = Subject(*expr.operands[0]);
    if (!test || test->form != FactTest::Form::kAsIs) return std::nullopt;
    test->kind = FactTest::Kind::kPrefix;
    test->texts.emplace_back(expr.operands[1]->constant.text.view());
    return test;
  }

  // A bool by itself.
  Test Flag(const Expr& expr, int64_t value) {
    if (expr.op != Op::kField || !expr.type.is(Type::Kind::kBool)) return std::nullopt;
    Test test = Subject(expr);
    if (test) test->numbers.push_back(value);
    return test;
  }

  const FactTest* element_ = nullptr;  // what a macro runs over
  size_t slot_ = 0;
};

}  // namespace

std::optional<FactTest> FactTestOf(const Program& program, size_t conjunct) {
  return Finder().Of(program.conjunct_root(conjunct));
}

}  // namespace resultgate::expr
