// Calendars: every file is read or refused, and time in every calendar goes forward and comes to an end.
#include <cstdint>
#include <cstdlib>

#include "server/policy/calendar_loader.h"

namespace resultgate {
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  base::FileIssues issues;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<calendar::Holiday> holidays = policy::LoadHolidays("fuzz.yaml", text, &issues);
  if (base::HasErrors(issues) || holidays.size() > 50) return 0;
  const calendar::Hours open{8 * 60, 17 * 60};
  const calendar::Calendar office(absl::UTCTimeZone(), {open, open, open, open, open, {}, {}}, holidays);
  for (const absl::CivilDay day : {absl::CivilDay(1970, 1, 1), absl::CivilDay(2028, 2, 29), absl::CivilDay(2119, 12, 31)}) {
    const absl::Time start = absl::FromCivil(day, office.zone()) + absl::Hours(10);
    for (const char* span : {"3 business days", "3 days", "next business morning", "90 min"}) {
      if (office.Add(start, *calendar::ParseSpan(span)) <= start) abort();
    }
    if (office.NextStaffed(start) < start || office.AddStaffed(start, absl::Hours(4)) <= start) abort();
  }
  return 0;
}

}  // namespace resultgate
