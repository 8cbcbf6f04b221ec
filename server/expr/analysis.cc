#include "server/expr/analysis.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/expr/typed.h"

namespace resultgate::expr {
namespace {

// More alternatives than this are not looked at: nobody writes them by hand.
constexpr size_t kMostAlternatives = 200;

using Strings = std::set<std::string>;

bool Includes(const Strings& outer, const Strings& inner) {
  return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

Strings Common(const Strings& a, const Strings& b) {
  Strings common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(common, common.end()));
  return common;
}

Strings Without(const Strings& a, const Strings& b) {
  Strings rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(rest, rest.end()));
  return rest;
}

}  // namespace

Domain Domain::OneOf(Strings values, Strings all) {
  Domain domain;
  domain.values = std::move(values);
  domain.all = std::move(all);
  return domain;
}

Domain Domain::AnyOf(Strings values) {
  Domain domain;
  domain.kind = Kind::kAnyOf;
  domain.values = std::move(values);
  return domain;
}

bool Domain::empty() const {
  switch (kind) {
    case Kind::kValues:
      return except ? !all.empty() && Includes(values, all) : values.empty();
    case Kind::kRange:
      return least > most || (least == most && (least_open || most_open));
    case Kind::kAnyOf:
      return values.empty();
  }
  return false;
}

bool Domain::IsWithin(const Domain& other) const {
  if (kind != other.kind) return false;
  if (kind == Kind::kRange) {
    const bool above = least > other.least || (least == other.least && (least_open || !other.least_open));
    const bool below = most < other.most || (most == other.most && (most_open || !other.most_open));
    return above && below;
  }
  if (kind == Kind::kAnyOf) return Includes(other.values, values);
  if (!except) return other.except ? Common(values, other.values).empty() : Includes(other.values, values);
  if (other.except) return Includes(values, other.values);
  return !all.empty() && Includes(other.values, Without(all, values));
}

bool Domain::Narrow(const Domain& other) {
  if (kind != other.kind || kind == Kind::kAnyOf) return false;
  if (kind == Kind::kRange) {
    if (other.least > least || (other.least == least && other.least_open)) {
      least = other.least;
      least_open = other.least_open;
    }
    if (other.most < most || (other.most == most && other.most_open)) {
      most = other.most;
      most_open = other.most_open;
    }
    return true;
  }
  if (all.empty()) all = other.all;
  if (except && other.except) {
    values.insert(other.values.begin(), other.values.end());
  } else if (except) {
    values = Without(other.values, values);
    except = false;
  } else {
    values = other.except ? Without(values, other.values) : Common(values, other.values);
  }
  return true;
}

bool ExactNumber(const Expr& expr, double* number) {
  if (expr.op != Expr::Op::kConstant) return false;
  if (const auto* i = expr.constant.If<int64_t>()) *number = static_cast<double>(*i);
  if (const auto* u = expr.constant.If<uint64_t>()) *number = static_cast<double>(*u);
  if (const auto* d = expr.constant.If<double>()) *number = *d;
  // Beyond this a double no longer tells whole numbers apart.
  constexpr double kExact = 9007199254740992.0;
  return expr.type.numeric() && std::abs(*number) < kExact;
}

std::vector<Domain> RangesOf(Expr::Op op, double number, bool whole) {
  using Op = Expr::Op;
  whole = whole && number == std::floor(number);
  Domain range;
  range.kind = Domain::Kind::kRange;
  const auto above = [&](bool open) {
    Domain domain = range;
    domain.least = open && whole ? number + 1 : number;
    domain.least_open = open && !whole;
    return domain;
  };
  const auto below = [&](bool open) {
    Domain domain = range;
    domain.most = open && whole ? number - 1 : number;
    domain.most_open = open && !whole;
    return domain;
  };
  switch (op) {
    case Op::kLess:
      return {below(true)};
    case Op::kLessOrEqual:
      return {below(false)};
    case Op::kGreater:
      return {above(true)};
    case Op::kGreaterOrEqual:
      return {above(false)};
    case Op::kNotEqual:
      return {below(true), above(true)};
    default:
      range.least = range.most = number;
      return {range};
  }
}

// Takes a typed expression apart.
class ConditionBuilder {
 public:
  using Terms = std::vector<Condition::Term>;
  using Op = Expr::Op;

  explicit ConditionBuilder(absl::string_view source) : source_(source) {}

