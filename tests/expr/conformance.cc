#include "tests/expr/conformance.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/expr/expr.h"
#include "tests/expr/reference.h"

namespace resultgate::expr {
namespace {

using JsonObject = google::protobuf::Struct;
using Json = google::protobuf::Value;

const Json* Find(const JsonObject& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? nullptr : &found->second;
}

// A value as an expression; empty if the language has no such literal.
std::string Literal(const Json& value) {
  if (value.struct_value().fields().size() != 1) return "";
  const auto& [kind, content] = *value.struct_value().fields().begin();
  if (kind == "null") return "null";
  if (kind == "bool") return content.bool_value() ? "true" : "false";
  if (kind == "int") return content.string_value();
  if (kind == "uint") return content.string_value() + "u";
  if (kind == "double") {
    if (content.string_value() == "Infinity") return "(1.0 / 0.0)";
    if (content.string_value() == "-Infinity") return "(-1.0 / 0.0)";
    if (content.string_value() == "NaN") return "(0.0 / 0.0)";
    // The exponent makes it a double.
    std::ostringstream text;
    text.precision(std::numeric_limits<double>::max_digits10);
    text << std::scientific << content.number_value();
    return text.str();
  }
  if (kind == "string") {
    // Octal escapes are code points in CEL, so what is not ASCII stays as it is.
    std::string text = "\"";
    for (const char c : content.string_value()) {
      if (c == '"' || c == '\\') {
        absl::StrAppend(&text, "\\", std::string(1, c));
      } else if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
        absl::StrAppend(&text, "\\x", absl::Hex(c, absl::kZeroPad2));
      } else {
        text.push_back(c);
      }
    }
    return text + "\"";
  }
  if (kind == "timestamp" || kind == "duration") return absl::StrCat(kind, "(\"", content.string_value(), "\")");
  if (kind == "list") {
    std::vector<std::string> elements;
    for (const Json& element : content.list_value().values()) {
      elements.push_back(Literal(element));
      if (elements.back().empty()) return "";
    }
    return absl::StrCat("[", absl::StrJoin(elements, ", "), "]");
  }
  return "";
}

bool IsNamePart(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// The language binds messages only, so a case's variables are put in by their values. The cases with bindings have no texts or
// macros in which a variable's name could stand for anything else.
std::string Substitute(const std::string& expr, const std::string& name, const std::string& literal) {
  std::string result;
  for (size_t i = 0; i < expr.size();) {
    const bool word = expr.compare(i, name.size(), name) == 0 && (i == 0 || !(IsNamePart(expr[i - 1]) || expr[i - 1] == '.')) &&
                      (i + name.size() == expr.size() || !IsNamePart(expr[i + name.size()]));
    absl::StrAppend(&result, word ? absl::StrCat("(", literal, ")") : std::string(1, expr[i]));
    i += word ? name.size() : 1;
  }
  return result;
}

// The data's makers left the escapes \u and \U of protobuf's text format in the values (and the raw characters of some
// expressions) undone; only the raw texts have a backslash there that is meant.
std::string UndoTextFormat(const std::string& name, const std::string& literal) {
  if (absl::StrContains(name, "raw")) return literal;
  return absl::StrReplaceAll(literal, {{R"(\\u)", R"(\u)"}, {R"(\\U)", R"(\U)"}});
}

ConformanceCase RunCase(const JsonObject& test) {
  using Outcome = ConformanceCase::Outcome;
  const std::string name = Find(test, "name")->string_value();
  std::string expr = Find(test, "expr")->string_value();
  const auto outside = [&name](const std::string& reason) { return ConformanceCase{name, Outcome::kOutside, reason}; };
  if (const Json* bindings = Find(test, "bindings")) {
    for (const auto& [variable, value] : bindings->struct_value().fields()) {
      const std::string literal = Literal(value);
      if (literal.empty()) return outside("a variable of a type that has no literal here");
      if (variable != "null" && variable != "true" && variable != "false") expr = Substitute(expr, variable, literal);
    }
  }
  // dyn() is the identity: it hides a type from the checker, and ours lets numbers of all types be compared anyway.
  expr = absl::StrReplaceAll(expr, {{"dyn(", "("}});
  const Json* value = Find(test, "value");
  const bool is_nan = value != nullptr && absl::StrContains(Literal(*value), "0.0 / 0.0");
  std::string asked = absl::StrCat("(", expr, ") ", is_nan ? "!=" : "==", " (", expr, ")");
  if (value != nullptr && !is_nan) {
    const std::string literal = UndoTextFormat(name, Literal(*value));
    if (literal.empty()) return outside("a result of a type that has no literal here (bytes, maps, types)");
    asked = absl::StrCat("(", expr, ") == (", literal, ")");
  }
  base::FileIssues issues;
  const auto program = Program::Compile(Environment(), {asked, name}, &issues);
  if (program == nullptr) {
    // An error that is said before anything runs is an error all the same, if it is one of the value and not of the subset.
    const bool of_value =
        absl::StrContains(issues[0].message, "out of range") || absl::StartsWith(issues[0].message, "timestamp() of") ||
        absl::StartsWith(issues[0].message, "duration() of") || absl::StrContains(issues[0].message, "does not compare") ||
        absl::StrContains(issues[0].message, "does not go with") || absl::StrContains(issues[0].message, "takes an int") ||
        absl::StrContains(issues[0].message, "but `");
    if (value == nullptr && of_value) return {name, Outcome::kPassed, ""};
    return outside(issues[0].message);
  }
  Activation activation;
  activation.zone = absl::UTCTimeZone();
  const Evaluation evaluation = program->Evaluate(activation);
  const bool right =
      value == nullptr ? evaluation.truth == Truth::kUnknown && !evaluation.error.empty() : evaluation.truth == Truth::kTrue;
  const reference::Outcome plain = reference::Evaluate(program->root(), activation);
  if (plain.truth != evaluation.truth) return {name, Outcome::kFailed, absl::StrCat("the reference says ", plain.ToString())};
  if (right) return {name, Outcome::kPassed, ""};
  return {name, Outcome::kFailed,
          absl::StrCat(asked, " is ", evaluation.truth == Truth::kFalse ? "false" : "unknown ", evaluation.error)};
}

}  // namespace

absl::StatusOr<std::vector<ConformanceCase>> RunConformanceFile(const std::string& path) {
  std::ifstream lines(path);
  if (!lines.good()) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  std::vector<ConformanceCase> cases;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    JsonObject test;
    if (!google::protobuf::util::JsonStringToMessage(line, &test).ok() || Find(test, "name") == nullptr ||
        Find(test, "expr") == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": no case: a JSON object with `name` and `expr`"));
    }
    cases.push_back(RunCase(test));
  }
  return cases;
}

}  // namespace resultgate::expr
