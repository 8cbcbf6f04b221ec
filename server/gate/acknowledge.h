// The portal acknowledged releases: what they let go is published. Writer thread only.
#ifndef RESULTGATE_GATE_ACKNOWLEDGE_H_
#define RESULTGATE_GATE_ACKNOWLEDGE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/release_service.pb.h"
#include "server/gate/answer.h"
#include "server/store/store.h"

namespace resultgate::gate {

// As ReleaseService has it: all of them or none, an entry for each result of which some are new. Not OK only if the store failed.
absl::Status RunAcknowledge(store::Batch& batch, absl::Time now, const v1::AcknowledgeReleasesRequest& request,
                            Answer<v1::AcknowledgeReleasesResponse>& answer);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_ACKNOWLEDGE_H_
