// Who has seen a result and who was reached about it, from its log entries.
//
// Who saw a version, or was told of it, has not seen the one that corrects it; nor has anybody seen what is out again after all
// of it had been taken away, because it was wrong or another patient's.
//
// Not thread-safe.
#ifndef RESULTGATE_AUDIT_VIEWING_H_
#define RESULTGATE_AUDIT_VIEWING_H_

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/summary.pb.h"

namespace resultgate::audit {

class Viewing {
 public:
  // Takes in the next entry of the result, with the releases that it tells of.
  void Take(const v1::Entry& entry, const std::vector<const v1::ReleaseNote*>& releases);

  // Fills first_viewed_at, opened_at, contacted_at and unseen_since.
  void Write(v1::Turnaround* turnaround) const;

 private:
  void TakeReleases(const std::vector<const v1::ReleaseNote*>& releases, absl::Time now);

  std::set<std::pair<std::string, int>> shown_;   // units with their audience, delegates left out: what they see tells nothing
  absl::Time version_at_ = absl::InfinitePast();  // when the standing version came
  std::optional<absl::Time> seen_at_;             // what is out
  std::optional<absl::Time> unseen_since_;
  std::optional<absl::Time> first_viewed_at_, opened_at_, contacted_at_;
};

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_VIEWING_H_
