#include "server/policy/whatif/impact.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_time.h"
#include "server/policy/holds.h"
#include "server/policy/outcomes.h"
#include "server/policy/whatif/forecast.h"
#include "server/policy/whatif/pack_difference.h"

namespace resultgate::policy {
namespace {

using Ids = std::set<std::string>;

// Moves are sorted into these; the last, without a bound, is for what has no end of its own before or after.
constexpr absl::Duration kSizes[] = {absl::Hours(1), absl::Hours(24), absl::Hours(3 * 24), absl::Hours(7 * 24),
                                     absl::Hours(366 * 24)};

Ids HoldIds(const v1::Outcome& outcome, absl::Time now) {
  const std::vector<std::string> ids = HoldsOf(outcome, now);
  return {ids.begin(), ids.end()};
}

Ids PermitIds(const v1::Outcome& outcome) {
  Ids ids;
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (rule.effect() == v1::RULE_EFFECT_PERMIT) ids.insert(rule.rule_id());
  }
  return ids;
}

Ids DeadlineIds(const v1::Outcome& outcome) {
  Ids ids;
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (rule.effect() == v1::RULE_EFFECT_DEADLINE) ids.insert(rule.rule_id());
  }
  return ids;
}

Ids Without(const Ids& ids, const Ids& others) {
  Ids left;
  std::set_difference(ids.begin(), ids.end(), others.begin(), others.end(), std::inserter(left, left.end()));
  return left;
}

std::string Roles(const v1::Review& review) {
  return absl::StrJoin(review.turns(), ",",
                       [](std::string* out, const v1::ReviewTurn& turn) { absl::StrAppend(out, turn.owner().role()); });
}

Move MoveOf(const Forecast& before, const Forecast& after) {
  if (after.latest < before.latest) return Move::kEarlier;
  if (after.latest > before.latest) return Move::kLater;
  return after.earliest < before.earliest ? Move::kEarlierIfReviewed : Move::kNone;
}

bool IsEarlier(Move move) {
  return move == Move::kEarlier || move == Move::kEarlierIfReviewed;
}

}  // namespace

struct ImpactCounter::Shift {
  Move move = Move::kNone;
  bool could_be_earlier = false;  // it goes later if nobody does anything, but earlier if its reviewer is quick
  absl::Duration by;              // how far, without a sign
  Ids added;                      // holds
  Ids removed;
  Ids causes;                      // rules
  std::vector<std::string> words;  // the causes
  std::string before, after;       // in words
};

struct ImpactCounter::Unit {
  std::map<v1::Audience, Shift> shifts;
};

ImpactCounter::ImpactCounter(const Pack& before, const Pack& after, size_t examples, std::vector<std::string> expected)
    : before_(before),
      after_(after),
      most_examples_(examples),
      expected_(expected.begin(), expected.end()),
      changes_(RuleChanges(before, after)),
      loads_before_(before.calendar().zone()),
      loads_after_(before.calendar().zone()) {
  sizes_.resize(std::size(kSizes) + 1);
  for (size_t i = 0; i < std::size(kSizes); ++i) *sizes_[i].mutable_up_to() = base::ToProto(kSizes[i]);
}

ImpactCounter::~ImpactCounter() = default;

void ImpactCounter::Add(const Arrival& arrival, const v1::DiagnosticReport& report) {
  ++reports_;
  const v1::Decision old = DecideOnArrival(before_, report, arrival);
  const v1::Decision now = DecideOnArrival(after_, report, arrival);
  loads_before_.Add(old);
  loads_after_.Add(now);
  Ids assumed;
  std::set_symmetric_difference(old.assumed_facts().begin(), old.assumed_facts().end(), now.assumed_facts().begin(),
                                now.assumed_facts().end(), std::inserter(assumed, assumed.end()));
  // Both packs decide the same units for the same audiences; in their order in the report.
  std::map<std::pair<std::string, v1::Audience>, v1::Outcome> outcomes;
  for (Cell& cell : ToCells(now.outcomes())) outcomes[{cell.unit_id, cell.audience}] = std::move(cell.outcome);
  std::map<std::string, Unit> units;
  std::vector<std::string> order;
  for (const Cell& cell : ToCells(old.outcomes())) {
    const auto [unit, is_new] = units.try_emplace(cell.unit_id);
    if (is_new) order.push_back(cell.unit_id);
    unit->second.shifts[cell.audience] = Compare(cell.outcome, outcomes[{cell.unit_id, cell.audience}],
                                                 absl::StrJoin(assumed, ", "), report.order(), arrival.received_at);
  }
  const std::string language = LanguageOf(report);
  for (const std::string& id : order) {
    UnitClass unit_class = ClassOf(after_, report, id);
    if (unit_class.value_set == kNoValueSet) unit_class = ClassOf(before_, report, id);
    CountUnit(units[id], unit_class, language);
    CountRules(units[id]);
    KeepExamples(arrival, id, units[id]);
  }
}

