// Runs instructions (instruction.h).
//
// The logic of the unknown is CEL's ("Evaluation", "Logical Operators" of its specification): an operand that is unknown or an
// error makes its operator so, unknown before error; only `&&`, `||`, `?:`, `exists` and `all` may do without.
#ifndef RESULTGATE_EXPR_MACHINE_H_
#define RESULTGATE_EXPR_MACHINE_H_

#include <vector>

#include "server/expr/arena.h"
#include "server/expr/expr.h"
#include "server/expr/instruction.h"

namespace resultgate::expr {

// What an evaluation works in, kept for the next one.
struct Memory {
  // A macro that is running.
  struct Frame {
    Value list;
    size_t index = 0;
    size_t size = 0;
    size_t count = 0;  // elements for which the condition holds
    Arena::Mark mark;  // before the element
  };

  std::vector<Value> stack;
  std::vector<Value> locals;
  std::vector<Frame> frames;
  Arena arena;
  // The date of the last time that age() was asked at, and its zone: the same for all of a decision.
  bool has_today = false;
  absl::Time today_at;
  absl::TimeZone today_in;
  absl::CivilDay today;
};

// One run. The activation fits the environment that the code was compiled against.
class Machine {
 public:
  // All must outlive this. Gives back what the evaluation before had taken from the arena.
  Machine(const CompiledCode& code, const Activation& activation, long steps, Memory* memory);

  // A value of the expression's type, Unknown or Error. Views into the activation, the code and the memory's arena.
  Value Run(const Stretch& stretch);

 private:
  using In = const Instruction&;

  Value Limit(const Stretch& stretch) const { return Error{"step limit reached", stretch.offset}; }
  Value Field(In in, const google::protobuf::Message& message) const;
  Value Age(In in, const google::protobuf::Message& message);
  Value Binary(In in, const Value& a, const Value& b);
  Value InList(In in, const Value& value, const Value& list);
  bool InConstants(In in, const Value& value);
  bool InConcepts(In in, const Value& value, const Value& list);
  bool InCodeSet(In in, const Value& value);
  Value List(In in, Value* values);
  Value Index(In in, const Value& list, const Value& index) const;
  Value Call(In in, const Value& value, const Value& argument);
  Value TextTest(In in, absl::string_view text, absl::string_view argument);
  // What keeps an operator from its value: of two values of which one at least is not known, all that is unknown, else the first
  // error.
  Value Blocked(const Value& a, const Value& b);

  bool BeginLoop(In in, Value* top);
  bool NextElement(In in);
  // True if the macro is decided.
  bool EndElement(In in, Value* so_far, const Value& holds);

  const CompiledCode& code_;
  const Activation& activation_;
  long steps_;
  Memory& memory_;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_MACHINE_H_
