// What ends where somebody who may lift restrictions wants the result released, and what then still stands against it. Pure
// functions, thread-safe.
#ifndef RESULTGATE_GATE_LIFTING_H_
#define RESULTGATE_GATE_LIFTING_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/redecide.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// The result decided anew by `pack`, the one that holds it, with everything ended that `lifter` may lift: nothing goes later by
// it. Nothing changes where another pack has decided it, or the version before is not known: then what is asked may be less than
// what was. `previous` as for AskAnew. On the patient's word nothing ends for others than the patient that holds it from them
// alone. `asking` is who says that word: those who see for the patient end nothing of what they may not be told of.
Anew Lift(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous, v1::Lifter lifter, absl::Time now,
          v1::Audience asking = v1::AUDIENCE_PATIENT);

// True if `audience` may be told that the unit waits. Those who see for the patient are told only of what waits for the patient
// too and by the same: anything else would say that there is something to keep from them, and so would a preliminary result that
// is kept from them once it is final.
bool MayBeToldThatItWaits(const v1::Result& result, const std::string& unit_id, v1::Audience audience, absl::Time now);

// Why an outcome is held, one for each rule that still holds it, in words. `pack`, for the rules' titles, is the one that decided
// it.
std::vector<v1::HoldReason> ReasonsFor(const policy::Pack& pack, const v1::Outcome& outcome, absl::Time now);

// What is held, for whom, until when at the latest and why.
std::vector<v1::StillHeld> StillHeldOf(const policy::Pack& pack, const policy::Outcomes& outcomes, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_LIFTING_H_
