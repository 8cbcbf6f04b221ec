// What a reviewer reads: what waits for whom, and one result with all that is needed to decide about it. Thread-safe; blocks on
// the disk.
#ifndef RESULTGATE_GATE_REVIEW_SCREEN_H_
#define RESULTGATE_GATE_REVIEW_SCREEN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/directory.h"
#include "server/gate/pack_host.h"
#include "server/store/store.h"

namespace resultgate::gate {

// The reviews that one result waits for, of this role or person; empty for all. In order of its outcomes. `directory` says whose
// turn each is; `zone` as for Directory::TurnAt. `reader` is asked only of what has several versions: what the patient reads of
// it.
absl::StatusOr<std::vector<v1::PendingReview>> PendingReviewsOf(const store::Reader& reader, const v1::Result& result,
                                                                const Directory& directory, const absl::TimeZone& zone,
                                                                const std::string& owner, absl::Time now);

// NotFound if there is no such result. Titles of rules are those of the pack that decided, where it is kept; comments as they
// would be rendered now.
absl::StatusOr<v1::GetReviewResponse> GetReview(const store::Reader& reader, const PackHost& packs, const Directory& directory,
                                                int64_t result_id, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REVIEW_SCREEN_H_
