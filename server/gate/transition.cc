#include "server/gate/transition.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/gate/downtime.h"
#include "server/gate/versions.h"
#include "server/nextstep/next_step.h"
#include "server/policy/decide.h"
#include "server/policy/holds.h"
#include "server/policy/review_plan.h"
#include "server/policy/verdict.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using base::ToProto;
using policy::Cell;

bool IsOut(const v1::Outcome& outcome) {
  return outcome.state() == v1::OUTCOME_STATE_RELEASED || outcome.state() == v1::OUTCOME_STATE_PUBLISHED;
}

// True if the portal was told something of it that it was not told to take away: a content, or a notice instead of one.
bool WasShown(const v1::Outcome& outcome) {
  return outcome.release_sequence() > 0 && outcome.state() != v1::OUTCOME_STATE_CLOSED;
}

bool IsHeld(const v1::Outcome& outcome) {
  return outcome.state() == v1::OUTCOME_STATE_HELD;
}

class Work {
 public:
  Work(const v1::DiagnosticReport& report, absl::Time now) : report_(report), now_(now) {}

  std::vector<Cell>& cells() { return transition_.cells; }

  void Say(std::string reason) {
    auto& reasons = transition_.reasons;
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(std::move(reason));
  }

  void Withdraw(const Cell& cell, v1::ReleaseKind kind, bool from_previous_patient) {
    CellRelease part;
    part.kind = kind;
    part.from_previous_patient = from_previous_patient;
    AddPart(std::move(part), cell);
  }

  // Lets a held cell go now.
  void Release(Cell* cell, bool corrected) {
    const bool cancelled = policy::UnitStatus(report_, cell->unit_id) == v1::RESULT_STATUS_CANCELLED;
    cell->outcome.set_state(v1::OUTCOME_STATE_RELEASED);
    *cell->outcome.mutable_released_at() = ToProto(now_);
    cell->outcome.clear_due_at();
    CellRelease part;
    part.kind = cancelled ? v1::RELEASE_KIND_CANCELLED : v1::RELEASE_KIND_RESULT;
    part.corrected = corrected;
    part.unreviewed = cell->outcome.released_unreviewed();
    part.next_step = nextstep::ToString(cell->outcome.next_step());
    AddPart(std::move(part), *cell);
  }

  // Lets go what is decided to go, the document last: it waits while any observation is held for the same audience.
  // `corrected` says for a cell whether it replaces something that was out.
  template <typename IsCorrected>
  void ReleaseWhatMay(const IsCorrected& corrected) {
    for (const bool documents : {false, true}) {
      for (Cell& cell : cells()) {
        if ((cell.unit_id == policy::kDocument) != documents) continue;
        if (!IsHeld(cell.outcome) || cell.outcome.disposition() != v1::DISPOSITION_RELEASE) continue;
        const std::optional<absl::Time> wait = documents ? WaitsForObservations(cell.audience) : std::nullopt;
        if (!wait) {
          Release(&cell, corrected(cell));
        } else if (*wait < absl::InfiniteFuture()) {
          *cell.outcome.mutable_due_at() = ToProto(*wait);
        }
      }
    }
  }

  // When the first of the observations that are held for this audience comes up again; nullopt where none is held.
  std::optional<absl::Time> WaitsForObservations(v1::Audience audience) {
    std::optional<absl::Time> earliest;
    for (const Cell& cell : cells()) {
      if (cell.audience != audience || cell.unit_id == policy::kDocument || !IsHeld(cell.outcome)) continue;
      const absl::Time due = cell.outcome.has_due_at() ? FromProto(cell.outcome.due_at()) : absl::InfiniteFuture();
      earliest = std::min(earliest.value_or(due), due);
    }
    return earliest;
  }

  // What stays as it was is shown under the patient's other identifiers, too, and its neutral words are.
  void ShowUnderOtherNumbers() {
    std::set<std::pair<std::string, v1::Audience>> told;
    for (const CellRelease& part : transition_.parts) {
      if (!part.from_previous_patient) told.insert({part.unit_id, part.audience});
    }
    for (Cell& cell : cells()) {
      if (cell.outcome.release_sequence() == 0 || told.count({cell.unit_id, cell.audience}) > 0) continue;
      if (IsOut(cell.outcome)) {
        Release(&cell, /*corrected=*/false);
      } else if (IsHeld(cell.outcome)) {
        Withdraw(cell, v1::RELEASE_KIND_BEING_CORRECTED, /*from_previous_patient=*/false);
      }
      cell.outcome.clear_release_sequence();
    }
    transition_.renumbered = true;
  }

