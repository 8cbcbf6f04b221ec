#include "server/gate/incident.h"

#include <set>
#include <utility>

#include "server/base/proto_time.h"
#include "server/gate/result_commit.h"
#include "server/gate/submit.h"
#include "server/gate/versions.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

// Units, and who may read them.
struct Readable {
  std::set<std::string> units;
  std::set<int> audiences;

  void Add(const policy::Cell& cell) {
    units.insert(cell.unit_id);
    audiences.insert(cell.audience);
  }
};

absl::Status Append(store::Batch& batch, absl::Time now, const std::string& actor, const std::string& owner,
                    const Readable& readable, const v1::Result& shown, const v1::Result& result, v1::Entry::Incident incident) {
  if (!readable.units.empty() && shown.has_first_released_at()) {
    const absl::Duration exposed = absl::Ceil(now - base::FromProto(shown.first_released_at()), absl::Minutes(1));
    incident.set_minutes_exposed(absl::ToInt64Minutes(exposed));
  }
  for (const std::string& unit : readable.units) incident.add_unit_ids(unit);
  for (const int audience : readable.audiences) incident.add_audiences(static_cast<v1::Audience>(audience));
  incident.mutable_owner()->set_role(owner);
  v1::Entry entry;
  entry.set_result_id(result.id());
  entry.set_version(result.version());
  *entry.mutable_incident() = std::move(incident);
  return AppendEntry(batch, now, actor, std::move(entry));
}

}  // namespace

absl::Status OpenIncident(store::Batch& batch, absl::Time now, const std::string& owner, const v1::Result& before, bool merged,
                          const std::string& quarantine, const v1::Result& result) {
  const bool identity = NeedsTwoPeople(quarantine) && !NeedsTwoPeople(StandingQuarantine(before));
  Readable withdrawn;
  for (const policy::Cell& cell : policy::ToCells(before.decision().outcomes())) {
    const bool readable =
        cell.outcome.state() == v1::OUTCOME_STATE_RELEASED || cell.outcome.state() == v1::OUTCOME_STATE_PUBLISHED;
    const bool taken_back = policy::UnitStatus(result.report(), cell.unit_id) == v1::RESULT_STATUS_ENTERED_IN_ERROR;
    if (readable && (identity || taken_back)) withdrawn.Add(cell);
  }
  if (withdrawn.units.empty() && !identity) return absl::OkStatus();
  v1::Entry::Incident incident;
  incident.set_reason(identity ? quarantine : "the sender took it back as wrong");
  if (!merged && !SamePatient(before.report().patient(), result.report().patient())) incident.set_right_result_id(result.id());
  return Append(batch, now, result.report().sender(), owner, withdrawn, before, result, std::move(incident));
}

absl::Status TellOfErased(store::Batch& batch, absl::Time now, const std::string& owner, int64_t came_as,
                          const std::vector<v1::Result>& erased) {
  for (const v1::Result& result : erased) {
    Readable published;
    for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
      if (cell.outcome.state() == v1::OUTCOME_STATE_PUBLISHED) published.Add(cell);
    }
    if (published.units.empty()) continue;
    v1::Entry::Incident incident;
    incident.set_reason("a version came of what is out and was erased here: the portal may still show it");
    incident.set_right_result_id(came_as);
    const absl::Status told = Append(batch, now, "gate", owner, published, result, result, std::move(incident));
    if (!told.ok()) return told;
  }
  return absl::OkStatus();
}

}  // namespace resultgate::gate
