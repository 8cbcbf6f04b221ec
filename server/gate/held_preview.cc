#include "server/gate/held_preview.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/base/status_macros.h"
#include "server/gate/ask_anew.h"
#include "server/gate/decision_before.h"
#include "server/gate/redecide.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

using policy::Cell;

constexpr int kMostExamples = 5;
constexpr size_t kMostGroups = 500;

bool IsHeld(const v1::Result& result) {
  const auto& outcomes = result.decision().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(),
                     [](const v1::Outcome& outcome) { return outcome.state() == v1::OUTCOME_STATE_HELD; });
}

// The rules that hold a unit, in order of id.
std::vector<std::string> HoldingRules(const v1::Outcome& outcome) {
  std::set<std::string> ids;
  for (const v1::AppliedRule& rule : outcome.rules()) {
    const bool holds = rule.effect() == v1::RULE_EFFECT_DELAY || rule.effect() == v1::RULE_EFFECT_REVIEW ||
                       rule.effect() == v1::RULE_EFFECT_WITHHOLD;
    if (holds && !rule.lifted()) ids.insert(rule.rule_id());
  }
  return {ids.begin(), ids.end()};
}

// Counts units by class.
class Tally {
 public:
  // Decided by that very pack: nothing would change.
  void AddAsItIs(const v1::Result& result, absl::Time now) {
    Add(result, policy::ToCells(result.decision().outcomes()), {}, now);
  }
  void Add(const v1::Result& result, const std::vector<Cell>& asked, absl::Time now) {
    Add(result, asked, DecideAnew(result, asked, {/*relax=*/true, /*tighten=*/false}, now).released, now);
  }

  v1::HeldPreview Finish() {
    preview_.set_earlier(totals_[v1::HELD_CHANGE_EARLIER]);
    preview_.set_later(totals_[v1::HELD_CHANGE_LATER]);
    preview_.set_new_hold(totals_[v1::HELD_CHANGE_NEW_HOLD]);
    preview_.set_same(totals_[v1::HELD_CHANGE_SAME]);
    std::vector<v1::HeldGroup> groups;
    for (auto& [key, group] : groups_) {
      const auto& [change, section, before, after] = key;
      group.set_change(change);
      group.set_section(section);
      for (const std::string& rule : before) group.add_rules_before(rule);
      for (const std::string& rule : after) group.add_rules_after(rule);
      groups.push_back(std::move(group));
    }
    std::stable_sort(groups.begin(), groups.end(), [](const v1::HeldGroup& a, const v1::HeldGroup& b) {
      return a.change() != b.change() ? a.change() < b.change() : a.units() > b.units();
    });
    const size_t kept = std::min(groups.size(), kMostGroups);
    for (size_t i = 0; i < kept; ++i) *preview_.add_groups() = std::move(groups[i]);
    preview_.set_groups_left_out(static_cast<int64_t>(groups.size() - kept));
    return std::move(preview_);
  }

 private:
  using Key = std::tuple<v1::HeldChange, v1::Section, std::vector<std::string>, std::vector<std::string>>;

  void Add(const v1::Result& result, const std::vector<Cell>& asked, const std::set<std::string>& released, absl::Time now) {
    std::map<std::pair<std::string, v1::Audience>, const v1::Outcome*> asked_of;
    for (const Cell& cell : asked) asked_of[{cell.unit_id, cell.audience}] = &cell.outcome;
    std::map<v1::HeldChange, std::set<std::string>> units_of_change;
    std::map<Key, std::set<std::string>> units_of_group;
    for (const Cell& cell : policy::ToCells(result.decision().outcomes())) {
      const auto found = asked_of.find({cell.unit_id, cell.audience});
      if (cell.outcome.state() != v1::OUTCOME_STATE_HELD || found == asked_of.end()) continue;
      const v1::HeldChange change = Compare(cell.outcome, *found->second, now);
      units_of_change[change].insert(cell.unit_id);
      units_of_group[{change, result.report().section(), HoldingRules(cell.outcome), HoldingRules(*found->second)}].insert(
          cell.unit_id);
    }
    preview_.set_results(preview_.results() + 1);
    preview_.set_released_now(preview_.released_now() + static_cast<int64_t>(released.size()));
    for (const auto& [change, units] : units_of_change) totals_[change] += static_cast<int64_t>(units.size());
    for (const auto& [key, units] : units_of_group) {
      v1::HeldGroup& group = groups_[key];
      group.set_units(group.units() + static_cast<int64_t>(units.size()));
      const auto gone = std::count_if(units.begin(), units.end(), [&](const auto& unit) { return released.count(unit) > 0; });
      group.set_released_now(group.released_now() + gone);
      if (group.example_result_ids_size() < kMostExamples) group.add_example_result_ids(result.id());
    }
  }

  v1::HeldPreview preview_;
  std::map<v1::HeldChange, int64_t> totals_;
  std::map<Key, v1::HeldGroup> groups_;
};

}  // namespace

absl::Status ForEachHeld(const store::Reader& reader, const std::function<absl::Status(const v1::Result&)>& take) {
  RG_ASSIGN_OR_RETURN(const std::vector<int64_t> ids, reader.ListHeldIds());
  for (const int64_t id : ids) {
    const absl::StatusOr<std::optional<v1::Result>> result = reader.FindResult(id);
    // One that cannot be read must not hide the others.
    if (absl::IsDataLoss(result.status())) continue;
    RG_RETURN_IF_ERROR(result.status());
    if (!result->has_value() || !IsHeld(**result)) continue;  // released meanwhile
    RG_RETURN_IF_ERROR(take(**result));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::HeldPreview> PreviewHeld(const store::Reader& reader, const policy::Pack& pack, absl::Time now) {
  Tally tally;
  RG_RETURN_IF_ERROR(ForEachHeld(reader, [&](const v1::Result& result) -> absl::Status {
    if (result.decision().pack_digest() == pack.digest()) {
      tally.AddAsItIs(result, now);
      return absl::OkStatus();
    }
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> before, DecisionBefore(reader, result));
    tally.Add(result, AskAnew(pack, result, before ? &*before : nullptr, now), now);
    return absl::OkStatus();
  }));
  return tally.Finish();
}

}  // namespace resultgate::gate
