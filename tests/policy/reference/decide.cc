#include "tests/policy/reference/decide.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/model_environment.h"
#include "server/policy/outcomes.h"
#include "tests/policy/reference/combine.h"
#include "tests/policy/reference/match.h"

namespace resultgate::policy::reference {
namespace {

// An issue time further back than this is taken for a wrong one: a clock that starts too early releases too early.
constexpr absl::Duration kOldestIssue = absl::Hours(24 * 31);

// The earlier of issued and received; received where issued is absent or implausible.
absl::Time VersionIssued(const v1::DiagnosticReport& report, const Context& context) {
  if (!report.has_issued()) return context.received_at;
  const absl::Time issued = base::FromProto(report.issued());
  return issued < context.received_at - kOldestIssue ? context.received_at : std::min(issued, context.received_at);
}

// The outcome of the version before for a unit and audience, or nullptr.
const v1::Outcome* Before(const Context& context, const std::string& unit_id, v1::Audience audience) {
  if (context.previous == nullptr) return nullptr;
  for (const v1::Outcome& outcome : context.previous->outcomes()) {
    const auto& units = outcome.unit_ids();
    const auto& audiences = outcome.audiences();
    if (std::find(units.begin(), units.end(), unit_id) != units.end() &&
        std::find(audiences.begin(), audiences.end(), audience) != audiences.end()) {
      return &outcome;
    }
  }
  return nullptr;
}

// What the rules ask for, for one unit and audience.
struct Asked {
  std::vector<Part> parts;  // in order of rule id
  bool needs_default = false;
};

class Decider {
 public:
  Decider(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now)
      : pack_(pack), report_(report), context_(context), units_(UnitsOf(pack.value_sets(), report)) {
    clocks_.now = now;
    clocks_.received_at = context.received_at;
    clocks_.version_issued = VersionIssued(report, context);
    clocks_.first_final = ClockStart(report, context).value_or(clocks_.version_issued);
  }

  std::vector<Cell> Decide() {
    if (context_.quarantine.empty()) AskRules();
    std::vector<Cell> cells;
    cells.reserve(units_.size() * kAudienceCount);
    for (size_t u = 0; u < units_.size(); ++u) {
      for (size_t a = 0; a < kAudienceCount; ++a) cells.push_back({units_[u].id, kAudiences[a], DecideCell(u, a)});
    }
    return cells;
  }

 private:
  void AskRules() {
    asked_.resize(units_.size());
    for (size_t u = 0; u < units_.size(); ++u) {
      for (const Rule& rule : pack_.rules()) {
        // A law that held the unit goes on to hold its corrections.
        const bool spoke_before = context_.previous != nullptr && !IsNew(rule.id, units_[u].id, rule.audiences.front());
        const absl::CivilDay first_final = absl::ToCivilDay(FirstFinal(units_[u].id), pack_.CalendarFor(report_.order()).zone());
        if (spoke_before || IsInForce(rule, first_final)) AskRule(rule, u);
      }
    }
    for (size_t u = 0; u < units_.size(); ++u) {
      for (size_t a = 0; a < kAudienceCount; ++a) {
        Asked& asked = asked_[u][a];
        // What binds the patient binds whoever sees through the patient (I8): their restrictions are never fewer.
        if (kAudiences[a] != v1::AUDIENCE_PATIENT) AddRestrictionsOf(asked_[u][0], u, a);
        asked.needs_default = asked.needs_default || !SpokenFor(asked.parts);
      }
    }
    // After that: a review that a unit only waits along with does not speak for it.
    for (size_t a = 0; a < kAudienceCount; ++a) WidenTogether(a);
    // A document tells what its report's observations say: it waits for whatever any of them waits for.
    if (units_.empty() || units_.back().observation != nullptr) return;
    for (size_t a = 0; a < kAudienceCount; ++a) {
      for (size_t u = 0; u + 1 < units_.size(); ++u) AddRestrictionsOf(asked_[u][a], units_.size() - 1, a);
    }
  }

