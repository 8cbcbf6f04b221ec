#include "server/policy/combine.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/policy/review_plan.h"

namespace resultgate::policy {
namespace {

// Smaller binds more (Pack::RankOf).
using Rank = int;
constexpr Rank kWeakest = v1::BasisType_MAX + 1;

// An organisation's own hold always ends at the patient's request, whoever the rule names.
bool MayLift(const Rule& rule, v1::Lifter lifter) {
  return (lifter == v1::LIFTER_PATIENT && rule.basis.type() == v1::BASIS_TYPE_ORGANIZATION_POLICY) ||
         std::find(rule.lifted_by.begin(), rule.lifted_by.end(), lifter) != rule.lifted_by.end();
}

class Combination {
 public:
  Combination(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, const std::vector<v1::Lifter>& acted)
      : pack_(pack), report_(report), clocks_(clocks), acted_(acted) {
    const v1::ReleasePreference& preference = report.patient().preference();
    wants_all_now_ = preference.timing() == v1::ReleasePreference::TIMING_IMMEDIATE;
    if (preference.timing() == v1::ReleasePreference::TIMING_AFTER_DAYS) AddPreferenceFloor(preference.after_days());
  }

  void Add(const Part& part) {
    const Rule& rule = *part.rule;
    const bool lifted = part.restricts && Lifted(rule);
    const absl::Time start = part.is_new ? clocks_.version_issued : clocks_.first_final;
    const Rank rank = pack_.RankOf(rule.basis.type());
    unknown_.insert(part.unknown_facts.begin(), part.unknown_facts.end());
    if (part.permits) Record(part, v1::RULE_EFFECT_PERMIT, false);
    if (part.limits) AddDeadline(part);
    if (!part.restricts) return;
    if (rule.then.delay) {
      Record(part, v1::RULE_EFFECT_DELAY, lifted);
      if (!lifted) floors_.push_back({pack_.calendar().Add(start, *rule.then.delay), rank, rule.id});
    }
    if (rule.then.withhold_until && part.unknown_facts.empty()) {
      Record(part, v1::RULE_EFFECT_WITHHOLD, lifted);
      const absl::Time until = pack_.calendar().Add(start, *rule.then.withhold_until);
      if (!lifted) withheld_until_ = std::max(withheld_until_.value_or(until), until);
    } else if (rule.then.withhold_until) {
      // Not known whether it applies: the pack's default review, which a person ends.
      Record(part, v1::RULE_EFFECT_REVIEW, lifted);
      if (!lifted) AddReview(pack_.default_review(), rank);
    }
    if (rule.then.review) {
      Record(part, v1::RULE_EFFECT_REVIEW, lifted);
      if (!lifted) AddReview(*rule.then.review, rank);
    }
  }

  void AddDefault() {
    v1::AppliedRule* rule = outcome_.add_rules();
    rule->set_rule_id("default");
    rule->set_effect(v1::RULE_EFFECT_REVIEW);
    rule->mutable_basis()->set_type(v1::BASIS_TYPE_ORGANIZATION_POLICY);
    rule->mutable_basis()->set_citation(absl::StrCat("pack ", pack_.name(), ", default"));
    rule->add_lifted_by(v1::LIFTER_PROVIDER);
    rule->add_lifted_by(v1::LIFTER_PATIENT);
    // Nobody could have meant what no rule knows when asking for everything at once; who asks for this very result does.
    rule->set_lifted(!acted_.empty());
    if (acted_.empty()) AddReview(pack_.default_review(), pack_.RankOf(v1::BASIS_TYPE_ORGANIZATION_POLICY));
  }

