#include "server/gate/follow_up.h"

#include <google/protobuf/repeated_field.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/gate/determination_review.h"
#include "server/gate/notification.h"
#include "server/gate/patient_facts.h"
#include "server/gate/versions.h"
#include "server/policy/decide.h"
#include "server/policy/units.h"
#include "server/policy/verdict.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using base::ToProto;

constexpr char kOrderingProvider[] = "ordering-provider";

bool IsFor(const v1::Outcome& outcome, v1::Audience audience) {
  return std::find(outcome.audiences().begin(), outcome.audiences().end(), audience) != outcome.audiences().end();
}

bool IsOut(const v1::Outcome& outcome) {
  return outcome.state() == v1::OUTCOME_STATE_RELEASED || outcome.state() == v1::OUTCOME_STATE_PUBLISHED;
}

template <typename Predicate>
const v1::Outcome* FindOutcome(const v1::Result& result, Predicate predicate) {
  const auto& outcomes = result.decision().outcomes();
  const auto found = std::find_if(outcomes.begin(), outcomes.end(), predicate);
  return found == outcomes.end() ? nullptr : &*found;
}

bool IsFlagged(const v1::Observation& observation) {
  if (!observation.has_interpretation()) return false;
  const v1::Interpretation flag = observation.interpretation();
  return flag != v1::INTERPRETATION_NORMAL && flag != v1::INTERPRETATION_NOT_DETECTED && flag != v1::INTERPRETATION_OTHER;
}

// It is told in words, and nobody has flagged it.
bool IsInWords(const v1::DiagnosticReport& report, const std::string& unit_id) {
  const auto& observations = report.observations();
  return unit_id == policy::kDocument ||
         std::any_of(observations.begin(), observations.end(), [&unit_id](const auto& observation) {
           return observation.id() == unit_id && !observation.has_quantity() && !observation.has_interpretation();
         });
}

// Its class is one that somebody is to look at first.
bool HadReview(const v1::Outcome& outcome) {
  return std::any_of(outcome.rules().begin(), outcome.rules().end(), [](const v1::AppliedRule& rule) {
    return rule.effect() == v1::RULE_EFFECT_REVIEW && rule.rule_id() != policy::kDefaultRule;
  });
}

bool WantsPatientReached(const v1::Outcome& outcome) {
  const v1::Review& review = outcome.review();
  return IsOut(outcome) && outcome.released_unreviewed() && !review.has_approved_at() &&
         review.on_expiry() == v1::ON_EXPIRY_RELEASE_WITH_OUTREACH;
}

const v1::AppliedRule* NoticeOf(const v1::Outcome& outcome) {
  const auto& rules = outcome.rules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [](const v1::AppliedRule& rule) { return rule.effect() == v1::RULE_EFFECT_NOTICE; });
  return found == rules.end() ? nullptr : &*found;
}

const v1::AppliedRule* NoticeOf(const v1::Result& result) {
  const v1::Outcome* outcome = FindOutcome(result, [](const v1::Outcome& one) { return NoticeOf(one) != nullptr; });
  return outcome == nullptr ? nullptr : NoticeOf(*outcome);
}

absl::Time ReleasedAt(const v1::Result& result, const v1::Outcome& outcome) {
  return FromProto(outcome.has_released_at() ? outcome.released_at() : result.received_at());
}

// When the patient's side last saw something of it; a correction makes that nothing.
absl::Time LastViewed(const v1::FollowUp& done) {
  if (!done.has_first_viewed_at()) return absl::InfinitePast();
  return std::max(FromProto(done.first_viewed_at()), FromProto(done.last_viewed_at()));
}

absl::Time LastContacted(const v1::FollowUp& done) {
  return done.has_contacted_at() ? FromProto(done.contacted_at()) : absl::InfinitePast();
}

// True if the patient does not know what the outcome released: nobody has seen it since, or told the patient of it. What was
// discussed with the patient and approved then is known before it goes.
bool IsUnknown(const v1::Result& result, const v1::Outcome& outcome) {
  if (!IsOut(outcome)) return false;
  if (result.has_discussed_at() && outcome.review().has_approved_at()) return false;
  const v1::FollowUp& done = result.follow_up();
  return std::max(LastViewed(done), LastContacted(done)) < ReleasedAt(result, outcome);
}

// The first release, of the outcomes that are meant, that the patient does not know of; nullopt where there is none.
template <typename Predicate>
std::optional<absl::Time> FirstUnknown(const v1::Result& result, Predicate is_meant) {
  std::optional<absl::Time> first;
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (!is_meant(outcome) || !IsUnknown(result, outcome)) continue;
    const absl::Time released = ReleasedAt(result, outcome);
    first = std::min(first.value_or(released), released);
  }
  return first;
}

