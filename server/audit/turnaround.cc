#include "server/audit/turnaround.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "server/audit/entry_facts.h"
#include "server/audit/viewing.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {

bool StillHolds(const v1::Turnaround::Hold& hold, absl::Time now) {
  return !hold.has_until() || base::FromProto(hold.until()) > now;
}

namespace {

using base::FromProto;
using base::ToProto;
using Hold = v1::Turnaround::Hold;
using Part = v1::Turnaround::Part;

constexpr int kAudiences = v1::Audience_ARRAYSIZE;

bool IsOut(v1::OutcomeState state) {
  return state == v1::OUTCOME_STATE_RELEASED || state == v1::OUTCOME_STATE_PUBLISHED;
}

// True if the rule holds the outcome's units at `now`.
bool HoldsNow(const v1::AppliedRule& rule, const v1::Outcome& outcome, absl::Time now) {
  if (outcome.state() != v1::OUTCOME_STATE_HELD || rule.lifted()) return false;
  const v1::Disposition disposition = outcome.disposition();
  switch (rule.effect()) {
    case v1::RULE_EFFECT_REVIEW:
      // While it is withheld nobody can approve it.
      if (disposition == v1::DISPOSITION_WITHHOLD && FromProto(outcome.withheld_until()) > now) return false;
      return disposition != v1::DISPOSITION_RELEASE && disposition != v1::DISPOSITION_DELAY && outcome.has_review();
    case v1::RULE_EFFECT_WITHHOLD:
      return disposition == v1::DISPOSITION_WITHHOLD;
    case v1::RULE_EFFECT_DELAY:
      return outcome.has_not_before() && (disposition == v1::DISPOSITION_DELAY || FromProto(outcome.not_before()) > now);
    default:
      return false;
  }
}

// Until when the rule may hold them; InfiniteFuture where nothing says.
absl::Time AllowedUntil(const v1::AppliedRule& rule, const v1::Outcome& outcome) {
  absl::Time end = absl::InfiniteFuture();
  if (rule.effect() == v1::RULE_EFFECT_REVIEW) end = FromProto(outcome.review().expires_at());
  if (rule.effect() == v1::RULE_EFFECT_WITHHOLD && outcome.has_withheld_until()) end = FromProto(outcome.withheld_until());
  if (rule.effect() == v1::RULE_EFFECT_DELAY) end = FromProto(outcome.not_before());
  return outcome.has_not_after() ? std::min(end, FromProto(outcome.not_after())) : end;
}

// An end that was reached stays the end: what comes back after an overrun, or is put off after downtime, was allowed no longer.
void TakeAllowedUntil(const v1::AppliedRule& rule, const v1::Outcome& outcome, absl::Time now, Hold* hold) {
  if (hold->has_allowed_until() && FromProto(hold->allowed_until()) + kTimerLateness < now) return;
  const bool put_off =
      rule.effect() == v1::RULE_EFFECT_REVIEW && (outcome.review().overruns() > 0 || outcome.review().extended_after_downtime());
  if (put_off && hold->has_allowed_until()) return;
  const absl::Time end = AllowedUntil(rule, outcome);
  if (end < absl::InfiniteFuture()) *hold->mutable_allowed_until() = ToProto(end);
}

void TakeReview(const v1::Review& review, absl::Time now, Hold* hold) {
  if (!hold->has_review_started_at() && review.has_started_at()) *hold->mutable_review_started_at() = review.started_at();
  const auto turn = std::find_if(review.turns().begin(), review.turns().end(),
                                 [now](const v1::ReviewTurn& turn) { return FromProto(turn.until()) > now; });
  if (turn != review.turns().end()) {
    *hold->mutable_owner() = turn->owner();
  } else if (!review.turns().empty()) {
    *hold->mutable_owner() = review.turns().rbegin()->owner();
  }
}

// Units, each for an audience, that have fared alike so far.
struct Course {
  std::vector<int> cells;
  Part part;
  std::vector<int> open;  // holds of the part that an entry has not ended
};

void EndHold(const v1::Outcome* outcome, absl::Time now, Hold* hold) {
  // A delay behind a review ended by itself.
  if (StillHolds(*hold, now)) *hold->mutable_until() = ToProto(now);
  hold->clear_owner();
  if (outcome != nullptr && hold->effect() == v1::RULE_EFFECT_REVIEW && outcome->review().has_approved_at()) {
    *hold->mutable_reviewed_at() = outcome->review().approved_at();
  }
}

// The hold that the rule began and that has not ended, or a new one.
int HoldOf(const v1::AppliedRule& rule, absl::Time now, Course* course) {
  for (const int i : course->open) {
    const Hold& hold = course->part.holds(i);
    if (hold.rule_id() == rule.rule_id() && hold.effect() == rule.effect() && StillHolds(hold, now)) return i;
  }
  Hold* hold = course->part.add_holds();
  hold->set_rule_id(rule.rule_id());
  hold->set_effect(rule.effect());
  if (rule.has_basis()) *hold->mutable_basis() = rule.basis();
  *hold->mutable_since() = ToProto(now);
  return course->part.holds_size() - 1;
}

// What an entry tells of a unit and audience. `outcome` is null where the unit is no part of the report any more; `note` tells
// how it went, null where it did not; `taken_back` is true where it was withdrawn.
struct Told {
  const v1::Outcome* outcome = nullptr;
  const v1::ReleaseNote* note = nullptr;
  bool taken_back = false;

