#include "server/expr/checker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace resultgate::expr {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using Kind = Type::Kind;
using Op = Expr::Op;

Checker::MutableExpr Checker::Make(Op op, Type type, size_t offset) {
  auto expr = std::make_unique<Expr>();
  expr->op = op;
  expr->type = std::move(type);
  expr->offset = offset;
  return expr;
}

ExprPtr Checker::CheckCondition(const Node& root) {
  MutableExpr expr = Check(root);
  if (!expr->type.loose() && !expr->type.is(Kind::kBool)) {
    Mistake(root, absl::StrCat("a condition is true or false, but `", Quote(root), "` is of type ", NameOf(expr->type)));
  }
  if (diagnostics_->any()) return nullptr;
  return expr;
}

Checker::MutableExpr Checker::Mistake(const Node& node, std::string message, std::string suggestion) {
  diagnostics_->Add(node.anchor, std::move(message), std::move(suggestion));
  return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
}

bool Checker::Require(const Node& node, const Expr& expr, Kind kind, const std::string& what) {
  if (expr.type.loose() || expr.type.is(kind)) return true;
  std::string suggestion;
  if (kind == Kind::kBool && expr.type.is(Kind::kString)) suggestion = "compare the text with `==`";
  if (kind == Kind::kBool && expr.type.is(Kind::kMessage)) suggestion = absl::StrCat("ask `has(", Quote(node), ")`");
  diagnostics_->Add(node.begin, absl::StrCat(what, ", but `", Quote(node), "` is of type ", NameOf(expr.type)), suggestion);
  return false;
}

Checker::MutableExpr Checker::Check(const Node& node, const EnumDescriptor* expected) {
  MutableExpr expr = CheckWithin(node, expected);
  expr->begin = node.begin;
  expr->end = node.end;
  // The path of an expression is what it reads, whole.
  if (!expr->path.empty()) Note(&fields_, expr->path, node.begin);
  return expr;
}

Checker::MutableExpr Checker::OfText(const Node& node) {
  MutableExpr expr = Make(Op::kConstant, Simple(Kind::kString), node.anchor);
  expr->text = node.text;
  expr->constant = Text(expr->text);
  return expr;
}

void Checker::Note(Uses* uses, const std::string& name, size_t offset) {
  const auto [use, added] = uses->emplace(name, offset);
  if (!added) use->second = std::min(use->second, offset);
}

Checker::MutableExpr Checker::CheckWithin(const Node& node, const EnumDescriptor* expected) {
  const auto constant = [&](Kind kind, Value value) {
    MutableExpr expr = Make(Op::kConstant, Simple(kind), node.anchor);
    expr->constant = value;
    return expr;
  };
  switch (node.kind) {
    case Node::Kind::kError:
      for (const NodePtr& child : node.children) Check(*child);
      return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
    case Node::Kind::kNull:
      return constant(Kind::kNull, Null());
    case Node::Kind::kBool:
      return constant(Kind::kBool, node.boolean);
    case Node::Kind::kInt:
      return constant(Kind::kInt, node.integer);
    case Node::Kind::kUint:
      return constant(Kind::kUint, node.unsigned_integer);
    case Node::Kind::kDouble:
      return constant(Kind::kDouble, node.number);
    case Node::Kind::kString:
      return OfText(node);
    case Node::Kind::kIdentifier:
      return Identifier(node, expected);
    case Node::Kind::kSelect:
      return Select(node);
    case Node::Kind::kIndex:
      return Index(node);
    case Node::Kind::kCall:
      return Call(node);
    case Node::Kind::kList:
      return ListOfElements(node, expected);
    case Node::Kind::kUnary:
      return Unary(node);
    case Node::Kind::kBinary:
      return Binary(node);
    case Node::Kind::kAnd:
    case Node::Kind::kOr:
      return Logic(node);
    case Node::Kind::kConditional:
      return Conditional(node, expected);
  }
  return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
}

const Checker::Local* Checker::FindLocal(const std::string& name, size_t* slot) const {
  for (size_t i = locals_.size(); i-- > 0;) {
    if (locals_[i].name != name) continue;
    *slot = i;
    return &locals_[i];
  }
  return nullptr;
}