std::optional<absl::Time> UnknownToPatient(const v1::Result& result) {
  return FirstUnknown(result, [](const v1::Outcome& outcome) { return IsFor(outcome, v1::AUDIENCE_PATIENT); });
}

// Since when the patient can see something of it; nullopt where nothing is out.
std::optional<absl::Time> FirstReleased(const v1::Result& result) {
  std::optional<absl::Time> first;
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (!IsOut(outcome) || !IsFor(outcome, v1::AUDIENCE_PATIENT) || !outcome.has_released_at()) continue;
    const absl::Time released = FromProto(outcome.released_at());
    first = std::min(first.value_or(released), released);
  }
  return first;
}

// The releases that this audience was shown it by, in order.
google::protobuf::RepeatedField<int64_t> ReleasesFor(const v1::Result& result, v1::Audience audience) {
  std::set<int64_t> sequences;
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (IsOut(outcome) && IsFor(outcome, audience) && outcome.release_sequence() > 0)
      sequences.insert(outcome.release_sequence());
  }
  return {sequences.begin(), sequences.end()};
}

// Something abnormal is in the outcome.
bool TellsAbnormal(const v1::Result& result, const v1::Outcome& outcome) {
  const v1::DiagnosticReport& report = result.report();
  return std::any_of(outcome.unit_ids().begin(), outcome.unit_ids().end(), [&](const std::string& unit) {
    if (HadReview(outcome) && IsInWords(report, unit)) return true;
    return std::any_of(report.observations().begin(), report.observations().end(),
                       [&unit](const auto& observation) { return observation.id() == unit && IsFlagged(observation); });
  });
}

// Of an abnormal result, the first release to the patient of what is abnormal that the patient does not know of. Where that is
// held, what is out of the rest tells that there is a result.
std::optional<absl::Time> AbnormalAndUnknown(const v1::Result& result) {
  const auto is_meant = [&result](const v1::Outcome& outcome) {
    return IsFor(outcome, v1::AUDIENCE_PATIENT) && TellsAbnormal(result, outcome);
  };
  const bool is_out =
      FindOutcome(result, [&](const v1::Outcome& outcome) { return IsOut(outcome) && is_meant(outcome); }) != nullptr;
  return is_out ? FirstUnknown(result, is_meant) : UnknownToPatient(result);
}

// The version says something final of the unit.
bool SaysFinally(const v1::DiagnosticReport& version, const std::string& unit_id) {
  if (!policy::IsFinal(policy::UnitStatus(version, unit_id))) return false;
  if (unit_id == policy::kDocument) return policy::HasDocument(version);
  const auto& observations = version.observations();
  return std::any_of(observations.begin(), observations.end(),
                     [&unit_id](const auto& observation) { return observation.id() == unit_id && !OnlyConfirms(observation); });
}

// It went after other things of the result had been shown, and an earlier version says otherwise of it: somebody may have acted
// on that.
bool PutsRight(const v1::Result& result, const v1::Outcome& outcome) {
  if (!IsOut(outcome) || !outcome.has_released_at() || !result.has_first_released_at()) return false;
  if (FromProto(outcome.released_at()) <= FromProto(result.first_released_at())) return false;
  return std::any_of(outcome.unit_ids().begin(), outcome.unit_ids().end(), [&result](const std::string& unit) {
    return std::any_of(result.versions().begin(), result.versions().end(), [&](const v1::DiagnosticReport& version) {
      return SaysFinally(version, unit) && !SameContent(version, result.report(), unit);
    });
  });
}

// When the sender took away something that had been shown, with nothing in its place, and no clinician has read it or approved
// something of it since; nullopt where that is not so.
std::optional<absl::Time> WithdrawnAndUnread(const v1::Result& result) {
  const v1::FollowUp& done = result.follow_up();
  if (!done.has_withdrawn_at() || done.has_clinician_viewed_at()) return std::nullopt;
  const absl::Time withdrawn = FromProto(done.withdrawn_at());
  const v1::Outcome* approved = FindOutcome(result, [withdrawn](const v1::Outcome& outcome) {
    return outcome.review().has_approved_at() && FromProto(outcome.review().approved_at()) >= withdrawn;
  });
  return approved == nullptr ? std::optional<absl::Time>(withdrawn) : std::nullopt;
}

// When the first correction went that no clinician has read, whatever it says; nullopt where none did.
std::optional<absl::Time> CorrectedAndUnread(const v1::Result& result) {
  std::optional<absl::Time> first = WithdrawnAndUnread(result);
  if (result.versions_size() < 2 || result.follow_up().has_clinician_viewed_at()) return first;
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (outcome.review().has_approved_at() || !PutsRight(result, outcome)) continue;
    const absl::Time released = FromProto(outcome.released_at());
    first = std::min(first.value_or(released), released);
  }
  return first;
}

