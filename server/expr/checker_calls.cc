// The functions and macros of the language: their forms, and what is said of CEL's others.
#include <algorithm>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/expr/checker.h"
#include "server/expr/conversion.h"
#include "server/expr/functions.h"
#include "server/expr/time_functions.h"

namespace resultgate::expr {

using google::protobuf::FieldDescriptor;
using Kind = Type::Kind;
using Op = Expr::Op;

namespace {

constexpr int kPatternMemory = 1 << 20;  // bytes that RE2 may use for one pattern

struct Form {
  absl::string_view name;
  Function function;
  bool receiver;  // x.name(…)
  Kind first;     // the receiver or the first argument
  Kind second;    // kError: no second argument; kAny: an optional zone, as text
  Kind result;
};

constexpr Kind kNone = Kind::kError;
constexpr Kind kZone = Kind::kAny;

constexpr Form kForms[] = {
    {"size", Function::kSize, false, Kind::kString, kNone, Kind::kInt},
    {"size", Function::kSize, false, Kind::kList, kNone, Kind::kInt},
    {"size", Function::kSize, true, Kind::kString, kNone, Kind::kInt},
    {"size", Function::kSize, true, Kind::kList, kNone, Kind::kInt},
    {"startsWith", Function::kStartsWith, true, Kind::kString, Kind::kString, Kind::kBool},
    {"endsWith", Function::kEndsWith, true, Kind::kString, Kind::kString, Kind::kBool},
    {"contains", Function::kContains, true, Kind::kString, Kind::kString, Kind::kBool},
    {"matches", Function::kMatches, true, Kind::kString, Kind::kString, Kind::kBool},
    {"matches", Function::kMatches, false, Kind::kString, Kind::kString, Kind::kBool},
    {"int", Function::kToInt, false, Kind::kInt, kNone, Kind::kInt},
    {"int", Function::kToInt, false, Kind::kUint, kNone, Kind::kInt},
    {"int", Function::kToInt, false, Kind::kDouble, kNone, Kind::kInt},
    {"int", Function::kToInt, false, Kind::kString, kNone, Kind::kInt},
    {"int", Function::kToInt, false, Kind::kTimestamp, kNone, Kind::kInt},
    {"uint", Function::kToUint, false, Kind::kUint, kNone, Kind::kUint},
    {"uint", Function::kToUint, false, Kind::kInt, kNone, Kind::kUint},
    {"uint", Function::kToUint, false, Kind::kDouble, kNone, Kind::kUint},
    {"uint", Function::kToUint, false, Kind::kString, kNone, Kind::kUint},
    {"double", Function::kToDouble, false, Kind::kDouble, kNone, Kind::kDouble},
    {"double", Function::kToDouble, false, Kind::kInt, kNone, Kind::kDouble},
    {"double", Function::kToDouble, false, Kind::kUint, kNone, Kind::kDouble},
    {"double", Function::kToDouble, false, Kind::kString, kNone, Kind::kDouble},
    {"string", Function::kToString, false, Kind::kString, kNone, Kind::kString},
    {"string", Function::kToString, false, Kind::kBool, kNone, Kind::kString},
    {"string", Function::kToString, false, Kind::kInt, kNone, Kind::kString},
    {"string", Function::kToString, false, Kind::kUint, kNone, Kind::kString},
    {"string", Function::kToString, false, Kind::kDouble, kNone, Kind::kString},
    {"string", Function::kToString, false, Kind::kTimestamp, kNone, Kind::kString},
    {"string", Function::kToString, false, Kind::kDuration, kNone, Kind::kString},
    {"bool", Function::kToBool, false, Kind::kBool, kNone, Kind::kBool},
    {"bool", Function::kToBool, false, Kind::kString, kNone, Kind::kBool},
    {"timestamp", Function::kToTimestamp, false, Kind::kString, kNone, Kind::kTimestamp},
    {"timestamp", Function::kToTimestamp, false, Kind::kInt, kNone, Kind::kTimestamp},
    {"timestamp", Function::kToTimestamp, false, Kind::kTimestamp, kNone, Kind::kTimestamp},
    {"duration", Function::kToDuration, false, Kind::kString, kNone, Kind::kDuration},
    {"duration", Function::kToDuration, false, Kind::kDuration, kNone, Kind::kDuration},
    {"getFullYear", Function::kGetFullYear, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getMonth", Function::kGetMonth, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getDate", Function::kGetDate, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getDayOfMonth", Function::kGetDayOfMonth, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getDayOfWeek", Function::kGetDayOfWeek, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getDayOfYear", Function::kGetDayOfYear, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getHours", Function::kGetHours, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getMinutes", Function::kGetMinutes, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getSeconds", Function::kGetSeconds, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getMilliseconds", Function::kGetMilliseconds, true, Kind::kTimestamp, kZone, Kind::kInt},
    {"getHours", Function::kGetHours, true, Kind::kDuration, kNone, Kind::kInt},
    {"getMinutes", Function::kGetMinutes, true, Kind::kDuration, kNone, Kind::kInt},
    {"getSeconds", Function::kGetSeconds, true, Kind::kDuration, kNone, Kind::kInt},
    {"getMilliseconds", Function::kGetMilliseconds, true, Kind::kDuration, kNone, Kind::kInt},
};

// What is a macro, or is checked in a way of its own, and how it is written.
struct Special {
  absl::string_view name;
  bool receiver;
  absl::string_view form;
};
constexpr Special kSpecials[] = {
    {"exists", true, "list.exists(x, condition on x)"},
    {"all", true, "list.all(x, condition on x)"},
    {"exists_one", true, "list.exists_one(x, condition on x)"},
    {"has", false, "has(a.b)"},
    {"age", false, "age(patient)"},
    {"valueset", false, "x in valueset(\"name\")"},
};

// What CEL or its usual extensions have and this subset has not, and what to write instead.
struct Refusal {
  absl::string_view name, instead;
};
constexpr Refusal kRefusals[] = {
    {"map", "put the step into `exists`, `all` or `exists_one`"},
    {"filter", "put the condition into `exists`, `all` or `exists_one`"},
    {"existsOne", "write `exists_one`"},
    {"type", "types are known before: compare the value itself"},
    {"dyn", "leave it out: numbers of all types compare as they are"},
    {"bytes", "compare texts"},
    {"optional", "an absent field is unknown by itself; ask with `has(a.b)`"},
    {"orValue", "write `has(a.b) ? a.b : other`"},
    {"or", "write `||`"},
    {"and", "write `&&`"},
    {"not", "write `!`"},
    {"if", "write `condition ? a : b`"},
    {"lowerAscii", "write `matches(\"(?i)…\")`"},
    {"upperAscii", "write `matches(\"(?i)…\")`"},
    {"toLower", "write `matches(\"(?i)…\")`"},
    {"length", "write `size`"},
    {"count", "write `size`"},
    {"any", "write `exists`"},
    {"some", "write `exists`"},
    {"every", "write `all`"},
    {"isEmpty", "write `size(x) == 0`"},
    {"startswith", "write `startsWith`"},
    {"endswith", "write `endsWith`"},
    {"includes", "write `x in list`, or `text.contains(…)`"},
    {"defined", "write `has(a.b)`"},
};

// `string.startsWith(string)`
std::string Signature(const Form& form) {
  const std::string first = form.first == Kind::kList ? "list" : NameOf(Simple(form.first));
  const std::string second = form.second == kNone ? "" : form.second == kZone ? "zone" : NameOf(Simple(form.second));
  if (form.receiver) return absl::StrCat(first, ".", form.name, "(", second, ")");
  return absl::StrCat(form.name, "(", first, second.empty() ? "" : ", ", second, ")");
}

bool IsPathOfFields(const Node& node) {
  if (node.kind == Node::Kind::kSelect) return IsPathOfFields(*node.children[0]);
  return node.kind == Node::Kind::kIdentifier;
}

bool IsZoneless(Function function) {
  return function < Function::kGetFullYear || function > Function::kGetMilliseconds;
}

}  // namespace

bool Checker::RequireArguments(const Node& node, size_t count, const std::string& form) {
  const size_t given = node.children.size() - (node.has_receiver ? 1 : 0);
  if (given == count) return true;
  Mistake(node, absl::StrCat("`", node.text, "` takes ", count, count == 1 ? " argument" : " arguments", ", not ", given),
          absl::StrCat("write `", form, "`"));
  return false;
}

Checker::MutableExpr Checker::Call(const Node& node) {
  for (const Special& special : kSpecials) {
    if (special.name != node.text || special.receiver != node.has_receiver) continue;
    if (!RequireArguments(node, special.receiver ? 2 : 1, std::string(special.form))) {
      return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
    }
    if (node.text == "exists") return Macro(node, Op::kExists);
    if (node.text == "all") return Macro(node, Op::kAll);
    if (node.text == "exists_one") return Macro(node, Op::kExistsOne);
    if (node.text == "has") return Has(node);
    return node.text == "age" ? Age(node) : ValueSet(node);
  }
  const bool known = std::any_of(std::begin(kForms), std::end(kForms),
                                 [&](const Form& form) { return form.name == node.text && form.receiver == node.has_receiver; });
  if (!known) return UnknownFunction(node);

  MutableExpr call = Make(Op::kCall, Simple(Kind::kError), node.anchor);
  std::vector<Type> types;
  bool mistaken = false;
  for (const NodePtr& child : node.children) {
    call->operands.push_back(Check(*child));
    types.push_back(call->operands.back()->type);
    mistaken = mistaken || types.back().loose();
  }
  std::vector<std::string> signatures;
  for (const Form& form : kForms) {
    if (form.name != node.text || form.receiver != node.has_receiver) continue;
    const bool zone = form.second == kZone;
    const bool count = types.size() == (form.second == kNone ? 1 : 2) || (zone && types.size() == 1);
    const bool fits = count && (types[0].is(form.first) || types[0].loose()) &&
                      (types.size() < 2 || types[1].loose() || types[1].is(zone ? Kind::kString : form.second));
    signatures.push_back(Signature(form));
    if (!fits) continue;
    call->function = form.function;
    call->type = Simple(form.result);
    if (!mistaken) ResolveLiterals(node, call.get());
    return call;
  }
  if (mistaken) return call;
  std::vector<std::string> given;
  for (const Type& type : types) given.push_back(NameOf(type));
  return Mistake(node,
                 absl::StrCat("`", node.text, "` does not go with ", given.empty() ? "nothing" : absl::StrJoin(given, ", ")),
                 absl::StrCat("its forms: `", absl::StrJoin(signatures, "`, `"), "`"));
}

// Looks for mistakes within a call that is one itself. Names are left alone: they may be a macro's variable, or values of an
// enumeration.
void Checker::CheckArgumentsOf(const Node& node) {
  if (node.has_receiver) {
    Check(*node.children[0]);
  } else {
    for (const NodePtr& child : node.children) {
      if (!NeedsExpectation(*child)) Check(*child);
    }
  }
}

Checker::MutableExpr Checker::UnknownFunction(const Node& node) {
  const bool optional =
      node.has_receiver && node.children[0]->kind == Node::Kind::kIdentifier && node.children[0]->text == "optional";
  if (!optional) CheckArgumentsOf(node);
  for (const Refusal& refusal : kRefusals) {
    if (refusal.name == node.text) {
      return Mistake(node, absl::StrCat("`", node.text, "` is not in this subset of CEL"), std::string(refusal.instead));
    }
  }
  if (optional) {
    return Mistake(node, "optional values are not in this subset of CEL",
                   "an absent field is unknown by itself; ask with `has(a.b)`");
  }
  std::vector<std::string> names, others;
  for (const Form& form : kForms) (form.receiver == node.has_receiver ? names : others).emplace_back(form.name);
  for (const Special& special : kSpecials) (special.receiver == node.has_receiver ? names : others).emplace_back(special.name);
  if (std::find(others.begin(), others.end(), node.text) != others.end()) {
    return Mistake(
        node, absl::StrCat("`", node.text, node.has_receiver ? "` is a function without a receiver" : "` is called on a value"),
        absl::StrCat("write `", node.has_receiver ? absl::StrCat(node.text, "(x)") : absl::StrCat("x.", node.text, "(…)"), "`"));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return Mistake(node, absl::StrCat("there is no function `", node.text, "`"), SuggestName(node.text, names));
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const Form& form : kForms) names.emplace_back(form.name);
  for (const Special& special : kSpecials) names.emplace_back(special.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Checker::MutableExpr Checker::Macro(const Node& node, Op op) {
  MutableExpr list = Check(*node.children[0]);
  const Node& variable = *node.children[1];
  if (variable.kind != Node::Kind::kIdentifier) {
    if (variable.kind == Node::Kind::kError) return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
    diagnostics_->Add(
        variable.begin,
        absl::StrCat("the first argument of `", node.text, "` is a name for the element, not `", Quote(variable), "`"),
        "write a name, as `x`");
    return Make(Op::kConstant, Simple(Kind::kError), node.anchor);
  }
  Type element = Simple(Kind::kError);
  if (list->type.is(Kind::kList)) {
    element = *list->type.element;
  } else if (!list->type.loose()) {
    Mistake(
        node,
        absl::StrCat("`", node.text, "` runs over a list, but `", Quote(*node.children[0]), "` is of type ", NameOf(list->type)),
        ShapeOf(list->type).codings != nullptr ? absl::StrCat("write `", Quote(*node.children[0]), ".codings.", node.text, "(…)`")
                                               : "");
  }
  locals_.push_back({variable.text, std::move(element), list->path});
  MutableExpr body = Check(*node.children[2]);
  locals_.pop_back();
  Require(*node.children[2], *body, Kind::kBool, absl::StrCat("`", node.text, "` asks a condition of each element"));
  MutableExpr expr = Make(op, Simple(Kind::kBool), node.anchor);
  expr->slot = locals_.size();
  expr->operands.push_back(std::move(list));
  expr->operands.push_back(std::move(body));
  return expr;
}

Checker::MutableExpr Checker::Has(const Node& node) {
  const Node& argument = *node.children[0];
  if (argument.kind == Node::Kind::kError) return Make(Op::kConstant, Simple(Kind::kBool), node.anchor);
  if (!IsPathOfFields(argument)) {
    return Mistake(node, absl::StrCat("`has` asks for a field by its path, not for `", Quote(argument), "`"), "write `has(a.b)`");
  }
  if (argument.kind == Node::Kind::kIdentifier) {
    MutableExpr variable = Identifier(argument, nullptr);
    if (variable->type.loose()) return variable;
    if (variable->op == Op::kLocal) {
      return Mistake(node, absl::StrCat("an element is always there: `", argument.text, "`"), "ask for one of its fields");
    }
    Note(&guarded_variables_, argument.text, argument.begin);
    if (variable->op != Op::kMessageVariable) {
      // Never absent.
      MutableExpr expr = Make(Op::kConstant, Simple(Kind::kBool), node.anchor);
      expr->constant = true;
      return expr;
    }
    MutableExpr expr = Make(Op::kHasVariable, Simple(Kind::kBool), node.anchor);
    expr->slot = variable->slot;
    return expr;
  }
  MutableExpr operand = CheckWithin(*argument.children[0], nullptr);
  const FieldDescriptor* field = Field(argument, *operand);
  MutableExpr expr = Make(Op::kHasField, Simple(Kind::kBool), node.anchor);
  if (field == nullptr) return expr;
  expr->field = field;
  Note(&fields_, operand->path.empty() ? argument.text : absl::StrCat(operand->path, ".", argument.text), argument.begin);
  expr->operands.push_back(std::move(operand));
  return expr;
}

Checker::MutableExpr Checker::Age(const Node& node) {
  MutableExpr operand = CheckWithin(*node.children[0], nullptr);
  MutableExpr expr = Make(Op::kCall, Simple(Kind::kInt), node.anchor);
  if (operand->type.loose()) return expr;
  const FieldDescriptor* field =
      operand->type.is(Kind::kMessage) ? operand->type.message->FindFieldByName("birth_date") : nullptr;
  if (field == nullptr || !TypeOf(field).is(Kind::kString)) {
    return Mistake(node,
                   absl::StrCat("`age` takes a message with a text field `birth_date`, but `", Quote(*node.children[0]),
                                "` is of type ", NameOf(operand->type)),
                   "write `age(patient)`");
  }
  expr->function = Function::kAge;
  expr->field = field;
  expr->path = operand->path.empty() ? "birth_date" : absl::StrCat(operand->path, ".birth_date");
  expr->operands.push_back(std::move(operand));
  return expr;
}

Checker::MutableExpr Checker::ValueSet(const Node& node) {
  const Node& name = *node.children[0];
  MutableExpr expr = Make(Op::kConstant, Simple(Kind::kCodeSet), node.anchor);
  if (name.kind == Node::Kind::kError) return expr;
  if (name.kind != Node::Kind::kString) {
    diagnostics_->Add(name.begin, "the name of a value set is written as a text", "write `valueset(\"name\")`");
    return expr;
  }
  const CodeSet* set = environment_.find_code_set ? environment_.find_code_set(name.text) : nullptr;
  if (set == nullptr) {
    diagnostics_->Add(name.begin, absl::StrCat("there is no value set `", name.text, "`"),
                      SuggestName(name.text, environment_.code_set_names));
    return expr;
  }
  Note(&code_sets_, name.text, name.begin);
  expr->text = name.text;
  expr->constant = set;
  return expr;
}

void Checker::ResolveLiterals(const Node& node, Expr* call) {
  const Node& last = *node.children.back();
  const Expr& operand = *call->operands.back();
  const auto* text = operand.op == Op::kConstant ? operand.constant.If<Text>() : nullptr;
  if (call->function == Function::kMatches) {
    if (text == nullptr) {
      diagnostics_->Add(last.begin, "the pattern of `matches` is written as a text, so that it can be checked here");
      return;
    }
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(kPatternMemory);
    auto pattern = std::make_unique<const RE2>(re2::StringPiece(text->data, text->size), options);
    if (!pattern->ok()) diagnostics_->Add(last.begin, absl::StrCat("this is no RE2 pattern: ", pattern->error()));
    call->pattern = std::move(pattern);
  } else if (!IsZoneless(call->function) && call->operands.size() == 2) {
    if (text == nullptr) {
      diagnostics_->Add(last.begin, "a time zone is written as a text, so that it can be checked here");
      return;
    }
    call->zone = FindZone(text->view());
    if (!call->zone) {
      diagnostics_->Add(last.begin, absl::StrCat("there is no time zone `", text->view(), "`"),
                        "write an IANA name, as `America/New_York`, or an offset, as `-05:00`");
    }
  } else if (text != nullptr && (call->function == Function::kToTimestamp || call->function == Function::kToDuration)) {
    const Value value = Convert(call->function, operand.constant, nullptr);
    if (const auto* error = value.If<Error>()) {
      diagnostics_->Add(
          last.begin, error->text,
          call->function == Function::kToDuration && text->size > 0 && text->view().back() == 'd' ? "a day is `24h`" : "");
    }
    call->op = Op::kConstant;
    call->constant = value;
    call->operands.clear();
  }
}

}  // namespace resultgate::expr
