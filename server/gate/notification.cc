#include "server/gate/notification.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/base/proto_time.h"
#include "server/policy/units.h"

namespace resultgate::gate {
namespace {

// True if the reader is to do something before the next morning may come.
bool IsUrgent(const v1::NextStep& step) {
  return step.kind() == v1::NextStep::KIND_EMERGENCY || step.kind() == v1::NextStep::KIND_TELL_NURSE ||
         (step.kind() == v1::NextStep::KIND_CALL && step.within_days() == 0);
}

// What is told together has the visit's name; empty where the visit is not known.
std::string GroupOf(const v1::ServiceRequest& order) {
  if (order.encounter().value().empty()) return "";
  return absl::StrCat(order.encounter().system(), "|", order.encounter().value());
}

// The next full `step` since local midnight, `now` if it is one; at the latest the next midnight.
absl::Time NextFull(absl::Duration step, const absl::TimeZone& zone, absl::Time now) {
  const absl::CivilDay day = absl::ToCivilDay(now, zone);
  const absl::Time midnight = absl::FromCivil(day, zone);
  const absl::Time next = midnight + absl::Ceil(now - midnight, step);
  return std::min(next, absl::FromCivil(day + 1, zone));
}

absl::Time NotBefore(const policy::Pack& pack, const v1::ServiceRequest& order, bool has_group, absl::Time now) {
  absl::Time at = now;
  if (has_group && pack.notifications_together() > absl::ZeroDuration()) {
    at = NextFull(pack.notifications_together(), pack.CalendarFor(order).zone(), at);
  }
  const calendar::Calendar* calendar = pack.NotificationCalendarFor(order);
  return calendar == nullptr ? at : calendar->NextStaffed(at);
}

using Channels = std::vector<int>;

// What every wish allows that is about one of these units; nullopt where none is.
class AllowedChannels {
 public:
  void Add(const v1::NotificationWish& wish) {
    Channels channels(wish.channels().begin(), wish.channels().end());
    std::sort(channels.begin(), channels.end());
    channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
    if (!allowed_) {
      allowed_ = std::move(channels);
      return;
    }
    Channels both;
    std::set_intersection(allowed_->begin(), allowed_->end(), channels.begin(), channels.end(), std::back_inserter(both));
    allowed_ = std::move(both);
  }

  const std::optional<Channels>& get() const { return allowed_; }

 private:
  std::optional<Channels> allowed_;
};

std::optional<Channels> ChannelsFor(const policy::Pack& pack, const v1::DiagnosticReport& report, const v1::Release& release) {
  const auto& wishes = report.patient().notifications().values();
  AllowedChannels allowed;
  if (wishes.empty()) return allowed.get();
  const policy::Units units(pack.value_sets(), report);
  for (const policy::Unit& unit : units) {
    const auto& released = release.unit_ids();
    if (std::find(released.begin(), released.end(), unit.id) == released.end()) continue;
    bool spoken_for = false;
    for (const v1::NotificationWish& wish : wishes) {
      if (wish.category().empty()) continue;
      const valueset::ValueSet* set = pack.value_sets().Find(wish.category());
      // Of a category that the pack does not have any more nobody can tell what it was about.
      if (set != nullptr && !unit.any_sets.Has(set->number())) continue;
      spoken_for = spoken_for || set != nullptr;
      allowed.Add(wish);
    }
    if (spoken_for) continue;
    for (const v1::NotificationWish& wish : wishes) {
      if (wish.category().empty()) allowed.Add(wish);
    }
  }
  return allowed.get();
}

}  // namespace

std::optional<v1::Notification> NotificationOf(const policy::Pack& pack, const v1::DiagnosticReport& report,
                                               const v1::Release& release, absl::Time now) {
  const bool announced = release.kind() != v1::RELEASE_KIND_RETRACTION && release.kind() != v1::RELEASE_KIND_IN_PROCESS;
  if (!announced || report.patient().deceased()) return std::nullopt;
  const std::optional<Channels> channels = ChannelsFor(pack, report, release);
  const bool not_the_patient = channels && channels->empty();
  v1::Notification notification;
  for (const int audience : release.audiences()) {
    if (audience == v1::AUDIENCE_PATIENT && not_the_patient) continue;
    notification.add_audiences(static_cast<v1::Audience>(audience));
    if (audience != v1::AUDIENCE_PATIENT || !channels) continue;
    for (const int channel : *channels) notification.add_channels(static_cast<v1::NotificationChannel>(channel));
  }
  if (notification.audiences().empty()) return std::nullopt;
  notification.set_group(GroupOf(report.order()));
  if (IsUrgent(release.comment().next_step())) return notification;
  const absl::Time not_before = NotBefore(pack, report.order(), !notification.group().empty(), now);
  if (not_before > now) *notification.mutable_not_before() = base::ToProto(not_before);
  return notification;
}

}  // namespace resultgate::gate
