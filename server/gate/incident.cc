#include "server/gate/incident.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/attached_files.h"
#include "server/gate/result_commit.h"
#include "server/gate/submit.h"
#include "server/gate/versions.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

// As whom a view is logged of which the portal does not say whose it was.
constexpr char kPortal[] = "portal";

using CellKey = std::pair<std::string, int>;  // a unit and its audience

// Units, and who may read them, with when each was released last.
using Readable = std::map<CellKey, absl::Time>;

void Add(const policy::Cell& cell, Readable* readable) {
  (*readable)[{cell.unit_id, cell.audience}] = base::FromProto(cell.outcome.released_at());
}

template <typename Visit>
void ForEachCell(const std::vector<const v1::ReleaseNote*>& notes, Visit visit) {
  for (const v1::ReleaseNote* note : notes) {
    for (const std::string& unit : note->unit_ids()) {
      for (const int audience : note->audiences()) visit(*note, CellKey(unit, audience));
    }
  }
}

// Since when those units have been shown without a break; what is withdrawn now counts until now.
Readable ShownSince(const std::vector<v1::Entry>& entries, absl::Time now, Readable readable) {
  Readable since;
  for (const v1::Entry& entry : entries) {
    const absl::Time time = base::FromProto(entry.time());
    const std::vector<const v1::ReleaseNote*> notes = audit::FactsOf(entry).releases;
    std::map<CellKey, int> told;  // how many of them speak of it
    ForEachCell(notes, [&told](const v1::ReleaseNote&, const CellKey& cell) { ++told[cell]; });
    ForEachCell(notes, [&](const v1::ReleaseNote& note, const CellKey& cell) {
      const bool shows = note.kind() == v1::RELEASE_KIND_RESULT || note.kind() == v1::RELEASE_KIND_CANCELLED;
      // What is taken away under one number of a patient is told of under the other at once.
      const bool moves = entry.decided().merged() && told[cell] > 1;
      if (shows) since.try_emplace(cell, time);
      if (!shows && time < now && !moves) since.erase(cell);
    });
  }
  for (auto& [cell, time] : readable) {
    const auto found = since.find(cell);
    if (found != since.end()) time = found->second;
  }
  return readable;
}

// Who is known to have seen them since. Whoever tells times in whole seconds is believed.
std::vector<v1::Entry::View> ViewsOf(const std::vector<v1::Entry>& entries, const Readable& since) {
  std::vector<v1::Entry::View> views;
  for (const v1::Entry& entry : entries) {
    const v1::Entry::FollowedUp& told = entry.followed_up();
    const bool by_clinician = told.kind() == v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED;
    if (!by_clinician && told.kind() != v1::FOLLOW_UP_KIND_VIEWED) continue;
    const google::protobuf::Timestamp& at = told.has_happened_at() ? told.happened_at() : entry.time();
    const bool saw = std::any_of(since.begin(), since.end(), [&](const auto& shown) {
      return (by_clinician || shown.first.second == told.audience()) &&
             absl::ToUnixSeconds(shown.second) <= absl::ToUnixSeconds(base::FromProto(at));
    });
    if (!saw) continue;
    v1::Entry::View& view = views.emplace_back();
    if (!by_clinician) view.set_audience(told.audience());
    // The portal does not always say which account it was.
    if (by_clinician || entry.actor() != kPortal) view.set_actor(entry.actor());
    *view.mutable_time() = at;
  }
  std::stable_sort(views.begin(), views.end(), [](const v1::Entry::View& a, const v1::Entry::View& b) {
    return base::FromProto(a.time()) < base::FromProto(b.time());
  });
  return views;
}

absl::Status Append(store::Batch& batch, absl::Time now, const std::string& actor, const std::string& owner,
                    const Readable& readable, const v1::Result& result, v1::Entry::Incident incident) {
  if (!readable.empty()) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, batch.EntriesOf(result.id()));
    const Readable since = ShownSince(entries, now, readable);
    std::set<std::string> units;
    std::set<int> audiences;
    absl::Time first = now;
    for (const auto& [cell, time] : since) {
      units.insert(cell.first);
      audiences.insert(cell.second);
      first = std::min(first, time);
    }
    incident.set_minutes_exposed(absl::ToInt64Minutes(absl::Ceil(now - first, absl::Minutes(1))));
    for (const std::string& unit : units) incident.add_unit_ids(unit);
    for (const int audience : audiences) incident.add_audiences(static_cast<v1::Audience>(audience));
    for (v1::Entry::View& view : ViewsOf(entries, since)) *incident.add_views() = std::move(view);
  }
  incident.mutable_owner()->set_role(owner);
  v1::Entry entry;
  entry.set_result_id(result.id());
  entry.set_version(result.version());
  *entry.mutable_incident() = std::move(incident);
  return AppendEntry(batch, now, actor, std::move(entry));
}

}  // namespace

absl::Status OpenIncident(store::Batch& batch, absl::Time now, const std::string& actor, const std::string& owner,
                          const v1::Result& before, bool merged, const std::string& quarantine, const v1::Result& result) {
  const bool identity = NeedsTwoPeople(quarantine) && !NeedsTwoPeople(StandingQuarantine(before));
  const bool file_taken_back = FileWasTakenBack(before.report(), result.report());
  Readable withdrawn;
  for (const policy::Cell& cell : policy::ToCells(before.decision().outcomes())) {
    const bool readable =
        cell.outcome.state() == v1::OUTCOME_STATE_RELEASED || cell.outcome.state() == v1::OUTCOME_STATE_PUBLISHED;
    const bool taken_back = policy::UnitStatus(result.report(), cell.unit_id) == v1::RESULT_STATUS_ENTERED_IN_ERROR ||
                            (cell.unit_id == policy::kDocument && file_taken_back);
    if (readable && (identity || taken_back)) Add(cell, &withdrawn);
  }
  if (withdrawn.empty() && !identity) return absl::OkStatus();
  v1::Entry::Incident incident;
  incident.set_reason(identity ? quarantine : "the sender took it back as wrong");
  if (!merged && !SamePatient(before.report().patient(), result.report().patient())) incident.set_right_result_id(result.id());
  return Append(batch, now, actor, owner, withdrawn, result, std::move(incident));
}

absl::Status TellOfErased(store::Batch& batch, absl::Time now, const std::string& owner, int64_t came_as,
                          const std::vector<v1::Result>& erased) {
  for (const v1::Result& result : erased) {
    Readable published;
    for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
      if (cell.outcome.state() == v1::OUTCOME_STATE_PUBLISHED) Add(cell, &published);
    }
    if (published.empty()) continue;
    v1::Entry::Incident incident;
    incident.set_reason("a version came of what is out and was erased here: the portal may still show it");
    incident.set_right_result_id(came_as);
    const absl::Status told = Append(batch, now, "gate", owner, published, result, std::move(incident));
    if (!told.ok()) return told;
  }
  return absl::OkStatus();
}

}  // namespace resultgate::gate
