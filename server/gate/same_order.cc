#include "server/gate/same_order.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/ask_anew.h"
#include "server/gate/decision_before.h"
#include "server/gate/keys.h"
#include "server/gate/patient_facts.h"
#include "server/gate/patients.h"
#include "server/gate/redecide.h"
#include "server/gate/submit.h"
#include "server/gate/versions.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

using policy::Cell;
using policy::OrderHold;
using policy::Rule;
using Names = std::set<std::string>;

bool IsHeld(const v1::Outcome& outcome) {
  return outcome.state() == v1::OUTCOME_STATE_HELD;
}

bool IsHeld(const v1::Result& result) {
  const auto& outcomes = result.decision().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(), [](const v1::Outcome& outcome) { return IsHeld(outcome); });
}

bool IsOfOneOrder(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b) {
  const std::vector<store::Key> of_a = OrderKeys(a);
  const std::vector<store::Key> of_b = OrderKeys(b);
  return std::find_first_of(of_a.begin(), of_a.end(), of_b.begin(), of_b.end()) != of_a.end();
}

bool Restricts(const v1::AppliedRule& rule) {
  return rule.effect() == v1::RULE_EFFECT_DELAY || rule.effect() == v1::RULE_EFFECT_REVIEW ||
         rule.effect() == v1::RULE_EFFECT_WITHHOLD;
}

// The rules that hold orders together and have a part in the outcome, lifted or not.
Names OrderRules(const policy::Pack& pack, const v1::Outcome& outcome, bool lifted) {
  Names ids;
  for (const v1::AppliedRule& applied : outcome.rules()) {
    const Rule* rule = pack.FindRule(applied.rule_id());
    const bool of_order = rule != nullptr && rule->together == Rule::Together::kOrder;
    if (of_order && Restricts(applied) && applied.lifted() == lifted) ids.insert(rule->id);
  }
  return ids;
}

bool Includes(const Names& all, const Names& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

// True if what the rule asks for still holds the unit: its review was not held yet, its floor has not passed.
bool StillHolds(const Rule& rule, const v1::Outcome& outcome, absl::Time floor, absl::Time now) {
  const auto& rules = outcome.rules();
  const bool lifted = std::any_of(rules.begin(), rules.end(), [&rule](const v1::AppliedRule& applied) {
    return applied.rule_id() == rule.id && applied.lifted();
  });
  if (!IsHeld(outcome) || lifted) return false;
  const bool waits_for_person = outcome.disposition() == v1::DISPOSITION_REVIEW ||
                                outcome.disposition() == v1::DISPOSITION_WITHHOLD ||
                                outcome.disposition() == v1::DISPOSITION_NOT_FINAL;
  return (waits_for_person && (rule.then.review || rule.then.withhold_until)) || (rule.then.delay && floor > now);
}

}  // namespace

Transition MoveAlong(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                     const std::vector<OrderHold>& holds, absl::Time now) {
  policy::Context context = ContextOfStanding(result, previous);
  context.order_holds = holds;
  std::map<std::pair<std::string, v1::Audience>, v1::Outcome> asked;
  const v1::Decision anew = DecideStanding(pack, result, context, base::FromProto(result.decision().decided_at()));
  for (Cell& cell : policy::ToCells(anew.outcomes())) asked[{cell.unit_id, cell.audience}] = std::move(cell.outcome);
  std::vector<Cell> cells = policy::ToCells(result.decision().outcomes());
  bool held = false;
  bool let_go = false;
  for (Cell& cell : cells) {
    const auto found = asked.find({cell.unit_id, cell.audience});
    if (!IsHeld(cell.outcome) || found == asked.end()) continue;
    const Names before = OrderRules(pack, cell.outcome, /*lifted=*/false);
    const Names after = OrderRules(pack, found->second, /*lifted=*/false);
    // What somebody has lifted by name holds this unit no more, whatever comes.
    const bool lifted = !Includes(OrderRules(pack, found->second, true), OrderRules(pack, cell.outcome, true));
    if ((before.empty() && after.empty()) || lifted) continue;
    const bool ended = !Includes(after, before);
    v1::Outcome made = Merge(cell.outcome, found->second, {/*relax=*/ended, /*tighten=*/true}, now);
    if (made.SerializeAsString() == cell.outcome.SerializeAsString()) continue;
    (ended ? let_go : held) = true;
    cell.outcome = std::move(made);
  }
  if (!held && !let_go) return Transition();
  Transition transition = TakeRedecided(result, std::move(cells), now);
  if (held) transition.reasons.emplace_back("held along with another report of its order");
  if (let_go) transition.reasons.emplace_back("no longer held along with another report of its order");
  return transition;
}

