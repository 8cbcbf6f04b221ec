#include "server/gate/decision_for_next.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "server/base/proto_time.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"
#include "server/policy/units.h"

namespace resultgate::gate {
namespace {

bool IsInDoubt(v1::Disposition disposition) {
  return disposition == v1::DISPOSITION_QUARANTINE || disposition == v1::DISPOSITION_NEVER;
}

std::optional<absl::Time> OwnClock(const v1::DiagnosticReport& version, absl::Time received) {
  policy::Context context;
  context.received_at = received;
  return policy::ClockStart(version, context);
}

}  // namespace

std::vector<std::string> BegunUnits(const v1::DiagnosticReport& before, const v1::DiagnosticReport& report) {
  std::vector<std::string> begun;
  const auto look_at = [&](const std::string& unit_id) {
    const auto status = [&](const v1::DiagnosticReport& of) { return policy::UnitStatus(of, unit_id); };
    if (status(before) != v1::RESULT_STATUS_CANCELLED || status(report) == v1::RESULT_STATUS_CANCELLED) return;
    begun.push_back(unit_id);
  };
  look_at(policy::kDocument);
  for (const v1::Observation& observation : before.observations()) look_at(observation.id());
  return begun;
}

std::optional<absl::Time> ClockOf(const v1::Decision& decision) {
  return decision.has_clock_start() ? std::optional(base::FromProto(decision.clock_start())) : std::nullopt;
}

std::optional<absl::Time> ClockWith(const v1::DiagnosticReport& version, const v1::Decision& before, absl::Time received) {
  const std::optional<absl::Time> own = OwnClock(version, received);
  const std::optional<absl::Time> known = ClockOf(before);
  return own && known ? std::min(*own, *known) : own ? own : known;
}

std::vector<std::string> SetBackUnits(const v1::DiagnosticReport& version, const v1::Decision& before, absl::Time received) {
  const std::optional<absl::Time> own = OwnClock(version, received);
  const std::optional<absl::Time> known = ClockOf(before);
  std::vector<std::string> units;
  if (!own || !known || *own >= *known) return units;
  for (const v1::Observation& observation : version.observations()) {
    if (policy::IsFinal(policy::EffectiveStatus(version, observation))) units.push_back(observation.id());
  }
  if (policy::HasDocument(version) && policy::IsFinal(policy::UnitStatus(version, policy::kDocument))) {
    units.emplace_back(policy::kDocument);
  }
  return units;
}

v1::Decision DecisionForNext(v1::Decision before, const std::vector<std::string>& begun, const std::vector<std::string>& set_back,
                             std::optional<absl::Time> clock_start) {
  if (begun.empty() && set_back.empty()) return before;
  const absl::flat_hash_set<absl::string_view> begins(begun.begin(), begun.end());
  const absl::flat_hash_set<absl::string_view> moves(set_back.begin(), set_back.end());
  std::vector<policy::Cell> cells = policy::ToCells(before.outcomes());
  cells.erase(
      std::remove_if(cells.begin(), cells.end(), [&begins](const policy::Cell& cell) { return begins.contains(cell.unit_id); }),
      cells.end());
  if (!set_back.empty() && clock_start) {
    const std::optional<absl::Time> known = ClockOf(before);
    *before.mutable_clock_start() = base::ToProto(*clock_start);
    for (policy::Cell& cell : cells) {
      if (!moves.contains(cell.unit_id)) continue;
      for (v1::AppliedRule& rule : *cell.outcome.mutable_rules()) {
        if (rule.has_clock_start() && base::FromProto(rule.clock_start()) == known)
          *rule.mutable_clock_start() = before.clock_start();
      }
    }
  }
  *before.mutable_outcomes() = policy::ToOutcomes(cells);
  return before;
}

bool HasDoubt(const policy::Outcomes& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(),
                     [](const v1::Outcome& outcome) { return IsInDoubt(outcome.disposition()); });
}

v1::Decision WithoutDoubt(v1::Decision standing, const v1::Decision& before) {
  std::map<std::pair<std::string, v1::Audience>, v1::Outcome> known;
  for (policy::Cell& cell : policy::ToCells(before.outcomes())) {
    cell.outcome.clear_review();
    const bool says = !IsInDoubt(cell.outcome.disposition()) && cell.outcome.disposition() != v1::DISPOSITION_NOT_FINAL;
    if (says) known[{cell.unit_id, cell.audience}] = std::move(cell.outcome);
  }
  std::vector<policy::Cell> cells;
  for (policy::Cell& cell : policy::ToCells(standing.outcomes())) {
    if (IsInDoubt(cell.outcome.disposition())) {
      cell.outcome.clear_review();
      const auto found = known.find({cell.unit_id, cell.audience});
      if (found != known.end()) cell.outcome = std::move(found->second);
    }
    cells.push_back(std::move(cell));
  }
  *standing.mutable_outcomes() = policy::ToOutcomes(cells);
  return standing;
}

}  // namespace resultgate::gate
