#include "server/gate/decision_before.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/gate/logged_state.h"

namespace resultgate::gate {
namespace {

constexpr int kPage = 128;

absl::StatusOr<std::optional<v1::Decision>> PreviousIn(const std::vector<v1::Entry>& entries, const v1::Result& result) {
  if (result.version() == 1) return std::nullopt;
  LoggedState state;
  for (const v1::Entry& entry : entries) {
    if (entry.version() > result.version()) break;  // came since the result was read
    state.Take(entry);
  }
  if (state.result().version() != result.version()) {
    return absl::DataLossError(absl::StrCat("result ", result.id(), " has version ", result.version(), ", and the log ends with ",
                                            state.result().version()));
  }
  return state.previous() == nullptr ? std::nullopt : std::optional<v1::Decision>(*state.previous());
}

}  // namespace

absl::StatusOr<std::optional<v1::Decision>> DecisionBefore(const store::Reader& reader, const v1::Result& result) {
  std::vector<v1::Entry> entries;
  for (int64_t after = 0; result.version() > 1;) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> page, reader.ListEntries(after, result.id(), kPage));
    if (page.empty()) break;
    after = page.back().sequence();
    std::move(page.begin(), page.end(), std::back_inserter(entries));
  }
  return PreviousIn(entries, result);
}

absl::StatusOr<std::optional<v1::Decision>> DecisionBefore(store::Batch& batch, const v1::Result& result) {
  std::vector<v1::Entry> entries;
  if (result.version() > 1) {
    RG_ASSIGN_OR_RETURN(entries, batch.EntriesOf(result.id()));
  }
  return PreviousIn(entries, result);
}

absl::StatusOr<std::optional<v1::Decision>> DecisionBeforeDoubt(store::Batch& batch, int64_t result_id) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, batch.EntriesOf(result_id));
  LoggedState state;
  for (const v1::Entry& entry : entries) state.Take(entry);
  return state.settled().outcomes().empty() ? std::nullopt : std::optional<v1::Decision>(state.settled());
}

}  // namespace resultgate::gate
