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
// Thread-safety: a compiled Program is immutable and may be evaluated from many threads at once. No exception leaves this folder.
#ifndef RESULTGATE_EXPR_EXPR_H_
#define RESULTGATE_EXPR_EXPR_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
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

// Values for one evaluation, in the order of Environment::variables.
struct Activation {
  struct Binding {
    const google::protobuf::Message* message = nullptr;  // kMessage; nullptr: absent, has() of it is false
    int enum_number = 0;                                 // kEnum
    absl::Time time;                                     // kTimestamp
  };

  std::vector<Binding> bindings;
  absl::Time now;
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

 private:
  struct Rep;
  Evaluation EvaluateExpr(const Expr& expr, const Activation& activation) const;
  void AddParts(const Expr& expr, int depth, const Activation& activation, std::vector<PartTruth>* parts) const;
  explicit Program(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_EXPR_H_