ImpactCounter::Shift ImpactCounter::Compare(const v1::Outcome& before, const v1::Outcome& after, const std::string& assumed,
                                            const v1::ServiceRequest& order, absl::Time now) const {
  Shift shift;
  const calendar::Calendar& old_calendar = before_.CalendarFor(order);
  const calendar::Calendar& new_calendar = after_.CalendarFor(order);
  const Forecast was = ForecastOf(before, old_calendar, now);
  const Forecast is = ForecastOf(after, new_calendar, now);
  const Ids old_holds = HoldIds(before, now);
  const Ids new_holds = HoldIds(after, now);
  shift.added = Without(new_holds, old_holds);
  shift.removed = Without(old_holds, new_holds);
  shift.move = MoveOf(was, is);
  shift.could_be_earlier = is.earliest < was.earliest;
  const bool never = was.latest == absl::InfiniteFuture() || is.latest == absl::InfiniteFuture();
  shift.by = never ? absl::InfiniteDuration() : absl::AbsDuration(is.latest - was.latest);
  const bool differs = before.disposition() != after.disposition() || !shift.added.empty() || !shift.removed.empty() ||
                       Roles(before.review()) != Roles(after.review()) || is.earliest != was.earliest ||
                       before.withheld_until().seconds() != after.withheld_until().seconds();
  if (shift.move == Move::kNone && differs) shift.move = Move::kSameTime;
  if (shift.move == Move::kNone) return shift;

  shift.before = InWords(before, old_calendar, now);
  shift.after = InWords(after, new_calendar, now);
  const auto blame = [&shift](const Ids& ids, absl::string_view how) {
    for (const std::string& id : ids) shift.words.push_back(absl::StrCat(id, " ", how));
    shift.causes.insert(ids.begin(), ids.end());
  };
  blame(shift.added, "holds it now");
  blame(shift.removed, "no longer holds it");
  // What permits is a cause only where the default review comes or goes with it.
  if (shift.added.count("default") > 0) blame(Without(PermitIds(before), PermitIds(after)), "no longer lets it go");
  if (shift.removed.count("default") > 0) blame(Without(PermitIds(after), PermitIds(before)), "lets it go now");
  blame(Without(DeadlineIds(after), DeadlineIds(before)), "sets a deadline now");
  blame(Without(DeadlineIds(before), DeadlineIds(after)), "sets no deadline any more");
  Ids changed;
  for (const v1::AppliedRule& rule : after.rules()) {
    const auto found = changes_.find(rule.rule_id());
    const bool is_changed = found != changes_.end() && found->second == v1::RuleImpact::CHANGE_CHANGED;
    const bool matters = rule.effect() != v1::RULE_EFFECT_PERMIT && shift.added.count(rule.rule_id()) == 0;
    if (is_changed && matters) changed.insert(rule.rule_id());
  }
  blame(changed, "has changed");
  if (!assumed.empty()) shift.words.push_back(absl::StrCat("facts: ", assumed));
  if (shift.words.empty()) shift.words.emplace_back("no rule: the pack's own reviews, hours, calendar or precedence");
  return shift;
}

