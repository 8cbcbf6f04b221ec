// What reviews cost, counted from the log. Pure but for what it is told of results; one thread.
#ifndef RESULTGATE_GATE_WORKLOAD_H_
#define RESULTGATE_GATE_WORKLOAD_H_

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

class Workload {
 public:
  // Weeks begin on Monday in `zone`. `group_by` as in GetWorkloadRequest.
  template <typename Dimensions>
  Workload(absl::TimeZone zone, const Dimensions& group_by) : zone_(zone), by_(group_by.begin(), group_by.end()) {}

  // Entries in the order of the log.
  void Add(const v1::Entry& entry);
  // The patient wrote about this result.
  void AddMessage(const v1::Entry& entry, const v1::Result& about);

  // In order of week, rule, pool and clinician.
  std::vector<v1::WorkloadRow> Rows() const;

 private:
  // What `outcomes` came to: counted once for each rule that asked for the review.
  template <typename Outcomes>
  void AddDecided(const v1::Entry& entry, const Outcomes& outcomes);
  template <typename Outcomes, typename Count>
  void ForEachRule(const v1::Entry& entry, const Outcomes& outcomes, const std::string& clinician, Count count);
  bool Is(v1::WorkloadDimension by) const { return by_.empty() || by_.count(by) > 0; }
  v1::WorkloadRow& Row(absl::Time time, const std::string& rule, const std::string& pool, const std::string& clinician);

  const absl::TimeZone zone_;
  const std::set<int> by_;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, v1::WorkloadRow> rows_;
  std::map<int64_t, std::pair<std::string, absl::Time>> claimed_;  // by result: who, when
};

// Counts the log of the time that is asked for.
absl::StatusOr<v1::GetWorkloadResponse> GetWorkload(const store::Reader& reader, const v1::GetWorkloadRequest& request,
                                                    absl::TimeZone zone);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_WORKLOAD_H_