  // What a rule with `together: report` holds of one unit, it holds of all.
  void WidenTogether(size_t a) {
    std::map<const Rule*, Part> together;
    for (const auto& asked : asked_) {
      for (const Part& part : asked[a].parts) {
        if (!part.restricts || part.rule->together == Rule::Together::kUnit) continue;
        const auto [found, added] = together.emplace(part.rule, part);
        if (!added) Merge(part, &found->second);
      }
    }
    // With `together: order`, of all units of the order's other reports.
    for (const OrderHold& hold : context_.order_holds) {
      const auto& rules = pack_.rules();
      const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == hold.rule_id; });
      if (hold.audience != kAudiences[a] || rule == rules.end() || rule->together != Rule::Together::kOrder) continue;
      Part part;
      part.rule = &*rule;
      part.restricts = part.along = true;
      part.start = hold.start;
      part.order_review = hold.review_started;
      part.covered = hold.covered;
      part.unknown_facts = hold.unknown_facts;
      const auto [found, added] = together.emplace(part.rule, part);
      if (!added) Merge(part, &found->second);
    }
    for (const auto& [rule, part] : together) {
      for (size_t u = 0; u < units_.size(); ++u) AddRestriction(part, u, a);
    }
  }

  // What is known to apply to one unit needs no missing fact of another; the latest clock counts.
  static void Merge(const Part& part, Part* into) {
    into->moot = part.moot && (into->moot || !into->restricts);
    into->restricts = true;
    if (part.unknown_facts.empty()) into->unknown_facts.clear();
    into->is_new = into->is_new || part.is_new;
    into->along = into->along && part.along;
    into->start = std::max(into->start, part.start);
    into->order_review = std::max(into->order_review, part.order_review);
    into->covered = into->covered && part.covered;
  }

  static bool Binds(const Rule& rule, v1::Audience audience) {
    return std::find(rule.audiences.begin(), rule.audiences.end(), audience) != rule.audiences.end();
  }

  void AskRule(const Rule& rule, size_t u) {
    const Unit& unit = units_[u];
    RuleTruth truth;
    bool known = false;
    bool limits_patient = false;
    for (size_t a = 0; a < kAudienceCount; ++a) {
      if (!Binds(rule, kAudiences[a])) continue;
      if (!known || rule.reads_audience) {
        truth =
            Evaluate(rule, report_, unit, kAudiences[a], clocks_.now, pack_.CalendarFor(report_.order()).zone(), &conditions_);
      }
      known = true;
      Part part;
      part.rule = &rule;
      // Unknown counts on the side of holding.
      part.restricts = truth.as_restriction != expr::Truth::kFalse;
      part.permits = truth.as_permit == expr::Truth::kTrue;
      // An unknown deadline is none: it would shorten a hold on a guess. One for others shortens nothing that holds the patient.
      part.limits = truth.as_deadline == expr::Truth::kTrue && (limits_patient || kAudiences[a] == v1::AUDIENCE_PATIENT);
      limits_patient = limits_patient || part.limits;
      part.advises = truth.as_next_step == expr::Truth::kTrue;
      if (!part.restricts && !part.permits && !part.limits && !part.advises) continue;
      part.unknown_facts = truth.unknown_facts;
      part.is_new = part.restricts && IsNew(rule.id, unit.id, kAudiences[a]);
      const absl::Time first_final = FirstFinal(unit.id);
      if (part.restricts) {
        // What was not performed has no value that the patient could learn too early.
        part.moot = unit.status == v1::RESULT_STATUS_CANCELLED && Binds(rule, v1::AUDIENCE_PATIENT);
        part.covered = truth.as_restriction == expr::Truth::kTrue && Covers(rule, unit, kAudiences[a]);
        part.start = part.is_new ? std::max(first_final, clocks_.version_issued)
                                 : Kept(rule.id, unit.id, kAudiences[a], {v1::RULE_EFFECT_DELAY, v1::RULE_EFFECT_WITHHOLD});
      }
      if (part.limits)
        part.limit_start = Kept(rule.id, unit.id, v1::AUDIENCE_PATIENT, {v1::RULE_EFFECT_DEADLINE, v1::RULE_EFFECT_NOTICE});
      asked_[u][a].parts.push_back(std::move(part));
    }
  }

  // One that was not final before became so now.
  absl::Time FirstFinal(const std::string& unit_id) const {
    if (context_.previous == nullptr) return clocks_.first_final;
    const v1::Outcome* before = Before(context_, unit_id, v1::AUDIENCE_PATIENT);
    if (before != nullptr && before->disposition() != v1::DISPOSITION_NOT_FINAL) return clocks_.first_final;
    return std::max(clocks_.first_final, clocks_.version_issued);
  }