// A unit counts once in each row, however many audiences it moves for.
void ImpactCounter::CountMoves(const std::set<Move>& moves, bool added, bool removed, v1::Moves* row) {
  row->set_units(row->units() + 1);
  const auto has = [&moves](Move move) { return moves.count(move) > 0; };
  if (has(Move::kEarlier)) row->set_earlier(row->earlier() + 1);
  if (has(Move::kLater)) row->set_later(row->later() + 1);
  if (has(Move::kEarlierIfReviewed) && !has(Move::kEarlier)) row->set_earlier_if_reviewed(row->earlier_if_reviewed() + 1);
  const bool moved = has(Move::kEarlier) || has(Move::kLater) || has(Move::kEarlierIfReviewed);
  if (!moved && has(Move::kSameTime)) row->set_same_time(row->same_time() + 1);
  if (!moved && !has(Move::kSameTime)) row->set_unchanged(row->unchanged() + 1);
  if (added) row->set_holds_added(row->holds_added() + 1);
  if (removed) row->set_holds_removed(row->holds_removed() + 1);
}

void ImpactCounter::CountUnit(const Unit& unit, const UnitClass& unit_class, const std::string& language) {
  const auto& [section, value_set] = unit_class;
  std::set<Move> moves;
  bool added = false;
  bool removed = false;
  bool unexpected_earlier = false;
  bool unexpected_later = false;
  absl::Duration earlier;
  absl::Duration later;
  for (const auto& [audience, shift] : unit.shifts) {
    std::set<Move> own = {shift.move};
    if (shift.could_be_earlier && shift.move == Move::kLater) own.insert(Move::kEarlierIfReviewed);
    moves.insert(own.begin(), own.end());
    added = added || !shift.added.empty();
    removed = removed || !shift.removed.empty();
    if (shift.move == Move::kEarlier) earlier = std::max(earlier, shift.by);
    if (shift.move == Move::kLater) later = std::max(later, shift.by);
    const bool expected = !shift.causes.empty() && Without(shift.causes, expected_).empty();
    unexpected_earlier = unexpected_earlier || (!expected && (IsEarlier(shift.move) || shift.could_be_earlier));
    unexpected_later = unexpected_later || (!expected && shift.move == Move::kLater);
    CountMoves(own, !shift.added.empty(), !shift.removed.empty(), &by_audience_[{v1::SECTION_UNSPECIFIED, "", "", audience}]);
  }
  CountMoves(moves, added, removed, &total_);
  CountMoves(moves, added, removed, &by_class_[{section, value_set, "", v1::AUDIENCE_UNSPECIFIED}]);
  CountMoves(moves, added, removed, &by_language_[{v1::SECTION_UNSPECIFIED, "", language, v1::AUDIENCE_UNSPECIFIED}]);
  unexpected_earlier_ += unexpected_earlier ? 1 : 0;
  unexpected_later_ += unexpected_later ? 1 : 0;
  const auto size_of = [this](absl::Duration by) -> v1::MoveSize& {
    const auto* bound = std::find_if(std::begin(kSizes), std::end(kSizes), [by](absl::Duration size) { return by <= size; });
    return sizes_[static_cast<size_t>(bound - std::begin(kSizes))];
  };
  if (earlier > absl::ZeroDuration()) size_of(earlier).set_earlier(size_of(earlier).earlier() + 1);
  if (later > absl::ZeroDuration()) size_of(later).set_later(size_of(later).later() + 1);
}

void ImpactCounter::CountRules(const Unit& unit) {
  Ids earlier, later, added, removed;
  for (const auto& [audience, shift] : unit.shifts) {
    if (IsEarlier(shift.move)) earlier.insert(shift.causes.begin(), shift.causes.end());
    if (shift.move == Move::kLater) later.insert(shift.causes.begin(), shift.causes.end());
    added.insert(shift.added.begin(), shift.added.end());
    removed.insert(shift.removed.begin(), shift.removed.end());
  }
  for (const std::string& id : earlier) rules_[id].set_earlier(rules_[id].earlier() + 1);
  for (const std::string& id : later) rules_[id].set_later(rules_[id].later() + 1);
  for (const std::string& id : added) rules_[id].set_holds_added(rules_[id].holds_added() + 1);
  for (const std::string& id : removed) rules_[id].set_holds_removed(rules_[id].holds_removed() + 1);
}

