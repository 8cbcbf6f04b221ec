#include "server/gate/separation.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/decision_facts.h"
#include "server/gate/decision_for_next.h"
#include "server/gate/erasure.h"
#include "server/gate/keys.h"
#include "server/gate/logged_state.h"
#include "server/gate/patient_facts.h"
#include "server/gate/patients.h"
#include "server/gate/submit.h"
#include "server/policy/decide.h"

namespace resultgate::gate {
namespace {

// True if the result ever stood under an identifier of the record or of those merged into it.
absl::StatusOr<bool> StoodUnder(store::Batch& batch, const v1::Result& result, int64_t patient_id) {
  RG_ASSIGN_OR_RETURN(const std::optional<v1::PatientRecord> head, batch.FindPatient(patient_id));
  if (!head) return false;
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(batch, head->facts().identifiers()));
  const auto& stood = result.erased_keys();
  for (const v1::PatientRecord& record : records) {
    for (const v1::Identifier& identifier : record.facts().identifiers()) {
      if (std::find(stood.begin(), stood.end(), PrefixOf(PatientKey(identifier))) != stood.end()) return true;
    }
  }
  return false;
}

// True if it moved from one number to another by a merge, since two people last settled whose it is.
absl::StatusOr<bool> MovedByMerge(store::Batch& batch, int64_t result_id) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, batch.EntriesOf(result_id));
  LoggedState state;
  bool moved = false;
  for (const v1::Entry& entry : entries) {
    if (entry.decided().merged()) moved = true;
    if (entry.approved().has_decided() && NeedsTwoPeople(StandingQuarantine(state.result()))) moved = false;
    state.Take(entry);
  }
  return moved;
}

}  // namespace

absl::StatusOr<int64_t> HeadOf(store::Batch& batch, int64_t patient_id) {
  for (;;) {
    RG_ASSIGN_OR_RETURN(const std::optional<v1::PatientRecord> record, batch.FindPatient(patient_id));
    if (!record) return absl::DataLossError(absl::StrCat("patient ", patient_id, " is named, but not there"));
    if (record->merged_into() == 0) return patient_id;
    patient_id = record->merged_into();
  }
}

absl::StatusOr<bool> IsOfBoth(store::Batch& batch, const v1::Result& result, const Separated& separated) {
  if (separated.other == 0) return false;
  std::vector<v1::DiagnosticReport> reports = VersionsOf(result);
  reports.push_back(result.report());
  std::set<int64_t> heads;
  for (const v1::DiagnosticReport& report : reports) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(batch, report.patient().identifiers()));
    for (const v1::PatientRecord& record : records) {
      if (record.merged_into() == 0) heads.insert(record.id());
    }
  }
  if (heads.count(separated.one) > 0 && heads.count(separated.other) > 0) return true;
  // Versions of before somebody said which one stands, or of very many, are kept no more.
  RG_ASSIGN_OR_RETURN(const bool of_one, StoodUnder(batch, result, separated.one));
  RG_ASSIGN_OR_RETURN(const bool of_other, StoodUnder(batch, result, separated.other));
  if (!of_one || !of_other) return false;
  return MovedByMerge(batch, result.id());
}

Transition TakeIntoDoubt(const policy::Pack& pack, const v1::Result& result, const std::string& quarantine, absl::Time now) {
  policy::Context context;
  context.received_at = now;
  context.quarantine = quarantine;
  context.clock_start = ClockOf(result.decision());
  const v1::Decision decision = DecideStanding(pack, result, context, now);
  const auto& outcomes = decision.outcomes();
  const bool holds = std::any_of(outcomes.begin(), outcomes.end(),
                                 [](const v1::Outcome& outcome) { return outcome.disposition() == v1::DISPOSITION_QUARANTINE; });
  return holds ? TakeVersion(&result, result.report(), decision, now) : Transition();
}

}  // namespace resultgate::gate
