// Truth tables of the operators over true, false, unknown and error.
#include "tests/expr/fixture.h"

namespace resultgate::expr {
namespace {

// One condition for each truth, and how its outcome is written.
const std::map<char, std::string> kOperands = {{'T', "report.status == FINAL"},
                                               {'F', "report.test_message"},
                                               {'U', "patient.gender == MALE"},
                                               {'V', "patient.language == \"es\""},
                                               {'E', "1 / report.occurrence == 1"}};

char Letter(const std::string& outcome) {
  if (outcome == "true") return 'T';
  if (outcome == "false") return 'F';
  if (outcome == "unknown: patient.gender") return 'U';
  if (outcome == "unknown: patient.language") return 'V';
  if (outcome == "unknown: patient.gender, patient.language") return 'B';
  return outcome.find("error: division by zero") == 0 ? 'E' : '?';
}

TEST(Logic, AndOrNot) {
  const Case values(kReport);
  // Rows and columns T F U V E; `B` is both facts. Operands change places without a change of the outcome.
  const std::string names = "TFUVE";
  const char* const kAnd[] = {"TFUVE", "FFFFF", "UFUBU", "VFBVV", "EFUVE"};
  const char* const kOr[] = {"TTTTT", "TFUVE", "TUUBU", "TVBVV", "TEUVE"};
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = 0; j < names.size(); ++j) {
      // Facts are named in the order of evaluation; the table has no row where that differs but B.
      const std::string& a = kOperands.at(names[i]);
      const std::string& b = kOperands.at(names[j]);
      std::string both = Outcome(absl::StrCat(a, " && ", b), values);
      std::string either = Outcome(absl::StrCat(a, " || ", b), values);
      if (names[i] == 'V' && names[j] == 'U') {
        EXPECT_EQ(both, "unknown: patient.language, patient.gender");
        EXPECT_EQ(either, "unknown: patient.language, patient.gender");
        continue;
      }
      EXPECT_EQ(Letter(both), kAnd[i][j]) << a << " && " << b;
      EXPECT_EQ(Letter(either), kOr[i][j]) << a << " || " << b;
    }
  }
  const char* const kNot = "FTUVE";
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(Letter(Outcome(absl::StrCat("!(", kOperands.at(names[i]), ")"), values)), kNot[i]);
  }
}

TEST(Logic, Conditional) {
  const Case values(kReport);
  const std::string names = "TFUVE";
  for (const char condition : names) {
    for (const char yes : names) {
      for (const char no : names) {
        const std::string text = absl::StrCat(kOperands.at(condition), " ? ", kOperands.at(yes), " : ", kOperands.at(no));
        const char expected = condition == 'T' ? yes : condition == 'F' ? no : condition;
        EXPECT_EQ(Letter(Outcome(text, values)), expected) << text;
      }
    }
  }
}

// Three observations whose notes and interpretations make every mix of true, false, unknown and error; `exists` is `||`, `all` is
// `&&`.
TEST(Logic, MacrosAreTheirOperators) {
  const std::string names = "TFUE";
  for (const char a : names) {
    for (const char b : names) {
      for (const char c : names) {
        Case values("");
        for (const char truth : {a, b, c}) {
          v1::Observation* observation = values.report.add_observations();
          if (truth == 'T') observation->set_interpretation(v1::INTERPRETATION_HIGH);
          if (truth == 'F') observation->set_interpretation(v1::INTERPRETATION_LOW);
          if (truth == 'E') observation->set_id("error");
        }
        const auto letter = [&](const std::string& text) {
          const std::string outcome = Outcome(text, values);
          return outcome == "unknown: report.observations.interpretation" ? 'U' : Letter(outcome);
        };
        const std::string condition = "(o.id == \"error\" ? 1 / 0 == 1 : o.interpretation == HIGH)";
        const std::string elements = {a, b, c};
        const auto any = [&](char truth) { return elements.find(truth) != std::string::npos; };
        const char blocked = any('U') ? 'U' : any('E') ? 'E' : ' ';
        EXPECT_EQ(letter("report.observations.exists(o, " + condition + ")"), any('T')         ? 'T'
                                                                              : blocked != ' ' ? blocked
                                                                                               : 'F')
            << elements;
        EXPECT_EQ(letter("report.observations.all(o, " + condition + ")"), any('F')         ? 'F'
                                                                           : blocked != ' ' ? blocked
                                                                                            : 'T')
            << elements;
        const bool one = std::count(elements.begin(), elements.end(), 'T') == 1;
        EXPECT_EQ(letter("report.observations.exists_one(o, " + condition + ")"), blocked != ' ' ? blocked
                                                                                  : one          ? 'T'
                                                                                                 : 'F')
            << elements;
      }
    }
  }
}

}  // namespace
}  // namespace resultgate::expr