  // The clock that an effect of the rule had in the version before, unless it was the report's, which may move, or that of
  // another report; else the unit's first final.
  absl::Time Kept(const std::string& rule_id, const std::string& unit_id, v1::Audience audience,
                  const std::set<v1::RuleEffect>& effects) const {
    const v1::Outcome* before = Before(context_, unit_id, audience);
    if (before == nullptr || before->disposition() == v1::DISPOSITION_NOT_FINAL) return FirstFinal(unit_id);
    for (const v1::AppliedRule& applied : before->rules()) {
      if (applied.rule_id() != rule_id || effects.count(applied.effect()) == 0 || !applied.has_clock_start()) continue;
      if (HoldsAlong(applied)) continue;
      const absl::Time start = base::FromProto(applied.clock_start());
      const v1::Decision& decision = *context_.previous;
      if (decision.has_clock_start() && base::FromProto(decision.clock_start()) == start) break;
      return start;
    }
    return FirstFinal(unit_id);
  }

  bool IsNew(const std::string& rule_id, const std::string& unit_id, v1::Audience audience) const {
    const v1::Outcome* before = Before(context_, unit_id, audience);
    if (context_.previous == nullptr) return false;
    // The unit itself was not final before, whatever else of its report was: its first final is this one.
    if (before == nullptr || before->disposition() == v1::DISPOSITION_NOT_FINAL) return true;
    return std::none_of(before->rules().begin(), before->rules().end(),
                        [&rule_id](const v1::AppliedRule& applied) { return applied.rule_id() == rule_id; });
  }

  void AddRestrictionsOf(const Asked& from, size_t u, size_t a) {
    Asked& to = asked_[u][a];
    to.needs_default = to.needs_default || from.needs_default;
    for (const Part& part : from.parts) {
      if (part.restricts) AddRestriction(part, u, a);
    }
  }

  void AddRestriction(const Part& part, size_t u, size_t a) {
    Asked& to = asked_[u][a];
    const auto at = std::lower_bound(to.parts.begin(), to.parts.end(), part,
                                     [](const Part& x, const Part& y) { return x.rule->id < y.rule->id; });
    // What a document says of a test that was cancelled nobody knows.
    const bool final_document = units_[u].observation == nullptr && units_[u].status != v1::RESULT_STATUS_CANCELLED;
    if (at != to.parts.end() && at->rule == part.rule) {
      Merge(part, &*at);
      if (final_document) at->moot = false;
      return;
    }
    Part added = part;
    if (final_document) added.moot = false;
    added.permits = false;
    added.limits = false;
    added.advises = false;
    // What waits along is read along.
    added.covered = part.covered && Covers(*part.rule, units_[u], kAudiences[a]);
    to.parts.insert(at, std::move(added));
  }

  bool Covers(const Rule& rule, const Unit& unit, v1::Audience audience) const {
    if (!rule.then.review || !rule.then.review->protocol) return false;
    const absl::TimeZone& zone = pack_.CalendarFor(report_.order()).zone();
    const auto activation = ModelEnvironment::Activate(report_, unit.observation, audience, clocks_.now, zone);
    return rule.then.review->protocol->covers->Evaluate(activation).truth == expr::Truth::kTrue;
  }

  bool MayGoUnfinished(const Asked& asked, v1::ResultStatus status) const {
    if (status != v1::RESULT_STATUS_PRELIMINARY && status != v1::RESULT_STATUS_REGISTERED) return false;
    return std::any_of(asked.parts.begin(), asked.parts.end(),
                       [](const Part& part) { return part.permits && part.rule->then.permit_preliminary; });
  }

