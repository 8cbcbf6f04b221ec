// What one pack does with reports that come in.
#ifndef RESULTGATE_POLICY_WHATIF_SIMULATION_H_
#define RESULTGATE_POLICY_WHATIF_SIMULATION_H_

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/what_if.pb.h"
#include "server/policy/pack.h"
#include "server/policy/whatif/arrival.h"
#include "server/policy/whatif/review_load.h"

namespace resultgate::policy {

// Add reports one after the other, then take the summary. Keeps counts, waits and examples, no reports. Not thread-safe. The same
// reports in the same order give the same bytes. `pack` must outlive it.
class Simulator {
 public:
  explicit Simulator(const Pack& pack);

  void Add(const Arrival& arrival, const v1::DiagnosticReport& report);
  v1::Simulation Summary() const;

 private:
  // Section, value set, language; unspecified or empty for all.
  using Group = std::tuple<v1::Section, std::string, std::string, v1::Audience>;
  struct Tally {
    std::map<v1::Disposition, int> units;
    std::vector<absl::Duration> waits;
  };
  using Tallies = std::map<Group, Tally>;

  static void Count(const Group& group, v1::Disposition disposition, absl::Duration wait, Tallies* tallies);
  static void Write(const Tallies& tallies, google::protobuf::RepeatedPtrField<v1::Fates>* fates);
  void CountRules(const v1::Decision& decision, absl::Time now);
  void KeepExamples(const Arrival& arrival, const v1::DiagnosticReport& report, const v1::Decision& decision);

  const Pack& pack_;
  int reports_ = 0;
  int units_ = 0;
  Tallies totals_, by_class_, by_language_, by_both_;
  ReviewLoads loads_;
  std::map<std::string, v1::RuleUse> rules_;
  std::map<std::pair<UnitClass, std::string>, v1::UnitExample> examples_;  // by class, disposition and rules
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_WHATIF_SIMULATION_H_
