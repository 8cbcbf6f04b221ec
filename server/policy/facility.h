// A site whose zone, public holidays or staffed hours are not the pack's own: `facilities:` in pack.yaml.
//
// Legal clocks and reviews of what a facility ordered are counted by the clock on its own wall: the third day after Friday begins
// an hour later in El Paso than in Austin. Immutable; thread-safe.
#ifndef RESULTGATE_POLICY_FACILITY_H_
#define RESULTGATE_POLICY_FACILITY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/calendar/calendar.h"

namespace resultgate::policy {

struct Facility {
  std::string name;  // as `order.facility` has it
  std::string time_zone_name;
  std::shared_ptr<const calendar::Calendar> calendar;  // facilities with the same clock share one
  // The pack's hours of notification by this facility's clock and holidays; null: at any time.
  std::shared_ptr<const calendar::Calendar> notification_calendar;
};

// Order of names as senders write them: in whatever case of ASCII and with whatever blanks. Allocates nothing.
bool ComesBefore(absl::string_view a, absl::string_view b);

// The one of that name among `facilities`, which are in order of name, or nullptr.
const Facility* FindFacility(const std::vector<Facility>& facilities, absl::string_view name);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_FACILITY_H_
