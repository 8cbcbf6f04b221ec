#include "server/expr/machine.h"

#include <algorithm>
#include <compare>
#include <cstring>
#include <new>

#include "absl/strings/match.h"
#include "server/expr/arithmetic.h"
#include "server/expr/conversion.h"
#include "server/expr/time_functions.h"

namespace resultgate::expr {

using google::protobuf::Message;
using Code = Instruction::Code;
using Kind = Value::Kind;
using Op = Expr::Op;

namespace {

// The value; if it is an error, with the place where it happened.
Value At(const Instruction& in, Value value) {
  if (value.is(Kind::kError)) value.error.offset = in.expr->offset;
  return value;
}

Value Absent(const std::string* const* fact) {
  return Unknown{fact, 1};
}

bool Holds(Op op, std::partial_ordering order) {
  switch (op) {
    case Op::kEqual:
      return std::is_eq(order);
    case Op::kNotEqual:
      return !std::is_eq(order);
    case Op::kLess:
      return std::is_lt(order);
    case Op::kLessOrEqual:
      return std::is_lteq(order);
    case Op::kGreater:
      return std::is_gt(order);
    default:
      return std::is_gteq(order);
  }
}

bool Compares(Op op, const Value& a, const Value& b) {
  if (a.is(Kind::kInt) && b.is(Kind::kInt)) return Holds(op, a.integer <=> b.integer);
  if (a.is(Kind::kDouble) && b.is(Kind::kDouble)) return Holds(op, a.number <=> b.number);
  if (op == Op::kEqual || op == Op::kNotEqual) return Equal(a, b) == (op == Op::kEqual);
  return Holds(op, Compare(a, b));
}

bool SameText(const Text& a, const Text& b) {
  return a.size == b.size && std::memcmp(a.data, b.data, a.size) == 0;
}

bool IsFalse(const Value& value) {
  return value.is(Kind::kBool) && !value.truth;
}

bool IsTrue(const Value& value) {
  return value.is(Kind::kBool) && value.truth;
}

}  // namespace

Machine::Machine(const CompiledCode& code, const Activation& activation, long steps, Memory* memory)
    : code_(code), activation_(activation), steps_(steps), memory_(*memory) {
  memory_.arena.Reset();
  // One value more: the stack grows before its first.
  if (memory_.stack.size() <= code.stack) memory_.stack.resize(code.stack + 1);
  if (memory_.frames.size() < code.locals) {
    memory_.frames.resize(code.locals);
    memory_.locals.resize(code.locals);
  }
}

Value Machine::Run(const Stretch& stretch) {
  const Instruction* const first = code_.instructions.data();
  const Instruction* const end = first + stretch.end;
  const Instruction* in = first + stretch.begin;
  Value* top = memory_.stack.data();
  while (in != end) {
    steps_ -= in->steps;
    switch (in->code) {
      case Code::kConstant:
        *++top = *in->constant;
        break;
      case Code::kMessageVariable: {
        const Message* const message = activation_.bindings[in->slot].message();
        *++top = message == nullptr ? Absent(in->facts) : At(*in, ReadMessage(*message, in->reading, in->reader));
        break;
      }
      case Code::kVariableField: {
        const Message* const message = activation_.bindings[in->slot].message();
        *++top = message == nullptr ? Absent(in->facts + 1) : Field(*in, *message);
        break;
      }
      case Code::kEnumVariable:
        *++top = EnumNumber{activation_.bindings[in->slot].enum_number()};
        break;
      case Code::kTimestampVariable:
        *++top = At(*in, Checked(activation_.bindings[in->slot].time()));
        break;
      case Code::kLocal:
        *++top = memory_.locals[in->slot];
        break;
      case Code::kLocalField: {
        const Value& local = memory_.locals[in->slot];
        *++top = local.known() ? Field(*in, *local.message) : local;
        break;
      }
      case Code::kField:
        if (top->known()) *top = Field(*in, *top->message);
        break;
      case Code::kHasVariable:
        *++top = activation_.bindings[in->slot].message() != nullptr;
        break;
      case Code::kHasField: {
        // What leads to the field is absent itself.
        if (top->is(Kind::kUnknown)) *top = false;
        if (!top->is(Kind::kMessage)) break;
        const Message& message = *top->message;
        *top = in->reader->repeated ? CountElements(message, *in->reader) > 0
                                    : in->reader->ReflectionOf(message).HasField(message, in->reader->field);
        break;
      }
      case Code::kIndex:
        --top;
        *top = top[0].known() && top[1].known() ? Index(*in, top[0], top[1]) : Blocked(top[0], top[1]);
        break;
      case Code::kList:
        top -= static_cast<std::ptrdiff_t>(in->count) - 1;
        *top = List(*in, top);
        break;
      case Code::kJump:
        in = first + in->target;
        continue;
      case Code::kNextAnd:
        --top;
        if (IsTrue(top[0]) || IsFalse(top[1])) {
          top[0] = top[1];
        } else if (!top[1].known()) {
          top[0] = Blocked(top[0], top[1]);
        }
        [[fallthrough]];
      case Code::kFirstAnd:
        if (!IsFalse(*top)) break;
        in = first + in->target;
        continue;
      case Code::kNextOr:
        --top;
        if (IsFalse(top[0]) || IsTrue(top[1])) {
          top[0] = top[1];
        } else if (!top[1].known()) {
          top[0] = Blocked(top[0], top[1]);
        }
        [[fallthrough]];
      case Code::kFirstOr:
        if (!IsTrue(*top)) break;
        in = first + in->target;
        continue;
      case Code::kChoose:
        if (!top->known()) {
          in = first + in->otherwise;
          continue;
        }
        if ((top--)->truth) break;
        in = first + in->target;
        continue;
      case Code::kNot:
        if (top->known()) top->truth = !top->truth;
        break;
      case Code::kNegate:
        if (top->known()) *top = At(*in, Negate(*top));
        break;
      case Code::kBinary:
        --top;
        *top = top[0].known() && top[1].known() ? Binary(*in, top[0], top[1]) : Blocked(top[0], top[1]);
        break;
      case Code::kCompareConstant:
        if (!top->known()) break;
        steps_ -= Cost(*top) + in->count;
        *top = Compares(in->op, *top, *in->constant);
        break;
      case Code::kEqualText:
        if (!top->known()) break;
        steps_ -= Cost(*top) + in->count;
        *top = SameText(top->text, in->constant->text) == (in->op == Op::kEqual);
        break;
      case Code::kEqualEnum:
        if (!top->known()) break;
        steps_ -= 1 + in->count;
        *top = (top->enumeration.number == in->constant->enumeration.number) == (in->op == Op::kEqual);
        break;
      case Code::kInList:
        --top;
        *top = top[0].known() && top[1].known() ? InList(*in, top[0], top[1]) : Blocked(top[0], top[1]);
        break;
      case Code::kInConstants:
        if (top->known()) *top = InConstants(*in, *top);
        break;
      case Code::kInConcepts:
        --top;
        *top = top[0].known() && top[1].known() ? Value(InConcepts(*in, top[0], top[1])) : Blocked(top[0], top[1]);
        break;
      case Code::kInCodeSet:
        if (top->known()) *top = InCodeSet(*in, *top);
        break;
      case Code::kBeginLoop:
        if (BeginLoop(*in, top)) break;
        in = first + in->target;
        continue;
      case Code::kNextElement:
        if (steps_ < 0) return Limit(stretch);
        if (NextElement(*in)) break;
        if (in->op == Op::kExistsOne && top->known()) *top = memory_.frames[in->slot].count == 1;
        in = first + in->target;
        continue;
      case Code::kEndElement:
        --top;
        in = first + (EndElement(*in, top, top[1]) ? in->otherwise : in->target);
        continue;
      case Code::kCall:
        if (in->count == 2) --top;
        if (in->count == 2 && !(top[0].known() && top[1].known())) {
          *top = Blocked(top[0], top[1]);
        } else if (top->known()) {
          *top = At(*in, Call(*in, top[0], top[in->count - 1]));
        }
        break;
      case Code::kTextTest:
        if (top->known()) *top = TextTest(*in, top->text.view(), in->constant->text.view());
        break;
      case Code::kAge:
        if (top->known()) *top = At(*in, Age(*in, *top->message));
        break;
    }
    ++in;
  }
  // Running out of steps is never absorbed.
  return steps_ < 0 ? Limit(stretch) : *top;
}

Value Machine::Field(In in, const Message& message) const {
  // Optional fields, messages and members of a oneof: absence is not a value.
  if (!IsThere(message, *in.reader)) return Absent(in.facts);
  return At(in, ReadField(message, *in.reader));
}

Value Machine::Blocked(const Value& a, const Value& b) {
  if (a.known()) return b;
  if (b.known() || b.is(Kind::kError)) return a;
  if (a.is(Kind::kError)) return b;
  const std::string** const begin = memory_.arena.Take<const std::string*>(a.unknown.count + b.unknown.count);
  const std::string** last = std::copy_n(a.unknown.facts, a.unknown.count, begin);
  for (size_t i = 0; i < b.unknown.count; ++i) {
    // A name stands once in a program.
    if (std::find(begin, last, b.unknown.facts[i]) == last) *last++ = b.unknown.facts[i];
  }
  const auto count = static_cast<size_t>(last - begin);
  // Nothing new: what was there before stays, so that loops take no memory for it.
  return count == a.unknown.count ? a : Value(Unknown{begin, count});
}

Value Machine::Binary(In in, const Value& a, const Value& b) {
  steps_ -= Cost(a) + Cost(b);
  if (in.op >= Op::kEqual && in.op <= Op::kGreaterOrEqual) return Compares(in.op, a, b);
  // What is joined takes memory in proportion to its steps.
  if (steps_ < 0) return MakeError("step limit reached");
  return At(in, Arithmetic(in.op, a, b, &memory_.arena));
}

Value Machine::InList(In in, const Value& value, const Value& list) {
  const size_t size = SizeOf(list);
  const long cost = Cost(value);
  for (size_t i = 0; i < size && (steps_ -= cost) >= 0; ++i) {
    const Value element = ElementOf(list, i);
    if (element.is(Kind::kError)) return At(in, element);
    if (Equal(value, element)) return true;
  }
  return false;
}

bool Machine::InConstants(In in, const Value& value) {
  const Value* const values = in.constant->array.values;
  const Value* const end = values + in.constant->array.size;
  const Value* found = values;
  if (value.is(Kind::kEnum)) {
    while (found != end && found->enumeration.number != value.enumeration.number) ++found;
  } else if (value.is(Kind::kText)) {
    while (found != end && !SameText(found->text, value.text)) ++found;
  } else {
    while (found != end && !Equal(value, *found)) ++found;
  }
  steps_ -= Cost(value) * (found - values + (found == end ? 0 : 1));
  return found != end;
}

bool Machine::InConcepts(In in, const Value& value, const Value& list) {
  const Message& wanted = *value.message;
  const size_t size = SizeOf(list);
  for (size_t i = 0; i < size && --steps_ >= 0; ++i) {
    const Value element = ElementOf(list, i);
    const bool found = AnyCoding(*in.left, wanted, [&](absl::string_view system, absl::string_view code) {
      return !code.empty() &&
             AnyCoding(*in.right, *element.message, [&](absl::string_view other_system, absl::string_view other) {
               return --steps_ >= 0 && code == other && system == other_system;
             });
    });
    if (found) return true;
  }
  return false;
}

bool Machine::InCodeSet(In in, const Value& value) {
  const CodeSet& set = *in.constant->code_set;
  const auto contains = [&](const Message& message) {
    return AnyCoding(*in.left, message, [&](absl::string_view system, absl::string_view code) {
      return --steps_ >= 0 && !code.empty() && set.Contains(system, code);
    });
  };
  if (value.is(Kind::kMessage)) return contains(*value.message);
  const size_t size = SizeOf(value);
  for (size_t i = 0; i < size && --steps_ >= 0; ++i) {
    if (contains(*ElementOf(value, i).message)) return true;
  }
  return false;
}

Value Machine::List(In in, Value* values) {
  Value blocked;
  for (uint32_t i = 0; i < in.count; ++i) {
    if (!values[i].known()) blocked = Blocked(blocked, values[i]);
  }
  if (!blocked.known()) return blocked;
  Value* const kept = memory_.arena.Take<Value>(in.count);
  std::uninitialized_copy_n(values, in.count, kept);
  return Array{kept, in.count};
}

Value Machine::Index(In in, const Value& list, const Value& index) const {
  if (index.integer < 0 || static_cast<uint64_t>(index.integer) >= SizeOf(list)) {
    return At(in, MakeError("index out of range"));
  }
  return At(in, ElementOf(list, static_cast<size_t>(index.integer)));
}

bool Machine::BeginLoop(In in, Value* top) {
  if (!top->known()) return false;
  Memory::Frame& frame = memory_.frames[in.slot];
  frame.list = *top;
  frame.index = 0;
  frame.size = SizeOf(*top);
  frame.count = 0;
  *top = in.op == Op::kAll;
  return true;
}

bool Machine::NextElement(In in) {
  Memory::Frame& frame = memory_.frames[in.slot];
  if (frame.index == frame.size) return false;
  --steps_;
  frame.mark = memory_.arena.Now();
  memory_.locals[in.slot] = At(in, ElementOf(frame.list, frame.index++));
  return true;
}

bool Machine::EndElement(In in, Value* so_far, const Value& holds) {
  Memory::Frame& frame = memory_.frames[in.slot];
  if (!holds.known()) {
    const Value before = *so_far;
    *so_far = Blocked(before, holds);
    // Names of facts may be in memory taken for this element.
    if (so_far->is(Kind::kUnknown) && !(before.is(Kind::kUnknown) && before.unknown.facts == so_far->unknown.facts)) return false;
  }
  memory_.arena.BackTo(frame.mark);
  if (!holds.known()) return false;
  frame.count += holds.truth ? 1 : 0;
  if (in.op == Op::kExistsOne || holds.truth != (in.op == Op::kExists)) return false;
  *so_far = holds;
  return true;
}

Value Machine::Age(In in, const Message& message) {
  const absl::string_view birth_date = ReadText(message, *in.reader);
  if (birth_date.empty()) return Absent(in.facts);
  if (!memory_.has_today || memory_.today_at != activation_.now || memory_.today_in != activation_.zone) {
    memory_.has_today = true;
    memory_.today_at = activation_.now;
    memory_.today_in = activation_.zone;
    memory_.today = absl::ToCivilDay(activation_.now, activation_.zone);
  }
  const char* error = nullptr;
  const std::optional<int64_t> age = expr::Age(birth_date, memory_.today, &error);
  if (error != nullptr) return MakeError(error);
  if (!age) return Absent(in.facts);
  return *age;
}

Value Machine::TextTest(In in, absl::string_view text, absl::string_view argument) {
  steps_ -= Cost(Text(text));
  switch (in.expr->function) {
    case Function::kStartsWith:
      return absl::StartsWith(text, argument);
    case Function::kEndsWith:
      return absl::EndsWith(text, argument);
    default:
      return absl::StrContains(text, argument);
  }
}

Value Machine::Call(In in, const Value& value, const Value& argument) {
  const Function function = in.expr->function;
  if (in.count == 2) return TextTest(in, value.text.view(), argument.text.view());
  if (value.is(Kind::kText)) steps_ -= Cost(value);
  switch (function) {
    case Function::kSize:
      return value.is(Kind::kText) ? CodePoints(value.text.view()) : static_cast<int64_t>(SizeOf(value));
    case Function::kMatches:
      return RE2::PartialMatch(re2::StringPiece(value.text.data, value.text.size), *in.expr->pattern);
    case Function::kToInt:
    case Function::kToUint:
    case Function::kToDouble:
    case Function::kToString:
    case Function::kToBool:
    case Function::kToTimestamp:
    case Function::kToDuration:
      return Convert(function, value, &memory_.arena);
    default:
      if (value.is(Kind::kDuration)) return PartOf(function, value.duration);
      return PartOf(function, value.time, in.expr->zone.value_or(activation_.zone));
  }
}

}  // namespace resultgate::expr
