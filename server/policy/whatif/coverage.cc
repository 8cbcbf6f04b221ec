#include "server/policy/whatif/coverage.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/base/proto_time.h"
#include "server/policy/holds.h"
#include "server/policy/verdict.h"
#include "server/policy/whatif/forecast.h"

namespace resultgate::policy {
namespace {

using Strings = std::set<std::string>;

// Why a unit waits for one audience.
struct Reasons {
  bool settled = true;                                   // final, and not quarantined
  bool known = false;                                    // something holds it for a reason that is known
  bool unclassified = false;                             // no rule lets its code go
  std::vector<std::pair<std::string, Strings>> unknown;  // rules that hold it because facts are missing, with these

  bool waits() const { return known || unclassified || !unknown.empty(); }
  // The facts that all of the unknown holds miss.
  Strings MissedByAll() const {
    Strings all = unknown.empty() ? Strings() : unknown[0].second;
    for (const auto& [rule, facts] : unknown) {
      Strings both;
      std::set_intersection(all.begin(), all.end(), facts.begin(), facts.end(), std::inserter(both, both.end()));
      all = std::move(both);
    }
    return all;
  }
};

// A floor of the pack's own rules that has passed holds nothing any more, though another one that stands does.
bool FloorHasPassed(const Pack& pack, const v1::ServiceRequest& order, const v1::AppliedRule& applied,
                    const v1::Decision& decision, absl::Time now) {
  if (applied.effect() != v1::RULE_EFFECT_DELAY || !decision.has_clock_start()) return false;
  const auto& rules = pack.rules();
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == applied.rule_id(); });
  return rule != rules.end() && rule->then.delay &&
         pack.CalendarFor(order).Add(base::FromProto(decision.clock_start()), *rule->then.delay) <= now;
}

// The facts of patient and order that the rule asks has() of, and that the report lacks: a rule that holds because there is no
// birth date knows that there is none, but it would not hold if there were.
Strings AbsentByHas(const Rule& rule, const v1::DiagnosticReport& report) {
  Strings facts;
  if (rule.when == nullptr) return facts;
  const std::string text = absl::StrReplaceAll(rule.when->text(), {{" ", ""}, {"\n", ""}});
  for (const std::string& path : rule.when->fields()) {
    const std::vector<std::string> names = absl::StrSplit(path, '.');
    if (names.size() != 2 || !absl::StrContains(text, absl::StrCat("!has(", path, ")"))) continue;
    const google::protobuf::Message* of = names[0] == "patient" ? static_cast<const google::protobuf::Message*>(&report.patient())
                                          : names[0] == "order" ? &report.order()
                                                                : nullptr;
    const auto* field = of == nullptr ? nullptr : of->GetDescriptor()->FindFieldByName(names[1]);
    if (field != nullptr && field->has_presence() && !of->GetReflection()->HasField(*of, field)) facts.insert(path);
  }
  return facts;
}

Reasons ReasonsOf(const Pack& pack, const v1::DiagnosticReport& report, const v1::Outcome& outcome, const v1::Decision& decision,
                  absl::Time now) {
  Reasons reasons;
  reasons.settled = outcome.disposition() != v1::DISPOSITION_NOT_FINAL && outcome.disposition() != v1::DISPOSITION_QUARANTINE &&
                    outcome.disposition() != v1::DISPOSITION_NEVER;
  const std::vector<std::string> holds = HoldsOf(outcome, now);
  for (const v1::AppliedRule& rule : outcome.rules()) {
    const bool restricts = rule.effect() == v1::RULE_EFFECT_DELAY || rule.effect() == v1::RULE_EFFECT_REVIEW ||
                           rule.effect() == v1::RULE_EFFECT_WITHHOLD;
    const bool holds_now = std::find(holds.begin(), holds.end(), rule.rule_id()) != holds.end();
    if (!restricts || !holds_now || rule.lifted() || FloorHasPassed(pack, report.order(), rule, decision, now)) continue;
    Strings facts;
    for (const std::string& fact : rule.unknown_facts()) {
      // A rule that failed is no missing fact: nothing that a sender could send mends it.
      if (!absl::StartsWith(fact, "error: ")) facts.insert(fact);
    }
    const auto& rules = pack.rules();
    const auto own = std::find_if(rules.begin(), rules.end(), [&rule](const Rule& r) { return r.id == rule.rule_id(); });
    if (own != rules.end()) facts.merge(AbsentByHas(*own, report));
    if (rule.rule_id() == kDefaultRule) {
      reasons.unclassified = true;
    } else if (facts.empty()) {
      reasons.known = true;
    } else {
      reasons.unknown.emplace_back(rule.rule_id(), std::move(facts));
    }
  }
  return reasons;
}

void Increment(v1::CoverageOfAudience* row, const Reasons& reasons) {
  row->set_units(row->units() + 1);
  const bool facts = !reasons.unknown.empty();
  if (!reasons.settled) {
    row->set_not_settled(row->not_settled() + 1);
  } else if (!reasons.waits()) {
    row->set_released(row->released() + 1);
  } else if (reasons.known) {
    row->set_held_known(row->held_known() + 1);
  } else if (facts && reasons.unclassified) {
    row->set_held_both_only(row->held_both_only() + 1);
  } else if (facts) {
    row->set_held_facts_only(row->held_facts_only() + 1);
  } else {
    row->set_held_unclassified_only(row->held_unclassified_only() + 1);
  }
}

