// `int() uint() double() string() bool() timestamp() duration()`: the spellings and ranges of CEL's specification, except that
// `double("…")` takes finite decimal numbers only: a result reported as `nan` is no number, and a condition on it must not come
// out false. Pure functions of known values.
#ifndef RESULTGATE_EXPR_CONVERSION_H_
#define RESULTGATE_EXPR_CONVERSION_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "server/expr/typed.h"

namespace resultgate::expr {

// `function` is one of kToInt to kToDuration, `value` of a type that the checker's table lists for it. Texts are made in `arena`.
Value Convert(Function function, const Value& value, Arena* arena);

// What `double(text)` comes to; nullopt where that is an error.
std::optional<double> DoubleOf(absl::string_view text);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_CONVERSION_H_
