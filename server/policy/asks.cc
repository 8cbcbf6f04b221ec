#include "server/policy/asks.h"

#include <algorithm>

#include "absl/numeric/bits.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/match.h"
#include "server/policy/model_environment.h"

namespace resultgate::policy {
namespace {

using expr::Truth;

// Merges what `part` holds back into a part of the same rule: never less than what it comes from, known where that is known, its
// clock no earlier.
void MergeRestriction(const Part& part, Part* into) {
  into->moot = part.moot && (into->moot || !into->restricts);
  into->restricts = true;
  if (part.missing.empty()) into->missing = {};
  into->is_new = into->is_new || part.is_new;
  into->along = into->along && part.along;
  into->start = std::max(into->start, part.start);
  into->order_review = std::max(into->order_review, part.order_review);
  into->covered = into->covered && part.covered;
}

Part OnlyRestricting(const Part& part) {
  Part restriction = part;
  restriction.permits = restriction.limits = restriction.advises = false;
  return restriction;
}

}  // namespace

bool IsInForce(const Rule& rule, absl::CivilDay first_final) {
  return (!rule.effective || first_final >= *rule.effective) && (!rule.expires || first_final < *rule.expires);
}

const v1::Outcome* OutcomeOf(const v1::Decision* previous, absl::string_view unit_id, v1::Audience audience) {
  if (previous == nullptr) return nullptr;
  for (const v1::Outcome& outcome : previous->outcomes()) {
    const auto& units = outcome.unit_ids();
    const auto& audiences = outcome.audiences();
    if (std::find(units.begin(), units.end(), unit_id) != units.end() &&
        std::find(audiences.begin(), audiences.end(), audience) != audiences.end()) {
      return &outcome;
    }
  }
  return nullptr;
}

bool IsNewAfter(const v1::Outcome* before, absl::string_view rule_id) {
  // The unit itself was not final before, whatever else of its report was: its first final is this one.
  if (before == nullptr || before->disposition() == v1::DISPOSITION_NOT_FINAL) return true;
  return std::none_of(before->rules().begin(), before->rules().end(),
                      [rule_id](const v1::AppliedRule& applied) { return applied.rule_id() == rule_id; });
}

std::optional<absl::Time> KeptClock(const v1::Decision* previous, const v1::Outcome* before, absl::string_view rule_id,
                                    bool deadline) {
  if (before == nullptr || before->disposition() == v1::DISPOSITION_NOT_FINAL) return std::nullopt;
  for (const v1::AppliedRule& applied : before->rules()) {
    const bool of_deadline = applied.effect() == v1::RULE_EFFECT_DEADLINE || applied.effect() == v1::RULE_EFFECT_NOTICE;
    if (applied.rule_id() != rule_id || !applied.has_clock_start() || of_deadline != deadline || HoldsAlong(applied)) continue;
    const absl::Time start = base::FromProto(applied.clock_start());
    const bool of_report = previous->has_clock_start() && base::FromProto(previous->clock_start()) == start;
    return of_report ? std::nullopt : std::optional(start);
  }
  return std::nullopt;
}

void Asker::Ask(const Pack& pack, const v1::DiagnosticReport& report, const Units& units, const v1::Decision* previous,
                const std::vector<OrderHold>& order_holds, const std::vector<absl::Time>& first_final, absl::Time version_issued,
                absl::Time now) {
  pack_ = &pack;
  calendar_ = &pack.CalendarFor(report.order());
  report_ = &report;
  units_ = &units;
  previous_ = previous;
  first_final_ = &first_final;
  version_issued_ = version_issued;
  now_ = now;
  asked_.Clear();
  kept_missing_.Clear();
  error_texts_.Clear();
  if (when_.size() < pack.rules().size()) when_.resize(pack.rules().size());
  if (conditions_.size() < pack.index().conditions().size()) conditions_.resize(pack.index().conditions().size());
  first_question_ = question_ + 1;
  ModelEnvironment::Activate(report, nullptr, kAudiences[0], now, calendar_->zone(), &activation_);
  search_.BeginReport(pack.index(), report, calendar_->DateOf(now));
  for (size_t u = 0; u < units.size(); ++u) AskUnit(u);
  for (size_t u = 0; u < units.size(); ++u) {
    for (size_t a = 0; a < kAudienceCount; ++a) {
      Asked& asked = asked_[u][a];
      // What binds the patient binds whoever sees through the patient (I8): their restrictions are never fewer.
      if (a > 0) {
        AddRestrictions(asked_[u][0].parts, u, a);
        asked.needs_default = asked_[u][0].needs_default;
      }
      asked.needs_default = asked.needs_default || !SpokenFor(asked.parts);
    }
  }
  // After that: a review that a unit only waits along with does not speak for it.
  if (pack.holds_reports_together()) {
    for (size_t a = 0; a < kAudienceCount; ++a) WidenTogether(a, order_holds);
  }
  // A document tells what its report's observations say: it waits for whatever any of them waits for.
  if (units.size() == 0 || units.back().observation != nullptr) return;
  for (size_t a = 0; a < kAudienceCount; ++a) {
    Asked& document = asked_[units.size() - 1][a];
    for (size_t u = 0; u + 1 < units.size(); ++u) {
      AddRestrictions(asked_[u][a].parts, units.size() - 1, a);
      document.needs_default = document.needs_default || asked_[u][a].needs_default;
    }
  }
}

void Asker::AskUnit(size_t u) {
  for (Asked& asked : asked_.Next()) {
    asked.parts.clear();
    asked.needs_default = false;
  }
  ++question_;
  if (u == 0 || (*first_final_)[u] != (*first_final_)[u - 1]) first_final_day_.reset();
  activation_.bindings[ModelEnvironment::kObservation].Rebind((*units_)[u].observation);
  search_.BeginUnit((*units_)[u]);
  const RuleBits& may_restrict = search_.may_restrict();
  const RuleBits& may_allow = search_.may_allow();
  for (size_t word = 0; word < may_restrict.size(); ++word) {
    for (uint64_t bits = may_restrict[word] | may_allow[word]; bits != 0; bits &= bits - 1) {
      const size_t number = word * 64 + static_cast<size_t>(absl::countr_zero(bits));
      AskRule(number, u, HasBit(may_restrict, number), HasBit(may_allow, number));
    }
  }
}

void Asker::AskRule(size_t number, size_t u, bool may_restrict, bool may_allow) {
  const Rule& rule = pack_->rules()[number];
  if (!InForce(rule, u) && !SpokeBefore(rule, u)) return;
  Truth truth = Truth::kFalse;
  MissingFacts missing;
  bool known = false;
  bool limits_patient = false;
  for (size_t a = 0; a < kAudienceCount; ++a) {
    if (!Binds(rule, kAudiences[a])) continue;
    if (!known || rule.reads_audience) truth = Holds(number, u, a, may_restrict ? &missing : nullptr);
    known = true;
    Part part;
    part.rule = &rule;
    // Unknown counts on the side of holding.
    part.restricts = may_restrict && truth != Truth::kFalse;
    const bool allows = may_allow && truth == Truth::kTrue;
    part.permits = allows && rule.then.permit;
    // An unknown deadline is none: it would shorten a hold on a guess. One for others shortens nothing that holds the patient.
    part.limits = allows && rule.then.deadline && (limits_patient || kAudiences[a] == v1::AUDIENCE_PATIENT);
    limits_patient = limits_patient || part.limits;
    // Nor is an unknown next step one: the template's own stands, which is written for everybody.
    part.advises = allows && rule.then.next_step;
    if (!part.restricts && !part.permits && !part.limits && !part.advises) continue;
    part.missing = missing;
    part.is_new = part.restricts && IsNew(rule, (*units_)[u].id, kAudiences[a]);
    if (part.restricts) {
      part.start = StartOf(part, u, a);
      part.moot = IsCancelled(u) && Binds(rule, v1::AUDIENCE_PATIENT);
      // What is not known to be the rule's business, its protocol does not certainly cover.
      part.covered = missing.empty() && Covers(rule, u, a);
    }
    if (part.limits) part.limit_start = LimitStartOf(rule, u);
    asked_[u][a].parts.push_back(part);
  }
}

Truth Asker::Holds(size_t number, size_t u, size_t audience, MissingFacts* missing) {
  if (missing != nullptr) *missing = {};
  bool unknown = search_.AsksUnknown(number);
  for (const uint32_t condition : pack_->index().conditions().Of(number)) {
    const Truth truth = Condition(condition, audience);
    if (truth == Truth::kFalse) return truth;
    unknown = unknown || truth == Truth::kUnknown;
  }
  if (!unknown) return Truth::kTrue;
  return missing == nullptr ? Truth::kUnknown : HoldsInFull(number, u, audience, missing);
}

Truth Asker::HoldsInFull(size_t number, size_t u, size_t audience, MissingFacts* missing) {
  const Rule& rule = pack_->rules()[number];
  missing_.clear();
  for (const MatchKey key : kMatchKeys) {
    if (IsGiven(key, rule.match) && KeyHolds(key, rule.match, *report_, (*units_)[u]) == Truth::kUnknown) {
      missing_.push_back(&FactOf(key));
    }
  }
  if (rule.when != nullptr) {
    const WhenTruth& when = When(number, audience);
    if (when.truth == Truth::kFalse) return when.truth;
    missing_.insert(missing_.end(), when.missing.begin(), when.missing.end());
  }
  *missing = Keep(missing_);
  return missing->empty() ? Truth::kTrue : Truth::kUnknown;
}

Truth Asker::Condition(uint32_t condition, size_t audience) {
  const SharedConditions::Condition& asked = pack_->index().conditions()[condition];
  ConditionTruth& answer = conditions_[condition][asked.reads_audience ? audience : 0];
  if (answer.asked_at < (asked.reads_observation ? question_ : first_question_)) {
    answer.truth = asked.program->EvaluateConjunct(asked.conjunct, ActivationFor(audience), &scratch_);
    answer.asked_at = question_;
  }
  return answer.truth;
}

const Asker::WhenTruth& Asker::When(size_t number, size_t audience) {
  const Rule& rule = pack_->rules()[number];
  WhenTruth& answer = when_[number][rule.reads_audience ? audience : 0];
  if (answer.asked_at >= (rule.reads_observation ? question_ : first_question_)) return answer;
  answer.truth = rule.when->Evaluate(ActivationFor(audience), &scratch_);
  answer.asked_at = question_;
  answer.missing = {};
  if (answer.truth != Truth::kUnknown) return answer;
  answer.missing = Keep(scratch_.unknown_facts());
  if (scratch_.error() == nullptr) return answer;
  std::string& text = error_texts_.Next();
  text = absl::StrCat("error: ", rule.when->DescribeError(scratch_));
  const std::string* const error = &text;
  answer.missing = Keep({&error, 1});
  return answer;
}

const expr::Activation& Asker::ActivationFor(size_t audience) {
  activation_.bindings[ModelEnvironment::kAudience] = static_cast<int>(kAudiences[audience]);
  return activation_;
}

bool Asker::Covers(const Rule& rule, size_t u, size_t audience) {
  const ReviewAsk::Protocol* protocol = rule.protocol();
  if (protocol == nullptr) return false;
  activation_.bindings[ModelEnvironment::kObservation].Rebind((*units_)[u].observation);
  return protocol->covers->Evaluate(ActivationFor(audience), &scratch_) == Truth::kTrue;
}

void Asker::AddRestrictions(const std::vector<Part>& from, size_t u, size_t audience) {
  if (std::none_of(from.begin(), from.end(), [](const Part& part) { return part.restricts; })) return;
  std::vector<Part>& to = asked_[u][audience].parts;
  // What a document says of a test that was cancelled nobody knows.
  const bool tells_more = (*units_)[u].observation == nullptr && !IsCancelled(u);
  merged_.clear();
  auto old = to.begin();
  for (const Part& part : from) {
    if (!part.restricts) continue;
    while (old != to.end() && old->rule < part.rule) merged_.push_back(*old++);
    if (old != to.end() && old->rule == part.rule) {
      merged_.push_back(*old++);
      MergeRestriction(part, &merged_.back());
      if (tells_more) merged_.back().moot = false;
    } else {
      merged_.push_back(OnlyRestricting(part));
      // What waits along is read along: a protocol that covers the other thing only does not cover this one.
      merged_.back().covered = part.covered && Covers(*part.rule, u, audience);
      if (tells_more) merged_.back().moot = false;
    }
  }
  merged_.insert(merged_.end(), old, to.end());
  // Copied, not swapped: so each list keeps the memory that it has grown to.
  to = merged_;
}

bool Asker::InForce(const Rule& rule, size_t u) {
  if (!rule.effective && !rule.expires) return true;
  if (!first_final_day_) first_final_day_ = calendar_->DateOf((*first_final_)[u]);
  return IsInForce(rule, *first_final_day_);
}

// A law that held the unit goes on to hold its corrections: the unit may have been final later than the report's first.
bool Asker::SpokeBefore(const Rule& rule, size_t u) const {
  const v1::Outcome* before = OutcomeOf(previous_, (*units_)[u].id, rule.audiences.front());
  return before != nullptr && !IsNewAfter(before, rule.id);
}

// What held the unit in the version before goes on to do so, on the clock that it had. A correction that claims to be older than
// what it corrects shortens nothing.
absl::Time Asker::StartOf(const Part& part, size_t u, size_t audience) const {
  const absl::Time first_final = (*first_final_)[u];
  if (part.is_new) return std::max(version_issued_, first_final);
  const v1::Outcome* before = OutcomeOf(previous_, (*units_)[u].id, kAudiences[audience]);
  return KeptClock(previous_, before, part.rule->id, /*deadline=*/false).value_or(first_final);
}

// Nobody is to see it before the patient, so that the patient's clock is everybody's.
absl::Time Asker::LimitStartOf(const Rule& rule, size_t u) const {
  const v1::Outcome* before = OutcomeOf(previous_, (*units_)[u].id, v1::AUDIENCE_PATIENT);
  return KeptClock(previous_, before, rule.id, /*deadline=*/true).value_or((*first_final_)[u]);
}

bool Asker::IsNew(const Rule& rule, absl::string_view unit_id, v1::Audience audience) const {
  return previous_ != nullptr && IsNewAfter(OutcomeOf(previous_, unit_id, audience), rule.id);
}

// What a rule with `together` holds of one unit, it holds of all; with `together: order`, of all units of the order's reports.
void Asker::WidenTogether(size_t audience, const std::vector<OrderHold>& order_holds) {
  together_.clear();
  for (size_t u = 0; u < asked_.size(); ++u) {
    for (const Part& part : asked_[u][audience].parts) {
      if (!part.restricts || part.rule->together == Rule::Together::kUnit) continue;
      const auto at = FindTogether(*part.rule);
      if (at != together_.end() && at->rule == part.rule) {
        // What is known to apply to one unit needs no missing fact of another; the latest clock counts.
        MergeRestriction(part, &*at);
      } else {
        together_.insert(at, part);
      }
    }
  }
  for (const OrderHold& hold : order_holds) {
    if (hold.audience == kAudiences[audience]) AddOrderHold(hold);
  }
  for (size_t u = 0; u < asked_.size(); ++u) AddRestrictions(together_, u, audience);
}

// A rule that this pack does not have, or that holds no orders together in it, holds nothing by it.
void Asker::AddOrderHold(const OrderHold& hold) {
  const Rule* rule = pack_->FindRule(hold.rule_id);
  if (rule == nullptr || rule->together != Rule::Together::kOrder) return;
  Part part;
  part.rule = rule;
  part.restricts = part.along = true;
  part.start = hold.start;
  part.order_review = hold.review_started;
  part.covered = hold.covered;
  missing_.clear();
  for (const std::string& fact : hold.unknown_facts) missing_.push_back(&fact);
  part.missing = Keep(missing_);
  const auto at = FindTogether(*rule);
  if (at != together_.end() && at->rule == rule) {
    MergeRestriction(part, &*at);
  } else {
    together_.insert(at, part);
  }
}

// Its part, or where that would stand.
std::vector<Part>::iterator Asker::FindTogether(const Rule& rule) {
  return std::lower_bound(together_.begin(), together_.end(), &rule,
                          [](const Part& part, const Rule* other) { return part.rule < other; });
}

MissingFacts Asker::Keep(absl::Span<const std::string* const> facts) {
  if (facts.empty()) return {};
  std::vector<const std::string*>& kept = kept_missing_.Next();
  kept.assign(facts.begin(), facts.end());
  return {kept.data(), kept.size()};
}

}  // namespace resultgate::policy
