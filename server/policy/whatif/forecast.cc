#include "server/policy/whatif/forecast.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_time.h"
#include "server/policy/review_plan.h"

namespace resultgate::policy {
namespace {

// When the review ends by itself: as gate/transition.cc hands it on, an escalation ends when somebody is there.
absl::Time EndByItself(const v1::Review& review, const calendar::Calendar& calendar) {
  const absl::Time end = EndOf(review);
  return review.on_expiry() == v1::ON_EXPIRY_ESCALATE ? calendar.NextStaffed(end) : end;
}

absl::Time FloorOf(const v1::Outcome& outcome, absl::Time now) {
  return outcome.has_not_before() ? std::max(now, base::FromProto(outcome.not_before())) : now;
}

std::string OwnersOf(const v1::Review& review) {
  return absl::StrJoin(review.turns(), ", then ",
                       [](std::string* out, const v1::ReviewTurn& turn) { absl::StrAppend(out, turn.owner().role()); });
}

bool Outreach(const v1::Review& review) {
  const bool escalates = review.on_expiry() == v1::ON_EXPIRY_ESCALATE;
  return (escalates ? review.after_escalation() : review.on_expiry()) == v1::ON_EXPIRY_RELEASE_WITH_OUTREACH;
}

}  // namespace

Forecast ForecastOf(const v1::Outcome& outcome, const calendar::Calendar& calendar, absl::Time now) {
  switch (outcome.disposition()) {
    case v1::DISPOSITION_RELEASE:
      return {now, now};
    case v1::DISPOSITION_DELAY:
      return {FloorOf(outcome, now), FloorOf(outcome, now)};
    case v1::DISPOSITION_REVIEW:
      return {FloorOf(outcome, now), std::max(FloorOf(outcome, now), EndByItself(outcome.review(), calendar))};
    case v1::DISPOSITION_WITHHOLD:
      return {std::max(FloorOf(outcome, now), base::FromProto(outcome.withheld_until())), absl::InfiniteFuture()};
    default:
      return {absl::InfiniteFuture(), absl::InfiniteFuture()};
  }
}

std::string InWords(const v1::Outcome& outcome, const calendar::Calendar& calendar, absl::Time now) {
  const Forecast forecast = ForecastOf(outcome, calendar, now);
  const auto local = [&calendar](absl::Time time) { return LocalTime(time, calendar.zone()); };
  const v1::Review& review = outcome.review();
  switch (outcome.disposition()) {
    case v1::DISPOSITION_RELEASE:
      return "goes at once";
    case v1::DISPOSITION_DELAY:
      return absl::StrCat("goes ", local(forecast.latest));
    case v1::DISPOSITION_REVIEW: {
      std::string text = absl::StrCat("is reviewed by ", OwnersOf(review));
      if (review.on_expiry() == v1::ON_EXPIRY_ESCALATE) absl::StrAppend(&text, ", then ", review.escalate_to().role());
      if (forecast.earliest > now) absl::StrAppend(&text, ", not before ", local(forecast.earliest));
      absl::StrAppend(&text, "; goes ", local(forecast.latest), " at the latest");
      if (Outreach(review)) absl::StrAppend(&text, ", and the patient is reached out to");
      return text;
    }
    case v1::DISPOSITION_WITHHOLD:
      return absl::StrCat("goes to nobody here until ", local(base::FromProto(outcome.withheld_until())), ", then ",
                          OwnersOf(review), " decides");
    case v1::DISPOSITION_NOT_FINAL:
      return "waits until it is final";
    case v1::DISPOSITION_QUARANTINE:
      return absl::StrCat("is in quarantine until ", OwnersOf(review), " decides");
    case v1::DISPOSITION_NEVER:
      return "never goes: it was entered in error";
    default:
      return "";
  }
}

std::string LocalTime(absl::Time time, const absl::TimeZone& zone) {
  return absl::FormatTime("%a %Y-%m-%d %H:%M", time, zone);
}

std::string WaitText(absl::Duration wait) {
  const int64_t minutes = absl::ToInt64Minutes(wait + absl::Seconds(30));
  if (minutes <= 0) return "at once";
  if (minutes < 60) return absl::StrCat(minutes, " min");
  const int64_t hours = (minutes + 30) / 60;
  if (hours < 48) return absl::StrCat(hours, " h");
  return hours % 24 == 0 ? absl::StrCat(hours / 24, " d") : absl::StrCat(hours / 24, " d ", hours % 24, " h");
}

}  // namespace resultgate::policy
