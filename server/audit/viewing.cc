#include "server/audit/viewing.h"

#include <algorithm>

#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

using base::FromProto;
using base::ToProto;

void KeepFirst(absl::Time time, std::optional<absl::Time>* first) {
  *first = std::min(first->value_or(time), time);
}

}  // namespace

void Viewing::Take(const v1::Entry& entry, const std::vector<const v1::ReleaseNote*>& releases) {
  const absl::Time now = FromProto(entry.time());
  // An older version changes nothing that anybody sees.
  if (entry.has_decided() && entry.decided().disposal() != v1::SubmitResultResponse::DISPOSAL_OLDER_VERSION) version_at_ = now;
  if (entry.has_approved()) {
    KeepFirst(now, &opened_at_);
    if (entry.approved().has_discussed_at()) contacted_at_ = FromProto(entry.approved().discussed_at());
  }
  const v1::ReviewAction action = entry.reviewed().action();
  if (action == v1::REVIEW_ACTION_RELEASED_NOW || action == v1::REVIEW_ACTION_HELD) KeepFirst(now, &opened_at_);
  const v1::Entry::FollowedUp& told = entry.followed_up();
  const absl::Time happened_at = told.has_happened_at() ? FromProto(told.happened_at()) : now;
  switch (told.kind()) {
    case v1::FOLLOW_UP_KIND_VIEWED:
      if (told.audience() == v1::AUDIENCE_DELEGATE) break;  // that does not tell that the patient knows
      KeepFirst(happened_at, &first_viewed_at_);
      if (!shown_.empty()) seen_at_ = happened_at;
      unseen_since_.reset();
      break;
    case v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED:
      KeepFirst(happened_at, &opened_at_);
      break;
    case v1::FOLLOW_UP_KIND_CONTACTED:
      contacted_at_ = happened_at;
      break;
    default:
      break;
  }
  if (!releases.empty()) TakeReleases(releases, now);
}

void Viewing::TakeReleases(const std::vector<const v1::ReleaseNote*>& releases, absl::Time now) {
  bool shows = false, corrects = false;
  for (const v1::ReleaseNote* note : releases) {
    const bool was_shown = !shown_.empty();
    for (const int audience : note->audiences()) {
      if (audience == v1::AUDIENCE_DELEGATE) continue;
      for (const std::string& unit : note->unit_ids()) {
        if (note->kind() == v1::RELEASE_KIND_RETRACTION) shown_.erase({unit, audience});
        if (note->kind() != v1::RELEASE_KIND_RESULT) continue;
        shows = true;
        corrects = !shown_.insert({unit, audience}).second || corrects;
      }
    }
    if (!was_shown || !shown_.empty()) continue;
    seen_at_.reset();
    unseen_since_.reset();
  }
  if (corrects && seen_at_ && *seen_at_ < version_at_) seen_at_.reset();
  if (shows && !seen_at_ && !unseen_since_) unseen_since_ = now;
}

void Viewing::Write(v1::Turnaround* turnaround) const {
  if (first_viewed_at_) *turnaround->mutable_first_viewed_at() = ToProto(*first_viewed_at_);
  if (opened_at_) *turnaround->mutable_opened_at() = ToProto(*opened_at_);
  if (contacted_at_) *turnaround->mutable_contacted_at() = ToProto(*contacted_at_);
  if (unseen_since_) *turnaround->mutable_unseen_since() = ToProto(*unseen_since_);
}

}  // namespace resultgate::audit