  Transition Finish() {
    transition_.releases = Group(transition_.parts);
    return std::move(transition_);
  }

 private:
  void AddPart(CellRelease part, const Cell& cell) {
    part.unit_id = cell.unit_id;
    part.audience = cell.audience;
    part.replaces = cell.outcome.release_sequence();
    transition_.parts.push_back(std::move(part));
  }

  const v1::DiagnosticReport& report_;
  const absl::Time now_;
  Transition transition_;
};

bool MayBeReleasedByTime(const v1::Outcome& outcome) {
  return outcome.disposition() == v1::DISPOSITION_REVIEW || outcome.disposition() == v1::DISPOSITION_DELAY;
}

bool FloorStands(const v1::Outcome& outcome, absl::Time now) {
  return outcome.has_not_before() && FromProto(outcome.not_before()) > now;
}

// What a review comes from: whoever is asked the same since the same time is in the same review.
std::string ReviewKey(const v1::Outcome& outcome) {
  v1::Outcome key;
  key.set_disposition(outcome.disposition());
  if (outcome.has_not_after()) *key.mutable_not_after() = outcome.not_after();
  if (outcome.has_withheld_until()) *key.mutable_withheld_until() = outcome.withheld_until();
  *key.mutable_review()->mutable_started_at() = outcome.review().started_at();
  for (const v1::AppliedRule& rule : outcome.rules()) {
    const bool asks = rule.effect() == v1::RULE_EFFECT_REVIEW || rule.effect() == v1::RULE_EFFECT_WITHHOLD;
    const bool counts = asks || rule.effect() == v1::RULE_EFFECT_DEADLINE;
    if (counts && !rule.lifted()) key.add_rules()->set_rule_id(rule.rule_id());
  }
  return key.SerializeAsString();
}

// Each turn that is left is of an owner who is asked now, too: where a protocol does not cover the new version, its pool is not.
bool OwnersAreAsked(const v1::Review& left, const v1::Review& asked, absl::Time now) {
  return std::all_of(left.turns().begin(), left.turns().end(), [&](const v1::ReviewTurn& turn) {
    const std::string& role = turn.owner().role();
    const auto has_it = [&role](const v1::ReviewTurn& other) { return other.owner().role() == role; };
    return FromProto(turn.until()) <= now || role == asked.escalate_to().role() ||
           std::any_of(asked.turns().begin(), asked.turns().end(), has_it);
  });
}

// A review ends no sooner than the patient's: what was put off there, after a downtime or by a late escalation, is put off here.
void EndNoSoonerThan(const v1::Review& patients, absl::Time now, v1::Outcome* outcome) {
  v1::Review* review = outcome->mutable_review();
  if (review->turns().empty() || policy::EndOf(*review) >= policy::EndOf(patients)) return;
  const bool escalates = review->on_expiry() == v1::ON_EXPIRY_ESCALATE;
  const absl::Duration then = escalates ? FromProto(review->escalate_for()) : absl::ZeroDuration();
  const google::protobuf::Timestamp until = ToProto(policy::EndOf(patients) - then);
  *review->mutable_turns(review->turns_size() - 1)->mutable_until() = until;
  *review->mutable_expires_at() = until;
  review->set_extended_after_downtime(review->extended_after_downtime() || patients.extended_after_downtime());
  *outcome->mutable_due_at() = policy::CurrentTurn(*review, now).until();
}

