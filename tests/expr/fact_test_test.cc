// Which conjuncts are tests of one fact, and that they say when their conjuncts are true.
#include "server/expr/fact_test.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/expr/fixture.h"

namespace resultgate::expr {
namespace {

// `one of observation.interpretation: 2 3`, or `-`.
std::string Describe(const std::string& text) {
  base::FileIssues issues;
  const auto program = Program::Compile(TestEnvironment(), {text, "f"}, &issues);
  if (program == nullptr) return base::Format(issues);
  const std::optional<FactTest> test = FactTestOf(*program, 0);
  if (!test) return "-";
  constexpr const char* kKinds[] = {"one of ", "prefix of ", "range of ", "codes of "};
  constexpr const char* kForms[] = {"", "age ", "double "};
  std::string fields;
  for (const auto* field : test->fields) absl::StrAppend(&fields, ".", field->name());
  std::string said = absl::StrCat(kKinds[static_cast<size_t>(test->kind)], test->any ? "any " : "",
                                  kForms[static_cast<size_t>(test->form)], test->variable, fields, " ", test->name, ":");
  for (const int64_t number : test->numbers) absl::StrAppend(&said, " ", number);
  for (const std::string& word : test->texts) absl::StrAppend(&said, " ", word);
  for (const Domain& range : test->ranges) {
    absl::StrAppend(&said, range.least_open ? " (" : " [", range.least, ",", range.most, range.most_open ? ")" : "]");
  }
  return said;
}

TEST(FactTest, SimpleTests) {
  struct Row {
    const char* text;
    const char* test;
  };
  const Row rows[] = {
      {"report.section == PATHOLOGY", "one of 0.section report.section: 4"},
      {"PATHOLOGY == report.section", "one of 0.section report.section: 4"},
      {"observation.interpretation in [LOW, HIGH]", "one of 1.interpretation observation.interpretation: 2 3"},
      {"report.section == PATHOLOGY || report.section in [IMAGING]", "one of 0.section report.section: 4 7"},
      {"report.section == PATHOLOGY || report.status == FINAL", "-"},
      {"report.section != PATHOLOGY", "-"},
      {"!(report.section == PATHOLOGY)", "-"},
      {"audience == PATIENT", "one of 4 audience: 1"},
      {"report.sender == \"A\" || report.sender == \"B\"", "one of 0.sender report.sender: A B"},
      {"report.sender.startsWith(\"LAB\") || report.sender.startsWith(\"RAD\")", "prefix of 0.sender report.sender: LAB RAD"},
      {"report.sender.endsWith(\"LAB\")", "-"},
      {"report.sender.startsWith(report.narrative)", "-"},
      {"patient.deceased", "one of 2.deceased patient.deceased: 1"},
      {"!patient.deceased", "one of 2.deceased patient.deceased: 0"},
      {"report.occurrence == 2", "one of 0.occurrence report.occurrence: 2"},
      {"report.occurrence == 2.0", "range of 0.occurrence report.occurrence: [2,2]"},
      {"report.occurrence > 2", "range of 0.occurrence report.occurrence: [3,inf]"},
      {"age(patient) < 18", "range of age 2.birth_date patient.birth_date: [-inf,17]"},
      {"18 > age(patient) || age(patient) >= 65", "range of age 2.birth_date patient.birth_date: [-inf,17] [65,inf]"},
      {"double(observation.quantity.value) > 6", "range of double 1.quantity.value observation.quantity.value: (6,inf]"},
      {"double(observation.quantity.value) <= 6.5", "range of double 1.quantity.value observation.quantity.value: [-inf,6.5]"},
      {"double(report.occurrence) > 6.5", "-"},
      {"report.code in valueset(\"potassium\")", "codes of 0.code report.code: potassium"},
      {"report.code in valueset(\"potassium\") || report.code in valueset(\"genetic-test\")",
       "codes of 0.code report.code: potassium genetic-test"},
      {"report.code in valueset(\"potassium\") || order.code in valueset(\"potassium\")", "-"},
      {"report.conclusion_codes in valueset(\"potassium\")",
       "codes of any 0.conclusion_codes report.conclusion_codes: potassium"},
      {"report.conclusion_codes.exists(c, c in valueset(\"potassium\"))",
       "codes of any 0.conclusion_codes report.conclusion_codes: potassium"},
      {"report.observations.exists(o, o.code in valueset(\"potassium\") || o.code in valueset(\"genetic-test\"))",
       "codes of any 0.observations.code report.observations.code: potassium genetic-test"},
      {"report.observations.exists(o, o.code in valueset(\"potassium\") && o.status == FINAL)", "-"},
      {"report.observations.exists(o, report.status == FINAL)", "-"},
      {"report.observations.all(o, o.status == FINAL)", "-"},
      {"report.observations.exists(o, o.interpretation == HIGH)",
       "one of any 0.observations.interpretation report.observations.interpretation: 3"},
      {"\"US-KY\" in order.jurisdictions", "one of any 3.jurisdictions order.jurisdictions: US-KY"},
      {"order.jurisdictions.exists(j, j == \"US-KY\" || j == \"US-TX\")",
       "one of any 3.jurisdictions order.jurisdictions: US-KY US-TX"},
      {"order.jurisdictions.exists(j, j.startsWith(\"US-\"))", "prefix of any 3.jurisdictions order.jurisdictions: US-"},
      {"has(patient.gender)", "-"},
      {"true", "-"},
  };
  for (const Row& row : rows) EXPECT_EQ(Describe(row.text), row.test) << row.text;
}

TEST(Conjuncts, AreTheTopLevelParts) {
  base::FileIssues issues;
  const auto program = Program::Compile(
      TestEnvironment(), {"report.status == FINAL && (audience == PATIENT || age(patient) < 18) && now.getHours() > 8", "f"},
      &issues);
  ASSERT_NE(program, nullptr) << base::Format(issues);
  const std::vector<Conjunct>& conjuncts = program->conjuncts();
  ASSERT_EQ(conjuncts.size(), 3u);
  EXPECT_EQ(conjuncts[0].text, "report.status == FINAL");
  EXPECT_EQ(conjuncts[0].variables, (std::vector<size_t>{0}));
  EXPECT_FALSE(conjuncts[0].reads_now || conjuncts[0].reads_zone);
  EXPECT_EQ(conjuncts[1].variables, (std::vector<size_t>{2, 4}));
  EXPECT_TRUE(conjuncts[1].reads_now && conjuncts[1].reads_zone && conjuncts[1].Reads(4) && !conjuncts[1].Reads(0));
  EXPECT_EQ(conjuncts[2].variables, (std::vector<size_t>{5}));
  EXPECT_TRUE(!conjuncts[2].reads_now && conjuncts[2].reads_zone);
}

TEST(Conjuncts, KeysAreEqualForTheSameMeaning) {
  const auto key = [](const std::string& text) {
    base::FileIssues issues;
    const auto program = Program::Compile(TestEnvironment(), {text, "f"}, &issues);
    EXPECT_NE(program, nullptr) << base::Format(issues);
    return program == nullptr ? "" : program->conjuncts()[0].key;
  };
  const std::pair<const char*, const char*> same[] = {
      {"report.status == FINAL", "( (report . status)==FINAL ) // as sent"},
      {"report.observations.exists(o, o.status == FINAL)", "report.observations.exists(x, x.status == FINAL)"},
      {"report.sender == \"a\"", "report.sender == '\\x61'"},
      {"age(patient) < 18", "age( patient )<0x12"},
  };
  for (const auto& [a, b] : same) EXPECT_EQ(key(a), key(b)) << a;
  const char* const different[] = {
      "report.status == FINAL",
      "FINAL == report.status",
      "observation.status == FINAL",
      "report.status == PRELIMINARY",
      "report.occurrence == 1",
      "report.occurrence == 1u",
      "report.occurrence == 1.0",
      "report.sender == \"1\"",
      "report.sender == \"\"",
      "report.sender != \"1\"",
      "report.report_id == \"1\"",
      "0.0 == 0.0",
      "-0.0 == 0.0",
      "report.code in valueset(\"potassium\")",
      "report.code in valueset(\"genetic-test\")",
      "report.sender.matches(\"1\")",
      "report.sender.startsWith(\"1\")",
      "now.getHours() == 1",
      "now.getHours(\"UTC\") == 1",
      "now.getHours(\"Asia/Tokyo\") == 1",
      "report.observations.exists(o, report.observations.exists(x, x.status == FINAL))",
      "report.observations.exists(o, report.observations.exists(x, o.status == FINAL))",
      "duration(\"1s\") == duration(\"1s\")",
      "duration(\"1ns\") == duration(\"1s\")",
      "timestamp(\"2026-03-06T21:05:00Z\") == now",
      "timestamp(\"2026-03-06T21:05:00.00000000025Z\") == now",
      "[1, 2] == [12]",
      "[1] == [2, 12]",
  };
  std::map<std::string, std::string> keys;
  for (const char* text : different) {
    const auto [found, added] = keys.emplace(key(text), text);
    EXPECT_TRUE(added) << text << " has the key of " << found->second;
  }
}

}  // namespace
}  // namespace resultgate::expr
