#include "server/expr/arithmetic.h"

#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"

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

Value Concatenate(const List& a, const List& b) {
  auto values = std::make_shared<std::vector<Value>>();
  values->reserve(a.size() + b.size());
  for (const List* list : {&a, &b}) {
    for (size_t i = 0; i < list->size(); ++i) values->push_back(list->at(i));
  }
  return {List{nullptr, nullptr, std::move(values)}};
}

}  // namespace

Value Arithmetic(Op op, const Value& a, const Value& b) {
  if (const auto* x = a.If<int64_t>()) return OfIntegers(op, *x, b.As<int64_t>());
  if (const auto* x = a.If<uint64_t>()) return OfIntegers(op, *x, b.As<uint64_t>());
  if (const auto* x = a.If<double>()) return OfDoubles(op, *x, b.As<double>());
  if (const auto* x = a.If<Text>()) return MakeText(absl::StrCat(x->view, b.As<Text>().view));
  if (const auto* x = a.If<List>()) return Concatenate(*x, b.As<List>());
  const bool minus = op == Op::kSubtract;
  if (const auto* x = a.If<absl::Time>()) {
    if (const auto* y = b.If<absl::Time>()) return Checked(*x - *y);
    return Checked(minus ? *x - b.As<absl::Duration>() : *x + b.As<absl::Duration>());
  }
  const absl::Duration x = a.As<absl::Duration>();
  if (const auto* y = b.If<absl::Time>()) return Checked(*y + x);
  return Checked(minus ? x - b.As<absl::Duration>() : x + b.As<absl::Duration>());
}

Value Negate(const Value& value) {
  if (const auto* number = value.If<double>()) return {-*number};
  return OfIntegers<int64_t>(Op::kSubtract, 0, value.As<int64_t>());
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
