#include "server/gate/logged_state.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/audit/difference.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "server/gate/decision_for_next.h"
#include "server/gate/transition.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

using Response = v1::SubmitResultResponse;

std::string PlaceOf(const std::pair<std::string, v1::Audience>& cell) {
  return absl::StrCat(cell.first, ", ", audit::EnumWord(v1::Audience_Name(cell.second), "AUDIENCE_"));
}

// What of `before` counts for what was decided.
v1::Decision CountingFor(const v1::Entry::Decided& decided, const v1::Decision& before, std::optional<absl::Time> clock) {
  return DecisionForNext(before, {decided.begun_unit_ids().begin(), decided.begun_unit_ids().end()},
                         {decided.set_back_unit_ids().begin(), decided.set_back_unit_ids().end()}, clock);
}

}  // namespace

const std::string& KeptDigest(const v1::Entry::Decided& decided) {
  return decided.kept_digest().empty() ? decided.report_digest() : decided.kept_digest();
}

void LoggedState::Take(const v1::Entry& entry) {
  const audit::EntryFacts facts = audit::FactsOf(entry);
  result_.set_id(entry.result_id());
  result_.set_report_sequence(result_.report_sequence() + static_cast<int64_t>(facts.releases.size()));
  for (const v1::ReleaseNote* note : facts.releases) {
    if (note->kind() != v1::RELEASE_KIND_IN_PROCESS) continue;
    notices_[note->sequence()] = note->has_expected_by() ? std::optional(base::FromProto(note->expected_by())) : std::nullopt;
  }
  if (entry.has_decided()) {
    const v1::Entry::Decided& decided = entry.decided();
    if (decided.disposal() != Response::DISPOSAL_DUPLICATE) report_digests_.push_back(KeptDigest(decided));
    if (!decided.has_decision()) {
      if (decided.disposal() != Response::DISPOSAL_OLDER_VERSION) return;
      result_.mutable_decision()->clear_clock_start();
      if (decided.has_clock_start()) *result_.mutable_decision()->mutable_clock_start() = decided.clock_start();
      if (settled_) settled_ = WithoutDoubt(result_.decision(), CountingFor(decided, *settled_, ClockOf(result_.decision())));
      return;
    }
    const std::optional<absl::Time> clock = ClockOf(decided.decision());
    const bool goes_on = decided_ && !decided.starts_over();
    previous_.reset();
    if (goes_on) previous_ = CountingFor(decided, decided.resumes() ? settled() : result_.decision(), clock);
    if (HasDoubt(decided.decision().outcomes())) {
      settled_ = WithoutDoubt(decided.decision(), goes_on ? CountingFor(decided, settled(), clock) : v1::Decision());
    } else {
      settled_.reset();
    }
    if (!decided_) *result_.mutable_first_received_at() = entry.time();
    decided_ = true;
    facts_digest_ = decided.facts_digest();
    result_.set_version(entry.version());
    *result_.mutable_received_at() = entry.time();
    *result_.mutable_decision() = decided.decision();
    return;
  }
  if (entry.has_acknowledged()) {
    for (const int64_t sequence : entry.acknowledged().release_sequences()) {
      Acknowledge(sequence, result_.mutable_decision()->mutable_outcomes());
    }
    return;
  }
  if (entry.approved().has_decided()) {
    previous_.reset();
    if (entry.approved().resumes()) previous_ = settled();
    policy::Outcomes outcomes;
    outcomes.Swap(result_.mutable_decision()->mutable_outcomes());
    *result_.mutable_decision() = entry.approved().decided();
    result_.mutable_decision()->mutable_outcomes()->Swap(&outcomes);
  }
  if (entry.redecided().whole()) result_.mutable_decision()->set_pack_digest(entry.redecided().pack_digest());
  if (!facts.outcomes.empty()) Overlay(entry);
}

// An entry tells the outcomes that changed; the others stand.
void LoggedState::Overlay(const v1::Entry& entry) {
  std::vector<policy::Cell> cells = policy::ToCells(result_.decision().outcomes());
  std::map<std::pair<std::string, v1::Audience>, size_t> place;
  for (size_t i = 0; i < cells.size(); ++i) place[{cells[i].unit_id, cells[i].audience}] = i;
  policy::Outcomes changed;
  for (const v1::Outcome* outcome : audit::FactsOf(entry).outcomes) *changed.Add() = *outcome;
  for (policy::Cell& cell : policy::ToCells(changed)) {
    const auto [found, is_new] = place.try_emplace({cell.unit_id, cell.audience}, cells.size());
    if (is_new) {
      cells.push_back(std::move(cell));
    } else {
      cells[found->second] = std::move(cell);
    }
  }
  // What comes into doubt with it stands in the outcomes before.
  if (!settled_ && HasDoubt(changed)) settled_ = result_.decision();
  *result_.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(cells);
  if (HasDoubt(result_.decision().outcomes())) {
    settled_ = WithoutDoubt(result_.decision(), settled());
  } else {
    settled_.reset();
  }
}

LoggedCells ToLoggedCells(const google::protobuf::RepeatedPtrField<v1::Outcome>& outcomes) {
  LoggedCells cells;
  for (policy::Cell& cell : policy::ToCells(outcomes)) {
    const bool only_waits =
        cell.outcome.state() == v1::OUTCOME_STATE_HELD && cell.outcome.disposition() == v1::DISPOSITION_RELEASE;
    if (only_waits) cell.outcome.clear_due_at();
    cells[{cell.unit_id, cell.audience}] = std::move(cell.outcome);
  }
  return cells;
}

std::vector<std::string> DifferencesOf(const LoggedCells& logged, const LoggedCells& now) {
  std::vector<std::string> lines;
  for (const auto& [place, outcome] : logged) {
    const auto found = now.find(place);
    if (found == now.end()) {
      lines.push_back(absl::StrCat(PlaceOf(place), ": logged, now absent"));
      continue;
    }
    for (const std::string& difference : audit::Differences(outcome, found->second)) {
      lines.push_back(absl::StrCat(PlaceOf(place), ": ", difference));
    }
  }
  for (const auto& [place, outcome] : now) {
    if (logged.count(place) == 0) lines.push_back(absl::StrCat(PlaceOf(place), ": not logged, now decided"));
  }
  return lines;
}

}  // namespace resultgate::gate
