// A decision in plain form, and written down.
#ifndef RESULTGATE_POLICY_RULING_H_
#define RESULTGATE_POLICY_RULING_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack.h"
#include "server/policy/pool.h"
#include "server/policy/units.h"
#include "server/policy/verdict.h"

namespace resultgate::policy {

// A verdict for each unit and audience, many of which are the same one. Made by Decider (decide.h).
class Ruling {
 public:
  // Observations in their order, the document last.
  const Units& units() const { return units_; }
  // `audience` is a position in kAudiences.
  const Verdict& Of(size_t unit, size_t audience) const { return verdicts_[IndexOf(unit, audience)]; }
  // Equal verdicts have the same index.
  size_t IndexOf(size_t unit, size_t audience) const { return of_[unit][audience]; }
  // The report, with what the pack's `facts:` know filled in.
  const v1::DiagnosticReport& report() const { return *report_; }
  // Where legal clocks start; absent while nothing is final.
  const std::optional<absl::Time>& clock_start() const { return clock_start_; }
  // Facts that the report lacked and the pack's `facts:` supplied.
  const std::vector<std::string>& assumed_facts() const { return assumed_facts_; }

 private:
  friend class Decider;

  const v1::DiagnosticReport* report_ = nullptr;
  Units units_;
  Pool<Verdict> verdicts_;
  std::vector<std::array<size_t, kAudienceCount>> of_;
  std::optional<absl::Time> clock_start_;
  std::vector<std::string> assumed_facts_;
};

// Writes the outcomes down: units with equal verdicts together, first for each audience, then audiences with the same units.
// `quarantine`: why, where that was decided.
void ToProto(const Ruling& ruling, const Pack& pack, const std::string& quarantine, Outcomes* outcomes);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_RULING_H_
