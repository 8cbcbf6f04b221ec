#include "tests/policy/reference/combine.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "tests/policy/reference/review_plan.h"

namespace resultgate::policy::reference {
namespace {

// Smaller binds more (Pack::RankOf).
using Rank = int;

// An organisation's own hold always ends at the patient's request, whoever the rule names.
bool MayLift(const Rule& rule, v1::Lifter lifter) {
  return (lifter == v1::LIFTER_PATIENT && rule.basis.type() == v1::BASIS_TYPE_ORGANIZATION_POLICY) ||
         std::find(rule.lifted_by.begin(), rule.lifted_by.end(), lifter) != rule.lifted_by.end();
}

// Emergency, call today, call within fewer days, message, none.
bool Sooner(const v1::NextStep& a, const v1::NextStep& b) {
  if (a.kind() != b.kind()) return a.kind() > b.kind();
  return a.kind() == v1::NextStep::KIND_CALL && a.within_days() < b.within_days();
}

class Combination {
 public:
  Combination(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, const std::vector<v1::Lifter>& acted,
              const Personal& personal)
      : pack_(pack),
        calendar_(pack.CalendarFor(report.order())),
        report_(report),
        clocks_(clocks),
        acted_(acted),
        wants_all_now_(personal.at_once),
        dead_(personal.deceased) {
    if (personal.deceased) {
      Withhold(clocks.received_at);
      AddOwn("deceased", v1::RULE_EFFECT_WITHHOLD, v1::BASIS_TYPE_PRIVACY,
             "the patient has died: whom the records go to is asked first (45 CFR 164.502(g)(4))", {});
    }
    for (const v1::Determination& determination : personal.determinations) AddDetermination(determination);
    for (const auto& [preference, unknown_category] : personal.waits) AddPreference(preference, unknown_category);
  }

  void Add(const Part& part) {
    const Rule& rule = *part.rule;
    const bool lifted = part.restricts && Lifted(rule);
    const Rank rank = pack_.RankOf(rule.basis.type());
    if (part.permits) Record(part, v1::RULE_EFFECT_PERMIT, false);
    if (part.limits) AddDeadline(part);
    if (part.advises) {
      Record(part, v1::RULE_EFFECT_NEXT_STEP, false);
      const v1::NextStep& step = *rule.then.next_step;
      if (!outcome_.has_next_step() || Sooner(step, outcome_.next_step())) *outcome_.mutable_next_step() = step;
    }
    if (!part.restricts) return;
    if (rule.then.delay && !part.moot) {
      Record(part, v1::RULE_EFFECT_DELAY, lifted, part.start);
      if (!lifted) floors_.push_back({calendar_.Add(part.start, *rule.then.delay), rank, rule.id});
    }
    if (rule.then.withhold_until && part.unknown_facts.empty()) {
      Record(part, v1::RULE_EFFECT_WITHHOLD, lifted, part.start);
      if (!lifted) Withhold(calendar_.Add(part.start, *rule.then.withhold_until));
    } else if (rule.then.withhold_until) {
      // Not known whether it applies: the pack's default review, which a person ends.
      Record(part, v1::RULE_EFFECT_REVIEW, lifted);
      if (!lifted) reviews_.push_back({{&pack_.default_review(), /*by_statute=*/false}, rank});
    }
    if (rule.then.review && !part.moot) {
      Record(part, v1::RULE_EFFECT_REVIEW, lifted);
      if (!lifted) {
        reviews_.push_back({{&*rule.then.review, rule.basis.type() == v1::BASIS_TYPE_STATUTE, part.covered}, rank});
      }
    }
  }

  void AddDefault() {
    v1::AppliedRule* rule = outcome_.add_rules();
    rule->set_rule_id(kDefaultRule);
    rule->set_effect(v1::RULE_EFFECT_REVIEW);
    rule->mutable_basis()->set_type(v1::BASIS_TYPE_ORGANIZATION_POLICY);
    rule->mutable_basis()->set_citation(absl::StrCat("pack ", pack_.name(), ", default"));
    rule->add_lifted_by(v1::LIFTER_PROVIDER);
    rule->add_lifted_by(v1::LIFTER_PATIENT);
    // Nobody could have meant what no rule knows when asking for everything at once; who asks for this very result does.
    rule->set_lifted(!acted_.empty());
    if (!acted_.empty()) return;
    reviews_.push_back({{&pack_.default_review(), /*by_statute=*/false}, pack_.RankOf(v1::BASIS_TYPE_ORGANIZATION_POLICY)});
  }

