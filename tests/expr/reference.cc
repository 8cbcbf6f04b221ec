#include "tests/expr/reference.h"

#include <compare>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/expr/time_functions.h"
#include "tests/expr/reference_value.h"

namespace resultgate::expr::reference {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Op = Expr::Op;

namespace {

Value Absent(const Expr& expr) {
  Unknown unknown;
  unknown.facts.push_back(&expr.path);
  return {std::move(unknown)};
}

// The value; if it is an error, with the place where it happened.
Value At(const Expr& expr, Value value) {
  if (const auto* error = value.If<Error>()) return {Error{error->text, expr.offset}};
  return value;
}

// Gathers what keeps an operator from its value: all that is unknown, else the first error.
class Blocked {
 public:
  // True if `value` is known.
  bool Add(const Value& value) {
    if (const auto* unknown = value.If<Unknown>()) {
      unknown_.Merge(*unknown);
    } else if (const auto* error = value.If<Error>()) {
      if (!has_error_) error_ = *error;
      has_error_ = true;
    } else {
      return true;
    }
    return false;
  }
  bool any() const { return has_error_ || !unknown_.facts.empty(); }
  Value Take() {
    if (!unknown_.facts.empty()) return {std::move(unknown_)};
    return {error_};
  }

 private:
  Unknown unknown_;
  Error error_;
  bool has_error_ = false;
};

absl::string_view ReadText(const Message& message, const FieldDescriptor* field, std::string* scratch) {
  return message.GetReflection()->GetStringReference(message, field, scratch);
}

// Calls `visit(system, code)` for each coding of a coding or concept, until it returns true. True if it did.
template <typename Visit>
bool AnyCoding(const CodingShape& shape, const Message& message, const Visit& visit) {
  const auto one = [&](const Message& coding) {
    std::string system, code;
    return visit(ReadText(coding, shape.system, &system), ReadText(coding, shape.code, &code));
  };
  if (shape.codings == nullptr) return one(message);
  const Reflection& reflection = *message.GetReflection();
  const int count = reflection.FieldSize(message, shape.codings);
  for (int i = 0; i < count; ++i) {
    if (one(reflection.GetRepeatedMessage(message, shape.codings, i))) return true;
  }
  return false;
}

// One evaluation. The logic of the unknown, as CEL's specification has it ("Evaluation", "Logical Operators"): an operand that is
// unknown or an error makes its operator so, unknown before error; only `&&`, `||`, `?:`, `exists` and `all` may do without.
class Evaluator {
 public:
  Evaluator(const Activation& activation, long steps) : activation_(activation), steps_left_(steps) {}

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

}  // namespace

bool Evaluator::Spend(long steps) {
  if (steps_left_ >= 0) steps_left_ -= steps;
  return steps_left_ >= 0;
}

Value Evaluator::Evaluate(const Expr& root) {
  Value value = Eval(root);
  // Running out of steps is never absorbed.
  if (steps_left_ < 0) return {Error{"step limit reached", root.offset}};
  return value;
}

Value Evaluator::Eval(const Expr& expr) {
  if (!Spend(1)) return {Error{"step limit reached", expr.offset}};
  return Dispatch(expr);
}

Value Evaluator::Dispatch(const Expr& expr) {
  switch (expr.op) {
    case Op::kConstant:
      return Own(expr.constant);
    case Op::kMessageVariable: {
      const Message* message = activation_.bindings[expr.slot].message();
      return message == nullptr ? Absent(expr) : At(expr, ReadMessage(*message));
    }
    case Op::kEnumVariable:
      return {EnumNumber{activation_.bindings[expr.slot].enum_number()}};
    case Op::kTimestampVariable:
      return At(expr, Checked(activation_.bindings[expr.slot].time()));
    case Op::kLocal:
      return locals_[expr.slot];
    case Op::kField:
      return Field(expr);
    case Op::kHasVariable:
    case Op::kHasField:
      return HasField(expr);
    case Op::kIndex:
      return Index(expr);
    case Op::kList:
      return MakeList(expr);
    case Op::kAnd:
    case Op::kOr:
      return Logic(expr);
    case Op::kConditional:
      return Conditional(expr);
    case Op::kInCodeSet: {
      Value value = Eval(*expr.operands[0]);
      return value.known() ? InCodeSet(expr, value) : value;
    }
    case Op::kExists:
    case Op::kAll:
    case Op::kExistsOne:
      return Macro(expr);
    case Op::kNot:
    case Op::kNegate: {
      Value value = Eval(*expr.operands[0]);
      if (!value.known()) return value;
      if (expr.op == Op::kNot) return {!value.As<bool>()};
      return At(expr, Negate(value));
    }
    case Op::kCall:
      return Call(expr);
    default:
      break;
  }
  const Value a = Eval(*expr.operands[0]);
  const Value b = Eval(*expr.operands[1]);
  Blocked blocked;
  blocked.Add(a);
  blocked.Add(b);
  if (blocked.any()) return blocked.Take();
  return Comparison(expr, a, b);
}

// The operators of two known values.
Value Evaluator::Comparison(const Expr& expr, const Value& a, const Value& b) {
  if (expr.op == Op::kInList) return InList(expr, a, b.As<List>());
  if (expr.op == Op::kInConcepts) return InConcepts(expr, a, b.As<List>());
  if (!Spend(Cost(a) + Cost(b))) return {Error{"step limit reached", expr.offset}};
  switch (expr.op) {
    case Op::kEqual:
      return {Equal(a, b)};
    case Op::kNotEqual:
      return {!Equal(a, b)};
    case Op::kLess:
      return {std::is_lt(Compare(a, b))};
    case Op::kLessOrEqual:
      return {std::is_lteq(Compare(a, b))};
    case Op::kGreater:
      return {std::is_gt(Compare(a, b))};
    case Op::kGreaterOrEqual:
      return {std::is_gteq(Compare(a, b))};
    default:
      break;
  }
  return At(expr, Arithmetic(expr.op, a, b));
}

Value Evaluator::Field(const Expr& expr) {
  Value operand = Eval(*expr.operands[0]);
  if (!operand.known()) return operand;
  const Message& message = *operand.As<const Message*>();
  // Optional fields, messages and members of a oneof: absence is not a value.
  if (expr.field->has_presence() && !message.GetReflection()->HasField(message, expr.field)) return Absent(expr);
  return At(expr, ReadField(message, expr.field));
}

Value Evaluator::HasField(const Expr& expr) {
  if (expr.op == Op::kHasVariable) {
    return {activation_.bindings[expr.slot].message() != nullptr};
  }
  Value operand = Eval(*expr.operands[0]);
  // What leads to the field is absent itself.
  if (operand.If<Unknown>() != nullptr) return {false};
  if (!operand.known()) return operand;
  const Message& message = *operand.As<const Message*>();
  const Reflection& reflection = *message.GetReflection();
  return {expr.field->is_repeated() ? reflection.FieldSize(message, expr.field) > 0 : reflection.HasField(message, expr.field)};
}

Value Evaluator::Index(const Expr& expr) {
  const Value list = Eval(*expr.operands[0]);
  const Value index = Eval(*expr.operands[1]);
  Blocked blocked;
  blocked.Add(list);
  blocked.Add(index);
  if (blocked.any()) return blocked.Take();
  const List& elements = list.As<List>();
  const int64_t at = index.As<int64_t>();
  if (at < 0 || static_cast<uint64_t>(at) >= elements.size()) return {Error{"index out of range", expr.offset}};
  return At(expr, elements.at(static_cast<size_t>(at)));
}

Value Evaluator::MakeList(const Expr& expr) {
  auto values = std::make_shared<std::vector<Value>>();
  values->reserve(expr.operands.size());
  Blocked blocked;
  for (const ExprPtr& operand : expr.operands) {
    values->push_back(Eval(*operand));
    blocked.Add(values->back());
  }
  if (blocked.any()) return blocked.Take();
  return {List{nullptr, nullptr, std::move(values)}};
}

Value Evaluator::Logic(const Expr& expr) {
  const bool decisive = expr.op == Op::kOr;
  Blocked blocked;
  for (const ExprPtr& operand : expr.operands) {
    Value value = Eval(*operand);
    if (blocked.Add(value) && value.As<bool>() == decisive) return value;
  }
  if (blocked.any()) return blocked.Take();
  return {!decisive};
}

Value Evaluator::Conditional(const Expr& expr) {
  Value condition = Eval(*expr.operands[0]);
  if (!condition.known()) return condition;
  return Eval(*expr.operands[condition.As<bool>() ? 1 : 2]);
}

Value Evaluator::InList(const Expr& expr, const Value& value, const List& list) {
  const size_t size = list.size();
  const long cost = Cost(value);
  for (size_t i = 0; i < size && Spend(cost); ++i) {
    Value element = list.at(i);
    if (element.If<Error>() != nullptr) return At(expr, element);
    if (Equal(value, element)) return {true};
  }
  return {false};
}

Value Evaluator::InConcepts(const Expr& expr, const Value& value, const List& list) {
  const Message& wanted = *value.As<const Message*>();
  const size_t size = list.size();
  for (size_t i = 0; i < size && Spend(1); ++i) {
    Value element = list.at(i);
    const bool found = AnyCoding(expr.left, wanted, [&](absl::string_view system, absl::string_view code) {
      return !code.empty() &&
             AnyCoding(expr.right, *element.As<const Message*>(), [&](absl::string_view other_system, absl::string_view other) {
               return Spend(1) && code == other && system == other_system;
             });
    });
    if (found) return {true};
  }
  return {false};
}

Value Evaluator::InCodeSet(const Expr& expr, const Value& value) {
  const CodeSet& set = *expr.operands[1]->constant.code_set;
  const auto contains = [&](const Message& message) {
    return AnyCoding(expr.left, message, [&](absl::string_view system, absl::string_view code) {
      return Spend(1) && !code.empty() && set.Contains(system, code);
    });
  };
  if (const auto* message = value.If<const Message*>()) return {contains(**message)};
  const List& list = value.As<List>();
  const size_t size = list.size();
  for (size_t i = 0; i < size && Spend(1); ++i) {
    if (contains(*list.at(i).As<const Message*>())) return {true};
  }
  return {false};
}

Value Evaluator::Macro(const Expr& expr) {
  Value range = Eval(*expr.operands[0]);
  if (!range.known()) return range;
  const List& list = range.As<List>();
  const size_t size = list.size();
  Blocked blocked;
  size_t count = 0;
  for (size_t i = 0; i < size && Spend(1); ++i) {
    if (locals_.size() <= expr.slot) locals_.resize(expr.slot + 1);
    locals_[expr.slot] = At(expr, list.at(i));
    const Value holds = Eval(*expr.operands[1]);
    if (!blocked.Add(holds)) continue;
    const bool truth = holds.As<bool>();
    count += truth ? 1 : 0;
    if (expr.op == Op::kExists && truth) return {true};
    if (expr.op == Op::kAll && !truth) return {false};
  }
  if (blocked.any()) return blocked.Take();
  return {expr.op == Op::kAll || (expr.op == Op::kExistsOne && count == 1)};
}

Value Evaluator::Age(const Expr& expr, const Message& message) {
  std::string scratch;
  const absl::string_view birth_date = ReadText(message, expr.field, &scratch);
  if (birth_date.empty()) return Absent(expr);
  const char* error = nullptr;
  const std::optional<int64_t> age = expr::Age(birth_date, absl::ToCivilDay(activation_.now, activation_.zone), &error);
  if (error != nullptr) return MakeError(error);
  if (!age) return Absent(expr);
  return {*age};
}

Value Evaluator::Call(const Expr& expr) {
  Value value = Eval(*expr.operands[0]);
  // Patterns and zones were resolved when the program was made.
  const bool second = expr.operands.size() > 1 && expr.pattern == nullptr && !expr.zone;
  const Value argument = second ? Eval(*expr.operands[1]) : Value{Null()};
  Blocked blocked;
  blocked.Add(value);
  blocked.Add(argument);
  if (blocked.any()) return blocked.Take();
  const auto* text = value.If<Text>();
  if (text != nullptr && !Spend(Cost(value))) return {Error{"step limit reached", expr.offset}};
  switch (expr.function) {
    case Function::kSize:
      return {text != nullptr ? CodePoints(text->view) : static_cast<int64_t>(value.As<List>().size())};
    case Function::kStartsWith:
      return {absl::StartsWith(text->view, argument.As<Text>().view)};
    case Function::kEndsWith:
      return {absl::EndsWith(text->view, argument.As<Text>().view)};
    case Function::kContains:
      return {absl::StrContains(text->view, argument.As<Text>().view)};
    case Function::kMatches:
      return {RE2::PartialMatch(re2::StringPiece(text->view.data(), text->view.size()), *expr.pattern)};
    case Function::kToInt:
    case Function::kToUint:
    case Function::kToDouble:
    case Function::kToString:
    case Function::kToBool:
    case Function::kToTimestamp:
    case Function::kToDuration:
      return At(expr, Convert(expr.function, value));
    case Function::kAge:
      return At(expr, Age(expr, *value.As<const Message*>()));
    default:
      if (const auto* duration = value.If<absl::Duration>()) return {PartOf(expr.function, *duration)};
      return {PartOf(expr.function, value.As<absl::Time>(), expr.zone.value_or(activation_.zone))};
  }
}

std::string Outcome::ToString() const {
  if (truth != Truth::kUnknown) return truth == Truth::kTrue ? "true" : "false";
  if (error != nullptr) return absl::StrCat("error: ", error, " at byte ", offset);
  return absl::StrCat("unknown: ", absl::StrJoin(unknown_facts, ", "));
}

Outcome Evaluate(const Expr& root, const Activation& activation, long steps) {
  const Value value = Evaluator(activation, steps).Evaluate(root);
  Outcome outcome;
  if (const auto* truth = value.If<bool>()) outcome.truth = *truth ? Truth::kTrue : Truth::kFalse;
  if (const auto* unknown = value.If<Unknown>()) {
    for (const std::string* fact : unknown->facts) outcome.unknown_facts.push_back(*fact);
  }
  if (const auto* error = value.If<Error>()) {
    outcome.error = error->text;
    outcome.offset = error->offset;
  }
  return outcome;
}

}  // namespace resultgate::expr::reference
