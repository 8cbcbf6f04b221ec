// Times and dates as HL7 v2 (DTM, also the ISO spelling that some senders use) and FHIR write them. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_TIMES_H_
#define RESULTGATE_INTAKE_TIMES_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace resultgate::intake {

enum class Precision { kYear, kMonth, kDay, kHour, kMinute, kSecond };

struct ReadTime {
  // The first instant of what was written: midnight of a date.
  absl::Time time;
  Precision precision;

  // A date alone is no time from which a clock may run: it would begin up to a day too early.
  bool HasHour() const { return precision >= Precision::kHour; }
};

// `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]` or `YYYY[-MM[-DD[Thh:mm[:ss[.s…]][Z|+hh:mm]]]]`; without an offset in `zone`. Of two
// readings of a local time (when clocks go back) the later is taken. Nullopt where it is neither, or outside 1800 to 2200.
std::optional<ReadTime> ParseTime(absl::string_view text, absl::TimeZone zone);

// The date of such a text as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as written, without regard to its zone; empty if it is none.
std::string ParseDate(absl::string_view text);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_TIMES_H_
