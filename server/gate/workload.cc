#include "server/gate/workload.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/log_reads.h"
#include "server/gate/log_window.h"
#include "server/gate/logged_state.h"
#include "server/gate/review_turns.h"
#include "server/policy/review_plan.h"

namespace resultgate::gate {
namespace {

using base::FromProto;

constexpr int kOwners = 256;

std::set<std::string> RulesWith(const v1::Outcome& outcome, const std::set<v1::RuleEffect>& effects) {
  std::set<std::string> rules;
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (effects.count(rule.effect()) > 0) rules.insert(rule.rule_id());
  }
  if (rules.empty()) rules.insert("");
  return rules;
}

std::string MondayOf(absl::Time time, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(time, zone);
  return absl::FormatCivilTime(absl::PrevWeekday(day + 1, absl::Weekday::monday));
}

int64_t Minutes(absl::Duration duration) {
  return std::max<int64_t>(absl::ToInt64Minutes(duration), 0);
}

bool IsDecision(const v1::Entry& entry) {
  return entry.has_approved() || entry.reviewed().action() == v1::REVIEW_ACTION_RELEASED_NOW;
}

// Turns may have ended: by themselves, or because their owner could not decide.
bool MayEndTurns(const v1::Entry& entry) {
  if (entry.reviewed().action() == v1::REVIEW_ACTION_REFUSED) return true;
  const auto& outcomes = entry.advanced().outcomes();
  return !entry.advanced().of_order() &&
         std::any_of(outcomes.begin(), outcomes.end(), [](const v1::Outcome& outcome) { return outcome.has_review(); });
}

bool IsMessage(const v1::Entry& entry) {
  return entry.followed_up().kind() == v1::FOLLOW_UP_KIND_MESSAGE;
}

bool Counts(const v1::Entry& entry) {
  return entry.result_id() != 0 && (IsDecision(entry) || MayEndTurns(entry) || IsMessage(entry));
}

// What the directory knows of past times. Since when somebody has left or has other hours it does not know.
absl::StatusOr<Directory> Absences(const store::Reader& reader) {
  std::vector<v1::DirectoryOwner> owners;
  for (std::string after;;) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::DirectoryOwner> page, reader.ListOwners(after, kOwners));
    if (page.empty()) return Directory(owners);
    after = page.back().id();
    for (v1::DirectoryOwner& owner : page) {
      owner.clear_left();
      owner.clear_staffed_hours();
      owners.push_back(std::move(owner));
    }
  }
}

// True if a person's decision ended the review of the cell.
bool WasDecided(const v1::Outcome& before, const v1::Outcome* after) {
  if (!WaitsForOwner(before)) return false;
  const bool was_in_doubt = before.disposition() == v1::DISPOSITION_QUARANTINE;
  return after == nullptr || !WaitsForOwner(*after) || (was_in_doubt && after->disposition() != v1::DISPOSITION_QUARANTINE);
}

}  // namespace

// One result on its way through the log.
class Workload::OneResult {
 public:
  explicit OneResult(Workload* workload) : workload_(*workload) {}

