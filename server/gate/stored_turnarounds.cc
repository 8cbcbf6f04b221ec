#include "server/gate/stored_turnarounds.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "resultgate/v1/summary.pb.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/log_follower.h"
#include "server/gate/turnarounds.h"

namespace resultgate::gate {

absl::Status StoredTurnarounds::Begin(const Find& find) {
  RG_ASSIGN_OR_RETURN(reach_, log_.TurnaroundsReach());
  if (reach_ < 0 || reach_ % kEntriesFollowed != 0 || reach_ > log_.size()) {
    find(absl::StrCat("the times of results are said to tell of the log up to entry ", reach_, ", where no follower stops"));
  }
  return absl::OkStatus();
}

absl::Status StoredTurnarounds::CheckResult(int64_t id, const v1::Result* kept, const std::vector<v1::Entry>& entries,
                                            int64_t last_told, const Find& find) {
  std::vector<v1::Entry> told;
  for (const v1::Entry& entry : entries) {
    if (entry.sequence() <= reach_) told.push_back(entry);
  }
  std::optional<v1::Turnaround> expected = TurnaroundFrom(told, kept);
  if (!expected) return absl::OkStatus();
  const int64_t received_us = absl::ToUnixMicros(base::FromProto(expected->received_at()));
  expected_[id] = received_us;
  RG_ASSIGN_OR_RETURN(const std::optional<std::string> row, log_.FindTurnaroundRow(received_us, id));
  if (!row) {
    find(absl::StrCat("result ", id, ": its times, which figures count, are missing"));
    return absl::OkStatus();
  }
  v1::Turnaround times;
  const bool readable = times.ParseFromString(*row) && times.SerializeAsString() == *row;
  const int64_t last = entries.back().sequence();
  for (v1::Turnaround* turnaround : {&*expected, &times}) {
    // What the result says besides may be as it was before a later entry; figures put its times together anew until they follow.
    if (kept == nullptr || last > reach_) {
      turnaround->clear_section();
      turnaround->clear_language();
      turnaround->clear_facility();
      turnaround->clear_abnormal();
    }
    // What is told of a patient is known to the result at once, and to its times with the next entry.
    if (kept == nullptr || last > reach_ || last_told > last) turnaround->clear_portal_account();
  }
  if (!readable || times.SerializeAsString() != expected->SerializeAsString()) {
    find(absl::StrCat("result ", id, ": its times, which figures count, are not those that the log tells"));
  }
  return absl::OkStatus();
}

absl::Status StoredTurnarounds::Finish(const Find& find) {
  return log_.ForEachTurnaround([&](int64_t received_us, int64_t id) {
    const auto found = expected_.find(id);
    if (ignored_.contains(id) || (found != expected_.end() && found->second == received_us)) return;
    find(absl::StrCat("result ", id, ": times of it that figures count came in beside the gate"));
  });
}

}  // namespace resultgate::gate