  v1::Outcome Finish() {
    ApplyCeiling();
    for (const std::string& fact : unknown_) outcome_.add_unknown_facts(fact);
    const absl::Time floor = Floor();
    if (floor > absl::InfinitePast()) *outcome_.mutable_not_before() = base::ToProto(floor);
    if (ceiling_) *outcome_.mutable_not_after() = base::ToProto(*ceiling_);
    if (withheld_until_) {
      *outcome_.mutable_withheld_until() = base::ToProto(*withheld_until_);
      HoldForOwnerAfterWithholding();
    } else if (review_) {
      outcome_.set_disposition(v1::DISPOSITION_REVIEW);
      *outcome_.mutable_review() = *review_;
      *outcome_.mutable_due_at() = CurrentTurn(*review_, clocks_.now).until();
    } else if (floor > clocks_.now) {
      outcome_.set_disposition(v1::DISPOSITION_DELAY);
      *outcome_.mutable_due_at() = outcome_.not_before();
    } else {
      outcome_.set_disposition(v1::DISPOSITION_RELEASE);
    }
    outcome_.set_state(v1::OUTCOME_STATE_HELD);
    return std::move(outcome_);
  }

 private:
  struct RankedFloor {
    absl::Time until;
    Rank rank;
    std::string rule_id;
  };

  bool Acted(v1::Lifter lifter) const { return std::find(acted_.begin(), acted_.end(), lifter) != acted_.end(); }

  bool Lifted(const Rule& rule) const {
    return ((wants_all_now_ || Acted(v1::LIFTER_PATIENT)) && MayLift(rule, v1::LIFTER_PATIENT)) ||
           (Acted(v1::LIFTER_PROVIDER) && MayLift(rule, v1::LIFTER_PROVIDER));
  }

  void Record(const Part& part, v1::RuleEffect effect, bool lifted) {
    v1::AppliedRule* rule = outcome_.add_rules();
    rule->set_rule_id(part.rule->id);
    rule->set_effect(effect);
    if (effect != v1::RULE_EFFECT_PERMIT) {
      *rule->mutable_basis() = part.rule->basis;
      for (const v1::Lifter lifter : part.rule->lifted_by) rule->add_lifted_by(lifter);
    }
    for (const std::string& fact : part.unknown_facts) rule->add_unknown_facts(fact);
    rule->set_lifted(lifted);
    rule->set_unverified(part.rule->unverified());
  }

  void AddPreferenceFloor(int days) {
    calendar::Span span;
    span.kind = calendar::Span::Kind::kDays;
    span.count = std::clamp(days, 1, 90);
    const bool lifted = Acted(v1::LIFTER_PATIENT);
    if (!lifted) {
      floors_.push_back(
          {pack_.calendar().Add(clocks_.first_final, span), pack_.RankOf(v1::BASIS_TYPE_PATIENT_REQUEST), "patient-preference"});
    }
    v1::AppliedRule* rule = outcome_.add_rules();
    rule->set_rule_id("patient-preference");
    rule->set_effect(v1::RULE_EFFECT_DELAY);
    rule->mutable_basis()->set_type(v1::BASIS_TYPE_PATIENT_REQUEST);
    rule->mutable_basis()->set_citation("the patient's own request");
    rule->add_lifted_by(v1::LIFTER_PATIENT);
    rule->set_lifted(lifted);
  }

  void AddDeadline(const Part& part) {
    const Rule& rule = *part.rule;
    Record(part, rule.then.deadline->notice ? v1::RULE_EFFECT_NOTICE : v1::RULE_EFFECT_DEADLINE, false);
    if (!rule.then.deadline->notice) {
      AddCeiling(pack_.calendar().Add(clocks_.first_final, rule.then.deadline->within), pack_.RankOf(rule.basis.type()));
    }
  }

  void AddReview(const ReviewAsk& ask, Rank rank) {
    asks_.push_back(&ask);
    review_rank_ = std::min(review_rank_, rank);
  }

  void AddCeiling(absl::Time at, Rank rank) {
    if (ceiling_ && *ceiling_ <= at) return;
    ceiling_ = at;
    ceiling_rank_ = rank;
  }

  absl::Time Floor() const {
    absl::Time latest = absl::InfinitePast();
    for (const RankedFloor& floor : floors_) latest = std::max(latest, floor.until);
    return latest;
  }

