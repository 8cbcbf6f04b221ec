// The expression language of rules: a subset of CEL (Common Expression Language, github.com/google/cel-spec), typed by protobuf
// descriptors, with three-valued logic over absent facts. It knows nothing of results.
//
// What is in: literals (int, uint `1u`, double, string with escapes, raw strings `r"…"`, triple quotes, bool, null), lists, field
// selection, index, `has(a.b)`, `+ - * / %`, comparison, `in`, `&& || !`, `?:`, the macros `exists`, `all`, `exists_one`, `size`,
// `startsWith`, `endsWith`, `contains`, `matches` (RE2), `int() uint() double() string() bool()`, `timestamp("…")`,
// `duration("…")` and their accessors (`getFullYear`, `getMonth`, `getDate`, `getDayOfMonth`, `getDayOfWeek`, `getDayOfYear`,
// `getHours`, `getMinutes`, `getSeconds`, `getMilliseconds`, with an optional time zone), `age(message)` (whole years from the
// message's text field `birth_date` to `now`, in the activation's zone; unknown where it is absent or too coarse to tell),
// `valueset("name")`. Patterns, time zones and names of value sets are literals, so that they are checked here.
// Everything else of CEL is refused at compile time by a message that says so and what to write instead.
//
// Differences from CEL, all on purpose:
// - An absent `optional` field (or absent singular message field or oneof member) is unknown, not a default value, and so is what
//   is selected through it. `unknown` flows through operators as an error does, and before it; `&&` and `||` are commutative over
//   both (false && unknown is false), and so are `exists` and `all`; `exists_one` needs to know every element. `has()` is always
//   known.
// - An enumeration value is a bare name without its type's prefix, checked against what it is compared with: `status == FINAL`.
//   Enumerations are no numbers and have no order. A variable of the same name comes first.
// - A message whose only field is `repeated … values` reads as that list, absence as unknown.
// - Messages have no `==`. `x in valueset("v")`: x is a coding (a message with texts `system` and `code`), a concept (a message
// with
//   `codings`; any of them counts) or a list of either (any element counts). `x in y`, y being a list of codings or concepts: any
//   coding of x equals a coding of an element of y, by system and code. A coding without a code is in nothing.
// - Numbers of different types compare by their values (with a double, as doubles), in `==` and `in` too; arithmetic never mixes
//   them.
// - The elements of a list are of one type; maps and bytes cannot be read.
// - `double("…")` takes finite decimal numbers only: `nan` is an error. Durations hold up to 2^63 ns, some 292 years, either way.
// - Accessors without a zone read in the activation's zone, not in UTC.
//
// Guarantee: evaluation ends. There are no loops but macros over finite lists, and steps are counted: past Limits::steps it is an
// error, which nothing absorbs.
//
// A condition is compiled to instructions for a small machine. Evaluating with a Scratch that has seen such work before allocates
// nothing; what is left to the libraries is `timestamp(text)` of a text that is not written in the rule, and `matches`, whose
// pattern RE2 may learn more about.
//
// Thread-safety: a compiled Program is immutable and may be evaluated from many threads at once, each with a Scratch of its own.
// No exception leaves this folder.
#ifndef RESULTGATE_EXPR_EXPR_H_
#define RESULTGATE_EXPR_EXPR_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/base/file_issue.h"

namespace resultgate::expr {

// Limits with their reasons.
struct Limits {
  // A rule is read by people; 20 kB is beyond any of them.
  size_t source_bytes = 20'000;
  // Nested brackets and operators; keeps recursion shallow.
  int depth = 64;
  // Nodes evaluated in one run: a thousand observations with a thousand steps each.
  long steps = 1'000'000;
};

// A set of codes that `valueset("…")` can name.
class CodeSet {
 public:
  virtual ~CodeSet() = default;
  virtual bool Contains(absl::string_view system, absl::string_view code) const = 0;
};

// What an expression may speak of.
struct Environment {
  struct Variable {
    enum class Kind { kMessage, kEnum, kTimestamp };
    std::string name;
    Kind kind = Kind::kMessage;
    const google::protobuf::Descriptor* message = nullptr;          // kMessage
    const google::protobuf::EnumDescriptor* enumeration = nullptr;  // kEnum
  };

  std::vector<Variable> variables;
  // The set of that name, or nullptr. Must outlive the programs compiled with it.
  std::function<const CodeSet*(absl::string_view name)> find_code_set;
  // For suggestions.
  std::vector<std::string> code_set_names;
  Limits limits;
};

// The value of one variable. Knows the type of its message, so that a program finds out at no cost whether it may read it.
class Binding {
 public:
  // An absent message: `has()` of it is false, what is selected from it unknown.
  Binding() = default;
  // NOLINTBEGIN(google-explicit-constructor): a binding is written as what it holds.
  // kMessage; nullptr for an absent one. The message must stay as long as the binding is used.
  Binding(const google::protobuf::Message* message)
      : message_(message),
        descriptor_(message == nullptr ? nullptr : message->GetDescriptor()),
        reflection_(message == nullptr ? nullptr : message->GetReflection()) {}
  Binding(int enum_number) : enum_number_(enum_number) {}
  Binding(absl::Time time) : time_(time) {}
  // NOLINTEND(google-explicit-constructor)

  // The same variable's value elsewhere: a message of the same type, or nullptr for an absent one.
  template <typename Message>
  void Rebind(const Message* message) {
    if (message != nullptr && descriptor_ == nullptr) *this = Binding(message);
    message_ = message;
  }

  const google::protobuf::Message* message() const { return message_; }
  const google::protobuf::Descriptor* descriptor() const { return descriptor_; }
  const google::protobuf::Reflection* reflection() const { return reflection_; }
  int enum_number() const { return enum_number_; }
  absl::Time time() const { return time_; }

