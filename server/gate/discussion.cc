#include "server/gate/discussion.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/gate/ask_anew.h"
#include "server/gate/redecide.h"
#include "server/policy/holds.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using policy::Cell;

// The cells of which something else is asked because it was discussed.
std::vector<Cell> AskedForDiscussion(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                                     absl::Time now) {
  v1::Result undiscussed = result;
  undiscussed.clear_discussed_at();
  undiscussed.clear_discussed_how();
  std::map<std::pair<std::string, v1::Audience>, std::string> without;
  for (const Cell& cell : AskAnew(pack, undiscussed, previous, now)) {
    without[{cell.unit_id, cell.audience}] = cell.outcome.SerializeAsString();
  }
  std::vector<Cell> asked = AskAnew(pack, result, previous, now);
  const auto same = [&](const Cell& cell) { return without[{cell.unit_id, cell.audience}] == cell.outcome.SerializeAsString(); };
  asked.erase(std::remove_if(asked.begin(), asked.end(), same), asked.end());
  return asked;
}

}  // namespace

std::optional<absl::Time> DiscussedAt(const v1::ApproveReviewRequest& request, absl::Time now) {
  if (request.discussed_how().empty()) return std::nullopt;
  return request.has_discussed_at() ? FromProto(request.discussed_at()) : now;
}

absl::Status CheckDiscussedAt(absl::Time discussed_at, const v1::Result& result, absl::Time now) {
  if (discussed_at > now) return absl::InvalidArgumentError("discussed_at lies in the future");
  if (result.report().has_effective() && discussed_at < FromProto(result.report().effective())) {
    return absl::InvalidArgumentError("discussed_at lies before the specimen was taken or the study done");
  }
  return absl::OkStatus();
}

void KeepDiscussion(absl::Time discussed_at, const std::string& how, v1::Result* result, v1::Entry::Approved* approved) {
  *result->mutable_discussed_at() = base::ToProto(discussed_at);
  result->set_discussed_how(how);
  google::protobuf::Timestamp* contacted = result->mutable_follow_up()->mutable_contacted_at();
  if (FromProto(*contacted) < discussed_at) *contacted = base::ToProto(discussed_at);
  *approved->mutable_discussed_at() = base::ToProto(discussed_at);
  approved->set_discussed_how(how);
}

bool MayBeDiscussed(const v1::Result& result) {
  const auto& outcomes = result.decision().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(), [](const v1::Outcome& outcome) {
    return outcome.state() == v1::OUTCOME_STATE_HELD && outcome.disposition() != v1::DISPOSITION_QUARANTINE;
  });
}

Transition TakeDiscussion(const policy::Pack& pack, const v1::Result& result, const v1::Decision* previous,
                          std::vector<Cell> cells, absl::Time now) {
  const bool own_pack = pack.digest() == result.decision().pack_digest();
  // Nothing is discussed with the dead, whatever is told.
  const bool closes =
      std::any_of(cells.begin(), cells.end(), [](const Cell& cell) { return policy::IsLeftByTheDead(cell.outcome); });
  if (own_pack && !closes) {
    v1::Result standing = result;
    *standing.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(cells);
    Reconsidering how;
    how.held.relax = true;
    Anew anew = Reconsider(standing, AskedForDiscussion(pack, standing, previous, now), how, now);
    if (anew.changed) return std::move(anew.transition);
  }
  return TakeRedecided(result, std::move(cells), now);
}

}  // namespace resultgate::gate
