#include "server/policy/whatif/review_load.h"

#include <set>

#include "server/base/proto_time.h"

namespace resultgate::policy {

void ReviewLoads::Add(const v1::Decision& decision) {
  using Slot = std::pair<std::string, std::string>;
  std::set<Slot> begin;
  std::set<Slot> passed_on;
  for (const v1::Outcome& outcome : decision.outcomes()) {
    if (!outcome.has_review()) continue;
    const v1::Review& review = outcome.review();
    absl::Time from = base::FromProto(review.started_at());
    const auto slot = [&](const v1::Owner& owner) { return Slot(absl::FormatTime("%Y-%m-%d", from, zone_), owner.role()); };
    for (int i = 0; i < review.turns_size(); ++i) {
      (i == 0 ? begin : passed_on).insert(slot(review.turns(i).owner()));
      from = base::FromProto(review.turns(i).until());
    }
    if (review.on_expiry() == v1::ON_EXPIRY_ESCALATE) passed_on.insert(slot(review.escalate_to()));
  }
  for (const Slot& slot : begin) ++counts_[slot].begin;
  for (const Slot& slot : passed_on) ++counts_[slot].passed_on;
}

}  // namespace resultgate::policy
