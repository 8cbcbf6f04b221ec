// Numbers and ranges as laboratories print them. Everything stays text: nothing is rounded, and what is unclear is left alone.
// Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_VALUES_H_
#define RESULTGATE_INTAKE_VALUES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::intake {

// A decimal number: sign, digits with at most one point, exponent.
bool IsNumber(absl::string_view text);

// `<15`, `>= 3`, `7.10`: fills comparator and value, and returns true, if `text` is one number with or without a comparator.
bool ParseAmount(absl::string_view text, v1::Quantity* quantity);

// `text` is kept as printed; `low` and `high` are filled where it is `3.5 - 5.1`, `[ < 0.21 ]`, `>59` or the like and nothing
// else.
v1::ReferenceRange ParseReferenceRange(absl::string_view text);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_VALUES_H_