  void Take(const v1::Entry& entry) {
    const absl::Time time = FromProto(entry.time());
    for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) templates_[note->sequence()] = note->template_id();
    const bool counts = time >= workload_.since_ && Counts(entry);
    const LoggedCells before = counts ? ToLoggedCells(state_.result().decision().outcomes()) : LoggedCells();
    state_.Take(entry);
    const LoggedCells after = counts ? ToLoggedCells(state_.result().decision().outcomes()) : LoggedCells();
    if (counts && IsDecision(entry)) CountDecided(entry, before, after);
    if (counts && MayEndTurns(entry)) CountTurns(entry, before, after);
    if (counts && IsMessage(entry)) CountMessage(time, after);
    if (entry.reviewed().action() == v1::REVIEW_ACTION_CLAIMED) {
      claimed_ = {entry.actor(), time};
    } else if (entry.has_approved() || entry.has_reviewed()) {
      claimed_.reset();
    }
  }

 private:
  static const v1::Outcome* Find(const LoggedCells& cells, const LoggedCells::key_type& place) {
    const auto found = cells.find(place);
    return found == cells.end() ? nullptr : &found->second;
  }

  // One review is several cells where it is of several units and audiences: it counts once for each row.
  void CountDecided(const v1::Entry& entry, const LoggedCells& before, const LoggedCells& after) {
    const absl::Time time = FromProto(entry.time());
    std::map<Place, const v1::Outcome*> reviews;
    for (const auto& [place, outcome] : before) {
      if (!WasDecided(outcome, Find(after, place))) continue;
      const std::string& pool = policy::CurrentTurn(outcome.review(), time).owner().role();
      for (const std::string& rule : RulesWith(outcome, {v1::RULE_EFFECT_REVIEW})) {
        reviews.emplace(workload_.PlaceOf(rule, pool, entry.actor(), ""), &outcome);
      }
    }
    for (const auto& [place, outcome] : reviews) {
      v1::WorkloadRow& row = workload_.Row(time, place);
      row.set_reviews(row.reviews() + 1);
      if (outcome->review().has_started_at()) {
        row.set_waiting_minutes(row.waiting_minutes() + Minutes(time - FromProto(outcome->review().started_at())));
      }
      if (!claimed_ || claimed_->first != entry.actor()) continue;
      row.set_claimed(row.claimed() + 1);
      row.set_review_minutes(row.review_minutes() + Minutes(time - claimed_->second));
    }
  }

  void CountTurns(const v1::Entry& entry, const LoggedCells& before, const LoggedCells& after) {
    const absl::Time time = FromProto(entry.time());
    using Counted = std::set<std::pair<Place, absl::Time>>;  // whose, and when it ended
    Counted overdue, escalated, expired;
    for (const auto& cell : before) {
      const v1::Outcome& outcome = cell.second;
      const v1::Outcome* now = Find(after, cell.first);
      if (now == nullptr || !WaitsForOwner(outcome)) continue;
      const auto count = [&](absl::Time ended, Counted* counted) {
        const v1::Owner owner =
            workload_.directory_.TurnAt(outcome.review(), workload_.zone_, ended - absl::Microseconds(1)).owner();
        for (const std::string& rule : RulesWith(outcome, {v1::RULE_EFFECT_REVIEW})) {
          counted->insert({workload_.PlaceOf(rule, owner.role(), owner.person().value(), ""), ended});
        }
      };
      const v1::Review& was = outcome.review();
      const v1::Review& is = now->review();
      const absl::Time end = FromProto(was.expires_at());
      const bool escalates = is.escalated() && !was.escalated();
      if (entry.has_reviewed()) {
        // Who gave it back was not late.
        if (escalates) count(time, &escalated);
        continue;
      }
      const absl::Time looked_at = FromProto(outcome.due_at());
      for (const v1::ReviewTurn& turn : was.turns()) {
        const absl::Time until = FromProto(turn.until());
        if (outcome.has_due_at() && until >= looked_at && until <= time && until < end) count(until, &overdue);
      }
      if (escalates) count(end, &escalated);
      if (is.overruns() > was.overruns()) count(end, &overdue);
      if (now->released_unreviewed() && !outcome.released_unreviewed()) count(end, &expired);
    }
    for (const auto& [whose, ended] : overdue) Add(time, whose, &v1::WorkloadRow::overdue, &v1::WorkloadRow::set_overdue);
    for (const auto& [whose, ended] : escalated) {
      Add(time, whose, &v1::WorkloadRow::escalations, &v1::WorkloadRow::set_escalations);
    }
    for (const auto& [whose, ended] : expired) Add(time, whose, &v1::WorkloadRow::expired, &v1::WorkloadRow::set_expired);
  }

  void CountMessage(absl::Time time, const LoggedCells& cells) {
    const auto is_shown = [](const v1::Outcome& outcome) {
      return outcome.release_sequence() > 0 && outcome.state() != v1::OUTCOME_STATE_CLOSED;
    };
    const bool any = std::any_of(cells.begin(), cells.end(), [&](const auto& cell) { return is_shown(cell.second); });
    std::set<v1::RuleEffect> effects = {v1::RULE_EFFECT_PERMIT, v1::RULE_EFFECT_DELAY, v1::RULE_EFFECT_REVIEW};
    if (!any) effects.insert(v1::RULE_EFFECT_WITHHOLD);
    std::set<Place> places;
    for (const auto& [key, outcome] : cells) {
      if (any && !is_shown(outcome)) continue;
      const bool has_owner = !outcome.review().turns().empty();
      const std::string pool = has_owner ? policy::CurrentTurn(outcome.review(), time).owner().role() : "";
      const auto shown_by = templates_.find(outcome.release_sequence());
      const std::string template_id = any && shown_by != templates_.end() ? shown_by->second : "";
      for (const std::string& rule : RulesWith(outcome, effects)) {
        places.insert(workload_.PlaceOf(rule, pool, "", template_id));
      }
    }
    if (places.empty()) places.insert(Place());
    for (const Place& place : places) Add(time, place, &v1::WorkloadRow::messages, &v1::WorkloadRow::set_messages);
  }

  void Add(absl::Time time, const Place& place, int32_t (v1::WorkloadRow::*get)() const, void (v1::WorkloadRow::*set)(int32_t)) {
    v1::WorkloadRow& row = workload_.Row(time, place);
    (row.*set)((row.*get)() + 1);
  }

  Workload& workload_;
  LoggedState state_;
  std::map<int64_t, std::string> templates_;                   // by release
  std::optional<std::pair<std::string, absl::Time>> claimed_;  // who, when
};

