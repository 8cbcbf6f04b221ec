// What waits for whom, as a worklist elsewhere follows it. No value of a patient is in it.
#ifndef RESULTGATE_GATE_REVIEW_EVENTS_H_
#define RESULTGATE_GATE_REVIEW_EVENTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/directory.h"
#include "server/store/store.h"

namespace resultgate::gate {

// How far a follower has come. Its place in the log is all that a new one needs; one that begins at 0 first gets the list of what
// waits.
class ReviewCursor {
 public:
  explicit ReviewCursor(int64_t after) : entry_(after), listing_(after == 0) {}

 private:
  // Lists what waits, then goes on after the last entry that was told: what no longer waits is told by an entry after it. All of
  // it, or only that whose turn is another than it was at `changed_since`.
  void TellAgain(std::optional<absl::Time> changed_since) {
    listing_ = begun_ = true;
    listed_ = 0;
    changed_since_ = changed_since;
  }

  friend absl::StatusOr<bool> ReadReviewEvents(const store::Reader& reader, const Directory& directory,
                                               const absl::TimeZone& zone, absl::Time now, ReviewCursor* cursor, int limit,
                                               std::vector<v1::ReviewEvent>* events);

  int64_t entry_;  // the last entry that was told
  // When what waits is told again, because absences and staffed hours may have changed whose turn it is. Unknown at first.
  std::optional<absl::Time> tells_again_at_;
  // Turns were told as they were then; nullopt before the first list.
  std::optional<absl::Time> as_of_;
  std::optional<absl::Time> changed_since_;  // of the list that is told
  bool listing_;                             // what waits is listed first, and again where whose turn it is may have changed
  bool begun_ = false;                       // `entry_` is where the list began
  int64_t listed_ = 0;                       // the last result that was listed
};

// Appends at most `limit` events after the cursor, moves it, and returns true if more may be there at once. Of a result that
// changed several times it tells how it stands now, once. `directory` says whose turn each is; `zone` as for Directory::TurnAt.
// After a change of the directory all that waits is told again, and where an absence or somebody's staffed hours begin or end,
// what it changes; to who comes back after that, all. While all is told, events carry the cursor 0: who stops there begins again.
// OutOfRange for a cursor beyond the log.
absl::StatusOr<bool> ReadReviewEvents(const store::Reader& reader, const Directory& directory, const absl::TimeZone& zone,
                                      absl::Time now, ReviewCursor* cursor, int limit, std::vector<v1::ReviewEvent>* events);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REVIEW_EVENTS_H_
