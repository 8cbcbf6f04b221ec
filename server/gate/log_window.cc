#include "server/gate/log_window.h"

#include <vector>

#include "server/base/proto_time.h"
#include "server/base/status_macros.h"

namespace resultgate::gate {
namespace {

constexpr int kPage = 256;

}  // namespace

absl::StatusOr<int64_t> LastEntryBefore(const store::Reader& reader, absl::Time time) {
  int64_t before = 0;
  RG_ASSIGN_OR_RETURN(int64_t last, reader.LastEntrySequence());
  while (before < last) {
    const int64_t middle = before + (last - before + 1) / 2;
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entry, reader.ListEntries(middle - 1, 0, 1));
    if (!entry.empty() && base::FromProto(entry[0].time()) < time) {
      before = middle;
    } else {
      last = middle - 1;
    }
  }
  return before;
}

absl::Status ForEachEntry(const store::Reader& reader, absl::Time since, absl::Time until,
                          const std::function<absl::Status(const v1::Entry&)>& take) {
  RG_ASSIGN_OR_RETURN(int64_t after, LastEntryBefore(reader, since));
  for (;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, reader.ListEntries(after, 0, kPage));
    if (entries.empty()) return absl::OkStatus();
    for (const v1::Entry& entry : entries) {
      if (base::FromProto(entry.time()) >= until) return absl::OkStatus();
      RG_RETURN_IF_ERROR(take(entry));
      after = entry.sequence();
    }
  }
}

}  // namespace resultgate::gate
