// Nothing that is written crashes, and what compiles evaluates. The seed is printed; RESULTGATE_SEED sets another.
#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/expr/fixture.h"

namespace resultgate::expr {
namespace {

uint64_t Seed() {
  const char* const given = std::getenv("RESULTGATE_SEED");
  const uint64_t seed = given == nullptr ? 20'260'306 : std::strtoull(given, nullptr, 10);
  std::cout << "seed " << seed << "\n";
  return seed;
}

class Fuzz : public testing::Test {
 protected:
  size_t Below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }
  template <size_t kCount>
  std::string Pick(const char* const (&words)[kCount]) {
    return words[Below(kCount)];
  }

  // True if it compiled; then it was evaluated.
  bool Try(const std::string& text) {
    base::FileIssues issues;
    const auto program = Program::Compile(environment_, {text, "f"}, &issues);
    EXPECT_EQ(program == nullptr, base::HasErrors(issues)) << text;
    for (const base::FileIssue& issue : issues) {
      EXPECT_GE(issue.place.line, 1) << text;
      EXPECT_GE(issue.place.column, 1) << text;
      EXPECT_FALSE(issue.message.empty());
    }
    if (program == nullptr) return false;
    for (const Activation& activation : activations_) {
      const Evaluation evaluation = program->Evaluate(activation);
      const bool unknown = evaluation.truth == Truth::kUnknown;
      // An unknown always has its reason, and nothing else has one.
      EXPECT_EQ(unknown, !evaluation.unknown_facts.empty() || !evaluation.error.empty()) << text;
    }
    return true;
  }

  std::string Text(int depth, bool wild);
  std::string Condition(int depth, bool wild);

  const uint64_t seed_ = Seed();
  std::mt19937_64 random_{seed_};
  const Environment environment_ = TestEnvironment();
  const Case full_{kReport}, empty_{""};
  const std::vector<Activation> activations_ = {full_.activation(), empty_.activation()};
};

TEST_F(Fuzz, RandomBytes) {
  for (int i = 0; i < 20'000; ++i) {
    std::string text(Below(60), ' ');
    for (char& c : text) c = static_cast<char>(Below(i % 2 == 0 ? 256 : 128));
    Try(text);
  }
}

TEST_F(Fuzz, RandomTokens) {
  static constexpr const char* kTokens[] = {"report",
                                            "observation",
                                            "patient",
                                            "order",
                                            "audience",
                                            "now",
                                            "o",
                                            "c",
                                            ".",
                                            ".",
                                            ".",
                                            "status",
                                            "observations",
                                            "code",
                                            "codings",
                                            "interpretation",
                                            "known_conditions",
                                            "exists",
                                            "all",
                                            "exists_one",
                                            "(",
                                            "(",
                                            "(",
                                            ")",
                                            ")",
                                            ")",
                                            "[",
                                            "]",
                                            "{",
                                            "}",
                                            ",",
                                            ",",
                                            "?",
                                            ":",
                                            "&&",
                                            "||",
                                            "!",
                                            "-",
                                            "+",
                                            "*",
                                            "/",
                                            "%",
                                            "==",
                                            "!=",
                                            "<",
                                            "<=",
                                            ">",
                                            ">=",
                                            "in",
                                            "FINAL",
                                            "HIGH",
                                            "PATIENT",
                                            "true",
                                            "false",
                                            "null",
                                            "1",
                                            "2u",
                                            "1.5",
                                            "\"a\"",
                                            "'b'",
                                            "r\"\\\"",
                                            "\"",
                                            "'''",
                                            "b'x'",
                                            "has",
                                            "size",
                                            "age",
                                            "valueset",
                                            "\"potassium\"",
                                            "double",
                                            "timestamp",
                                            "duration",
                                            "\"72h\"",
                                            "matches",
                                            "startsWith",
                                            "=",
                                            "&",
                                            "|",
                                            "`",
                                            "//",
                                            "\n",
                                            "and",
                                            "not",
                                            "map",
                                            "dyn",
                                            "0x",
                                            "1e",
                                            "é"};
  int compiled = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string text;
    for (size_t length = 1 + Below(24); length > 0; --length) absl::StrAppend(&text, Pick(kTokens), Below(4) == 0 ? "" : " ");
    compiled += Try(text) ? 1 : 0;
  }
  std::cout << compiled << " of 30000 compiled\n";
}

