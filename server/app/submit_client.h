// Many reports over one SubmitResults stream.
#ifndef RESULTGATE_APP_SUBMIT_CLIENT_H_
#define RESULTGATE_APP_SUBMIT_CLIENT_H_

#include <vector>

#include "google/rpc/status.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"

namespace resultgate::app {

// What became of one report.
struct Submitted {
  // False: the connection broke before the gate answered; `error` says how. Whether it was taken in is not known; submitting it
  // again is safe, because the gate knows duplicates.
  bool answered = false;
  // Set if `error.code()` is 0.
  v1::SubmitResultResponse response;
  google::rpc::Status error;
};

// Submits all, with many in flight, and returns what became of each, in order. Blocks. A gate that is overloaded is asked again a
// few times, later and later.
std::vector<Submitted> SubmitAll(v1::ResultGateService::StubInterface* stub,
                                 const std::vector<v1::SubmitResultRequest>& requests);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_SUBMIT_CLIENT_H_
