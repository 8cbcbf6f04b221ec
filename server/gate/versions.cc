#include "server/gate/versions.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "server/policy/decide.h"

namespace resultgate::gate {
namespace {

std::optional<absl::Time> TimeOfStatus(const v1::DiagnosticReport& report) {
  std::optional<absl::Time> latest;
  const auto take = [&latest](const google::protobuf::Timestamp& timestamp) {
    const absl::Time time = base::FromProto(timestamp);
    latest = std::max(latest.value_or(time), time);
  };
  if (report.has_issued()) take(report.issued());
  for (const v1::Observation& observation : report.observations()) {
    if (observation.has_issued()) take(observation.issued());
  }
  if (!latest && report.has_message_time()) take(report.message_time());
  return latest;
}

// A later stage of a result's life ranks higher.
int StatusRank(v1::ResultStatus status) {
  switch (status) {
    case v1::RESULT_STATUS_REGISTERED:
      return 1;
    case v1::RESULT_STATUS_PRELIMINARY:
      return 2;
    case v1::RESULT_STATUS_FINAL:
      return 3;
    case v1::RESULT_STATUS_AMENDED:
    case v1::RESULT_STATUS_CORRECTED:
    case v1::RESULT_STATUS_APPENDED:
      return 4;
    case v1::RESULT_STATUS_CANCELLED:
      return 5;
    case v1::RESULT_STATUS_ENTERED_IN_ERROR:
      return 6;
    default:
      return 0;
  }
}

int StatusRank(const v1::DiagnosticReport& report) {
  int rank = StatusRank(report.status());
  for (const v1::Observation& observation : report.observations()) rank = std::max(rank, StatusRank(observation.status()));
  return rank;
}

const v1::Observation* Find(const v1::DiagnosticReport& report, const std::string& id) {
  for (const v1::Observation& observation : report.observations()) {
    if (observation.id() == id) return &observation;
  }
  return nullptr;
}

bool HasDocumentContent(const v1::DiagnosticReport& report) {
  return !report.narrative().empty() || !report.conclusion().empty() || report.conclusion_codes_size() > 0 ||
         report.notes_size() > 0 || report.presented_forms_size() > 0;
}

// The document's fields alone.
v1::DiagnosticReport Document(const v1::DiagnosticReport& report) {
  v1::DiagnosticReport document;
  document.set_narrative(report.narrative());
  document.set_conclusion(report.conclusion());
  *document.mutable_conclusion_codes() = report.conclusion_codes();
  *document.mutable_notes() = report.notes();
  *document.mutable_presented_forms() = report.presented_forms();
  return document;
}

std::string WithoutTime(const v1::Observation* observation) {
  if (observation == nullptr) return "";
  v1::Observation copy = *observation;
  copy.clear_issued();
  return copy.SerializeAsString();
}

bool ContentDiffers(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b) {
  const bool observations_differ =
      std::any_of(a.observations().begin(), a.observations().end(), [&b](const v1::Observation& observation) {
        const v1::Observation* other = Find(b, observation.id());
        return other != nullptr && WithoutTime(&observation) != WithoutTime(other);
      });
  return observations_differ || (HasDocumentContent(a) && HasDocumentContent(b) && !SameContent(a, b, policy::kDocument)) ||
         !SamePatient(a.patient(), b.patient());
}

}  // namespace

VersionOrder CompareVersions(const v1::DiagnosticReport& submitted, const v1::DiagnosticReport& standing) {
  const std::optional<absl::Time> submitted_time = TimeOfStatus(submitted);
  const std::optional<absl::Time> standing_time = TimeOfStatus(standing);
  if (submitted_time && standing_time && *submitted_time != *standing_time) {
    return *submitted_time > *standing_time ? VersionOrder::kNewer : VersionOrder::kOlder;
  }
  const int submitted_rank = StatusRank(submitted);
  const int standing_rank = StatusRank(standing);
  if (submitted_rank != standing_rank) return submitted_rank > standing_rank ? VersionOrder::kNewer : VersionOrder::kOlder;
  return ContentDiffers(submitted, standing) ? VersionOrder::kUnclear : VersionOrder::kNewer;
}

v1::DiagnosticReport MergeVersions(const v1::DiagnosticReport& newer, const v1::DiagnosticReport& older) {
  v1::DiagnosticReport merged = newer;
  absl::flat_hash_set<std::string> mentioned;
  for (const v1::Observation& observation : newer.observations()) mentioned.insert(observation.id());
  for (const v1::Observation& observation : older.observations()) {
    if (mentioned.insert(observation.id()).second) *merged.add_observations() = observation;
  }
  if (!HasDocumentContent(newer)) merged.MergeFrom(Document(older));
  return merged;
}

bool SamePatient(const v1::Patient& a, const v1::Patient& b) {
  return std::any_of(a.identifiers().begin(), a.identifiers().end(), [&b](const v1::Identifier& mine) {
    return std::any_of(b.identifiers().begin(), b.identifiers().end(), [&mine](const v1::Identifier& theirs) {
      return !mine.value().empty() && mine.value() == theirs.value() && mine.system() == theirs.system();
    });
  });
}

bool SameContent(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b, const std::string& unit_id) {
  if (unit_id == policy::kDocument) {
    return Document(a).SerializeAsString() == Document(b).SerializeAsString() &&
           policy::UnitStatus(a, unit_id) == policy::UnitStatus(b, unit_id);
  }
  return WithoutTime(Find(a, unit_id)) == WithoutTime(Find(b, unit_id));
}

}  // namespace resultgate::gate
