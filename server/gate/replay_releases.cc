#include "server/gate/replay_releases.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using policy::Cell;

// What a release is known by to one of its audiences, whatever order its parts are in. One that was planned for several may have
// gone as several, because a clinician's words were not for all of them.
using ReleaseKey = std::tuple<v1::ReleaseKind, int, std::set<std::string>, std::optional<absl::Time>>;

ReleaseKey KeyOf(const v1::ReleaseNote& note, int audience) {
  return {note.kind(),
          audience,
          {note.unit_ids().begin(), note.unit_ids().end()},
          note.has_expected_by() ? std::optional(FromProto(note.expected_by())) : std::nullopt};
}

ReleaseKey KeyOf(const PlannedRelease& planned, int audience) {
  return {planned.kind, audience, {planned.unit_ids.begin(), planned.unit_ids.end()}, planned.expected_by};
}

std::string TextOf(const ReleaseKey& key) {
  const auto& [kind, audience, units, expected_by] = key;
  return absl::StrCat(audit::EnumWord(v1::ReleaseKind_Name(kind), "RELEASE_KIND_"), " of ", absl::StrJoin(units, ", "), " to ",
                      audit::EnumWord(v1::Audience_Name(static_cast<v1::Audience>(audience)), "AUDIENCE_"),
                      expected_by ? absl::StrCat(", expected by ", absl::FormatTime(*expected_by, absl::UTCTimeZone())) : "");
}

}  // namespace

std::vector<std::string> ReleaseDifferences(const v1::Entry& entry, const Transition& transition, std::vector<Cell>* cells) {
  std::vector<std::string> lines;
  std::map<ReleaseKey, int64_t> logged;
  for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) {
    for (const int audience : note->audiences()) logged[KeyOf(*note, audience)] = note->sequence();
  }
  std::map<std::pair<std::string, v1::Audience>, std::pair<int64_t, v1::ReleaseKind>> last_of;
  for (const PlannedRelease& planned : transition.releases) {
    for (const v1::Audience audience : planned.audiences) {
      const ReleaseKey key = KeyOf(planned, audience);
      const auto found = logged.find(key);
      if (found == logged.end()) {
        lines.push_back(absl::StrCat("release: not logged, now ", TextOf(key)));
        continue;
      }
      for (const std::string& unit : planned.unit_ids) {
        if (!planned.from_previous_patient) last_of[{unit, audience}] = {found->second, planned.kind};
      }
      logged.erase(found);
    }
  }
  for (const auto& [key, sequence] : logged) {
    lines.push_back(absl::StrCat("release ", sequence, ": logged ", TextOf(key), ", now absent"));
  }
  *cells = transition.cells;
  for (Cell& cell : *cells) {
    const auto found = last_of.find({cell.unit_id, cell.audience});
    if (found == last_of.end()) continue;
    // As CommitTransition has it: what was taken away and waits again is as if it had never been shown.
    const bool waits = cell.outcome.state() == v1::OUTCOME_STATE_HELD;
    if (waits && found->second.second == v1::RELEASE_KIND_RETRACTION) continue;
    cell.outcome.set_release_sequence(found->second.first);
  }
  return lines;
}

}  // namespace resultgate::gate
