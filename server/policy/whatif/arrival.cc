#include "server/policy/whatif/arrival.h"

#include <algorithm>

#include "server/policy/decide.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {
namespace {

// The narrowest of the pack's used sets that holds the concept, or nullptr.
const valueset::ValueSet* Narrowest(const Pack& pack, const v1::CodeableConcept& codeable_concept) {
  if (codeable_concept.codings().empty()) return nullptr;
  const valueset::ValueSet* narrowest = nullptr;
  const valueset::Membership sets = pack.value_sets().SetsThatHold(codeable_concept);
  for (const std::string& name : pack.used_value_sets()) {
    const valueset::ValueSet* set = pack.value_sets().Find(name);
    if (set == nullptr || !sets.Has(set->number())) continue;
    if (narrowest == nullptr || set->entries().size() < narrowest->entries().size()) narrowest = set;
  }
  return narrowest;
}

}  // namespace

v1::Decision DecideOnArrival(const Pack& pack, const v1::DiagnosticReport& report, const Arrival& arrival) {
  Context context;
  context.received_at = arrival.received_at;
  context.clock_start = arrival.clock_start;
  return Decide(pack, report, context, arrival.received_at);
}

UnitClass ClassOf(const Pack& pack, const v1::DiagnosticReport& report, const std::string& unit_id) {
  UnitClass unit_class{report.section(), kNoValueSet};
  if (unit_class.section == v1::SECTION_UNSPECIFIED) unit_class.section = v1::SECTION_UNCLASSIFIED;
  const auto& observations = report.observations();
  const auto unit = std::find_if(observations.begin(), observations.end(), [&](const auto& o) { return o.id() == unit_id; });
  const valueset::ValueSet* set = unit == observations.end() ? nullptr : Narrowest(pack, unit->code());
  if (set == nullptr) set = Narrowest(pack, report.code());
  if (set != nullptr) unit_class.value_set = set->name();
  return unit_class;
}

std::string LanguageOf(const v1::DiagnosticReport& report) {
  return report.patient().language().empty() ? "unknown" : report.patient().language();
}

v1::PackName NameOf(const Pack& pack) {
  v1::PackName name;
  name.set_name(pack.name());
  name.set_digest(pack.digest());
  return name;
}

}  // namespace resultgate::policy
