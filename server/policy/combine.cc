#include "server/policy/combine.h"

#include <algorithm>

#include "server/base/proto_time.h"
#include "server/nextstep/next_step.h"

namespace resultgate::policy {
namespace {

// An organisation's own hold always ends at the patient's request, whoever the rule names.
bool MayLift(const Rule& rule, v1::Lifter lifter) {
  return (lifter == v1::LIFTER_PATIENT && rule.basis.type() == v1::BASIS_TYPE_ORGANIZATION_POLICY) ||
         std::find(rule.lifted_by.begin(), rule.lifted_by.end(), lifter) != rule.lifted_by.end();
}

}  // namespace

// One call of Combiner::Combine.
class Combination {
 public:
  using Rank = Combiner::Rank;

  Combination(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, const std::vector<v1::Lifter>& acted,
              const PersonalAsks& personal, Combiner* memory, Verdict* verdict)
      : pack_(pack),
        calendar_(pack.CalendarFor(report.order())),
        report_(report),
        clocks_(clocks),
        acted_(acted),
        personal_(personal),
        memory_(*memory),
        verdict_(*verdict) {
    memory_.floors_.clear();
    memory_.reviews_.clear();
    memory_.review_ranks_.clear();
    memory_.ceilings_.clear();
    if (personal.deceased) HoldForWhomItGoesTo();
    for (const v1::Determination* determination : personal.determinations) AddDetermination(*determination);
    for (const WishToWait& wait : personal.waits) AddWish(wait);
  }

  void Add(const Part& part) {
    const Rule& rule = *part.rule;
    const bool lifted = part.restricts && Lifted(rule);
    if (part.permits) Record(part, v1::RULE_EFFECT_PERMIT, false);
    if (part.limits) AddDeadline(part);
    if (part.advises) AddNextStep(part);
    if (!part.restricts) return;
    if (rule.then.delay && !part.moot) {
      Record(part, v1::RULE_EFFECT_DELAY, lifted, part.start);
      if (!lifted) memory_.floors_.push_back({calendar_.Add(part.start, *rule.then.delay), RankOf(rule), SourceOf(rule)});
    }
    if (rule.then.withhold_until && part.missing.empty()) {
      Record(part, v1::RULE_EFFECT_WITHHOLD, lifted, part.start);
      if (!lifted) WithholdUntil(calendar_.Add(part.start, *rule.then.withhold_until));
    } else if (rule.then.withhold_until) {
      // Not known whether it applies: the pack's default review, which a person ends.
      Record(part, v1::RULE_EFFECT_REVIEW, lifted);
      if (!lifted) AddReview({&pack_.default_review(), /*by_statute=*/false}, RankOf(rule));
    }
    if (rule.then.review && !part.moot) {
      Record(part, v1::RULE_EFFECT_REVIEW, lifted);
      if (!lifted) AddReview({&*rule.then.review, rule.basis.type() == v1::BASIS_TYPE_STATUTE, part.covered}, RankOf(rule));
    }
  }

  void AddDefault() {
    // Nobody could have meant what no rule knows when asking for everything at once; who asks for this very result does.
    verdict_.applied.push_back({{Applied::By::kDefault}, v1::RULE_EFFECT_REVIEW, !acted_.empty(), /*along=*/false, {}, {}});
    if (!acted_.empty()) return;
    AddReview({&pack_.default_review(), /*by_statute=*/false}, pack_.RankOf(v1::BASIS_TYPE_ORGANIZATION_POLICY));
  }

  void Finish() {
    ApplyCeilings();
    const absl::Time floor = Floor();
    if (floor > absl::InfinitePast()) verdict_.not_before = floor;
    if (verdict_.withheld_until) {
      HoldForOwnerAfterWithholding();
    } else if (verdict_.has_review) {
      verdict_.disposition = v1::DISPOSITION_REVIEW;
      verdict_.due_at = verdict_.review.TurnEndsAt(clocks_.now);
    } else if (floor > clocks_.now) {
      verdict_.disposition = v1::DISPOSITION_DELAY;
      verdict_.due_at = floor;
    } else {
      verdict_.disposition = v1::DISPOSITION_RELEASE;
    }
  }

 private:
  Rank RankOf(const Rule& rule) const { return pack_.RankOf(rule.basis.type()); }

