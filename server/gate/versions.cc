#include "server/gate/versions.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "server/policy/decide.h"

namespace resultgate::gate {
namespace {

// A sender's clock may be a little ahead; a day is more than any zone's mistake.
constexpr absl::Duration kFurthestAhead = absl::Hours(24);

// The report's own time: its time of status, else its message's.
std::optional<absl::Time> TimeOfReport(const v1::DiagnosticReport& report) {
  if (report.has_issued()) return base::FromProto(report.issued());
  if (report.has_message_time()) return base::FromProto(report.message_time());
  return std::nullopt;
}

// The latest time that the report or one of its observations has.
std::optional<absl::Time> LatestTime(const v1::DiagnosticReport& report) {
  std::optional<absl::Time> latest = report.has_issued() ? TimeOfReport(report) : std::nullopt;
  for (const v1::Observation& observation : report.observations()) {
    if (!observation.has_status_time()) continue;
    const absl::Time time = base::FromProto(observation.status_time());
    latest = std::max(latest.value_or(time), time);
  }
  return latest ? latest : TimeOfReport(report);
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

// How the state of an observation in `a` stands to that in `b`: positive for later, negative for earlier, 0 where nobody can
// tell.
int CompareStates(const v1::Observation& a, const v1::Observation& b) {
  if (a.has_status_time() && b.has_status_time()) {
    const absl::Time time_of_a = base::FromProto(a.status_time());
    const absl::Time time_of_b = base::FromProto(b.status_time());
    if (time_of_a != time_of_b) return time_of_a > time_of_b ? 1 : -1;
  }
  return StatusRank(a.status()) - StatusRank(b.status());
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
  v1::Observation copy = *observation;
  copy.clear_issued();
  copy.clear_status_time();
  return copy.SerializeAsString();
}

bool ContentDiffers(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b) {
  const bool observations_differ =
      std::any_of(a.observations().begin(), a.observations().end(), [&b](const v1::Observation& observation) {
        const v1::Observation* other = Find(b, observation.id());
        return other != nullptr && CompareStates(observation, *other) == 0 && WithoutTime(&observation) != WithoutTime(other);
      });
  return observations_differ || (HasDocumentContent(a) && HasDocumentContent(b) && !SameContent(a, b, policy::kDocument)) ||
         !SamePatient(a.patient(), b.patient());
}

}  // namespace

VersionOrder CompareVersions(const v1::DiagnosticReport& submitted, const v1::DiagnosticReport& standing) {
  const std::optional<absl::Time> submitted_time = LatestTime(submitted);
  const std::optional<absl::Time> standing_time = LatestTime(standing);
  if (submitted_time && standing_time && *submitted_time != *standing_time) {
    return *submitted_time > *standing_time ? VersionOrder::kNewer : VersionOrder::kOlder;
  }
  const int submitted_rank = StatusRank(submitted.status());
  const int standing_rank = StatusRank(standing.status());
  if (submitted_rank != standing_rank) return submitted_rank > standing_rank ? VersionOrder::kNewer : VersionOrder::kOlder;
  return ContentDiffers(submitted, standing) ? VersionOrder::kUnclear : VersionOrder::kNewer;
}

void StampTimes(v1::DiagnosticReport* report, absl::Time received) {
  const auto is_ahead = [received](const google::protobuf::Timestamp& time) {
    return base::FromProto(time) > received + kFurthestAhead;
  };
  const auto warn = [report](const std::string& place) {
    v1::Issue* issue = report->add_issues();
    issue->set_severity(v1::Issue::SEVERITY_WARNING);
    issue->set_place(place);
    issue->set_message("the time of status lies in the future and was dropped; the time of receipt counts");
  };
  if (report->has_issued() && is_ahead(report->issued())) {
    report->clear_issued();
    warn("issued");
  }
  if (report->has_message_time() && is_ahead(report->message_time())) report->clear_message_time();
  const std::optional<absl::Time> time = TimeOfReport(*report);
  for (v1::Observation& observation : *report->mutable_observations()) {
    if (observation.has_issued() && is_ahead(observation.issued())) {
      observation.clear_issued();
      warn("observations.issued");
    }
    observation.clear_status_time();
    if (observation.has_issued()) {
      *observation.mutable_status_time() = observation.issued();
    } else if (time) {
      *observation.mutable_status_time() = base::ToProto(*time);
    }
  }
}

v1::DiagnosticReport MergeVersions(const v1::DiagnosticReport& newer, const v1::DiagnosticReport& older) {
  v1::DiagnosticReport merged = newer;
  absl::flat_hash_map<std::string, int> position;
  for (int i = 0; i < merged.observations_size(); ++i) position.emplace(merged.observations(i).id(), i);
  for (const v1::Observation& observation : older.observations()) {
    const auto [found, inserted] = position.emplace(observation.id(), merged.observations_size());
    if (inserted) {
      *merged.add_observations() = observation;
    } else if (CompareStates(observation, merged.observations(found->second)) > 0) {
      *merged.mutable_observations(found->second) = observation;
    }
  }
  if (newer.narrative().empty()) merged.set_narrative(older.narrative());
  if (newer.conclusion().empty()) merged.set_conclusion(older.conclusion());
  if (newer.conclusion_codes().empty()) *merged.mutable_conclusion_codes() = older.conclusion_codes();
  if (newer.notes().empty()) *merged.mutable_notes() = older.notes();
  if (newer.presented_forms().empty()) *merged.mutable_presented_forms() = older.presented_forms();
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
  const v1::Observation* in_a = Find(a, unit_id);
  const v1::Observation* in_b = Find(b, unit_id);
  if (in_a == nullptr || in_b == nullptr) return in_a == in_b;
  return policy::EffectiveStatus(a, *in_a) == policy::EffectiveStatus(b, *in_b) && WithoutTime(in_a) == WithoutTime(in_b);
}

}  // namespace resultgate::gate
