#include "server/gate/due_desk.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/decision_facts.h"
#include "server/gate/downtime.h"
#include "server/gate/result_commit.h"

namespace resultgate::gate {

absl::Status DueDesk::Start(store::Batch& batch, absl::Time last_at, absl::Time now) {
  const policy::Pack& pack = *packs_.Deciding().pack;
  absl::Time horizon = absl::InfinitePast();
  const auto look = [&](const calendar::Calendar& calendar) {
    if (WasMissed(calendar, last_at, now)) horizon = std::max(horizon, calendar.AddStaffed(now, kAfterDowntime));
  };
  look(pack.calendar());
  for (const policy::Facility& facility : pack.facilities()) look(*facility.calendar);
  if (horizon == absl::InfinitePast()) return absl::OkStatus();
  down_since_ = last_at;
  up_at_ = now;
  RG_ASSIGN_OR_RETURN(ends_soon_, batch.FindDue(horizon, std::numeric_limits<int>::max()));
  return absl::OkStatus();
}

absl::StatusOr<int> DueDesk::Run(store::Batch& batch, absl::Time now, int limit) {
  RG_ASSIGN_OR_RETURN(const int told, ReportUnreadable(batch, now));
  RG_ASSIGN_OR_RETURN(std::vector<int64_t> due, batch.FindDue(now, limit + static_cast<int>(unreadable_.size())));
  due.erase(std::remove_if(due.begin(), due.end(), [this](int64_t id) { return unreadable_.count(id) > 0; }), due.end());
  for (const int64_t id : due) {
    absl::StatusOr<std::optional<v1::Result>> found = batch.FindResult(id);
    if (absl::IsDataLoss(found.status())) unreadable_.emplace(id, /*reported=*/false);
    RG_RETURN_IF_ERROR(found.status());
    if (!found->has_value()) return absl::DataLossError(absl::StrCat("result ", id, " is due, but not there"));
    v1::Result& result = **found;
    if (result.has_reconsider_at() && base::FromProto(result.reconsider_at()) <= now) {
      RG_ASSIGN_OR_RETURN(const bool released, patients_.HaveBirthday(batch, now, &result));
      released_ = released_ || released;
    }
    const calendar::Calendar& calendar = packs_.CalendarOf(result);
    const bool missed = base::FromProto(result.due_at()) <= up_at_ && WasMissed(calendar, down_since_, up_at_);
    RG_RETURN_IF_ERROR(Write(batch, now, missed ? AdvanceAfterDowntime(result, calendar, now) : Advance(result, calendar, now),
                             v1::Entry::Advanced(), result));
    RG_RETURN_IF_ERROR(SettleOrder(batch, result, now));
  }
  const int done = static_cast<int>(due.size());
  // What goes late goes first.
  RG_ASSIGN_OR_RETURN(const int kept, KeepHoursOfSome(batch, now, limit - done));
  // Not before: a batch that fails leaves no entry.
  for (auto& [id, reported] : unreadable_) reported = true;
  return told + done + kept;
}

absl::StatusOr<int> DueDesk::KeepHoursOfSome(store::Batch& batch, absl::Time now, int limit) {
  int looked_at = 0;
  while (looked_at < limit && !ends_soon_.empty()) {
    ++looked_at;
    const int64_t id = ends_soon_[next_++];
    std::optional<v1::Result> found;
    if (unreadable_.count(id) == 0) {
      absl::StatusOr<std::optional<v1::Result>> read = batch.FindResult(id);
      if (absl::IsDataLoss(read.status())) unreadable_.emplace(id, /*reported=*/false);
      if (!read.ok()) next_ = 0;  // the batch is lost with all that it did
      RG_RETURN_IF_ERROR(read.status());
      found = *std::move(read);
    }
    if (found && !found->has_erased()) {
      v1::Result& result = *found;
      const calendar::Calendar& calendar = packs_.CalendarOf(result);
      Transition transition;
      if (WasMissed(calendar, down_since_, up_at_)) transition = AdvanceAfterDowntime(result, calendar, now);
      changed_ = changed_ || !transition.reasons.empty();
      if (!transition.reasons.empty()) RG_RETURN_IF_ERROR(Write(batch, now, transition, v1::Entry::Advanced(), result));
    }
    if (next_ < ends_soon_.size()) continue;
    next_ = 0;
    if (!std::exchange(changed_, false)) ends_soon_.clear();
  }
  return looked_at;
}

absl::StatusOr<int> DueDesk::ReportUnreadable(store::Batch& batch, absl::Time now) {
  int told = 0;
  for (const auto& [id, reported] : unreadable_) {
    if (reported) continue;
    v1::Entry entry;
    entry.set_result_id(id);
    entry.mutable_advanced()->add_reasons("the stored result cannot be read, so its times do not run; restore it from a backup");
    RG_RETURN_IF_ERROR(AppendEntry(batch, now, "gate", std::move(entry)));
    ++told;
  }
  return told;
}

absl::Status DueDesk::SettleOrder(store::Batch& batch, const v1::Result& result, absl::Time now) {
  RG_ASSIGN_OR_RETURN(std::vector<SameOrder::Change> changes, same_order_.ChangesAfter(batch, result, now));
  for (SameOrder::Change& change : changes) {
    v1::Entry::Advanced advanced;
    advanced.set_of_order(true);
    for (const policy::OrderHold& hold : change.holds) *advanced.add_order_holds() = ToProto(hold);
    RG_RETURN_IF_ERROR(Write(batch, now, change.transition, std::move(advanced), change.result));
  }
  return absl::OkStatus();
}

absl::Status DueDesk::SettleOrders(store::Batch& batch, const std::vector<int64_t>& ids, absl::Time now) {
  if (!packs_.Deciding().pack->holds_orders_together()) return absl::OkStatus();
  for (const int64_t id : ids) {
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Result> result, batch.FindResult(id));
    if (!result) return absl::DataLossError(absl::StrCat("result ", id, " was changed, but is not there"));
    RG_RETURN_IF_ERROR(SettleOrder(batch, *result, now));
  }
  return absl::OkStatus();
}

absl::Status DueDesk::Write(store::Batch& batch, absl::Time now, const Transition& transition, v1::Entry::Advanced advanced,
                            v1::Result& result) {
  const policy::Outcomes before = result.decision().outcomes();
  const v1::Patient patient = result.report().patient();
  const Rulebook& deciding = packs_.Deciding();
  RG_ASSIGN_OR_RETURN(Committed committed,
                      CommitTransition(batch, *deciding.comments, *deciding.pack, transition, patient, now, &result));
  released_ = released_ || !committed.notes.empty();
  if (transition.reasons.empty() && committed.notes.empty()) return absl::OkStatus();
  v1::Entry entry;
  entry.set_result_id(result.id());
  entry.set_version(result.version());
  if (advanced.of_order()) entry.set_known_digest(KnownDigest(result));
  *entry.mutable_advanced() = std::move(advanced);
  for (v1::Outcome& outcome : ChangedOutcomes(before, result.decision().outcomes())) {
    *entry.mutable_advanced()->add_outcomes() = std::move(outcome);
  }
  for (v1::ReleaseNote& note : committed.notes) *entry.mutable_advanced()->add_releases() = std::move(note);
  for (const std::string& reason : transition.reasons) entry.mutable_advanced()->add_reasons(reason);
  return AppendEntry(batch, now, "gate", std::move(entry));
}

}  // namespace resultgate::gate
