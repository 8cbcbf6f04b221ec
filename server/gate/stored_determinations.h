// What people determined for a result, and what became of its reviews, as it is kept against what the log says. Pure,
// thread-safe.
#ifndef RESULTGATE_GATE_STORED_DETERMINATIONS_H_
#define RESULTGATE_GATE_STORED_DETERMINATIONS_H_

#include <string>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"

namespace resultgate::gate {

// What does not fit, in words without what a person wrote; empty where all does. `entries` are all of the result's, in order.
std::vector<std::string> DeterminationFindings(const v1::Result& kept, const std::vector<v1::Entry>& entries);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_DETERMINATIONS_H_
