// What rules say of a result that stands. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_ASK_ANEW_H_
#define RESULTGATE_GATE_ASK_ANEW_H_

#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// What the standing decision was made with beside the report and what is known of the patient. `previous`: what counted of the
// decisions before (decision_before.h), or null where nothing did.
policy::Context ContextOfStanding(const v1::Result& result, const v1::Decision* previous);

// What `pack` says of a standing result, every unit and audience, as it would have said when it was decided. A review of which
// nobody knew yet begins at `now`, because its turns run from when its owner can first see it; so does that of whom a death has
// asked that was told since. `acted` are those who want it released now.
std::vector<policy::Cell> AskAnew(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                                  absl::Time now, std::vector<v1::Lifter> acted = {});

// True if the owners of its review know of it, or did: it goes on, was approved, or is over.
bool KnowsItsReview(const v1::Outcome& standing);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_ASK_ANEW_H_