  bool Acted(v1::Lifter lifter) const { return std::find(acted_.begin(), acted_.end(), lifter) != acted_.end(); }

  bool Lifted(const Rule& rule) const {
    // What a rule keeps from others alone (a minor's confidentiality from parents) is not ended by a wish about one's own
    // results.
    const bool wanted = personal_.at_once && Binds(rule, v1::AUDIENCE_PATIENT);
    return ((wanted || Acted(v1::LIFTER_PATIENT)) && MayLift(rule, v1::LIFTER_PATIENT)) ||
           (Acted(v1::LIFTER_PROVIDER) && MayLift(rule, v1::LIFTER_PROVIDER));
  }

  void Record(const Part& part, v1::RuleEffect effect, bool lifted, std::optional<absl::Time> clock = std::nullopt) {
    verdict_.applied.push_back({SourceOf(*part.rule), effect, lifted, part.along, part.missing, clock});
  }

  void AddReview(const AskedReview& asked, Rank rank) {
    memory_.reviews_.push_back(asked);
    memory_.review_ranks_.push_back(rank);
  }

  static Source SourceOf(const Rule& rule) { return {Applied::By::kRule, &rule}; }

  void WithholdUntil(absl::Time until) { verdict_.withheld_until = std::max(verdict_.withheld_until.value_or(until), until); }

  // No time ends it: who the patient's records go to now, a person must say.
  void HoldForWhomItGoesTo() {
    WithholdUntil(clocks_.received_at);
    verdict_.applied.push_back({{Applied::By::kDeceased}, v1::RULE_EFFECT_WITHHOLD, /*lifted=*/false, /*along=*/false, {}, {}});
  }

  void AddDetermination(const v1::Determination& determination) {
    const bool on_request = determination.type() == v1::BASIS_TYPE_PATIENT_REQUEST;
    const bool lifted = std::any_of(acted_.begin(), acted_.end(),
                                    [&determination](v1::Lifter lifter) { return policy::MayLift(determination, lifter); });
    const Source source{Applied::By::kDetermination, nullptr, nullptr, &determination};
    verdict_.applied.push_back(
        {source, on_request ? v1::RULE_EFFECT_DELAY : v1::RULE_EFFECT_WITHHOLD, lifted, /*along=*/false, {}, {}});
    if (lifted) return;
    const absl::Time until = base::FromProto(determination.until());
    if (on_request) {
      memory_.floors_.push_back({until, pack_.RankOf(determination.type()), source});
    } else {
      WithholdUntil(until);
    }
  }

  void AddWish(const WishToWait& wish) {
    const v1::ReleasePreference& preference = *wish.preference;
    const Rank rank = pack_.RankOf(v1::BASIS_TYPE_PATIENT_REQUEST);
    const Source source{Applied::By::kPreference, nullptr, &preference};
    const bool after_review = preference.timing() == v1::ReleasePreference::TIMING_AFTER_REVIEW;
    const bool lifted = Acted(v1::LIFTER_PATIENT) || (after_review && Acted(v1::LIFTER_PROVIDER));
    verdict_.applied.push_back({source, after_review ? v1::RULE_EFFECT_REVIEW : v1::RULE_EFFECT_DELAY, lifted, /*along=*/false,
                                wish.unknown_category ? UnknownCategory() : MissingFacts(),
                                after_review ? std::nullopt : std::optional(clocks_.preference)});
    if (lifted) return;
    if (after_review) return AddReview({&pack_.default_review(), /*by_statute=*/false}, rank);
    calendar::Span span;
    span.kind = calendar::Span::Kind::kDays;
    span.count = std::clamp(preference.after_days(), 1, 90);
    memory_.floors_.push_back({calendar_.Add(clocks_.preference, span), rank, source});
  }

  static MissingFacts UnknownCategory() {
    static const std::string* const kFact = new std::string("patient.category_preferences");
    return {&kFact, 1};
  }

  void AddDeadline(const Part& part) {
    const Rule& rule = *part.rule;
    Record(part, rule.then.deadline->notice ? v1::RULE_EFFECT_NOTICE : v1::RULE_EFFECT_DEADLINE, false, part.limit_start);
    if (rule.then.deadline->notice) return;
    memory_.ceilings_.push_back({calendar_.Add(part.limit_start, rule.then.deadline->within), RankOf(rule)});
  }

