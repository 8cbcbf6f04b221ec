// `int() uint() double() string() bool() timestamp() duration()`: the spellings and ranges of CEL's specification, except that
// `double("…")` takes finite decimal numbers only: a result reported as `nan` is no number, and a condition on it must not come
// out false. Pure functions of known values.
#ifndef RESULTGATE_EXPR_CONVERSION_H_
#define RESULTGATE_EXPR_CONVERSION_H_

#include "server/expr/typed.h"

namespace resultgate::expr {

// `function` is one of kToInt to kToDuration, `value` of a type that the checker's table lists for it.
Value Convert(Function function, const Value& value);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_CONVERSION_H_
