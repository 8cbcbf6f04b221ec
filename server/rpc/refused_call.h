// Refused calls on their way into the log: that a call was refused is durable, or counted, before it is answered.
#ifndef RESULTGATE_RPC_REFUSED_CALL_H_
#define RESULTGATE_RPC_REFUSED_CALL_H_

#include <google/protobuf/message.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/gate/gate.h"

namespace resultgate::rpc {

// The caller of a request: the address as gRPC has it, without the port, which is another one for each connection, and as people
// write it: `ipv6:[::1]`.
gate::Caller CallerAt(const std::string& peer);

// A payload of a status whose refusal has an entry already; clients are not given it.
inline constexpr char kInTheLog[] = "resultgate/in-the-log";

// The entry: which method, with which code, by whom as far as the request says so, about which result, which fields were wrong,
// and from where. Nothing else of the request.
v1::Entry RefusedCall(const google::protobuf::Message& request, const absl::Status& status, const gate::Caller& caller);

// Calls `finish` with the status once the log has the refusal; at once where it was no refusal but a failure of ours, where it
// has an entry already, and where there was too much at once, which is counted alone.
void FinishRefused(gate::Gate* gate, const google::protobuf::Message& request, const gate::Caller& caller, absl::Status status,
                   std::function<void(const absl::Status&)> finish);

// The answer to a call for which there is too much to do. It is counted.
absl::Status TooMuch(gate::Gate* gate, const std::string& what);

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_REFUSED_CALL_H_
