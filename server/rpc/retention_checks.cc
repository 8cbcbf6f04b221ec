// What each request of RetentionService must hold before it is passed on.
#include "server/rpc/checks.h"

namespace resultgate::rpc {

Violations Check(const v1::PlaceLegalHoldRequest& request) {
  Violations violations;
  if (request.has_patient() == (request.result_id() != 0)) {
    violations.push_back({"result_id", "a result or a patient is required, and not both"});
  } else if (request.has_patient()) {
    CheckName("patient.system", request.patient().system(), /*required=*/false, &violations);
    CheckName("patient.value", request.patient().value(), /*required=*/true, &violations);
  } else {
    CheckId("result_id", request.result_id(), &violations);
  }
  CheckName("placed_by", request.placed_by(), /*required=*/true, &violations);
  CheckReason(request.reason(), /*required=*/true, &violations);
  return violations;
}

Violations Check(const v1::EndLegalHoldRequest& request) {
  Violations violations;
  CheckId("legal_hold_id", request.legal_hold_id(), &violations);
  CheckName("ended_by", request.ended_by(), /*required=*/true, &violations);
  CheckReason(request.reason(), /*required=*/true, &violations);
  return violations;
}

Violations Check(const v1::ListLegalHoldsRequest& request) {
  Violations violations;
  CheckPageSize(request.page_size(), &violations);
  return violations;
}

Violations Check(const v1::EraseResultRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  CheckName("requested_by", request.requested_by(), /*required=*/true, &violations);
  CheckName("approved_by", request.approved_by(), /*required=*/true, &violations);
  CheckReason(request.reason(), /*required=*/true, &violations);
  return violations;
}

}  // namespace resultgate::rpc
