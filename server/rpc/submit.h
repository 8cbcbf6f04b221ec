// One submitted report, unary or in a stream: validated, then given to the gate, or refused.
#ifndef RESULTGATE_RPC_SUBMIT_H_
#define RESULTGATE_RPC_SUBMIT_H_

#include <vector>

#include "resultgate/v1/result_gate_service.pb.h"
#include "server/gate/gate.h"
#include "server/gate/validate.h"

namespace resultgate::rpc {

// Calls `done` exactly once, when what it says is durable; on the gate's writer thread, or before Submit returns. A report that
// validation refuses is written into the log first, with an owner, so that its loss is watched: places and expectations only, no
// patient data. If that cannot be made durable, `done` gets that failure, and the sender tries again.
void Submit(gate::Gate* gate, v1::SubmitResultRequest request, const gate::Caller& caller,
            gate::Callback<v1::SubmitResultResponse> done);

// The same for a report that is not taken, whatever it says, because the item of the stream that holds it is wrong.
void Refuse(gate::Gate* gate, const v1::SubmitResultRequest& request, const std::vector<gate::Violation>& violations,
            const gate::Caller& caller, gate::Callback<v1::SubmitResultResponse> done);

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_SUBMIT_H_