  v1::Outcome DecideCell(size_t u, size_t a) {
    const Unit& unit = units_[u];
    Clocks clocks = clocks_;
    clocks.first_final = FirstFinal(unit.id);
    const v1::Outcome* before = Before(context_, unit.id, kAudiences[a]);
    clocks.preference = Kept("patient-preference", unit.id, kAudiences[a], {v1::RULE_EFFECT_DELAY});
    const bool goes_on = before != nullptr && before->state() == v1::OUTCOME_STATE_HELD && before->has_review() &&
                         !before->review().has_approved_at() && before->review().has_started_at();
    if (unit.status == v1::RESULT_STATUS_ENTERED_IN_ERROR) {
      v1::Outcome never;
      never.set_disposition(v1::DISPOSITION_NEVER);
      never.set_state(v1::OUTCOME_STATE_CLOSED);
      return never;
    }
    if (!context_.quarantine.empty()) {
      return Remember(absl::StrCat("q", goes_on),
                      [&] { return HoldByFloor(pack_, report_, clocks, v1::DISPOSITION_QUARANTINE, context_.quarantine); });
    }
    const Asked& asked = asked_[u][a];
    const bool settled = IsFinal(unit.status) || unit.status == v1::RESULT_STATUS_CANCELLED ||
                         (MayGoUnfinished(asked, unit.status) && MayGoUnfinished(asked_[u][0], unit.status));
    // A review that goes on keeps its clock; one that waited for the final version, or that this version is the first to ask for,
    // begins with it.
    const bool newly_asked = (asked.needs_default && IsNew(kDefaultRule, unit.id, kAudiences[a])) ||
                             std::any_of(asked.parts.begin(), asked.parts.end(), [](const Part& part) {
                               return part.is_new && ((part.rule->then.review && !part.moot) || part.rule->then.withhold_until);
                             });
    const bool same_kind = goes_on && !newly_asked && settled == (before->disposition() != v1::DISPOSITION_NOT_FINAL);
    if (same_kind) clocks.review_started = base::FromProto(before->review().started_at());
    for (const Part& part : asked.parts) {
      const bool reviews = (part.rule->then.review && !part.moot) || part.rule->then.withhold_until;
      const absl::Time start = clocks.review_started.value_or(clocks.received_at);
      if (reviews && part.order_review > start) clocks.review_started = part.order_review;
    }
    if (kAudiences[a] == v1::AUDIENCE_PATIENT) patients_review_ = absl::InfinitePast();
    if (patients_review_ > clocks.review_started.value_or(clocks.received_at)) clocks.review_started = patients_review_;
    if (!settled) {
      return Remember(absl::StrCat("n", absl::FormatTime(clocks.review_started.value_or(absl::InfinitePast()))), [&] {
        return HoldByFloor(pack_, report_, clocks, v1::DISPOSITION_NOT_FINAL, "only final results are released");
      });
    }
    std::string key = absl::StrCat("c", asked.needs_default, absl::FormatTime(clocks.preference),
                                   absl::FormatTime(clocks.review_started.value_or(absl::InfinitePast())));
    for (const Part& part : asked.parts) {
      absl::StrAppend(&key, "/", part.rule->id, part.restricts, part.permits, part.limits, part.advises, part.is_new, part.along,
                      part.covered, part.moot, absl::FormatTime(part.start), absl::FormatTime(part.limit_start));
      for (const std::string& fact : part.unknown_facts) absl::StrAppend(&key, "?", fact);
    }
    const Personal personal = PersonalOf(unit, kAudiences[a]);
    for (const v1::Determination& determination : personal.determinations) absl::StrAppend(&key, "/d", determination.id());
    for (const auto& [wait, unknown] : personal.waits) absl::StrAppend(&key, "/w", wait.SerializeAsString());
    absl::StrAppend(&key, personal.at_once);
    v1::Outcome outcome = Remember(
        key, [&] { return Combine(pack_, report_, clocks, context_.acted, asked.parts, asked.needs_default, personal); });
    if (kAudiences[a] == v1::AUDIENCE_PATIENT && outcome.disposition() == v1::DISPOSITION_REVIEW) {
      patients_review_ = clocks.review_started.value_or(clocks.received_at);
    }
    return outcome;
  }

