// Plans a review: who is asked, one after the other, until when. Pure.
#ifndef RESULTGATE_POLICY_REVIEW_PLAN_H_
#define RESULTGATE_POLICY_REVIEW_PLAN_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/calendar/calendar.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// The role that each order fills with who ordered it.
inline constexpr char kOrderingProvider[] = "ordering-provider";

// True if the role means nobody for this order. Who covers for whom is not known here, so `covering-provider` means nobody.
bool IsNobody(const std::string& role, const v1::ServiceRequest& order);

// A review that a rule, or the pack, asks for.
struct AskedReview {
  const ReviewAsk* ask = nullptr;
  bool by_statute = false;
  bool covered = false;  // its protocol covers what is reviewed
};

// v1::Review before it is written down. The texts belong to the pack.
struct ReviewPlan {
  struct Turn {
    const std::string* role = nullptr;
    absl::Time until;

    bool operator==(const Turn& other) const { return *role == *other.role && until == other.until; }
  };

  std::vector<Turn> turns;  // at least one
  absl::Time started_at;
  absl::Time expires_at;
  v1::OnExpiry on_expiry = v1::ON_EXPIRY_UNSPECIFIED;
  // For ESCALATE; else null, zero and unspecified.
  const std::string* escalate_to = nullptr;
  absl::Duration escalate_for;
  v1::OnExpiry after_escalation = v1::ON_EXPIRY_UNSPECIFIED;

  // When it ends at the latest, its escalation included.
  absl::Time EndsAt() const { return on_expiry == v1::ON_EXPIRY_ESCALATE ? expires_at + escalate_for : expires_at; }
  // When the turn ends that stands at `now`: the first that has not ended, else the last.
  absl::Time TurnEndsAt(absl::Time now) const;

  bool operator==(const ReviewPlan& other) const;
};

// Merges `asks` (at least one, in order of rule id) into one review, in `*plan`, whose memory is used again. Time is counted by
// the calendar of the order's facility. It begins at
// `start`, or when somebody is there next to see it: a working day that began on Saturday would be over when the first one comes
// in on Monday. Owners joined in that order and each once, the latest expiry, the strictest ending. A role that this order fills
// with nobody is passed over; where nobody is left, the pack's default owners are asked. An expiry that no statute set moves to
// the next staffed hour, so that nobody is told anything by a timer at night. Where protocols of one pool cover it for every ask,
// that pool has the first turn, the shortest that any of them gives; the end stays where it is.
void PlanReview(const Pack& pack, const v1::ServiceRequest& order, absl::Span<const AskedReview> asks, absl::Time start,
                ReviewPlan* plan);

// Writes it down; `order` says who the ordering provider is.
void ToProto(const ReviewPlan& plan, const v1::ServiceRequest& order, v1::Review* review);

// When it ends at the latest, its escalation included.
absl::Time EndOf(const v1::Review& review);

// Whose turn it is at `now`: the first turn that has not ended, else the last. The review must have a turn.
const v1::ReviewTurn& CurrentTurn(const v1::Review& review, absl::Time now);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_REVIEW_PLAN_H_
