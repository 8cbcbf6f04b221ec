#include "server/gate/decision_before.h"

#include <iterator>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/logged_state.h"

namespace resultgate::gate {
namespace {

constexpr int kPage = 128;

// Nothing is before the first version, unless people have ended a doubt of it, by which it was decided again.
bool HasOneBefore(const v1::Result& result) {
  return result.version() > 1 || base::FromProto(result.decision().decided_at()) != base::FromProto(result.received_at());
}

absl::StatusOr<LoggedState> StateOf(const std::vector<v1::Entry>& entries, const v1::Result& result) {
  LoggedState state;
  for (const v1::Entry& entry : entries) {
    if (entry.version() > result.version()) break;  // came since the result was read
    state.Take(entry);
  }
  if (state.result().version() != result.version()) {
    return absl::DataLossError(absl::StrCat("result ", result.id(), " has version ", result.version(), ", and the log ends with ",
                                            state.result().version()));
  }
  return state;
}

absl::StatusOr<std::optional<v1::Decision>> PreviousIn(const std::vector<v1::Entry>& entries, const v1::Result& result) {
  RG_ASSIGN_OR_RETURN(const LoggedState state, StateOf(entries, result));
  return state.previous() == nullptr ? std::nullopt : std::optional<v1::Decision>(*state.previous());
}

}  // namespace

absl::StatusOr<std::optional<v1::Decision>> DecisionBefore(const store::Reader& reader, const v1::Result& result) {
  if (!HasOneBefore(result)) return std::nullopt;
  std::vector<v1::Entry> entries;
  for (int64_t after = 0;;) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> page, reader.ListEntries(after, result.id(), kPage));
    if (page.empty()) return PreviousIn(entries, result);
    after = page.back().sequence();
    std::move(page.begin(), page.end(), std::back_inserter(entries));
  }
}

absl::StatusOr<std::optional<v1::Decision>> DecisionBefore(store::Batch& batch, const v1::Result& result) {
  if (!HasOneBefore(result)) return std::nullopt;
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, batch.EntriesOf(result.id()));
  return PreviousIn(entries, result);
}

absl::StatusOr<v1::Decision> DecisionBeforeDoubt(store::Batch& batch, const v1::Result& result) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, batch.EntriesOf(result.id()));
  RG_ASSIGN_OR_RETURN(const LoggedState state, StateOf(entries, result));
  return state.settled();
}

}  // namespace resultgate::gate
