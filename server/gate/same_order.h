// The reports of one order, as far as rules with `together: order` bind them: what such a rule holds of one of them, it holds of
// all that have not gone.
//
// A report that comes later holds those that still wait, and when its hold ends they go on by themselves; what is out stays out.
// Reports are of one order if they have the same patient and the same placer order number, or, from the same sender, the same
// filler order or accession number. Reports that came while the active pack had no such rule are not found.
//
// Writer thread only.
#ifndef RESULTGATE_GATE_SAME_ORDER_H_
#define RESULTGATE_GATE_SAME_ORDER_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/pack_host.h"
#include "server/gate/transition.h"
#include "server/policy/decide.h"
#include "server/store/store.h"

namespace resultgate::gate {

// What becomes of a standing result by what the order's other reports hold of it, by the pack that decided it; `previous` is the
// decision on the version before. Without reasons nothing. Pure; thread-safe.
Transition MoveAlong(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                     const std::vector<policy::OrderHold>& holds, absl::Time now);

class SameOrder {
 public:
  // It must outlive this.
  explicit SameOrder(PackHost* packs) : packs_(packs) {}

  // Makes a result of the batch known to later ones of its order, where the deciding pack holds orders together.
  absl::Status PutKeys(store::Batch& batch, const v1::Result& result) const;

  // What the order's other reports hold of a report that the deciding pack is to decide; `result_id` 0 for a new one.
  absl::StatusOr<std::vector<policy::OrderHold>> HoldsOn(store::Batch& batch, const v1::DiagnosticReport& report,
                                                         int64_t result_id, absl::Time now) const;

  // A result of the order that fares otherwise now.
  struct Change {
    v1::Result result;
    Transition transition;
    std::vector<policy::OrderHold> holds;  // of the others on it
  };
  // Of the others of the order, those that fare otherwise now that `result`, as it stands in the batch, has changed. Each is
  // decided by the pack that holds it, as of the time at which it was decided.
  absl::StatusOr<std::vector<Change>> ChangesAfter(store::Batch& batch, const v1::Result& result, absl::Time now) const;

 private:
  absl::StatusOr<std::vector<v1::Result>> Others(store::Batch& batch, const v1::DiagnosticReport& report,
                                                 int64_t result_id) const;
  absl::StatusOr<std::vector<policy::OrderHold>> StandingHolds(store::Batch& batch, const v1::Result& result,
                                                               absl::Time now) const;

  PackHost* const packs_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_SAME_ORDER_H_