// One step of a cell that is due; says what happened, or nothing if it is not due.
std::string Step(v1::Outcome* outcome, const calendar::Calendar& calendar, absl::Time now) {
  if (!IsHeld(*outcome) || !outcome->has_due_at() || FromProto(outcome->due_at()) > now) return "";
  if (outcome->disposition() == v1::DISPOSITION_DELAY) {
    outcome->set_disposition(v1::DISPOSITION_RELEASE);
    return "the floor has passed";
  }
  // A document that only waits for its observations: whether it still must is looked at afterwards.
  if (outcome->disposition() == v1::DISPOSITION_RELEASE) {
    outcome->clear_due_at();
    return "";
  }
  v1::Review* review = outcome->mutable_review();
  const auto hand_to = [&](const v1::Owner& owner, absl::Time until) {
    review->clear_turns();
    v1::ReviewTurn* turn = review->add_turns();
    *turn->mutable_owner() = owner;
    *turn->mutable_until() = ToProto(until);
    *review->mutable_expires_at() = ToProto(until);
    *outcome->mutable_due_at() = ToProto(until);
  };
  if (FromProto(review->expires_at()) > now) {
    const v1::ReviewTurn& turn = policy::CurrentTurn(*review, now);
    *outcome->mutable_due_at() = turn.until();
    return absl::StrCat("now waits for ", turn.owner().role());
  }
  if (review->on_expiry() == v1::ON_EXPIRY_ESCALATE && !review->escalated()) {
    review->set_escalated(true);
    review->set_on_expiry(review->after_escalation());
    const v1::Owner to = review->escalate_to();
    hand_to(to, calendar.NextStaffed(now + FromProto(review->escalate_for())));
    return absl::StrCat("escalated to ", to.role());
  }
  if (!MayBeReleasedByTime(*outcome)) {
    review->set_overruns(review->overruns() + 1);
    calendar::Span next;
    next.kind = calendar::Span::Kind::kBusinessDays;
    next.count = 1;
    const v1::Owner owner = policy::CurrentTurn(*review, now).owner();
    hand_to(owner, calendar.NextStaffed(calendar.Add(now, next)));
    return absl::StrCat("overrun: may not be released by time, comes back to ", owner.role());
  }
  if (IsLate(FromProto(review->expires_at()), now) && !review->extended_after_downtime())
    return KeepHours(calendar, now, outcome);
  outcome->set_released_unreviewed(true);
  EndReview(outcome, now);
  return review->on_expiry() == v1::ON_EXPIRY_RELEASE_WITH_OUTREACH
             ? "the review expired; the owner is asked to reach the patient"
             : "the review expired";
}

// More steps than this in one go would mean that time does not move on.
constexpr int kMostSteps = 16;

}  // namespace

void EndReview(v1::Outcome* outcome, absl::Time now) {
  const bool waits = FloorStands(*outcome, now);
  outcome->set_disposition(waits ? v1::DISPOSITION_DELAY : v1::DISPOSITION_RELEASE);
  if (waits) *outcome->mutable_due_at() = outcome->not_before();
}

std::vector<PlannedRelease> Group(const std::vector<CellRelease>& parts) {
  using Way = std::tuple<v1::ReleaseKind, bool, bool, bool, bool>;
  // Units, and what rules tell their reader to do: audiences that are told different things get a comment each.
  using Units = std::pair<std::vector<std::string>, std::vector<std::string>>;
  std::map<std::pair<Way, v1::Audience>, Units> units_by_way;
  for (const CellRelease& part : parts) {
    const Way way(part.kind, part.corrected, part.unreviewed, part.from_previous_patient, part.of_notice);
    Units& units = units_by_way[{way, part.audience}];
    units.first.push_back(part.unit_id);
    units.second.push_back(part.next_step);
  }
  std::map<std::pair<Way, Units>, std::vector<v1::Audience>> audiences_by_units;
  for (const auto& [way_and_audience, units] : units_by_way) {
    audiences_by_units[{way_and_audience.first, units}].push_back(way_and_audience.second);
  }
  std::vector<PlannedRelease> planned;
  for (const auto& [way_and_units, audiences] : audiences_by_units) {
    PlannedRelease release;
    std::tie(release.kind, release.corrected, release.unreviewed, release.from_previous_patient, release.of_notice) =
        way_and_units.first;
    release.unit_ids = way_and_units.second.first;
    release.audiences = audiences;
    planned.push_back(std::move(release));
  }
  const auto place = [](const PlannedRelease& release) {
    return release.kind == v1::RELEASE_KIND_RETRACTION ? 0 : release.kind == v1::RELEASE_KIND_IN_PROCESS ? 2 : 1;
  };
  std::stable_sort(planned.begin(), planned.end(),
                   [&place](const PlannedRelease& a, const PlannedRelease& b) { return place(a) < place(b); });
  return planned;
}

