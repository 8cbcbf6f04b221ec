// What is read from the store for people and the portal. Pure over a Reader; thread-safe.
#ifndef RESULTGATE_GATE_READS_H_
#define RESULTGATE_GATE_READS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/directory_service.pb.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "resultgate/v1/retention_service.pb.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/gate/directory.h"
#include "server/gate/rulebook.h"
#include "server/store/store.h"

namespace resultgate::gate {

// InvalidArgument for a page token that none of these gave.
absl::StatusOr<v1::ListOwnersResponse> ListOwners(const store::Reader& reader, const v1::ListOwnersRequest& request);
absl::StatusOr<v1::GetPatientResponse> GetPatient(const store::Reader& reader, const v1::GetPatientRequest& request);
absl::StatusOr<v1::GetResultResponse> GetResult(const store::Reader& reader, const v1::GetResultRequest& request);
absl::StatusOr<v1::ListLegalHoldsResponse> ListLegalHolds(const store::Reader& reader, const v1::ListLegalHoldsRequest& request);
absl::StatusOr<v1::ListResultsResponse> ListResults(const store::Reader& reader, const v1::ListResultsRequest& request);
// What corrects something that the patient could see comes first, then what expires first.
absl::StatusOr<v1::ListReviewsResponse> ListReviews(const store::Reader& reader, const Directory& directory,
                                                    const absl::TimeZone& zone, const v1::ListReviewsRequest& request,
                                                    absl::Time now);

// As Gate::ReadReleases. A release of which some units were overtaken is given for the others only, with a comment about them
// only, so that what is shown always fits (I12).
absl::StatusOr<std::vector<v1::Release>> ReadReleases(const store::Reader& reader, const Rulebook& rulebook,
                                                      int64_t after_sequence, bool unacknowledged_only, int limit,
                                                      int64_t* scanned_to);

// As Gate::GetRelease.
absl::StatusOr<v1::GetReleaseResponse> GetRelease(const store::Reader& reader, const Rulebook& rulebook,
                                                  const v1::GetReleaseRequest& request);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_READS_H_
