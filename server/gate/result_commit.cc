#include "server/gate/result_commit.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/clinician_words.h"
#include "server/gate/content_digest.h"
#include "server/gate/follow_up.h"
#include "server/gate/in_process.h"
#include "server/gate/notification.h"
#include "server/gate/patient_facts.h"
#include "server/policy/decide.h"

namespace resultgate::gate {
namespace {

// Who saw a version, or was told of it, has not seen the one that corrects it.
void ForgetWhatWasSeenBefore(absl::Time received, v1::Result* result) {
  v1::FollowUp* done = result->mutable_follow_up();
  if (base::FromProto(done->first_viewed_at()) < received) done->clear_first_viewed_at();
  if (base::FromProto(done->clinician_viewed_at()) < received) done->clear_clinician_viewed_at();
  if (base::FromProto(done->contacted_at()) < received) done->clear_contacted_at();
}

// True if it takes away a unit that the standing version does not have any more.
bool IsOfWhatIsGone(const PlannedRelease& planned, const std::vector<policy::Cell>& cells) {
  if (planned.kind != v1::RELEASE_KIND_RETRACTION || planned.from_previous_patient || planned.of_notice) return false;
  return std::any_of(planned.unit_ids.begin(), planned.unit_ids.end(), [&cells](const std::string& unit) {
    return std::none_of(cells.begin(), cells.end(), [&unit](const policy::Cell& cell) { return cell.unit_id == unit; });
  });
}

// A clinician who read it before may have acted on it.
void NoteWithdrawn(absl::Time now, v1::Result* result) {
  v1::FollowUp* done = result->mutable_follow_up();
  *done->mutable_withdrawn_at() = base::ToProto(now);
  if (base::FromProto(done->clinician_viewed_at()) < base::FromProto(result->received_at())) done->clear_clinician_viewed_at();
}

comment::Occasion OccasionOf(const v1::DiagnosticReport& report, const PlannedRelease& planned) {
  switch (planned.kind) {
    case v1::RELEASE_KIND_CANCELLED:
      return comment::Occasion::kCancelled;
    case v1::RELEASE_KIND_BEING_CORRECTED:
      return comment::Occasion::kBeingCorrected;
    default:
      break;
  }
  const bool says_corrected = std::any_of(planned.unit_ids.begin(), planned.unit_ids.end(), [&report](const std::string& unit) {
    const v1::ResultStatus status = policy::UnitStatus(report, unit);
    return status == v1::RESULT_STATUS_CORRECTED || status == v1::RESULT_STATUS_AMENDED;
  });
  return planned.corrected || says_corrected ? comment::Occasion::kCorrected : comment::Occasion::kResult;
}

// What rules tell the reader of these units to do. Audiences that go together are told the same.
std::map<std::string, v1::NextStep> NextStepsOf(const policy::Outcomes& outcomes, const PlannedRelease& planned) {
  std::map<std::string, v1::NextStep> steps;
  for (const v1::Outcome& outcome : outcomes) {
    const auto& audiences = outcome.audiences();
    if (!outcome.has_next_step() || std::find(audiences.begin(), audiences.end(), planned.audiences.front()) == audiences.end())
      continue;
    for (const std::string& unit : outcome.unit_ids()) {
      if (std::find(planned.unit_ids.begin(), planned.unit_ids.end(), unit) != planned.unit_ids.end())
        steps.emplace(unit, outcome.next_step());
    }
  }
  return steps;
}

v1::ReleaseNote NoteOf(const v1::Release& release, const PlannedRelease& planned, const std::string& salt) {
  v1::ReleaseNote note;
  note.set_sequence(release.sequence());
  note.set_kind(release.kind());
  *note.mutable_audiences() = release.audiences();
  *note.mutable_unit_ids() = {planned.unit_ids.begin(), planned.unit_ids.end()};
  if (release.has_expected_by()) *note.mutable_expected_by() = release.expected_by();
  note.set_template_id(release.comment().template_id());
  note.set_template_digest(release.comment().template_digest());
  note.set_language(release.comment().language());
  note.set_variant(release.comment().variant());
  *note.mutable_chosen_because() = release.comment().chosen_because();
  *note.mutable_parts() = release.comment().parts();
  note.set_clinician(release.comment().clinician());
  if (release.has_notification()) {
    *note.mutable_notification() = release.notification();
    note.mutable_notification()->clear_group();  // the visit's number
  }
  note.set_release_digest(ContentDigest(salt, release.SerializeAsString()));
  return note;
}

// The notices among the releases that the transition is about.
absl::StatusOr<Notices> FindNotices(store::Batch& batch, const Transition& transition) {
  Notices notices;
  for (const int64_t sequence : NoticesToFind(transition)) {
    RG_ASSIGN_OR_RETURN(const std::optional<store::OutboxRow> row, batch.FindRelease(sequence));
    if (row) AddIfNotice(row->release, &notices);
  }
  return notices;
}

// Its words tell nothing of the report.
v1::Comment RenderNotice(const comment::Library& comments, const policy::Pack& pack, const v1::DiagnosticReport& report,
                         const PlannedRelease& planned) {
  v1::DiagnosticReport nothing;
  nothing.mutable_patient()->set_language(report.patient().language());
  comment::Request request;
  request.report = &nothing;
  request.occasion = comment::Occasion::kInProcess;
  request.audiences = planned.audiences;
  request.answer_days = pack.answer_days();
  request.fallback_language = pack.language();
  request.zone = pack.CalendarFor(report.order()).zone();
  if (planned.expected_by) request.expected_by = absl::ToCivilDay(*planned.expected_by - absl::Seconds(1), request.zone);
  return comments.Render(request);
}

}  // namespace

bool SeesForPatient(const policy::Outcomes& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(), [](const v1::Outcome& outcome) {
    const auto& audiences = outcome.audiences();
    return outcome.state() != v1::OUTCOME_STATE_CLOSED &&
           std::any_of(audiences.begin(), audiences.end(), [](int audience) { return audience != v1::AUDIENCE_PATIENT; });
  });
}

