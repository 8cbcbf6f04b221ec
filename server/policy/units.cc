#include "server/policy/units.h"

#include <algorithm>

namespace resultgate::policy {
namespace {

// How far a status is from final: the least final of a report's counts for its document.
int Finality(v1::ResultStatus status) {
  switch (status) {
    case v1::RESULT_STATUS_REGISTERED:
      return 1;
    case v1::RESULT_STATUS_PRELIMINARY:
      return 2;
    case v1::RESULT_STATUS_FINAL:
    case v1::RESULT_STATUS_AMENDED:
    case v1::RESULT_STATUS_CORRECTED:
    case v1::RESULT_STATUS_APPENDED:
    case v1::RESULT_STATUS_CANCELLED:
    case v1::RESULT_STATUS_ENTERED_IN_ERROR:
      return 3;
    default:
      return 0;
  }
}

// ENTERED_IN_ERROR or CANCELLED where that is all that is left of the document, else UNSPECIFIED.
v1::ResultStatus StatusOfVoidDocument(const v1::DiagnosticReport& report) {
  bool wrong = false;
  bool cancelled = false;
  for (const v1::Attachment& file : report.presented_forms()) {
    if (!IsVoid(file)) return v1::RESULT_STATUS_UNSPECIFIED;
    wrong = wrong || file.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR;
    cancelled = cancelled || file.status() == v1::RESULT_STATUS_CANCELLED;
  }
  if (!report.narrative().empty() || !report.conclusion().empty() || report.conclusion_codes_size() > 0)
    return v1::RESULT_STATUS_UNSPECIFIED;
  if (wrong) return v1::RESULT_STATUS_ENTERED_IN_ERROR;
  return cancelled && report.notes_size() == 0 ? v1::RESULT_STATUS_CANCELLED : v1::RESULT_STATUS_UNSPECIFIED;
}

}  // namespace

void Units::Fill(const valueset::Registry& value_sets, const v1::DiagnosticReport& report) {
  units_.Clear();
  of_report_.Clear();
  value_sets.AddSetsThatHold(report.code(), &of_report_);
  of_header_ = of_report_;
  value_sets.AddSetsThatHold(report.order().code(), &of_header_);
  for (const v1::Observation& observation : report.observations()) {
    of_observation_.Clear();
    value_sets.AddSetsThatHold(observation.code(), &of_observation_);
    Add(observation.id(), &observation, EffectiveStatus(report, observation), of_observation_);
  }
  if (!HasDocument(report)) return;
  Add(kDocument, nullptr, UnitStatus(report, kDocument), of_report_);
  // A file that was sent as something of its own (an HIV report as PDF under a blood count) holds the document that it is part
  // of.
  for (const v1::Attachment& file : report.presented_forms()) {
    if (!IsVoid(file)) value_sets.AddSetsThatHold(file.code(), &units_.back().any_sets);
  }
}

void Units::Add(absl::string_view id, const v1::Observation* observation, v1::ResultStatus status,
                const valueset::Membership& own) {
  Unit& unit = units_.Next();
  unit.id = id;
  unit.observation = observation;
  unit.status = status;
  unit.own_sets = own;
  unit.any_sets = of_header_;
  unit.any_sets.Add(own);
}

bool IsVoid(const v1::Attachment& file) {
  return file.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR || file.status() == v1::RESULT_STATUS_CANCELLED;
}

bool HasDocument(const v1::DiagnosticReport& report) {
  return !report.narrative().empty() || !report.conclusion().empty() || report.conclusion_codes_size() > 0 ||
         report.notes_size() > 0 || report.presented_forms_size() > 0 || report.observations().empty();
}

v1::ResultStatus EffectiveStatus(const v1::DiagnosticReport& report, const v1::Observation& observation) {
  if (report.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR) return report.status();
  const bool stands = observation.status() != v1::RESULT_STATUS_ENTERED_IN_ERROR;
  return report.status() == v1::RESULT_STATUS_CANCELLED && stands ? report.status() : observation.status();
}

v1::ResultStatus UnitStatus(const v1::DiagnosticReport& report, absl::string_view unit_id) {
  if (unit_id != kDocument) {
    for (const v1::Observation& observation : report.observations()) {
      if (observation.id() == unit_id) return EffectiveStatus(report, observation);
    }
    return v1::RESULT_STATUS_UNKNOWN;
  }
  const v1::ResultStatus of_files = StatusOfVoidDocument(report);
  if (of_files == v1::RESULT_STATUS_ENTERED_IN_ERROR ||
      (of_files != v1::RESULT_STATUS_UNSPECIFIED && report.status() != v1::RESULT_STATUS_ENTERED_IN_ERROR)) {
    return of_files;
  }
  v1::ResultStatus least = report.status();
  for (const v1::Observation& observation : report.observations()) {
    const v1::ResultStatus status = EffectiveStatus(report, observation);
    if (Finality(status) < Finality(least)) least = status;
  }
  return least;
}

bool IsFinal(v1::ResultStatus status) {
  return status == v1::RESULT_STATUS_FINAL || status == v1::RESULT_STATUS_AMENDED || status == v1::RESULT_STATUS_CORRECTED ||
         status == v1::RESULT_STATUS_APPENDED;
}

}  // namespace resultgate::policy
