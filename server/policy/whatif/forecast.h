// What becomes of a unit by itself, from its decision alone: when it goes if its reviewer is quick, when if nobody does anything,
// and the same in words. Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_WHATIF_FORECAST_H_
#define RESULTGATE_POLICY_WHATIF_FORECAST_H_

#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "server/calendar/calendar.h"

namespace resultgate::policy {

struct Forecast {
  // When it goes at the earliest: a reviewer approves at once. InfiniteFuture() where no approval lets it go.
  absl::Time earliest;
  // When it goes if nobody does anything: floors pass, reviews expire and escalate. InfiniteFuture() where only a person, or
  // another version, ends the wait.
  absl::Time latest;
};

// For an outcome as `Decide` made it at `now`. What a patient or provider may lift is not looked at: asking is open under every
// pack alike.
Forecast ForecastOf(const v1::Outcome& outcome, const calendar::Calendar& calendar, absl::Time now);

// `goes at once`, `is reviewed by ordering-provider, goes by Wed 2026-03-11 15:00 at the latest`. Times in the calendar's zone.
std::string InWords(const v1::Outcome& outcome, const calendar::Calendar& calendar, absl::Time now);

// `Wed 2026-03-11 15:00`.
std::string LocalTime(absl::Time time, const absl::TimeZone& zone);

// `at once`, `45 min`, `17 h`, `2 d 17 h`.
std::string WaitText(absl::Duration wait);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_WHATIF_FORECAST_H_
