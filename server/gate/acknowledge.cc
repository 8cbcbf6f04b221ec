#include "server/gate/acknowledge.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/gate/result_commit.h"
#include "server/gate/transition.h"

namespace resultgate::gate {
namespace {

absl::Status AcknowledgeResult(store::Batch& batch, absl::Time now, int64_t result_id, const std::vector<int64_t>& sequences) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, batch.FindResult(result_id));
  if (!result) return absl::DataLossError(absl::StrCat("a release is of result ", result_id, ", which is not there"));
  v1::Entry entry;
  entry.set_result_id(result_id);
  entry.set_version(result->version());
  for (const int64_t sequence : sequences) {
    RG_RETURN_IF_ERROR(batch.AcknowledgeRelease(sequence));
    entry.mutable_acknowledged()->add_release_sequences(sequence);
    Acknowledge(sequence, result->mutable_decision()->mutable_outcomes());
  }
  RG_RETURN_IF_ERROR(batch.PutResult(*result));
  return AppendEntry(batch, now, "portal", std::move(entry));
}

}  // namespace

absl::Status RunAcknowledge(store::Batch& batch, absl::Time now, const v1::AcknowledgeReleasesRequest& request,
                            Answer<v1::AcknowledgeReleasesResponse>& answer) {
  std::map<int64_t, std::vector<int64_t>> new_by_result;
  for (const int64_t sequence : request.sequences()) {
    RG_ASSIGN_OR_RETURN(const std::optional<store::OutboxRow> row, batch.FindRelease(sequence));
    if (!row) {
      answer.refused = absl::NotFoundError(absl::StrCat("no release ", sequence));
      return absl::OkStatus();
    }
    std::vector<int64_t>& sequences = new_by_result[row->release.result_id()];
    const bool repeated = std::find(sequences.begin(), sequences.end(), sequence) != sequences.end();
    if (!row->acknowledged && !repeated) sequences.push_back(sequence);
  }
  for (const auto& [result_id, sequences] : new_by_result) {
    if (!sequences.empty()) RG_RETURN_IF_ERROR(AcknowledgeResult(batch, now, result_id, sequences));
    answer.response.set_newly_acknowledged(answer.response.newly_acknowledged() + static_cast<int>(sequences.size()));
  }
  return absl::OkStatus();
}

}  // namespace resultgate::gate