// A clinician has opened it, or approved something of it.
bool IsRead(const v1::Result& result) {
  const auto is_approved = [](const v1::Outcome& outcome) {
    return outcome.review().has_approved_at() || outcome.has_approved_review();
  };
  return result.follow_up().has_clinician_viewed_at() || FindOutcome(result, is_approved) != nullptr;
}

// Since when a notice's time runs.
absl::Time NoticeStart(const v1::Result& result) {
  return FromProto(result.decision().has_clock_start() ? result.decision().clock_start() : result.received_at());
}

// Of every unit that a rule asks a notice of, somebody of the patient's side must know. A contact tells of it whether it is out
// or not; a view only of what is out.
bool IsNoticeDue(const v1::Result& result) {
  if (LastContacted(result.follow_up()) >= NoticeStart(result)) return false;
  std::set<std::string> asked;
  std::set<std::string> known;
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (NoticeOf(outcome) == nullptr) continue;
    if (!IsFor(outcome, v1::AUDIENCE_PATIENT) && !IsFor(outcome, v1::AUDIENCE_REPRESENTATIVE)) continue;
    if (IsOut(outcome) || outcome.state() == v1::OUTCOME_STATE_HELD)
      asked.insert(outcome.unit_ids().begin(), outcome.unit_ids().end());
    if (IsOut(outcome) && !IsUnknown(result, outcome)) known.insert(outcome.unit_ids().begin(), outcome.unit_ids().end());
  }
  return !std::includes(known.begin(), known.end(), asked.begin(), asked.end());
}

// Whose outreach is to be done.
const v1::Outcome* ToReach(const v1::Result& result) {
  return FindOutcome(
      result, [&result](const v1::Outcome& outcome) { return WantsPatientReached(outcome) && IsUnknown(result, outcome); });
}

// By what the patient wishes to be told of what is out.
google::protobuf::RepeatedField<int> ChannelsFor(const v1::Result& result, const policy::Pack& pack) {
  v1::Release release;
  release.set_kind(v1::RELEASE_KIND_RESULT);
  release.add_audiences(v1::AUDIENCE_PATIENT);
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (IsOut(outcome) && IsFor(outcome, v1::AUDIENCE_PATIENT)) release.mutable_unit_ids()->MergeFrom(outcome.unit_ids());
  }
  v1::DiagnosticReport scratch;
  const std::optional<v1::Notification> notification =
      NotificationOf(pack, ReportInForce(result, &scratch), release, FromProto(result.received_at()));
  return notification ? notification->channels() : google::protobuf::RepeatedField<int>();
}

calendar::Span BusinessDays(int count) {
  calendar::Span span;
  span.kind = calendar::Span::Kind::kBusinessDays;
  span.count = count;
  return span;
}

v1::Owner PoolOf(const policy::Pack& pack) {
  v1::Owner owner;
  owner.set_role(pack.default_review().owners.back());
  return owner;
}

v1::Owner OrdererOf(const v1::Result& result, const policy::Pack& pack) {
  if (result.report().order().ordering_provider().value().empty()) return PoolOf(pack);
  v1::Owner owner;
  owner.set_role(kOrderingProvider);
  *owner.mutable_person() = result.report().order().ordering_provider();
  return owner;
}

// `task` has what all tasks have.
void AddReviewTasks(const v1::Result& result, const v1::OutreachTask& task, absl::Time now,
                    std::vector<v1::OutreachTask>* tasks) {
  for (const v1::DeterminationReview* review : UnansweredReviews(result, now)) {
    v1::OutreachTask& added = tasks->emplace_back(task);
    *added.mutable_owner() = review->owner();
    *added.mutable_since() = review->requested_at();
    *added.mutable_deadline() = review->deadline();
    added.set_determination_id(review->determination_id());
    for (const v1::Determination& determination : result.determinations()) {
      if (determination.id() == review->determination_id()) added.set_determined_by(determination.determined_by());
    }
  }
}

// How long the rule gives for the notice; a business day where the pack does not know the rule any more.
calendar::Span NoticeWithin(const policy::Pack& pack, const std::string& rule_id) {
  for (const policy::Rule& rule : pack.rules()) {
    if (rule.id == rule_id && rule.then.deadline) return rule.then.deadline->within;
  }
  return BusinessDays(1);
}

}  // namespace

bool IsOutFor(const v1::Result& result, v1::Audience audience) {
  return FindOutcome(result, [audience](const v1::Outcome& outcome) { return IsOut(outcome) && IsFor(outcome, audience); }) !=
         nullptr;
}

absl::Time LastReleasedTo(const v1::Result& result, v1::Audience audience) {
  absl::Time last = absl::InfinitePast();
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (IsOut(outcome) && IsFor(outcome, audience)) last = std::max(last, ReleasedAt(result, outcome));
  }
  return last;
}