 private:
  const google::protobuf::Message* message_ = nullptr;
  const google::protobuf::Descriptor* descriptor_ = nullptr;
  const google::protobuf::Reflection* reflection_ = nullptr;
  int enum_number_ = 0;
  absl::Time time_;
};

// Values for evaluations, in the order of Environment::variables. Made without allocation for up to eight variables; for the next
// unit or audience, change the bindings that differ.
struct Activation {
  absl::InlinedVector<Binding, 8> bindings;
  absl::Time now;       // for age()
  absl::TimeZone zone;  // for age() and accessors without a zone
};

enum class Truth { kFalse, kTrue, kUnknown };

// What an evaluation came to.
struct Evaluation {
  Truth truth = Truth::kUnknown;
  // For kUnknown: the absent facts that it hangs on, as `patient.known_conditions`, without repetition, in order.
  std::vector<std::string> unknown_facts;
  // For kUnknown by an error (division by zero, overflow, bad conversion, step limit): what went wrong and where, as
  // `division by zero at 12:7`. Never holds data.
  std::string error;
};

// Working memory for evaluations, one after another, and what the last of them says beyond its truth. Grows to what the largest
// has needed. For one thread at a time.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(Scratch&&) noexcept;
  Scratch& operator=(Scratch&&) noexcept;

  // After kUnknown: the names of the absent facts that it hangs on, without repetition, in order; empty where an error is the
  // reason. The span is good until the next evaluation, the texts as long as the program.
  absl::Span<const std::string* const> unknown_facts() const { return unknown_facts_; }
  // After kUnknown by an error: what went wrong; nullptr where there was none. Program::DescribeError adds the place.
  const char* error() const { return error_; }
  // The byte of the source text that it happened at; npos where it is of none of them.
  size_t error_offset() const { return error_offset_; }

 private:
  friend class Program;

  std::unique_ptr<struct Memory> memory_;
  absl::Span<const std::string* const> unknown_facts_;
  const char* error_ = nullptr;
  size_t error_offset_ = 0;
};

// One of the parts that `&&` joins at the top of a condition; a condition without `&&` is one part.
//
// What the parts come to, joined by Conjunction in their order, is what the whole comes to, with the same missing facts. Only the
// step limit counts for each part by itself.
struct Conjunct {
  // As written.
  std::string text;
  // Equal exactly for parts that mean the same (of programs of one environment), however they are written: what one has come to
  // for the same values holds for all. Only the place of an error and the addresses of names are each program's own.
  std::string key;
  // Indexes of Environment::variables that it reads, in order, each once.
  std::vector<size_t> variables;
  // Reads Activation::now, in age(). The variable `now` is among the variables.
  bool reads_now = false;
  // Reads Activation::zone.
  bool reads_zone = false;

  bool Reads(size_t variable) const;
};

// `&&` of what conjuncts came to: false if any is; unknown if any is; true.
inline Truth Conjunction(Truth a, Truth b) {
  if (a == Truth::kFalse || b == Truth::kFalse) return Truth::kFalse;
  return a == Truth::kUnknown ? a : b;
}

// A part of a condition, as written, and what it came to.
struct PartTruth {
  std::string text;
  int depth = 0;  // 0: a part of the whole; 1: a part of the part before it with depth 0; …
  Evaluation evaluation;
};

struct Expr;

class Program {
 public:
  // Where a source text stands in its file: `first_line` and `first_column` are the place of its first byte, and every later
  // line begins at `indent` + 1 (a YAML block scalar keeps no indentation of its own). An issue's source line shows blanks for
  // what stands before the text in its file.
  struct Source {
    std::string text;
    std::string file;
    int first_line = 1;
    int first_column = 1;
    int indent = 0;
  };

  // Parses, checks types and compiles an expression that must be of type bool. All mistakes found are appended to `issues`, each
  // with its place, the source line and a suggestion; then the result is null.
  static std::shared_ptr<const Program> Compile(const Environment& environment, const Source& source, base::FileIssues* issues);

  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The hot path. For kUnknown, `scratch` says why.
  Truth Evaluate(const Activation& activation, Scratch* scratch) const;

  // The parts of the condition, at least one, and one of them evaluated by itself. False of one makes the whole false; among
  // the others, missing facts come before errors, and the first error counts.
  const std::vector<Conjunct>& conjuncts() const;
  Truth EvaluateConjunct(size_t index, const Activation& activation, Scratch* scratch) const;

  // `division by zero at 12:7`: the error that the last evaluation of this program with `scratch` met; empty if none. For people.
  std::string DescribeError(const Scratch& scratch) const;

  // For people: the same as values that own what they say.
  Evaluation Evaluate(const Activation& activation) const;
  // The same, for the parts that `&&` and `||` join, in the order of the text; a condition of one part is that part. For people:
  // every part is evaluated, whether the whole needs it or not.
  std::vector<PartTruth> EvaluateParts(const Activation& activation) const;

  // The paths of fields that the expression reads, from the variable down, without repetition, in order:
  // `observation.interpretation`, `report.conclusion_codes`. A variable of its own stands by its name. Fields read inside a macro
  // count from what it runs over.
  const std::vector<std::string>& fields() const;
  // The variables tested by `has(variable)` itself.
  const std::vector<std::string>& guarded_variables() const;
  // The value sets named.
  const std::vector<std::string>& code_sets() const;

  // The text, and what it means (typed.h): for what this folder says about conditions.
  const std::string& text() const;
  const Expr& root() const;
  const Expr& conjunct_root(size_t index) const;

 private:
  struct Rep;
  explicit Program(std::unique_ptr<Rep> rep);
  Evaluation Own(Truth truth, const Scratch& scratch) const;
  std::unique_ptr<Rep> rep_;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_EXPR_H_
