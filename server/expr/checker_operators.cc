// Operators: which types go together, and what is said where they do not.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/expr/arithmetic.h"
#include "server/expr/checker.h"

namespace resultgate::expr {

using google::protobuf::EnumDescriptor;
using Kind = Type::Kind;
using Op = Expr::Op;

namespace {

Op OperatorOf(const std::string& text) {
  static const auto* const kOperators = new std::map<std::string, Op>{
      {"==", Op::kEqual},   {"!=", Op::kNotEqual},       {"<", Op::kLess},   {"<=", Op::kLessOrEqual},
      {">", Op::kGreater},  {">=", Op::kGreaterOrEqual}, {"+", Op::kAdd},    {"-", Op::kSubtract},
      {"*", Op::kMultiply}, {"/", Op::kDivide},          {"%", Op::kModulo}, {"in", Op::kInList}};
  return kOperators->at(text);
}

// A text that its author meant for a number: `"65"`.
bool IsNumberInQuotes(const Expr& expr) {
  const auto* text = expr.op == Op::kConstant ? expr.constant.If<Text>() : nullptr;
  return text != nullptr &&
         RE2::FullMatch(re2::StringPiece(text->view().data(), text->view().size()), "-?\\d{1,18}(\\.\\d{1,18})?");
}

// A coding, a concept, or a list of either.
CodingShape CodingsOf(const Type& type) {
  return ShapeOf(type.is(Kind::kList) ? *type.element : type);
}

}  // namespace

Checker::MutableExpr Checker::Unary(const Node& node) {
  MutableExpr operand = Check(*node.children[0]);
  const Type type = operand->type;
  MutableExpr expr = Make(node.text == "!" ? Op::kNot : Op::kNegate, node.text == "!" ? Simple(Kind::kBool) : type, node.anchor);
  if (node.text == "!") {
    Require(*node.children[0], *operand, Kind::kBool, "`!` takes a condition");
  } else if (!type.is(Kind::kInt) && !type.is(Kind::kDouble) && !type.loose()) {
    return Mistake(node,
                   absl::StrCat("`-` takes an int or a double, but `", Quote(*node.children[0]), "` is of type ", NameOf(type)));
  }
  expr->operands.push_back(std::move(operand));
  return expr;
}

Checker::MutableExpr Checker::Logic(const Node& node) {
  const bool conjunction = node.kind == Node::Kind::kAnd;
  MutableExpr expr = Make(conjunction ? Op::kAnd : Op::kOr, Simple(Kind::kBool), node.anchor);
  for (const NodePtr& child : node.children) {
    MutableExpr operand = Check(*child);
    Require(*child, *operand, Kind::kBool, conjunction ? "`&&` joins conditions" : "`||` joins conditions");
    expr->operands.push_back(std::move(operand));
  }
  return expr;
}

Checker::MutableExpr Checker::Conditional(const Node& node, const EnumDescriptor* expected) {
  MutableExpr condition = Check(*node.children[0]);
  Require(*node.children[0], *condition, Kind::kBool, "`?` asks a condition");
  const bool later = expected == nullptr && NeedsExpectation(*node.children[1]);
  MutableExpr yes = later ? nullptr : Check(*node.children[1], expected);
  MutableExpr no = Check(*node.children[2], expected != nullptr || later ? expected : EnumerationOf(yes->type));
  if (later) yes = Check(*node.children[1], EnumerationOf(no->type));
  Type type;
  if (!Join(yes->type, no->type, &type)) {
    return Mistake(node, absl::StrCat("both choices are of one type, but `", Quote(*node.children[1]), "` is of type ",
                                      NameOf(yes->type), " and `", Quote(*node.children[2]), "` of type ", NameOf(no->type)));
  }
  MutableExpr expr = Make(Op::kConditional, std::move(type), node.anchor);
  for (MutableExpr* operand : {&condition, &yes, &no}) expr->operands.push_back(std::move(*operand));
  return expr;
}

std::pair<Checker::MutableExpr, Checker::MutableExpr> Checker::Sides(const Node& node) {
  const Node& left = *node.children[0];
  const Node& right = *node.children[1];
  const Op op = OperatorOf(node.text);
  const bool names = op == Op::kInList || (op >= Op::kEqual && op <= Op::kGreaterOrEqual);
  if (names && !TellsItsType(left) && TellsItsType(right)) {
    MutableExpr second = Check(right);
    // Without its other side, a name cannot be told right or wrong.
    if (second->type.is(Kind::kError)) return {Make(Op::kConstant, second->type, left.anchor), std::move(second)};
    MutableExpr first = Check(left, EnumerationOf(second->type));
    return {std::move(first), std::move(second)};
  }
  MutableExpr first = Check(left);
  if (first->type.is(Kind::kError) && NeedsExpectation(right))
    return {std::move(first), Make(Op::kConstant, Simple(Kind::kError), right.anchor)};
  MutableExpr second = Check(right, names ? EnumerationOf(first->type) : nullptr);
  return {std::move(first), std::move(second)};
}

Checker::MutableExpr Checker::Binary(const Node& node) {
  auto [left, right] = Sides(node);
  const Type a = left->type, b = right->type;
  const Op op = OperatorOf(node.text);
  if (op == Op::kInList) return In(node, std::move(left), std::move(right));
  Type result = Simple(Kind::kBool);
  const auto add_operands = [&, &first = left, &second = right](MutableExpr expr) {
    expr->operands.push_back(std::move(first));
    expr->operands.push_back(std::move(second));
    return expr;
  };
  if (op == Op::kEqual || op == Op::kNotEqual) {
    if (!Comparable(a, b)) {
      ExplainIncomparable(node, *left, *right);
      return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
    }
    return add_operands(Make(op, std::move(result), node.anchor));
  }
  if (op == Op::kLess || op == Op::kLessOrEqual || op == Op::kGreater || op == Op::kGreaterOrEqual) {
    if (a.is(Kind::kEnum) && b.is(Kind::kEnum)) {
      return Mistake(node, absl::StrCat("the values of ", NameOf(a), " have no order"),
                     "list those that you mean: `x in [A, B]`");
    }
    const bool ordered = !a.is(Kind::kList) && !a.is(Kind::kNull) && !a.is(Kind::kEnum) && Comparable(a, b);
    if (!ordered && !a.loose() && !b.loose()) {
      ExplainIncomparable(node, *left, *right);
      return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
    }
    return add_operands(Make(op, std::move(result), node.anchor));
  }
  if (!ResultOf(op, a, b, &result)) {
    std::string suggestion;
    if (a.numeric() && b.numeric() && a.kind != b.kind) {
      suggestion = "turn one into the other's type: `double(…)`, `int(…)`; a whole number as a double is written `2.0`";
    }
    if (op == Op::kAdd && (a.is(Kind::kString) || b.is(Kind::kString))) suggestion = "turn the other into a text: `string(…)`";
    if ((a.is(Kind::kTimestamp) || a.is(Kind::kDuration)) && b.numeric()) suggestion = "write a duration, as `duration(\"24h\")`";
    return Mistake(node, absl::StrCat("`", node.text, "` does not go with ", NameOf(a), " and ", NameOf(b)), suggestion);
  }
  return add_operands(Make(op, std::move(result), node.anchor));
}

void Checker::ExplainIncomparable(const Node& node, const Expr& left, const Expr& right) {
  const Type& a = left.type;
  const Type& b = right.type;
  const std::string first = Quote(*node.children[0]), second = Quote(*node.children[1]);
  std::string suggestion;
  if (a.is(Kind::kNull) || b.is(Kind::kNull)) {
    suggestion = absl::StrCat("what is absent is unknown, not null: ask `has(", a.is(Kind::kNull) ? second : first, ")`");
  } else if ((a.numeric() && IsNumberInQuotes(right)) || (b.numeric() && IsNumberInQuotes(left))) {
    suggestion = absl::StrCat("write `", (a.numeric() ? right : left).constant.If<Text>()->view(), "`, without quotes");
  } else if (a.numeric() && b.is(Kind::kString)) {
    suggestion = absl::StrCat("write `double(", second, ")`");
  } else if (b.numeric() && a.is(Kind::kString)) {
    suggestion = absl::StrCat("write `double(", first, ")`");
  } else if (a.is(Kind::kEnum) || b.is(Kind::kEnum)) {
    const EnumDescriptor* enumeration = a.is(Kind::kEnum) ? a.enumeration : b.enumeration;
    const Value& constant = a.is(Kind::kEnum) ? right.constant : left.constant;
    const auto* text = constant.If<Text>();
    const std::string nearest = text == nullptr ? "" : base::Nearest(text->view().substr(0, 80), ShortNames(enumeration));
    suggestion =
        nearest.empty() ? SuggestName("", ShortNames(enumeration)) : absl::StrCat("write `", nearest, "`, without quotes");
  } else if (a.is(Kind::kList) && b.is(Kind::kList) && (a.element->is(Kind::kMessage) || b.element->is(Kind::kMessage))) {
    suggestion = "compare their `size(…)`, or ask of their elements with `exists` or `all`";
  } else if (CodingsOf(a).found() && CodingsOf(b).found()) {
    suggestion = "compare by system and code with `in`: `x in [y]`";
  } else if (a.is(Kind::kMessage) || b.is(Kind::kMessage)) {
    suggestion = "compare the message's fields";
  } else if (a.is(Kind::kTimestamp) && b.is(Kind::kString)) {
    suggestion = absl::StrCat("write `timestamp(", second, ")`");
  } else if (a.is(Kind::kDuration) && b.is(Kind::kString)) {
    suggestion = absl::StrCat("write `duration(", second, ")`");
  }
  Mistake(node, absl::StrCat("`", node.text, "` does not compare ", NameOf(a), " with ", NameOf(b)), suggestion);
}

Checker::MutableExpr Checker::In(const Node& node, MutableExpr left, MutableExpr right) {
  const Type a = left->type, b = right->type;
  MutableExpr expr = Make(Op::kInList, Simple(Kind::kBool), node.anchor);
  expr->left = CodingsOf(a);
  if (a.loose() || b.loose()) {
    // Said already, or never evaluated.
  } else if (b.is(Kind::kCodeSet)) {
    if (!expr->left.found() && !(a.is(Kind::kList) && a.element->is(Kind::kAny))) {
      return Mistake(node, absl::StrCat("a value set holds codings and concepts, but `", Quote(*node.children[0]),
                                        "` is of type ", NameOf(a)));
    }
    if (right->op != Op::kConstant) {
      return Mistake(node,
                     absl::StrCat("a value set is named where it is asked, but `", Quote(*node.children[1]), "` is a choice"),
                     "ask of each: `x in valueset(\"a\") || x in valueset(\"b\")`");
    }
    expr->op = Op::kInCodeSet;
  } else if (b.is(Kind::kList)) {
    expr->right = ShapeOf(*b.element);
    if (a.is(Kind::kMessage) && expr->left.found() && (expr->right.found() || b.element->is(Kind::kAny))) {
      expr->op = Op::kInConcepts;
    } else if (!Comparable(a, *b.element)) {
      const bool both_lists = a.is(Kind::kList) && !b.element->is(Kind::kList);
      return Mistake(node, absl::StrCat("`in` looks for ", NameOf(a), " in a list of ", NameOf(*b.element)),
                     both_lists ? absl::StrCat("ask of each element: `", Quote(*node.children[0]), ".exists(e, e in …)`") : "");
    }
  } else {
    std::string suggestion;
    if (b.is(Kind::kString)) suggestion = absl::StrCat("write `", Quote(*node.children[1]), ".contains(…)`");
    if (ShapeOf(b).codings != nullptr) suggestion = absl::StrCat("write `in [", Quote(*node.children[1]), "]`");
    return Mistake(
        node, absl::StrCat("`in` looks in a list or a value set, but `", Quote(*node.children[1]), "` is of type ", NameOf(b)),
        suggestion);
  }
  expr->operands.push_back(std::move(left));
  expr->operands.push_back(std::move(right));
  return expr;
}

}  // namespace resultgate::expr
