// Whose turn a review is, changed by people: claimed, handed over, given back. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_REVIEW_TURNS_H_
#define RESULTGATE_GATE_REVIEW_TURNS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/calendar/calendar.h"
#include "server/gate/directory.h"
#include "server/gate/transition.h"

namespace resultgate::gate {

// True if somebody is asked about it now: it is held, its review is neither approved nor over.
bool WaitsForOwner(const v1::Outcome& outcome);

// The state of all that waits for somebody in the result, its version, and which determinations were upheld: equal where nothing
// that a reviewer goes by has changed. That a turn passed by itself, and what happens to units that are out, leaves it as it is.
std::string ReviewEtag(const v1::Result& result);

// For whom `person` acts where something of the result waits for somebody who is away, and the directory has `person` stand in,
// or a pool of which `person` is one: the id of who is away. Empty: in nobody's place. `zone` as for Directory::TurnAt.
std::string OnBehalfOf(const v1::Result& result, const std::string& person, const Directory& directory,
                       const absl::TimeZone& zone, absl::Time now);

// These change the turns of `unit_ids` (all that wait where none is named), and release nothing. FailedPrecondition, in words for
// the reviewer, where it may not be done; InvalidArgument for a unit that does not wait.

// The standing turn becomes `person`'s; refused where it is another person's who is there. `zone` as for Directory::TurnAt.
absl::StatusOr<Transition> Claim(const v1::Result& result, const std::vector<std::string>& unit_ids, const std::string& person,
                                 const Directory& directory, const absl::TimeZone& zone, absl::Time now);

// The standing turn becomes `to`'s: a person (in the same role where none is named), a pool, or a person in a role. Its end
// stays, so that nobody holds a result longer by handing it round.
absl::StatusOr<Transition> HandOver(const v1::Result& result, const std::vector<std::string>& unit_ids, const v1::Owner& to,
                                    absl::Time now);

// The standing turn ends now, and the next one's begins; after the last one it escalates. Refused where nobody comes after.
absl::StatusOr<Transition> EndTurn(const v1::Result& result, const std::vector<std::string>& unit_ids,
                                   const calendar::Calendar& calendar, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REVIEW_TURNS_H_
