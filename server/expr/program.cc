#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/expr/checker.h"
#include "server/expr/diagnostics.h"
#include "server/expr/evaluator.h"
#include "server/expr/expr.h"
#include "server/expr/lexer.h"
#include "server/expr/parser.h"

namespace resultgate::expr {

struct Program::Rep {
  Source source;
  std::vector<Environment::Variable> variables;
  long steps = 0;
  size_t local_slots = 0;
  ExprPtr root;
  std::vector<std::string> fields, guarded_variables, code_sets;
};

namespace {

std::vector<std::string> InOrder(const Uses& uses) {
  std::vector<std::pair<size_t, std::string>> sorted;
  for (const auto& [name, offset] : uses) sorted.emplace_back(offset, name);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> names;
  for (auto& [offset, name] : sorted) names.push_back(std::move(name));
  return names;
}

// True if every binding is of its variable's type, so that reading it is safe.
bool Fits(const Activation& activation, const std::vector<Environment::Variable>& variables) {
  if (activation.bindings.size() != variables.size()) return false;
  for (size_t i = 0; i < variables.size(); ++i) {
    const google::protobuf::Message* message = activation.bindings[i].message;
    if (variables[i].kind == Environment::Variable::Kind::kMessage && message != nullptr &&
        message->GetDescriptor() != variables[i].message) {
      return false;
    }
  }
  return true;
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
  rep->variables = environment.variables;
  rep->steps = environment.limits.steps;
  rep->local_slots = checker.local_slots();
  rep->root = std::move(root);
  rep->fields = InOrder(checker.fields());
  rep->guarded_variables = InOrder(checker.guarded_variables());
  rep->code_sets = InOrder(checker.code_sets());
  return std::shared_ptr<const Program>(new Program(std::move(rep)));
}

Evaluation Program::Evaluate(const Activation& activation) const {
  return EvaluateExpr(*rep_->root, activation);
}

std::vector<PartTruth> Program::EvaluateParts(const Activation& activation) const {
  std::vector<PartTruth> parts;
  AddParts(*rep_->root, 0, activation, &parts);
  return parts;
}

void Program::AddParts(const Expr& expr, int depth, const Activation& activation, std::vector<PartTruth>* parts) const {
  // Deeper than this nobody follows.
  constexpr int kDeepest = 3;
  const bool joins = (expr.op == Expr::Op::kAnd || expr.op == Expr::Op::kOr) && depth < kDeepest;
  // The whole of a conjunction is what the reader knows already; its parts are what is asked.
  if (!joins || depth > 0 || expr.op == Expr::Op::kOr) {
    parts->push_back({rep_->source.text.substr(expr.begin, expr.end - expr.begin), depth, EvaluateExpr(expr, activation)});
    ++depth;
  }
  if (!joins) return;
  for (const ExprPtr& operand : expr.operands) AddParts(*operand, depth, activation, parts);
}

Evaluation Program::EvaluateExpr(const Expr& expr, const Activation& activation) const {
  Evaluation evaluation;
  if (!Fits(activation, rep_->variables)) {
    evaluation.error = "the values given are not of the types that the expression was checked against";
    return evaluation;
  }
  const Value value = Evaluator(activation, rep_->steps, rep_->local_slots).Evaluate(expr);
  if (const auto* truth = value.If<bool>()) {
    evaluation.truth = *truth ? Truth::kTrue : Truth::kFalse;
  } else if (const auto* unknown = value.If<Unknown>()) {
    for (const std::string* fact : unknown->facts) evaluation.unknown_facts.push_back(*fact);
  } else if (const auto* error = value.If<Error>()) {
    const base::Place place = PlaceOf(rep_->source, error->offset);
    evaluation.error = absl::StrCat(error->text, " at ", place.line, ":", place.column);
  }
  return evaluation;
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

}  // namespace resultgate::expr
