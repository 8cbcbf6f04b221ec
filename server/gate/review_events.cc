#include "server/gate/review_events.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/review_screen.h"
#include "server/gate/review_turns.h"

namespace resultgate::gate {
namespace {

absl::StatusOr<v1::ReviewEvent> EventOf(const store::Reader& reader, const v1::Result& result, const Directory& directory,
                                        const absl::TimeZone& zone, int64_t cursor, const google::protobuf::Timestamp& time,
                                        absl::Time now) {
  v1::ReviewEvent event;
  event.set_cursor(cursor);
  *event.mutable_time() = time;
  event.set_result_id(result.id());
  event.set_version(result.version());
  event.set_placer_order_number(result.report().order().placer_order_number());
  event.set_etag(ReviewEtag(result));
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PendingReview> reviews,
                      PendingReviewsOf(reader, result, directory, zone, /*owner=*/"", now));
  for (const v1::PendingReview& review : reviews) {
    if (review.corrects()) event.set_corrects(true);
    v1::WaitingUnits* waiting = event.add_waiting();
    *waiting->mutable_unit_ids() = review.outcome().unit_ids();
    *waiting->mutable_audiences() = review.outcome().audiences();
    waiting->set_disposition(review.outcome().disposition());
    *waiting->mutable_owner() = review.owner();
    *waiting->mutable_turn_ends_at() = review.turn_ends_at();
    *waiting->mutable_expires_at() = review.outcome().review().expires_at();
    std::set<std::string> rules;
    for (const v1::AppliedRule& rule : review.outcome().rules()) {
      if (rule.effect() == v1::RULE_EFFECT_REVIEW || rule.effect() == v1::RULE_EFFECT_WITHHOLD) rules.insert(rule.rule_id());
    }
    for (const std::string& rule : rules) waiting->add_rule_ids(rule);
  }
  return event;
}

// True if the entry may have changed what waits for whom.
bool MayChangeReviews(const v1::Entry& entry) {
  return entry.result_id() != 0 && !entry.has_acknowledged() && !entry.has_followed_up() && !entry.has_call_refused() &&
         !entry.has_queried() && !entry.has_delivered();
}

// True if something of the result is another's turn, or the same one's until another time, than it was `before`.
bool TurnsDiffer(const v1::Result& result, const Directory& directory, const absl::TimeZone& zone, absl::Time before,
                 absl::Time now) {
  const auto& outcomes = result.decision().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(), [&](const v1::Outcome& outcome) {
    return WaitsForOwner(outcome) && directory.TurnAt(outcome.review(), zone, before).SerializeAsString() !=
                                         directory.TurnAt(outcome.review(), zone, now).SerializeAsString();
  });
}

absl::StatusOr<absl::Time> TimeOfEntry(const store::Reader& reader, int64_t sequence) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, reader.ListEntries(sequence - 1, 0, 1));
  if (!entries.empty()) return base::FromProto(entries[0].time());
  RG_ASSIGN_OR_RETURN(const int64_t last, reader.LastEntrySequence());
  return absl::OutOfRangeError(
      absl::StrCat("after_cursor: ", sequence, " is beyond the log, which ends at ", last, ": begin again at 0"));
}

}  // namespace

absl::StatusOr<bool> ReadReviewEvents(const store::Reader& reader, const Directory& directory, const absl::TimeZone& zone,
                                      absl::Time now, ReviewCursor* cursor, int limit, std::vector<v1::ReviewEvent>* events) {
  if (!cursor->listing_ && !cursor->tells_again_at_) {
    // Between then and now turns may have changed.
    RG_ASSIGN_OR_RETURN(const absl::Time told_at, TimeOfEntry(reader, cursor->entry_));
    cursor->tells_again_at_ = directory.NextChange(zone, told_at);
  }
  if (!cursor->listing_ && *cursor->tells_again_at_ <= now) cursor->TellAgain(cursor->as_of_);
  if (cursor->listing_) {
    // The place in the log first: what changes while the list is read is told again afterwards.
    if (!cursor->begun_) {
      RG_ASSIGN_OR_RETURN(cursor->entry_, reader.LastEntrySequence());
      cursor->begun_ = true;
    }
    // Turns are told as they are when the list begins: what changes meanwhile is told after it.
    if (cursor->listed_ == 0) cursor->as_of_ = now;
    now = *cursor->as_of_;
    cursor->tells_again_at_ = directory.NextChange(zone, now);
    const std::optional<absl::Time> since = cursor->changed_since_;
    const int64_t place = since ? cursor->entry_ : 0;
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Result> awaiting, reader.ListAwaitingSomebody(cursor->listed_, limit));
    for (const v1::Result& result : awaiting) {
      cursor->listed_ = result.id();
      if (since && !TurnsDiffer(result, directory, zone, *since, now)) continue;
      RG_ASSIGN_OR_RETURN(v1::ReviewEvent event, EventOf(reader, result, directory, zone, place, base::ToProto(now), now));
      if (!event.waiting().empty()) events->push_back(std::move(event));
    }
    if (!awaiting.empty()) return true;
    cursor->listing_ = false;
    if (since) return true;
    // The list is whole: from here on a follower can go on where it stopped.
    v1::ReviewEvent whole;
    whole.set_cursor(cursor->entry_);
    *whole.mutable_time() = base::ToProto(now);
    events->push_back(std::move(whole));
    return true;
  }
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, reader.ListEntries(cursor->entry_, 0, limit));
  std::map<int64_t, const v1::Entry*> latest;  // by result
  bool list_anew = false;
  for (const v1::Entry& entry : entries) {
    cursor->entry_ = entry.sequence();
    if (MayChangeReviews(entry)) latest[entry.result_id()] = &entry;
    list_anew = list_anew || entry.has_directory_changed();
  }
  std::vector<const v1::Entry*> in_order;
  in_order.reserve(latest.size());
  for (const auto& [id, entry] : latest) in_order.push_back(entry);
  std::sort(in_order.begin(), in_order.end(),
            [](const v1::Entry* a, const v1::Entry* b) { return a->sequence() < b->sequence(); });
  for (const v1::Entry* entry : in_order) {
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Result> result, reader.FindResult(entry->result_id()));
    if (!result) continue;
    RG_ASSIGN_OR_RETURN(v1::ReviewEvent event, EventOf(reader, *result, directory, zone, entry->sequence(), entry->time(), now));
    events->push_back(std::move(event));
  }
  if (list_anew) cursor->TellAgain(std::nullopt);
  return !entries.empty();
}

}  // namespace resultgate::gate