std::vector<std::string> Checker::VariableNames() const {
  std::vector<std::string> names;
  for (const Environment::Variable& variable : environment_.variables) names.push_back(variable.name);
  for (const Local& local : locals_) names.push_back(local.name);
  return names;
}

bool Checker::IsVariable(const std::string& name) const {
  const std::vector<std::string> names = VariableNames();
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool Checker::NeedsExpectation(const Node& node) const {
  switch (node.kind) {
    case Node::Kind::kIdentifier:
      return !IsVariable(node.text);
    case Node::Kind::kList:
      return std::any_of(node.children.begin(), node.children.end(),
                         [this](const NodePtr& child) { return NeedsExpectation(*child); });
    case Node::Kind::kConditional:
      return NeedsExpectation(*node.children[1]) || NeedsExpectation(*node.children[2]);
    default:
      return false;
  }
}

bool Checker::TellsItsType(const Node& node) const {
  if (!NeedsExpectation(node)) return true;
  if (node.kind == Node::Kind::kIdentifier) return false;
  const size_t first = node.kind == Node::Kind::kConditional ? 1 : 0;
  return std::any_of(node.children.begin() + static_cast<std::ptrdiff_t>(first), node.children.end(),
                     [this](const NodePtr& child) { return TellsItsType(*child); });
}

Checker::MutableExpr Checker::Identifier(const Node& node, const EnumDescriptor* expected) {
  size_t slot = 0;
  if (const Local* local = FindLocal(node.text, &slot)) {
    MutableExpr expr = Make(Op::kLocal, local->type, node.anchor);
    expr->slot = slot;
    expr->path = local->path;
    return expr;
  }
  for (size_t i = 0; i < environment_.variables.size(); ++i) {
    const Environment::Variable& variable = environment_.variables[i];
    if (variable.name != node.text) continue;
    MutableExpr expr = Make(Op::kTimestampVariable, Simple(Kind::kTimestamp), node.anchor);
    if (variable.kind == Environment::Variable::Kind::kMessage) {
      expr->op = Op::kMessageVariable;
      expr->type = TypeOf(variable.message);
      expr->message = variable.message;
    } else if (variable.kind == Environment::Variable::Kind::kEnum) {
      expr->op = Op::kEnumVariable;
      expr->type = Simple(Kind::kEnum);
      expr->type.enumeration = variable.enumeration;
    }
    expr->slot = i;
    expr->path = variable.name;
    return expr;
  }
  if (expected != nullptr) return EnumValue(node, expected);
  if (environment_.find_code_set && environment_.find_code_set(node.text) != nullptr) {
    return Mistake(node, absl::StrCat("there is no variable `", node.text, "`"),
                   absl::StrCat("write `valueset(\"", node.text, "\")`"));
  }
  return Mistake(node, absl::StrCat("there is no variable `", node.text, "`"), SuggestName(node.text, VariableNames()));
}

Checker::MutableExpr Checker::EnumValue(const Node& node, const EnumDescriptor* expected) {
  if (const EnumValueDescriptor* value = FindShort(expected, node.text)) {
    Type type = Simple(Kind::kEnum);
    type.enumeration = expected;
    MutableExpr expr = Make(Op::kConstant, std::move(type), node.anchor);
    expr->constant = EnumNumber{value->number()};
    return expr;
  }
  const EnumValueDescriptor* full = expected->FindValueByName(node.text);
  return Mistake(node, absl::StrCat("`", node.text, "` is no value of ", expected->name()),
                 full != nullptr ? absl::StrCat("write `", ShortName(full), "`, without the type's prefix")
                                 : SuggestName(node.text, ShortNames(expected)));
}

const FieldDescriptor* Checker::Field(const Node& node, const Expr& operand) {
  const Type& type = operand.type;
  const std::string name = Quote(*node.children[0]);
  if (type.is(Kind::kError)) return nullptr;
  if (type.is(Kind::kAny)) {
    Mistake(node, absl::StrCat("`", name, "` is an element of an empty list, so its fields are not known"));
    return nullptr;
  }
  if (type.is(Kind::kList)) {
    Mistake(node, absl::StrCat("`", name, "` is a list and has no fields"),
            node.text == "values" ? "leave out `.values`: it reads as the list itself"
                                  : absl::StrCat("ask of its elements: `", name, ".exists(e, e.", node.text, " …)`"));
    return nullptr;
  }
  if (!type.is(Kind::kMessage)) {
    Mistake(node, absl::StrCat("`", name, "` is of type ", NameOf(type), " and has no fields"));
    return nullptr;
  }
  const FieldDescriptor* field = type.message->FindFieldByName(node.text);
  if (field == nullptr) {
    std::vector<std::string> names;
    for (int i = 0; i < type.message->field_count(); ++i) names.push_back(type.message->field(i)->name());
    const bool oneof = type.message->FindOneofByName(node.text) != nullptr;
    Mistake(node, absl::StrCat(type.message->name(), " has no field `", node.text, "`"),
            oneof ? "it is a choice: name one of its fields" : SuggestName(node.text, names));
  }
  return field;
}

Checker::MutableExpr Checker::Select(const Node& node) {
  MutableExpr operand = CheckWithin(*node.children[0], nullptr);
  const FieldDescriptor* field = Field(node, *operand);
  if (field == nullptr) return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
  MutableExpr expr = Make(Op::kField, TypeOf(field), node.anchor);
  if (expr->type.is(Kind::kUnreadable)) {
    return Mistake(node, absl::StrCat("`", node.text, "` is a field of bytes or a map, which are not in this subset of CEL"),
                   absl::StrCat("all that can be asked is `has(", Quote(node), ")`"));
  }
  expr->field = field;
  expr->path = operand->path.empty() ? node.text : absl::StrCat(operand->path, ".", node.text);
  expr->operands.push_back(std::move(operand));
  return expr;
}

Checker::MutableExpr Checker::Index(const Node& node) {
  MutableExpr list = CheckWithin(*node.children[0], nullptr);
  MutableExpr index = Check(*node.children[1]);
  Require(*node.children[1], *index, Kind::kInt, "an index is an int");
  if (list->type.is(Kind::kError)) return list;
  if (list->type.is(Kind::kAny) || (list->type.is(Kind::kList) && list->type.element->is(Kind::kAny))) {
    return Mistake(node, "an empty list has no elements");
  }
  if (!list->type.is(Kind::kList)) {
    return Mistake(node,
                   absl::StrCat("`", Quote(*node.children[0]), "` is of type ", NameOf(list->type), " and has no elements"));
  }
  MutableExpr expr = Make(Op::kIndex, *list->type.element, node.anchor);
  expr->path = list->path;
  expr->operands.push_back(std::move(list));
  expr->operands.push_back(std::move(index));
  return expr;
}

Checker::MutableExpr Checker::ListOfElements(const Node& node, const EnumDescriptor* expected) {
  std::vector<MutableExpr> elements(node.children.size());
  // Names of enumeration values take their type from their neighbours too: `[observation.interpretation, LOW]`.
  for (const bool bare : {false, true}) {
    for (size_t i = 0; i < elements.size(); ++i) {
      if (NeedsExpectation(*node.children[i]) != bare) continue;
      elements[i] = Check(*node.children[i], expected);
      if (expected == nullptr) expected = EnumerationOf(elements[i]->type);
    }
  }
  Type element = Simple(Kind::kAny);
  bool good = true;
  for (size_t i = 0; i < elements.size(); ++i) {
    const Type before = element;
    if (Join(before, elements[i]->type, &element)) continue;
    element = before;
    good = false;
    diagnostics_->Add(node.children[i]->begin,
                      absl::StrCat("the elements of a list are of one type, but `", Quote(*node.children[i]), "` is of type ",
                                   NameOf(elements[i]->type), " among ", NameOf(before)));
  }
  MutableExpr expr = Make(Op::kList, good ? ListOf(element) : Simple(Kind::kError), node.anchor);
  for (MutableExpr& operand : elements) expr->operands.push_back(std::move(operand));
  return expr;
}

}  // namespace resultgate::expr
