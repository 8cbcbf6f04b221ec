#include "server/comment/verdict.h"

#include <algorithm>
#include <optional>

#include "absl/strings/string_view.h"
#include "server/comment/range.h"
#include "server/comment/specimen.h"

namespace resultgate::comment {
namespace {

bool IsGone(v1::ResultStatus status) {
  return status == v1::RESULT_STATUS_CANCELLED || status == v1::RESULT_STATUS_ENTERED_IN_ERROR;
}

// In any of its words: no flag calls usual what one of them calls a finding.
bool AnswersWithFindingOrNone(const v1::Observation& observation) {
  if (observation.has_text()) return IsFindingOrNone(observation.text());
  if (!observation.has_codeable_concept()) return false;
  const v1::CodeableConcept& answer = observation.codeable_concept();
  return IsFindingOrNone(answer.text()) ||
         std::any_of(answer.codings().begin(), answer.codings().end(),
                     [](const v1::Coding& coding) { return IsFindingOrNone(coding.display()); });
}

bool HasValue(const v1::Observation& observation) {
  if (observation.has_quantity()) return !observation.quantity().value().empty();
  if (observation.has_codeable_concept()) {
    return !observation.codeable_concept().text().empty() || observation.codeable_concept().codings_size() > 0;
  }
  return observation.has_text() && !observation.text().empty();
}

Relation RelationOf(const v1::Observation& observation) {
  if (observation.has_quantity()) {
    const v1::Quantity& quantity = observation.quantity();
    return Relate(quantity.comparator(), quantity.value(), quantity.unit(), observation.reference_range());
  }
  return Relate("", observation.text(), "", observation.reference_range());
}

bool IsFinding(Grade grade) {
  return grade == Grade::kLow || grade == Grade::kHigh || grade == Grade::kAbnormal || grade == Grade::kDetected;
}

// A report of which only the document is shown.
Verdict JudgeDocument(const v1::DiagnosticReport& report) {
  Verdict verdict;
  if (report.status() == v1::RESULT_STATUS_CANCELLED) {
    verdict.variant = Variant::kCancelled;
    verdict.reason = "the report is cancelled";
  } else if (report.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR) {
    verdict.variant = Variant::kBeingCorrected;
    verdict.reason = "the report was entered in error";
  } else {
    verdict.preliminary = !IsFinal(report.status());
    verdict.reason = "a document says it in words";
  }
  return verdict;
}

}  // namespace

Grade GradeOf(const v1::Observation& observation) {
  if (IsGone(observation.status()) || !observation.has_interpretation()) return Grade::kUngraded;
  switch (observation.interpretation()) {
    case v1::INTERPRETATION_CRITICAL_LOW:
      return Grade::kCriticalLow;
    case v1::INTERPRETATION_CRITICAL_HIGH:
      return Grade::kCriticalHigh;
    case v1::INTERPRETATION_CRITICAL_ABNORMAL:
      return Grade::kCritical;
    default:
      break;
  }
  if (!HasValue(observation)) return Grade::kUngraded;
  const Relation relation = RelationOf(observation);
  const bool out_of_range = relation == Relation::kBelow || relation == Relation::kAbove;
  switch (observation.interpretation()) {
    case v1::INTERPRETATION_NORMAL:
      return out_of_range || AnswersWithFindingOrNone(observation) ? Grade::kUngraded : Grade::kNormal;
    case v1::INTERPRETATION_NOT_DETECTED:
      return out_of_range || AnswersWithFindingOrNone(observation) ? Grade::kUngraded : Grade::kNotDetected;
    case v1::INTERPRETATION_LOW:
      return relation == Relation::kInside || relation == Relation::kAbove ? Grade::kUngraded : Grade::kLow;
    case v1::INTERPRETATION_HIGH:
      return relation == Relation::kInside || relation == Relation::kBelow ? Grade::kUngraded : Grade::kHigh;
    case v1::INTERPRETATION_ABNORMAL:
      return Grade::kAbnormal;
    case v1::INTERPRETATION_DETECTED:
      return Grade::kDetected;
    default:
      return Grade::kUngraded;
  }
}

bool IsFinal(v1::ResultStatus status) {
  return status == v1::RESULT_STATUS_FINAL || status == v1::RESULT_STATUS_AMENDED || status == v1::RESULT_STATUS_CORRECTED ||
         status == v1::RESULT_STATUS_APPENDED;
}

std::optional<Variant> VariantAlone(const v1::Observation& observation, Grade grade, bool judged) {
  if (IsCritical(grade)) return VariantOf(grade);
  if (!judged || !IsFinal(observation.status())) return Variant::kNoVerdict;
  if (IsFinding(grade)) return VariantOf(grade);
  return grade == Grade::kUngraded ? std::optional(Variant::kNoVerdict) : std::nullopt;
}

Variant VariantOf(Grade grade) {
  switch (grade) {
    case Grade::kLow:
      return Variant::kLow;
    case Grade::kHigh:
      return Variant::kHigh;
    case Grade::kDetected:
      return Variant::kDetected;
    case Grade::kCriticalLow:
      return Variant::kCriticalLow;
    case Grade::kCriticalHigh:
      return Variant::kCriticalHigh;
    case Grade::kCritical:
      return Variant::kCritical;
    default:
      return Variant::kAbnormal;
  }
}

Variant VariantOf(const std::vector<Grade>& grades, const std::vector<int>& findings) {
  const auto grade_of = [&](int i) { return grades[static_cast<size_t>(i)]; };
  const bool critical = std::any_of(findings.begin(), findings.end(), [&](int i) { return IsCritical(grade_of(i)); });
  std::optional<Grade> common;
  for (const int i : findings) {
    const Grade grade = grade_of(i);
    if (IsCritical(grade) != critical) continue;  // beside a critical one no other counts
    if (common && *common != grade) return critical ? Variant::kCritical : Variant::kAbnormal;
    common = grade;
  }
  return VariantOf(common.value_or(Grade::kAbnormal));
}

Verdict Judge(const v1::DiagnosticReport& report, const std::vector<bool>& judged) {
  if (report.observations_size() == 0) return JudgeDocument(report);

  Verdict verdict;
  verdict.grades.reserve(static_cast<size_t>(report.observations_size()));
  std::vector<int> findings;
  bool any_critical = false, any_ungraded = false, any_unjudged = false, all_gone = true, any_in_error = false,
       all_not_detected = true;
  for (int i = 0; i < report.observations_size(); ++i) {
    const v1::Observation& observation = report.observations(i);
    const Grade grade = GradeOf(observation);
    verdict.grades.push_back(grade);
    const bool gone = IsGone(observation.status());
    all_gone = all_gone && gone;
    any_in_error = any_in_error || observation.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR;
    if (!gone && !IsFinal(observation.status())) verdict.preliminary = true;
    all_not_detected = all_not_detected && grade == Grade::kNotDetected;
    if (IsCritical(grade)) {
      any_critical = true;
      verdict.findings.push_back(i);
    } else if (!judged[static_cast<size_t>(i)]) {
      any_unjudged = true;
    } else if (IsFinding(grade)) {
      findings.push_back(i);
    } else if (grade == Grade::kUngraded) {
      any_ungraded = true;
    }
  }
  const bool any_finding = !findings.empty();
  verdict.specimen_in_doubt = IsSpecimenInDoubt(report);

  if (any_critical) {
    verdict.variant = VariantOf(verdict.grades, verdict.findings);
    verdict.findings.insert(verdict.findings.end(), findings.begin(), findings.end());
    verdict.reason = "an observation is flagged critical";
  } else if (all_gone) {
    verdict.variant = any_in_error ? Variant::kBeingCorrected : Variant::kCancelled;
    verdict.reason = any_in_error ? "all observations are cancelled or entered in error" : "all observations are cancelled";
  } else if (verdict.preliminary) {
    verdict.reason = "an observation is not final";
  } else if (any_finding) {
    verdict.variant = VariantOf(verdict.grades, findings);
    verdict.findings = findings;
    verdict.reason = "an observation is flagged";
  } else if (any_ungraded) {
    verdict.reason = "an observation has no flag, no value, or a flag that its value contradicts";
  } else if (any_unjudged) {
    verdict.reason = "the usual range does not judge this test";
  } else if (verdict.specimen_in_doubt) {
    verdict.reason = "the laboratory doubts the specimen";
  } else if (report.conclusion_codes_size() > 0 || !report.conclusion().empty()) {
    verdict.reason = "the report has a conclusion beside its observations";
  } else {
    verdict.variant = all_not_detected ? Variant::kNotDetected : Variant::kNormal;
    verdict.reason = all_not_detected ? "every observation is flagged as not detected" : "every observation is flagged as normal";
  }
  return verdict;
}

}  // namespace resultgate::comment