bool IsWhole(const policy::Outcomes& outcomes, const std::vector<v1::Audience>& audiences) {
  return std::none_of(outcomes.begin(), outcomes.end(), [&audiences](const v1::Outcome& outcome) {
    const auto& units = outcome.unit_ids();
    const bool of_observation =
        std::any_of(units.begin(), units.end(), [](const std::string& unit) { return unit != policy::kDocument; });
    return outcome.state() == v1::OUTCOME_STATE_HELD && of_observation &&
           std::find_first_of(outcome.audiences().begin(), outcome.audiences().end(), audiences.begin(), audiences.end()) !=
               outcome.audiences().end();
  });
}

v1::DiagnosticReport ContentOf(const v1::DiagnosticReport& report, const std::vector<std::string>& unit_ids, bool whole) {
  const absl::flat_hash_set<std::string> units(unit_ids.begin(), unit_ids.end());
  v1::DiagnosticReport content = report;
  content.clear_issues();
  if (!whole) {
    content.clear_code();
    content.mutable_order()->clear_code();
    content.mutable_order()->clear_reason_codes();
  }
  auto* observations = content.mutable_observations();
  observations->erase(std::remove_if(observations->begin(), observations->end(),
                                     [&units](const v1::Observation& observation) { return !units.contains(observation.id()); }),
                      observations->end());
  if (!units.contains(policy::kDocument)) {
    content.clear_narrative();
    content.clear_conclusion();
    content.clear_conclusion_codes();
    content.clear_notes();
    content.clear_presented_forms();
  }
  auto* files = content.mutable_presented_forms();
  files->erase(std::remove_if(files->begin(), files->end(), policy::IsVoid), files->end());
  return content;
}

v1::Comment RenderComment(const comment::Library& comments, const policy::Pack& pack, const v1::DiagnosticReport& report,
                          const policy::Outcomes& outcomes, const PlannedRelease& planned,
                          const v1::ClinicianComment* clinician) {
  if (planned.kind == v1::RELEASE_KIND_IN_PROCESS) return RenderNotice(comments, pack, report, planned);
  const v1::DiagnosticReport content = ContentOf(report, planned.unit_ids, IsWhole(outcomes, planned.audiences));
  comment::Request request;
  request.report = &content;
  request.occasion = OccasionOf(report, planned);
  request.not_yet_reviewed = planned.unreviewed;
  request.audiences = planned.audiences;
  // Words about content go with content.
  if (planned.kind == v1::RELEASE_KIND_RESULT) request.clinician = clinician;
  request.next_steps = NextStepsOf(outcomes, planned);
  request.answer_days = pack.answer_days();
  request.fallback_language = pack.language();
  request.zone = pack.CalendarFor(report.order()).zone();
  return comments.Render(request);
}

