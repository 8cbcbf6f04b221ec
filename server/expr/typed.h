// What the checker makes and the assembler turns into instructions: the expression with every name, type and literal resolved.
// Immutable once made; threads share it.
#ifndef RESULTGATE_EXPR_TYPED_H_
#define RESULTGATE_EXPR_TYPED_H_

#include <re2/re2.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/expr/type.h"
#include "server/expr/value.h"

namespace resultgate::expr {

struct Expr;
using ExprPtr = std::unique_ptr<const Expr>;

// Functions, whether called with a receiver or without: the receiver is operands[0].
enum class Function {
  kSize,
  kStartsWith,
  kEndsWith,
  kContains,
  kMatches,  // pattern
  kToInt,
  kToUint,
  kToDouble,
  kToString,
  kToBool,
  kToTimestamp,
  kToDuration,
  kGetFullYear,  // zone, as all accessors of timestamps
  kGetMonth,
  kGetDate,
  kGetDayOfMonth,
  kGetDayOfWeek,
  kGetDayOfYear,
  kGetHours,
  kGetMinutes,
  kGetSeconds,
  kGetMilliseconds,
  kAge,  // field is `birth_date`, path its name as a fact
};

struct Expr {
  enum class Op {
    kConstant,         // constant
    kMessageVariable,  // slot in Activation::bindings; path
    kEnumVariable,
    kTimestampVariable,
    kLocal,        // slot among the macros' variables
    kField,        // operands[0] . field; path
    kHasVariable,  // slot, of a message
    kHasField,     // operands[0] is the message; field
    kIndex,
    kList,
    kAnd,
    kOr,
    kNot,
    kNegate,
    kConditional,
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kModulo,
    kInList,
    kInConcepts,  // both sides are codings, concepts or lists of them; left and right
    kInCodeSet,   // operands[0] likewise; left; constant holds the set
    kExists,      // operands[0] is the list, operands[1] the condition; slot is the variable's
    kAll,
    kExistsOne,
    kCall,  // function
  };

  Op op = Op::kConstant;
  Type type;
  size_t offset = 0;  // where an error at run time is shown
  size_t begin = 0;   // its bytes of the source text, without brackets around it
  size_t end = 0;
  std::vector<ExprPtr> operands;
  Value constant;    // a text is a view of `text`
  std::string text;  // kConstant: of a text, or the name of a value set
  size_t slot = 0;
  const google::protobuf::Descriptor* message = nullptr;  // kMessageVariable
  const google::protobuf::FieldDescriptor* field = nullptr;
  // The name of the fact that is read here, from the variable down; empty for what is no fact.
  std::string path;
  Function function = Function::kSize;
  std::unique_ptr<const RE2> pattern;
  std::optional<absl::TimeZone> zone;
  CodingShape left, right;
};

// `5 < x` is `x > 5`.
inline Expr::Op Mirrored(Expr::Op op) {
  using Op = Expr::Op;
  if (op == Op::kLess) return Op::kGreater;
  if (op == Op::kLessOrEqual) return Op::kGreaterOrEqual;
  if (op == Op::kGreater) return Op::kLess;
  if (op == Op::kGreaterOrEqual) return Op::kLessOrEqual;
  return op;
}

// True for accessors of timestamps, which read in `zone` or else in the activation's.
inline bool ReadsZone(const Expr& expr) {
  return expr.op == Expr::Op::kCall && expr.function >= Function::kGetFullYear && expr.function <= Function::kGetMilliseconds &&
         expr.operands[0]->type.is(Type::Kind::kTimestamp);
}

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_TYPED_H_