  Condition Build(const Expr& root) {
    Condition condition;
    condition.alternatives_ = Of(root, false);
    // It always holds if its contrary never does.
    const Terms contrary = Of(root, true);
    condition.always_ = contrary.empty() && !too_many_;
    if (too_many_) condition.alternatives_ = {{{std::string(source_), Flag(true)}}};
    return condition;
  }

 private:
  static Domain Flag(bool value) { return Domain::OneOf({value ? "true" : "false"}, {"false", "true"}); }

  Terms Of(const Expr& expr, bool negated) {
    switch (expr.op) {
      case Op::kAnd:
      case Op::kOr:
        return (expr.op == Op::kAnd) != negated ? All(expr, negated) : Any(expr, negated);
      case Op::kNot:
        return Of(*expr.operands[0], !negated);
      case Op::kConditional: {
        Terms terms = Both(Of(*expr.operands[0], false), Of(*expr.operands[1], negated));
        Append(Both(Of(*expr.operands[0], true), Of(*expr.operands[2], negated)), &terms);
        return terms;
      }
      case Op::kConstant:
        if (const bool* value = expr.constant.If<bool>()) return *value != negated ? Terms(1) : Terms();
        break;
      case Op::kEqual:
      case Op::kNotEqual:
      case Op::kLess:
      case Op::kLessOrEqual:
      case Op::kGreater:
      case Op::kGreaterOrEqual:
        return Comparison(expr, negated);
      case Op::kInList:
        return InList(expr, negated);
      default:
        break;
    }
    return Opaque(expr, negated);
  }

  Terms All(const Expr& expr, bool negated) {
    Terms terms(1);
    for (const ExprPtr& operand : expr.operands) terms = Both(terms, Of(*operand, negated));
    return terms;
  }

  Terms Any(const Expr& expr, bool negated) {
    Terms terms;
    for (const ExprPtr& operand : expr.operands) Append(Of(*operand, negated), &terms);
    return terms;
  }

