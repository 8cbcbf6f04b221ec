// What auditors read: entries by filter and page, the signed head, proofs. Nothing here keeps state; thread-safe.
#ifndef RESULTGATE_GATE_LOG_READS_H_
#define RESULTGATE_GATE_LOG_READS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/audit/history.h"
#include "server/store/store.h"

namespace resultgate::gate {

// A page looks at so many entries at most, so that a filter that hardly anything matches keeps no reader busy.
inline constexpr int kMostEntriesLookedAt = 20'000;

// The pages of one question show the log as it was at the first. InvalidArgument for a filter that is none, with all its
// mistakes, and for a page token that was changed, or belongs to another question, order, reader or log (page_token.h).
absl::StatusOr<v1::ListEntriesResponse> ListEntries(const store::Store& store, const v1::ListEntriesRequest& request);

// All entries about a result up to `last`, in order.
absl::StatusOr<std::vector<v1::Entry>> EntriesOf(const store::Reader& reader, int64_t result_id, int64_t last);

// NotFound if there is none. Times in the text are in `zone`; `asked_by` as for audit::HistoryOf.
absl::StatusOr<v1::GetHistoryResponse> GetHistory(const store::Reader& reader, const v1::GetHistoryRequest& request,
                                                  absl::TimeZone zone, const audit::AskedBy& asked_by);

absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(const store::LogReader& log);
absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(const store::LogReader& log,
                                                                const v1::GetInclusionProofRequest& request);
absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(const store::LogReader& log,
                                                                    const v1::GetConsistencyProofRequest& request);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_LOG_READS_H_
