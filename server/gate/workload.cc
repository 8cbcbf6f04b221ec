#include "server/gate/workload.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/log_window.h"
#include "server/policy/review_plan.h"

namespace resultgate::gate {
namespace {

using base::FromProto;

std::set<std::string> RulesThatAsk(const v1::Outcome& outcome) {
  std::set<std::string> rules;
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (rule.effect() == v1::RULE_EFFECT_REVIEW) rules.insert(rule.rule_id());
  }
  return rules;
}

std::string MondayOf(absl::Time time, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(time, zone);
  return absl::FormatCivilTime(absl::PrevWeekday(day + 1, absl::Weekday::monday));
}

int64_t Minutes(absl::Duration duration) {
  return std::max<int64_t>(absl::ToInt64Minutes(duration), 0);
}

}  // namespace

v1::WorkloadRow& Workload::Row(absl::Time time, const std::string& rule, const std::string& pool, const std::string& clinician) {
  const std::string week = Is(v1::WORKLOAD_DIMENSION_WEEK) ? MondayOf(time, zone_) : "";
  v1::WorkloadRow& row = rows_[{week, rule, pool, clinician}];
  row.set_week(week);
  row.set_rule_id(rule);
  row.set_pool(pool);
  row.set_clinician(clinician);
  return row;
}

// One review of a result is several outcomes where units or audiences fare differently: it counts once for each row.
template <typename Outcomes, typename Count>
void Workload::ForEachRule(const v1::Entry& entry, const Outcomes& outcomes, const std::string& clinician, Count count) {
  const absl::Time time = FromProto(entry.time());
  const std::string by = Is(v1::WORKLOAD_DIMENSION_CLINICIAN) ? clinician : "";
  std::set<std::pair<std::string, std::string>> counted;
  for (const v1::Outcome& outcome : outcomes) {
    const bool of_pool = Is(v1::WORKLOAD_DIMENSION_POOL) && !outcome.review().turns().empty();
    const std::string pool = of_pool ? policy::CurrentTurn(outcome.review(), time).owner().role() : "";
    for (const std::string& asks : RulesThatAsk(outcome)) {
      const std::string rule = Is(v1::WORKLOAD_DIMENSION_RULE) ? asks : "";
      if (counted.insert({rule, pool}).second) count(outcome, &Row(time, rule, pool, by));
    }
  }
}

template <typename Outcomes>
void Workload::AddDecided(const v1::Entry& entry, const Outcomes& outcomes) {
  const absl::Time time = FromProto(entry.time());
  const auto claimed = claimed_.find(entry.result_id());
  const bool own = claimed != claimed_.end() && claimed->second.first == entry.actor();
  ForEachRule(entry, outcomes, entry.actor(), [&](const v1::Outcome& outcome, v1::WorkloadRow* row) {
    row->set_reviews(row->reviews() + 1);
    if (outcome.review().has_started_at()) {
      row->set_waiting_minutes(row->waiting_minutes() + Minutes(time - FromProto(outcome.review().started_at())));
    }
    if (!own) return;
    row->set_claimed(row->claimed() + 1);
    row->set_review_minutes(row->review_minutes() + Minutes(time - claimed->second.second));
  });
  if (claimed != claimed_.end()) claimed_.erase(claimed);
}

void Workload::Add(const v1::Entry& entry) {
  if (entry.has_approved()) return AddDecided(entry, entry.approved().outcomes());
  if (entry.has_reviewed()) {
    if (entry.reviewed().action() == v1::REVIEW_ACTION_CLAIMED) {
      claimed_[entry.result_id()] = {entry.actor(), FromProto(entry.time())};
    } else if (entry.reviewed().action() == v1::REVIEW_ACTION_RELEASED_NOW) {
      AddDecided(entry, entry.reviewed().outcomes());
    } else {
      claimed_.erase(entry.result_id());
    }
    return;
  }
  if (!entry.has_advanced()) return;
  const auto said = [&entry](const char* what) {
    const auto& reasons = entry.advanced().reasons();
    return std::any_of(reasons.begin(), reasons.end(),
                       [what](const std::string& reason) { return absl::StrContains(reason, what); });
  };
  // The unit may go in a later entry, after its floor or with the document: its review expires once.
  std::vector<v1::Outcome> expired;
  for (const v1::Outcome& outcome : entry.advanced().outcomes()) {
    const auto& units = outcome.unit_ids();
    const bool names = std::any_of(units.begin(), units.end(), [&said](const std::string& unit) {
      return said(absl::StrCat(unit, ": the review expired").c_str());
    });
    if (outcome.released_unreviewed() && names) expired.push_back(outcome);
  }
  ForEachRule(entry, expired, "",
              [](const v1::Outcome& /*outcome*/, v1::WorkloadRow* row) { row->set_expired(row->expired() + 1); });
  const bool passed = said(": now waits for ") || said(": overrun");
  const bool escalated = said(": escalated to ");
  ForEachRule(entry, entry.advanced().outcomes(), "", [&](const v1::Outcome& /*outcome*/, v1::WorkloadRow* row) {
    if (passed) row->set_overdue(row->overdue() + 1);
    if (escalated) row->set_escalations(row->escalations() + 1);
  });
}

void Workload::AddMessage(const v1::Entry& entry, const v1::Result& about) {
  const auto count = [](const v1::Outcome& /*outcome*/, v1::WorkloadRow* row) { row->set_messages(row->messages() + 1); };
  ForEachRule(entry, about.decision().outcomes(), "", count);
}

std::vector<v1::WorkloadRow> Workload::Rows() const {
  std::vector<v1::WorkloadRow> rows;
  for (const auto& [key, row] : rows_) rows.push_back(row);
  return rows;
}

absl::StatusOr<v1::GetWorkloadResponse> GetWorkload(const store::Reader& reader, const v1::GetWorkloadRequest& request,
                                                    absl::TimeZone zone) {
  Workload workload(zone, request.group_by());
  const absl::Time since = FromProto(request.since());
  const absl::Time until = request.has_until() ? FromProto(request.until()) : absl::InfiniteFuture();
  RG_RETURN_IF_ERROR(ForEachEntry(reader, since, until, [&](const v1::Entry& entry) -> absl::Status {
    if (entry.followed_up().kind() != v1::FOLLOW_UP_KIND_MESSAGE) {
      workload.Add(entry);
      return absl::OkStatus();
    }
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Result> result, reader.FindResult(entry.result_id()));
    if (result) workload.AddMessage(entry, *result);
    return absl::OkStatus();
  }));
  v1::GetWorkloadResponse response;
  for (v1::WorkloadRow& row : workload.Rows()) *response.add_rows() = std::move(row);
  return response;
}

}  // namespace resultgate::gate
