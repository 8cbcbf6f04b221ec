#include "server/comment/verdict.h"

#include <gtest/gtest.h>

#include <random>

namespace resultgate::comment {
namespace {

v1::Observation Number(const char* value, const char* range, int interpretation,
                       v1::ResultStatus status = v1::RESULT_STATUS_FINAL) {
  v1::Observation observation;
  observation.set_status(status);
  if (*value != '\0') observation.mutable_quantity()->set_value(value);
  if (*range != '\0') observation.mutable_reference_range()->set_text(range);
  if (interpretation != 0) observation.set_interpretation(static_cast<v1::Interpretation>(interpretation));
  return observation;
}

v1::Observation Words(const char* text, v1::Interpretation interpretation) {
  v1::Observation observation;
  observation.set_status(v1::RESULT_STATUS_FINAL);
  observation.set_text(text);
  observation.set_interpretation(interpretation);
  return observation;
}

constexpr int kMissing = 0;

TEST(GradeTest, FlagsAndRanges) {
  struct Case {
    v1::Observation observation;
    Grade expected;
  };
  v1::Observation coded = Words("", v1::INTERPRETATION_NORMAL);
  coded.mutable_codeable_concept()->add_codings()->set_display("POSITIVE");
  v1::Observation second = coded;
  second.mutable_codeable_concept()->set_text("see codes");
  second.mutable_codeable_concept()->mutable_codings(0)->set_display("Result");
  second.mutable_codeable_concept()->add_codings()->set_display("Detected");
  const Case cases[] = {
      {Number("5", "4 - 6", v1::INTERPRETATION_NORMAL), Grade::kNormal},
      {Number("5", "", v1::INTERPRETATION_NORMAL), Grade::kNormal},
      {Number("7", "4 - 6", v1::INTERPRETATION_NORMAL), Grade::kUngraded},
      {Number("3", "4 - 6", v1::INTERPRETATION_NORMAL), Grade::kUngraded},
      {Number("", "4 - 6", v1::INTERPRETATION_NORMAL), Grade::kUngraded},
      {Number("5", "4 - 6", kMissing), Grade::kUngraded},
      {Number("5", "4 - 6", v1::INTERPRETATION_OTHER), Grade::kUngraded},
      {Number("3", "4 - 6", v1::INTERPRETATION_LOW), Grade::kLow},
      {Number("3", "", v1::INTERPRETATION_LOW), Grade::kLow},
      {Number("5", "4 - 6", v1::INTERPRETATION_LOW), Grade::kUngraded},
      {Number("7", "4 - 6", v1::INTERPRETATION_LOW), Grade::kUngraded},
      {Number("7", "4 - 6", v1::INTERPRETATION_HIGH), Grade::kHigh},
      {Number("3", "4 - 6", v1::INTERPRETATION_HIGH), Grade::kUngraded},
      {Number("5", "4 - 6", v1::INTERPRETATION_ABNORMAL), Grade::kAbnormal},
      // A critical flag counts whatever else stands there.
      {Number("5", "4 - 6", v1::INTERPRETATION_CRITICAL_LOW), Grade::kCriticalLow},
      {Number("", "", v1::INTERPRETATION_CRITICAL_HIGH), Grade::kCriticalHigh},
      {Number("9", "4 - 6", v1::INTERPRETATION_CRITICAL_HIGH, v1::RESULT_STATUS_PRELIMINARY), Grade::kCriticalHigh},
      {Number("9", "4 - 6", v1::INTERPRETATION_CRITICAL_HIGH, v1::RESULT_STATUS_CANCELLED), Grade::kUngraded},
      {Number("9", "4 - 6", v1::INTERPRETATION_CRITICAL_HIGH, v1::RESULT_STATUS_ENTERED_IN_ERROR), Grade::kUngraded},
      {Words("Negative", v1::INTERPRETATION_NOT_DETECTED), Grade::kNotDetected},
      {Words("Non-reactive", v1::INTERPRETATION_NOT_DETECTED), Grade::kNotDetected},
      {Words("DETECTED", v1::INTERPRETATION_NOT_DETECTED), Grade::kUngraded},
      {Words(" positive (1:80)", v1::INTERPRETATION_NORMAL), Grade::kUngraded},
      {coded, Grade::kUngraded},
      {second, Grade::kUngraded},
      {Words("7.2", v1::INTERPRETATION_NORMAL), Grade::kNormal},
      {Words("Reactive", v1::INTERPRETATION_DETECTED), Grade::kDetected},
  };
  for (const Case& c : cases) EXPECT_EQ(GradeOf(c.observation), c.expected) << c.observation.ShortDebugString();
}

// What an answer says in words counts, wherever in it: a flag alone calls nothing usual.
TEST(GradeTest, AnswersInWords) {
  for (const char* finding : {"Positive",
                              "weakly POSITIVE",
                              "HIV 1 antibody: Reactive",
                              "Indeterminate",
                              "Equivocal result",
                              "Borderline",
                              "REACTIVO",
                              "Detectado",
                              "Anormal",
                              "No growth. Suspicious cells seen.",
                              "Not performed",
                              "TNP",
                              "Pending",
                              "Invalid",
                              "see note",
                              "Test not done",
                              "QNS - sample insufficient for testing",
                              "Pendiente",
                              "No realizado",
                              "Malignant cells"}) {
    EXPECT_EQ(GradeOf(Words(finding, v1::INTERPRETATION_NORMAL)), Grade::kUngraded) << finding;
    EXPECT_EQ(GradeOf(Words(finding, v1::INTERPRETATION_NOT_DETECTED)), Grade::kUngraded) << finding;
    EXPECT_EQ(GradeOf(Words(finding, v1::INTERPRETATION_ABNORMAL)), Grade::kAbnormal) << finding;
  }
  for (const char* usual : {"Negative", "Not detected", "None detected", "None Seen", "Nonreactive", "Non-Reactive", "No growth",
                            "Yellow", "Clear", "Below detection limit", "Undetectable", "No abnormal cells", "No se detectó",
                            "Ausente", "Negativo", "A few cells", "Normal", "1.020"}) {
    EXPECT_EQ(GradeOf(Words(usual, v1::INTERPRETATION_NORMAL)), Grade::kNormal) << usual;
  }
}

struct JudgeCase {
  const char* name;
  std::vector<v1::Observation> observations;
  Variant variant;
  std::vector<int> findings;
  bool preliminary = false;
  std::vector<bool> judged = {};
};

TEST(JudgeTest, Panels) {
  const v1::Observation normal = Number("5", "4 - 6", v1::INTERPRETATION_NORMAL);
  const v1::Observation negative = Words("Negative", v1::INTERPRETATION_NOT_DETECTED);
  const v1::Observation low = Number("3", "4 - 6", v1::INTERPRETATION_LOW);
  const v1::Observation high = Number("7", "4 - 6", v1::INTERPRETATION_HIGH);
  const v1::Observation detected = Words("Detected", v1::INTERPRETATION_DETECTED);
  const v1::Observation marked = Words("1:80", v1::INTERPRETATION_ABNORMAL);
  const v1::Observation unflagged = Number("5", "4 - 6", kMissing);
  const v1::Observation other = Words("Resistant", v1::INTERPRETATION_OTHER);
  const v1::Observation contradiction = Number("7", "4 - 6", v1::INTERPRETATION_NORMAL);
  const v1::Observation critical_low = Number("1", "4 - 6", v1::INTERPRETATION_CRITICAL_LOW);
  const v1::Observation critical_high = Number("9", "4 - 6", v1::INTERPRETATION_CRITICAL_HIGH);
  const v1::Observation critical = Words("Cocci", v1::INTERPRETATION_CRITICAL_ABNORMAL);
  const v1::Observation early = Number("5", "4 - 6", v1::INTERPRETATION_NORMAL, v1::RESULT_STATUS_PRELIMINARY);
  const v1::Observation no_status = Number("5", "4 - 6", v1::INTERPRETATION_NORMAL, v1::RESULT_STATUS_UNSPECIFIED);
  const v1::Observation cancelled = Number("", "", kMissing, v1::RESULT_STATUS_CANCELLED);
  const v1::Observation in_error = Number("5", "4 - 6", v1::INTERPRETATION_NORMAL, v1::RESULT_STATUS_ENTERED_IN_ERROR);
  const JudgeCase cases[] = {
      {"all normal", {normal, normal}, Variant::kNormal, {}},
      {"none detected", {negative, negative}, Variant::kNotDetected, {}},
      {"normal and not detected", {normal, negative}, Variant::kNormal, {}},
      {"one low", {normal, low}, Variant::kLow, {1}},
      {"one high", {high, normal}, Variant::kHigh, {0}},
      {"both ways", {high, normal, low}, Variant::kAbnormal, {0, 2}},
      {"detected", {detected, negative}, Variant::kDetected, {0}},
      {"marked", {marked, normal}, Variant::kAbnormal, {0}},
      {"a flag is missing", {normal, unflagged}, Variant::kNoVerdict, {}},
      {"a flag grades nothing", {normal, other}, Variant::kNoVerdict, {}},
      {"a flag contradicts", {normal, contradiction}, Variant::kNoVerdict, {}},
      {"one is cancelled", {normal, cancelled}, Variant::kNoVerdict, {}},
      {"one is in error", {normal, in_error}, Variant::kNoVerdict, {}},
      {"a finding beside a missing flag", {unflagged, high}, Variant::kHigh, {1}},
      {"critical above all", {low, normal, critical_high, unflagged}, Variant::kCriticalHigh, {2, 0}},
      {"critical in both directions", {critical_low, critical_high}, Variant::kCritical, {0, 1}},
      {"critical without direction", {critical, normal}, Variant::kCritical, {0}},
      {"not final", {early, normal}, Variant::kNoVerdict, {}, true},
      {"not final, with a finding", {early, high}, Variant::kNoVerdict, {}, true},
      {"no status", {no_status}, Variant::kNoVerdict, {}, true},
      {"critical and not final", {early, critical_low}, Variant::kCriticalLow, {1}, true},
      {"all cancelled", {cancelled, cancelled}, Variant::kCancelled, {}},
      {"gone in both ways", {cancelled, in_error}, Variant::kBeingCorrected, {}},
      {"no verdict on the one", {normal, high}, Variant::kNoVerdict, {}, false, {true, false}},
      {"a finding beside one without verdict", {low, high}, Variant::kLow, {0}, false, {true, false}},
      {"critical without verdict", {normal, critical_high}, Variant::kCriticalHigh, {1}, false, {true, false}},
  };
  for (const JudgeCase& c : cases) {
    v1::DiagnosticReport report;
    report.set_status(v1::RESULT_STATUS_FINAL);
    for (const v1::Observation& observation : c.observations) *report.add_observations() = observation;
    const std::vector<bool> judged = c.judged.empty() ? std::vector<bool>(c.observations.size(), true) : c.judged;
    const Verdict verdict = Judge(report, judged);
    EXPECT_STREQ(Name(verdict.variant), Name(c.variant)) << c.name;
    EXPECT_EQ(verdict.findings, c.findings) << c.name;
    EXPECT_EQ(verdict.preliminary, c.preliminary) << c.name;
    EXPECT_STRNE(verdict.reason, "") << c.name;
  }
}

TEST(JudgeTest, ACodedConclusionForbidsNormal) {
  v1::DiagnosticReport report;
  *report.add_observations() = Number("5", "4 - 6", v1::INTERPRETATION_NORMAL);
  report.add_conclusion_codes()->add_codings()->set_code("C50.9");
  EXPECT_STREQ(Name(Judge(report, {true}).variant), "no-verdict");
}

TEST(JudgeTest, Documents) {
  v1::DiagnosticReport report;
  report.set_narrative("words");
  report.set_status(v1::RESULT_STATUS_FINAL);
  EXPECT_STREQ(Name(Judge(report, {}).variant), "no-verdict");
  EXPECT_FALSE(Judge(report, {}).preliminary);
  report.set_status(v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_TRUE(Judge(report, {}).preliminary);
  report.set_status(v1::RESULT_STATUS_CANCELLED);
  EXPECT_STREQ(Name(Judge(report, {}).variant), "cancelled");
  report.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  EXPECT_STREQ(Name(Judge(report, {}).variant), "being-corrected");
}

// Whatever the panel, `normal` needs every single observation to say so, and a critical flag is never lost.
TEST(JudgeTest, RandomPanelsAreNeverReassuringWithoutReason) {
  constexpr unsigned kSeed = 20260306;
  std::mt19937 random(kSeed);
  std::uniform_int_distribution<int> interpretation(0, 10), status(0, 9), value(3, 7), count(1, 6), coin(0, 3);
  int reassuring = 0;
  for (int round = 0; round < 20000; ++round) {
    v1::DiagnosticReport report;
    bool all_fine = true, any_critical = false;
    const bool mostly_fine = coin(random) != 0;
    for (int i = count(random); i > 0; --i) {
      const bool fine = mostly_fine && coin(random) != 0;
      const int flag = fine ? 1 : interpretation(random);
      const auto state = fine ? v1::RESULT_STATUS_FINAL : static_cast<v1::ResultStatus>(status(random));
      const int number = fine ? 5 : value(random);
      *report.add_observations() = Number(std::to_string(number).c_str(), "4 - 6", flag, state);
      const bool final = state >= 3 && state <= 6;
      const bool gone = state == v1::RESULT_STATUS_CANCELLED || state == v1::RESULT_STATUS_ENTERED_IN_ERROR;
      all_fine = all_fine && final && (flag == v1::INTERPRETATION_NORMAL || flag == v1::INTERPRETATION_NOT_DETECTED) &&
                 number >= 4 && number <= 6;
      any_critical = any_critical || (!gone && (flag == 4 || flag == 5 || flag == 7));
    }
    const Verdict verdict = Judge(report, std::vector<bool>(static_cast<size_t>(report.observations_size()), true));
    EXPECT_EQ(IsReassuring(verdict.variant), all_fine) << "seed " << kSeed << " round " << round << "\n" << report.DebugString();
    EXPECT_EQ(IsCritical(verdict.variant), any_critical) << "seed " << kSeed << " round " << round << "\n"
                                                         << report.DebugString();
    reassuring += all_fine ? 1 : 0;
  }
  EXPECT_GT(reassuring, 100);
}

}  // namespace
}  // namespace resultgate::comment
