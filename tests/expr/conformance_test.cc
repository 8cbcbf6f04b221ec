// CEL's own conformance cases (../shared/data/cel-conformance, from github.com/google/cel-spec). A case `expr` with a value is
// asked as
// `(expr) == (value)`; one with an error as `(expr) == (expr)`. What does not compile is outside the subset, and is listed with
// the reason that the compiler gives; what compiles must give CEL's answer.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "tests/expr/fixture.h"

namespace resultgate::expr {
namespace {

using JsonObject = google::protobuf::Struct;
using Json = google::protobuf::Value;

constexpr char kFolder[] = "../shared/data/cel-conformance";

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

struct Tally {
  int passed = 0, failed = 0, outside = 0;
  std::map<std::string, int> reasons;
};

void RunCase(const JsonObject& test, Tally* tally) {
  const std::string name = Find(test, "name")->string_value();
  std::string expr = Find(test, "expr")->string_value();
  const auto outside = [&](const std::string& reason) {
    ++tally->outside;
    ++tally->reasons[reason];
    std::cout << "outside the subset: " << name << ": " << reason << "\n";
  };
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
  const auto program = Program::Compile(TestEnvironment(), {asked, name}, &issues);
  if (program == nullptr) {
    // An error that is said before anything runs is an error all the same, if it is one of the value and not of the subset.
    const bool of_value =
        absl::StrContains(issues[0].message, "out of range") || absl::StartsWith(issues[0].message, "timestamp() of") ||
        absl::StartsWith(issues[0].message, "duration() of") || absl::StrContains(issues[0].message, "does not compare") ||
        absl::StrContains(issues[0].message, "does not go with") || absl::StrContains(issues[0].message, "takes an int") ||
        absl::StrContains(issues[0].message, "but `");
    if (value == nullptr && of_value) {
      ++tally->passed;
      return;
    }
    return outside(issues[0].message);
  }
  const Evaluation evaluation = program->Evaluate(Case("").activation());
  const bool right =
      value == nullptr ? evaluation.truth == Truth::kUnknown && !evaluation.error.empty() : evaluation.truth == Truth::kTrue;
  (right ? tally->passed : tally->failed) += 1;
  EXPECT_TRUE(right) << name << ": " << asked << ": " << static_cast<int>(evaluation.truth) << " " << evaluation.error;
}

TEST(Conformance, WhatCompilesGivesCelsAnswer) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << kFolder << " is not here: CEL's conformance cases are not run";
  Tally total;
  for (const char* file : {"basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros",
                           "parse", "string", "timestamps"}) {
    std::ifstream lines(absl::StrCat(kFolder, "/", file, ".jsonl"));
    ASSERT_TRUE(lines.good()) << file;
    Tally tally;
    for (std::string line; std::getline(lines, line);) {
      JsonObject test;
      ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(line, &test).ok()) << line;
      RunCase(test, &tally);
    }
    std::cout << file << ": " << tally.passed << " passed, " << tally.failed << " failed, " << tally.outside
              << " outside the subset\n";
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.outside += tally.outside;
    for (const auto& [reason, count] : tally.reasons) total.reasons[reason] += count;
  }
  std::cout << "all: " << total.passed << " passed, " << total.failed << " failed, " << total.outside << " outside the subset\n";
  for (const auto& [reason, count] : total.reasons) std::cout << "  " << count << " times: " << reason << "\n";
  // A subset that shrinks is a change to look at.
  EXPECT_GE(total.passed, 466);
}

}  // namespace
}  // namespace resultgate::expr