void ImpactCounter::KeepExamples(const Arrival& arrival, const std::string& unit_id, const Unit& unit) {
  std::vector<v1::UnitExample> examples;
  std::vector<std::pair<Move, std::string>> kinds;
  for (const auto& [audience, shift] : unit.shifts) {
    if (shift.move == Move::kNone) continue;
    const std::string causes = absl::StrJoin(shift.words, ", ");
    const auto alike = std::find_if(examples.begin(), examples.end(), [&shift = shift, &causes](const v1::UnitExample& e) {
      return e.before() == shift.before && e.after() == shift.after && absl::StrJoin(e.causes(), ", ") == causes;
    });
    if (alike != examples.end()) {
      alike->add_audiences(audience);
      continue;
    }
    v1::UnitExample example;
    example.set_source(arrival.source);
    example.set_report(arrival.report_name);
    example.set_unit_id(unit_id);
    example.add_audiences(audience);
    example.set_before(shift.before);
    example.set_after(shift.after);
    for (const std::string& words : shift.words) example.add_causes(words);
    examples.push_back(std::move(example));
    kinds.emplace_back(shift.move, causes);
  }
  for (size_t i = 0; i < examples.size(); ++i) {
    std::vector<v1::UnitExample>& kept = examples_[kinds[i].first];
    // Two of the same causes show as much as twenty.
    constexpr int kOfEachCause = 2;
    if (kept.size() < most_examples_ && ++seen_[kinds[i]] <= kOfEachCause) kept.push_back(std::move(examples[i]));
  }
}

void ImpactCounter::Write(const Groups& groups, google::protobuf::RepeatedPtrField<v1::Moves>* rows) {
  for (const auto& [group, moves] : groups) {
    v1::Moves& row = *rows->Add();
    row = moves;
    row.mutable_group()->set_section(std::get<0>(group));
    row.mutable_group()->set_value_set(std::get<1>(group));
    row.mutable_group()->set_language(std::get<2>(group));
    row.mutable_group()->set_audience(std::get<3>(group));
  }
}

v1::Impact ImpactCounter::Summary() const {
  v1::Impact summary;
  *summary.mutable_before() = NameOf(before_);
  *summary.mutable_after() = NameOf(after_);
  summary.set_reports(reports_);
  *summary.mutable_total() = total_;
  Write(by_audience_, summary.mutable_by_audience());
  Write(by_class_, summary.mutable_by_class());
  Write(by_language_, summary.mutable_by_language());
  for (const v1::MoveSize& size : sizes_) *summary.add_sizes() = size;
  std::map<std::string, v1::RuleImpact> rules = rules_;
  for (const auto& [id, change] : changes_) {
    if (change != v1::RuleImpact::CHANGE_SAME) rules[id];
  }
  for (auto& [id, rule] : rules) {
    const auto change = changes_.find(id);
    rule.set_rule_id(id);
    rule.set_change(change == changes_.end() ? v1::RuleImpact::CHANGE_SAME : change->second);
    *summary.add_rules() = rule;
  }
  std::map<std::pair<std::string, std::string>, std::pair<int, int>> loads;
  for (const auto& [slot, count] : loads_before_.counts()) loads[slot].first = count.begin;
  for (const auto& [slot, count] : loads_after_.counts()) loads[slot].second = count.begin;
  for (const auto& [slot, counts] : loads) {
    if (counts.first == counts.second) continue;
    v1::ReviewLoadChange& load = *summary.add_reviews();
    load.set_day(slot.first);
    load.set_owner(slot.second);
    load.set_before(counts.first);
    load.set_after(counts.second);
  }
  for (std::string& change : SettingChanges(before_, after_)) summary.add_settings(std::move(change));
  for (const Move move : {Move::kEarlier, Move::kEarlierIfReviewed, Move::kLater, Move::kSameTime}) {
    const auto found = examples_.find(move);
    if (found == examples_.end()) continue;
    for (const v1::UnitExample& example : found->second) *summary.add_examples() = example;
  }
  return summary;
}

}  // namespace resultgate::policy
