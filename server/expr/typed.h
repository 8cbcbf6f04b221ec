// What the checker makes and the evaluator walks: the expression with every name, type and literal resolved.
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
  Value constant;
  size_t slot = 0;
  const google::protobuf::FieldDescriptor* field = nullptr;
  // The name of the fact that is read here, from the variable down; empty for what is no fact.
  std::string path;
  Function function = Function::kSize;
  std::unique_ptr<const RE2> pattern;
  std::optional<absl::TimeZone> zone;
  CodingShape left, right;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_TYPED_H_
