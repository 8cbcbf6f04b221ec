// The notices that a result is in process (policy/in_process.h): what of them goes, is replaced or taken away along with what
// happens to a result.
//
// A notice is of the whole result, for its patient. The outcomes of the units that wait name its release, as they do any release
// that speaks of them; the release itself names no unit. A notice stands until the next release of the result for the patient.
//
// Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_IN_PROCESS_H_
#define RESULTGATE_GATE_IN_PROCESS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/transition.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// Releases that are notices, by sequence: the end of the day by which each says that the result is expected.
using Notices = std::map<int64_t, std::optional<absl::Time>>;

// Adds the release, where it is a notice.
void AddIfNotice(const v1::Release& release, Notices* notices);

// The releases that may be notices and matter to the transition, in order.
std::vector<int64_t> NoticesToFind(const Transition& transition);

// Adds to the transition what follows from it for the notice: the first one, one with another day or with none once its day is
// over, its withdrawal. What takes the place of a mere notice is no correction. `standing`: the notices among NoticesToFind.
// `pack`: which decided the result, or null where another one has since become active: then no notice begins, and one that stands
// goes on. `report`: in force. `result`: with the decision's clock and when it was first received. Doing it again adds nothing.
void PlanNotice(const policy::Pack* pack, const v1::DiagnosticReport& report, const v1::Result& result, const Notices& standing,
                absl::Time now, Transition* transition);

// When the first of the days is over that the patient now reads; InfiniteFuture() where none is read.
absl::Time NextLapse(const policy::Outcomes& outcomes, const Notices& notices);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_IN_PROCESS_H_
