// The releases that an entry tells of, against those that come out when it is decided again. Pure function, thread-safe.
#ifndef RESULTGATE_GATE_REPLAY_RELEASES_H_
#define RESULTGATE_GATE_REPLAY_RELEASES_H_

#include <string>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "server/gate/transition.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {

// Where they differ, a line each. `cells` become the transition's, with the numbers of releases that the log gave them.
std::vector<std::string> ReleaseDifferences(const v1::Entry& entry, const Transition& transition,
                                            std::vector<policy::Cell>* cells);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REPLAY_RELEASES_H_