absl::Status SameOrder::PutKeys(store::Batch& batch, const v1::Result& result) const {
  if (!packs_->Deciding().pack->holds_orders_together()) return absl::OkStatus();
  for (const store::Key& key : OrderKeys(result.report())) RG_RETURN_IF_ERROR(batch.PutKey(key, result.id()));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Result>> SameOrder::Others(store::Batch& batch, const v1::DiagnosticReport& report,
                                                          int64_t result_id) const {
  std::set<int64_t> ids;
  for (const store::Key& key : OrderKeys(report)) {
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> found, batch.FindByKey(key));
    ids.insert(found.begin(), found.end());
  }
  ids.erase(result_id);
  std::vector<v1::Result> others;
  for (const int64_t id : ids) {
    RG_ASSIGN_OR_RETURN(std::optional<v1::Result> other, batch.FindResult(id));
    // One whose number or patient was corrected keeps its old keys.
    if (!other || !IsHeld(*other) || !IsOfOneOrder(report, other->report())) continue;
    RG_ASSIGN_OR_RETURN(const bool of_patient, SamePatientAfterMerges(batch, report.patient(), other->report().patient()));
    if (of_patient) others.push_back(*std::move(other));
  }
  return others;
}

absl::StatusOr<std::vector<OrderHold>> SameOrder::StandingHolds(store::Batch& batch, const v1::Result& result,
                                                                absl::Time now) const {
  std::vector<OrderHold> standing;
  const policy::Pack& pack = packs_->PackOf(result);
  if (!pack.holds_orders_together()) return standing;
  RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> previous, DecisionBefore(batch, result));
  const calendar::Calendar& calendar = pack.CalendarFor(result.report().order());
  v1::DiagnosticReport scratch;
  for (OrderHold& hold :
       policy::OrderHoldsOf(pack, ReportInForce(result, &scratch), ContextOfStanding(result, previous ? &*previous : nullptr),
                            base::FromProto(result.decision().decided_at()))) {
    const Rule& rule = *pack.FindRule(hold.rule_id);
    const absl::Time floor = rule.then.delay ? calendar.Add(hold.start, *rule.then.delay) : absl::InfinitePast();
    bool stands = false;
    for (const v1::Outcome& outcome : result.decision().outcomes()) {
      const auto& audiences = outcome.audiences();
      if (std::find(audiences.begin(), audiences.end(), hold.audience) == audiences.end()) continue;
      if (!StillHolds(rule, outcome, floor, now)) continue;
      stands = true;
      if (outcome.review().has_started_at()) {
        hold.review_started = std::max(hold.review_started, base::FromProto(outcome.review().started_at()));
      }
    }
    if (stands) standing.push_back(std::move(hold));
  }
  return standing;
}

absl::StatusOr<std::vector<OrderHold>> SameOrder::HoldsOn(store::Batch& batch, const v1::DiagnosticReport& report,
                                                          int64_t result_id, absl::Time now) const {
  std::vector<OrderHold> holds;
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Result> others, Others(batch, report, result_id));
  for (const v1::Result& other : others) {
    RG_ASSIGN_OR_RETURN(std::vector<OrderHold> standing, StandingHolds(batch, other, now));
    std::move(standing.begin(), standing.end(), std::back_inserter(holds));
  }
  return holds;
}

absl::StatusOr<std::vector<SameOrder::Change>> SameOrder::ChangesAfter(store::Batch& batch, const v1::Result& result,
                                                                       absl::Time now) const {
  std::vector<Change> changes;
  if (!packs_->PackOf(result).holds_orders_together() && !packs_->Deciding().pack->holds_orders_together()) return changes;
  RG_ASSIGN_OR_RETURN(std::vector<v1::Result> others, Others(batch, result.report(), result.id()));
  for (v1::Result& other : others) {
    if (!packs_->PackOf(other).holds_orders_together() || !StandingQuarantine(other).empty()) continue;
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> previous, DecisionBefore(batch, other));
    RG_ASSIGN_OR_RETURN(std::vector<OrderHold> holds, HoldsOn(batch, other.report(), other.id(), now));
    Transition transition = MoveAlong(packs_->PackOf(other), other, previous ? &*previous : nullptr, holds, now);
    if (!transition.reasons.empty()) changes.push_back({std::move(other), std::move(transition), std::move(holds)});
  }
  return changes;
}

}  // namespace resultgate::gate
