#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/expr/assembler.h"
#include "server/expr/canonical.h"
#include "server/expr/checker.h"
#include "server/expr/diagnostics.h"
#include "server/expr/expr.h"
#include "server/expr/lexer.h"
#include "server/expr/machine.h"
#include "server/expr/parser.h"

namespace resultgate::expr {

namespace {

// A variable that is read, and the type that its value must be of.
struct Expected {
  size_t slot = 0;
  const google::protobuf::Descriptor* descriptor = nullptr;
  // Of generated code; nullptr where any message of the type will do.
  const google::protobuf::Reflection* reflection = nullptr;
};

// Something that can be evaluated by itself: the whole, a conjunct, a part.
struct Piece {
  Stretch stretch;
  std::vector<Expected> expected;
};

struct Part {
  std::string text;
  int depth = 0;
  Piece piece;
};

}  // namespace

struct Program::Rep {
  Source source;
  size_t variables = 0;
  long steps = 0;
  ExprPtr root;
  std::vector<std::string> fields, guarded_variables, code_sets;

  CompiledCode code;
  Piece whole;
  std::vector<Conjunct> conjuncts;
  std::vector<const Expr*> conjunct_roots;
  std::vector<Piece> conjunct_pieces;  // in the order of conjuncts
  std::vector<Part> parts;

