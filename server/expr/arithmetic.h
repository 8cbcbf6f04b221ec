// `+ - * / %` and the minus sign, as CEL has them: 64-bit ints and uints whose overflow is an error, IEEE doubles, texts and
// lists that are joined, timestamps and durations. Pure functions.
#ifndef RESULTGATE_EXPR_ARITHMETIC_H_
#define RESULTGATE_EXPR_ARITHMETIC_H_

#include "server/expr/typed.h"

namespace resultgate::expr {

// Of two known values whose types ResultOf accepts; `op` is kAdd to kModulo. What is joined is made in `arena`.
Value Arithmetic(Expr::Op op, const Value& a, const Value& b, Arena* arena);
Value Negate(const Value& value);

// The type that an operator gives for operands of these types; false if it takes no such operands.
bool ResultOf(Expr::Op op, const Type& a, const Type& b, Type* result);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_ARITHMETIC_H_
