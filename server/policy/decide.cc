#include "server/policy/decide.h"

#include <algorithm>
#include <utility>

#include "server/base/proto_time.h"
#include "server/policy/outcomes.h"

namespace resultgate::policy {
namespace {

// An issue time further back than this is taken for a wrong one: a clock that starts too early releases too early.
constexpr absl::Duration kOldestIssue = absl::Hours(24 * 31);
// Nothing is received before it is issued; clocks of senders may be fast by this much without a word.
constexpr absl::Duration kFastClock = absl::Hours(1);

// Why `issued` cannot be believed; empty if it can.
absl::string_view DoubtOfIssue(const v1::DiagnosticReport& report, const Context& context) {
  if (!report.has_issued()) return "no time of issue was sent";
  const absl::Time issued = base::FromProto(report.issued());
  if (issued < context.received_at - kOldestIssue) return "the time of issue lies more than 31 days before the receipt";
  if (issued > context.received_at + kFastClock) return "the time of issue lies after the receipt";
  return "";
}

// The earlier of issued and received; received where issued is absent or implausible.
absl::Time VersionIssued(const v1::DiagnosticReport& report, const Context& context) {
  if (!DoubtOfIssue(report, context).empty()) return context.received_at;
  return std::min(base::FromProto(report.issued()), context.received_at);
}

bool MayGoUnfinished(const Asked& asked, v1::ResultStatus status) {
  if (status != v1::RESULT_STATUS_PRELIMINARY && status != v1::RESULT_STATUS_REGISTERED) return false;
  return std::any_of(asked.parts.begin(), asked.parts.end(),
                     [](const Part& part) { return part.permits && part.rule->then.permit_preliminary; });
}

}  // namespace

std::optional<absl::Time> ClockStart(const v1::DiagnosticReport& report, const Context& context) {
  if (context.clock_start.has_value()) return context.clock_start;
  const auto& observations = report.observations();
  const bool any_final = std::any_of(observations.begin(), observations.end(),
                                     [&report](const auto& o) { return IsFinal(EffectiveStatus(report, o)); }) ||
                         (HasDocument(report) && IsFinal(UnitStatus(report, kDocument)));
  return any_final ? std::optional(VersionIssued(report, context)) : std::nullopt;
}

absl::string_view WhyNotFromIssue(const v1::DiagnosticReport& report, const Context& context) {
  return context.clock_start.has_value() || !ClockStart(report, context) ? "" : DoubtOfIssue(report, context);
}

bool Decider::Question::operator==(const Question& other) const {
  return floor == other.floor && review_started == other.review_started && preference == other.preference &&
         (asked == other.asked || (asked != nullptr && other.asked != nullptr &&
                                   asked->needs_default == other.asked->needs_default && asked->parts == other.asked->parts)) &&
         (personal == other.personal || (personal != nullptr && other.personal != nullptr && *personal == *other.personal));
}

const Ruling& Decider::Decide(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now) {
  ruling_.assumed_facts_.clear();
  const bool assumed = pack.FillAssumedFacts(report, &with_facts_, &ruling_.assumed_facts_);
  pack_ = &pack;
  report_ = ruling_.report_ = assumed ? &with_facts_ : &report;
  context_ = &context;
  ruling_.units_.Fill(pack.value_sets(), *report_);
  clocks_.now = now;
  clocks_.received_at = context.settled_at.value_or(context.received_at);
  version_issued_ = VersionIssued(*report_, context);
  // As ClockStart has it, the units being known.
  ruling_.clock_start_ = context.clock_start;
  if (!ruling_.clock_start_ &&
      std::any_of(ruling_.units_.begin(), ruling_.units_.end(), [](const Unit& unit) { return IsFinal(unit.status); })) {
    ruling_.clock_start_ = version_issued_;
  }
  first_final_.clear();
  for (const Unit& unit : ruling_.units_) first_final_.push_back(FirstFinal(unit));
  if (context.quarantine.empty()) {
    asker_.Ask(pack, *report_, ruling_.units_, context.previous, context.order_holds, first_final_, version_issued_, now);
    personal_.Fill(pack.value_sets(), *report_, ruling_.units_, context.determinations, now);
  }
  answered_.clear();
  ruling_.verdicts_.Clear();
  ruling_.of_.resize(ruling_.units_.size());
  for (size_t u = 0; u < ruling_.units_.size(); ++u) {
    for (size_t a = 0; a < kAudienceCount; ++a) ruling_.of_[u][a] = DecideCell(u, a);
  }
  return ruling_;
}

// A unit that was not final before became so with this version, whatever else of its report was: a deadline that ran from then
// would end its holds before anybody could have seen it, and a law that came into force between would not hold it.
absl::Time Decider::FirstFinal(const Unit& unit) const {
  const v1::Outcome* before = OutcomeOf(context_->previous, unit.id, v1::AUDIENCE_PATIENT);
  const bool was_final = before != nullptr && before->disposition() != v1::DISPOSITION_NOT_FINAL;
  const absl::Time first_final = ruling_.clock_start_.value_or(version_issued_);
  return context_->previous == nullptr || was_final ? first_final : std::max(first_final, version_issued_);
}

size_t Decider::DecideCell(size_t u, size_t a) {
  const Unit& unit = ruling_.units_[u];
  Question question;
  if (unit.status == v1::RESULT_STATUS_ENTERED_IN_ERROR) {
    question.floor = v1::DISPOSITION_NEVER;
    return Remember(question, [](Verdict* verdict) {
      verdict->Clear();
      verdict->disposition = v1::DISPOSITION_NEVER;
      verdict->state = v1::OUTCOME_STATE_CLOSED;
    });
  }
  if (!context_->quarantine.empty()) {
    question.floor = v1::DISPOSITION_QUARANTINE;
    return Remember(question, [&](Verdict* verdict) { HoldByFloor(*pack_, *report_, clocks_, question.floor, verdict); });
  }
  const Asked& asked = asker_.of(u, a);
  const bool settled = IsFinal(unit.status) || unit.status == v1::RESULT_STATUS_CANCELLED ||
                       (MayGoUnfinished(asked, unit.status) && MayGoUnfinished(asker_.of(u, 0), unit.status));
  const v1::Outcome* before = OutcomeOf(context_->previous, unit.id, kAudiences[a]);
  const bool goes_on = before != nullptr && before->state() == v1::OUTCOME_STATE_HELD && before->has_review() &&
                       !before->review().has_approved_at() && before->review().has_started_at();
  if (goes_on) {
    // A review that goes on keeps its clock; one that waited for the final version, or that this version is the first to ask for,
    // begins with it.
    const bool newly_asked = (asked.needs_default && IsNewAfter(before, kDefaultRule)) ||
                             std::any_of(asked.parts.begin(), asked.parts.end(), [](const Part& part) {
                               return part.is_new && ((part.rule->then.review && !part.moot) || part.rule->then.withhold_until);
                             });
    const bool same_kind = !newly_asked && settled == (before->disposition() != v1::DISPOSITION_NOT_FINAL);
    if (same_kind) question.review_started = base::FromProto(before->review().started_at());
  }
  question.preference = KeptClock(context_->previous, before, kPreferenceRule, /*deadline=*/false).value_or(first_final_[u]);
  // What waits along with another report's review does so until that one ends.
  for (const Part& part : asked.parts) {
    const bool reviews = (part.rule->then.review && !part.moot) || part.rule->then.withhold_until;
    if (reviews && part.order_review > question.review_started.value_or(clocks_.received_at)) {
      question.review_started = part.order_review;
    }
  }
  // Nor does anybody's review end before the patient's, which binds them (I8): that may have begun later, with this version.
  if (a > 0) {
    const Verdict& patients = ruling_.verdicts_[ruling_.of_[u][0]];
    if (patients.disposition == v1::DISPOSITION_REVIEW) {
      const calendar::Calendar& calendar = pack_->CalendarFor(report_->order());
      const absl::Time own = calendar.NextStaffed(question.review_started.value_or(clocks_.received_at));
      if (patients.review.started_at > own) question.review_started = patients.review.started_at;
    }
  }
  Clocks clocks = clocks_;
  clocks.review_started = question.review_started;
  clocks.preference = question.preference;
  if (!settled) {
    question.floor = v1::DISPOSITION_NOT_FINAL;
    return Remember(question, [&](Verdict* verdict) { HoldByFloor(*pack_, *report_, clocks, question.floor, verdict); });
  }
  question.asked = &asked;
  question.personal = &personal_.of(u, a);
  return Remember(question, [&](Verdict* verdict) {
    combiner_.Combine(*pack_, *report_, clocks, context_->acted, asked.parts, asked.needs_default, *question.personal, verdict);
  });
}

std::vector<OrderHold> Decider::OrderHolds() const {
  std::vector<OrderHold> holds;
  if (!pack_->holds_orders_together() || !context_->quarantine.empty()) return holds;
  for (size_t u = 0; u < ruling_.units_.size(); ++u) {
    for (size_t a = 0; a < kAudienceCount; ++a) {
      for (const Part& part : asker_.of(u, a).parts) {
        if (!part.restricts || part.along || (part.moot && !part.rule->then.withhold_until) ||
            part.rule->together != Rule::Together::kOrder)
          continue;
        const auto same = [&](const OrderHold& hold) { return hold.rule_id == part.rule->id && hold.audience == kAudiences[a]; };
        const auto known = std::find_if(holds.begin(), holds.end(), same);
        if (known == holds.end()) {
          holds.push_back({part.rule->id, kAudiences[a], part.start, clocks_.received_at, {}, part.covered});
          for (const std::string* fact : part.missing) holds.back().unknown_facts.push_back(*fact);
        } else {
          known->start = std::max(known->start, part.start);
          known->covered = known->covered && part.covered;
          if (part.missing.empty()) known->unknown_facts.clear();
        }
      }
    }
  }
  return holds;
}

// Units that the rules treat alike are combined once.
template <typename Make>
size_t Decider::Remember(const Question& question, const Make& make) {
  for (const auto& [asked, answer] : answered_) {
    if (asked == question) return answer;
  }
  Verdict& verdict = ruling_.verdicts_.Next();
  make(&verdict);
  size_t answer = ruling_.verdicts_.size() - 1;
  for (size_t i = 0; i < answer; ++i) {
    if (!(ruling_.verdicts_[i] == verdict)) continue;
    ruling_.verdicts_.DropLast();
    answer = i;
  }
  answered_.emplace_back(question, answer);
  return answer;
}

std::vector<OrderHold> OrderHoldsOf(const Pack& pack, const v1::DiagnosticReport& report, const Context& context,
                                    absl::Time now) {
  if (!pack.holds_orders_together()) return {};
  Context alone = context;
  alone.order_holds.clear();
  Decider decider;
  decider.Decide(pack, report, alone, now);
  return decider.OrderHolds();
}

v1::Decision Decide(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now) {
  // What it keeps is as large as the largest report and pack of its thread.
  thread_local Decider decider;
  const Ruling& ruling = decider.Decide(pack, report, context, now);
  v1::Decision decision;
  decision.set_pack(pack.name());
  decision.set_pack_digest(pack.digest());
  *decision.mutable_decided_at() = base::ToProto(now);
  if (ruling.clock_start()) *decision.mutable_clock_start() = base::ToProto(*ruling.clock_start());
  for (const std::string& fact : ruling.assumed_facts()) decision.add_assumed_facts(fact);
  ToProto(ruling, pack, context.quarantine, decision.mutable_outcomes());
  return decision;
}

}  // namespace resultgate::policy
