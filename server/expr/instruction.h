// What a condition is compiled to: instructions in one row, for a machine with a stack (machine.h).
//
// Every expression is one stretch of them that pushes one value: a part of a condition can be run by itself.
#ifndef RESULTGATE_EXPR_INSTRUCTION_H_
#define RESULTGATE_EXPR_INSTRUCTION_H_

#include <array>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "server/expr/fields.h"
#include "server/expr/typed.h"
#include "server/expr/value.h"

namespace resultgate::expr {

struct Instruction {
  // `top` is the value on top of the stack. What is unknown or an error stays as it is where nothing else is said.
  enum class Code : uint8_t {
    kConstant,           // pushes `constant`
    kMessageVariable,    // pushes the variable `slot`, read as `reading`
    kVariableField,      // kMessageVariable and kField in one
    kEnumVariable,       // …
    kTimestampVariable,  // …
    kLocal,              // pushes the macro's variable `slot`
    kLocalField,         // kLocal and kField in one
    kField,              // top := its field
    kHasVariable,        // pushes
    kHasField,           // top := whether it has the field; false where it is absent itself
    kIndex,              // pops an index; top := that element of it
    kList,               // pops `count` values, pushes their list
    kJump,               // to `target`
    kFirstAnd,           // top is false: to `target`
    kNextAnd,            // pops; top := top && popped. It is false: to `target`
    kFirstOr,            // the same for true and ||
    kNextOr,
    kChoose,  // pops a condition. False: to `target`; not known: leaves it and goes to `otherwise`
    kNot,
    kNegate,
    kBinary,           // pops b; top := top op b
    kCompareConstant,  // top := top op constant
    kEqualText,        // the same for == and != of texts
    kEqualEnum,        // and of enumerations
    kInList,           // pops a list; top := whether it is in it
    kInConstants,      // the same for `constant`, a list
    kInConcepts,       // pops a list of codings or concepts; top := whether it shares a coding with one
    kInCodeSet,        // top := whether a coding of it is in `constant`
    kBeginLoop,        // top is a list: keeps it in frame `slot`; top := what the macro gives for no element. Else to `target`
    kNextElement,      // the next element into the macro's variable `slot`; none left: ends the macro, to `target`
    kEndElement,       // pops what the condition came to; top := the macro so far. Decided: to `otherwise`; else to `target`
    kCall,             // pops the second argument where `count` is 2; top := function of it
    kTextTest,         // startsWith, endsWith, contains with `constant`
    kAge,              // top := the age of it
  };

  Code code = Code::kConstant;
  Expr::Op op = Expr::Op::kConstant;  // kBinary, comparisons, macros
  Reading reading = Reading::kMessage;
  uint16_t slot = 0;
  uint32_t steps = 1;  // what it costs, beyond what depends on values
  uint32_t target = 0;
  uint32_t otherwise = 0;
  uint32_t count = 0;          // of operands; comparisons: what work on `constant` costs
  const Expr* expr = nullptr;  // where errors are shown, functions, patterns, zones
  const FieldReader* reader = nullptr;
  // The names of what may be absent: of the field, and after it of the variable; each once in a program.
  const std::string* const* facts = nullptr;
  const Value* constant = nullptr;
  const CodingReader* left = nullptr;
  const CodingReader* right = nullptr;
};

// The instructions of one expression, and where `step limit reached` is shown for it.
struct Stretch {
  uint32_t begin = 0;
  uint32_t end = 0;
  size_t offset = 0;
};

// Instructions and what they point to. Immutable once assembled.
struct CompiledCode {
  std::vector<Instruction> instructions;
  size_t stack = 0;   // values at most
  size_t locals = 0;  // macros within each other at most
  Readers readers;
  std::deque<CodingReader> codings;
  std::deque<Value> constants;
  std::deque<std::vector<Value>> lists;
  std::set<std::string> facts;
  std::deque<std::array<const std::string*, 2>> fact_names;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_INSTRUCTION_H_