// Grammatical text of all types; with `wild`, any operand anywhere.
std::string Fuzz::Text(int depth, bool wild) {
  static constexpr const char* kLeaves[] = {"1",
                                            "0",
                                            "-9223372036854775808",
                                            "7u",
                                            "1.5",
                                            "0.0",
                                            "\"a\"",
                                            "\"72h\"",
                                            "null",
                                            "[]",
                                            "[1, 2]",
                                            "[[]]",
                                            "[\"a\"]",
                                            "report",
                                            "report.status",
                                            "report.code",
                                            "observation.interpretation",
                                            "observation.code.codings",
                                            "patient",
                                            "patient.birth_date",
                                            "patient.known_conditions",
                                            "order.jurisdictions",
                                            "order.ordering_provider.value",
                                            "audience",
                                            "now",
                                            "report.issued",
                                            "report.observations",
                                            "o",
                                            "o.interpretation",
                                            "o.id",
                                            "o.code",
                                            "FINAL",
                                            "HIGH",
                                            "age(patient)",
                                            "report.occurrence",
                                            "report.conclusion_codes",
                                            "duration(\"1h\")",
                                            "\"é\""};
  if (depth <= 0 || Below(3) == 0) return Pick(kLeaves);
  const auto next = [&] { return Text(depth - 1, wild); };
  switch (Below(11)) {
    case 0:
      return absl::StrCat("(", next(), Pick({" + ", " - ", " * ", " / ", " % "}), next(), ")");
    case 1:
      return absl::StrCat("[", next(), ", ", next(), "]");
    case 2:
      return absl::StrCat(next(), "[", next(), "]");
    case 3:
      return absl::StrCat(Pick({"int", "uint", "double", "string", "bool", "timestamp", "duration", "size"}), "(", next(), ")");
    case 4:
      return absl::StrCat("(", Condition(depth - 1, wild), " ? ", next(), " : ", next(), ")");
    case 5:
      return absl::StrCat("-(", next(), ")");
    case 6:
      return absl::StrCat(
          next(), Pick({".getHours()", ".getFullYear(\"UTC\")", ".size()", ".code", ".values", ".codings", ".codings[0].code"}));
    default:
      return wild ? Condition(depth - 1, wild) : next();
  }
}

std::string Fuzz::Condition(int depth, bool wild) {
  if (depth <= 0)
    return Pick({"true", "false", "report.test_message", "patient.deceased", "has(observation)", "has(patient.gender)"});
  const auto text = [&] { return Text(depth - 1, wild); };
  const auto condition = [&] { return wild && Below(8) == 0 ? text() : Condition(depth - 1, wild); };
  switch (Below(8)) {
    case 0:
      return absl::StrCat("(", condition(), " && ", condition(), ")");
    case 1:
      return absl::StrCat("(", condition(), " || ", condition(), ")");
    case 2:
      return absl::StrCat("!", condition());
    case 3:
      return absl::StrCat(
          Pick({"report.observations", "[1, 2, 3]", "[]", "order.jurisdictions", "patient.known_conditions", "[[1], []]"}),
          Pick({".exists", ".all", ".exists_one"}), "(o, ", condition(), ")");
    case 4:
      return absl::StrCat("(", text(), " in ", text(), ")");
    case 5:
      return absl::StrCat("(", text(), " in valueset(\"potassium\"))");
    default:
      return absl::StrCat("(", text(), Pick({" == ", " != ", " < ", " >= "}), text(), ")");
  }
}

TEST_F(Fuzz, RandomGrammar) {
  int compiled = 0;
  for (int i = 0; i < 30'000; ++i) compiled += Try(Condition(1 + static_cast<int>(Below(5)), i % 4 == 0)) ? 1 : 0;
  std::cout << compiled << " of 30000 compiled\n";
  EXPECT_GT(compiled, 2'500);
}

// What stands in rules, with a few bytes changed.
TEST_F(Fuzz, Mutations) {
  static constexpr const char* kRules[] = {
      "report.conclusion_codes.exists(c, c in valueset(\"malignant-neoplasm\") && !(c in patient.known_conditions))",
      "has(observation) && observation.interpretation in [LOW, HIGH] && double(observation.quantity.value) > 6.0",
      "now - report.issued > duration(\"72h\") ? age(patient) < 18 : report.observations.all(o, o.status == FINAL)"};
  for (int i = 0; i < 15'000; ++i) {
    std::string text = Pick(kRules);
    for (size_t edits = 1 + Below(4); edits > 0 && !text.empty(); --edits) {
      const size_t at = Below(text.size());
      if (Below(3) == 0) {
        text.erase(at, 1 + Below(5));
      } else if (Below(2) == 0) {
        text.insert(at, text.substr(Below(text.size()), 1 + Below(8)));
      } else {
        text[at] = static_cast<char>(Below(128));
      }
    }
    Try(text);
  }
}

}  // namespace
}  // namespace resultgate::expr