  bool operator==(const Told& other) const {
    return outcome == other.outcome && note == other.note && taken_back == other.taken_back;
  }
};

void Take(const Told& told, bool of_another_patient, absl::Time now, Course* course) {
  const auto& [outcome, note, taken_back] = told;
  std::vector<int> open;
  if (of_another_patient && taken_back) {  // whose it is now was never shown it
    course->part.clear_released_at();
    course->part.clear_released_unreviewed();
    course->part.clear_comment_language();
  }
  if (outcome != nullptr) {
    for (const v1::AppliedRule& rule : outcome->rules()) {
      if (!HoldsNow(rule, *outcome, now)) continue;
      open.push_back(HoldOf(rule, now, course));
      Hold* hold = course->part.mutable_holds(open.back());
      TakeAllowedUntil(rule, *outcome, now, hold);
      hold->clear_until();
      if (rule.effect() == v1::RULE_EFFECT_DELAY && outcome->disposition() != v1::DISPOSITION_DELAY) {
        *hold->mutable_until() = outcome->not_before();  // no entry will say so
      }
      if (rule.effect() == v1::RULE_EFFECT_REVIEW) TakeReview(outcome->review(), now, hold);
    }
  }
  for (const int i : course->open) {
    if (std::find(open.begin(), open.end(), i) == open.end()) EndHold(outcome, now, course->part.mutable_holds(i));
  }
  course->open = std::move(open);
  course->part.set_state(outcome == nullptr ? v1::OUTCOME_STATE_CLOSED : outcome->state());
  if (!IsOut(course->part.state())) return;
  if (outcome->released_unreviewed()) course->part.set_released_unreviewed(true);
  if (course->part.has_released_at()) return;
  *course->part.mutable_released_at() = ToProto(now);
  if (note != nullptr) course->part.set_comment_language(note->language());
}

// All units of a result, on their way through its entries.
class Courses {
 public:
  void Take(const v1::Entry& entry, const EntryFacts& facts) {
    if (facts.outcomes.empty()) return;
    const absl::Time now = FromProto(entry.time());
    std::vector<Told> told(ids_.size() * kAudiences);
    std::vector<int> fresh;
    for (const v1::ReleaseNote* note : facts.releases) {
      if (note->kind() == v1::RELEASE_KIND_RETRACTION) {
        ForEachCell(*note, &told, &fresh, [](Told& cell) { cell.taken_back = true; });
      }
      if (note->kind() != v1::RELEASE_KIND_RESULT && note->kind() != v1::RELEASE_KIND_CANCELLED) continue;
      ForEachCell(*note, &told, &fresh, [note](Told& cell) { cell.note = note; });
    }
    for (const v1::Outcome* outcome : facts.outcomes) {
      ForEachCell(*outcome, &told, &fresh, [outcome](Told& cell) { cell.outcome = outcome; });
    }
    if (!fresh.empty()) courses_.push_back({std::move(fresh), {}, {}});
    // A version tells of all that there is; everything else of what changed.
    const bool tells_all = entry.has_decided();
    // A version withdraws from the patient whose it is only what it does not have, or what nobody may see; but for what it shows
    // under the patient's other number.
    const bool of_another_patient =
        tells_all && !entry.decided().merged() && std::any_of(told.begin(), told.end(), [](const Told& cell) {
          return cell.taken_back && cell.outcome != nullptr && cell.outcome->disposition() != v1::DISPOSITION_NEVER;
        });
    const size_t before = courses_.size();
    for (size_t i = 0; i < before; ++i) Split(i, told);
    for (Course& course : courses_) {
      const Told& cell = told[static_cast<size_t>(course.cells.front())];
      if (cell.outcome != nullptr || tells_all) audit::Take(cell, of_another_patient, now, &course);
    }
  }