Transition TakeVersion(const v1::Result* before, const v1::DiagnosticReport& report, const v1::Decision& decision, absl::Time now,
                       bool merged) {
  Work work(report, now);
  work.cells() = policy::ToCells(decision.outcomes());
  if (before == nullptr) {
    work.ReleaseWhatMay([](const Cell&) { return false; });
    return work.Finish();
  }
  const bool same_numbers = SamePatient(before->report().patient(), report.patient());
  std::map<std::pair<std::string, v1::Audience>, v1::Outcome> standing;
  for (Cell& cell : policy::ToCells(before->decision().outcomes())) {
    if (!same_numbers && WasShown(cell.outcome)) work.Withdraw(cell, v1::RELEASE_KIND_RETRACTION, /*from_previous_patient=*/true);
    if (same_numbers || merged) standing.emplace(std::make_pair(cell.unit_id, cell.audience), std::move(cell.outcome));
  }
  std::set<std::pair<std::string, v1::Audience>> replaced;
  std::map<v1::Audience, v1::Outcome> documents_out;  // what is decided now for a document that is out
  std::set<std::string> patient_waits;                // for these units; so do those who see for the patient (I8)
  std::map<std::string, v1::Review> patient_reviews;  // by unit, as far as they have come
  const bool same_plans = before->decision().pack_digest() == decision.pack_digest() &&
                          before->report().order().SerializeAsString() == report.order().SerializeAsString();
  const auto take = [&](Cell& cell) {
    const auto found = standing.find({cell.unit_id, cell.audience});
    if (found == standing.end()) return;
    const v1::Outcome old = std::move(found->second);
    standing.erase(found);
    const bool same = SameContent(before->report(), report, cell.unit_id);
    if (WasShown(old)) cell.outcome.set_release_sequence(old.release_sequence());
    // Of a test that was not performed nothing was to be seen but that.
    const bool was_seen = IsOut(old) && policy::UnitStatus(before->report(), cell.unit_id) != v1::RESULT_STATUS_CANCELLED;
    const bool may_go = patient_waits.count(cell.unit_id) == 0;
    if (may_go && was_seen && MayBeReleasedByTime(cell.outcome) && AsksNothingNew(cell.outcome, old)) {
      // What the reader has seen is not held again for what did not hold it then: the right words go at once.
      cell.outcome.set_released_unreviewed(cell.outcome.disposition() == v1::DISPOSITION_REVIEW);
      cell.outcome.set_disposition(v1::DISPOSITION_RELEASE);
      cell.outcome.clear_due_at();
    }
    if (IsOut(old) && cell.unit_id == policy::kDocument) documents_out[cell.audience] = cell.outcome;
    const bool withdrawn =
        cell.outcome.disposition() == v1::DISPOSITION_QUARANTINE || cell.outcome.disposition() == v1::DISPOSITION_NEVER;
    if (IsOut(old) && same && !withdrawn) {
      cell.outcome = old;  // seen already, and unchanged: it stays as it is
      return;
    }
    if (may_go && IsHeld(old) && same && old.review().has_approved_at() && cell.outcome.disposition() == v1::DISPOSITION_REVIEW &&
        AsksNothingNew(cell.outcome, old)) {
      *cell.outcome.mutable_review() = old.review();  // read and approved as it stands: the approval holds
      EndReview(&cell.outcome, now);
    }
    const bool reviewed_still = IsHeld(old) && IsHeld(cell.outcome) && old.has_review() && old.review().approved_by().empty() &&
                                cell.outcome.disposition() != v1::DISPOSITION_QUARANTINE;
    if (reviewed_still && same_plans && ReviewKey(old) == ReviewKey(cell.outcome) &&
        OwnersAreAsked(old.review(), cell.outcome.review(), now)) {
      *cell.outcome.mutable_review() = old.review();  // as far as it has come: whose turn it is, put off, escalated
      *cell.outcome.mutable_due_at() = old.due_at();
    }
    if (!WasShown(old)) return;
    replaced.insert({cell.unit_id, cell.audience});
    if (cell.outcome.disposition() == v1::DISPOSITION_NEVER) {
      if (same_numbers) work.Withdraw(cell, v1::RELEASE_KIND_RETRACTION, false);
    } else if (IsOut(old) && cell.outcome.disposition() != v1::DISPOSITION_RELEASE) {
      work.Withdraw(cell, v1::RELEASE_KIND_BEING_CORRECTED, false);
    }
  };
  for (const bool patients : {true, false}) {
    for (Cell& cell : work.cells()) {
      if ((cell.audience == v1::AUDIENCE_PATIENT) != patients) continue;
      take(cell);
      const bool waits = IsHeld(cell.outcome) && cell.outcome.disposition() != v1::DISPOSITION_RELEASE;
      if (patients && waits) patient_waits.insert(cell.unit_id);
      if (!waits || cell.outcome.disposition() != v1::DISPOSITION_REVIEW) continue;
      if (patients) patient_reviews[cell.unit_id] = cell.outcome.review();
      const auto review = patient_reviews.find(cell.unit_id);
      if (!patients && review != patient_reviews.end()) EndNoSoonerThan(review->second, now, &cell.outcome);
    }
  }
  // Units that the standing version no longer has.
  for (const auto& [unit_and_audience, outcome] : standing) {
    if (!WasShown(outcome) || !same_numbers) continue;
    work.Withdraw({unit_and_audience.first, unit_and_audience.second, outcome}, v1::RELEASE_KIND_RETRACTION, false);
  }
  // A document that is out does not stay out while an observation is held: its text may tell what the observation says.
  for (Cell& cell : work.cells()) {
    if (cell.unit_id != policy::kDocument || !IsOut(cell.outcome) || !work.WaitsForObservations(cell.audience)) continue;
    cell.outcome = documents_out.at(cell.audience);
    replaced.insert({cell.unit_id, cell.audience});
    if (cell.outcome.disposition() != v1::DISPOSITION_RELEASE) work.Withdraw(cell, v1::RELEASE_KIND_BEING_CORRECTED, false);
  }
  work.ReleaseWhatMay([&replaced](const Cell& cell) { return replaced.count({cell.unit_id, cell.audience}) > 0; });
  for (const Cell& cell : work.cells()) {
    const bool waits = IsHeld(cell.outcome) && cell.outcome.disposition() == v1::DISPOSITION_RELEASE;
    if (cell.unit_id == policy::kDocument && waits && documents_out.count(cell.audience) > 0) {
      work.Withdraw(cell, v1::RELEASE_KIND_BEING_CORRECTED, false);
    }
  }
  if (merged && !same_numbers) work.ShowUnderOtherNumbers();
  return work.Finish();
}

