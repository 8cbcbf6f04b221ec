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

// A payload of a status whose refusal has an entry already; clients are not given it.
inline constexpr char kInTheLog[] = "resultgate/in-the-log";

// The entry: which method, with which code, by whom as far as the request says so, about which result, which fields were wrong,
// and from where (`peer` as gRPC has it). Nothing else of the request.
v1::Entry RefusedCall(const google::protobuf::Message& request, const absl::Status& status, const std::string& peer);

// Calls `finish` with the status once the log has the refusal; at once where it was no refusal but a failure of ours or too much
// at once, or where it has an entry already.
void FinishRefused(gate::Gate* gate, const google::protobuf::Message& request, const std::string& peer, absl::Status status,
                   std::function<void(const absl::Status&)> finish);

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_REFUSED_CALL_H_
