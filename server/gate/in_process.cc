#include "server/gate/in_process.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/gate/decision_for_next.h"
#include "server/policy/in_process.h"

namespace resultgate::gate {
namespace {

using policy::Cell;

bool IsOfPatient(const CellRelease& part) {
  return part.audience == v1::AUDIENCE_PATIENT && !part.from_previous_patient;
}

bool TakesNoticeAway(const CellRelease& part) {
  return IsOfPatient(part) && part.of_notice && part.kind == v1::RELEASE_KIND_RETRACTION;
}

CellRelease PartOf(const Cell& cell, v1::ReleaseKind kind) {
  CellRelease part;
  part.kind = kind;
  part.of_notice = true;
  part.unit_id = cell.unit_id;
  part.audience = cell.audience;
  part.replaces = cell.outcome.release_sequence();
  return part;
}

// What is said of the result from now on; nullopt: nothing.
std::optional<policy::InProcess> SaidOf(const policy::Pack* pack, const v1::DiagnosticReport& report, const v1::Result& result,
                                        const Notices& standing, absl::Time now) {
  if (pack != nullptr) {
    return policy::InProcessOf(*pack, report, ClockOf(result.decision()), base::FromProto(result.first_received_at()), now);
  }
  if (standing.empty()) return std::nullopt;
  policy::InProcess said;
  said.expected_by = standing.rbegin()->second;  // the last that was said
  if (said.expected_by && *said.expected_by <= now) said.expected_by.reset();
  return said;
}

}  // namespace

void AddIfNotice(const v1::Release& release, Notices* notices) {
  if (release.kind() != v1::RELEASE_KIND_IN_PROCESS) return;
  (*notices)[release.sequence()] =
      release.has_expected_by() ? std::optional(base::FromProto(release.expected_by())) : std::nullopt;
}

std::vector<int64_t> NoticesToFind(const Transition& transition) {
  std::set<int64_t> sequences;
  for (const CellRelease& part : transition.parts) sequences.insert(part.replaces);
  for (const Cell& cell : transition.cells) {
    const bool waits = cell.audience == v1::AUDIENCE_PATIENT && cell.outcome.state() == v1::OUTCOME_STATE_HELD;
    if (waits) sequences.insert(cell.outcome.release_sequence());
  }
  sequences.erase(0);
  return {sequences.begin(), sequences.end()};
}

void PlanNotice(const policy::Pack* pack, const v1::DiagnosticReport& report, const v1::Result& result, const Notices& standing,
                absl::Time now, Transition* transition) {
  if (standing.empty() && (pack == nullptr || pack->in_process().empty())) return;
  std::vector<CellRelease>& parts = transition->parts;
  const size_t planned = parts.size();
  // Under the patient's other identifiers a notice begins anew: it is no correction.
  const auto goes_on_as_correction = [&](const CellRelease& part) {
    return transition->renumbered && part.kind == v1::RELEASE_KIND_BEING_CORRECTED && standing.count(part.replaces) > 0;
  };
  parts.erase(std::remove_if(parts.begin(), parts.end(), goes_on_as_correction), parts.end());
  bool changed = parts.size() < planned;
  for (CellRelease& part : parts) {
    if (standing.count(part.replaces) == 0) continue;
    part.corrected = false;
    part.of_notice = part.kind == v1::RELEASE_KIND_RETRACTION;
    changed = true;
  }
  const std::optional<policy::InProcess> said = SaidOf(pack, report, result, standing, now);
  std::vector<Cell*> told;
  bool anew = false;  // what stands does not say it
  for (Cell& cell : transition->cells) {
    if (cell.audience != v1::AUDIENCE_PATIENT || cell.outcome.state() != v1::OUTCOME_STATE_HELD) continue;
    const int64_t sequence = cell.outcome.release_sequence();
    const auto notice = standing.find(sequence);
    const bool has_notice = notice != standing.end();
    // Of what is being corrected the patient reads that.
    if (sequence > 0 && !has_notice) continue;
    const bool tells = said && policy::MayBeTold(cell.outcome) && (has_notice || pack != nullptr);
    if (tells) {
      told.push_back(&cell);
      anew = anew || !has_notice || notice->second != said->expected_by;
    } else if (has_notice) {
      parts.push_back(PartOf(cell, v1::RELEASE_KIND_RETRACTION));
      cell.outcome.clear_release_sequence();
      changed = true;
    }
  }
  if (!told.empty()) {
    // The notice is of the whole result: while some of it waits, none is taken away for the rest.
    for (Cell& cell : transition->cells) {
      const bool closed = cell.outcome.state() == v1::OUTCOME_STATE_CLOSED;
      if (closed && standing.count(cell.outcome.release_sequence()) > 0) cell.outcome.clear_release_sequence();
    }
    parts.erase(std::remove_if(parts.begin(), parts.end(), TakesNoticeAway), parts.end());
    anew = anew || std::any_of(parts.begin(), parts.end(), IsOfPatient);
    for (const Cell* cell : told) {
      if (anew) parts.push_back(PartOf(*cell, v1::RELEASE_KIND_IN_PROCESS));
    }
    changed = changed || anew;
  }
  if (!changed) return;
  transition->releases = Group(parts);
  for (PlannedRelease& release : transition->releases) {
    if (release.kind == v1::RELEASE_KIND_IN_PROCESS) release.expected_by = said->expected_by;
  }
}

absl::Time NextLapse(const policy::Outcomes& outcomes, const Notices& notices) {
  absl::Time next = absl::InfiniteFuture();
  for (const v1::Outcome& outcome : outcomes) {
    if (outcome.state() != v1::OUTCOME_STATE_HELD) continue;
    const auto notice = notices.find(outcome.release_sequence());
    if (notice != notices.end() && notice->second) next = std::min(next, *notice->second);
  }
  return next;
}

}  // namespace resultgate::gate