  // Those that have fared alike for all they tell, put together.
  void Finish(google::protobuf::RepeatedPtrField<Part>* parts) {
    std::map<std::string, std::pair<Part, std::map<int, int>>> alike;  // units by audience
    std::vector<std::string> order;
    for (Course& course : courses_) {
      std::string text = course.part.SerializeAsString();
      const auto [found, added] = alike.try_emplace(text);
      if (added) order.push_back(std::move(text));
      found->second.first = std::move(course.part);
      for (const int cell : course.cells) ++found->second.second[cell % kAudiences];
    }
    for (const std::string& text : order) {
      const auto& [part, units_of] = alike[text];
      std::map<int, std::vector<int>> audiences_by_units;
      for (const auto& [audience, units] : units_of) audiences_by_units[units].push_back(audience);
      for (const auto& [units, audiences] : audiences_by_units) {
        Part* added = parts->Add();
        *added = part;
        added->set_units(units);
        for (const int audience : audiences) added->add_audiences(static_cast<v1::Audience>(audience));
      }
    }
  }

 private:
  template <typename Message, typename Tell>
  void ForEachCell(const Message& message, std::vector<Told>* told, std::vector<int>* fresh, Tell tell) {
    for (const std::string& id : message.unit_ids()) {
      const auto [found, added] = ids_.try_emplace(id, static_cast<int>(ids_.size()));
      if (added) {
        told->resize(ids_.size() * kAudiences);
        known_.resize(ids_.size() * kAudiences);
      }
      for (const int audience : message.audiences()) {
        const int cell = found->second * kAudiences + audience;
        tell((*told)[static_cast<size_t>(cell)]);
        if (known_[static_cast<size_t>(cell)]) continue;
        known_[static_cast<size_t>(cell)] = true;
        fresh->push_back(cell);
      }
    }
  }

  // Makes new courses of those cells of the course that are told something else than its first.
  void Split(size_t index, const std::vector<Told>& told) {
    while (true) {
      Course& course = courses_[index];
      const Told& first = told[static_cast<size_t>(course.cells.front())];
      const auto rest = std::stable_partition(course.cells.begin(), course.cells.end(),
                                              [&](int cell) { return told[static_cast<size_t>(cell)] == first; });
      if (rest == course.cells.end()) return;
      Course other{{rest, course.cells.end()}, course.part, course.open};
      course.cells.erase(rest, course.cells.end());
      courses_.push_back(std::move(other));
      index = courses_.size() - 1;
    }
  }

  absl::flat_hash_map<std::string, int> ids_;  // of units
  std::vector<bool> known_;                    // by cell: unit * kAudiences + audience
  std::vector<Course> courses_;
};

}  // namespace

std::optional<v1::Turnaround> TurnaroundOf(const std::vector<v1::Entry>& entries, const v1::DiagnosticReport* report) {
  v1::Turnaround turnaround;
  Courses courses;
  Viewing viewing;
  for (const v1::Entry& entry : entries) {
    if (entry.has_decided()) {
      if (!turnaround.has_received_at()) {
        turnaround.set_result_id(entry.result_id());
        *turnaround.mutable_received_at() = entry.time();
      }
      // An older version that is only taken note of may have been final before.
      const v1::Entry::Decided& decided = entry.decided();
      if (decided.has_clock_start()) *turnaround.mutable_final_at() = decided.clock_start();
      if (decided.decision().has_clock_start()) *turnaround.mutable_final_at() = decided.decision().clock_start();
    }
    const EntryFacts facts = FactsOf(entry);
    courses.Take(entry, facts);
    viewing.Take(entry, facts.releases);
  }
  if (!turnaround.has_received_at()) return std::nullopt;
  if (report != nullptr) {
    turnaround.set_section(report->section());
    turnaround.set_language(report->patient().language());
    turnaround.set_facility(report->order().facility());
  }
  courses.Finish(turnaround.mutable_parts());
  viewing.Write(&turnaround);
  return turnaround;
}

std::optional<absl::Duration> OverrunOf(const v1::Turnaround::Hold& hold, absl::Time now) {
  if (!hold.has_allowed_until()) return std::nullopt;
  const absl::Time end = StillHolds(hold, now) ? now : FromProto(hold.until());
  const absl::Duration over = end - FromProto(hold.allowed_until());
  return over > kTimerLateness ? std::make_optional(over) : std::nullopt;
}

}  // namespace resultgate::audit