  // The preferences that count for a unit by its codings.
  std::vector<v1::ReleasePreference> PreferencesOf(const Unit& unit, std::set<std::string>* unknown_categories) const {
    std::vector<v1::ReleasePreference> counting;
    for (const v1::ReleasePreference& preference : report_.patient().category_preferences()) {
      const bool immediate = preference.timing() == v1::ReleasePreference::TIMING_IMMEDIATE;
      if (preference.timing() == v1::ReleasePreference::TIMING_UNSPECIFIED || preference.category().empty()) continue;
      const valueset::ValueSet* set = pack_.value_sets().Find(preference.category());
      if (set == nullptr && immediate) continue;
      if (set == nullptr) unknown_categories->insert(preference.category());
      if (set != nullptr && !(immediate ? unit.own_sets : unit.any_sets).Has(set->number())) continue;
      counting.push_back(preference);
    }
    if (!counting.empty()) return counting;
    std::vector<v1::ReleasePreference> overall = {report_.patient().preference()};
    for (const v1::ReleasePreference& preference : report_.patient().category_preferences()) {
      if (preference.category().empty()) overall.push_back(preference);
    }
    for (const v1::ReleasePreference& preference : overall) {
      if (preference.timing() != v1::ReleasePreference::TIMING_UNSPECIFIED) counting.push_back(preference);
    }
    return counting;
  }

  // What people ask for apart from all rules.
  Personal PersonalOf(const Unit& unit, v1::Audience audience) const {
    Personal personal;
    personal.deceased = report_.patient().deceased();
    // A document waits for whatever an observation of its report waits for, and goes at once only if they all do.
    std::vector<const Unit*> told_of = {&unit};
    if (unit.observation == nullptr) {
      for (size_t u = 0; u + 1 < units_.size(); ++u) told_of.push_back(&units_[u]);
    }
    const bool cancelled = unit.status == v1::RESULT_STATUS_CANCELLED;
    personal.at_once = true;
    std::set<std::string> seen;
    for (const Unit* told : told_of) {
      std::set<std::string> unknown_categories;
      const std::vector<v1::ReleasePreference> preferences = PreferencesOf(*told, &unknown_categories);
      if (preferences.empty()) personal.at_once = false;
      for (const v1::ReleasePreference& preference : preferences) {
        if (preference.timing() == v1::ReleasePreference::TIMING_IMMEDIATE) continue;
        personal.at_once = false;
        if (!seen.insert(absl::StrCat(preference.category(), "/", preference.timing(), "/", preference.after_days())).second)
          continue;
        personal.waits.emplace_back(preference, unknown_categories.count(preference.category()) > 0);
      }
    }
    if (cancelled) personal.waits.clear();
    if (context_.determinations == nullptr) return personal;
    for (const v1::Determination& determination : *context_.determinations) {
      if (base::FromProto(determination.until()) <= clocks_.now) continue;
      bool of_unit = determination.unit_ids().empty() || unit.observation == nullptr;
      for (const std::string& id : determination.unit_ids()) of_unit = of_unit || id == unit.id;
      bool from_audience = determination.audiences().empty();
      // What binds the patient binds whoever sees through the patient (I8).
      for (const int named : determination.audiences()) {
        from_audience = from_audience || named == audience || named == v1::AUDIENCE_PATIENT;
      }
      if (of_unit && from_audience) personal.determinations.push_back(determination);
    }
    return personal;
  }

  // Units that the rules treat alike are combined once.
  template <typename Make>
  v1::Outcome Remember(const std::string& key, Make make) {
    const auto found = made_.find(key);
    if (found != made_.end()) return found->second;
    return made_.emplace(key, make()).first->second;
  }

  const Pack& pack_;
  const v1::DiagnosticReport& report_;
  const Context& context_;
  const std::vector<Unit> units_;
  Clocks clocks_;
  std::vector<std::array<Asked, kAudienceCount>> asked_;  // by unit, then audience
  ReportConditions conditions_;
  std::map<std::string, v1::Outcome> made_;
  absl::Time patients_review_;  // from when the patient's review of the unit runs
};

}  // namespace

v1::Decision Decide(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now) {
  v1::Decision decision;
  decision.set_pack(pack.name());
  decision.set_pack_digest(pack.digest());
  *decision.mutable_decided_at() = base::ToProto(now);
  if (const std::optional<absl::Time> start = ClockStart(report, context); start.has_value()) {
    *decision.mutable_clock_start() = base::ToProto(*start);
  }
  v1::DiagnosticReport with_facts;
  std::vector<std::string> filled;
  const bool assumed = pack.FillAssumedFacts(report, &with_facts, &filled);
  for (std::string& path : filled) decision.add_assumed_facts(std::move(path));
  *decision.mutable_outcomes() = ToOutcomes(Decider(pack, assumed ? with_facts : report, context, now).Decide());
  return decision;
}

}  // namespace resultgate::policy::reference
