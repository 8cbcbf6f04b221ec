// Whom the portal tells that something new is there, when and how. Release and notification are two things: this never holds a
// result back, and so needs no legal basis. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_NOTIFICATION_H_
#define RESULTGATE_GATE_NOTIFICATION_H_

#include <optional>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// For `release`, whose units, audiences and comment are filled. nullopt where nobody is told.
//
// Not before the pack's hours of notification, by the clock and holidays of the facility that ordered; what comes of one visit
// waits for the next full `together` since midnight, so that all of it is told at once. A comment that says to act today, or now,
// does not wait. The patient is told by what was wished for every category that one of the units is of; where wishes differ, by
// what all of them allow.
std::optional<v1::Notification> NotificationOf(const policy::Pack& pack, const v1::DiagnosticReport& report,
                                               const v1::Release& release, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_NOTIFICATION_H_