  // The most urgent counts.
  void AddNextStep(const Part& part) {
    Record(part, v1::RULE_EFFECT_NEXT_STEP, false);
    const v1::NextStep& step = *part.rule->then.next_step;
    if (verdict_.next_step == nullptr || nextstep::IsMoreUrgent(step, *verdict_.next_step)) verdict_.next_step = &step;
  }

  absl::Time Floor() const {
    absl::Time latest = absl::InfinitePast();
    for (const auto& floor : memory_.floors_) latest = std::max(latest, floor.until);
    return latest;
  }

  void Plan(absl::Span<const AskedReview> asks, ReviewPlan* plan) const {
    PlanReview(pack_, report_.order(), asks, clocks_.review_started.value_or(clocks_.received_at), plan);
  }

  // When a hold of this rank ends at the latest: at the earliest ceiling of a stronger basis.
  absl::Time CutOf(Rank rank) const {
    absl::Time earliest = absl::InfiniteFuture();
    for (const auto& ceiling : memory_.ceilings_) {
      if (ceiling.rank < rank) earliest = std::min(earliest, ceiling.at);
    }
    return earliest;
  }

  // Ceilings cut floors and reviews of a weaker basis; against an equal or stronger one they give way, and the verdict says so.
  void ApplyCeilings() {
    verdict_.has_review = !memory_.reviews_.empty();
    if (verdict_.has_review) Plan(memory_.reviews_, &verdict_.review);
    if (memory_.ceilings_.empty()) return;
    absl::Time earliest = absl::InfiniteFuture();
    for (const auto& ceiling : memory_.ceilings_) earliest = std::min(earliest, ceiling.at);
    verdict_.not_after = earliest;
    for (const Applied& applied : verdict_.applied) {
      if (applied.effect == v1::RULE_EFFECT_WITHHOLD && !applied.lifted) {
        verdict_.conflicts.push_back({applied.source, /*withholding=*/true});
      }
    }
    for (auto& floor : memory_.floors_) {
      floor.until = std::min(floor.until, CutOf(floor.rank));
      if (floor.until > earliest) verdict_.conflicts.push_back({floor.source});
    }
    if (!verdict_.has_review) return;
    CutReview();
    if (verdict_.review.EndsAt() > earliest) verdict_.conflicts.push_back({});
  }

  // The merged review ends when the last of its parts does: what a ceiling cuts at the ceiling, the rest when it would together.
  void CutReview() {
    ReviewPlan& review = verdict_.review;
    absl::Time cut_at = absl::InfinitePast();
    memory_.uncut_.clear();
    for (size_t i = 0; i < memory_.reviews_.size(); ++i) {
      const absl::Time cut = CutOf(memory_.review_ranks_[i]);
      if (cut < absl::InfiniteFuture()) {
        cut_at = std::max(cut_at, cut);
      } else {
        memory_.uncut_.push_back(memory_.reviews_[i]);
      }
    }
    const bool any_cut = memory_.uncut_.size() < memory_.reviews_.size();
    if (!any_cut) return;
    if (memory_.uncut_.empty()) return EndAllAt(cut_at);
    Plan(memory_.uncut_, &memory_.uncut_plan_);
    const ReviewPlan& rest = memory_.uncut_plan_;
    const absl::Time last = std::max(cut_at, rest.EndsAt());
    if (review.EndsAt() > last) EndAsTheRest(rest, cut_at, last);
    GiveTurnsOfTheRest(rest, std::min(cut_at, review.expires_at));
  }

  // A ceiling cuts all that was merged.
  void EndAllAt(absl::Time cut_at) {
    ReviewPlan& review = verdict_.review;
    if (review.EndsAt() <= cut_at) return;
    review.expires_at = cut_at;
    review.on_expiry = v1::ON_EXPIRY_RELEASE;
    for (ReviewPlan::Turn& turn : review.turns) turn.until = std::min(turn.until, cut_at);
    // The escalation was part of the wait: the last owner keeps what the ceiling leaves of it.
    review.turns.back().until = cut_at;
  }

