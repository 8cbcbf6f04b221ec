// Where contents are erased: what is past its retention, bit by bit, and what two people have erased; and where legal holds are
// placed and ended.
//
// Writer thread only.
#ifndef RESULTGATE_GATE_RETENTION_DESK_H_
#define RESULTGATE_GATE_RETENTION_DESK_H_

#include <cstdint>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/retention_service.pb.h"
#include "server/gate/answer.h"
#include "server/gate/content_digest.h"
#include "server/gate/retention.h"
#include "server/store/store.h"

namespace resultgate::gate {

class RetentionDesk {
 public:
  // The store outlives it. `new_salt` is called for a patient of whom nothing is known when a hold is placed on them.
  RetentionDesk(store::Store* store, Retention retention, NewSalt new_salt)
      : store_(store), retention_(std::move(retention)), new_salt_(std::move(new_salt)) {}

  // As RetentionService has them. Not OK only if the store failed.
  absl::Status Place(store::Batch& batch, absl::Time now, const v1::PlaceLegalHoldRequest& request,
                     Answer<v1::PlaceLegalHoldResponse>& answer);
  absl::Status End(store::Batch& batch, absl::Time now, const v1::EndLegalHoldRequest& request,
                   Answer<v1::EndLegalHoldResponse>& answer);
  absl::Status Erase(store::Batch& batch, absl::Time now, const v1::EraseResultRequest& request,
                     Answer<v1::EraseResultResponse>& answer);

  // Erases what is past its retention: looks at a few results at most, and returns at how many.
  absl::StatusOr<int> EraseWhatIsOver(store::Batch& batch, absl::Time now);
  // When that, or Committed(), is to be called next without anybody's asking; InfiniteFuture() for never.
  absl::Time NextLook(absl::Time now) const;
  // After a commit, with no batch open: makes the files forget what it erased.
  void Committed(absl::Time now);

 private:
  absl::Status EraseIfOver(store::Batch& batch, absl::Time now, const store::Settled& settled);

  store::Store* const store_;
  const Retention retention_;
  const NewSalt new_salt_;

  // What may not be erased, as under a legal hold, is passed over: a round looks at each result once, and the next one begins a
  // day later, or when a hold ends. What a failed commit had passed over has its turn then too.
  store::Settled passed_;
  absl::Time round_began_ = absl::InfinitePast();
  // Something was erased that the files may still hold, as of a gate that was killed.
  bool forget_ = true;
  absl::Time try_forget_at_ = absl::InfinitePast();  // not before
  absl::Time erase_at_ = absl::InfinitePast();       // likewise
  // Results that could not be read: `audit verify` names them.
  std::set<int64_t> unreadable_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_RETENTION_DESK_H_
