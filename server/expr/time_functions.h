// Parts of timestamps and durations, time zones by name, and ages. Pure functions.
#ifndef RESULTGATE_EXPR_TIME_FUNCTIONS_H_
#define RESULTGATE_EXPR_TIME_FUNCTIONS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "server/expr/typed.h"

namespace resultgate::expr {

// An accessor, kGetFullYear to kGetMilliseconds, of a timestamp as `zone` reads it. As in CEL, months and getDayOfMonth() count
// from 0, getDate() from 1, days of the week from Sunday = 0, days of the year from 0.
int64_t PartOf(Function accessor, absl::Time time, absl::TimeZone zone);

// getHours() to getMilliseconds() of a duration: the whole of it in hours, minutes, seconds; the milliseconds within its second.
int64_t PartOf(Function accessor, absl::Duration duration);

// An IANA name, or `02:00`, `-05:30`, `+00:00` east of UTC; nullopt if there is no such zone.
std::optional<absl::TimeZone> FindZone(absl::string_view name);

// The whole years from a birth date, YYYY-MM-DD, YYYY-MM or YYYY, to `today`; nullopt where a coarse date leaves more than one
// answer. Who was born on 29 February is a year older on 1 March of a common year. *error is set, and 0 returned, for a text that
// is no date or a date after today.
std::optional<int64_t> Age(absl::string_view birth_date, absl::CivilDay today, const char** error);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_TIME_FUNCTIONS_H_