absl::StatusOr<Committed> CommitTransition(store::Batch& batch, const comment::Library& comments, const policy::Pack& pack,
                                           Transition transition, const v1::Patient& previous_patient, absl::Time now,
                                           v1::Result* result) {
  Committed committed;
  std::vector<v1::Release> releases;
  v1::DiagnosticReport scratch;
  const v1::DiagnosticReport& report = ReportInForce(*result, &scratch);
  RG_ASSIGN_OR_RETURN(Notices notices, FindNotices(batch, transition));
  PlanNotice(result->decision().pack_digest() == pack.digest() ? &pack : nullptr, report, *result, notices, now, &transition);
  const policy::Outcomes outcomes = policy::ToOutcomes(transition.cells);
  std::map<std::pair<std::string, v1::Audience>, std::pair<int64_t, v1::ReleaseKind>> last_of;
  for (const PlannedRelease& planned : CutByWords(*result, outcomes, transition.releases)) {
    v1::Release release;
    release.set_sequence(batch.NextReleaseSequence());
    release.set_result_id(result->id());
    result->set_report_sequence(result->report_sequence() + 1);
    release.set_report_sequence(result->report_sequence());
    release.set_idempotency_key(absl::StrCat(result->id(), "/", result->report_sequence()));
    release.set_kind(planned.kind);
    *release.mutable_patient_identifiers() =
        planned.from_previous_patient ? previous_patient.identifiers() : result->report().patient().identifiers();
    for (const v1::Audience audience : planned.audiences) release.add_audiences(audience);
    for (const std::string& unit : planned.unit_ids) {
      if (!planned.of_notice) release.add_unit_ids(unit);
    }
    if (planned.expected_by) *release.mutable_expected_by() = base::ToProto(*planned.expected_by);
    AddIfNotice(release, &notices);
    if (planned.kind != v1::RELEASE_KIND_RETRACTION) {
      const v1::ClinicianComment* words = WordsFor(*result, outcomes, planned.unit_ids, planned.audiences);
      *release.mutable_comment() = RenderComment(comments, pack, report, outcomes, planned, words);
    }
    if (const auto notification = NotificationOf(pack, report, release, now)) *release.mutable_notification() = *notification;
    *release.mutable_released_at() = base::ToProto(now);
    release.set_version(result->version());
    for (const std::string& unit : planned.unit_ids) {
      for (const v1::Audience audience : planned.audiences) {
        if (!planned.from_previous_patient) last_of[{unit, audience}] = {release.sequence(), planned.kind};
      }
    }
    if (planned.from_previous_patient && !transition.renumbered) {
      result->clear_first_released_at();
      result->clear_follow_up();
    }
    if (IsOfWhatIsGone(planned, transition.cells)) NoteWithdrawn(now, result);
    if (planned.corrected && result->has_follow_up()) ForgetWhatWasSeenBefore(base::FromProto(result->received_at()), result);
    if (planned.kind == v1::RELEASE_KIND_RESULT && !result->has_first_released_at()) {
      *result->mutable_first_released_at() = base::ToProto(now);
    }
    committed.notes.push_back(NoteOf(release, planned, result->salt()));
    if (release.has_comment()) committed.comments.push_back(release.comment());
    releases.push_back(std::move(release));
  }
  std::vector<policy::Cell> cells = std::move(transition.cells);
  for (policy::Cell& cell : cells) {
    const auto found = last_of.find({cell.unit_id, cell.audience});
    if (found == last_of.end()) continue;
    // What was taken away and waits again is as if it had never been shown.
    const bool waits = cell.outcome.state() == v1::OUTCOME_STATE_HELD;
    if (waits && found->second.second == v1::RELEASE_KIND_RETRACTION) continue;
    cell.outcome.set_release_sequence(found->second.first);
  }
  *result->mutable_decision()->mutable_outcomes() = policy::ToOutcomes(cells);
  const absl::Time birthday = SeesForPatient(result->decision().outcomes())
                                  ? NextBirthday(report.patient(), pack.CalendarFor(report.order()).zone(), now)
                                  : absl::InfiniteFuture();
  result->clear_reconsider_at();
  if (birthday < absl::InfiniteFuture()) *result->mutable_reconsider_at() = base::ToProto(birthday);
  absl::Time due =
      std::min({EarliestDue(result->decision().outcomes()), birthday, NextLapse(result->decision().outcomes(), notices)});
  if (due <= now) due = now + kLeastWait;
  if (due < absl::InfiniteFuture()) {
    *result->mutable_due_at() = base::ToProto(due);
  } else {
    result->clear_due_at();
  }
  // Most results leave nothing to do, and carry nothing about it.
  const bool to_do = !DutiesOf(*result, now).empty();
  if (to_do || result->has_follow_up()) result->mutable_follow_up()->set_open(to_do);
  RG_RETURN_IF_ERROR(batch.PutResult(*result));
  for (const v1::Release& release : releases) RG_RETURN_IF_ERROR(batch.AppendRelease(release));
  return committed;
}

absl::Status AppendEntry(store::Batch& batch, absl::Time now, const std::string& actor, v1::Entry entry) {
  entry.set_sequence(batch.NextEntrySequence());
  *entry.mutable_time() = base::ToProto(now);
  entry.set_actor(actor);
  if (!batch.peer().empty()) entry.set_peer(batch.peer());
  return batch.AppendEntry(entry);
}

std::vector<v1::Outcome> ChangedOutcomes(const policy::Outcomes& before, const policy::Outcomes& after) {
  std::set<std::string> standing;
  for (const v1::Outcome& outcome : before) standing.insert(outcome.SerializeAsString());
  std::vector<v1::Outcome> changed;
  for (const v1::Outcome& outcome : after) {
    if (standing.count(outcome.SerializeAsString()) == 0) changed.push_back(outcome);
  }
  return changed;
}

}  // namespace resultgate::gate