Transition Advance(const v1::Result& result, const calendar::Calendar& calendar, absl::Time now) {
  Work work(result.report(), now);
  work.cells() = policy::ToCells(result.decision().outcomes());
  for (Cell& cell : work.cells()) {
    for (int i = 0; i < kMostSteps; ++i) {
      std::string reason = Step(&cell.outcome, calendar, now);
      if (reason.empty()) break;
      work.Say(absl::StrCat(cell.unit_id, ": ", reason));
      if (cell.outcome.disposition() == v1::DISPOSITION_RELEASE) break;
    }
  }
  const auto corrected = [](const Cell& cell) { return cell.outcome.release_sequence() > 0; };
  work.ReleaseWhatMay(corrected);
  return work.Finish();
}

Transition TakeRedecided(const v1::Result& result, std::vector<Cell> cells, absl::Time now, const std::vector<Cell>& withdrawn) {
  Work work(result.report(), now);
  work.cells() = std::move(cells);
  for (const Cell& cell : withdrawn) {
    work.Withdraw(cell, v1::RELEASE_KIND_RETRACTION, /*from_previous_patient=*/false);
    work.Say(absl::StrCat(cell.unit_id, ": withdrawn"));
  }
  // Neutral words do not stay where nothing comes any more.
  for (const Cell& standing : policy::ToCells(result.decision().outcomes())) {
    if (!IsHeld(standing.outcome) || !WasShown(standing.outcome)) continue;
    for (const Cell& cell : work.cells()) {
      const bool same = cell.unit_id == standing.unit_id && cell.audience == standing.audience;
      if (same && cell.outcome.state() == v1::OUTCOME_STATE_CLOSED) work.Withdraw(cell, v1::RELEASE_KIND_RETRACTION, false);
    }
  }
  work.ReleaseWhatMay([](const Cell& cell) { return cell.outcome.release_sequence() > 0; });
  return work.Finish();
}

bool Acknowledge(int64_t sequence, policy::Outcomes* outcomes) {
  bool changed = false;
  for (v1::Outcome& outcome : *outcomes) {
    if (outcome.release_sequence() != sequence || outcome.state() != v1::OUTCOME_STATE_RELEASED) continue;
    outcome.set_state(v1::OUTCOME_STATE_PUBLISHED);
    changed = true;
  }
  return changed;
}

bool AsksNothingNew(const v1::Outcome& now, const v1::Outcome& approved) {
  return std::all_of(now.rules().begin(), now.rules().end(), [&approved](const v1::AppliedRule& rule) {
    return rule.effect() == v1::RULE_EFFECT_NEXT_STEP ||  // holds nothing
           rule.rule_id() == policy::kPreferenceRule ||   // nor does a wish to wait what has been seen, or reviewed
           std::any_of(approved.rules().begin(), approved.rules().end(), [&rule](const v1::AppliedRule& other) {
             // Whoever approved something else that the rule asked for has not reviewed what it asks to be reviewed.
             const bool now_reviews = rule.effect() == v1::RULE_EFFECT_REVIEW && other.effect() != v1::RULE_EFFECT_REVIEW;
             return other.rule_id() == rule.rule_id() && !now_reviews;
           });
  });
}

absl::Time EarliestDue(const policy::Outcomes& outcomes) {
  absl::Time earliest = absl::InfiniteFuture();
  for (const v1::Outcome& outcome : outcomes) {
    if (IsHeld(outcome) && outcome.has_due_at()) earliest = std::min(earliest, FromProto(outcome.due_at()));
  }
  return earliest;
}

}  // namespace resultgate::gate
