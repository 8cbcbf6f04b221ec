#include "server/rpc/read_notes.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"

namespace resultgate::rpc {
namespace {

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", base::FromProto(time), absl::UTCTimeZone());
}

v1::Entry WithFilter(v1::Entry entry, const std::vector<std::string>& parts) {
  entry.mutable_queried()->set_filter(absl::StrJoin(parts, " AND "));
  return entry;
}

v1::Entry About(v1::Entry entry, const v1::Result& result) {
  entry.set_result_id(result.id());
  entry.set_version(result.version());
  return entry;
}

}  // namespace

v1::Entry QueryEntry(const std::string& actor, v1::Query query, int64_t answered) {
  v1::Entry entry;
  entry.set_actor(actor);
  entry.mutable_queried()->set_query(query);
  entry.mutable_queried()->set_answered(answered);
  return entry;
}

v1::Entry NoteResult(const v1::GetResultRequest& request, const v1::GetResultResponse& response) {
  return About(QueryEntry(request.actor(), v1::QUERY_RESULT, 1), response.result());
}

v1::Entry NoteResults(const v1::ListResultsRequest& request, const v1::ListResultsResponse& response) {
  std::vector<std::string> parts;
  if (!response.results().empty()) {
    parts.push_back(absl::StrCat("result >= ", response.results().begin()->id()));
    parts.push_back(absl::StrCat("result <= ", response.results().rbegin()->id()));
  }
  if (request.state() != v1::OUTCOME_STATE_UNSPECIFIED) {
    parts.push_back(absl::StrCat("state = ", audit::EnumWord(v1::OutcomeState_Name(request.state()), "OUTCOME_STATE_")));
  }
  if (request.has_received_since()) parts.push_back(absl::StrCat("time >= ", TimeText(request.received_since())));
  const v1::Entry entry = WithFilter(QueryEntry(request.actor(), v1::QUERY_RESULTS, response.results_size()), parts);
  return response.results_size() == 1 ? About(entry, response.results(0)) : entry;
}

v1::Entry NoteReview(const v1::GetReviewRequest& request, const v1::GetReviewResponse& response) {
  return About(QueryEntry(request.reviewer(), v1::QUERY_RESULT, 1), response.result());
}

v1::Entry NoteRelease(const v1::GetReleaseRequest& request, const v1::GetReleaseResponse& response) {
  v1::Entry entry =
      WithFilter(QueryEntry(request.actor(), v1::QUERY_RESULT, 1), {absl::StrCat("release = ", request.sequence())});
  entry.set_result_id(response.release().result_id());
  entry.set_version(response.release().version());
  return entry;
}

v1::Entry NotePatient(const v1::GetPatientRequest& request, const v1::GetPatientResponse& response) {
  return WithFilter(QueryEntry(request.actor(), v1::QUERY_PATIENT, 1), {absl::StrCat("record = ", response.record().id())});
}

v1::Entry NoteOutreach(const v1::ListOutreachRequest& request, const v1::ListOutreachResponse& response) {
  std::vector<std::string> parts;
  if (request.kind() != v1::OUTREACH_KIND_UNSPECIFIED) {
    parts.push_back(absl::StrCat("kind = ", audit::EnumWord(v1::OutreachKind_Name(request.kind()), "OUTREACH_KIND_")));
  }
  return WithFilter(QueryEntry(request.actor(), v1::QUERY_OUTREACH, response.tasks_size()), parts);
}

v1::Entry NoteActivations(const v1::ListActivationsRequest& request, const v1::ListActivationsResponse& response) {
  return QueryEntry(request.actor(), v1::QUERY_ACTIVATIONS, response.activations_size());
}

v1::Entry NoteWorkload(const v1::GetWorkloadRequest& request, const v1::GetWorkloadResponse& response) {
  std::vector<std::string> parts;
  if (request.has_since()) parts.push_back(absl::StrCat("time >= ", TimeText(request.since())));
  if (request.has_until()) parts.push_back(absl::StrCat("time < ", TimeText(request.until())));
  return WithFilter(QueryEntry(request.actor(), v1::QUERY_WORKLOAD, response.rows_size()), parts);
}

}  // namespace resultgate::rpc