  void Append(Terms more, Terms* terms) {
    terms->insert(terms->end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    too_many_ = too_many_ || terms->size() > kMostAlternatives;
    if (too_many_) terms->resize(std::min(terms->size(), kMostAlternatives));
  }

  Terms Both(const Terms& left, const Terms& right) {
    Terms terms;
    if (left.size() * right.size() > kMostAlternatives) {
      too_many_ = true;
      return left;
    }
    for (const Condition::Term& a : left) {
      for (const Condition::Term& b : right) {
        Condition::Term both = a;
        if (Condition::Intersect(&both, b)) terms.push_back(std::move(both));
      }
    }
    return terms;
  }

  // Its text without blanks outside of quotes: the same words mean the same.
  std::string TextOf(const Expr& expr) const {
    std::string text;
    char quote = 0;
    for (const char c : source_.substr(expr.begin, expr.end - expr.begin)) {
      if (quote == 0 && absl::ascii_isspace(static_cast<unsigned char>(c))) continue;
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
      text.push_back(c);
    }
    while (IsBracketed(text)) text = text.substr(1, text.size() - 2);
    return text;
  }

  // True if its first bracket closes with its last: `(a)`, not `(a) + (b)`.
  static bool IsBracketed(absl::string_view text) {
    if (text.size() < 2 || text.front() != '(') return false;
    int depth = 0;
    char quote = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
        continue;
      }
      if (c == '"' || c == '\'') quote = c;
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) return i + 1 == text.size();
    }
    return false;
  }

  Terms Opaque(const Expr& expr, bool negated) { return {{{TextOf(expr), Flag(!negated)}}}; }

  // The fact that `expr` reads, or empty: fields and age().
  std::string SubjectOf(const Expr& expr) const {
    const bool fact = expr.op == Op::kEnumVariable || (expr.op == Op::kField && expr.type.kind != Type::Kind::kList) ||
                      (expr.op == Op::kCall && expr.function == Function::kAge);
    return fact ? TextOf(expr) : "";
  }

  // A constant as a value of a list; empty for what is none.
  static std::string ValueOf(const Expr& expr) {
    if (expr.op != Op::kConstant) return "";
    if (const auto* number = expr.constant.If<EnumNumber>()) return absl::StrCat(number->number);
    if (const auto* text = expr.constant.If<Text>()) return absl::StrCat("\"", text->view());
    if (const bool* truth = expr.constant.If<bool>()) return *truth ? "true" : "false";
    return "";
  }

  static Strings AllOf(const Type& type) {
    Strings all;
    if (type.kind == Type::Kind::kBool) all = {"false", "true"};
    if (type.enumeration == nullptr) return all;
    for (int i = 0; i < type.enumeration->value_count(); ++i) all.insert(absl::StrCat(type.enumeration->value(i)->number()));
    return all;
  }

  Terms Comparison(const Expr& expr, bool negated) {
    const Expr* left = expr.operands[0].get();
    const Expr* right = expr.operands[1].get();
    Op op = expr.op;
    if (SubjectOf(*left).empty()) {
      std::swap(left, right);
      op = Mirrored(op);
    }
    const std::string subject = SubjectOf(*left);
    if (subject.empty()) return Opaque(expr, negated);
    if (negated) op = Contrary(op);
    if (const std::string value = ValueOf(*right); !value.empty() && (op == Op::kEqual || op == Op::kNotEqual)) {
      Domain domain = Domain::OneOf({value}, AllOf(left->type));
      domain.except = op == Op::kNotEqual;
      return domain.empty() ? Terms() : Terms{{{subject, domain}}};
    }
    double number = 0;
    if (!left->type.numeric() || !ExactNumber(*right, &number)) return Opaque(expr, negated);
    Terms terms;
    for (const Domain& range : RangesOf(op, number, left->type.kind != Type::Kind::kDouble)) terms.push_back({{subject, range}});
    return terms;
  }

  static Op Contrary(Op op) {
    if (op == Op::kLess) return Op::kGreaterOrEqual;
    if (op == Op::kLessOrEqual) return Op::kGreater;
    if (op == Op::kGreater) return Op::kLessOrEqual;
    if (op == Op::kGreaterOrEqual) return Op::kLess;
    return op == Op::kEqual ? Op::kNotEqual : Op::kEqual;
  }

  // `x in [A, B]` with constants only.
  Terms InList(const Expr& expr, bool negated) {
    const std::string subject = SubjectOf(*expr.operands[0]);
    const Expr& list = *expr.operands[1];
    if (subject.empty() || list.op != Op::kList) return Opaque(expr, negated);
    Domain domain = Domain::OneOf({}, AllOf(expr.operands[0]->type));
    for (const ExprPtr& element : list.operands) {
      const std::string value = ValueOf(*element);
      if (value.empty()) return Opaque(expr, negated);
      domain.values.insert(value);
    }
    domain.except = negated;
    return domain.empty() ? Terms() : Terms{{{subject, domain}}};
  }

  const absl::string_view source_;
  bool too_many_ = false;
};

bool Condition::Intersect(Term* term, const Term& other) {
  for (const auto& [subject, domain] : other) {
    const auto [found, added] = term->emplace(subject, domain);
    if (!added && !found->second.Narrow(domain)) {
      // Both are required, each in its own way.
      term->emplace(absl::StrCat(subject, " "), domain);
    }
    if (found->second.empty()) return false;
  }
  return true;
}

Condition Condition::Of(const Program& program) {
  return ConditionBuilder(program.text()).Build(program.root());
}

void Condition::Require(const std::string& subject, const Domain& domain) {
  Condition other;
  other.alternatives_ = {{{subject, domain}}};
  other.always_ = false;
  Require(other);
}

void Condition::Require(const Condition& other) {
  std::vector<Term> both;
  for (const Term& a : alternatives_) {
    for (const Term& b : other.alternatives_) {
      Term term = a;
      if (Intersect(&term, b)) both.push_back(std::move(term));
    }
  }
  alternatives_ = std::move(both);
  always_ = always_ && other.always_;
}

bool Condition::Implies(const Condition& other) const {
  const auto within = [](const Term& inner, const Term& outer) {
    return std::all_of(outer.begin(), outer.end(), [&inner](const auto& constraint) {
      const auto found = inner.find(constraint.first);
      return found != inner.end() && found->second.IsWithin(constraint.second);
    });
  };
  return std::all_of(alternatives_.begin(), alternatives_.end(), [&](const Term& term) {
    return std::any_of(other.alternatives_.begin(), other.alternatives_.end(),
                       [&](const Term& outer) { return within(term, outer); });
  });
}

bool Condition::Excludes(const Condition& other) const {
  Condition both = *this;
  both.Require(other);
  return both.NeverHolds();
}

}  // namespace resultgate::expr