Workload::Place Workload::PlaceOf(const std::string& rule, const std::string& pool, const std::string& clinician,
                                  const std::string& template_id) const {
  Place place;
  if (Is(v1::WORKLOAD_DIMENSION_RULE)) place.rule = rule;
  if (Is(v1::WORKLOAD_DIMENSION_POOL)) place.pool = pool;
  if (Is(v1::WORKLOAD_DIMENSION_CLINICIAN)) place.clinician = clinician;
  if (Is(v1::WORKLOAD_DIMENSION_TEMPLATE)) place.template_id = template_id;
  return place;
}

v1::WorkloadRow& Workload::Row(absl::Time time, const Place& place) {
  const std::string week = Is(v1::WORKLOAD_DIMENSION_WEEK) ? MondayOf(time, zone_) : "";
  v1::WorkloadRow& row = rows_[{week, place}];
  row.set_week(week);
  row.set_rule_id(place.rule);
  row.set_pool(place.pool);
  row.set_clinician(place.clinician);
  row.set_template_id(place.template_id);
  return row;
}

void Workload::Add(const std::vector<v1::Entry>& entries) {
  OneResult result(this);
  for (const v1::Entry& entry : entries) {
    if (FromProto(entry.time()) >= until_) return;
    result.Take(entry);
  }
}

std::vector<v1::WorkloadRow> Workload::Rows() const {
  std::vector<v1::WorkloadRow> rows;
  for (const auto& [key, row] : rows_) rows.push_back(row);
  return rows;
}

absl::StatusOr<v1::GetWorkloadResponse> GetWorkload(const store::Reader& reader, const v1::GetWorkloadRequest& request,
                                                    absl::TimeZone zone) {
  const absl::Time since = FromProto(request.since());
  const absl::Time until = request.has_until() ? FromProto(request.until()) : absl::InfiniteFuture();
  // Most results went at once and nobody wrote about them: of these nothing is read but the entries of that time.
  std::set<int64_t> results;
  int64_t last = 0;
  RG_RETURN_IF_ERROR(ForEachEntry(reader, since, until, [&](const v1::Entry& entry) {
    if (Counts(entry)) results.insert(entry.result_id());
    last = entry.sequence();
    return absl::OkStatus();
  }));
  RG_ASSIGN_OR_RETURN(Directory absences, Absences(reader));
  Workload workload(zone, since, until, request.group_by(), std::move(absences));
  for (const int64_t id : results) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, EntriesOf(reader, id, last));
    workload.Add(entries);
  }
  v1::GetWorkloadResponse response;
  for (v1::WorkloadRow& row : workload.Rows()) *response.add_rows() = std::move(row);
  return response;
}

}  // namespace resultgate::gate