  // What no ceiling cuts keeps its own ending: when it escalates and to whom, and how it ends.
  void EndAsTheRest(const ReviewPlan& rest, absl::Time cut_at, absl::Time last) {
    ReviewPlan& review = verdict_.review;
    if (review.expires_at < last && cut_at >= rest.EndsAt()) {
      review.escalate_for = last - review.expires_at;  // only an escalation reaches past the ceiling
      return;
    }
    const bool escalates = rest.on_expiry == v1::ON_EXPIRY_ESCALATE;
    review.expires_at = escalates ? rest.expires_at : last;
    review.on_expiry = rest.on_expiry;
    review.escalate_to = rest.escalate_to;
    review.escalate_for = escalates ? last - rest.expires_at : absl::ZeroDuration();
    review.after_escalation = rest.after_escalation;
  }

  // From the ceiling on it is the turn of those whose own rules still ask: owners of what it has cut take none of their time.
  void GiveTurnsOfTheRest(const ReviewPlan& rest, absl::Time together_until) {
    ReviewPlan& review = verdict_.review;
    size_t together = 0;
    for (absl::Time at = review.started_at; together < review.turns.size() && at < together_until; ++together) {
      ReviewPlan::Turn& turn = review.turns[together];
      at = turn.until = std::min(turn.until, together_until);
    }
    review.turns.resize(together);
    for (const ReviewPlan::Turn& turn : rest.turns) {
      if (turn.until <= together_until) continue;
      if (!review.turns.empty() && *review.turns.back().role == *turn.role) {
        review.turns.back().until = turn.until;
      } else {
        review.turns.push_back(turn);
      }
    }
    review.turns.back().until = review.expires_at;
  }

  // A withholding ends with a person, not with a timer: its owner is asked from then on.
  void HoldForOwnerAfterWithholding() {
    verdict_.disposition = v1::DISPOSITION_WITHHOLD;
    if (!verdict_.has_review || personal_.deceased) {
      // Whoever keeps the records finds out who stands for somebody who has died; no clinician of the order is asked for that.
      const AskedReview asked{personal_.deceased ? &pack_.quarantine_review() : &pack_.default_review(), /*by_statute=*/false};
      PlanReview(pack_, report_.order(), {&asked, 1}, *verdict_.withheld_until, &verdict_.review);
      verdict_.has_review = true;
    }
    const bool asked_already = *verdict_.withheld_until <= clocks_.now;
    verdict_.due_at = asked_already ? verdict_.review.TurnEndsAt(clocks_.now) : *verdict_.withheld_until;
  }

  const Pack& pack_;
  const calendar::Calendar& calendar_;
  const v1::DiagnosticReport& report_;
  const Clocks& clocks_;
  const std::vector<v1::Lifter>& acted_;
  const PersonalAsks& personal_;
  Combiner& memory_;
  Verdict& verdict_;
};

bool Binds(const Rule& rule, v1::Audience audience) {
  return std::find(rule.audiences.begin(), rule.audiences.end(), audience) != rule.audiences.end();
}

bool SpokenFor(const std::vector<Part>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const Part& part) {
    return part.permits || (part.restricts && part.rule->then.review.has_value() && part.missing.empty());
  });
}

void Combiner::Combine(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks,
                       const std::vector<v1::Lifter>& acted, const std::vector<Part>& parts, bool add_default,
                       const PersonalAsks& personal, Verdict* verdict) {
  verdict->Clear();
  Combination combination(pack, report, clocks, acted, personal, this, verdict);
  for (const Part& part : parts) combination.Add(part);
  if (add_default || !SpokenFor(parts)) combination.AddDefault();
  combination.Finish();
}

void HoldByFloor(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, v1::Disposition disposition,
                 Verdict* verdict) {
  const bool quarantine = disposition == v1::DISPOSITION_QUARANTINE;
  verdict->Clear();
  verdict->disposition = disposition;
  verdict->has_review = true;
  const AskedReview asked{quarantine ? &pack.quarantine_review() : &pack.default_review(), /*by_statute=*/false};
  PlanReview(pack, report.order(), {&asked, 1}, clocks.review_started.value_or(clocks.received_at), &verdict->review);
  verdict->applied.push_back({{quarantine ? Applied::By::kQuarantine : Applied::By::kNotFinal},
                              v1::RULE_EFFECT_REVIEW,
                              /*lifted=*/false,
                              /*along=*/false,
                              {},
                              {}});
  verdict->due_at = verdict->review.TurnEndsAt(clocks.now);
}

}  // namespace resultgate::policy
