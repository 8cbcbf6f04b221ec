#include "server/gate/ask_anew.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/gate/decision_for_next.h"
#include "server/gate/patient_facts.h"
#include "server/gate/submit.h"
#include "server/policy/decide.h"
#include "server/policy/holds.h"
#include "server/policy/verdict.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using policy::Cell;

bool HoldsAlong(const v1::Outcome& outcome) {
  return std::any_of(outcome.rules().begin(), outcome.rules().end(),
                     [](const v1::AppliedRule& rule) { return !rule.lifted() && policy::HoldsAlong(rule); });
}

}  // namespace

policy::Context ContextOfStanding(const v1::Result& result, const v1::Decision* previous) {
  policy::Context context;
  context.received_at = FromProto(result.received_at());
  const absl::Time decided_at = FromProto(result.decision().decided_at());
  if (decided_at != context.received_at) context.settled_at = decided_at;
  context.previous = previous;
  context.quarantine = StandingQuarantine(result);
  context.clock_start = ClockOf(result.decision());
  return context;
}

std::vector<Cell> AskAnew(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous, absl::Time now,
                          std::vector<v1::Lifter> acted) {
  policy::Context context = ContextOfStanding(result, previous);
  context.acted = std::move(acted);
  std::vector<Cell> cells = policy::ToCells(DecideStanding(pack, result, context, now).outcomes());

  policy::Context fresh_context = context;
  fresh_context.received_at = now;
  fresh_context.settled_at.reset();
  fresh_context.previous = nullptr;
  std::map<std::pair<std::string, v1::Audience>, v1::Outcome> standing;
  for (Cell& cell : policy::ToCells(result.decision().outcomes())) {
    standing.emplace(std::make_pair(cell.unit_id, cell.audience), std::move(cell.outcome));
  }
  // Units whose review begins now for the patient: nobody else's ends before it (I8), however long it has been going on.
  std::set<std::string> begins;
  for (const Cell& cell : cells) {
    const auto found = standing.find({cell.unit_id, cell.audience});
    const bool reviewed = cell.audience == v1::AUDIENCE_PATIENT && cell.outcome.disposition() == v1::DISPOSITION_REVIEW;
    const bool held = found != standing.end() && found->second.state() == v1::OUTCOME_STATE_HELD;
    if (reviewed && held && !KnowsItsReview(found->second)) begins.insert(cell.unit_id);
  }
  std::optional<std::vector<Cell>> fresh;
  for (size_t i = 0; i < cells.size(); ++i) {
    // What waits along with another report of its order does so until that one's hold ends (same_order.h).
    const auto along = standing.find({cells[i].unit_id, cells[i].audience});
    if (along != standing.end() && HoldsAlong(along->second)) {
      cells[i].outcome = along->second;
      continue;
    }
    const auto found = standing.find({cells[i].unit_id, cells[i].audience});
    if (found == standing.end()) continue;
    // Who keeps the records is asked when the death is told.
    const bool died = policy::IsLeftByTheDead(cells[i].outcome) && !policy::IsLeftByTheDead(found->second);
    const bool newly_reviewed = cells[i].outcome.disposition() == v1::DISPOSITION_REVIEW &&
                                (!KnowsItsReview(found->second) || begins.count(cells[i].unit_id) > 0);
    if (!died && !newly_reviewed) continue;
    if (!fresh) fresh = policy::ToCells(DecideStanding(pack, result, fresh_context, now).outcomes());
    for (Cell& cell : *fresh) {
      if (cell.unit_id != cells[i].unit_id || cell.audience != cells[i].audience || !cell.outcome.has_review()) continue;
      *cells[i].outcome.mutable_review() = cell.outcome.review();
    }
  }
  return cells;
}

bool KnowsItsReview(const v1::Outcome& standing) {
  return standing.has_review() &&
         (standing.disposition() == v1::DISPOSITION_REVIEW || standing.disposition() == v1::DISPOSITION_DELAY ||
          standing.disposition() == v1::DISPOSITION_RELEASE);
}

}  // namespace resultgate::gate
