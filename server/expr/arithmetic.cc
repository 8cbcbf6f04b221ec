#include "server/expr/arithmetic.h"

#include <algorithm>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

namespace resultgate::expr {
namespace {

using Op = Expr::Op;

constexpr char kOverflow[] = "overflow";
constexpr char kDivisionByZero[] = "division by zero";

template <typename Integer>
Value OfIntegers(Op op, Integer a, Integer b) {
  Integer result = 0;
  bool overflow = false;
  switch (op) {
    case Op::kAdd:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case Op::kSubtract:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case Op::kMultiply:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    default:
      if (b == 0) return MakeError(kDivisionByZero);
      // The one quotient that is out of range; its remainder too is undefined in C++.
      if (std::is_signed_v<Integer> && a == std::numeric_limits<Integer>::min() && b == static_cast<Integer>(-1)) {
        overflow = true;
      } else {
        result = op == Op::kDivide ? a / b : a % b;
      }
  }
  if (overflow) return MakeError(kOverflow);
  return {result};
}

Value OfDoubles(Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return {a + b};
    case Op::kSubtract:
      return {a - b};
    case Op::kMultiply:
      return {a * b};
    default:
      // IEEE 754: an infinity or NaN, no error.
      return {a / b};
  }
}

Value Join(absl::string_view a, absl::string_view b, Arena* arena) {
  char* const bytes = arena->Take<char>(a.size() + b.size());
  std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), bytes));
  return Text(absl::string_view(bytes, a.size() + b.size()));
}

Value JoinLists(const Value& a, const Value& b, Arena* arena) {
  const size_t first = SizeOf(a), second = SizeOf(b);
  Value* const values = arena->Take<Value>(first + second);
  for (size_t i = 0; i < first; ++i) new (values + i) Value(ElementOf(a, i));
  for (size_t i = 0; i < second; ++i) new (values + first + i) Value(ElementOf(b, i));
  return Array{values, first + second};
}

}  // namespace

Value Arithmetic(Op op, const Value& a, const Value& b, Arena* arena) {
  const bool minus = op == Op::kSubtract;
  switch (a.kind) {
    case Value::Kind::kInt:
      return OfIntegers(op, a.integer, b.integer);
    case Value::Kind::kUint:
      return OfIntegers(op, a.natural, b.natural);
    case Value::Kind::kDouble:
      return OfDoubles(op, a.number, b.number);
    case Value::Kind::kText:
      return Join(a.text.view(), b.text.view(), arena);
    case Value::Kind::kTime:
      if (b.is(Value::Kind::kTime)) return Checked(a.time - b.time);
      return Checked(minus ? a.time - b.duration : a.time + b.duration);
    case Value::Kind::kDuration:
      if (b.is(Value::Kind::kTime)) return Checked(b.time + a.duration);
      return Checked(minus ? a.duration - b.duration : a.duration + b.duration);
    default:
      return JoinLists(a, b, arena);
  }
}

Value Negate(const Value& value) {
  if (const auto* number = value.If<double>()) return -*number;
  return OfIntegers<int64_t>(Op::kSubtract, 0, value.integer);
}

bool ResultOf(Op op, const Type& a, const Type& b, Type* result) {
  using Kind = Type::Kind;
  const auto gives = [result](Type type) {
    *result = std::move(type);
    return true;
  };
  if (a.loose() || b.loose()) return gives(a.loose() ? b : a);
  const bool sum = op == Op::kAdd || op == Op::kSubtract;
  if (a.is(Kind::kTimestamp) || a.is(Kind::kDuration) || b.is(Kind::kTimestamp) || b.is(Kind::kDuration)) {
    const bool a_time = a.is(Kind::kTimestamp), b_time = b.is(Kind::kTimestamp);
    const bool a_span = a.is(Kind::kDuration), b_span = b.is(Kind::kDuration);
    if ((a_span || a_time) && b_span && sum) return gives(a);
    if (a_span && b_time && op == Op::kAdd) return gives(b);
    return a_time && b_time && op == Op::kSubtract && gives(Simple(Kind::kDuration));
  }
  if (a.numeric()) return a.kind == b.kind && (op != Op::kModulo || !a.is(Kind::kDouble)) && gives(a);
  if (op != Op::kAdd) return false;
  if (a.is(Kind::kString)) return b.is(Kind::kString) && gives(a);
  return a.is(Kind::kList) && Join(a, b, result);
}

}  // namespace resultgate::expr