const v1::CodeableConcept& CodeOf(const v1::DiagnosticReport& report, const std::string& unit_id) {
  for (const v1::Observation& observation : report.observations()) {
    if (observation.id() == unit_id) return observation.code();
  }
  return report.code();
}

}  // namespace

CoverageCounter::CoverageCounter(const Pack& pack) : pack_(pack) {}

void CoverageCounter::Add(const Arrival& arrival, const v1::DiagnosticReport& report) {
  const v1::Decision decision = DecideOnArrival(pack_, report, arrival);
  ++reports_;
  // Each unit once, for whatever audience.
  Strings units, unclassified, unclassified_alone;
  std::map<std::string, Strings> held_by_fact, alone_by_fact, would_go_by_fact;
  Strings facts_of_report;
  for (const v1::Outcome& outcome : decision.outcomes()) {
    const Reasons reasons = ReasonsOf(pack_, report, outcome, decision, arrival.received_at);
    const Strings missed_by_all = reasons.MissedByAll();
    for (const std::string& unit : outcome.unit_ids()) {
      units.insert(unit);
      for (const int audience : outcome.audiences()) Increment(&audiences_[static_cast<v1::Audience>(audience)], reasons);
      if (!reasons.settled) continue;
      if (reasons.unclassified) unclassified.insert(unit);
      if (reasons.unclassified && !reasons.known && reasons.unknown.empty()) unclassified_alone.insert(unit);
      const bool facts_only = !reasons.known && !reasons.unclassified;
      for (const auto& [rule, facts] : reasons.unknown) {
        for (const std::string& fact : facts) {
          facts_[fact].rules.insert(rule);
          facts_of_report.insert(fact);
          held_by_fact[fact].insert(unit);
          const bool only_this = std::all_of(reasons.unknown.begin(), reasons.unknown.end(),
                                             [](const auto& other) { return other.second.size() == 1; });
          if (facts_only && missed_by_all.count(fact) > 0) would_go_by_fact[fact].insert(unit);
          if (facts_only && missed_by_all.count(fact) > 0 && only_this) alone_by_fact[fact].insert(unit);
        }
      }
    }
  }
  units_ += static_cast<int>(units.size());
  const auto count = [](const std::map<std::string, Strings>& by_fact, const std::string& fact) {
    const auto found = by_fact.find(fact);
    return found == by_fact.end() ? 0 : static_cast<int>(found->second.size());
  };
  for (const std::string& fact : facts_of_report) {
    v1::MissingFact& counts = facts_[fact].counts;
    counts.set_reports(counts.reports() + 1);
    counts.set_units(counts.units() + count(held_by_fact, fact));
    counts.set_units_alone(counts.units_alone() + count(alone_by_fact, fact));
    counts.set_would_go_at_most(counts.would_go_at_most() + count(would_go_by_fact, fact));
  }
  for (const std::string& fact : decision.assumed_facts()) {
    facts_[fact].counts.set_reports_assumed(facts_[fact].counts.reports_assumed() + 1);
  }
  for (const std::string& unit : unclassified) {
    const v1::CodeableConcept& concept_of_unit = CodeOf(report, unit);
    bool coded = false;
    for (const v1::Coding& coding : concept_of_unit.codings()) {
      if (coding.code().empty()) continue;
      coded = true;
      v1::UnclassifiedCode& code = codes_[{coding.system(), coding.code()}];
      if (code.display().empty()) code.set_display(coding.display().empty() ? concept_of_unit.text() : coding.display());
      code.set_units(code.units() + 1);
      if (unclassified_alone.count(unit) > 0) code.set_would_go(code.would_go() + 1);
    }
    if (!coded) ++units_without_code_;
  }
}

v1::Coverage CoverageCounter::Summary() const {
  v1::Coverage summary;
  *summary.mutable_pack() = NameOf(pack_);
  summary.set_reports(reports_);
  summary.set_units(units_);
  for (const auto& [audience, counts] : audiences_) {
    *summary.add_audiences() = counts;
    summary.mutable_audiences(summary.audiences_size() - 1)->set_audience(audience);
  }
  for (const auto& [fact, entry] : facts_) {
    v1::MissingFact& missing = *summary.add_facts();
    missing = entry.counts;
    missing.set_fact(fact);
    for (const std::string& rule : entry.rules) missing.add_rules(rule);
  }
  std::stable_sort(summary.mutable_facts()->begin(), summary.mutable_facts()->end(),
                   [](const v1::MissingFact& a, const v1::MissingFact& b) { return a.units() > b.units(); });
  for (const auto& [key, entry] : codes_) {
    v1::UnclassifiedCode& code = *summary.add_codes();
    code = entry;
    code.set_system(key.first);
    code.set_code(key.second);
    for (const std::string& name : pack_.used_value_sets()) {
      const valueset::ValueSet* set = pack_.value_sets().Find(name);
      if (set != nullptr && set->Contains(key.first, key.second)) code.add_value_sets(name);
    }
  }
  std::stable_sort(summary.mutable_codes()->begin(), summary.mutable_codes()->end(),
                   [](const v1::UnclassifiedCode& a, const v1::UnclassifiedCode& b) { return a.units() > b.units(); });
  summary.set_units_without_code(units_without_code_);
  return summary;
}

}  // namespace resultgate::policy
