// What time does to results: floors end, turns pass on, reviews expire, birthdays come; and what follows for the other reports of
// the same order.
//
// Writer thread only.
#ifndef RESULTGATE_GATE_DUE_DESK_H_
#define RESULTGATE_GATE_DUE_DESK_H_

#include <cstddef>
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

  // Before anything else: `last_at` is when the gate wrote last before it starts now. Where it was missed, reviews that end soon
  // keep hours (downtime.h), bit by bit with what is due.
  absl::Status Start(store::Batch& batch, absl::Time last_at, absl::Time now);

  // Looks at what is due, at most `limit` results; returns how much it did, 0 where nothing was due. A result that cannot be read
  // fails the batch once, and is passed over afterwards.
  absl::StatusOr<int> Run(store::Batch& batch, absl::Time now, int limit);

  // After these results have changed: the other reports of their orders wait along with them, or no longer do.
  absl::Status SettleOrders(store::Batch& batch, const std::vector<int64_t>& ids, absl::Time now);

  // When there is something to look at that the store does not know as due: at once, or never.
  absl::Time NextLook() const { return ends_soon_.empty() ? absl::InfiniteFuture() : absl::InfinitePast(); }

  // True if something was released or withdrawn since the last call.
  bool TakeReleased() { return std::exchange(released_, false); }

 private:
  // At most `limit` of the results whose reviews may keep hours; how many.
  absl::StatusOr<int> KeepHoursOfSome(store::Batch& batch, absl::Time now, int limit);
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
  // The gate was down from then, and started then; never where it was not missed.
  absl::Time down_since_ = absl::InfiniteFuture();
  absl::Time up_at_ = absl::InfinitePast();
  // Results that come due within the hours. All are looked at until nothing was changed of any: a batch may have failed.
  std::vector<int64_t> ends_soon_;
  size_t next_ = 0;                     // of these
  bool changed_ = false;                // one of these
  std::map<int64_t, bool> unreadable_;  // results that could not be read, and whether the log says so
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DUE_DESK_H_
