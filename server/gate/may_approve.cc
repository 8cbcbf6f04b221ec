#include "server/gate/may_approve.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/audit/entry_words.h"
#include "server/base/proto_time.h"
#include "server/gate/approval.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"

namespace resultgate::gate {
namespace {

// Pools that the pack asks by protocols, and never for themselves.
std::set<std::string> ProtocolPools(const policy::Pack& pack) {
  std::set<std::string> pools;
  std::set<std::string> owners = {pack.refusal_owner()};
  const auto take = [&](const policy::ReviewAsk& ask) {
    owners.insert(ask.owners.begin(), ask.owners.end());
    owners.insert(ask.escalate_to);
    if (ask.protocol) pools.insert(ask.protocol->pool);
  };
  take(pack.default_review());
  take(pack.quarantine_review());
  for (const policy::Rule& rule : pack.rules()) {
    if (rule.then.review) take(*rule.then.review);
  }
  for (const std::string& owner : owners) pools.erase(owner);
  return pools;
}

// The pools by whose protocols alone this person decides; empty for whoever decides anything.
std::vector<std::string> BoundTo(const Directory& directory, const policy::Pack& pack, const v1::Result& result,
                                 const std::string& person) {
  if (directory.IsLicensed(person) || result.report().order().ordering_provider().value() == person) return {};
  std::vector<std::string> pools = directory.PoolsOf(person);
  if (pools.empty()) return {};
  const std::set<std::string> by_protocol = ProtocolPools(pack);
  const bool bound =
      std::all_of(pools.begin(), pools.end(), [&](const std::string& pool) { return by_protocol.count(pool) > 0; });
  return bound ? pools : std::vector<std::string>();
}

// An approval would end its wait.
bool WouldBeApproved(const v1::Outcome& outcome, absl::Time now) {
  if (outcome.state() != v1::OUTCOME_STATE_HELD || outcome.review().turns().empty()) return false;
  return outcome.disposition() == v1::DISPOSITION_REVIEW || outcome.disposition() == v1::DISPOSITION_QUARANTINE ||
         (outcome.disposition() == v1::DISPOSITION_WITHHOLD && base::FromProto(outcome.withheld_until()) <= now);
}

// What an approval of these units would end, doubts among it. What it passes on to another owner it does not decide.
std::vector<policy::Cell> ToBeEnded(const policy::Pack& pack, const v1::Result& result, const std::vector<std::string>& unit_ids,
                                    absl::Time now) {
  std::vector<policy::Cell> ended = EndedByApproval(pack, result, unit_ids, now);
  for (policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
    const bool in_doubt =
        cell.outcome.disposition() == v1::DISPOSITION_QUARANTINE && cell.outcome.state() == v1::OUTCOME_STATE_HELD;
    const bool named = unit_ids.empty() || std::find(unit_ids.begin(), unit_ids.end(), cell.unit_id) != unit_ids.end();
    if (in_doubt && named) ended.push_back(std::move(cell));
  }
  return ended;
}

// Whose the review is, or will be next where `person` has it for another one's role.
std::string OwnerInWords(const v1::Owner& owner, const std::string& person) {
  return owner.person().value() == person ? owner.role() : audit::OwnerText(owner);
}

}  // namespace

absl::Status CheckMayApprove(const Directory& directory, const policy::Pack& pack, const v1::Result& result,
                             const std::vector<std::string>& unit_ids, const std::string& person, absl::Time now) {
  const std::vector<std::string> pools = BoundTo(directory, pack, result, person);
  if (pools.empty()) return absl::OkStatus();
  for (const policy::Cell& cell : ToBeEnded(pack, result, unit_ids, now)) {
    const v1::Outcome& outcome = cell.outcome;
    // The turn as the rules gave it: only a protocol that covers the unit gives one to such a pool (review_plan.h).
    const bool has_turns = !outcome.review().turns().empty();
    const v1::Owner& owner = has_turns ? policy::CurrentTurn(outcome.review(), now).owner() : v1::Owner::default_instance();
    const bool covered =
        outcome.disposition() == v1::DISPOSITION_REVIEW && std::find(pools.begin(), pools.end(), owner.role()) != pools.end();
    if (covered) continue;
    return absl::FailedPreconditionError(absl::StrCat("the directory knows `", person, "` only as one of ",
                                                      absl::StrJoin(pools, ", "),
                                                      ", who approve what a protocol covers while it is their turn; unit `",
                                                      cell.unit_id, "` is not: hand it to ", OwnerInWords(owner, person)));
  }
  return absl::OkStatus();
}

absl::Status CheckMayReleaseNow(const Directory& directory, const policy::Pack& pack, const v1::Result& result,
                                const std::string& person, absl::Time now) {
  const std::vector<std::string> pools = BoundTo(directory, pack, result, person);
  if (pools.empty()) return absl::OkStatus();
  std::string to = pack.default_review().owners.back();
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (!WouldBeApproved(outcome, now)) continue;
    // After the pool's own turn come the owners'.
    for (const v1::ReviewTurn& turn : outcome.review().turns()) {
      if (base::FromProto(turn.until()) <= now) continue;
      if (std::find(pools.begin(), pools.end(), turn.owner().role()) != pools.end()) continue;
      to = OwnerInWords(turn.owner(), person);
      break;
    }
    break;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the directory knows `", person, "` only as one of ", absl::StrJoin(pools, ", "),
                   ", and no protocol covers ending everything that a provider may end: hand it to ", to));
}

}  // namespace resultgate::gate
