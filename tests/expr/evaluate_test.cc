// What expressions come to over the model.
#include "tests/expr/fixture.h"

namespace resultgate::expr {
namespace {

struct Row {
  const char* text;
  const char* outcome;
};

void Expect(const std::vector<Row>& rows, const Case& values) {
  for (const Row& row : rows) EXPECT_EQ(Outcome(row.text, values), row.outcome) << row.text;
}

TEST(Evaluate, FieldsThatAreThere) {
  Expect(
      {
          {"report.sender == \"LAB|NORTH\"", "true"},
          {"report.status == FINAL", "true"},
          {"FINAL == report.status", "true"},
          {"report.status != FINAL", "false"},
          {"report.status == UNSPECIFIED", "false"},
          {"report.section in [LABORATORY, IMAGING]", "true"},
          {"observation.interpretation in [LOW, HIGH]", "true"},
          {"observation.interpretation in []", "false"},
          {"LOW in [observation.interpretation, NORMAL]", "false"},
          {"[observation.interpretation] == [HIGH]", "true"},
          {"(report.test_message ? FINAL : PRELIMINARY) == report.status", "false"},
          {"report.status == (report.test_message ? PRELIMINARY : FINAL)", "true"},
          {"audience == PATIENT", "true"},
          {"audience in [DELEGATE, REPRESENTATIVE]", "false"},
          {"report.occurrence == 0", "true"},
          {"report.test_message", "false"},
          {"report.narrative == \"\"", "true"},
          {"double(observation.quantity.value) > 6.0", "true"},
          {"double(observation.quantity.value) > 6", "true"},
          {"double(observation.quantity.value) == 6.1", "true"},
          {"\"US-KY\" in order.jurisdictions", "true"},
          {"order.jurisdictions.exists(j, j.startsWith(\"US-\"))", "true"},
          {"order.jurisdictions == [\"US-KY\", \"US-CA\"]", "true"},
          {"order.jurisdictions[1] == \"US-CA\"", "true"},
          {"size(order.jurisdictions) == 2 && order.jurisdictions.size() == 2", "true"},
          {"order.jurisdictions + [\"x\"] == [\"US-KY\", \"US-CA\", \"x\"]", "true"},
          {"report.observations[1].text == \"pending\"", "true"},
          {"observation.notes[0].size() == 5", "true"},
          {"observation.notes[0].matches(\"^h.llo$\")", "true"},
          {"observation.notes.exists_one(n, n.contains(\"ll\") && n.endsWith(\"o\"))", "true"},
          {"report.issued == timestamp(\"2026-03-03T21:00:00Z\")", "true"},
          {"now - report.issued > duration(\"72h\")", "true"},
          {"now - report.issued > duration(\"72h6m\")", "false"},
          {"report.issued + duration(\"72h5m\") == now", "true"},
          {"now.getHours() == 21 && now.getHours(\"America/New_York\") == 16 && now.getDayOfWeek() == 5", "true"},
          {"age(patient) < 18", "true"},
          {"!patient.deceased", "true"},
      },
      Case(kReport));
}

TEST(Evaluate, AbsenceIsUnknownAndNamed) {
  Expect(
      {
          {"patient.gender == MALE", "unknown: patient.gender"},
          {"patient.gender != MALE", "unknown: patient.gender"},
          {"patient.gender in [MALE, FEMALE]", "unknown: patient.gender"},
          {"patient.language.startsWith(\"es\")", "unknown: patient.language"},
          {"report.effective < now", "unknown: report.effective"},
          {"order.ordering_provider.value == \"1\"", "unknown: order.ordering_provider"},
          {"patient.preference.timing == IMMEDIATE", "unknown: patient.preference"},
          {"order.code.text == \"panel\" && order.encounter_class == INPATIENT", "unknown: order.encounter_class"},
          {"observation.text == \"x\"", "unknown: observation.text"},
          {"observation.codeable_concept in valueset(\"potassium\")", "unknown: observation.codeable_concept"},
          {"observation.reference_range.low == \"\"", "unknown: observation.reference_range"},
          {"report.observations.exists(o, o.interpretation == LOW)", "unknown: report.observations.interpretation"},
          {"report.observations.exists(o, o.interpretation == HIGH)", "true"},
          {"report.observations.all(o, o.interpretation == LOW)", "false"},
          {"report.observations.all(o, o.interpretation == HIGH)", "unknown: report.observations.interpretation"},
          {"report.observations.exists_one(o, o.interpretation == HIGH)", "unknown: report.observations.interpretation"},
          {"report.observations[1].interpretation == HIGH", "unknown: report.observations.interpretation"},
          {"[report.code, order.code].exists(c, c.text == \"panel\")", "true"},
          {"patient.gender == MALE || patient.language == \"es\" || patient.gender == FEMALE",
           "unknown: patient.gender, patient.language"},
          {"patient.gender == MALE && report.test_message", "false"},
          {"size([patient.gender, order.encounter_class == INPATIENT ? MALE : OTHER]) == 2",
           "unknown: patient.gender, order.encounter_class"},
          {"patient.gender == MALE ? true : true", "unknown: patient.gender"},
          {"report.issued > report.effective || report.effective > report.observations[0].issued",
           "unknown: report.effective, report.observations.issued"},
      },
      Case(kReport));
}

TEST(Evaluate, HasIsAlwaysKnown) {
  Expect(
      {
          {"has(patient.birth_date)", "true"},
          {"has(patient.gender)", "false"},
          {"has(order.ordering_provider.value)", "false"},
          {"has(order.jurisdictions)", "true"},
          {"has(patient.known_conditions)", "true"},
          {"has(patient.deceased)", "true"},
          {"has(report.observations)", "true"},
          {"has(report.notes)", "false"},
          {"has(report.narrative)", "false"},
          {"has(report.conclusion)", "true"},
          {"has(report.status)", "true"},
          {"has(observation.quantity) && !has(observation.text)", "true"},
          {"has(report.presented_forms)", "false"},
          {"has(observation) && has(audience) && has(now)", "true"},
          {"report.observations.exists_one(o, has(o.interpretation))", "true"},
          {"has(patient.gender) ? patient.gender == MALE : true", "true"},
          {"has(patient.gender) && patient.gender == MALE", "false"},
      },
      Case(kReport));
}

TEST(Evaluate, AbsentVariable) {
  Case values(kReport);
  values.has_observation = false;
  Expect(
      {
          {"has(observation)", "false"},
          {"has(observation.interpretation)", "false"},
          {"observation.interpretation == HIGH", "unknown: observation"},
          {"observation.code in valueset(\"potassium\")", "unknown: observation"},
          {"has(observation) && observation.status == FINAL", "false"},
      },
      values);
}

TEST(Evaluate, CodesAndConcepts) {
  Expect(
      {
          {"observation.code in valueset(\"potassium\")", "true"},
          {"observation.code.codings[0] in valueset(\"potassium\")", "true"},
          {"observation.code.codings in valueset(\"potassium\")", "true"},
          {"report.observations[1].code in valueset(\"potassium\")", "unknown: report.observations.code"},
          {"report.conclusion_codes in valueset(\"malignant-neoplasm\")", "true"},
          {"report.conclusion_codes in valueset(\"potassium\")", "false"},
          {"report.conclusion_codes[1] in valueset(\"malignant-neoplasm\")", "false"},
          {"[] in valueset(\"potassium\")", "false"},
          {"report.conclusion_codes.exists(c, c in valueset(\"malignant-neoplasm\") && !(c in patient.known_conditions))",
           "true"},
          {"report.conclusion_codes.exists(c, c in patient.known_conditions)", "false"},
          {"patient.known_conditions in valueset(\"malignant-neoplasm\")", "true"},
          {"patient.known_conditions[0] in patient.known_conditions", "true"},
          {"patient.known_conditions[0].codings[0] in patient.known_conditions", "true"},
          // A coding without a code is in nothing, itself included.
          {"patient.known_conditions[0].codings[1] in patient.known_conditions", "false"},
          {"patient.known_conditions[0] in patient.known_conditions[0].codings", "true"},
          {"report.code in [report.code]", "true"},
          {"report.code in [observation.code]", "false"},
          {"report.code in []", "false"},
          {"report.code.codings.exists(c, c.system == \"http://loinc.org\" && c.code == \"24323-8\")", "true"},
      },
      Case(kReport));
  Expect({{"report.conclusion_codes.exists(c, c in valueset(\"malignant-neoplasm\") && !(c in patient.known_conditions))",
           "unknown: patient.known_conditions"},
          {"patient.known_conditions.exists(c, true)", "unknown: patient.known_conditions"}},
         Case(R"pb(conclusion_codes { codings { system: "http://snomed.info/sct" code: "254837009" } })pb"));
  Expect(
      {{"report.conclusion_codes.exists(c, c in valueset(\"malignant-neoplasm\") && !(c in patient.known_conditions))", "false"},
       {"report.code in valueset(\"potassium\")", "unknown: report.code"},
       {"report.conclusion_codes.all(c, c in patient.known_conditions)", "true"}},
      Case(""));
  Expect({{"report.conclusion_codes.exists(c, !(c in patient.known_conditions))", "true"}},
         Case("patient { known_conditions {} } conclusion_codes { text: \"x\" }"));
}

TEST(Evaluate, ErrorsAreUnknownWithAText) {
  Expect(
      {
          {"1 / 0 == 1", "error: division by zero at 1:3"},
          {"true &&\n 1 % 0 == 1", "error: division by zero at 2:4"},
          {"9223372036854775807 + 1 > 0", "error: overflow at 1:21"},
          {"-9223372036854775808 - 1 > 0", "error: overflow at 1:22"},
          {"-(-9223372036854775808) > 0", "error: overflow at 1:1"},
          {"-9223372036854775808 / -1 > 0", "error: overflow at 1:22"},
          {"-9223372036854775808 % -1 == 0", "error: overflow at 1:22"},
          {"0u - 1u == 0u", "error: overflow at 1:4"},
          {"double(report.observations[1].text) > 1.0", "error: double() of a text that is no number at 1:1"},
          {"double(\"nan\") > 1.0", "error: double() of a text that is no number at 1:1"},
          {"double(\" 1\") > 1.0", "error: double() of a text that is no number at 1:1"},
          {"double(\"1e999\") > 1.0", "error: number out of range at 1:1"},
          {"int(\"1.5\") == 1", "error: int() of a text that is no whole number at 1:1"},
          {"uint(-1) == 1u", "error: number out of range at 1:1"},
          {"bool(\"yes\")", "error: bool() of a text that is neither `true` nor `false` at 1:1"},
          {"timestamp(report.narrative) < now",
           "error: timestamp() of a text that is no RFC 3339 time, as `2026-03-06T21:05:00Z` at 1:1"},
          {"report.observations[2].text == \"\"", "error: index out of range at 1:20"},
          {"report.observations[-1].text == \"\"", "error: index out of range at 1:20"},
          {"timestamp(\"9999-12-31T23:59:59Z\") + duration(\"1s\") > now", "error: timestamp out of range at 1:35"},
          // Unknown comes before error, and both are absorbed.
          {"1 / 0 == 1 && patient.gender == MALE", "unknown: patient.gender"},
          {"1 / 0 == int(string(patient.preference.after_days))", "unknown: patient.preference"},
          {"1 / 0 == 1 || true", "true"},
          {"1 / 0 == 1 && false", "false"},
          {"report.observations.exists(o, 1 / size(o.notes) == 1)", "true"},
          {"report.observations.all(o, 1 / size(o.notes) == 1)", "error: division by zero at 1:30"},
      },
      Case(kReport));
}

TEST(Evaluate, NumbersCompare) {
  Expect(
      {
          // With a double, as doubles, which hold 53 bits.
          {"9007199254740993 == 9007199254740992.0 && 9007199254740993 > 9007199254740992", "true"},
          {"9007199254740994 > 9007199254740992.0", "true"},
          {"18446744073709551615u < 18446744073709551616.0", "false"},
          {"18446744073709551615u > 9223372036854775807 && -9223372036854775808 < 0u", "true"},
          {"-1 < 0u && 0u > -1 && 1u == 1 && 1 in [1.0, 2.0] && 1 != 1.5 && 1 < 1.5 && -1 > -1.5", "true"},
          {"0.0 / 0.0 == 0.0 / 0.0 || 1 < 0.0 / 0.0 || 0.0 / 0.0 >= 1u", "false"},
          {"1 < 1.0 / 0.0 && 1u > -1.0 / 0.0", "true"},
          {"string(100000.0) == \"100000\" && string(0.1) == \"0.1\" && string(1.0) == \"1\"", "true"},
          {"string(duration(\"-1.5s\")) == \"-1.5s\" && string(duration(\"1h\")) == \"3600s\"", "true"},
          {"[1, 2] == [1, 2] && [1, 2] != [2, 1] && [[1]] == [[1]] && [] == []", "true"},
      },
      Case(""));
}

TEST(Evaluate, StepsAreCounted) {
  Case values("");
  for (int i = 0; i < 100; ++i) values.report.add_observations();
  const char kCubic[] =
      "report.observations.exists(a, report.observations.exists(b, report.observations.exists(c, c.id == \"x\")))";
  EXPECT_EQ(Outcome(kCubic, values), "error: step limit reached at 1:21");
  EXPECT_EQ(Outcome(absl::StrCat(kCubic, " || true"), values), "error: step limit reached at 1:106");
  EXPECT_EQ(Outcome(absl::StrCat("!", kCubic, " && false"), values), "error: step limit reached at 1:107");
  Limits limits;
  limits.steps = 100'000'000;
  EXPECT_EQ(Outcome(kCubic, values, limits), "false");
}

TEST(Evaluate, RefusesValuesOfAnotherEnvironment) {
  base::FileIssues issues;
  const auto program = Program::Compile(TestEnvironment(), {"report.test_message", "rules.yaml"}, &issues);
  ASSERT_NE(program, nullptr);
  Activation activation;
  EXPECT_NE(program->Evaluate(activation).error, "");
  Case values("");
  activation = values.activation();
  activation.bindings[0] = &values.report.patient();
  EXPECT_EQ(program->Evaluate(activation).truth, Truth::kUnknown);
  EXPECT_NE(program->Evaluate(activation).error, "");
}

TEST(Evaluate, MutatedMessagesAreReadAsTheyAre) {
  Case values("observations { interpretation: INTERPRETATION_LOW }");
  values.report.mutable_issued()->set_seconds(int64_t{1} << 60);
  // A number that the enumeration does not have yet.
  values.report.set_status(static_cast<v1::ResultStatus>(99));
  EXPECT_EQ(Outcome("report.status == FINAL", values), "false");
  EXPECT_EQ(Outcome("report.issued > now", values), "error: timestamp out of range at 1:8");
}

}  // namespace
}  // namespace resultgate::expr
