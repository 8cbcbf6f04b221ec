// Outcomes one unit and audience at a time, and back to groups that fare alike. Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_OUTCOMES_H_
#define RESULTGATE_POLICY_OUTCOMES_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

#include "resultgate/v1/decision.pb.h"

namespace resultgate::policy {

// The audiences, in the order in which they are decided.
inline constexpr v1::Audience kAudiences[] = {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE};
inline constexpr size_t kAudienceCount = std::size(kAudiences);

// One unit for one audience. `outcome` has no unit ids and audiences of its own.
struct Cell {
  std::string unit_id;
  v1::Audience audience = v1::AUDIENCE_UNSPECIFIED;
  v1::Outcome outcome;
};

using Outcomes = google::protobuf::RepeatedPtrField<v1::Outcome>;

// Every unit and audience on its own, in the order of the outcomes.
std::vector<Cell> ToCells(const Outcomes& outcomes);

// Cells with equal outcomes together: first over units for each audience, then over audiences with the same units. The order is
// that of the cells' first units, then audiences. ToCells(ToOutcomes(cells)) holds the same cells.
Outcomes ToOutcomes(const std::vector<Cell>& cells);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_OUTCOMES_H_
