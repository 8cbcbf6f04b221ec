// What reviews cost, and what patients wrote about what went, counted from the log alone. One thread.
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
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/directory.h"
#include "server/store/store.h"

namespace resultgate::gate {

// A turn that is over without a decision is counted once, to the role and person whose turn it was when it ended: as escalated or
// expired where the review escalates or expires with it, else as overdue. Whose it was is what the log has, claims and hand-overs
// included, and who stood in then for an absence that the directory knows now.
//
// A message is counted to the rules that permit, delay or ask to review what the patient was shown when it came, and to the
// templates that this was shown by; where nothing was shown, to the rules that hold it.
class Workload {
 public:
  // Counts what happened in [since, until). Weeks begin on Monday in `zone`. `group_by` as in GetWorkloadRequest. `directory`:
  // only what it says of times is asked, its owners' absences.
  template <typename Dimensions>
  Workload(absl::TimeZone zone, absl::Time since, absl::Time until, const Dimensions& group_by, Directory directory = Directory())
      : zone_(zone), since_(since), until_(until), by_(group_by.begin(), group_by.end()), directory_(std::move(directory)) {}

  // All entries about one result up to `until`, in the order of the log: those before `since` tell how it stood by then.
  void Add(const std::vector<v1::Entry>& entries);

  // In order of week, rule, pool, clinician and template.
  std::vector<v1::WorkloadRow> Rows() const;

 private:
  class OneResult;
  // What a row is of beside its week; what rows are not made by is empty.
  struct Place {
    std::string rule, pool, clinician, template_id;

    std::tuple<const std::string&, const std::string&, const std::string&, const std::string&> Key() const {
      return {rule, pool, clinician, template_id};
    }
    bool operator<(const Place& other) const { return Key() < other.Key(); }
  };

  bool Is(v1::WorkloadDimension by) const { return by_.empty() || by_.count(by) > 0; }
  Place PlaceOf(const std::string& rule, const std::string& pool, const std::string& clinician,
                const std::string& template_id) const;
  v1::WorkloadRow& Row(absl::Time time, const Place& place);

  const absl::TimeZone zone_;
  const absl::Time since_, until_;
  const std::set<int> by_;
  const Directory directory_;
  std::map<std::pair<std::string, Place>, v1::WorkloadRow> rows_;  // by week and place
};

// Counts the log of the time that is asked for. Thread-safe; blocks on the disk.
absl::StatusOr<v1::GetWorkloadResponse> GetWorkload(const store::Reader& reader, const v1::GetWorkloadRequest& request,
                                                    absl::TimeZone zone);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_WORKLOAD_H_
