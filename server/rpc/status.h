// Failures on their way out: absl::Status inside the gate, gRPC's status (with google.rpc.Status details) on the wire.
// Pure functions, thread-safe.
#ifndef RESULTGATE_RPC_STATUS_H_
#define RESULTGATE_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <vector>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"
#include "server/gate/validate.h"

namespace resultgate::rpc {

// Details travel in the trailers of a call, of which clients take 8 KiB by default, in base64: more than this many bytes of them
// would lose the answer.
inline constexpr size_t kLargestDetails = 4096;

// Type of the payload that carries violations: google.rpc.BadRequest.
inline constexpr char kBadRequestType[] = "type.googleapis.com/google.rpc.BadRequest";

// INVALID_ARGUMENT that carries the violations as a google.rpc.BadRequest, all of them as far as kLargestDetails goes; a last one
// then says how many were left out. OK if there are none.
absl::Status BadRequest(const std::vector<gate::Violation>& violations);

// A failure with its violations as BadRequest gives them; one alone stands in the message.
absl::Status WithViolations(absl::Status status, const std::vector<gate::Violation>& violations);

// Code, message and payloads (as details).
google::rpc::Status ToRpcStatus(const absl::Status& status);

// The same for the end of a call: details are serialised as gRPC's binary details (`grpc-status-details-bin`).
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_STATUS_H_
