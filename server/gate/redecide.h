// What becomes of a held unit when another pack decides it anew. Pure functions, thread-safe.
//
// A new pack never takes away what is published; what the gate learns of a patient may (Reconsider).
#ifndef RESULTGATE_GATE_REDECIDE_H_
#define RESULTGATE_GATE_REDECIDE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/activation.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/transition.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// How holds may change.
struct Redeciding {
  bool relax = false;    // each part becomes the less restrictive of the two
  bool tighten = false;  // each part becomes the more restrictive of the two; with `relax`, what the new pack says
};

// When a held unit goes by itself at the latest, if nobody acts: not before `now`, InfiniteFuture() for never.
absl::Time GoesBy(const v1::Outcome& held, absl::Time now);

// What deciding it anew would do to a held unit.
v1::HeldChange Compare(const v1::Outcome& standing, const v1::Outcome& asked, absl::Time now);

// A held result decided anew.
struct Anew {
  bool changed = false;  // otherwise the rest is empty
  Transition transition;
  std::set<std::string> released;  // the units that go
  bool whole = false;              // nothing of it is left to the pack that decided it before: all is as asked
};

// `asked` are the cells that AskAnew gave.
Anew DecideAnew(const v1::Result& result, const std::vector<policy::Cell>& asked, const Redeciding& how, absl::Time now);

// What may change when the gate learned something of a result's patient, and not of the rules.
struct Reconsidering {
  Redeciding held;                    // of what is held
  bool related_only = false;          // for those who see for the patient, not for the patient
  bool withdraw_related = false;      // what those have been shown and may see no more is taken away
  bool withdraw_undelivered = false;  // so is, from everybody, what the portal has not acknowledged
};

// A standing result decided anew: `asked` are the cells that AskAnew gave by the pack that decided it.
Anew Reconsider(const v1::Result& result, const std::vector<policy::Cell>& asked, const Reconsidering& how, absl::Time now);

// The held outcome `standing` after `asked` was asked for, part by part: floor, review, withholding, ceiling, waiting for a
// final.
// - `relax` never makes it go later, and adds nothing. Where the packs hold a unit in different ways, so that the mixture would
//   let it go before either of them does, it waits as the new pack says if that is a mere delay and ends earlier, else as before.
// - `tighten` never makes it go earlier. What was read and approved is not reviewed again by the same rules.
// - Both: as asked. A quarantine, and what was entered in error, stays in each case: no pack decides those.
// The bytes of `standing` where nothing changes. A review whose end has passed is over, and the unit goes "not yet reviewed".
v1::Outcome Merge(const v1::Outcome& standing, const v1::Outcome& asked, const Redeciding& how, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REDECIDE_H_
