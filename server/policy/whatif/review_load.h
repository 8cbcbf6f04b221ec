// How many reports come to whom for review on which day.
#ifndef RESULTGATE_POLICY_WHATIF_REVIEW_LOAD_H_
#define RESULTGATE_POLICY_WHATIF_REVIEW_LOAD_H_

#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"

namespace resultgate::policy {

// A report counts once for each owner and day, however many of its units and audiences wait there: it is read once.
class ReviewLoads {
 public:
  struct Count {
    int begin = 0;      // reviews that begin with this owner that day
    int passed_on = 0;  // that come to this owner that day if those before did nothing
  };
  // By day (`2026-03-09`) and owner's role.
  using Counts = std::map<std::pair<std::string, std::string>, Count>;

  explicit ReviewLoads(absl::TimeZone zone) : zone_(zone) {}

  void Add(const v1::Decision& decision);
  const Counts& counts() const { return counts_; }

 private:
  absl::TimeZone zone_;
  Counts counts_;
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_WHATIF_REVIEW_LOAD_H_
