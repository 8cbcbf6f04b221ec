#include "server/policy/whatif/simulation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_time.h"
#include "server/policy/holds.h"
#include "server/policy/outcomes.h"
#include "server/policy/whatif/forecast.h"

namespace resultgate::policy {

Simulator::Simulator(const Pack& pack) : pack_(pack), loads_(pack.calendar().zone()) {}

void Simulator::Add(const Arrival& arrival, const v1::DiagnosticReport& report) {
  const absl::Time now = arrival.received_at;
  const v1::Decision decision = DecideOnArrival(pack_, report, arrival);
  const calendar::Calendar& calendar = pack_.CalendarFor(report.order());
  const std::string language = LanguageOf(report);
  ++reports_;
  std::map<std::string, UnitClass> classes;
  for (const v1::Outcome& outcome : decision.outcomes()) {
    const absl::Duration wait = ForecastOf(outcome, calendar, now).latest - now;
    for (const std::string& unit : outcome.unit_ids()) {
      const auto [found, is_new] = classes.try_emplace(unit);
      if (is_new) found->second = ClassOf(pack_, report, unit);
      const auto& [section, value_set] = found->second;
      for (const int number : outcome.audiences()) {
        const auto audience = static_cast<v1::Audience>(number);
        const v1::Disposition disposition = outcome.disposition();
        Count({v1::SECTION_UNSPECIFIED, "", "", audience}, disposition, wait, &totals_);
        Count({section, value_set, "", audience}, disposition, wait, &by_class_);
        Count({v1::SECTION_UNSPECIFIED, "", language, audience}, disposition, wait, &by_language_);
        Count({section, value_set, language, audience}, disposition, wait, &by_both_);
      }
    }
  }
  units_ += static_cast<int>(classes.size());
  loads_.Add(decision);
  CountRules(decision, now);
  KeepExamples(arrival, report, decision);
}

void Simulator::Count(const Group& group, v1::Disposition disposition, absl::Duration wait, Tallies* tallies) {
  Tally& tally = (*tallies)[group];
  ++tally.units[disposition];
  if (wait < absl::InfiniteDuration()) tally.waits.push_back(wait);
}

void Simulator::CountRules(const v1::Decision& decision, absl::Time now) {
  // What each rule does to each unit, for whatever audience.
  std::map<std::string, std::set<std::string>> permits, holds, alone, unknown;
  for (const v1::Outcome& outcome : decision.outcomes()) {
    const std::vector<std::string> held_by = HoldsOf(outcome, now);
    for (const std::string& unit : outcome.unit_ids()) {
      for (const std::string& rule : held_by) holds[rule].insert(unit);
      if (held_by.size() == 1) alone[held_by[0]].insert(unit);
      for (const v1::AppliedRule& rule : outcome.rules()) {
        if (rule.effect() == v1::RULE_EFFECT_PERMIT) permits[rule.rule_id()].insert(unit);
        const bool is_hold = std::find(held_by.begin(), held_by.end(), rule.rule_id()) != held_by.end();
        if (is_hold && !rule.unknown_facts().empty()) unknown[rule.rule_id()].insert(unit);
      }
    }
  }
  const auto add = [this](const auto& units_of, auto get, auto set) {
    for (const auto& [rule, units] : units_of) {
      v1::RuleUse& use = rules_[rule];
      (use.*set)((use.*get)() + static_cast<int>(units.size()));
    }
  };
  add(permits, &v1::RuleUse::permits, &v1::RuleUse::set_permits);
  add(holds, &v1::RuleUse::holds, &v1::RuleUse::set_holds);
  add(alone, &v1::RuleUse::holds_alone, &v1::RuleUse::set_holds_alone);
  add(unknown, &v1::RuleUse::holds_unknown, &v1::RuleUse::set_holds_unknown);
}

void Simulator::KeepExamples(const Arrival& arrival, const v1::DiagnosticReport& report, const v1::Decision& decision) {
  for (const v1::Outcome& outcome : decision.outcomes()) {
    std::vector<std::string> rules = HoldsOf(outcome, arrival.received_at);
    if (rules.empty()) {
      for (const v1::AppliedRule& rule : outcome.rules()) {
        if (rule.effect() == v1::RULE_EFFECT_PERMIT) rules.push_back(rule.rule_id());
      }
    }
    const std::string& unit = outcome.unit_ids(0);
    const std::string kind = absl::StrCat(outcome.disposition(), ":", absl::StrJoin(rules, ","));
    v1::UnitExample example;
    if (!examples_.try_emplace({ClassOf(pack_, report, unit), kind}).second) continue;
    example.set_source(arrival.source);
    example.set_report(arrival.report_name);
    example.set_unit_id(unit);
    *example.mutable_audiences() = outcome.audiences();
    example.set_before(InWords(outcome, pack_.CalendarFor(report.order()), arrival.received_at));
    for (const std::string& rule : rules) example.add_causes(rule);
    examples_[{ClassOf(pack_, report, unit), kind}] = std::move(example);
  }
}

void Simulator::Write(const Tallies& tallies, google::protobuf::RepeatedPtrField<v1::Fates>* fates) {
  for (const auto& [group, tally] : tallies) {
    v1::Fates& row = *fates->Add();
    row.mutable_group()->set_section(std::get<0>(group));
    row.mutable_group()->set_value_set(std::get<1>(group));
    row.mutable_group()->set_language(std::get<2>(group));
    row.mutable_group()->set_audience(std::get<3>(group));
    int all = 0;
    for (const auto& [disposition, count] : tally.units) all += count;
    const auto count = [&units = tally.units](v1::Disposition disposition) {
      const auto found = units.find(disposition);
      return found == units.end() ? 0 : found->second;
    };
    row.set_units(all);
    row.set_released(count(v1::DISPOSITION_RELEASE));
    row.set_delayed(count(v1::DISPOSITION_DELAY));
    row.set_reviewed(count(v1::DISPOSITION_REVIEW));
    row.set_withheld(count(v1::DISPOSITION_WITHHOLD));
    row.set_not_final(count(v1::DISPOSITION_NOT_FINAL));
    row.set_quarantined(count(v1::DISPOSITION_QUARANTINE));
    row.set_never(count(v1::DISPOSITION_NEVER));
    if (tally.waits.empty()) continue;
    std::vector<absl::Duration> waits = tally.waits;
    std::sort(waits.begin(), waits.end());
    // Of an even number the longer of the two in the middle: a wait that somebody has, and no rosier than the truth.
    *row.mutable_median_wait() = base::ToProto(waits[waits.size() / 2]);
    *row.mutable_longest_wait() = base::ToProto(waits.back());
  }
}

v1::Simulation Simulator::Summary() const {
  v1::Simulation summary;
  *summary.mutable_pack() = NameOf(pack_);
  summary.set_reports(reports_);
  summary.set_units(units_);
  Write(totals_, summary.mutable_totals());
  Write(by_class_, summary.mutable_by_class());
  Write(by_language_, summary.mutable_by_language());
  Write(by_both_, summary.mutable_by_class_and_language());
  for (const auto& [slot, count] : loads_.counts()) {
    v1::ReviewLoad& load = *summary.add_reviews();
    load.set_day(slot.first);
    load.set_owner(slot.second);
    load.set_reports(count.begin);
    load.set_passed_on(count.passed_on);
  }
  for (const auto& [id, use] : rules_) {
    *summary.add_rules() = use;
    summary.mutable_rules(summary.rules_size() - 1)->set_rule_id(id);
  }
  for (const auto& [kind, example] : examples_) *summary.add_examples() = example;
  return summary;
}

}  // namespace resultgate::policy
