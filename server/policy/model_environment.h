// What a rule's expression may speak of: the variables of the model and the value sets.
#ifndef RESULTGATE_POLICY_MODEL_ENVIRONMENT_H_
#define RESULTGATE_POLICY_MODEL_ENVIRONMENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/expr/expr.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

// Builds environments over one registry of value sets, and owns what programs compiled with them point to: it must outlive them.
// Immutable after construction, thread-safe.
class ModelEnvironment {
 public:
  explicit ModelEnvironment(std::shared_ptr<const valueset::Registry> value_sets);
  ~ModelEnvironment();

  // Positions of the variables `report`, `observation`, `patient`, `order`, `audience` and `now`.
  enum Position : size_t { kReport, kObservation, kPatient, kOrder, kAudience, kNow };

  const expr::Environment& environment() const { return environment_; }

  // The values of the variables for one unit and audience; `observation` is nullptr for the document.
  static expr::Activation Activate(const v1::DiagnosticReport& report, const v1::Observation* observation, v1::Audience audience,
                                   absl::Time now, const absl::TimeZone& zone);
  // The same into `*activation`, which is empty or has been used before: then at less cost.
  static void Activate(const v1::DiagnosticReport& report, const v1::Observation* observation, v1::Audience audience,
                       absl::Time now, const absl::TimeZone& zone, expr::Activation* activation);

 private:
  std::shared_ptr<const valueset::Registry> value_sets_;
  std::vector<std::unique_ptr<expr::CodeSet>> code_sets_;
  expr::Environment environment_;
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_MODEL_ENVIRONMENT_H_