bool IsAbnormal(const v1::Result& result) {
  const auto& observations = result.report().observations();
  if (std::any_of(observations.begin(), observations.end(), IsFlagged)) return true;
  return FindOutcome(result, [&result](const v1::Outcome& outcome) { return TellsAbnormal(result, outcome); }) != nullptr;
}

std::vector<v1::OutreachKind> DutiesOf(const v1::Result& result, absl::Time now) {
  std::vector<v1::OutreachKind> duties;
  const bool out = IsOutFor(result, v1::AUDIENCE_PATIENT);
  const bool held =
      FindOutcome(result, [](const v1::Outcome& outcome) { return outcome.state() == v1::OUTCOME_STATE_HELD; }) != nullptr;
  const bool no_account = result.known_patient().has_portal_account() && !result.known_patient().portal_account();
  const bool abnormal = (out || held) && IsAbnormal(result);
  if (abnormal && out && !no_account && AbnormalAndUnknown(result)) duties.push_back(v1::OUTREACH_KIND_NOT_VIEWED);
  if (out && no_account && UnknownToPatient(result)) duties.push_back(v1::OUTREACH_KIND_NO_ACCOUNT);
  if ((abnormal && !IsRead(result)) || CorrectedAndUnread(result)) duties.push_back(v1::OUTREACH_KIND_NOT_OPENED);
  if ((out || held) && IsNoticeDue(result)) duties.push_back(v1::OUTREACH_KIND_NOTICE_DUE);
  if (ToReach(result) != nullptr) duties.push_back(v1::OUTREACH_KIND_REACH_PATIENT);
  if (!UnansweredReviews(result, now).empty()) duties.push_back(v1::OUTREACH_KIND_DETERMINATION_REVIEW);
  return duties;
}

std::vector<v1::OutreachTask> TasksOf(const v1::Result& result, const policy::Pack& pack, absl::Duration not_viewed_after,
                                      absl::Time now) {
  std::vector<v1::OutreachTask> tasks;
  const calendar::Calendar& calendar = pack.calendar();
  const std::optional<absl::Time> released = FirstReleased(result);
  const absl::Time received = FromProto(result.received_at());
  for (const v1::OutreachKind kind : DutiesOf(result, now)) {
    v1::OutreachTask task;
    task.set_kind(kind);
    task.set_result_id(result.id());
    *task.mutable_code() = result.report().code();
    if (result.report().patient().identifiers_size() > 0) *task.mutable_patient() = result.report().patient().identifiers(0);
    task.set_language(InForce(result.report().patient(), result.known_patient()).language());
    if (kind == v1::OUTREACH_KIND_NO_ACCOUNT) {
      *task.mutable_release_sequences() = ReleasesFor(result, v1::AUDIENCE_PATIENT);
      *task.mutable_channels() = ChannelsFor(result, pack);
    }
    task.set_released(released.has_value());
    if (kind == v1::OUTREACH_KIND_DETERMINATION_REVIEW) {
      AddReviewTasks(result, task, now, &tasks);
      continue;
    }
    absl::Time since = released.value_or(received);
    absl::Time deadline;
    *task.mutable_owner() = OrdererOf(result, pack);
    switch (kind) {
      case v1::OUTREACH_KIND_NOT_VIEWED:
        since = *AbnormalAndUnknown(result) + not_viewed_after;
        deadline = calendar.Add(since, BusinessDays(1));
        break;
      case v1::OUTREACH_KIND_NO_ACCOUNT:
        *task.mutable_owner() = PoolOf(pack);
        since = *UnknownToPatient(result);
        deadline = calendar.Add(since, BusinessDays(3));
        break;
      case v1::OUTREACH_KIND_NOTICE_DUE: {
        const v1::AppliedRule* rule = NoticeOf(result);
        task.set_rule_id(rule->rule_id());
        since = NoticeStart(result);
        deadline = calendar.Add(since, NoticeWithin(pack, rule->rule_id()));
        break;
      }
      case v1::OUTREACH_KIND_REACH_PATIENT: {
        const v1::Outcome* outcome = ToReach(result);
        const v1::Review& review = outcome->review();
        since = ReleasedAt(result, *outcome);
        if (!review.turns().empty()) *task.mutable_owner() = review.turns().rbegin()->owner();
        deadline = calendar.Add(since, BusinessDays(1));
        break;
      }
      default:
        if (!IsAbnormal(result) || IsRead(result)) since = *CorrectedAndUnread(result);
        deadline = calendar.Add(since, BusinessDays(1));
        break;
    }
    *task.mutable_since() = ToProto(since);
    *task.mutable_deadline() = ToProto(calendar.NextStaffed(deadline));
    // A notice that a statute asks for is not put off to the next working day.
    if (kind == v1::OUTREACH_KIND_NOTICE_DUE) *task.mutable_deadline() = ToProto(deadline);
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace resultgate::gate
