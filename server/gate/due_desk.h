// What time does to results: floors end, turns pass on, reviews expire, birthdays come; and what follows for the other reports of
// the same order.
//
// Writer thread only.
#ifndef RESULTGATE_GATE_DUE_DESK_H_
#define RESULTGATE_GATE_DUE_DESK_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/pack_host.h"
#include "server/gate/patient_desk.h"
#include "server/gate/same_order.h"
#include "server/gate/transition.h"
#include "server/store/store.h"

namespace resultgate::gate {

class DueDesk {
 public:
  // All must outlive it.
  DueDesk(PackHost* packs, PatientDesk* patients, const SameOrder* same_order)
      : packs_(*packs), patients_(*patients), same_order_(*same_order) {}

  // Looks at what is due, at most `limit` results; returns how much it did, 0 where nothing was due. A result that cannot be read
  // fails the batch once, and is passed over afterwards.
  absl::StatusOr<int> Run(store::Batch& batch, absl::Time now, int limit);

  // After these results have changed: the other reports of their orders wait along with them, or no longer do.
  absl::Status SettleOrders(store::Batch& batch, const std::vector<int64_t>& ids, absl::Time now);

  // True if something was released or withdrawn since the last call.
  bool TakeReleased() { return std::exchange(released_, false); }

 private:
  absl::StatusOr<int> ReportUnreadable(store::Batch& batch, absl::Time now);
  absl::Status SettleOrder(store::Batch& batch, const v1::Result& result, absl::Time now);
  // Writes a transition with its entry, if it changes something. `advanced`: what the entry says beside what became of the
  // result.
  absl::Status Write(store::Batch& batch, absl::Time now, const Transition& transition, v1::Entry::Advanced advanced,
                     v1::Result& result);

  PackHost& packs_;
  PatientDesk& patients_;
  const SameOrder& same_order_;
  bool released_ = false;
  std::map<int64_t, bool> unreadable_;  // results that could not be read, and whether the log says so
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DUE_DESK_H_
