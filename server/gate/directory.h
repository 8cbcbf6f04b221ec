// Who works here, and who has a review's turn when somebody is away. Pure, immutable, thread-safe.
#ifndef RESULTGATE_GATE_DIRECTORY_H_
#define RESULTGATE_GATE_DIRECTORY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/directory_service.pb.h"

namespace resultgate::gate {

class Directory {
 public:
  Directory() = default;
  explicit Directory(const std::vector<v1::DirectoryOwner>& owners);

  // Null if the directory does not know the owner.
  const v1::DirectoryOwner* Find(const std::string& id) const;

  // True if the directory knows this person as a licensed clinician who works here. Whom it does not know is not.
  bool IsLicensed(const std::string& id) const;

  // True if the directory knows this person as one of the pool's people. Who has left is not, and a pool that it does not know
  // has none.
  bool IsMember(const std::string& pool, const std::string& id) const;

  // The pools of which the directory knows this person as one of their people, and the pools that have these among theirs; in
  // order. Empty for whom it does not know as anybody's.
  std::vector<std::string> PoolsOf(const std::string& id) const;

  // Whose turn a review is at `now`, and until when: always exactly one owner's.
  // - The owner of the turn that stands, where the directory knows nothing else.
  // - Where that owner is away: the absence's delegate, else who covers for the owner, who keeps the turn's role.
  // - Else the next one of the chain who is there, in the chain's order, then whom the review escalates to, then one before.
  // - Where all are away, the owner of the turn: somebody must have it.
  // An owner is away who has left, is absent, has no staffed hour left in the turn, or is a pool all of whose people are away.
  // A turn of somebody who stands in ends when the absence does. `zone` is that of the staffed hours. The review must have a
  // turn. `*stands_in_for`, where given, is the id of the owner in whose place somebody else has it; empty: in nobody's.
  v1::ReviewTurn TurnAt(const v1::Review& review, const absl::TimeZone& zone, absl::Time now,
                        std::string* stands_in_for = nullptr) const;

  // Who has at `now` what `owner` is to do by `deadline`, as for a turn that ends then; where nobody stands in, `otherwise`. What
  // is late is theirs who are there next.
  v1::Owner InChargeAt(const v1::Owner& owner, absl::Time deadline, const v1::Owner& otherwise, const absl::TimeZone& zone,
                       absl::Time now) const;

  // The first time after `now` at which that may change by itself: an absence begins or ends, or somebody's staffed hours end.
  // InfiniteFuture() for never.
  absl::Time NextChange(const absl::TimeZone& zone, absl::Time now) const;

 private:
  struct Away {
    bool is = false;
    absl::Time until = absl::InfiniteFuture();  // when somebody has to look again
    std::string delegate;                       // as the absence names one
  };
  // A turn as it is asked about: who, from now until when.
  struct Asked {
    absl::Time now, until;
    const absl::TimeZone* zone;
  };

  Away IsAway(const std::string& id, const Asked& asked) const;
  // Who stands in for an owner who is away; empty if nobody does.
  std::string StandInFor(const std::string& id, const Away& away, const Asked& asked) const;

  std::map<std::string, v1::DirectoryOwner> owners_;
};

// The id under which the directory knows an owner: the person's, or the pool's name.
const std::string& DirectoryId(const v1::Owner& owner);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DIRECTORY_H_
