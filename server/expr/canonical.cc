#include "server/expr/canonical.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace resultgate::expr {
namespace {

using Op = Expr::Op;

// A text with its length before it, so that nothing in it looks like anything else.
void AppendText(absl::string_view text, std::string* form) {
  absl::StrAppend(form, text.size(), ":", text);
}

// absl's durations count quarters of a nanosecond.
void AppendDuration(absl::Duration duration, std::string* form) {
  absl::Duration rest;
  const int64_t seconds = absl::IDivDuration(duration, absl::Seconds(1), &rest);
  absl::StrAppend(form, seconds, ".", static_cast<int64_t>(rest / (absl::Nanoseconds(1) / 4)));
}

void AppendConstant(const Expr& expr, std::string* form) {
  const Value& constant = expr.constant;
  absl::StrAppend(form, static_cast<int>(constant.kind), "=");
  switch (constant.kind) {
    case Value::Kind::kBool:
      form->push_back(constant.truth ? 't' : 'f');
      break;
    case Value::Kind::kInt:
      absl::StrAppend(form, constant.integer);
      break;
    case Value::Kind::kUint:
      absl::StrAppend(form, constant.natural);
      break;
    case Value::Kind::kDouble: {
      // By its bits: -0.0 is not 0.0 where it divides.
      uint64_t bits = 0;
      std::memcpy(&bits, &constant.number, sizeof bits);
      absl::StrAppend(form, absl::Hex(bits));
      break;
    }
    case Value::Kind::kTime:
      AppendDuration(constant.time - absl::UnixEpoch(), form);
      break;
    case Value::Kind::kDuration:
      AppendDuration(constant.duration, form);
      break;
    case Value::Kind::kEnum:
      absl::StrAppend(form, expr.type.enumeration->full_name(), "/", constant.enumeration.number);
      break;
    default:
      // Texts and value sets.
      AppendText(expr.text, form);
  }
}

void Append(const Expr& expr, std::string* form) {
  absl::StrAppend(form, "(", static_cast<int>(expr.op));
  switch (expr.op) {
    case Op::kConstant:
      form->push_back(' ');
      AppendConstant(expr, form);
      break;
    case Op::kMessageVariable:
    case Op::kEnumVariable:
    case Op::kTimestampVariable:
    case Op::kHasVariable:
    case Op::kLocal:
    case Op::kExists:
    case Op::kAll:
    case Op::kExistsOne:
      absl::StrAppend(form, " ", expr.slot);
      break;
    case Op::kField:
    case Op::kHasField:
      absl::StrAppend(form, " ", expr.field->full_name());
      break;
    case Op::kCall:
      absl::StrAppend(form, " ", static_cast<int>(expr.function));
      break;
    default:
      break;
  }
  // Patterns and zones are operands too, as constants.
  for (const ExprPtr& operand : expr.operands) Append(*operand, form);
  form->push_back(')');
}

}  // namespace

std::string CanonicalForm(const Expr& expr) {
  std::string form;
  Append(expr, &form);
  return form;
}

}  // namespace resultgate::expr
