#include "server/gate/open_refusals.h"

#include <algorithm>

#include "absl/status/status.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/base/status_macros.h"

namespace resultgate::gate {
namespace {

constexpr int kPage = 256;

// Gives `take` the entries about no result after this one, the newest first, until it returns false.
template <typename Take>
absl::Status ForEachBackTo(const store::Reader& reader, int64_t after, const Take& take) {
  for (int64_t before = 0;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> page, reader.ListEntriesAboutNone(before, kPage));
    for (const v1::Entry& entry : page) {
      if (entry.sequence() <= after || !take(entry)) return absl::OkStatus();
      before = entry.sequence();
    }
    if (page.empty()) return absl::OkStatus();
  }
}

bool TellsSettled(const v1::Entry& entry) {
  return entry.followed_up().kind() == v1::FOLLOW_UP_KIND_REFUSAL_SETTLED;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> OpenRefusals::List(const store::Reader& reader) {
  const std::lock_guard<std::mutex> lock(mutex_);
  int64_t newest = reach_;
  std::set<int64_t> refused;
  std::set<int64_t> settled;
  RG_RETURN_IF_ERROR(ForEachBackTo(reader, reach_, [&](const v1::Entry& entry) {
    newest = std::max(newest, entry.sequence());
    if (entry.has_refused()) refused.insert(entry.sequence());
    if (TellsSettled(entry)) settled.insert(entry.followed_up().refusal_sequence());
    return true;
  }));
  open_.merge(refused);
  for (const int64_t refusal : settled) open_.erase(refusal);
  reach_ = newest;
  return std::vector<int64_t>(open_.begin(), open_.end());
}

absl::StatusOr<bool> IsSettled(const store::Reader& reader, int64_t refusal) {
  bool settled = false;
  RG_RETURN_IF_ERROR(ForEachBackTo(reader, refusal, [&](const v1::Entry& entry) {
    settled = TellsSettled(entry) && entry.followed_up().refusal_sequence() == refusal;
    return !settled;
  }));
  return settled;
}

}  // namespace resultgate::gate
