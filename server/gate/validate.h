// What a submitted report must hold before the gate can decide it. Pure, thread-safe.
#ifndef RESULTGATE_GATE_VALIDATE_H_
#define RESULTGATE_GATE_VALIDATE_H_

#include <string>
#include <vector>

#include "resultgate/v1/model.pb.h"

namespace resultgate::gate {

struct Violation {
  std::string field;        // path from the report down, as `observations[2].id`
  std::string description;  // what is wrong and what would be right, without patient data
};

// Every violation, in the order of the fields; empty if the report can be decided. An absent fact is no violation: it is unknown.
std::vector<Violation> Validate(const v1::DiagnosticReport& report);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_VALIDATE_H_
