// What a person's determination does to a result, and what its end does. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_HELD_BY_PERSON_H_
#define RESULTGATE_GATE_HELD_BY_PERSON_H_

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/redecide.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// `result` has the determination already, its end moved to `now` where it is ended; `pack` is the one that holds the result, and
// `previous` as for AskAnew.

// What it holds from now on, and takes away from who may see it no more. What it does not hold stays as it stands, whatever
// people have ended of it.
Anew HoldByPerson(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                  const v1::Determination& determination, absl::Time now);

// What only it held goes; and where the patient's side had asked for it (`result.determination_reviews`), what the patient may
// lift ends too.
Anew EndHoldByPerson(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                     const v1::Determination& determination, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_HELD_BY_PERSON_H_