  v1::Outcome Finish() {
    const std::optional<absl::Time> ceiling = ApplyCeilings();
    for (const std::string& fact : unknown_) outcome_.add_unknown_facts(fact);
    const absl::Time floor = Floor();
    if (floor > absl::InfinitePast()) *outcome_.mutable_not_before() = base::ToProto(floor);
    if (ceiling) *outcome_.mutable_not_after() = base::ToProto(*ceiling);
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
  struct RankedReview {
    AskedReview asked;
    Rank rank;
  };
  struct RankedCeiling {
    absl::Time at;
    Rank rank;
  };

  bool Acted(v1::Lifter lifter) const { return std::find(acted_.begin(), acted_.end(), lifter) != acted_.end(); }

  bool Lifted(const Rule& rule) const {
    const auto& audiences = rule.audiences;
    const bool own = std::find(audiences.begin(), audiences.end(), v1::AUDIENCE_PATIENT) != audiences.end();
    return (((wants_all_now_ && own) || Acted(v1::LIFTER_PATIENT)) && MayLift(rule, v1::LIFTER_PATIENT)) ||
           (Acted(v1::LIFTER_PROVIDER) && MayLift(rule, v1::LIFTER_PROVIDER));
  }

  void Record(const Part& part, v1::RuleEffect effect, bool lifted, std::optional<absl::Time> clock = std::nullopt) {
    v1::AppliedRule* rule = outcome_.add_rules();
    if (clock) *rule->mutable_clock_start() = base::ToProto(*clock);
    rule->set_rule_id(part.rule->id);
    rule->set_effect(effect);
    if (effect != v1::RULE_EFFECT_PERMIT && effect != v1::RULE_EFFECT_NEXT_STEP) {
      *rule->mutable_basis() = part.rule->basis;
      if (part.along) rule->mutable_basis()->mutable_citation()->append(" (it holds another report of the same order)");
      for (const v1::Lifter lifter : part.rule->lifted_by) rule->add_lifted_by(lifter);
    }
    for (const std::string& fact : part.unknown_facts) rule->add_unknown_facts(fact);
    unknown_.insert(part.unknown_facts.begin(), part.unknown_facts.end());
    rule->set_lifted(lifted);
    rule->set_unverified(part.rule->unverified());
  }

  void Withhold(absl::Time until) { withheld_until_ = std::max(withheld_until_.value_or(until), until); }

  // What is asked for without a rule. True if one of those who may end it did.
  bool AddOwn(const std::string& id, v1::RuleEffect effect, v1::BasisType basis, const std::string& citation,
              const std::vector<v1::Lifter>& lifted_by) {
    v1::AppliedRule* rule = outcome_.add_rules();
    rule->set_rule_id(id);
    rule->set_effect(effect);
    rule->mutable_basis()->set_type(basis);
    rule->mutable_basis()->set_citation(citation);
    for (const v1::Lifter lifter : lifted_by) {
      rule->add_lifted_by(lifter);
      if (Acted(lifter)) rule->set_lifted(true);
    }
    return rule->lifted();
  }

  void AddDetermination(const v1::Determination& determination) {
    const std::string id = absl::StrCat("determination-", determination.id());
    const std::string citation = absl::StrCat(determination.reason(), " (determined by ", determination.determined_by(), ")");
    const absl::Time until = base::FromProto(determination.until());
    bool from_patient = determination.audiences().empty();
    for (const int audience : determination.audiences()) from_patient = from_patient || audience == v1::AUDIENCE_PATIENT;
    if (determination.type() == v1::BASIS_TYPE_PATIENT_REQUEST) {
      const std::vector<v1::Lifter> lifted_by(from_patient ? 1 : 0, v1::LIFTER_PATIENT);
      if (AddOwn(id, v1::RULE_EFFECT_DELAY, determination.type(), citation, lifted_by)) return;
      floors_.push_back({until, pack_.RankOf(determination.type()), id});
      return;
    }
    const bool harm = determination.type() == v1::BASIS_TYPE_HARM_DETERMINATION;
    const std::vector<v1::Lifter> lifted_by(harm && from_patient ? 1 : 0, v1::LIFTER_PROVIDER);
    if (!AddOwn(id, v1::RULE_EFFECT_WITHHOLD, determination.type(), citation, lifted_by)) Withhold(until);
  }

  void AddPreference(const v1::ReleasePreference& preference, bool unknown_category) {
    const Rank rank = pack_.RankOf(v1::BASIS_TYPE_PATIENT_REQUEST);
    const std::string citation = preference.category().empty()
                                     ? "the patient's own request"
                                     : absl::StrCat("the patient's own request for ", preference.category());
    const bool after_review = preference.timing() == v1::ReleasePreference::TIMING_AFTER_REVIEW;
    const bool lifted = after_review ? AddOwn("patient-preference", v1::RULE_EFFECT_REVIEW, v1::BASIS_TYPE_PATIENT_REQUEST,
                                              citation, {v1::LIFTER_PROVIDER, v1::LIFTER_PATIENT})
                                     : AddOwn("patient-preference", v1::RULE_EFFECT_DELAY, v1::BASIS_TYPE_PATIENT_REQUEST,
                                              citation, {v1::LIFTER_PATIENT});
    if (unknown_category) {
      outcome_.mutable_rules(outcome_.rules_size() - 1)->add_unknown_facts("patient.category_preferences");
      unknown_.insert("patient.category_preferences");
    }
    if (!after_review)
      *outcome_.mutable_rules(outcome_.rules_size() - 1)->mutable_clock_start() = base::ToProto(clocks_.preference);
    if (lifted) return;
    if (after_review) {
      reviews_.push_back({{&pack_.default_review(), /*by_statute=*/false}, rank});
      return;
    }
    calendar::Span span;
    span.kind = calendar::Span::Kind::kDays;
    span.count = std::clamp(preference.after_days(), 1, 90);
    floors_.push_back({calendar_.Add(clocks_.preference, span), rank, "patient-preference"});
  }

  void AddDeadline(const Part& part) {
    const Rule& rule = *part.rule;
    Record(part, rule.then.deadline->notice ? v1::RULE_EFFECT_NOTICE : v1::RULE_EFFECT_DEADLINE, false, part.limit_start);
    if (!rule.then.deadline->notice) {
      ceilings_.push_back({calendar_.Add(part.limit_start, rule.then.deadline->within), pack_.RankOf(rule.basis.type())});
    }
  }

  absl::Time Floor() const {
    absl::Time latest = absl::InfinitePast();
    for (const RankedFloor& floor : floors_) latest = std::max(latest, floor.until);
    return latest;
  }

  v1::Review Plan(const std::vector<AskedReview>& asks) const {
    return PlanReview(pack_, report_.order(), asks, clocks_.review_started.value_or(clocks_.received_at));
  }

  // When a hold of this rank ends at the latest: at the earliest ceiling of a stronger basis.
  absl::Time CutOf(Rank rank) const {
    absl::Time earliest = absl::InfiniteFuture();
    for (const RankedCeiling& ceiling : ceilings_) {
      if (ceiling.rank < rank) earliest = std::min(earliest, ceiling.at);
    }
    return earliest;
  }

  // Ceilings cut floors and reviews of a weaker basis; against an equal or stronger one they give way, and the outcome says so.
  // The earliest ceiling, if there is one.
  std::optional<absl::Time> ApplyCeilings() {
    if (!reviews_.empty()) {
      std::vector<AskedReview> asks;
      for (const RankedReview& review : reviews_) asks.push_back(review.asked);
      review_ = Plan(asks);
    }
    if (ceilings_.empty()) return std::nullopt;
    absl::Time earliest = absl::InfiniteFuture();
    for (const RankedCeiling& ceiling : ceilings_) earliest = std::min(earliest, ceiling.at);
    for (const v1::AppliedRule& rule : outcome_.rules()) {
      if (rule.effect() != v1::RULE_EFFECT_WITHHOLD || rule.lifted()) continue;
      outcome_.add_conflicts(absl::StrCat("the withholding of ", rule.rule_id(), " ends with a person, whatever the deadline"));
    }
    for (RankedFloor& floor : floors_) {
      floor.until = std::min(floor.until, CutOf(floor.rank));
      if (floor.until <= earliest) continue;
      outcome_.add_conflicts(
          absl::StrCat("the floor of ", floor.rule_id, " stands against an earlier deadline of no stronger basis"));
    }
    if (!review_) return earliest;
    CutReview();
    if (EndOf(*review_) > earliest) {
      outcome_.add_conflicts("the review stands against an earlier deadline of no stronger basis");
    }
    return earliest;
  }

  // The merged review ends when the last of its parts does: what a ceiling cuts at the ceiling, the rest when it would together,
  // in its own way and with the turns of its own owners.
  void CutReview() {
    absl::Time cut_at = absl::InfinitePast();
    std::vector<AskedReview> uncut;
    for (const RankedReview& review : reviews_) {
      const absl::Time cut = CutOf(review.rank);
      if (cut < absl::InfiniteFuture()) {
        cut_at = std::max(cut_at, cut);
      } else {
        uncut.push_back(review.asked);
      }
    }
    if (uncut.size() == reviews_.size()) return;
    if (uncut.empty()) {
      if (EndOf(*review_) <= cut_at) return;
      *review_->mutable_expires_at() = base::ToProto(cut_at);
      review_->set_on_expiry(v1::ON_EXPIRY_RELEASE);
      for (v1::ReviewTurn& turn : *review_->mutable_turns()) {
        if (base::FromProto(turn.until()) > cut_at) *turn.mutable_until() = review_->expires_at();
      }
      // The escalation was part of the wait: the last owner keeps what the ceiling leaves of it.
      *review_->mutable_turns(review_->turns_size() - 1)->mutable_until() = review_->expires_at();
      return;
    }
    const v1::Review merged = *review_;
    const v1::Review rest = Plan(uncut);
    const absl::Time last = std::max(cut_at, EndOf(rest));
    const absl::Time expires = base::FromProto(merged.expires_at());
    if (EndOf(merged) > last && expires < last && cut_at >= EndOf(rest)) {
      *review_->mutable_escalate_for() = base::ToProto(last - expires);
    } else if (EndOf(merged) > last) {
      *review_ = rest;
      if (rest.on_expiry() == v1::ON_EXPIRY_ESCALATE) {
        *review_->mutable_escalate_for() = base::ToProto(last - base::FromProto(rest.expires_at()));
      } else {
        *review_->mutable_expires_at() = base::ToProto(last);
      }
    }
    // Who has it at each time: until the ceiling whoever it would be of all, then whoever it would be of the rest.
    const absl::Time ends = base::FromProto(review_->expires_at());
    review_->clear_turns();
    const auto add = [this](const v1::Owner& owner, absl::Time until) {
      const int turns = review_->turns_size();
      const bool goes_on = turns > 0 && review_->turns(turns - 1).owner().role() == owner.role();
      v1::ReviewTurn* turn = goes_on ? review_->mutable_turns(turns - 1) : review_->add_turns();
      *turn->mutable_owner() = owner;
      *turn->mutable_until() = base::ToProto(until);
    };
    absl::Time at = base::FromProto(merged.started_at());
    for (const v1::ReviewTurn& turn : merged.turns()) {
      const absl::Time until = std::min({base::FromProto(turn.until()), cut_at, ends});
      if (at < until) add(turn.owner(), until);
      at = std::max(at, until);
    }
    for (const v1::ReviewTurn& turn : rest.turns()) {
      if (base::FromProto(turn.until()) > std::min(cut_at, ends)) add(turn.owner(), base::FromProto(turn.until()));
    }
    *review_->mutable_turns(review_->turns_size() - 1)->mutable_until() = base::ToProto(ends);
  }

  // A withholding ends with a person, not with a timer: its owner is asked from then on.
  void HoldForOwnerAfterWithholding() {
    outcome_.set_disposition(v1::DISPOSITION_WITHHOLD);
    const ReviewAsk& ask = dead_ ? pack_.quarantine_review() : pack_.default_review();
    if (!review_ || dead_) review_ = PlanReview(pack_, report_.order(), {{&ask, false}}, *withheld_until_);
    *outcome_.mutable_review() = *review_;
    *outcome_.mutable_due_at() =
        *withheld_until_ <= clocks_.now ? CurrentTurn(*review_, clocks_.now).until() : outcome_.withheld_until();
  }

  const Pack& pack_;
  const calendar::Calendar& calendar_;
  const v1::DiagnosticReport& report_;
  const Clocks& clocks_;
  const std::vector<v1::Lifter>& acted_;
  const bool wants_all_now_;
  const bool dead_;
  v1::Outcome outcome_;
  std::set<std::string> unknown_;
  std::vector<RankedFloor> floors_;
  std::vector<RankedReview> reviews_;
  std::vector<RankedCeiling> ceilings_;
  std::optional<v1::Review> review_;
  std::optional<absl::Time> withheld_until_;
};

}  // namespace

bool SpokenFor(const std::vector<Part>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const Part& part) {
    return part.permits || (part.restricts && part.rule->then.review.has_value() && part.unknown_facts.empty());
  });
}

v1::Outcome Combine(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks,
                    const std::vector<v1::Lifter>& acted, const std::vector<Part>& parts, bool add_default,
                    const Personal& personal) {
  Combination combination(pack, report, clocks, acted, personal);
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
  *outcome.mutable_review() =
      PlanReview(pack, report.order(), {{quarantine ? &pack.quarantine_review() : &pack.default_review(), /*by_statute=*/false}},
                 clocks.review_started.value_or(clocks.received_at));
  v1::AppliedRule* rule = outcome.add_rules();
  rule->set_rule_id(quarantine ? "quarantine" : "not-final");
  rule->set_effect(v1::RULE_EFFECT_REVIEW);
  rule->mutable_basis()->set_type(quarantine ? v1::BASIS_TYPE_IDENTITY : v1::BASIS_TYPE_ORGANIZATION_POLICY);
  rule->mutable_basis()->set_citation(reason);
  *outcome.mutable_due_at() = CurrentTurn(outcome.review(), clocks.now).until();
  return outcome;
}

}  // namespace resultgate::policy::reference