  Truth Run(const Piece& piece, const Activation& activation, Scratch* scratch) const;
};

namespace {

constexpr char kWrongValues[] = "the values given are not of the types that the expression was checked against";

std::vector<std::string> InOrder(const Uses& uses) {
  std::vector<std::pair<size_t, std::string>> sorted;
  for (const auto& [name, offset] : uses) sorted.emplace_back(offset, name);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> names;
  for (auto& [offset, name] : sorted) names.push_back(std::move(name));
  return names;
}

// True if every binding that is read is of its variable's type, so that reading it is safe.
bool Fits(const Activation& activation, size_t variables, const std::vector<Expected>& expected) {
  if (activation.bindings.size() != variables) return false;
  return std::all_of(expected.begin(), expected.end(), [&activation](const Expected& variable) {
    const Binding& binding = activation.bindings[variable.slot];
    if (binding.message() == nullptr) return true;
    return variable.reflection != nullptr ? binding.reflection() == variable.reflection
                                          : binding.descriptor() == variable.descriptor;
  });
}

// What an expression reads of the activation.
void AddReads(const Expr& expr, Conjunct* conjunct) {
  if (expr.op == Expr::Op::kMessageVariable || expr.op == Expr::Op::kEnumVariable || expr.op == Expr::Op::kTimestampVariable ||
      expr.op == Expr::Op::kHasVariable) {
    conjunct->variables.push_back(expr.slot);
  }
  const bool age = expr.op == Expr::Op::kCall && expr.function == Function::kAge;
  conjunct->reads_now = conjunct->reads_now || age;
  conjunct->reads_zone = conjunct->reads_zone || age || (ReadsZone(expr) && !expr.zone);
  for (const ExprPtr& operand : expr.operands) AddReads(*operand, conjunct);
}

Conjunct ConjunctOf(const Expr& expr, const Program::Source& source) {
  Conjunct conjunct;
  conjunct.text = source.text.substr(expr.begin, expr.end - expr.begin);
  conjunct.key = CanonicalForm(expr);
  AddReads(expr, &conjunct);
  std::vector<size_t>& variables = conjunct.variables;
  std::sort(variables.begin(), variables.end());
  variables.erase(std::unique(variables.begin(), variables.end()), variables.end());
  return conjunct;
}

std::vector<Expected> ExpectedFor(const Conjunct& conjunct, const Environment& environment) {
  std::vector<Expected> expected;
  for (const size_t slot : conjunct.variables) {
    const Environment::Variable& variable = environment.variables[slot];
    if (variable.kind != Environment::Variable::Kind::kMessage) continue;
    expected.push_back({slot, variable.message, GeneratedReflection(variable.message)});
  }
  return expected;
}

// For Program::EvaluateParts.
void AddParts(const Expr& expr, int depth, const Program::Source& source, const Environment& environment,
              const Assembler& assembler, std::vector<Part>* parts) {
  // Deeper than this nobody follows.
  constexpr int kDeepest = 3;
  const bool joins = (expr.op == Expr::Op::kAnd || expr.op == Expr::Op::kOr) && depth < kDeepest;
  // The whole of a conjunction is what the reader knows already; its parts are what is asked.
  if (!joins || depth > 0 || expr.op == Expr::Op::kOr) {
    const Conjunct conjunct = ConjunctOf(expr, source);
    parts->push_back({conjunct.text, depth, {assembler.StretchOf(expr), ExpectedFor(conjunct, environment)}});
    ++depth;
  }
  if (!joins) return;
  for (const ExprPtr& operand : expr.operands) AddParts(*operand, depth, source, environment, assembler, parts);
}

ExprPtr CompileText(const Environment& environment, const Program::Source& source, Checker* checker, Diagnostics* diagnostics) {
  if (source.text.size() > environment.limits.source_bytes) {
    diagnostics->Add(
        0, absl::StrCat("an expression has at most ", environment.limits.source_bytes, " bytes, not ", source.text.size()),
        "split the rule in two");
    return nullptr;
  }
  size_t bad = 0;
  if (!IsValidUtf8(source.text, &bad)) {
    diagnostics->Add(bad, "the text is not valid UTF-8 here");
    return nullptr;
  }
  const std::vector<Token> tokens = Tokenize(source.text, diagnostics);
  const NodePtr tree = Parse(tokens, environment.limits.depth, diagnostics);
  return tree == nullptr ? nullptr : checker->CheckCondition(*tree);
}

}  // namespace

Scratch::Scratch() : memory_(std::make_unique<Memory>()) {}
Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;

bool Conjunct::Reads(size_t variable) const {
  return std::binary_search(variables.begin(), variables.end(), variable);
}

Program::Program(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Program::~Program() = default;

std::shared_ptr<const Program> Program::Compile(const Environment& environment, const Source& source, base::FileIssues* issues) {
  Diagnostics diagnostics(source);
  Checker checker(environment, &diagnostics);
  ExprPtr root = CompileText(environment, source, &checker, &diagnostics);
  diagnostics.AppendTo(issues);
  if (root == nullptr || diagnostics.any()) return nullptr;
  auto rep = std::make_unique<Rep>();
  rep->source = source;
  rep->variables = environment.variables.size();
  rep->steps = environment.limits.steps;
  rep->root = std::move(root);
  rep->fields = InOrder(checker.fields());
  rep->guarded_variables = InOrder(checker.guarded_variables());
  rep->code_sets = InOrder(checker.code_sets());

  const Expr& whole = *rep->root;
  const std::vector<Environment::Variable>& variables = environment.variables;
  const bool generated = std::all_of(variables.begin(), variables.end(), [](const Environment::Variable& variable) {
    return variable.message == nullptr || GeneratedReflection(variable.message) != nullptr;
  });
  if (generated) rep->code.readers.ReadGeneratedOnly();
  Assembler assembler(&rep->code);
  assembler.Assemble(whole);
  rep->whole = {assembler.StretchOf(whole), ExpectedFor(ConjunctOf(whole, source), environment)};
  if (whole.op == Expr::Op::kAnd) {
    for (const ExprPtr& operand : whole.operands) rep->conjunct_roots.push_back(operand.get());
  } else {
    rep->conjunct_roots.push_back(&whole);
  }
  for (const Expr* conjunct : rep->conjunct_roots) {
    rep->conjuncts.push_back(ConjunctOf(*conjunct, source));
    rep->conjunct_pieces.push_back({assembler.StretchOf(*conjunct), ExpectedFor(rep->conjuncts.back(), environment)});
  }
  AddParts(whole, 0, source, environment, assembler, &rep->parts);
  return std::shared_ptr<const Program>(new Program(std::move(rep)));
}

Truth Program::Rep::Run(const Piece& piece, const Activation& activation, Scratch* scratch) const {
  scratch->unknown_facts_ = {};
  scratch->error_ = nullptr;
  if (!Fits(activation, variables, piece.expected)) {
    scratch->error_ = kWrongValues;
    scratch->error_offset_ = std::string::npos;
    return Truth::kUnknown;
  }
  const Value value = Machine(code, activation, steps, scratch->memory_.get()).Run(piece.stretch);
  if (value.is(Value::Kind::kBool)) return value.truth ? Truth::kTrue : Truth::kFalse;
  if (value.is(Value::Kind::kUnknown)) {
    scratch->unknown_facts_ = absl::MakeConstSpan(value.unknown.facts, value.unknown.count);
  } else {
    scratch->error_ = value.error.text;
    scratch->error_offset_ = value.error.offset;
  }
  return Truth::kUnknown;
}

Truth Program::Evaluate(const Activation& activation, Scratch* scratch) const {
  return rep_->Run(rep_->whole, activation, scratch);
}

Truth Program::EvaluateConjunct(size_t index, const Activation& activation, Scratch* scratch) const {
  return rep_->Run(rep_->conjunct_pieces[index], activation, scratch);
}

std::string Program::DescribeError(const Scratch& scratch) const {
  if (scratch.error_ == nullptr) return "";
  if (scratch.error_offset_ == std::string::npos) return scratch.error_;
  const base::Place place = PlaceOf(rep_->source, scratch.error_offset_);
  return absl::StrCat(scratch.error_, " at ", place.line, ":", place.column);
}

Evaluation Program::Own(Truth truth, const Scratch& scratch) const {
  Evaluation evaluation;
  evaluation.truth = truth;
  for (const std::string* fact : scratch.unknown_facts()) evaluation.unknown_facts.push_back(*fact);
  evaluation.error = DescribeError(scratch);
  return evaluation;
}

Evaluation Program::Evaluate(const Activation& activation) const {
  Scratch scratch;
  return Own(Evaluate(activation, &scratch), scratch);
}

std::vector<PartTruth> Program::EvaluateParts(const Activation& activation) const {
  Scratch scratch;
  std::vector<PartTruth> parts;
  for (const Part& part : rep_->parts) {
    parts.push_back({part.text, part.depth, Own(rep_->Run(part.piece, activation, &scratch), scratch)});
  }
  return parts;
}

const std::vector<Conjunct>& Program::conjuncts() const {
  return rep_->conjuncts;
}
const std::vector<std::string>& Program::fields() const {
  return rep_->fields;
}
const std::vector<std::string>& Program::guarded_variables() const {
  return rep_->guarded_variables;
}
const std::vector<std::string>& Program::code_sets() const {
  return rep_->code_sets;
}
const std::string& Program::text() const {
  return rep_->source.text;
}
const Expr& Program::root() const {
  return *rep_->root;
}
const Expr& Program::conjunct_root(size_t index) const {
  return *rep_->conjunct_roots[index];
}

}  // namespace resultgate::expr