  // A ceiling cuts floors and reviews of a weaker basis; against an equal or stronger one it gives way, and says so.
  void ApplyCeiling() {
    if (!asks_.empty()) {
      review_ = PlanReview(pack_, report_.order(), asks_, clocks_.review_started.value_or(clocks_.received_at),
                           review_rank_ == pack_.RankOf(v1::BASIS_TYPE_STATUTE));
    }
    if (!ceiling_) return;
    for (RankedFloor& floor : floors_) {
      if (floor.until <= *ceiling_) continue;
      if (floor.rank > ceiling_rank_) {
        floor.until = *ceiling_;
      } else {
        outcome_.add_conflicts(
            absl::StrCat("the floor of ", floor.rule_id, " stands against an earlier deadline of no stronger basis"));
      }
    }
    if (!review_) return;
    // The escalation is part of the wait that a ceiling cuts.
    const absl::Duration escalation = base::FromProto(review_->escalate_for());
    if (base::FromProto(review_->expires_at()) + escalation <= *ceiling_) return;
    if (review_rank_ <= ceiling_rank_) {
      outcome_.add_conflicts("the review stands against an earlier deadline of no stronger basis");
      return;
    }
    *review_->mutable_expires_at() = base::ToProto(std::min(*ceiling_, base::FromProto(review_->expires_at()) + escalation));
    review_->set_on_expiry(v1::ON_EXPIRY_RELEASE);
    for (v1::ReviewTurn& turn : *review_->mutable_turns()) {
      if (base::FromProto(turn.until()) > *ceiling_) *turn.mutable_until() = review_->expires_at();
    }
  }

  // A withholding ends with a person, not with a timer: its owner is asked from then on.
  void HoldForOwnerAfterWithholding() {
    outcome_.set_disposition(v1::DISPOSITION_WITHHOLD);
    if (!review_) review_ = PlanReview(pack_, report_.order(), {&pack_.default_review()}, *withheld_until_, /*by_statute=*/false);
    *outcome_.mutable_review() = *review_;
    *outcome_.mutable_due_at() = outcome_.withheld_until();
  }

  const Pack& pack_;
  const v1::DiagnosticReport& report_;
  const Clocks& clocks_;
  const std::vector<v1::Lifter>& acted_;
  bool wants_all_now_ = false;
  v1::Outcome outcome_;
  std::set<std::string> unknown_;
  std::vector<RankedFloor> floors_;
  std::vector<const ReviewAsk*> asks_;
  Rank review_rank_ = kWeakest;
  std::optional<v1::Review> review_;
  std::optional<absl::Time> ceiling_;
  Rank ceiling_rank_ = kWeakest;
  std::optional<absl::Time> withheld_until_;
};

}  // namespace

bool SpokenFor(const std::vector<Part>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const Part& part) {
    return part.permits || (part.restricts && part.rule->then.review.has_value() && part.unknown_facts.empty());
  });
}

v1::Outcome Combine(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks,
                    const std::vector<v1::Lifter>& acted, const std::vector<Part>& parts, bool add_default) {
  Combination combination(pack, report, clocks, acted);
  for (const Part& part : parts) combination.Add(part);
  if (add_default || !SpokenFor(parts)) combination.AddDefault();
  return combination.Finish();
}

v1::Outcome HoldByFloor(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, v1::Disposition disposition,
                        const std::string& reason) {
  const bool quarantine = disposition == v1::DISPOSITION_QUARANTINE;
  v1::Outcome outcome;
  outcome.set_disposition(disposition);
  outcome.set_state(v1::OUTCOME_STATE_HELD);
  *outcome.mutable_review() = PlanReview(pack, report.order(), {quarantine ? &pack.quarantine_review() : &pack.default_review()},
                                         clocks.review_started.value_or(clocks.received_at), /*by_statute=*/false);
  v1::AppliedRule* rule = outcome.add_rules();
  rule->set_rule_id(quarantine ? "quarantine" : "not-final");
  rule->set_effect(v1::RULE_EFFECT_REVIEW);
  rule->mutable_basis()->set_type(quarantine ? v1::BASIS_TYPE_IDENTITY : v1::BASIS_TYPE_ORGANIZATION_POLICY);
  rule->mutable_basis()->set_citation(reason);
  *outcome.mutable_due_at() = CurrentTurn(outcome.review(), clocks.now).until();
  return outcome;
}

}  // namespace resultgate::policy
